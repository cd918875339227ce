/* Who waits when an event is signalled is released by that, whatever becomes of the event next. */

#include "conformance.h"

#define WAITERS 2
#define ROUNDS 3

static HANDLE event, stop, ready, done;
static volatile LONG released;

static DWORD WINAPI waits_for_one(LPVOID unused)
{
    (void)unused;
    for (;;) {
        ReleaseSemaphore(ready, 1, NULL);
        if (WaitForSingleObject(event, 10000) != WAIT_OBJECT_0 || WaitForSingleObject(stop, 0) == WAIT_OBJECT_0)
            return 0;
        InterlockedIncrement(&released);
        WaitForSingleObject(done, 10000);
    }
}

static DWORD WINAPI waits_for_any(LPVOID unused)
{
    HANDLE any[2] = {stop, event};

    (void)unused;
    for (;;) {
        ReleaseSemaphore(ready, 1, NULL);
        if (WaitForMultipleObjects(2, any, FALSE, 10000) != WAIT_OBJECT_0 + 1)
            return 0;
        InterlockedIncrement(&released);
        WaitForSingleObject(done, 10000);
    }
}

/* Waits until both threads are asleep: there is no call that says so. */
static void both_wait(void)
{
    for (int i = 0; i < WAITERS; i++)
        WaitForSingleObject(ready, 10000);
    Sleep(50);
}

static LONG released_after_a_while(LONG wanted)
{
    for (int i = 0; i < 100 && released < wanted; i++)
        Sleep(10);
    Sleep(5);
    return released;
}

/* Has the threads wait over and over, and says how many rounds went as Windows has them go. */
static void storm(const char *what, LPTHREAD_START_ROUTINE waits, BOOL manual, void (*signal)(void),
                  LONG wanted, BOOL signalled)
{
    HANDLE threads[WAITERS];
    int right = 0, left = 0;

    event = CreateEventA(NULL, manual, FALSE, NULL);
    stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    ready = CreateSemaphoreA(NULL, 0, 1000, NULL);
    done = CreateSemaphoreA(NULL, 0, 1000, NULL);
    for (int i = 0; i < WAITERS; i++)
        threads[i] = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        both_wait();
        released = 0;
        signal();
        right += released_after_a_while(wanted) == wanted;
        left += WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
        ResetEvent(event);
        /* The others go on, so that each round begins alike. */
        while (released < WAITERS) {
            LONG before = released;
            SetEvent(event);
            released_after_a_while(before + 1);
            ResetEvent(event);
        }
        ReleaseSemaphore(done, WAITERS, NULL);
    }
    both_wait();
    SetEvent(stop);
    SetEvent(event);
    Sleep(20);
    SetEvent(event);
    for (int i = 0; i < WAITERS; i++) {
        WaitForSingleObject(threads[i], 10000);
        CloseHandle(threads[i]);
    }
    printf("%s: released %s, then %s\n", what, right == ROUNDS ? "as many as were signalled" : "OTHERS",
           left == (signalled ? ROUNDS : 0) ? "as it should be" : "NOT AS IT SHOULD BE");
    CloseHandle(event);
    CloseHandle(stop);
    CloseHandle(ready);
    CloseHandle(done);
}

static void set_once(void)
{
    SetEvent(event);
}

static void set_twice(void)
{
    SetEvent(event);
    SetEvent(event);
}

static void set_three_times(void)
{
    SetEvent(event);
    SetEvent(event);
    SetEvent(event);
}

static void set_five_times(void)
{
    for (int i = 0; i < 5; i++)
        SetEvent(event);
}

static void set_and_reset(void)
{
    SetEvent(event);
    ResetEvent(event);
}

static void set_twice_and_reset(void)
{
    SetEvent(event);
    SetEvent(event);
    ResetEvent(event);
}

static void pulse(void)
{
    PulseEvent(event);
}

static void pulse_twice(void)
{
    PulseEvent(event);
    PulseEvent(event);
}

static void set_and_pulse(void)
{
    SetEvent(event);
    PulseEvent(event);
}

int main(void)
{
    static const struct {
        const char *what;
        LPTHREAD_START_ROUTINE waits;
    } ways[] = {{"alone", waits_for_one}, {"any", waits_for_any}};

    for (int way = 0; way < 2; way++) {
        LPTHREAD_START_ROUTINE waits = ways[way].waits;

        printf("-- %s\n", ways[way].what);
        storm("automatic, set once", waits, FALSE, set_once, 1, FALSE);
        storm("automatic, set twice", waits, FALSE, set_twice, 2, FALSE);
        storm("automatic, set three times", waits, FALSE, set_three_times, 2, TRUE);
        storm("automatic, set five times", waits, FALSE, set_five_times, 2, TRUE);
        storm("automatic, set and reset", waits, FALSE, set_and_reset, 1, FALSE);
        storm("automatic, set twice and reset", waits, FALSE, set_twice_and_reset, 2, FALSE);
        storm("automatic, pulsed", waits, FALSE, pulse, 1, FALSE);
        storm("automatic, pulsed twice", waits, FALSE, pulse_twice, 2, FALSE);
        storm("automatic, set and pulsed", waits, FALSE, set_and_pulse, 2, FALSE);
        storm("manual, set", waits, TRUE, set_once, 2, TRUE);
        storm("manual, set and reset", waits, TRUE, set_and_reset, 2, FALSE);
        storm("manual, pulsed", waits, TRUE, pulse, 2, FALSE);
        storm("manual, set and pulsed", waits, TRUE, set_and_pulse, 2, FALSE);
    }
    return 0;
}
