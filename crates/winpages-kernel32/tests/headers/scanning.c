/* What scanf and the wide string functions answer; the expected text is what Windows' C run-time library answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int main(void)
{
    int a = 0, b = 0, n = 0;
    long long q = 0;
    short h = 0;
    unsigned x = 0;
    char s[32] = "", t[32] = "";
    wchar_t w[32] = L"";
    double d = 0;
    float f = 0;
    int r;
    int l = 0;
    r = sscanf("12 -34 0x1F abc", "%d %i %x %s", &a, &b, &x, s);
    printf("%d %d %d %x %s\n", r, a, b, x, s);
    r = sscanf("99999999999 7", "%I64d %hd", &q, &h);
    printf("%d %I64d %d\n", r, q, h);
    r = sscanf("1.5e3 2.25", "%lf%f", &d, &f);
    printf("%d %g %g\n", r, d, f);
    r = sscanf("key=value;rest", "%[^=]=%[a-z];%n", s, t, &n);
    printf("%d %s %s %d\n", r, s, t, n);
    r = sscanf("", "%d", &a);
    printf("%d\n", r);
    r = sscanf("x", "%d", &a);
    printf("%d\n", r);
    r = sscanf("  ", "%s", s);
    printf("%d\n", r);
    r = sscanf("abcdef", "%3c%*c%2s", s, t);
    s[3] = 0;
    printf("%d %s %s\n", r, s, t);
    r = sscanf("077 0x10 10", "%i %i %i", &a, &b, &n);
    printf("%d %d %d %d\n", r, a, b, n);
    r = swscanf(L"12 wide narrow", L"%d %ls %hs", &a, w, s);
    printf("%d %d %ls %s\n", r, a, w, s);
    r = sscanf("wide", "%ls", w);
    printf("%d %ls\n", r, w);
    r = sscanf("5%6", "%d%%%d", &a, &b);
    printf("%d %d %d\n", r, a, b);
    r = sscanf("123456", "%3d%d", &a, &b);
    printf("%d %d %d\n", r, a, b);
    r = sscanf("4294967295", "%lu", &l);
    printf("%d %u\n", r, l);
    r = sscanf("a", "%d %d", &a, &b);
    printf("%d\n", r);
    r = sscanf("5 ", "%d %d", &a, &b);
    printf("%d\n", r);
    r = sscanf("]x", "%[]x]", s);
    printf("%d %s\n", r, s);
    wchar_t *e = 0;
    int vv=(int)wcstol(L"  -12z", &e, 10);
    printf("%d %d\n", vv, (int)*e);
    printf("%g\n", wcstod(L"3.5abc", &e));
    printf("%d\n", (int)wcstoul(L"ff", 0, 16));
    wchar_t buf[64];
    char nb[64];
    r=(int)mbstowcs(buf, "hello", 64);
    a=(int)wcstombs(nb, L"world", 64);
    printf("%d %ls %d %s\n", r, buf, a, nb);
    printf("%ls|%ls|%ls\n", wcschr(L"hello", L'l'), wcsrchr(L"hello", L'l'), wcsstr(L"hello", L"ll"));
    printf("%d %d %d\n", wcscmp(L"a", L"b") < 0, wcsncmp(L"abc", L"abd", 2), (int)wcsspn(L"aabc", L"ab"));
    printf("%d %d\n", _wcsicmp(L"ABC", L"abc"), _stricmp("abc", "ABD") < 0);
    _itow(-255, buf, 10);
    printf("%ls ", buf);
    _itow(255, buf, 16);
    printf("%ls\n", buf);
    return 0;
}
