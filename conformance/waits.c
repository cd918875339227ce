/* Waiting for one object and for several. */
#include "conformance.h"

#define WAIT(label, ...)                                                                           \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        DWORD waited_ = (__VA_ARGS__);                                                             \
        DWORD error_ = GetLastError();                                                             \
        printf("%s: 0x%x, %s\n", label, (unsigned)waited_, error_name(error_));                    \
        fflush(stdout);                                                                            \
    } while (0)

static void one(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL);
    WAIT("signalled", WaitForSingleObject(event, INFINITE));
    WAIT("not signalled", WaitForSingleObject(event, 0));
    ULONGLONG start = GetTickCount64();
    WAIT("for a while", WaitForSingleObject(event, 60));
    ULONGLONG waited = GetTickCount64() - start;
    RESULT("as long as that", waited >= 45 && waited < 5000);
    WAIT("alertable", WaitForSingleObjectEx(event, 10, TRUE));
    WAIT("NULL", WaitForSingleObject(NULL, 0));
    WAIT("no handle", WaitForSingleObject((HANDLE)0xdeadbee0, 0));
    WAIT("closed", (CloseHandle(event), WaitForSingleObject(event, 0)));
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    for (ULONG_PTR bits = 1; bits < 4; bits++)
        WAIT("low bits", WaitForSingleObject((HANDLE)((ULONG_PTR)event | bits), 0));
    WAIT("this process", WaitForSingleObject(GetCurrentProcess(), 0));
    WAIT("this thread", WaitForSingleObject(GetCurrentThread(), 0));
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, NULL);
    SetLastError(UNCHANGED);
    RESULT("a section", WaitForSingleObject(section, 0));
    CloseHandle(section);
    CloseHandle(event);
}

static void any(void)
{
    HANDLE events[MAXIMUM_WAIT_OBJECTS + 1];
    for (int i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    WAIT("none", WaitForMultipleObjects(64, events, FALSE, 0));
    WAIT("none for a while", WaitForMultipleObjects(64, events, FALSE, 20));
    for (int i = 63; i >= 0; i -= 21)
        SetEvent(events[i]);
    for (int i = 0; i < 5; i++)
        WAIT("the first comes first", WaitForMultipleObjects(64, events, FALSE, 0));
    WAIT("0 objects", WaitForMultipleObjects(0, events, FALSE, 0));
    WAIT("65 objects", WaitForMultipleObjects(65, events, FALSE, 0));
    SetEvent(events[0]);
    HANDLE some[3] = {events[0], (HANDLE)0xdeadbee0, events[1]};
    WAIT("one is wrong", WaitForMultipleObjects(3, some, FALSE, 0));
    some[1] = NULL;
    WAIT("one is NULL", WaitForMultipleObjects(3, some, FALSE, 0));
    WAIT("nothing was taken", WaitForSingleObject(events[0], 0));
    some[0] = GetCurrentProcess();
    DOCUMENTED("the process", WaitForMultipleObjects(1, some, FALSE, 0), WAIT_FAILED, "Wine takes it");
    some[0] = GetCurrentThread();
    DOCUMENTED("the thread", WaitForMultipleObjects(1, some, FALSE, 0), WAIT_FAILED, "Wine takes it");
    some[0] = events[0];
    SetEvent(events[0]);
    some[1] = events[0];
    WAIT("one twice", WaitForMultipleObjects(2, some, FALSE, 0));
    WAIT("is taken once", WaitForMultipleObjects(2, some, FALSE, 0));
    for (int i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        CloseHandle(events[i]);
}

static void all(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL), manual = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL), semaphore = CreateSemaphoreA(NULL, 0, 3, NULL);
    HANDLE objects[4] = {event, manual, mutex, semaphore};
    WAIT("all but one", WaitForMultipleObjects(4, objects, TRUE, 0));
    WAIT("for a while", WaitForMultipleObjects(4, objects, TRUE, 20));
    CALL("took nothing", ReleaseMutex(mutex));
    ReleaseSemaphore(semaphore, 2, NULL);
    WAIT("all", WaitForMultipleObjects(4, objects, TRUE, 0));
    WAIT("not again", WaitForMultipleObjects(4, objects, TRUE, 0));
    WAIT("event", WaitForSingleObject(event, 0));
    WAIT("manual", WaitForSingleObject(manual, 0));
    WAIT("semaphore", WaitForSingleObject(semaphore, 0));
    WAIT("semaphore", WaitForSingleObject(semaphore, 0));
    SetEvent(event);
    ReleaseSemaphore(semaphore, 1, NULL);
    WAIT("all, and the mutex once more", WaitForMultipleObjects(4, objects, TRUE, INFINITE));
    CALL("release", ReleaseMutex(mutex));
    CALL("release", ReleaseMutex(mutex));
    CALL("release", ReleaseMutex(mutex));
    HANDLE twice[2] = {manual, manual};
    SetLastError(UNCHANGED);
    DWORD waited = WaitForMultipleObjects(2, twice, TRUE, 0);
    DWORD error = GetLastError();
    DOCUMENTED("one twice", waited, WAIT_FAILED, "Wine just waits");
    DOCUMENTED("error", error, ERROR_INVALID_PARAMETER, "Wine just waits");
    WAIT("one", WaitForMultipleObjects(1, &manual, TRUE, 0));
    CloseHandle(event);
    CloseHandle(manual);
    CloseHandle(mutex);
    CloseHandle(semaphore);
}

static void mixed(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE scarce = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due;
    due.QuadPart = -200000;
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    HANDLE objects[3] = {event, timer, mutex};
    WAIT("the mutex is one's own", WaitForMultipleObjects(3, objects, FALSE, INFINITE));
    objects[2] = event;
    WAIT("the timer", WaitForMultipleObjects(3, objects, FALSE, 5000));
    SetEvent(event);
    WAIT("the event", WaitForMultipleObjects(3, objects, FALSE, 5000));
    if (!on_wine())
        WaitForSingleObject(scarce, 0);
    CloseHandle(scarce);
    CloseHandle(event);
    CloseHandle(mutex);
    CloseHandle(timer);
}

static void signal_and_wait(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), other = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    WAIT("an event for itself", SignalObjectAndWait(event, event, 0, FALSE));
    WAIT("is taken", WaitForSingleObject(event, 0));
    WAIT("an event for another", SignalObjectAndWait(event, other, 0, FALSE));
    WAIT("is set", WaitForSingleObject(event, 0));
    SetEvent(other);
    WAIT("a mutex for an event", SignalObjectAndWait(mutex, other, 0, FALSE));
    WAIT("a mutex that is not owned", SignalObjectAndWait(mutex, other, 0, FALSE));
    WAIT("a semaphore for itself", SignalObjectAndWait(semaphore, semaphore, INFINITE, FALSE));
    ReleaseSemaphore(semaphore, 1, NULL);
    WAIT("a full semaphore", SignalObjectAndWait(semaphore, event, 0, FALSE));
    WAIT("NULL first", SignalObjectAndWait(NULL, event, 0, FALSE));
    WAIT("NULL second", SignalObjectAndWait(event, NULL, 0, FALSE));
    WAIT("a timer first", SignalObjectAndWait(timer, event, 0, FALSE));
    WAIT("alertable", SignalObjectAndWait(event, other, 10, TRUE));
    CloseHandle(event);
    CloseHandle(other);
    CloseHandle(mutex);
    CloseHandle(semaphore);
    CloseHandle(timer);
}

int main(void)
{
    one();
    any();
    all();
    mixed();
    signal_and_wait();
    return 0;
}
