/* GetSystemInfo, and the clocks. */

#include "conformance.h"

int main(void)
{
    SYSTEM_INFO info;
    memset(&info, 0xCC, sizeof info);
    GetSystemInfo(&info);
    RESULT("size of SYSTEM_INFO", sizeof info);
    RESULT("page size", info.dwPageSize);
    RESULT("allocation granularity", info.dwAllocationGranularity);
    RESULT("lowest application address", info.lpMinimumApplicationAddress);
    RESULT("highest application address", info.lpMaximumApplicationAddress);
    RESULT("processor architecture", info.wProcessorArchitecture);
    RESULT("processor type", info.dwProcessorType);
    RESULT("reserved", info.wReserved);
    RESULT("there are processors", info.dwNumberOfProcessors >= 1);
    DWORD processors = 0;
    for (DWORD_PTR mask = info.dwActiveProcessorMask; mask; mask &= mask - 1)
        processors++;
    RESULT("each has its bit", processors == info.dwNumberOfProcessors);

    SYSTEM_INFO native;
    GetNativeSystemInfo(&native);
    RESULT("native is the same", !memcmp(&native.dwPageSize, &info.dwPageSize, sizeof info.dwPageSize)
                                     && native.lpMaximumApplicationAddress == info.lpMaximumApplicationAddress
                                     && native.wProcessorArchitecture == info.wProcessorArchitecture);

    LARGE_INTEGER frequency, before, after;
    ULONGLONG ticks = GetTickCount64();
    TRY(QueryPerformanceFrequency(&frequency));
    RESULT("frequency", frequency.QuadPart);
    TRY(QueryPerformanceCounter(&before));
    Sleep(30);
    TRY(QueryPerformanceCounter(&after));
    LONGLONG milliseconds = (after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart;
    RESULT("slept at least 29 ms by the counter", milliseconds >= 29);
    RESULT("slept at least 15 ms by the ticks", GetTickCount64() - ticks >= 15);
    RESULT("a process id", GetCurrentProcessId() != 0);
    RESULT("current process", (LONG_PTR)GetCurrentProcess());
    return 0;
}
