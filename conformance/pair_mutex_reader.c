/* The other of two processes: it takes the writer's mutex and ends. */
#include "conformance.h"

int main(void)
{
    HANDLE mutex, event, semaphore;
    CALL("open the mutex", (mutex = OpenMutexA(SYNCHRONIZE, FALSE, "conformance pair mutex")) != NULL);
    CALL("open the event", (event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "conformance pair event")) != NULL);
    CALL("open the semaphore", (semaphore = OpenSemaphoreA(SYNCHRONIZE, FALSE, "conformance pair semaphore")) != NULL);
    if (mutex == NULL)
        return 0;
    RESULT("take the mutex", WaitForSingleObject(mutex, 0));
    RESULT("take it again", WaitForSingleObject(mutex, 0));
    RESULT("take one of the semaphore", WaitForSingleObject(semaphore, 0));
    TRY(SetEvent(event));
    return 0;
}
