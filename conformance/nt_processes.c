/* ntdll's calls of processes: opening them, their memory, and what can be asked of them. */

#include "conformance.h"

#include <winternl.h>

typedef struct {
    ULONG length;
    HANDLE root;
    void *name;
    ULONG attributes;
    void *descriptor, *quality;
} Attributes;

typedef struct {
    HANDLE process, thread;
} ClientId;

typedef struct {
    LONG status;
    void *block;
    ULONG_PTR affinity;
    LONG priority;
    ULONG_PTR process, parent;
} BasicInformation;

typedef struct {
    LONG status;
    void *block;
    ClientId client;
    ULONG_PTR affinity;
    LONG priority, base_priority;
} ThreadInformation;

static LONG(WINAPI *open_process)(HANDLE *, ULONG, Attributes *, ClientId *);
static LONG(WINAPI *read_memory)(HANDLE, void *, void *, SIZE_T, SIZE_T *);
static LONG(WINAPI *write_memory)(HANDLE, void *, void *, SIZE_T, SIZE_T *);
static LONG(WINAPI *flush_instructions)(HANDLE, void *, SIZE_T);
static LONG(WINAPI *terminate)(HANDLE, LONG);
static LONG(WINAPI *query_process)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *query_thread)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *query_system)(int, void *, ULONG, ULONG *);
static LONG(WINAPI *query_time)(LARGE_INTEGER *);
static LONG(WINAPI *close_handle)(HANDLE);

static void find(void *function, const char *name)
{
    *(FARPROC *)function = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    if (!*(FARPROC *)function)
        printf("%s is missing\n", name);
}

/* Prints the status of a call, and that it leaves the last error alone. */
#define STATUS(label, ...)                                                                         \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        LONG status_ = (__VA_ARGS__);                                                              \
        printf("%s: 0x%08x%s\n", label, (unsigned)status_,                                         \
               GetLastError() == UNCHANGED ? "" : ", last error changed");                         \
        fflush(stdout);                                                                            \
    } while (0)

static void opening(void)
{
    HANDLE handle = (HANDLE)7;
    Attributes attributes = { sizeof attributes, NULL, NULL, 0, NULL, NULL };
    ClientId client = { (HANDLE)(ULONG_PTR)GetCurrentProcessId(), NULL };
    DWORD flags = 0;

    STATUS("open", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, &client));
    RESULT("this process", GetProcessId(handle) == GetCurrentProcessId());
    TRY(GetHandleInformation(handle, &flags));
    RESULT("flags", flags);
    STATUS("close", close_handle(handle));
    attributes.attributes = 2;
    STATUS("open to inherit", open_process(&handle, PROCESS_ALL_ACCESS, &attributes, &client));
    TRY(GetHandleInformation(handle, &flags));
    RESULT("flags", flags);
    STATUS("close", close_handle(handle));
    client.process = (HANDLE)0x7FFFFFF0;
    handle = (HANDLE)7;
    STATUS("no process", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, &client));
    client.process = NULL;
    STATUS("process 0", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, &client));
    client.thread = (HANDLE)(ULONG_PTR)GetCurrentThreadId();
    STATUS("by its thread", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, &client));
    client.process = (HANDLE)(ULONG_PTR)GetCurrentProcessId();
    STATUS("by both", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, &client));
    STATUS("no client", open_process(&handle, PROCESS_QUERY_INFORMATION, &attributes, NULL));
    DOCUMENTED("no attributes", (ULONG)open_process(&handle, PROCESS_QUERY_INFORMATION, NULL, &client), 0xC0000005,
               "needs none");
    STATUS("nowhere to", open_process(NULL, PROCESS_QUERY_INFORMATION, &attributes, &client));
}

