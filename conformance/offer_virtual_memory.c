/*
 * OfferVirtualMemory, ReclaimVirtualMemory, DiscardVirtualMemory, which Wine 8.0 does not have, and
 * PrefetchVirtualMemory, which it has.
 */

#include "conformance.h"

typedef DWORD(WINAPI *OFFER)(PVOID, SIZE_T, DWORD);
typedef DWORD(WINAPI *RECLAIM)(const void *, SIZE_T);
typedef DWORD(WINAPI *DISCARD)(PVOID, SIZE_T);
struct range {
    PVOID VirtualAddress;
    SIZE_T NumberOfBytes;
};
typedef BOOL(WINAPI *PREFETCH)(HANDLE, ULONG_PTR, struct range *, ULONG);

#define ABSENT "Wine 8.0 does not have it"
#define CODE(call, documented) DOCUMENTED(#call, call, documented, ABSENT)

static DWORD WINAPI no_offer(PVOID address, SIZE_T size, DWORD priority)
{
    (void)address, (void)size, (void)priority;
    return ERROR_PROC_NOT_FOUND;
}

static DWORD WINAPI no_reclaim(const void *address, SIZE_T size)
{
    (void)address, (void)size;
    return ERROR_PROC_NOT_FOUND;
}

static DWORD WINAPI no_discard(PVOID address, SIZE_T size)
{
    (void)address, (void)size;
    return ERROR_PROC_NOT_FOUND;
}

int main(void)
{
    HMODULE kernel32 = GetModuleHandleA("kernel32.dll");
    OFFER Offer = (OFFER)(void *)GetProcAddress(kernel32, "OfferVirtualMemory");
    RECLAIM Reclaim = (RECLAIM)(void *)GetProcAddress(kernel32, "ReclaimVirtualMemory");
    DISCARD Discard = (DISCARD)(void *)GetProcAddress(kernel32, "DiscardVirtualMemory");
    PREFETCH Prefetch = (PREFETCH)(void *)GetProcAddress(kernel32, "PrefetchVirtualMemory");
    DOCUMENTED("they are there", Offer && Reclaim && Discard, 1, ABSENT);
    if (!Offer)
        Offer = no_offer, Reclaim = no_reclaim, Discard = no_discard;

    char *base = VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(base, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    memset(base, 0x5A, 8 * PAGE);
    for (DWORD priority = 1; priority <= 4; priority++) {
        CODE(Offer(base, 8 * PAGE, priority), ERROR_SUCCESS);
        CODE(Reclaim(base, 8 * PAGE), ERROR_SUCCESS);
    }
    int whole = 1;
    for (unsigned i = 0; i < 8 * PAGE; i++)
        whole &= base[i] == 0x5A;
    RESULT("contents are whole", whole);
    CODE(Offer(base, PAGE, 0), ERROR_INVALID_PARAMETER);
    CODE(Offer(base, PAGE, 5), ERROR_INVALID_PARAMETER);
    CODE(Offer(base + 1, PAGE, 1), ERROR_INVALID_PARAMETER);
    CODE(Offer(base, PAGE + 1, 1), ERROR_INVALID_PARAMETER);
    CODE(Offer(base, 0, 1), ERROR_INVALID_PARAMETER);
    CODE(Offer(base, 9 * PAGE, 1), ERROR_INVALID_ADDRESS);
    CODE(Offer(NULL, PAGE, 1), ERROR_INVALID_ADDRESS);
    CODE(Reclaim(base + 1, PAGE), ERROR_INVALID_PARAMETER);
    CODE(Reclaim(NULL, PAGE), ERROR_INVALID_ADDRESS);
    CODE(Discard(base, PAGE), ERROR_SUCCESS);
    CODE(Discard(base + 1, PAGE), ERROR_INVALID_PARAMETER);
    CODE(Discard(base, 1), ERROR_INVALID_PARAMETER);
    CODE(Discard(base, 0), ERROR_INVALID_PARAMETER);
    CODE(Discard(base, 9 * PAGE), ERROR_INVALID_ADDRESS);
    describe_range("all is still committed", base, GRANULARITY);
    base[0] = 1;

    struct range ranges[2] = { { base, 8 * PAGE }, { base + 100, 1 } };
    HANDLE self = GetCurrentProcess();
    RESULT("Prefetch is there", Prefetch != NULL);
    TRY(Prefetch(self, 0, ranges, 0));
    TRY(Prefetch(self, 1, ranges, 0));
    TRY(Prefetch(self, 2, ranges, 0));
    TRY(Prefetch(self, 1, NULL, 0));
    DOCUMENTED_CALL("Wine takes any flags; they must be 0", 0, ERROR_INVALID_PARAMETER,
                    Prefetch(self, 1, ranges, 1));
    ranges[1].VirtualAddress = NULL;
    ranges[1].NumberOfBytes = PAGE;
    TRY(Prefetch(self, 2, ranges, 0));
    ranges[1].VirtualAddress = base + 12 * PAGE;
    TRY(Prefetch(self, 2, ranges, 0));
    ranges[1].NumberOfBytes = 0;
    TRY(Prefetch(self, 2, ranges, 0));
    DOCUMENTED_CALL("Wine does not look at the handle", 0, ERROR_INVALID_HANDLE,
                    Prefetch((HANDLE)(ULONG_PTR)0x5554, 1, ranges, 0));
    return 0;
}
