/* CreateRemoteThread, MapViewOfFile3 and their kin: what one process has another do. */

#include "conformance.h"

/* What the child shows of itself. */
struct shown {
    LPTHREAD_START_ROUTINE add, wait, leave, nothing;
    PAPCFUNC call;
    char *page;
    HANDLE event, done;
    volatile LONG called;
    volatile LONG at_main;
};

static struct shown *shown;
static char self[MAX_PATH];

static DWORD WINAPI add(LPVOID parameter)
{
    return *(DWORD *)parameter + 1;
}

static DWORD WINAPI wait_for_event(LPVOID parameter)
{
    (void)parameter;
    while (WaitForSingleObjectEx(shown->event, 60000, TRUE) == WAIT_IO_COMPLETION)
        ;
    return 0xCAFE0001;
}

static DWORD WINAPI leave(LPVOID parameter)
{
    ExitThread((DWORD)(ULONG_PTR)parameter);
}

static DWORD WINAPI nothing(LPVOID parameter)
{
    return (DWORD)(ULONG_PTR)parameter;
}

static void CALLBACK call(ULONG_PTR parameter)
{
    InterlockedExchangeAdd(&shown->called, (LONG)parameter);
}

static int child(char **argv)
{
    HANDLE section = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 0);
    HANDLE ready = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0);
    shown = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    shown->add = add;
    shown->wait = wait_for_event;
    shown->leave = leave;
    shown->nothing = nothing;
    shown->call = call;
    shown->page = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    shown->event = CreateEventA(NULL, TRUE, FALSE, NULL);
    shown->done = CreateEventA(NULL, TRUE, FALSE, NULL);
    SetEvent(ready);
    WaitForSingleObject(shown->done, 60000);
    return 42;
}

static void finish(const char *what, HANDLE thread)
{
    DWORD code = 0;
    if (!thread) {
        printf("%s: %s\n", what, error_name(GetLastError()));
        return;
    }
    DWORD waited = WaitForSingleObject(thread, 30000);
    BOOL told = GetExitCodeThread(thread, &code);
    printf("%s: waited %u, code %d 0x%x\n", what, (unsigned)waited, told, (unsigned)code);
    CloseHandle(thread);
}

static void set_there(HANDLE process, HANDLE event)
{
    HANDLE here = NULL;
    DuplicateHandle(process, event, GetCurrentProcess(), &here, 0, FALSE, DUPLICATE_SAME_ACCESS);
    SetEvent(here);
    CloseHandle(here);
}

static void threads(HANDLE process, DWORD number)
{
    DWORD value = 41, code = 0, id = 0;
    SIZE_T done;
    HANDLE thread;

    printf("-- threads\n");
    WriteProcessMemory(process, shown->page, &value, sizeof value, &done);
    thread = CreateRemoteThread(process, NULL, 0, shown->add, shown->page, 0, &id);
    printf("an id %d, of the process %d, its own %d\n", id != 0, GetProcessIdOfThread(thread) == number,
           GetThreadId(thread) == id);
    finish("add", thread);
    finish("leave", CreateRemoteThread(process, NULL, 0, shown->leave, (LPVOID)(ULONG_PTR)0x80000005u, 0, NULL));
    finish("by Ex", CreateRemoteThreadEx(process, NULL, 0, shown->nothing, (LPVOID)7, 0, NULL, NULL));

    thread = CreateRemoteThread(process, NULL, 0, shown->nothing, (LPVOID)9, CREATE_SUSPENDED, &id);
    printf("suspended: waited %u\n", (unsigned)WaitForSingleObject(thread, 100));
    TRY(GetExitCodeThread(thread, &code));
    printf("code %u\n", (unsigned)code);
    printf("suspended %u\n", (unsigned)SuspendThread(thread));
    printf("resumed %u\n", (unsigned)ResumeThread(thread));
    printf("resumed %u\n", (unsigned)ResumeThread(thread));
    finish("resumed", thread);

    thread = CreateRemoteThread(process, NULL, 0, shown->wait, NULL, 0, &id);
    HANDLE opened = OpenThread(THREAD_QUERY_INFORMATION | SYNCHRONIZE, FALSE, id);
    printf("opened %d: %u\n", opened != NULL, (unsigned)WaitForSingleObject(opened, 0));
    TRY(TerminateThread(opened, 1));
    TRY(ResumeThread(opened) == 0);
    TRY(QueueUserAPC(shown->call, thread, 3));
    for (int i = 0; i < 3000 && shown->called != 3; i++)
        Sleep(1);
    printf("called %d\n", (int)shown->called);
    set_there(process, shown->event);
    finish("waited for an event", thread);
    printf("opened: waited %u\n", (unsigned)WaitForSingleObject(opened, 30000));
    TRY(GetExitCodeThread(opened, &code));
    printf("code 0x%x\n", (unsigned)code);
    CloseHandle(opened);

    thread = CreateRemoteThread(process, NULL, 0, shown->nothing, NULL, CREATE_SUSPENDED, NULL);
    TRY(TerminateThread(thread, 77));
    finish("terminated", thread);

    printf("-- refused\n");
    HANDLE limited = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_OPERATION, FALSE, number);
    TRY(CreateRemoteThread(limited, NULL, 0, shown->nothing, NULL, 0, NULL));
    CloseHandle(limited);
    TRY(CreateRemoteThread((HANDLE)(ULONG_PTR)0xDEADBEEC, NULL, 0, shown->nothing, NULL, 0, NULL));
    TRY(OpenThread(SYNCHRONIZE, FALSE, 0));
}