static void memory(void)
{
    char buffer[16] = "0123456789abcde";
    SIZE_T moved = 77;
    char *page = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    VirtualAlloc(page, PAGE, MEM_COMMIT, PAGE_READWRITE);
    HANDLE self = GetCurrentProcess();

    STATUS("write", write_memory(self, page, buffer, 16, &moved));
    RESULT("moved", moved);
    memset(buffer, 0, sizeof buffer);
    STATUS("read", read_memory(self, page, buffer, 16, NULL));
    printf("read: %s\n", buffer);
    STATUS("nothing", read_memory(self, page, buffer, 0, &moved));
    RESULT("moved", moved);
    moved = 77;
    DOCUMENTED("read beyond", (ULONG)read_memory(self, page + PAGE, buffer, 16, &moved), 0x8000000D, "reads them");
    DOCUMENTED("moved", moved, 0, "as above");
    moved = 77;
    STATUS("no process", read_memory(NULL, page, buffer, 16, &moved));
    RESULT("moved", moved);
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    STATUS("no right to read", read_memory(limited, page, buffer, 16, &moved));
    STATUS("no right to write", write_memory(limited, page, buffer, 16, &moved));
    STATUS("flush", flush_instructions(self, page, 16));
    STATUS("flush all", flush_instructions(self, NULL, 0));
    CloseHandle(limited);
}

static void asking(void)
{
    HANDLE self = GetCurrentProcess();
    BasicInformation basic;
    ULONG length = 77;
    /* Whoever has started this program may have had another class. */
    SetPriorityClass(self, NORMAL_PRIORITY_CLASS);
    STATUS("basic", query_process(self, 0, &basic, sizeof basic, &length));
    RESULT("length", length);
    RESULT("status", basic.status);
    RESULT("process", basic.process == GetCurrentProcessId());
    RESULT("affinity", basic.affinity != 0);
    DOCUMENTED("priority", basic.priority, 8, "answers the class");
    length = 77;
    STATUS("basic, too short", query_process(self, 0, &basic, sizeof basic - 1, &length));
    length = 77;
    STATUS("basic, too long", query_process(self, 0, &basic, sizeof basic + 8, &length));
    STATUS("basic, to nowhere", query_process(self, 0, NULL, sizeof basic, NULL));
    STATUS("no process", query_process(NULL, 0, &basic, sizeof basic, NULL));
    STATUS("no class", query_process(self, 1000, &basic, sizeof basic, &length));

    IO_COUNTERS counters;
    STATUS("counters", query_process(self, 2, &counters, sizeof counters, &length));
    RESULT("length", length);
    LARGE_INTEGER times[4];
    STATUS("times", query_process(self, 4, times, sizeof times, &length));
    RESULT("length", length);
    RESULT("has begun", times[0].QuadPart != 0);
    ULONG_PTR port = 77;
    STATUS("debugger", query_process(self, 7, &port, sizeof port, &length));
    RESULT("port", port);
    ULONG number = 0;
    STATUS("handles", query_process(self, 20, &number, sizeof number, &length));
    RESULT("length", length);
    ULONG_PTR emulated = 77;
    STATUS("emulated", query_process(self, 26, &emulated, sizeof emulated, &length));
    RESULT("emulated", emulated);
    STATUS("emulated, too short", query_process(self, 26, &emulated, 4, &length));

    ThreadInformation thread;
    length = 77;
    STATUS("thread", query_thread(GetCurrentThread(), 0, &thread, sizeof thread, &length));
    RESULT("length", length);
    RESULT("status", thread.status);
    RESULT("block", thread.block == (void *)NtCurrentTeb());
    RESULT("process", thread.client.process == (HANDLE)(ULONG_PTR)GetCurrentProcessId());
    RESULT("thread", thread.client.thread == (HANDLE)(ULONG_PTR)GetCurrentThreadId());
    RESULT("affinity", thread.affinity != 0);
    length = 77;
    DOCUMENTED("thread, too short", (ULONG)query_thread(GetCurrentThread(), 0, &thread, sizeof thread - 8, &length),
               0xC0000004, "answers a part");
    STATUS("no thread", query_thread(NULL, 0, &thread, sizeof thread, &length));
    DOCUMENTED("no class", (ULONG)query_thread(GetCurrentThread(), 1000, &thread, sizeof thread, &length), 0xC0000003,
               "says that it is not implemented");
    STATUS("times", query_thread(GetCurrentThread(), 1, times, sizeof times, &length));
    RESULT("length", length);
    RESULT("has begun", times[0].QuadPart != 0);

    struct {
        ULONG reserved, resolution, page, pages, lowest, highest, granularity;
        ULONG_PTR minimum, maximum, processors;
        BYTE count;
    } system;
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    STATUS("system", query_system(0, &system, sizeof system, &length));
    RESULT("length", length);
    RESULT("page", system.page);
    RESULT("granularity", system.granularity);
    RESULT("memory", system.pages > 1000);
    RESULT("lowest address", system.minimum);
    RESULT("highest address", system.maximum);
    RESULT("processors", system.processors == info.dwActiveProcessorMask && system.count == info.dwNumberOfProcessors);
    STATUS("system, too short", query_system(0, &system, sizeof system - 1, &length));
    DOCUMENTED("no class", (ULONG)query_system(1000, &system, sizeof system, &length), 0xC0000003, "succeeds");

    char name[600];
    UNICODE_STRING *file = (UNICODE_STRING *)name;
    length = 0;
    STATUS("program, too short", query_process(self, 27, name, sizeof *file, &length));
    STATUS("program", query_process(self, 27, name, sizeof name, &length));
    RESULT("behind its length", file->Buffer == (WCHAR *)(file + 1));
    RESULT("length", length - sizeof *file - file->MaximumLength);
    DOCUMENTED("a device", memcmp(file->Buffer, L"\\Device\\", 16), 0, "answers a drive");

    struct {
        SIZE_T most, now;
        ULONG faults;
        SIZE_T rest[9];
    } counts;
    STATUS("memory", query_process(self, 3, &counts, sizeof counts - 8, &length));
    RESULT("length", length);
    STATUS("memory and more", query_process(self, 3, &counts, sizeof counts, &length));
    RESULT("length", length);
    RESULT("the most", counts.most >= counts.now && counts.now);
    STATUS("memory, too short", query_process(self, 3, &counts, 80, &length));
    BYTE class[2];
    STATUS("class", query_process(self, 18, class, sizeof class, &length));
    RESULT("class", class[1]);

    LARGE_INTEGER now;
    FILETIME later;
    STATUS("time", query_time(&now));
    GetSystemTimeAsFileTime(&later);
    RESULT("the same clock", ((ULONGLONG)later.dwHighDateTime << 32 | later.dwLowDateTime) - now.QuadPart < 100000000);
    STATUS("time to nowhere", query_time(NULL));
}

