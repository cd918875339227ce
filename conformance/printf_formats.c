/* printf with the formats that Win32 programs use. */

#include "conformance.h"

int main(void)
{
    DWORD dword = 4000000000u;
    LONG negative = -5;
    char buffer[64];

    printf("%lu %ld %lx %lX\n", dword, negative, dword, dword);
    printf("%u %d %x\n", 4000000000u, -5, 0xBEEFu);
    printf("%I64d %I64u %I64x %I64X\n", (LONGLONG)-1, (ULONGLONG)18446744073709551615ull, (ULONGLONG)0xABCDEF0123,
        (ULONGLONG)0xABCDEF0123);
    printf("%lld %llu %llx\n", -1ll, 18446744073709551615ull, 0xABCDEF0123ull);
    printf("%I32d %I32u\n", -7, 7u);
    printf("[%8lu] [%-8lu] [%08lX] [%#lx]\n", (DWORD)42, (DWORD)42, (DWORD)42, (DWORD)42);
    printf("[%12I64d] [%016I64x]\n", (LONGLONG)-42, (ULONGLONG)0x1234);
    printf("%s %hs %S %ls\n", "narrow", "narrow", L"wide", L"wide");
    printf("[%8s] [%-8s] [%.3s] [%*s]\n", "right", "left", "cut off", 6, "star");
    printf("[%8S] [%.2S]\n", L"right", L"cut");
    printf("%c %C\n", 'c', L'C');
    printf("%hd %hu %hx\n", (short)-1, (unsigned short)65535, (unsigned short)0xFFFF);
    printf("%f %.2f %g\n", 1.5, 2.25, 0.0001);
    printf("%% %5.1f%%\n", 99.5);
    printf("%p\n", (void *)0x12345678ABCD);
    printf("%p\n", NULL);
    printf("%Iu %Ix\n", (SIZE_T)123456789012, (SIZE_T)0xABCDEF012345);
    RESULT("sprintf", sprintf(buffer, "%lu", dword));
    printf("%s\n", buffer);
    RESULT("_snprintf", _snprintf(buffer, sizeof buffer, "%I64u", (ULONGLONG)7));
    printf("%s\n", buffer);
    fprintf(stdout, "fprintf %lu\n", dword);
    unsigned long scanned = 0;
    RESULT("sscanf", sscanf("123 rest", "%lu", (DWORD *)&scanned));
    RESULT("scanned", (DWORD)scanned);
    return 0;
}
