/* Threads as objects: beginning, end, suspension, rights, priority, description, queued calls. */

#include "conformance.h"

#include <process.h>

#define HANDLE_OF(value) ((HANDLE)(ULONG_PTR)(value))

static volatile LONG runs, ran;

static DWORD WINAPI give_back(LPVOID parameter)
{
    InterlockedIncrement(&runs);
    return (DWORD)(ULONG_PTR)parameter;
}

static DWORD WINAPI leave(LPVOID parameter)
{
    ExitThread((DWORD)(ULONG_PTR)parameter);
    return 0;
}

static DWORD WINAPI spin(LPVOID parameter)
{
    (void)parameter;
    while (runs >= 0)
        InterlockedIncrement(&runs);
    return 0;
}

static VOID CALLBACK call(ULONG_PTR parameter) { InterlockedExchangeAdd(&ran, (LONG)parameter); }

static VOID CALLBACK call_and_queue(ULONG_PTR parameter)
{
    InterlockedExchangeAdd(&ran, (LONG)parameter);
    QueueUserAPC(call, GetCurrentThread(), 100);
}

static DWORD WINAPI sleep_alertably(LPVOID parameter)
{
    (void)parameter;
    return SleepEx(INFINITE, TRUE);
}

static unsigned __stdcall crt(void *parameter)
{
    _endthreadex((unsigned)(ULONG_PTR)parameter + 1);
    return 0;
}

static void __cdecl crt_plain(void *parameter) { SetEvent((HANDLE)parameter); }

static DWORD finish(HANDLE thread)
{
    DWORD code = 99;
    if (WaitForSingleObject(thread, 20000) != WAIT_OBJECT_0)
        printf("does not end\n");
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static int moves(void)
{
    LONG before = runs;
    Sleep(30);
    return runs != before;
}

static void begin_and_end(void)
{
    DWORD id = 0, code = 0;
    HANDLE thread = CreateThread(NULL, 0, give_back, (LPVOID)5, 0, &id);

    RESULT("created", thread != NULL && id != 0);
    RESULT("its number", GetThreadId(thread) == id);
    RESULT("its process", GetProcessIdOfThread(thread) == GetCurrentProcessId());
    RESULT("what it returns", finish(thread));
    RESULT("what it leaves with", finish(CreateThread(NULL, 0x10000, leave, (LPVOID)6, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)));
    RESULT("a large stack", finish(CreateThread(NULL, 0x4000000, give_back, (LPVOID)7, 0, NULL)));
    RESULT("STILL_ACTIVE", finish(CreateThread(NULL, 0, leave, (LPVOID)STILL_ACTIVE, 0, NULL)));
    TRY(GetExitCodeThread(GetCurrentThread(), &code));
    RESULT("this thread", code);
    RESULT("this thread's number", GetThreadId(GetCurrentThread()) == GetCurrentThreadId());
    TRY(GetExitCodeThread(NULL, &code));
    TRY(GetExitCodeThread(HANDLE_OF(0xDEADBEE0), &code));
    TRY(GetThreadId(NULL));
    TRY(GetProcessIdOfThread(NULL));
    TRY(ResumeThread(NULL) != (DWORD)-1);
    TRY(SuspendThread(NULL) != (DWORD)-1);
    TRY(TerminateThread(NULL, 0));
    TRY(OpenThread(THREAD_ALL_ACCESS, FALSE, 0));
    RESULT("the C run time's", finish(HANDLE_OF(_beginthreadex(NULL, 0, crt, (void *)7, 0, (unsigned *)&id))));
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    RESULT("the C run time's other", _beginthread(crt_plain, 0, event) != (uintptr_t)-1);
    RESULT("it runs", WaitForSingleObject(event, 20000));
    CloseHandle(event);
}

static void suspension(void)
{
    DWORD id, code;
    HANDLE limited, thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, &id);

    runs = 0;
    RESULT("stands still", !moves());
    GetExitCodeThread(thread, &code);
    RESULT("has not ended", code);
    RESULT("suspended before", SuspendThread(thread));
    RESULT("suspended before", ResumeThread(thread));
    RESULT("stands still", !moves());
    RESULT("suspended before", ResumeThread(thread));
    RESULT("runs", moves());
    RESULT("suspended before", ResumeThread(thread));
    RESULT("suspended before", SuspendThread(thread));
    RESULT("stands still", !moves());
    CONTEXT context;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    TRY(GetThreadContext(thread, &context));
    RESULT("has registers", context.Rip != 0 && context.Rsp != 0);
    TRY(SetThreadContext(thread, &context));
    RESULT("suspended before", ResumeThread(thread));
    RESULT("runs", moves());

    limited = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    RESULT("opened", limited != NULL);
    RESULT("the same", GetThreadId(limited) == id);
    TRY(SuspendThread(limited) != (DWORD)-1);
    TRY(ResumeThread(limited) != (DWORD)-1);
    TRY(TerminateThread(limited, 1));
    TRY(QueueUserAPC(call, limited, 1));
    TRY(SetThreadPriority(limited, 1));
    TRY(WaitForSingleObject(limited, 0) != WAIT_FAILED);
    CloseHandle(limited);
    RESULT("runs", WaitForSingleObject(thread, 0));
    TRY(TerminateThread(thread, 33));
    RESULT("ended", WaitForSingleObject(thread, 20000));
    GetExitCodeThread(thread, &code);
    RESULT("with", code);
    TRY(SuspendThread(thread) != (DWORD)-1);
    TRY(QueueUserAPC(call, thread, 1));
    RESULT("resumed", ResumeThread(thread));
    CloseHandle(thread);
}

