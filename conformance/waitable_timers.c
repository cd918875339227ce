/* Waitable timers: when they are signalled, and the routines they call. */
#include "conformance.h"

static LARGE_INTEGER in(LONGLONG milliseconds)
{
    LARGE_INTEGER due;
    due.QuadPart = -milliseconds * 10000;
    return due;
}

static LARGE_INTEGER at(LONGLONG milliseconds)
{
    LARGE_INTEGER due;
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    due.QuadPart = ((LONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime) + milliseconds * 10000;
    return due;
}

static void creating(void)
{
    HANDLE first, second;
    CALL("create", (first = CreateWaitableTimerA(NULL, TRUE, "conformance timer")) != NULL);
    CALL("create the same", (second = CreateWaitableTimerW(NULL, FALSE, L"conformance timer")) != NULL);
    RESULT("not set", WaitForSingleObject(first, 0));
    LARGE_INTEGER due = in(1);
    CALL("set", SetWaitableTimer(second, &due, 0, NULL, NULL, FALSE));
    RESULT("wait", WaitForSingleObject(first, 5000));
    RESULT("stays", WaitForSingleObject(second, 0));
    CloseHandle(second);
    CALL("open W", (second = OpenWaitableTimerW(TIMER_MODIFY_STATE, FALSE, L"conformance timer")) != NULL);
    CALL("set", SetWaitableTimer(second, &due, 0, NULL, NULL, FALSE));
    CALL("cancel", CancelWaitableTimer(second));
    SetLastError(UNCHANGED);
    RESULT("wait without SYNCHRONIZE", WaitForSingleObject(second, 0));
    RESULT("error", GetLastError());
    CloseHandle(second);
    CALL("open A", (second = OpenWaitableTimerA(SYNCHRONIZE, FALSE, "conformance timer")) != NULL);
    CALL("set", SetWaitableTimer(second, &due, 0, NULL, NULL, FALSE));
    CALL("cancel", CancelWaitableTimer(second));
    CloseHandle(second);
    CloseHandle(first);
    CALL("open what is gone", OpenWaitableTimerA(SYNCHRONIZE, FALSE, "conformance timer") != NULL);
    CALL("open NULL", OpenWaitableTimerA(SYNCHRONIZE, FALSE, NULL) != NULL);
    CALL("CreateWaitableTimerEx", (first = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS)) != NULL);
    CloseHandle(first);
    CALL("CreateWaitableTimerExA", (first = CreateWaitableTimerExA(NULL, "conformance ex", 0, TIMER_ALL_ACCESS)) != NULL);
    CloseHandle(first);
}

static void becoming_due(void)
{
    HANDLE once = CreateWaitableTimerA(NULL, FALSE, NULL), stays = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in(40);
    ULONGLONG start = GetTickCount64();
    TRY(SetWaitableTimer(once, &due, 0, NULL, NULL, FALSE));
    RESULT("too early", WaitForSingleObject(once, 0));
    RESULT("due", WaitForSingleObject(once, 5000));
    RESULT("not too early", GetTickCount64() - start >= 30);
    RESULT("once", WaitForSingleObject(once, 60));
    due = in(0);
    TRY(SetWaitableTimer(stays, &due, 0, NULL, NULL, FALSE));
    RESULT("at once", WaitForSingleObject(stays, 5000));
    RESULT("stays", WaitForSingleObject(stays, 0));
    TRY(CancelWaitableTimer(stays));
    RESULT("stays", WaitForSingleObject(stays, 0));
    due = in(60000);
    TRY(SetWaitableTimer(stays, &due, 0, NULL, NULL, FALSE));
    RESULT("until it is set", WaitForSingleObject(stays, 0));
    due = at(30);
    TRY(SetWaitableTimer(stays, &due, 0, NULL, NULL, FALSE));
    RESULT("at a time: too early", WaitForSingleObject(stays, 0));
    RESULT("at a time", WaitForSingleObject(stays, 5000));
    due = at(-1000);
    TRY(SetWaitableTimer(once, &due, 0, NULL, NULL, FALSE));
    RESULT("in the past", WaitForSingleObject(once, 5000));
    due = in(10);
    TRY(SetWaitableTimer(once, &due, 20, NULL, NULL, FALSE));
    for (int i = 0; i < 3; i++)
        RESULT("each period", WaitForSingleObject(once, 5000));
    TRY(CancelWaitableTimer(once));
    RESULT("cancelled", WaitForSingleObject(once, 60));
    HANDLE both[2] = {once, stays};
    due = in(20);
    SetWaitableTimer(once, &due, 0, NULL, NULL, FALSE);
    RESULT("all", WaitForMultipleObjects(2, both, TRUE, 5000));
    RESULT("took one", WaitForSingleObject(once, 0));
    RESULT("took none", WaitForSingleObject(stays, 0));
    SetWaitableTimer(once, &due, 0, NULL, NULL, FALSE);
    due = in(60000);
    SetWaitableTimer(stays, &due, 0, NULL, NULL, FALSE);
    RESULT("any", WaitForMultipleObjects(2, both, FALSE, 5000));
    CloseHandle(once);
    CloseHandle(stays);
}

static HANDLE timer;
static int calls;
static ULONGLONG reported;

static VOID CALLBACK routine(LPVOID argument, DWORD low, DWORD high)
{
    calls++;
    reported = (ULONGLONG)high << 32 | low;
    if (argument != &calls)
        printf("a wrong argument\n");
}

static void routines(void)
{
    timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in(10);
    TRY(SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE));
    RESULT("not alertable", WaitForSingleObject(timer, 5000));
    RESULT("calls", calls);
    RESULT("alertable", SleepEx(1000, TRUE));
    RESULT("calls", calls);
    LARGE_INTEGER now = at(0);
    BOOL recent = reported <= (ULONGLONG)now.QuadPart && reported + 600000000 > (ULONGLONG)now.QuadPart;
    DOCUMENTED("the time", recent, TRUE, "Wine reports another");
    RESULT("no more", SleepEx(20, TRUE));
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    due = in(20);
    SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE);
    RESULT("interrupts a wait", WaitForSingleObjectEx(event, 5000, TRUE));
    RESULT("calls", calls);
    SetWaitableTimer(timer, &due, 0, routine, &calls, FALSE);
    RESULT("cancelled", CancelWaitableTimer(timer));
    RESULT("does not", WaitForSingleObjectEx(event, 60, TRUE));
    RESULT("calls", calls);
    SetWaitableTimer(timer, &due, 20, routine, &calls, FALSE);
    for (int i = 0; i < 3; i++)
        DOCUMENTED("each period", SleepEx(500, TRUE), WAIT_IO_COMPLETION, "Wine calls once");
    DOCUMENTED("calls", calls, 5, "Wine calls once");
    CloseHandle(timer);
    CloseHandle(event);
}

static void wrong_arguments(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    LARGE_INTEGER due = in(1);
    TRY(SetWaitableTimer(NULL, &due, 0, NULL, NULL, FALSE));
    TRY(SetWaitableTimer(event, &due, 0, NULL, NULL, FALSE));
    TRY(CancelWaitableTimer(NULL));
    TRY(CancelWaitableTimer(event));
    timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    DOCUMENTED_CALL("Wine takes a negative period", 0, ERROR_INVALID_PARAMETER, SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE));
    TRY(SetEvent(timer));
    CloseHandle(timer);
    CloseHandle(event);
}

int main(void)
{
    creating();
    becoming_due();
    routines();
    wrong_arguments();
    return 0;
}