static void views(HANDLE process)
{
    PVOID(WINAPI *map3)(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, void *, ULONG);
    BOOL(WINAPI *unmap2)(HANDLE, PVOID, ULONG);
    HMODULE module = GetModuleHandleA("kernelbase.dll");
    map3 = (void *)GetProcAddress(module, "MapViewOfFile3");
    unmap2 = (void *)GetProcAddress(module, "UnmapViewOfFile2");
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2 * GRANULARITY, NULL);
    MEMORY_BASIC_INFORMATION info;
    char text[6] = "";
    SIZE_T done;

    printf("-- views\n");
    char *here = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(here + GRANULARITY, "hello");
    char *there = map3(section, process, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0);
    printf("mapped %d\n", there != NULL);
    TRY(ReadProcessMemory(process, there + GRANULARITY, text, sizeof text, &done));
    printf("[%s]\n", text);
    strcpy(here + GRANULARITY, "again");
    TRY(ReadProcessMemory(process, there + GRANULARITY, text, sizeof text, &done));
    printf("[%s]\n", text);
    VirtualQueryEx(process, there, &info, sizeof info);
    printf("%s, size 0x%x, base %d, mapped %d\n", protection_name(info.Protect), (unsigned)info.RegionSize,
           info.AllocationBase == there, info.Type == MEM_MAPPED);
    TRY(unmap2(process, there, 0));
    VirtualQueryEx(process, there, &info, sizeof info);
    printf("free %d\n", info.State == MEM_FREE);
    TRY(unmap2(process, there, 0));
    there = map3(section, process, NULL, GRANULARITY, PAGE, 0, PAGE_READWRITE, NULL, 0);
    TRY(WriteProcessMemory(process, there, "there", 6, &done));
    printf("[%s]\n", here + GRANULARITY);
    CloseHandle(section);
    TRY(ReadProcessMemory(process, there, text, sizeof text, &done));
    TRY(unmap2(process, there, 0));
    TRY(map3(section, process, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0));
    UnmapViewOfFile(here);
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    PROCESS_INFORMATION process;
    STARTUPINFOA startup;
    char line[200];
    DWORD code;

    if (argc > 2)
        return child(argv);
    GetModuleFileNameA(NULL, self, sizeof self);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, PAGE, NULL);
    HANDLE ready = CreateEventA(&inheritable, TRUE, FALSE, NULL);
    shown = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "child 0x%llx 0x%llx", (unsigned long long)(ULONG_PTR)section,
             (unsigned long long)(ULONG_PTR)ready);
    fflush(stdout);
    if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return 1;
    WaitForSingleObject(ready, 30000);
    threads(process.hProcess, process.dwProcessId);
    views(process.hProcess);

    printf("-- the end\n");
    HANDLE thread = CreateRemoteThread(process.hProcess, NULL, 0, shown->wait, NULL, CREATE_SUSPENDED, NULL);
    set_there(process.hProcess, shown->done);
    printf("process: waited %u\n", (unsigned)WaitForSingleObject(process.hProcess, 30000));
    TRY(GetExitCodeProcess(process.hProcess, &code));
    printf("code %u\n", (unsigned)code);
    finish("thread", thread);
    return 0;
}
