/* Waits of several threads: abandoned mutexes, threads among the objects, calls that interrupt. */

#include "conformance.h"

static HANDLE mutex, other, event, semaphore, ready;

static DWORD WINAPI abandons(LPVOID unused)
{
    (void)unused;
    WaitForSingleObject(mutex, INFINITE);
    WaitForSingleObject(mutex, INFINITE);
    WaitForSingleObject(other, INFINITE);
    return 0;
}

static DWORD WINAPI takes_all(LPVOID unused)
{
    HANDLE all[3] = {mutex, event, semaphore};

    (void)unused;
    SetEvent(ready);
    DWORD waited = WaitForMultipleObjects(3, all, TRUE, 10000);
    ReleaseMutex(mutex);
    return waited;
}

static DWORD WINAPI waits(LPVOID object)
{
    SetEvent(ready);
    return WaitForSingleObject(object, 10000);
}

static DWORD WINAPI answers(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        WaitForSingleObject(event, INFINITE);
        SetEvent(ready);
    }
    return 0;
}

static DWORD WINAPI waits_alertably(LPVOID unused)
{
    HANDLE both[2] = {event, semaphore};

    (void)unused;
    SetEvent(ready);
    DWORD waited = WaitForMultipleObjectsEx(2, both, FALSE, 10000, TRUE);
    if (waited == WAIT_IO_COMPLETION)
        waited = WaitForSingleObjectEx(event, 10000, TRUE) << 8 | 1;
    return waited;
}

static VOID CALLBACK called(ULONG_PTR argument)
{
    if (argument == 2)
        SetEvent(event);
    /* Two threads would print in any order. */
    if (argument > 2) {
        printf("called with %u\n", (unsigned)argument);
        fflush(stdout);
    }
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LPVOID argument)
{
    DWORD id;

    return CreateThread(NULL, 0, routine, argument, 0, &id);
}

static DWORD end(HANDLE thread)
{
    DWORD code = 0xdead;

    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void abandoned(void)
{
    end(start(abandons, NULL));
    RESULT("abandoned", WaitForSingleObject(mutex, 0));
    RESULT("told once", WaitForSingleObject(mutex, 0));
    CALL("release", ReleaseMutex(mutex));
    CALL("release", ReleaseMutex(mutex));
    CALL("owned no more", ReleaseMutex(mutex));
    HANDLE any[2] = {event, other};
    RESULT("the second of two", WaitForMultipleObjects(2, any, FALSE, 0));
    CALL("release", ReleaseMutex(other));
    end(start(abandons, NULL));
    any[0] = mutex;
    RESULT("all", WaitForMultipleObjects(2, any, TRUE, 0));
    CALL("release", ReleaseMutex(mutex));
    CALL("release", ReleaseMutex(other));
    HANDLE thread = start(abandons, NULL);
    HANDLE three[3] = {event, thread, mutex};
    DWORD first = WaitForMultipleObjects(1, &thread, FALSE, INFINITE);
    RESULT("the thread has ended", first);
    RESULT("is signalled before the mutex", WaitForMultipleObjects(3, three, FALSE, INFINITE));
    RESULT("stays so", WaitForSingleObject(thread, 0));
    CloseHandle(thread);
    WaitForSingleObject(mutex, 0);
    WaitForSingleObject(other, 0);
    ReleaseMutex(mutex);
    ReleaseMutex(other);
}

static void together(void)
{
    HANDLE thread = start(takes_all, NULL);

    WaitForSingleObject(ready, INFINITE);
    SetEvent(event);
    RESULT("not yet", WaitForSingleObject(thread, 30));
    RESULT("the event is still there", WaitForSingleObject(event, 0));
    SetEvent(event);
    ReleaseSemaphore(semaphore, 1, NULL);
    RESULT("all", end(thread));
    RESULT("took the event", WaitForSingleObject(event, 0));
    RESULT("took the semaphore", WaitForSingleObject(semaphore, 0));

    HANDLE threads[4];
    for (int i = 0; i < 4; i++) {
        threads[i] = start(waits, semaphore);
        WaitForSingleObject(ready, INFINITE);
    }
    ReleaseSemaphore(semaphore, 4, NULL);
    RESULT("each got one", WaitForMultipleObjects(4, threads, TRUE, 10000));
    for (int i = 0; i < 4; i++)
        RESULT("waited", end(threads[i]));

    thread = start(answers, NULL);
    DWORD waited = 0;
    for (int i = 0; i < 1000; i++)
        waited |= SignalObjectAndWait(event, ready, 10000, FALSE);
    RESULT("a thousand turns", waited);
    end(thread);
}

static void interrupted(void)
{
    HANDLE thread = start(waits_alertably, NULL);

    WaitForSingleObject(ready, INFINITE);
    CALL("queue", QueueUserAPC(called, thread, 1));
    Sleep(50);
    CALL("queue", QueueUserAPC(called, thread, 2));
    DWORD code = end(thread);
    RESULT("the first ends the wait", code & 0xff);
    RESULT("the second, which sets the event", code >> 8);
    ResetEvent(event);
    CALL("to itself", QueueUserAPC(called, GetCurrentThread(), 3));
    RESULT("not alertable", WaitForSingleObject(event, 0));
    RESULT("alertable, with no time", WaitForSingleObjectEx(event, 0, TRUE));
    RESULT("no more", WaitForSingleObjectEx(event, 0, TRUE));
    QueueUserAPC(called, GetCurrentThread(), 4);
    QueueUserAPC(called, GetCurrentThread(), 5);
    SetEvent(event);
    RESULT("what is signalled comes first", WaitForSingleObjectEx(event, 1000, TRUE));
    RESULT("then both", SleepEx(1000, TRUE));
    QueueUserAPC(called, GetCurrentThread(), 6);
    HANDLE all[2] = {event, semaphore};
    RESULT("all, alertable", WaitForMultipleObjectsEx(2, all, TRUE, 1000, TRUE));
    QueueUserAPC(called, GetCurrentThread(), 7);
    RESULT("signal, and wait alertably", SignalObjectAndWait(ready, event, 1000, TRUE));
    ResetEvent(ready);
}

int main(void)
{
    mutex = CreateMutexA(NULL, FALSE, NULL);
    other = CreateMutexA(NULL, FALSE, NULL);
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    abandoned();
    together();
    interrupted();
    return 0;
}
