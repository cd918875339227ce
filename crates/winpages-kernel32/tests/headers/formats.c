/* What printf and its family print; the expected text is what Windows' C run-time library prints. */
#include <windows.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

int main(void)
{
    DWORD d = 0xffffffff;
    LONGLONG q = 0x1122334455667788LL;
    printf("%lu %ld %lx|%I64d %I64x %I32d %Id\n", d, (LONG)-5, d, q, q, -1, (size_t)7);
    printf("[%5d][%-5d][%05d][%+d][% d][%x][%#x][%#o][%X]\n", 42, 42, 42, 42, 42, 255, 255, 8, 255);
    printf("[%s][%10s][%-10s][%.2s][%S][%ls][%hs]\n", "abc", "abc", "abc", "abc", L"wide", L"wide", "narrow");
    printf("[%c][%5c][%lc][%C]\n", 'a', 'b', L'c', L'd');
    printf("[%p][%p]\n", (void *)0x1234, (void *)0);
    printf("[%f][%.2f][%10.3f][%g][%lf]\n", 1.5, 2.345, 3.14159, 0.0001, 2.5);
    printf("%d %d %d %d %d %d %d %d %f %f %f %f %f %f %f %f %f %f\n", 1, 2, 3, 4, 5, 6, 7, 8, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.);
    printf("%*d|%-*d|%.*f|%*.*f\n", 5, 1, 5, 2, 2, 1.239, 8, 3, 2.5);
    printf("[%.3d][%8.3d][%-8.3d][%.0d]\n", 5, 5, 5, 0);
    printf("[%hd][%hu][%lld][%llu][%zd][%jd][%td]\n", 70000, 70000, -1LL, ~0ULL, (size_t)3, (intmax_t)4, (ptrdiff_t)5);
    printf("[%s][%ls]\n", (char *)0, (wchar_t *)0);
    printf("[%e][%E][%10.2e][%G][%a]\n", 12345.678, 0.00012, 1e100, 1e20, 1.5);
    wprintf(L"wide %s %S %hs %ls %d\n", L"W", "n", "n", L"W", 5);
    char b[8];
    int r = _snprintf(b, 8, "%s", "12345678");
    printf("%d %.8s\n", r, b);
    r = _snprintf(b, 8, "%s", "123456789");
    printf("%d %.8s\n", r, b);
    r = snprintf(b, 8, "%s", "123456789");
    printf("%d %s\n", r, b);
    wchar_t w[8];
    r = swprintf(w, 8, L"%d", 12345678);
    printf("%d %ls\n", r, w);
    r = _snwprintf(w, 8, L"%d", 1234567);
    printf("%d %ls\n", r, w);
    printf("%d %d\n", _scprintf("%d%s", 12, "abc"), (int)wcslen(w));
    return 0;
}
