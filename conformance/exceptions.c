/* Exceptions: who is asked in which order, what they are told, and how a thread goes on. */

#include "conformance.h"

static char *arena;
static int pages_committed;
static char order[32];
static int order_length;

static void note(char letter)
{
    if (order_length < (int)sizeof order - 1)
        order[order_length++] = letter;
}

static void report_order(const char *label)
{
    order[order_length] = 0;
    printf("%s: %s\n", label, order);
    order_length = 0;
}

static LONG CALLBACK first(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('1');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK second(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('2');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK last(EXCEPTION_POINTERS *pointers)
{
    note('L');
    if (pointers->ExceptionRecord->ExceptionCode == 0xE0001234) {
        const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
        printf("  raised %08lX with %lu:", (unsigned long)record->ExceptionCode,
               (unsigned long)record->NumberParameters);
        for (DWORD i = 0; i < record->NumberParameters; i++)
            printf(" %llu", (unsigned long long)record->ExceptionInformation[i]);
        printf(", chained %d, flags %lu\n", record->ExceptionRecord != NULL,
               (unsigned long)record->ExceptionFlags);
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK commit_on_demand(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != STATUS_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    char *address = (char *)record->ExceptionInformation[1];
    if (address < arena || address >= arena + 0x100000)
        return EXCEPTION_CONTINUE_SEARCH;
    if (!VirtualAlloc(address, 1, MEM_COMMIT, PAGE_READWRITE))
        return EXCEPTION_CONTINUE_SEARCH;
    pages_committed++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static volatile int skipped;

/* Skips the faulting instruction by giving the thread the address of a recovery point. */
static LONG CALLBACK recover(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != STATUS_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("  attempt %llu, parameters %lu, record and context agree: %d\n",
           (unsigned long long)record->ExceptionInformation[0],
           (unsigned long)record->NumberParameters,
           (DWORD64)(ULONG_PTR)record->ExceptionAddress == pointers->ContextRecord->Rip);
    /* The faulting functions below keep the address to go on at in rdx and expect a mark in rcx. */
    pointers->ContextRecord->Rip = pointers->ContextRecord->Rdx;
    pointers->ContextRecord->Rcx = 0x1234567890ABCDEFull;
    skipped++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static unsigned long long read_fault(void *address)
{
    unsigned long long mark = 1;
    __asm__ volatile("lea 1f(%%rip), %%rdx\n\tmov (%1), %%al\n1:"
                     : "+c"(mark) : "r"(address) : "rax", "rdx", "memory");
    return mark;
}

static unsigned long long write_fault(void *address)
{
    unsigned long long mark = 1;
    __asm__ volatile("lea 1f(%%rip), %%rdx\n\tmovb $1, (%1)\n1:"
                     : "+c"(mark) : "r"(address) : "rax", "rdx", "memory");
    return mark;
}

int main(void)
{
    printf("order\n");
    PVOID handle_last = AddVectoredExceptionHandler(0, last);
    PVOID handle_second = AddVectoredExceptionHandler(1, second);
    PVOID handle_first = AddVectoredExceptionHandler(1, first);
    ULONG_PTR arguments[20];
    for (int i = 0; i < 20; i++)
        arguments[i] = i * 11;
    RaiseException(0xE0001234, 0, 3, arguments);
    report_order("asked");
    RaiseException(0xE0001234, 0, 0, NULL);
    report_order("asked");
    RaiseException(0xE0001234, 0, 20, arguments);
    report_order("asked");
    RaiseException(0xE0001234, 0, 1, NULL);
    report_order("asked without a list");
    RESULT("removed", RemoveVectoredExceptionHandler(handle_first) != 0);
    RaiseException(0xE0001234, 0, 1, arguments);
    report_order("asked");
    PVOID again = AddVectoredExceptionHandler(1, first);
    RaiseException(0xE0001234, 0, 1, arguments);
    report_order("asked");
    RemoveVectoredExceptionHandler(again);
    RemoveVectoredExceptionHandler(handle_second);
    RemoveVectoredExceptionHandler(handle_last);
    RESULT("nonsense removed", RemoveVectoredExceptionHandler(order) != 0);

    printf("commit on demand\n");
    arena = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_READWRITE);
    PVOID demand = AddVectoredExceptionHandler(1, commit_on_demand);
    unsigned sum = 0;
    for (int i = 0; i < 0x100000; i += 0x2800)
        arena[i] = (char)i;
    for (int i = 0; i < 0x100000; i += 0x2800)
        sum += (unsigned char)arena[i];
    RESULT("pages", pages_committed);
    RESULT("sum", sum);
    describe_range("arena", arena, 0x8000);
    /* Across a page boundary: the second page faults in the middle of the write. */
    memset(arena + 0x3F00, 5, 0x200);
    RESULT("pages", pages_committed);
    RESULT("contents", arena[0x40FF]);
    RemoveVectoredExceptionHandler(demand);

    printf("registers\n");
    PVOID recovering = AddVectoredExceptionHandler(1, recover);
    printf("read: %llX\n", read_fault(arena + 0x1000));
    printf("write: %llX\n", write_fault(arena + 0x1000));
    printf("null: %llX\n", write_fault(NULL));
    DWORD old;
    VirtualProtect(arena, 0x1000, PAGE_READONLY, &old);
    printf("read-only: %llX\n", write_fault(arena));
    printf("read of read-only: %llX\n", read_fault(arena));
    VirtualProtect(arena, 0x1000, PAGE_NOACCESS, &old);
    printf("no access: %llX\n", read_fault(arena));
    VirtualFree(arena, 0, MEM_RELEASE);
    printf("freed: %llX\n", read_fault(arena));
    RESULT("skipped", skipped);
    RemoveVectoredExceptionHandler(recovering);

    printf("filter\n");
    SetUnhandledExceptionFilter(NULL);
    RESULT("none before", SetUnhandledExceptionFilter(recover) == NULL);
    RESULT("mine before", SetUnhandledExceptionFilter(recover) == recover);
    return 0;
}
