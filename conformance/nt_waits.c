/* ntdll's calls of mutants, events, semaphores, timers and waits, found as programs find them. */

#include "conformance.h"

typedef struct {
    USHORT length, maximum;
    WCHAR *text;
} Name;

typedef struct {
    ULONG length;
    HANDLE root;
    Name *name;
    ULONG attributes;
    void *descriptor, *quality;
} Attributes;

#define OPENIF 0x80u
#define INSENSITIVE 0x40u

static LONG(WINAPI *create_mutant)(HANDLE *, ULONG, Attributes *, BOOLEAN);
static LONG(WINAPI *open_mutant)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *release_mutant)(HANDLE, LONG *);
static LONG(WINAPI *query_mutant)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *create_event)(HANDLE *, ULONG, Attributes *, int, BOOLEAN);
static LONG(WINAPI *open_event)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *set_event)(HANDLE, LONG *);
static LONG(WINAPI *reset_event)(HANDLE, LONG *);
static LONG(WINAPI *clear_event)(HANDLE);
static LONG(WINAPI *pulse_event)(HANDLE, LONG *);
static LONG(WINAPI *query_event)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *create_semaphore)(HANDLE *, ULONG, Attributes *, LONG, LONG);
static LONG(WINAPI *open_semaphore)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *release_semaphore)(HANDLE, LONG, LONG *);
static LONG(WINAPI *query_semaphore)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *create_timer)(HANDLE *, ULONG, Attributes *, int);
static LONG(WINAPI *open_timer)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *set_timer)(HANDLE, LONGLONG *, void *, void *, BOOLEAN, LONG, BOOLEAN *);
static LONG(WINAPI *cancel_timer)(HANDLE, BOOLEAN *);
static LONG(WINAPI *query_timer)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *wait_one)(HANDLE, BOOLEAN, LONGLONG *);
static LONG(WINAPI *wait_many)(ULONG, HANDLE *, int, BOOLEAN, LONGLONG *);
static LONG(WINAPI *signal_and_wait)(HANDLE, HANDLE, BOOLEAN, LONGLONG *);
static LONG(WINAPI *delay)(BOOLEAN, LONGLONG *);
static LONG(WINAPI *close_handle)(HANDLE);

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

static Attributes *named(const WCHAR *text, ULONG flags)
{
    static Name name;
    static Attributes attributes;

    name.length = (USHORT)(wcslen(text) * sizeof(WCHAR));
    name.maximum = (USHORT)(name.length + sizeof(WCHAR));
    name.text = (WCHAR *)text;
    memset(&attributes, 0, sizeof attributes);
    attributes.length = sizeof attributes;
    attributes.name = &name;
    attributes.attributes = flags;
    return &attributes;
}

static const WCHAR path[] = L"\\BaseNamedObjects\\conformance nt";

static void mutants(void)
{
    HANDLE mutant, other, first;
    LONG previous = 77;
    struct {
        LONG count;
        BOOLEAN owned, abandoned;
    } information;
    ULONG length = 0;

    STATUS("create", create_mutant(&mutant, MUTEX_ALL_ACCESS, named(path, 0), TRUE));
    STATUS("create again", create_mutant(&other, MUTEX_ALL_ACCESS, named(path, 0), TRUE));
    RESULT("no handle", (ULONG_PTR)other);
    STATUS("create or open", create_mutant(&other, MUTEX_ALL_ACCESS, named(path, OPENIF), TRUE));
    close_handle(other);
    STATUS("open", open_mutant(&other, SYNCHRONIZE, named(path, 0)));
    STATUS("query without the right", query_mutant(other, 0, &information, sizeof information, NULL));
    STATUS("query", query_mutant(mutant, 0, &information, sizeof information, &length));
    printf("count %d, owned %d, abandoned %d, length %u\n", (int)information.count, information.owned,
           information.abandoned, (unsigned)length);
    LONGLONG none = 0;
    STATUS("wait", wait_one(other, FALSE, &none));
    STATUS("query", query_mutant(mutant, 0, &information, sizeof information, NULL));
    printf("count %d, owned %d\n", (int)information.count, information.owned);
    STATUS("release", release_mutant(other, &previous));
    RESULT("previous", previous);
    STATUS("release", release_mutant(mutant, &previous));
    RESULT("previous", previous);
    STATUS("release", release_mutant(mutant, &previous));
    STATUS("query", query_mutant(mutant, 0, &information, sizeof information, NULL));
    printf("count %d, owned %d\n", (int)information.count, information.owned);
    STATUS("query too much", query_mutant(mutant, 0, &information, sizeof information + 1, NULL));
    STATUS("query an unknown class", query_mutant(mutant, 9, &information, sizeof information, NULL));
    first = mutant;
    STATUS("an event of that name", create_event(&mutant, EVENT_ALL_ACCESS, named(path, OPENIF), 0, FALSE));
    STATUS("open an event of that name", open_event(&mutant, EVENT_ALL_ACCESS, named(path, 0)));
    STATUS("create an event of that name", create_event(&mutant, EVENT_ALL_ACCESS, named(path, 0), 0, FALSE));
    STATUS("release nothing", release_mutant(NULL, NULL));
    close_handle(first);
    close_handle(other);
    STATUS("open", open_mutant(&other, SYNCHRONIZE, named(L"\\BaseNamedObjects\\conformance none", 0)));
    STATUS("open no name", open_mutant(&other, SYNCHRONIZE, NULL));
}

