/* Slim reader-writer locks and condition variables. */

#include "conformance.h"

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION section;
static volatile LONG waiting, value, woken;

static DWORD WINAPI writer(LPVOID parameter)
{
    (void)parameter;
    InterlockedIncrement(&waiting);
    AcquireSRWLockExclusive(&lock);
    value = 1;
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

static DWORD WINAPI reader(LPVOID parameter)
{
    (void)parameter;
    InterlockedIncrement(&waiting);
    AcquireSRWLockShared(&lock);
    DWORD seen = (DWORD)value;
    ReleaseSRWLockShared(&lock);
    return seen;
}

static HANDLE start(LPTHREAD_START_ROUTINE function)
{
    LONG before = waiting;
    HANDLE thread = CreateThread(NULL, 0, function, NULL, 0, NULL);
    while (waiting == before)
        Sleep(1);
    /* It sleeps by now, or soon. */
    Sleep(30);
    return thread;
}

static DWORD finish(HANDLE thread)
{
    DWORD code = 99;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void exclusive_and_shared(void)
{
    HANDLE one, two;

    RESULT("free", lock.Ptr != NULL);
    AcquireSRWLockExclusive(&lock);
    RESULT("exclusive: try exclusive", TryAcquireSRWLockExclusive(&lock));
    RESULT("exclusive: try shared", TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    RESULT("free again", lock.Ptr != NULL);
    AcquireSRWLockShared(&lock);
    RESULT("shared: try exclusive", TryAcquireSRWLockExclusive(&lock));
    RESULT("shared: try shared", TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockShared(&lock);
    RESULT("still shared: try exclusive", TryAcquireSRWLockExclusive(&lock));

    one = start(writer);
    RESULT("a writer waits: try shared", TryAcquireSRWLockShared(&lock));
    two = start(reader);
    RESULT("nobody has written", value);
    ReleaseSRWLockShared(&lock);
    finish(one);
    DOCUMENTED("the reader came after the writer", finish(two), 1, "either may be first");
    RESULT("free again", lock.Ptr != NULL);
    TRY(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
}

static void anywhere(void)
{
    static char memory[64];
    int offset;

    for (offset = 0; offset < 8; offset++) {
        SRWLOCK *odd = (SRWLOCK *)(memory + 16 + offset);
        memset(memory, 0, sizeof memory);
        InitializeSRWLock(odd);
        AcquireSRWLockExclusive(odd);
        int refused = !TryAcquireSRWLockShared(odd);
        ReleaseSRWLockExclusive(odd);
        AcquireSRWLockShared(odd);
        int shared = TryAcquireSRWLockShared(odd) != 0;
        ReleaseSRWLockShared(odd);
        ReleaseSRWLockShared(odd);
        int clean = 1, i;
        for (i = 0; i < 64; i++)
            clean &= memory[i] == 0;
        RESULT("at an odd address", refused && shared && clean);
    }
}

static DWORD WINAPI sleeper(LPVOID parameter)
{
    ULONG flags = (ULONG)(ULONG_PTR)parameter;

    if (flags == 2)
        EnterCriticalSection(&section);
    else if (flags)
        AcquireSRWLockShared(&lock);
    else
        AcquireSRWLockExclusive(&lock);
    InterlockedIncrement(&waiting);
    while (!value) {
        if (flags == 2)
            SleepConditionVariableCS(&variable, &section, INFINITE);
        else
            SleepConditionVariableSRW(&variable, &lock, INFINITE, flags);
    }
    InterlockedIncrement(&woken);
    if (flags == 2)
        LeaveCriticalSection(&section);
    else if (flags)
        ReleaseSRWLockShared(&lock);
    else
        ReleaseSRWLockExclusive(&lock);
    return 0;
}

static void condition_variables(void)
{
    HANDLE threads[3];
    ULONG i;

    AcquireSRWLockExclusive(&lock);
    TRY(SleepConditionVariableSRW(&variable, &lock, 0, 0));
    TRY(SleepConditionVariableSRW(&variable, &lock, 20, 0));
    RESULT("still held", !TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    TRY(SleepConditionVariableSRW(&variable, &lock, 20, CONDITION_VARIABLE_LOCKMODE_SHARED));
    ReleaseSRWLockShared(&lock);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    TRY(SleepConditionVariableCS(&variable, &section, 20));
    RESULT("still inside", section.RecursionCount);
    LeaveCriticalSection(&section);
    WakeConditionVariable(&variable);
    WakeAllConditionVariable(&variable);
    EnterCriticalSection(&section);
    TRY(SleepConditionVariableCS(&variable, &section, 20));
    LeaveCriticalSection(&section);

    for (i = 0; i < 3; i++) {
        waiting = woken = value = 0;
        threads[0] = CreateThread(NULL, 0, sleeper, (LPVOID)(ULONG_PTR)i, 0, NULL);
        while (!waiting)
            Sleep(1);
        Sleep(30);
        RESULT("sleeps", woken == 0);
        if (i == 2) {
            EnterCriticalSection(&section);
            value = 1;
            LeaveCriticalSection(&section);
        } else {
            AcquireSRWLockExclusive(&lock);
            value = 1;
            ReleaseSRWLockExclusive(&lock);
        }
        WakeConditionVariable(&variable);
        finish(threads[0]);
        RESULT("woken", woken);
    }
    waiting = woken = value = 0;
    for (i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, sleeper, (LPVOID)(ULONG_PTR)(i % 2), 0, NULL);
    while (waiting < 3)
        Sleep(1);
    AcquireSRWLockExclusive(&lock);
    value = 1;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&variable);
    for (i = 0; i < 3; i++)
        finish(threads[i]);
    RESULT("all woken", woken);
}

int main(void)
{
    exclusive_and_shared();
    anywhere();
    value = 0;
    condition_variables();
    return 0;
}
