/* What can be asked of a process in a word: its class of priority, its handles, its session and the like. */
#include "conformance.h"

/* Some headers leave it out. */
BOOL WINAPI IsProcessCritical(HANDLE hProcess, PBOOL Critical);

static void child(const char *program, DWORD flags, DWORD class)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    char line[MAX_PATH + 16];
    DWORD code = 0;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "\"%s\" child", program);
    RESULT("started", CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &child));
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    DOCUMENTED("its class", code, class, "starts all alike");
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return (int)GetPriorityClass(GetCurrentProcess());
    HANDLE self = GetCurrentProcess();
    int wine = on_wine();
    TRY(SetPriorityClass(self, NORMAL_PRIORITY_CLASS));
    RESULT("priority class", GetPriorityClass(self));
    TRY(SetPriorityClass(self, IDLE_PRIORITY_CLASS));
    RESULT("now", GetPriorityClass(self));
    TRY(SetPriorityClass(self, BELOW_NORMAL_PRIORITY_CLASS));
    RESULT("now", GetPriorityClass(self));
    TRY(SetPriorityClass(self, NORMAL_PRIORITY_CLASS));
    TRY(SetPriorityClass(self, 0));
    TRY(SetPriorityClass(self, 3));
    TRY(SetPriorityClass(self, IDLE_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS));
    TRY(SetPriorityClass(NULL, NORMAL_PRIORITY_CLASS));
    TRY(GetPriorityClass(NULL));
    child(arguments[0], IDLE_PRIORITY_CLASS, IDLE_PRIORITY_CLASS);
    child(arguments[0], BELOW_NORMAL_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRY(GetPriorityClass(event));
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    TRY(GetPriorityClass(limited));
    TRY(SetPriorityClass(limited, NORMAL_PRIORITY_CLASS));

    DWORD before = 0, after = 0;
    TRY(GetProcessHandleCount(self, &before));
    HANDLE more = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRY(GetProcessHandleCount(self, &after));
    DOCUMENTED("one more", after - before, 1, "counts none");
    CloseHandle(more);
    TRY(GetProcessHandleCount(limited, &after));
    RESULT("and back", after - before);
    DOCUMENTED_CALL("takes any handle", 0, ERROR_INVALID_HANDLE, GetProcessHandleCount(event, &after));
    TRY(GetProcessHandleCount(NULL, &after));
    TRY(GetProcessHandleCount(self, NULL));

    DWORD session = 0x77;
    TRY(ProcessIdToSessionId(GetCurrentProcessId(), &session));
    RESULT("a session", session != 0x77);
    TRY(ProcessIdToSessionId(0x7FFFFFF0, &session));

    BOOL critical = 0x77;
    DOCUMENTED_CALL("has no such function", 1, UNCHANGED, wine || IsProcessCritical(self, &critical));
    DOCUMENTED("critical", critical, 0, "as above");
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_HANDLE, wine || IsProcessCritical(event, &critical));
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_HANDLE, wine || IsProcessCritical(NULL, &critical));

    RESULT("version of this process", GetProcessVersion(0) == GetProcessVersion(GetCurrentProcessId()));
    TRY(GetProcessVersion(0x7FFFFFF0));

    BOOL traced = 0x77;
    TRY(CheckRemoteDebuggerPresent(self, &traced));
    RESULT("traced", traced);
    TRY(CheckRemoteDebuggerPresent(NULL, &traced));
    TRY(CheckRemoteDebuggerPresent(self, NULL));

    BOOL emulated = 0x77;
    TRY(IsWow64Process(self, &emulated));
    RESULT("32 bits", emulated);
    USHORT process = 0x77, native = 0x77;
    TRY(IsWow64Process2(self, &process, &native));
    RESULT("emulated machine", process);
    RESULT("machine", native);
    TRY(IsWow64Process2(self, &process, NULL));
    TRY(IsWow64Process(event, &emulated));
    TRY(IsWow64Process(NULL, &emulated));

    IO_COUNTERS counters;
    memset(&counters, 0xCC, sizeof counters);
    TRY(GetProcessIoCounters(self, &counters));
    TRY(GetProcessIoCounters(NULL, &counters));

    RESULT("compare and exchange of 16 bytes", IsProcessorFeaturePresent(PF_COMPARE_EXCHANGE128));
    RESULT("SSE2", IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    RESULT("time stamp counter", IsProcessorFeaturePresent(PF_RDTSC_INSTRUCTION_AVAILABLE));
    RESULT("fast system calls", IsProcessorFeaturePresent(PF_FASTFAIL_AVAILABLE));
    RESULT("no feature", IsProcessorFeaturePresent(1000));

    SetLastError(UNCHANGED);
    FlushProcessWriteBuffers();
    printf("write buffers flushed: %s\n", error_name(GetLastError()));
    return 0;
}
