/* Critical sections: what their memory says, recursion, and threads that wait. */

#include "conformance.h"

static CRITICAL_SECTION section;

static void state(const char *label)
{
    printf("%s: recursion %d, owner %s, %s\n", label, (int)section.RecursionCount,
           !section.OwningThread ? "nobody"
           : section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId() ? "this thread" : "another",
           section.LockCount == -1 ? "free" : "taken");
    fflush(stdout);
}

static DWORD WINAPI attempt(LPVOID parameter)
{
    BOOL entered = TryEnterCriticalSection(&section);
    (void)parameter;
    if (entered)
        LeaveCriticalSection(&section);
    return entered;
}

static DWORD elsewhere(LPTHREAD_START_ROUTINE function)
{
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, 0, function, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static volatile LONG inside, most, total;

static DWORD WINAPI contend(LPVOID parameter)
{
    int i;
    (void)parameter;
    for (i = 0; i < 5000; i++) {
        EnterCriticalSection(&section);
        if (++inside > most)
            most = inside;
        total++;
        if (i % 100 == 0)
            Sleep(0);
        inside--;
        LeaveCriticalSection(&section);
    }
    return 0;
}

int main(void)
{
    HANDLE threads[4];
    int i;

    InitializeCriticalSection(&section);
    RESULT("has debug information or a sign of none", section.DebugInfo != NULL);
    RESULT("spin count", section.SpinCount);
    state("initialised");
    EnterCriticalSection(&section);
    state("entered");
    RESULT("tried elsewhere", elsewhere(attempt));
    EnterCriticalSection(&section);
    state("entered again");
    TRY(TryEnterCriticalSection(&section));
    state("and again");
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    RESULT("tried elsewhere", elsewhere(attempt));
    LeaveCriticalSection(&section);
    state("left");
    RESULT("tried elsewhere", elsewhere(attempt));
    RESULT("spin count before", SetCriticalSectionSpinCount(&section, 4000));
    RESULT("spin count", section.SpinCount);
    DeleteCriticalSection(&section);
    RESULT("deleted: debug information", section.DebugInfo != NULL);
    state("deleted");

    TRY(InitializeCriticalSectionAndSpinCount(&section, 4000));
    RESULT("spin count", section.SpinCount);
    DeleteCriticalSection(&section);
    TRY(InitializeCriticalSectionEx(&section, 1000, CRITICAL_SECTION_NO_DEBUG_INFO));
    RESULT("no debug information", section.DebugInfo == (void *)-1);
    RESULT("spin count", section.SpinCount);

    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, contend, NULL, 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    RESULT("most inside at once", most);
    RESULT("all counted", total == 20000);
    state("afterwards");
    DeleteCriticalSection(&section);
    return 0;
}
