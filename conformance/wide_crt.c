/* The wide functions of the C library, with the 16-bit wchar_t that Windows has. */

#include "conformance.h"

#include <wchar.h>
#include <wctype.h>

static void show(const char *label, const wchar_t *text)
{
    printf("%s: ", label);
    for (; *text; text++)
        printf(*text < 0x80 ? "%c" : "\\u%04X", *text);
    printf("\n");
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

int main(void)
{
    wchar_t buffer[128];
    wchar_t *end;

    RESULT("sizeof(wchar_t)", sizeof(wchar_t));
    RESULT("sizeof(L\"ab\")", sizeof L"ab");
    RESULT("wcslen", wcslen(L"winpages"));
    RESULT("wcslen, Chinese", wcslen(L"\u5171\u4eab"));
    wcscpy(buffer, L"one");
    wcscat(buffer, L" two");
    show("wcscpy, wcscat", buffer);
    wcsncpy(buffer, L"abcdef", 3);
    buffer[3] = 0;
    show("wcsncpy", buffer);
    wcsncat(buffer, L"xyz", 2);
    show("wcsncat", buffer);
    RESULT("wcscmp equal", wcscmp(L"a", L"a"));
    printf("wcscmp: %d %d\n", sign(wcscmp(L"a", L"b")), sign(wcscmp(L"b", L"a")));
    printf("wcsncmp: %d %d\n", wcsncmp(L"abc", L"abd", 2), sign(wcsncmp(L"abc", L"abd", 3)));
    printf("_wcsicmp: %d %d\n", _wcsicmp(L"ABC", L"abc"), sign(_wcsicmp(L"ABC", L"abd")));
    RESULT("wcschr", wcschr(L"a.b.c", L'.') != NULL);
    show("wcschr", wcschr(L"a.b.c", L'.'));
    show("wcsrchr", wcsrchr(L"a.b.c", L'.'));
    RESULT("wcschr, none", wcschr(L"abc", L'x') != NULL);
    show("wcsstr", wcsstr(L"find the needle here", L"needle"));
    RESULT("wcstol", wcstol(L" -42x", &end, 10));
    show("  rest", end);
    RESULT("wcstoul", wcstoul(L"0xff", NULL, 0));
    RESULT("_wtoi", _wtoi(L"123abc"));
    RESULT("towupper", towupper(L'q'));
    RESULT("towlower", towlower(L'Q'));
    RESULT("iswdigit", iswdigit(L'7') != 0);
    RESULT("iswalpha", iswalpha(L'7') != 0);
    wmemset(buffer, L'm', 3);
    buffer[3] = 0;
    show("wmemset", buffer);

    RESULT("swprintf", swprintf(buffer, 128, L"%d %u %x %c", -1, 2u, 0xABCu, L'c'));
    show("  text", buffer);
    swprintf(buffer, 128, L"[%5d] [%-5d] [%05d] [%+d]", 42, 42, 42, 42);
    show("swprintf, widths", buffer);
    swprintf(buffer, 128, L"%s %ls %hs", L"wide", L"long", "narrow");
    show("swprintf, strings", buffer);
    swprintf(buffer, 128, L"[%10s] [%-6s] [%.2s]", L"right", L"left", L"cut");
    show("swprintf, padded strings", buffer);
    swprintf(buffer, 128, L"%lu %ld", (DWORD)4000000000u, (LONG)-5);
    show("swprintf, DWORD and LONG", buffer);
    swprintf(buffer, 128, L"%I64d %I64x %lld", (LONGLONG)-1, (LONGLONG)0x123456789ABC, (long long)5000000000);
    show("swprintf, 64 bits", buffer);
    swprintf(buffer, 128, L"%.2f %g", 1.5, 0.25);
    show("swprintf, floating point", buffer);
    swprintf(buffer, 128, L"%s", L"\u5171\u4eab\u5185\u5b58");
    show("swprintf, Chinese", buffer);
    RESULT("_snwprintf", _snwprintf(buffer, 128, L"%s-%d", L"n", 7));
    show("  text", buffer);
    fflush(stdout);
    wprintf(L"wprintf: %s, %hs, %d, %c, %lu\n", L"wide", "narrow", 7, L'w', (DWORD)9);
    fflush(stdout);
    return 0;
}
