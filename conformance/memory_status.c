/* What machine and process have of memory, and notifications of how scarce it is. */

#include "conformance.h"

#include <psapi.h>

int main(void)
{
    HANDLE self = GetCurrentProcess(), wrong = (HANDLE)(ULONG_PTR)0x5554;

    MEMORYSTATUSEX status;
    memset(&status, 0xCC, sizeof status);
    status.dwLength = sizeof status;
    RESULT("size of MEMORYSTATUSEX", sizeof status);
    TRY(GlobalMemoryStatusEx(&status));
    RESULT("load is a percentage", status.dwMemoryLoad <= 100);
    RESULT("there is memory", status.ullTotalPhys > 0 && status.ullAvailPhys <= status.ullTotalPhys);
    RESULT("it can be committed", status.ullTotalPageFile > 0
                                      && status.ullAvailPageFile <= status.ullTotalPageFile);
    RESULT("addresses", status.ullTotalVirtual);
    RESULT("some are used", status.ullAvailVirtual < status.ullTotalVirtual);
    RESULT("extended", status.ullAvailExtendedVirtual);
    status.dwLength = sizeof status - 1;
    TRY(GlobalMemoryStatusEx(&status));
    status.dwLength = sizeof status + 1;
    TRY(GlobalMemoryStatusEx(&status));

    MEMORYSTATUS plain;
    memset(&plain, 0, sizeof plain);
    SetLastError(UNCHANGED);
    GlobalMemoryStatus(&plain);
    RESULT("last error after GlobalMemoryStatus", GetLastError());
    RESULT("its length", plain.dwLength);
    RESULT("its addresses", plain.dwTotalVirtual);
    RESULT("its memory", plain.dwTotalPhys > 0 && plain.dwAvailPhys <= plain.dwTotalPhys);

    ULONGLONG installed = 0;
    TRY(GetPhysicallyInstalledSystemMemory(&installed));
    RESULT("installed memory", installed >= status.ullTotalPhys / 1024);
    RESULT("large pages", GetLargePageMinimum());

    PERFORMANCE_INFORMATION performance;
    memset(&performance, 0, sizeof performance);
    RESULT("size of PERFORMANCE_INFORMATION", sizeof performance);
    TRY(GetPerformanceInfo(&performance, sizeof performance));
    RESULT("its size", performance.cb);
    RESULT("page size", performance.PageSize);
    RESULT("commit", performance.CommitTotal <= performance.CommitLimit && performance.CommitLimit > 0);
    RESULT("physical", performance.PhysicalAvailable <= performance.PhysicalTotal);
    RESULT("processes", performance.ProcessCount >= 1 && performance.ThreadCount >= performance.ProcessCount);
    TRY(GetPerformanceInfo(&performance, sizeof performance - 1));
    TRY(GetPerformanceInfo(&performance, 0));

    PROCESS_MEMORY_COUNTERS_EX counters;
    memset(&counters, 0, sizeof counters);
    RESULT("size of PROCESS_MEMORY_COUNTERS", sizeof(PROCESS_MEMORY_COUNTERS));
    RESULT("size of PROCESS_MEMORY_COUNTERS_EX", sizeof counters);
    TRY(GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters));
    RESULT("working set", counters.WorkingSetSize > 0
                              && counters.WorkingSetSize <= counters.PeakWorkingSetSize);
    DOCUMENTED("private", counters.PrivateUsage == counters.PagefileUsage && counters.PagefileUsage > 0
                              && counters.PagefileUsage <= counters.PeakPagefileUsage,
               1, "Wine 8.0 has the beginning of the structure only");
    DOCUMENTED("page faults", counters.PageFaultCount > 0, 1, "Wine counts none");
    SIZE_T usage = counters.PagefileUsage, working = counters.WorkingSetSize;
    const SIZE_T more = 32u << 20;
    char *memory = VirtualAlloc(NULL, more, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters);
    DOCUMENTED("what is committed counts", counters.PagefileUsage >= usage + more, 1,
               "Wine counts what is used");
    RESULT("before it is used", counters.WorkingSetSize < working + more / 2);
    memset(memory, 1, more);
    GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters);
    RESULT("what is used is in the working set", counters.WorkingSetSize >= working + more / 2);
    VirtualFree(memory, 0, MEM_RELEASE);
    GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters);
    RESULT("what is freed counts no more", counters.PagefileUsage < usage + more / 2);
    TRY(GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof(PROCESS_MEMORY_COUNTERS)));
    RESULT("the size it was asked for", counters.cb);
    TRY(GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters,
                             sizeof(PROCESS_MEMORY_COUNTERS) - 1));
    TRY(GetProcessMemoryInfo(self, (PROCESS_MEMORY_COUNTERS *)&counters, 0));
    TRY(GetProcessMemoryInfo(wrong, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters));

    HANDLE low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    HANDLE high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
    RESULT("notifications", low && high && low != high);
    CALL("another kind", CreateMemoryResourceNotification((MEMORY_RESOURCE_NOTIFICATION_TYPE)2));
    BOOL is_low = 9, is_high = 9;
    TRY(QueryMemoryResourceNotification(low, &is_low));
    TRY(QueryMemoryResourceNotification(high, &is_high));
    RESULT("never both", is_low == 0 || (is_low == 1 && is_high == 0));
    TRY(QueryMemoryResourceNotification(NULL, &is_low));
    DOCUMENTED_CALL("Wine asks the process that -1 is", 0, ERROR_INVALID_PARAMETER,
                    QueryMemoryResourceNotification(INVALID_HANDLE_VALUE, &is_low));
    if (!on_wine()) {
        /* Wine writes through it. */
        DOCUMENTED_CALL("", 0, ERROR_INVALID_PARAMETER, QueryMemoryResourceNotification(low, NULL));
    } else {
        printf("QueryMemoryResourceNotification(low, NULL): as documented\n");
    }
    DOCUMENTED_CALL("Wine answers 87", 0, ERROR_INVALID_HANDLE,
                    QueryMemoryResourceNotification(wrong, &is_low));
    TRY(CloseHandle(low));
    TRY(CloseHandle(low));
    TRY(CloseHandle(high));
    return 0;
}