static void ending(const char *program)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    char line[MAX_PATH + 16];
    DWORD code = 0;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "\"%s\" child", program);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child)) {
        printf("no child: %s\n", error_name(GetLastError()));
        return;
    }
    BasicInformation basic;
    STATUS("basic", query_process(child.hProcess, 0, &basic, sizeof basic, NULL));
    RESULT("its number", basic.process == child.dwProcessId);
    RESULT("its parent", basic.parent == GetCurrentProcessId());
    RESULT("runs", basic.status);
    STATUS("terminate", terminate(child.hProcess, 42));
    RESULT("ended", WaitForSingleObject(child.hProcess, INFINITE));
    TRY(GetExitCodeProcess(child.hProcess, &code));
    RESULT("code", code);
    STATUS("basic", query_process(child.hProcess, 0, &basic, sizeof basic, NULL));
    RESULT("ended", basic.status);
    STATUS("no process", terminate((HANDLE)0x7770, 42));
    printf("this one ends\n");
    fflush(stdout);
    terminate(GetCurrentProcess(), 0);
    printf("still here\n");
}

int main(int count, char **arguments)
{
    if (count > 1) {
        Sleep(60000);
        return 1;
    }
    find(&open_process, "NtOpenProcess");
    find(&read_memory, "NtReadVirtualMemory");
    find(&write_memory, "NtWriteVirtualMemory");
    find(&flush_instructions, "NtFlushInstructionCache");
    find(&terminate, "NtTerminateProcess");
    find(&query_process, "NtQueryInformationProcess");
    find(&query_thread, "NtQueryInformationThread");
    find(&query_system, "NtQuerySystemInformation");
    find(&query_time, "NtQuerySystemTime");
    find(&close_handle, "NtClose");
    opening();
    memory();
    asking();
    ending(arguments[0]);
    return 0;
}