static ULONGLONG units(FILETIME time) { return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime; }

static void facts(void)
{
    FILETIME created, ended, kernel, user;
    HANDLE thread = CreateThread(NULL, 0, give_back, NULL, CREATE_SUSPENDED, NULL);
    static const int priorities[] = { 0, 1, 2, -1, -2, 15, -15, 3, 14, -3, 100 };
    unsigned i;
    BOOL disabled = 7;

    for (i = 0; i < sizeof priorities / sizeof priorities[0]; i++) {
        CALL("priority", SetThreadPriority(thread, priorities[i]));
        RESULT("is", GetThreadPriority(thread));
    }
    RESULT("of nothing", GetThreadPriority(NULL) == THREAD_PRIORITY_ERROR_RETURN);
    TRY(SetThreadPriorityBoost(thread, TRUE));
    TRY(GetThreadPriorityBoost(thread, &disabled));
    DOCUMENTED("disabled", disabled, TRUE, "does not remember it");
    TRY(GetThreadTimes(thread, &created, &ended, &kernel, &user));
    RESULT("created", created.dwHighDateTime != 0);
    DOCUMENTED("not ended", ended.dwHighDateTime, 0, "undefined while the thread runs");
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    TRY(GetThreadTimes(thread, &created, &ended, &kernel, &user));
    RESULT("ended after it began", units(ended) >= units(created));
    CloseHandle(thread);
    TRY(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    RESULT("the process began", created.dwHighDateTime != 0);
}

static void queued_calls(void)
{
    NTSTATUS(NTAPI * test_alert)(void) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtTestAlert");
    NTSTATUS(NTAPI * queue)(HANDLE, PVOID, PVOID, PVOID, PVOID)
        = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueueApcThread");
    HANDLE thread;

    RESULT("nothing queued", SleepEx(0, TRUE));
    TRY(QueueUserAPC(call, GetCurrentThread(), 1));
    TRY(QueueUserAPC(call, GetCurrentThread(), 2));
    RESULT("not alertable", SleepEx(0, FALSE));
    RESULT("nothing ran", ran);
    RESULT("alertable", SleepEx(0, TRUE));
    RESULT("both ran", ran);
    RESULT("alertable again", SleepEx(0, TRUE));
    TRY(QueueUserAPC(call_and_queue, GetCurrentThread(), 10));
    RESULT("alertable", SleepEx(20000, TRUE));
    RESULT("what it queued ran, too", ran);
    ran = 0;
    QueueUserAPC(call, GetCurrentThread(), 5);
    RESULT("NtTestAlert", test_alert());
    RESULT("ran", ran);
    RESULT("NtQueueApcThread", queue(GetCurrentThread(), (PVOID)call, (PVOID)7, NULL, NULL));
    RESULT("alertable", SleepEx(0, TRUE));
    RESULT("ran", ran);
    RESULT("NULL is queued", queue(GetCurrentThread(), NULL, NULL, NULL, NULL));
    RESULT("and is nothing", SleepEx(0, TRUE));
    ran = 0;
    thread = CreateThread(NULL, 0, sleep_alertably, NULL, 0, NULL);
    Sleep(30);
    RESULT("sleeps", WaitForSingleObject(thread, 0));
    TRY(QueueUserAPC(call, thread, 3));
    RESULT("woken by the call", finish(thread));
    RESULT("ran", ran);
    thread = CreateThread(NULL, 0, sleep_alertably, NULL, CREATE_SUSPENDED, NULL);
    TRY(QueueUserAPC(call, thread, 4));
    ResumeThread(thread);
    Sleep(30);
    QueueUserAPC(call, thread, 5);
    WaitForSingleObject(thread, 20000);
    CloseHandle(thread);
    RESULT("a call before it began ran", ran == 7 || ran == 12);
    TRY(QueueUserAPC(call, NULL, 0));
}

static DWORD WINAPI last(LPVOID parameter)
{
    WaitForSingleObject((HANDLE)parameter, INFINITE);
    Sleep(30);
    printf("the last thread\n");
    fflush(stdout);
    return 0;
}

int main(void)
{
    HANDLE self;

    begin_and_end();
    suspension();
    facts();
    queued_calls();
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS);
    RESULT("this thread runs", WaitForSingleObject(self, 0));
    CreateThread(NULL, 0, last, self, 0, NULL);
    ExitThread(0);
}
