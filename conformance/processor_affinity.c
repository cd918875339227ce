/* Which processors threads run on. How many there are is the machine's to say, and is not printed. */

#include "conformance.h"

static DWORD_PTR system_mask;
static HANDLE go_on;

static DWORD_PTR lowest(DWORD_PTR mask)
{
    return mask & -mask;
}

static DWORD_PTR of_process(void)
{
    DWORD_PTR process = 0, system = 0;

    GetProcessAffinityMask(GetCurrentProcess(), &process, &system);
    return process;
}

static DWORD_PTR of_thread(HANDLE thread)
{
    GROUP_AFFINITY affinity;

    memset(&affinity, 0xFF, sizeof affinity);
    return GetThreadGroupAffinity(thread, &affinity) ? affinity.Mask : 0;
}

static DWORD WINAPI waits(LPVOID unused)
{
    (void)unused;
    return WaitForSingleObject(go_on, 10000);
}

static const char *which(DWORD_PTR mask)
{
    return mask == 0 ? "none" : mask == system_mask ? "all" : mask == lowest(system_mask) ? "one" : "others";
}

static void set_thread(const char *what, HANDLE thread, DWORD_PTR mask)
{
    SetLastError(UNCHANGED);
    DWORD_PTR before = SetThreadAffinityMask(thread, mask);
    printf("%s: before %s, %s; now %s\n", what, which(before), error_name(GetLastError()), which(of_thread(thread)));
}

static void set_process(const char *what, DWORD_PTR mask)
{
    SetLastError(UNCHANGED);
    BOOL done = SetProcessAffinityMask(GetCurrentProcess(), mask);
    printf("%s: %d, %s; process %s, thread %s\n", what, done, error_name(GetLastError()), which(of_process()),
           which(of_thread(GetCurrentThread())));
}

