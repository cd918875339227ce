/* What is known of another process: its memory, its pages, the files it has mapped, the time it has used. */

#include "conformance.h"

#include <psapi.h>

#define PAGES 4
#define VALID(entry) ((entry).VirtualAttributes.Valid)

static char self[MAX_PATH];

static int child(char **argv)
{
    HANDLE ready = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 0);
    HANDLE stop = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0);
    HANDLE section = (HANDLE)(ULONG_PTR)strtoull(argv[3], NULL, 0);
    char **told = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *memory = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    memory[0] = 1;
    memory[2 * PAGE] = 1;
    VirtualLock(memory + 2 * PAGE, PAGE);
    told[0] = memory;
    told[1] = (char *)GetModuleHandleA(NULL);
    SetEvent(ready);
    WaitForSingleObject(stop, 30000);
    return 0;
}

static void memory(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS_EX counters;

    memset(&counters, 0, sizeof counters);
    CALL("GetProcessMemoryInfo",
         GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters));
    RESULT("working set", counters.WorkingSetSize > 0 && counters.WorkingSetSize <= counters.PeakWorkingSetSize);
    DOCUMENTED("commit", counters.PagefileUsage > 0 && counters.PrivateUsage == counters.PagefileUsage, 1,
               "Wine answers 0");
    DOCUMENTED("faults", counters.PageFaultCount > 0, 1, "Wine answers 0");
}

static void pages(HANDLE process, char *base)
{
    PSAPI_WORKING_SET_EX_INFORMATION entries[PAGES + 1];
    static ULONG_PTR list[1 << 20];
    ULONG_PTR found = 0;

    memset(entries, 0, sizeof entries);
    for (int i = 0; i < PAGES; i++)
        entries[i].VirtualAddress = base + i * PAGE;
    entries[PAGES].VirtualAddress = base + GRANULARITY;
    BOOL asked = QueryWorkingSetEx(process, entries, sizeof entries);
    DOCUMENTED("QueryWorkingSetEx", asked, 1, "Wine asks about its own process only");
    for (int i = 0; i < PAGES; i++)
        DOCUMENTED("valid", VALID(entries[i]), (unsigned)(i % 2 == 0), "as above");
    DOCUMENTED("valid, behind it", VALID(entries[PAGES]), 0u, "as above");
    DOCUMENTED("protection", entries[0].VirtualAttributes.Win32Protection, (unsigned)PAGE_READWRITE, "as above");
    DOCUMENTED("shared", entries[0].VirtualAttributes.Shared, 0u, "as above");
    DOCUMENTED("locked", entries[0].VirtualAttributes.Locked, 0u, "as above");
    DOCUMENTED("locked, as it was", entries[2].VirtualAttributes.Locked, 1u, "as above");
    asked = QueryWorkingSet(process, list, sizeof list);
    for (ULONG_PTR i = 0; asked && i < list[0]; i++)
        found += (list[1 + i] & ~(ULONG_PTR)0xFFF) == (ULONG_PTR)base;
    DOCUMENTED("QueryWorkingSet", asked, 1, "Wine has no such list");
    DOCUMENTED("has the page once", (int)found, 1, "as above");
}

static unsigned long long number(FILETIME time)
{
    return (unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void times(HANDLE process, const char *when)
{
    FILETIME created, ended, kernel, user, own, unused[3];

    printf("-- times, %s\n", when);
    CALL("GetProcessTimes", GetProcessTimes(process, &created, &ended, &kernel, &user));
    GetProcessTimes(GetCurrentProcess(), &own, &unused[0], &unused[1], &unused[2]);
    RESULT("created after this one", number(created) >= number(own));
    GetProcessTimes(process, &unused[0], &ended, &kernel, &user);
    RESULT("created when it was", number(unused[0]) - number(created));
}

static void refused(DWORD id, DWORD access, const char *what, char *base)
{
    PROCESS_MEMORY_COUNTERS counters;
    PSAPI_WORKING_SET_EX_INFORMATION entry = {.VirtualAddress = base};
    FILETIME time[4];
    HANDLE process = OpenProcess(access, FALSE, id);

    printf("-- with %s alone\n", what);
    CALL("memory", GetProcessMemoryInfo(process, &counters, sizeof counters));
    CALL("times", GetProcessTimes(process, &time[0], &time[1], &time[2], &time[3]));
    if (access == PROCESS_VM_READ)
        DOCUMENTED_CALL("Wine asks about its own process only", 0, ERROR_ACCESS_DENIED,
                        QueryWorkingSetEx(process, &entry, sizeof entry));
    CloseHandle(process);
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[200], file[MAX_PATH] = "";

    if (argc > 3)
        return child(argv);
    GetModuleFileNameA(NULL, self, sizeof self);
    HANDLE ready = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    HANDLE stop = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, PAGE, NULL);
    char **told = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    snprintf(line, sizeof line, "child %llu %llu %llu", (unsigned long long)(ULONG_PTR)ready,
             (unsigned long long)(ULONG_PTR)stop, (unsigned long long)(ULONG_PTR)section);
    fflush(stdout);
    if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return 1;
    RESULT("ready", (int)WaitForSingleObject(ready, 30000));
    memory(process.hProcess);
    pages(process.hProcess, told[0]);
    DWORD length = GetMappedFileNameA(process.hProcess, told[1], file, sizeof file);
    const char *name = strrchr(file, '\\'), *own = strrchr(self, '\\');
    RESULT("the program's file", length > 0 && name && own && strncmp(name, own, strlen("\\process_inspection")) == 0);
    CALL("no file", GetMappedFileNameA(process.hProcess, told[0], file, sizeof file) != 0);
    times(process.hProcess, "while it runs");
    refused(process.dwProcessId, PROCESS_QUERY_LIMITED_INFORMATION, "PROCESS_QUERY_LIMITED_INFORMATION", told[0]);
    refused(process.dwProcessId, PROCESS_VM_READ, "PROCESS_VM_READ", told[0]);
    SetEvent(stop);
    WaitForSingleObject(process.hProcess, 30000);
    times(process.hProcess, "afterwards");
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return 0;
}
