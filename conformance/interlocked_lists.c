/* SLIST_HEADER: order, depth, chains, and threads that take and give back. */

#include "conformance.h"

typedef struct Item {
    SLIST_ENTRY entry;
    int number;
    volatile LONG holder;
} Item;

static SLIST_HEADER list;
static Item *items;

static int number(PSLIST_ENTRY entry) { return entry ? ((Item *)entry)->number : -1; }

#define ENTRY(label, call) printf("%s: %d, depth %d\n", label, number(call), QueryDepthSList(&list))

static volatile LONG twice;

static DWORD WINAPI exchange(LPVOID parameter)
{
    int i;
    (void)parameter;
    for (i = 0; i < 20000; i++) {
        Item *item = (Item *)InterlockedPopEntrySList(&list);
        if (!item)
            continue;
        if (InterlockedExchange(&item->holder, 1) != 0)
            InterlockedIncrement(&twice);
        InterlockedExchange(&item->holder, 0);
        InterlockedPushEntrySList(&list, &item->entry);
    }
    return 0;
}

int main(void)
{
    PSLIST_ENTRY(WINAPI * push_list)(PSLIST_HEADER, PSLIST_ENTRY, PSLIST_ENTRY, ULONG);
    PSLIST_ENTRY(WINAPI * first)(const SLIST_HEADER *);
    HANDLE threads[4];
    PSLIST_ENTRY entry;
    int i, count = 0;

    push_list = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "InterlockedPushListSListEx");
    first = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlFirstEntrySList");
    items = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (i = 0; i < 16; i++)
        items[i].number = i;
    InitializeSListHead(&list);
    ENTRY("empty: pop", InterlockedPopEntrySList(&list));
    ENTRY("empty: flush", InterlockedFlushSList(&list));
    ENTRY("push 0", InterlockedPushEntrySList(&list, &items[0].entry));
    ENTRY("push 1", InterlockedPushEntrySList(&list, &items[1].entry));
    ENTRY("push 2", InterlockedPushEntrySList(&list, &items[2].entry));
    ENTRY("first", first(&list));
    ENTRY("pop", InterlockedPopEntrySList(&list));
    ENTRY("pop", InterlockedPopEntrySList(&list));
    for (i = 4; i < 8; i++)
        items[i].entry.Next = i < 7 ? &items[i + 1].entry : NULL;
    ENTRY("push 4 to 7", push_list(&list, &items[4].entry, &items[7].entry, 4));
    entry = InterlockedFlushSList(&list);
    ENTRY("flush", entry);
    for (; entry; entry = entry->Next)
        printf("  %d\n", number(entry));
    items[1].entry.Next = NULL;
    ENTRY("push one as forty-two", push_list(&list, &items[1].entry, &items[1].entry, 42));
    ENTRY("pop", InterlockedPopEntrySList(&list));
    ENTRY("pop", InterlockedPopEntrySList(&list));

    InitializeSListHead(&list);
    for (i = 0; i < 8; i++)
        InterlockedPushEntrySList(&list, &items[i].entry);
    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, exchange, NULL, 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    RESULT("held by two at once", twice);
    RESULT("depth", QueryDepthSList(&list));
    for (entry = InterlockedFlushSList(&list); entry; entry = entry->Next)
        count++;
    RESULT("entries", count);
    return 0;
}
