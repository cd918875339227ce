/* DuplicateHandle from one process into another and back: every kind of object, rights, options, and what goes wrong. */

#include "conformance.h"

static char self[MAX_PATH];
static BOOL(WINAPI *compare)(HANDLE, HANDLE);

/* What parent and child tell each other, in a section that the child inherits. */
struct shared {
    ULONG_PTR handle;
    DWORD command;
    DWORD answer, error, flags;
};
enum { QUIT, FLAGS, WAIT, SIGNAL, OPEN_OWN };

static struct shared *shared;
static HANDLE ask, answered, section, child_process;

static int child(char **argv)
{
    HANDLE events[2], map;
    map = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 0);
    events[0] = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0);
    events[1] = (HANDLE)(ULONG_PTR)strtoull(argv[3], NULL, 0);
    shared = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    SetEvent(events[1]);
    for (;;) {
        if (WaitForSingleObject(events[0], 60000) != WAIT_OBJECT_0)
            return 1;
        HANDLE handle = (HANDLE)shared->handle;
        SetLastError(UNCHANGED);
        DWORD wanted = shared->flags;
        shared->flags = 0;
        switch (shared->command) {
        case QUIT:
            return 0;
        case FLAGS:
            shared->answer = GetHandleInformation(handle, &shared->flags);
            break;
        case WAIT:
            shared->answer = WaitForSingleObject(handle, 0);
            break;
        case SIGNAL:
            shared->answer = SetEvent(handle);
            break;
        case OPEN_OWN:
            shared->handle = (ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL);
            SetHandleInformation((HANDLE)shared->handle, wanted, wanted);
            break;
        }
        shared->error = GetLastError();
        SetEvent(events[1]);
    }
}

static DWORD tell(DWORD command, HANDLE handle)
{
    shared->command = command;
    shared->handle = (ULONG_PTR)handle;
    SetEvent(ask);
    if (WaitForSingleObject(answered, 60000) != WAIT_OBJECT_0)
        printf("the child does not answer\n");
    return shared->answer;
}

static PROCESS_INFORMATION start(void)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    char line[200];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "child %llu %llu %llu", (unsigned long long)(ULONG_PTR)section,
             (unsigned long long)(ULONG_PTR)ask, (unsigned long long)(ULONG_PTR)answered);
    if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        printf("cannot start: %s\n", error_name(GetLastError()));
    WaitForSingleObject(answered, 60000);
    return process;
}