static void events(void)
{
    HANDLE event, other;
    LONG previous = 77;
    struct {
        LONG type, state;
    } information;

    STATUS("create", create_event(&event, EVENT_ALL_ACCESS, named(path, 0), 0, FALSE));
    STATUS("open", open_event(&other, EVENT_MODIFY_STATE, named(path, INSENSITIVE)));
    STATUS("set", set_event(other, &previous));
    RESULT("previous", previous);
    STATUS("set", set_event(other, &previous));
    RESULT("previous", previous);
    STATUS("query", query_event(event, 0, &information, sizeof information, NULL));
    printf("type %d, state %d\n", (int)information.type, (int)information.state);
    STATUS("query without the right", query_event(other, 0, &information, sizeof information, NULL));
    STATUS("wait without the right", wait_one(other, FALSE, NULL));
    STATUS("reset", reset_event(other, &previous));
    RESULT("previous", previous);
    STATUS("clear", clear_event(other));
    STATUS("pulse", pulse_event(other, &previous));
    RESULT("previous", previous);
    STATUS("query too little", query_event(event, 0, &information, 1, NULL));
    close_handle(other);
    close_handle(event);
    STATUS("of no type", create_event(&event, EVENT_ALL_ACCESS, NULL, 2, FALSE));
    STATUS("without a name", create_event(&event, EVENT_ALL_ACCESS, NULL, 1, TRUE));
    STATUS("query", query_event(event, 0, &information, sizeof information, NULL));
    printf("type %d, state %d\n", (int)information.type, (int)information.state);
    STATUS("wait", wait_one(event, FALSE, NULL));
    LONGLONG soon = -100000;
    STATUS("wait", wait_one(event, FALSE, &soon));
    STATUS("set nothing", set_event(NULL, NULL));
    close_handle(event);
}

static void semaphores(void)
{
    HANDLE semaphore, other;
    LONG previous = 77;
    struct {
        LONG count, maximum;
    } information;

    STATUS("create", create_semaphore(&semaphore, SEMAPHORE_ALL_ACCESS, named(path, 0), 1, 3));
    STATUS("open", open_semaphore(&other, SEMAPHORE_MODIFY_STATE, named(path, 0)));
    STATUS("release", release_semaphore(other, 2, &previous));
    RESULT("previous", previous);
    STATUS("release", release_semaphore(other, 1, &previous));
    STATUS("query", query_semaphore(semaphore, 0, &information, sizeof information, NULL));
    printf("count %d, maximum %d\n", (int)information.count, (int)information.maximum);
    close_handle(other);
    close_handle(semaphore);
    STATUS("maximum 0", create_semaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 0));
    STATUS("initial above", create_semaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 1));
    STATUS("initial below", create_semaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, -1, 1));
}

