/* Keyed events: a waiter and a releaser meet at a key. */

#include "conformance.h"

static LONG(WINAPI *create)(HANDLE *, ULONG, void *, ULONG);
static LONG(WINAPI *wait_for)(HANDLE, void *, BOOLEAN, LONGLONG *);
static LONG(WINAPI *release)(HANDLE, void *, BOOLEAN, LONGLONG *);
static LONG(WINAPI *close_handle)(HANDLE);

#define KEYEDEVENT_ALL_ACCESS 0xf0003u
#define STATUS(label, ...)                                                                         \
    do {                                                                                           \
        printf("%s: %08x\n", label, (unsigned)(__VA_ARGS__));                                      \
        fflush(stdout);                                                                            \
    } while (0)

static void find(void *place, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);

    if (!found)
        printf("%s: missing\n", name);
    memcpy(place, &found, sizeof found);
}

int main(void)
{
    HANDLE event, limited, other;
    LONGLONG none = 0, soon = -100000;

    find(&create, "NtCreateKeyedEvent");
    find(&wait_for, "NtWaitForKeyedEvent");
    find(&release, "NtReleaseKeyedEvent");
    find(&close_handle, "NtClose");
    STATUS("create", create(&event, KEYEDEVENT_ALL_ACCESS, NULL, 0));
    STATUS("wait", wait_for(event, (void *)8, FALSE, &none));
    STATUS("wait for a while", wait_for(event, (void *)8, FALSE, &soon));
    STATUS("wait alertably", wait_for(event, (void *)8, TRUE, &soon));
    STATUS("release", release(event, (void *)8, FALSE, &none));
    STATUS("release for a while", release(event, (void *)8, FALSE, &soon));
    STATUS("an odd key", wait_for(event, (void *)9, FALSE, &none));
    STATUS("an odd key", release(event, (void *)9, FALSE, &none));
    STATUS("the event of every process", wait_for(NULL, (void *)8, FALSE, &none));
    STATUS("create one that can only be waited for", create(&limited, 1, NULL, 0));
    STATUS("wait", wait_for(limited, (void *)8, FALSE, &none));
    STATUS("release", release(limited, (void *)8, FALSE, &none));
    other = CreateEventA(NULL, TRUE, TRUE, NULL);
    STATUS("an event that is not keyed", wait_for(other, (void *)8, FALSE, &none));
    STATUS("no handle", wait_for((HANDLE)0xdeadbee0, (void *)8, FALSE, &none));
    CloseHandle(other);
    close_handle(limited);
    close_handle(event);
    return 0;
}