int main(int count_of_arguments, char **arguments)
{
    DWORD_PTR process = 0;
    SYSTEM_INFO information;
    PROCESSOR_NUMBER number = {0xFFFF, 0xFF, 0xFF}, before = {0xFFFF, 0xFF, 0xFF};
    DWORD count = 0, thread_id;

    if (count_of_arguments > 1) {
        GetProcessAffinityMask(GetCurrentProcess(), &process, &system_mask);
        return process == system_mask && of_thread(GetCurrentThread()) == process;
    }
    (void)arguments;
    go_on = CreateEventA(NULL, TRUE, FALSE, NULL);
    printf("masks: %d\n", GetProcessAffinityMask(GetCurrentProcess(), &process, &system_mask));
    printf("the process has some: %d, no others: %d\n", process != 0, (process & ~system_mask) == 0);
    process = system_mask;
    GetSystemInfo(&information);
    for (DWORD_PTR mask = system_mask; mask != 0; mask &= mask - 1)
        count++;
    printf("as many as there are: %d, %d, %d\n", information.dwNumberOfProcessors == count,
           information.dwActiveProcessorMask == system_mask, GetActiveProcessorCount(0) == count);
    printf("groups: %d\n", GetActiveProcessorGroupCount() >= 1);
    printf("no such group: %lu\n", GetActiveProcessorCount(1000));

    printf("-- a thread\n");
    DWORD_PTR one = lowest(system_mask), free_bit = ~system_mask & (system_mask + 1);
    set_thread("to one", GetCurrentThread(), one);
    printf("it runs there: %d\n", (DWORD_PTR)1 << GetCurrentProcessorNumber() == one);
    set_thread("to none", GetCurrentThread(), 0);
    set_thread("to one that there is not", GetCurrentThread(), free_bit);
    set_thread("to no handle", (HANDLE)0xDEAD0, one);
    GetSystemInfo(&information);
    printf("as many as before: %d\n", information.dwNumberOfProcessors == count);

    printf("-- another\n");
    HANDLE thread = CreateThread(NULL, 0, waits, NULL, 0, &thread_id);
    printf("it begins with its process's: %s\n", which(of_thread(thread)));
    set_thread("to one", thread, one);
    HANDLE limited = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, thread_id);
    SetLastError(UNCHANGED);
    printf("without the right: %d", SetThreadAffinityMask(limited, one) == 0);
    printf(", %s\n", error_name(GetLastError()));
    set_thread("back", thread, system_mask);
    set_thread("the first back", GetCurrentThread(), system_mask);

    printf("-- the process\n");
    set_process("to one", one);
    printf("the other thread, too: %s\n", which(of_thread(thread)));
    set_thread("a thread to all", GetCurrentThread(), system_mask == one ? free_bit : system_mask);
    set_process("to none", 0);
    set_process("to one that there is not", free_bit);
    set_process("back", system_mask);
    printf("the other thread, too: %s\n", which(of_thread(thread)));

    printf("-- the best processor\n");
    DOCUMENTED("asked", GetThreadIdealProcessorEx(thread, &number), TRUE, "Wine has no answer");
    DOCUMENTED("there is one", (system_mask >> number.Number & 1) != 0 && number.Reserved == 0, TRUE, "likewise");
    number.Number = 0;
    while ((system_mask >> number.Number & 1) == 0)
        number.Number++;
    DWORD best = number.Number;
    printf("set: %d", SetThreadIdealProcessor(thread, best) != (DWORD)-1);
    printf(", then %d\n", SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS) == best);
    number.Group = number.Reserved = 0;
    DOCUMENTED("set once more", SetThreadIdealProcessorEx(thread, &number, &before), TRUE, "Wine has no such call");
    DOCUMENTED("before", before.Number == best && before.Group == 0, TRUE, "likewise");
    SetLastError(UNCHANGED);
    printf("too large: %d", SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS + 1) == (DWORD)-1);
    printf(", %s\n", error_name(GetLastError()));
    number.Reserved = 1;
    DOCUMENTED_CALL("Wine has no such call", FALSE, ERROR_INVALID_PARAMETER,
                    SetThreadIdealProcessorEx(thread, &number, NULL));

    printf("-- groups\n");
    USHORT groups[4] = {7, 7, 7, 7}, room = 4;
    DOCUMENTED("of the process", GetProcessGroupAffinity(GetCurrentProcess(), &room, groups), TRUE,
               "Wine has no such call");
    DOCUMENTED("how many", room, 1, "likewise");
    DOCUMENTED("which", groups[0], 0, "likewise");
    room = 0;
    DOCUMENTED_CALL("likewise", FALSE, ERROR_INSUFFICIENT_BUFFER,
                    GetProcessGroupAffinity(GetCurrentProcess(), &room, groups));
    DOCUMENTED("how many there is room needed for", room, 1, "likewise");
    GROUP_AFFINITY affinity = {0}, old;
    affinity.Mask = one;
    printf("thread: %d", SetThreadGroupAffinity(thread, &affinity, &old));
    printf(", before %s, now %s\n", which(old.Mask), which(of_thread(thread)));
    affinity.Group = 1000;
    SetLastError(UNCHANGED);
    printf("another group: %d", SetThreadGroupAffinity(thread, &affinity, NULL));
    printf(", %s\n", error_name(GetLastError()));

    printf("-- another process\n");
    char self[MAX_PATH];
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    DWORD code = 1000;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    GetModuleFileNameA(NULL, self, sizeof self);
    SetThreadAffinityMask(GetCurrentThread(), one);
    if (CreateProcessA(self, (char[]){"child of all"}, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child)) {
        WaitForSingleObject(child.hProcess, 10000);
        GetExitCodeProcess(child.hProcess, &code);
    }
    printf("it begins with its parent's, not the thread's: %lu\n", code);
    printf("and the thread keeps its own: %s\n", which(of_thread(GetCurrentThread())));

    SetEvent(go_on);
    WaitForSingleObject(thread, 10000);
    CloseHandle(limited);
    CloseHandle(thread);
    CloseHandle(go_on);
    return 0;
}