static void timers(void)
{
    HANDLE timer, other;
    BOOLEAN previous = 77;
    LONGLONG due = -100000, later = -600000000;
    struct {
        LONGLONG remaining;
        BOOLEAN state;
    } information;

    STATUS("create", create_timer(&timer, TIMER_ALL_ACCESS, named(path, 0), 0));
    STATUS("open", open_timer(&other, TIMER_MODIFY_STATE | TIMER_QUERY_STATE, named(path, 0)));
    STATUS("set", set_timer(other, &later, NULL, NULL, FALSE, 0, &previous));
    RESULT("previous", previous);
    STATUS("query", query_timer(other, 0, &information, sizeof information, NULL));
    RESULT("remaining", information.remaining > 500000000 && information.remaining <= 600000000);
    RESULT("state", information.state);
    STATUS("set", set_timer(timer, &due, NULL, NULL, FALSE, 0, &previous));
    STATUS("wait", wait_one(timer, FALSE, NULL));
    STATUS("query", query_timer(other, 0, &information, sizeof information, NULL));
    RESULT("state", information.state);
    STATUS("set", set_timer(timer, &later, NULL, NULL, FALSE, 0, &previous));
    RESULT("previous", previous);
    STATUS("cancel", cancel_timer(timer, &previous));
    RESULT("state", previous);
    close_handle(other);
    close_handle(timer);
    STATUS("of no type", create_timer(&timer, TIMER_ALL_ACCESS, NULL, 2));
}

static void waits(void)
{
    HANDLE event, mutant, both[65];
    LONGLONG none = 0, soon = -100000, past = 1;

    create_event(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    create_mutant(&mutant, MUTEX_ALL_ACCESS, NULL, FALSE);
    for (int i = 0; i < 65; i++)
        both[i] = event;
    both[1] = mutant;
    STATUS("any", wait_many(2, both, 1, FALSE, &none));
    STATUS("all", wait_many(2, both, 0, FALSE, &soon));
    STATUS("none", wait_many(0, both, 1, FALSE, &none));
    STATUS("too many", wait_many(65, both, 1, FALSE, &none));
    STATUS("until a time that is past", wait_one(event, FALSE, &past));
    STATUS("release", release_mutant(mutant, NULL));
    STATUS("signal and wait", signal_and_wait(event, event, FALSE, &none));
    STATUS("signal a mutant that is not owned", signal_and_wait(mutant, event, FALSE, &none));
    STATUS("delay", delay(FALSE, &soon));
    DOCUMENTED("delay, alertable", delay(TRUE, &soon), 0, "Wine says that the time is up");
    STATUS("wait for nothing", wait_one(NULL, FALSE, &none));
    both[1] = NULL;
    STATUS("wait for nothing among others", wait_many(2, both, 1, FALSE, &none));
    close_handle(event);
    close_handle(mutant);
}

int main(void)
{
    find(&create_mutant, "NtCreateMutant");
    find(&open_mutant, "NtOpenMutant");
    find(&release_mutant, "NtReleaseMutant");
    find(&query_mutant, "NtQueryMutant");
    find(&create_event, "NtCreateEvent");
    find(&open_event, "NtOpenEvent");
    find(&set_event, "NtSetEvent");
    find(&reset_event, "NtResetEvent");
    find(&clear_event, "NtClearEvent");
    find(&pulse_event, "NtPulseEvent");
    find(&query_event, "NtQueryEvent");
    find(&create_semaphore, "NtCreateSemaphore");
    find(&open_semaphore, "NtOpenSemaphore");
    find(&release_semaphore, "NtReleaseSemaphore");
    find(&query_semaphore, "ZwQuerySemaphore");
    find(&create_timer, "NtCreateTimer");
    find(&open_timer, "NtOpenTimer");
    find(&set_timer, "NtSetTimer");
    find(&cancel_timer, "NtCancelTimer");
    find(&query_timer, "NtQueryTimer");
    find(&wait_one, "NtWaitForSingleObject");
    find(&wait_many, "NtWaitForMultipleObjects");
    find(&signal_and_wait, "NtSignalAndWaitForSingleObject");
    find(&delay, "NtDelayExecution");
    find(&close_handle, "NtClose");
    mutants();
    events();
    semaphores();
    timers();
    waits();
    return 0;
}