/* There and back again: it must be one object all the time. */
static void round_trip(const char *kind, HANDLE object)
{
    HANDLE there = NULL, back = NULL, gone = NULL;
    DWORD flags;
    printf("%s\n", kind);
    CALL("  there", DuplicateHandle(GetCurrentProcess(), object, child_process, &there, 0, TRUE, DUPLICATE_SAME_ACCESS));
    RESULT("  known there", tell(FLAGS, there));
    RESULT("  flags there", shared->flags);
    CALL("  back", DuplicateHandle(child_process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    RESULT("  one object", compare(object, back));
    GetHandleInformation(back, &flags);
    RESULT("  flags back", flags);
    CloseHandle(back);
    CALL("  moved back", DuplicateHandle(child_process, there, GetCurrentProcess(), &back, 0, FALSE,
                                         DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("  one object", compare(object, back));
    RESULT("  known there", tell(FLAGS, there));
    CALL("  once more", DuplicateHandle(child_process, there, GetCurrentProcess(), &gone, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(back);
}

static void kinds(void)
{
    HANDLE objects[10];
    const char *names[] = { "section", "named section", "event", "mutex", "semaphore", "timer", "file", "process", "thread", "token" };
    objects[0] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    objects[1] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "duplicate_between");
    objects[2] = CreateEventA(NULL, TRUE, FALSE, NULL);
    objects[3] = CreateMutexA(NULL, FALSE, NULL);
    objects[4] = CreateSemaphoreA(NULL, 1, 5, NULL);
    objects[5] = CreateWaitableTimerA(NULL, TRUE, NULL);
    objects[6] = CreateFileA(temporary_file(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    objects[7] = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &objects[8], 0, FALSE, DUPLICATE_SAME_ACCESS);
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &objects[9]);
    for (unsigned i = 0; i < 10; i++) {
        round_trip(names[i], objects[i]);
        CloseHandle(objects[i]);
    }
}

static void pseudo_handles(void)
{
    HANDLE handle = NULL;
    printf("pseudo handles\n");
    CALL("the child's own process", DuplicateHandle(child_process, GetCurrentProcess(), GetCurrentProcess(), &handle, 0, FALSE,
                                                    DUPLICATE_SAME_ACCESS));
    DOCUMENTED("  it is the child", GetProcessId(handle) == GetProcessId(child_process), 1, "Wine takes this process");
    CloseHandle(handle);
    CALL("and closing it", DuplicateHandle(child_process, GetCurrentProcess(), GetCurrentProcess(), &handle, 0, FALSE,
                                           DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("  it is the child", GetProcessId(handle) == GetProcessId(child_process));
    CloseHandle(handle);
    CALL("this process for the child", DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), child_process, &handle, 0, FALSE,
                                                       DUPLICATE_SAME_ACCESS));
    RESULT("  known there", tell(FLAGS, handle));
    HANDLE back = NULL;
    DuplicateHandle(child_process, handle, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    RESULT("  it is this process", GetProcessId(back) == GetCurrentProcessId());
    CloseHandle(back);
    CALL("this thread for the child", DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), child_process, &handle, 0, FALSE,
                                                      DUPLICATE_SAME_ACCESS));
    DuplicateHandle(child_process, handle, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    RESULT("  it is this thread", GetThreadId(back) == GetCurrentThreadId());
    CloseHandle(back);
}

static void rights(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL, back = NULL, narrow = NULL;
    printf("rights\n");
    DuplicateHandle(GetCurrentProcess(), event, child_process, &there, SYNCHRONIZE, FALSE, 0);
    RESULT("waits", tell(WAIT, there));
    RESULT("does not set", tell(SIGNAL, there));
    printf("  %s\n", error_name(shared->error));
    CALL("no more than it has, taken back", DuplicateHandle(child_process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(SetEvent(back));
    CloseHandle(back);
    back = NULL;
    CALL("raised", DuplicateHandle(child_process, there, GetCurrentProcess(), &back, EVENT_ALL_ACCESS, FALSE, 0));
    if (back) {
        TRY(SetEvent(back));
        CloseHandle(back);
    }
    DuplicateHandle(GetCurrentProcess(), event, child_process, &there, EVENT_MODIFY_STATE, FALSE, 0);
    RESULT("sets", tell(SIGNAL, there));
    RESULT("does not wait", tell(WAIT, there));
    printf("  %s\n", error_name(shared->error));
    RESULT("was set", WaitForSingleObject(event, 0));
    CloseHandle(event);

    HANDLE file = CreateFileA(temporary_file(), GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    back = NULL;
    DOCUMENTED_CALL("Wine gives a file's handle more rights than it was opened with", 0, ERROR_ACCESS_DENIED,
                    DuplicateHandle(GetCurrentProcess(), file, child_process, &back, GENERIC_WRITE, FALSE, 0));
    CloseHandle(file);

    printf("rights of the processes' handles\n");
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DuplicateHandle(GetCurrentProcess(), child_process, GetCurrentProcess(), &narrow, PROCESS_QUERY_INFORMATION | SYNCHRONIZE, FALSE, 0);
    TRY(DuplicateHandle(GetCurrentProcess(), event, narrow, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(narrow, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(narrow);
    DuplicateHandle(GetCurrentProcess(), child_process, GetCurrentProcess(), &narrow, PROCESS_DUP_HANDLE, FALSE, 0);
    TRY(DuplicateHandle(GetCurrentProcess(), event, narrow, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(narrow, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("one object", compare(event, back));
    CloseHandle(back);
    CloseHandle(narrow);
    printf("no process\n");
    TRY(DuplicateHandle(NULL, event, child_process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(GetCurrentProcess(), event, NULL, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(event, event, child_process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(GetCurrentProcess(), event, event, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle((HANDLE)0x7FFF0, event, child_process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(GetCurrentProcess(), (HANDLE)0x7FFF0, child_process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(child_process, (HANDLE)0x7FFF0, GetCurrentProcess(), &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(child_process, NULL, GetCurrentProcess(), &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    printf("closing the source, whatever happens\n");
    TRY(DuplicateHandle(GetCurrentProcess(), event, (HANDLE)0x7FFF0, &there, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    TRY(SetEvent(event));
}

static HANDLE own_event_of_child(DWORD flags)
{
    shared->flags = flags;
    tell(OPEN_OWN, NULL);
    return (HANDLE)shared->handle;
}

static void sources(void)
{
    HANDLE there, back = NULL, event;
    printf("a source that is the child's\n");
    there = own_event_of_child(0);
    CALL("no place for the answer", DuplicateHandle(child_process, there, GetCurrentProcess(), NULL, 0, FALSE, DUPLICATE_SAME_ACCESS));
    RESULT("known there", tell(FLAGS, there));
    DOCUMENTED_CALL("Wine wants a target", 1, UNCHANGED,
                    DuplicateHandle(child_process, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    DOCUMENTED("known there", tell(FLAGS, there), 0, "as above");
    there = own_event_of_child(0);
    DOCUMENTED_CALL("as above", 1, UNCHANGED,
                    DuplicateHandle(child_process, there, NULL, &back, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    DOCUMENTED("known there", tell(FLAGS, there), 0, "as above");
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_HANDLE,
                    DuplicateHandle(child_process, there, NULL, &back, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    there = own_event_of_child(0);
    CALL("duplicated within the child", DuplicateHandle(child_process, there, child_process, &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    RESULT("another value", back != there);
    RESULT("known there", tell(FLAGS, back));
    CALL("moved within the child", DuplicateHandle(child_process, there, child_process, &back, 0, TRUE,
                                                   DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("known there", tell(FLAGS, back));
    RESULT("flags there", shared->flags);
    printf("it fails, and the source is closed\n");
    there = own_event_of_child(0);
    back = (HANDLE)0x1234;
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    CALL("the target is no process", DuplicateHandle(child_process, there, event, &back, 0, FALSE,
                                                     DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("known there", tell(FLAGS, there));
    CloseHandle(event);
    printf("it is protected from being closed\n");
    there = own_event_of_child(HANDLE_FLAG_PROTECT_FROM_CLOSE);
    RESULT("known there", tell(FLAGS, there));
    RESULT("flags there", shared->flags);
    CALL("moved", DuplicateHandle(child_process, there, GetCurrentProcess(), &back, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    RESULT("known there", tell(FLAGS, there));
    DWORD flags = 99;
    GetHandleInformation(back, &flags);
    RESULT("flags back", flags);
    CloseHandle(back);
}

static void endings(PROCESS_INFORMATION *process)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL;
    printf("a process that has ended\n");
    shared->command = QUIT;
    SetEvent(ask);
    WaitForSingleObject(child_process, 60000);
    TRY(DuplicateHandle(GetCurrentProcess(), event, child_process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    DOCUMENTED_CALL("Wine finds no handle", 0, ERROR_ACCESS_DENIED,
                    DuplicateHandle(child_process, (HANDLE)4, GetCurrentProcess(), &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(event);
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    if (argc > 3)
        return child(argv);
    compare = (BOOL(WINAPI *)(HANDLE, HANDLE))(void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    GetModuleFileNameA(NULL, self, sizeof self);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, 0x1000, NULL);
    shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    ask = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    answered = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    PROCESS_INFORMATION process = start();
    child_process = process.hProcess;
    kinds();
    pseudo_handles();
    rights();
    sources();
    endings(&process);
    return 0;
}
