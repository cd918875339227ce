/* One of two processes: its mutex is taken by one that ends without releasing it. */
#include "conformance.h"

int main(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, "conformance pair mutex");
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "conformance pair event");
    HANDLE semaphore = CreateSemaphoreA(NULL, 2, 5, "conformance pair semaphore");
    printf("ready\n");
    fflush(stdout);
    getchar();
    RESULT("the reader has set the event", WaitForSingleObject(event, 5000));
    LONG previous = 0;
    CALL("release", ReleaseSemaphore(semaphore, 1, &previous));
    RESULT("the reader has taken one", previous);
    CALL("not the owner", ReleaseMutex(mutex));
    HANDLE both[2] = {event, mutex};
    RESULT("abandoned", WaitForMultipleObjects(2, both, FALSE, 5000));
    CALL("is owned", ReleaseMutex(mutex));
    RESULT("told once", WaitForSingleObject(mutex, 0));
    CALL("release", ReleaseMutex(mutex));
    return 0;
}
