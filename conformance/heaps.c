/* HeapCreate, HeapAlloc and their kin: sizes, failures, what is no block, and looking into a heap. */
#include "conformance.h"

static LONG CALLBACK note(EXCEPTION_POINTERS *pointers)
{
    DWORD code = pointers->ExceptionRecord->ExceptionCode;
    if (code != STATUS_NO_MEMORY && code != STATUS_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    printf("exception 0x%lx\n", (unsigned long)code);
    fflush(stdout);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int all(const void *memory, int byte, size_t n)
{
    const unsigned char *at = memory;
    while (n--)
        if (*at++ != byte)
            return 0;
    return 1;
}

static int listed(HANDLE heap)
{
    HANDLE heaps[256];
    DWORD count = GetProcessHeaps(256, heaps);
    for (DWORD i = 0; i < count && i < 256; i++)
        if (heaps[i] == heap)
            return 1;
    return 0;
}

static void creation(void)
{
    HANDLE heap, heaps[256];
    DWORD before = GetProcessHeaps(0, NULL);

    RESULT("there is a process heap", GetProcessHeap() != NULL);
    CALL("count", GetProcessHeaps(256, heaps) == before);
    RESULT("the process heap comes first", heaps[0] == GetProcessHeap());
    heaps[1] = NULL;
    CALL("count with little room", GetProcessHeaps(1, heaps) == before);
    RESULT("no more than there is room for", heaps[1] == NULL);
    CALL("create", (heap = HeapCreate(0, 0, 0)) != NULL);
    RESULT("aligned to 64 KiB", ((UINT_PTR)heap & 0xFFFF) == 0);
    RESULT("one more", GetProcessHeaps(0, NULL) - before);
    RESULT("listed", listed(heap));
    HeapAlloc(heap, 0, 100);
    CALL("destroy with a live block", HeapDestroy(heap));
    RESULT("no more", GetProcessHeaps(0, NULL) - before);
    RESULT("not listed", listed(heap));
    TRY(HeapDestroy(NULL));
    TRY(HeapDestroy(GetProcessHeap()));
    CALL("initial size above the maximum", (heap = HeapCreate(0, 0x20000, 0x10000)) != NULL);
    HeapDestroy(heap);
    CALL("smallest", (heap = HeapCreate(0, 0, 1)) != NULL);
    HeapDestroy(heap);
    CALL("too large", HeapCreate(0, (SIZE_T)-1, 0) != NULL);
    CALL("unknown options", (heap = HeapCreate(0x80000000, 0, 0)) != NULL);
    HeapDestroy(heap);
    heap = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    MEMORY_BASIC_INFORMATION info;
    void *block = HeapAlloc(heap, 0, 10);
    VirtualQuery(block, &info, sizeof info);
    RESULT("executable", info.Protect == PAGE_EXECUTE_READWRITE);
    RESULT("private and committed", info.Type == MEM_PRIVATE && info.State == MEM_COMMIT);
    HeapDestroy(heap);
    VirtualQuery(block, &info, sizeof info);
    RESULT("gone", info.State == MEM_FREE);
}

static void blocks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    static const SIZE_T sizes[] = { 0, 1, 15, 16, 17, 100, 1000, 4096, 70000, 0x80000, 0x200000 };
    unsigned char *block, *again;

    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        SIZE_T size = sizes[i];
        block = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
        printf("0x%llx: ", (unsigned long long)size);
        printf("%d %d %d %d\n", block != NULL, ((UINT_PTR)block & 15) == 0,
               HeapSize(heap, 0, block) == size, all(block, 0, size));
        memset(block, 7, size);
        RESULT("valid", HeapValidate(heap, 0, block));
        again = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 2 * size + 10);
        RESULT("grown", HeapSize(heap, 0, again));
        RESULT("contents", all(again, 7, size) && all(again + size, 0, size + 10));
        again = HeapReAlloc(heap, 0, again, size / 2);
        RESULT("shrunk", HeapSize(heap, 0, again));
        RESULT("contents", all(again, 7, size / 2));
        again = HeapReAlloc(heap, 0, again, 0);
        RESULT("to nothing", again != NULL && HeapSize(heap, 0, again) == 0);
        CALL("free", HeapFree(heap, 0, again));
    }
    block = HeapAlloc(heap, 0, 1 << 21);
    RESULT("very large: aligned to 64", ((UINT_PTR)block & 63) == 0);
    HeapFree(heap, 0, block);

    CALL("too large", HeapAlloc(heap, 0, (SIZE_T)-1) != NULL);
    CALL("by a page", HeapAlloc(heap, 0, (SIZE_T)-0x1000) != NULL);
    block = HeapAlloc(heap, 0, 100);
    memset(block, 5, 100);
    CALL("grow too much", HeapReAlloc(heap, 0, block, (SIZE_T)-1) != NULL);
    RESULT("as it was", all(block, 5, 100) && HeapValidate(heap, 0, block) && HeapSize(heap, 0, block) == 100);
    CALL("shrink in place", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 50) == block);
    CALL("grow again in place", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 100) == block);
    RESULT("contents", all(block, 5, 50));
    CALL("grow too much in place", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1 << 22) != NULL);
    HeapFree(heap, 0, block);
    block = HeapAlloc(heap, 0, 1 << 22);
    CALL("very large: shrink in place", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1 << 20) == block);
    DOCUMENTED_CALL("Wine 8.0 lets it grow", 0, ERROR_NOT_ENOUGH_MEMORY,
                    HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1 << 22) != NULL);
    HeapDestroy(heap);

    heap = HeapCreate(0, 0, 8 * 0x40000);
    CALL("fixed: small", HeapAlloc(heap, 0, 1000) != NULL);
    CALL("fixed: above the limit", HeapAlloc(heap, 0, 4 * 0x40000) != NULL);
    CALL("fixed: the whole", HeapAlloc(heap, 0, 8 * 0x40000) != NULL);
    unsigned count = 0;
    while (HeapAlloc(heap, 0, 0x1000))
        count++;
    RESULT("fixed: about as many as fit", count > 480 && count <= 512);
    HeapDestroy(heap);
    heap = HeapCreate(HEAP_ZERO_MEMORY | HEAP_NO_SERIALIZE, 0x10000, 0x100000);
    block = HeapAlloc(heap, 0, 100);
    RESULT("not serialized", block != NULL && HeapFree(heap, 0, block));
    HeapDestroy(heap);
}

static void no_blocks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), other = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, 40), *large = HeapAlloc(heap, 0, 1 << 20);
    char local[256] = { 0 };
    char *inside = (char *)(((UINT_PTR)local + 63) & ~(UINT_PTR)63);

    TRY(HeapFree(heap, 0, NULL));
    TRY(HeapFree(NULL, 0, NULL));
    TRY(HeapAlloc(NULL, 0, 1) != NULL);
    TRY(HeapFree(heap, 0, inside));
    TRY(HeapFree(heap, 0, inside + 1));
    TRY(HeapFree(other, 0, block));
    RESULT("size in another heap", HeapSize(other, 0, block));
    TRY(HeapValidate(other, 0, block));
    TRY(HeapReAlloc(other, 0, block, 80) != NULL);
    DOCUMENTED_CALL("Wine frees it", 0, ERROR_INVALID_PARAMETER, HeapFree(other, 0, large));
    TRY(HeapFree(heap, 0, block));
    TRY(HeapFree(heap, 0, block));
    RESULT("size of a freed one", HeapSize(heap, 0, block));
    TRY(HeapReAlloc(heap, 0, block, 20) != NULL);
    TRY(HeapValidate(heap, 0, block));
    TRY(HeapValidate(heap, 0, inside));
    TRY(HeapValidate(heap, 0, NULL));
    DOCUMENTED_CALL("Wine leaves the last error alone", 0, ERROR_SUCCESS,
                    HeapReAlloc(heap, 0, NULL, 10) != NULL);
    if (!on_wine()) {
        /* Wine reads what is there, without a guard. */
        void *nowhere = (void *)0x10000;
        DOCUMENTED_CALL("", 0, ERROR_NOACCESS, HeapValidate(heap, 0, nowhere));
        DOCUMENTED_CALL("", 0, ERROR_INVALID_PARAMETER, HeapFree(heap, 0, nowhere));
        DOCUMENTED_CALL("", 0, ERROR_INVALID_PARAMETER, HeapReAlloc(heap, 0, nowhere, 1) != NULL);
        DOCUMENTED_CALL("", 1, ERROR_INVALID_PARAMETER, HeapSize(heap, 0, nowhere) == (SIZE_T)-1);
        DOCUMENTED_CALL("", 0, ERROR_INVALID_HANDLE, HeapAlloc((HANDLE)0x1234, 0, 1) != NULL);
        DOCUMENTED_CALL("", 0, ERROR_INVALID_HANDLE, HeapFree((HANDLE)0x1234, 0, inside));
        DOCUMENTED_CALL("", 0, ERROR_INVALID_HANDLE, HeapDestroy((HANDLE)0x1234));
    } else {
        static const char *calls[] = {
            "HeapValidate(heap, 0, nowhere)", "HeapFree(heap, 0, nowhere)",
            "HeapReAlloc(heap, 0, nowhere, 1) != NULL",
            "HeapSize(heap, 0, nowhere) == (SIZE_T)-1", "HeapAlloc((HANDLE)0x1234, 0, 1) != NULL",
            "HeapFree((HANDLE)0x1234, 0, inside)", "HeapDestroy((HANDLE)0x1234)",
        };
        for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
            printf("%s: as documented\n", calls[i]);
    }
    HeapDestroy(heap);
    HeapDestroy(other);
}

static void information(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG value[2] = { 7, 7 };
    SIZE_T length = 7;

    TRY(HeapQueryInformation(heap, HeapCompatibilityInformation, value, 4, &length));
    RESULT("value", value[0]);
    RESULT("length", length);
    TRY(HeapQueryInformation(heap, HeapCompatibilityInformation, value, 3, &length));
    RESULT("length", length);
    TRY(HeapQueryInformation(heap, HeapCompatibilityInformation, value, 8, &length));
    TRY(HeapQueryInformation(heap, HeapCompatibilityInformation, value, 4, NULL));
    TRY(HeapQueryInformation(heap, (HEAP_INFORMATION_CLASS)1, value, 4, &length));
    TRY(HeapQueryInformation(heap, (HEAP_INFORMATION_CLASS)77, value, 4, &length));
    value[0] = 0;
    TRY(HeapSetInformation(heap, HeapCompatibilityInformation, value, 4));
    value[0] = 2;
    DOCUMENTED_CALL("Wine looks at nothing", 0, ERROR_INSUFFICIENT_BUFFER,
                    HeapSetInformation(heap, HeapCompatibilityInformation, value, 3));
    TRY(HeapSetInformation(heap, HeapCompatibilityInformation, value, 4));
    TRY(HeapSetInformation(heap, HeapCompatibilityInformation, value, 4));
    HeapQueryInformation(heap, HeapCompatibilityInformation, value, 4, NULL);
    DOCUMENTED("value", value[0], 2, "Wine 8.0 keeps 0");
    value[0] = 0;
    DOCUMENTED_CALL("Wine looks at nothing", 0, ERROR_GEN_FAILURE,
                    HeapSetInformation(heap, HeapCompatibilityInformation, value, 4));
    value[0] = 1;
    DOCUMENTED_CALL("Wine looks at nothing", 0, ERROR_GEN_FAILURE,
                    HeapSetInformation(heap, HeapCompatibilityInformation, value, 4));
    HeapDestroy(heap);
}

static void walks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry = { 0 };
    void *blocks[20];
    unsigned found = 0, regions = 0, others = 0;

    for (unsigned i = 0; i < 20; i++)
        blocks[i] = HeapAlloc(heap, 0, i * i * i * 300);
    for (unsigned i = 0; i < 20; i += 2)
        HeapFree(heap, 0, blocks[i]);
    TRY(HeapLock(heap));
    SetLastError(UNCHANGED);
    while (HeapWalk(heap, &entry)) {
        int known = 0;
        for (unsigned i = 1; i < 20; i += 2)
            known |= entry.lpData == blocks[i] && entry.cbData == i * i * i * 300
                     && (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY);
        found += known;
        regions += entry.wFlags == PROCESS_HEAP_REGION;
        others += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) && !known;
    }
    printf("walked, %s\n", error_name(GetLastError()));
    RESULT("live blocks", found);
    RESULT("others", others);
    RESULT("at least one region", regions > 0);
    TRY(HeapUnlock(heap));
    TRY(HeapWalk(NULL, &entry));
    TRY(HeapValidate(heap, 0, NULL));
    if (!on_wine()) {
        HEAP_SUMMARY summary = { 0 };
        DOCUMENTED_CALL("", 0, ERROR_INVALID_PARAMETER, HeapSummary(heap, 0, &summary));
        summary.cb = sizeof summary;
        DOCUMENTED_CALL("", 0, ERROR_INVALID_PARAMETER, HeapSummary(heap, 1, &summary));
        DOCUMENTED_CALL("", 1, UNCHANGED, HeapSummary(heap, 0, &summary));
        DOCUMENTED_CALL("", 1, UNCHANGED,
                        summary.cbAllocated == 300 * (1 + 27 + 125 + 343 + 729 + 1331 + 2197 + 3375 + 4913 + 6859));
        DOCUMENTED_CALL("", 1, UNCHANGED,
                        summary.cbCommitted > summary.cbAllocated && summary.cbReserved >= summary.cbCommitted
                            && summary.cbMaxReserve >= summary.cbReserved);
    } else {
        printf("HeapSummary(heap, 0, &summary): as documented\n"
               "HeapSummary(heap, 1, &summary): as documented\n"
               "HeapSummary(heap, 0, &summary): as documented\n"
               "summary.cbAllocated == 300 * (1 + 27 + 125 + 343 + 729 + 1331 + 2197 + 3375 + 4913 + 6859): as documented\n"
               "summary.cbCommitted > summary.cbAllocated && summary.cbReserved >= summary.cbCommitted && "
               "summary.cbMaxReserve >= summary.cbReserved: as documented\n");
    }
    DOCUMENTED_CALL("Wine compacts nothing and answers 0", 1, UNCHANGED, HeapCompact(heap, 0) > 0);
    TRY(HeapLock(heap));
    TRY(HeapLock(heap));
    TRY(HeapUnlock(heap));
    TRY(HeapUnlock(heap));
    DOCUMENTED_CALL("Wine leaves the last error alone", 0, ERROR_INVALID_HANDLE, HeapLock(NULL));
    DOCUMENTED_CALL("Wine leaves the last error alone", 0, ERROR_INVALID_HANDLE, HeapUnlock(NULL));
    HeapDestroy(heap);
}

static void exceptions(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0x100000);
    void *handler = AddVectoredExceptionHandler(1, note);

    if (on_wine()) {
        printf("exception 0xc0000017\nexception 0xc0000017\nexception 0xc0000005\n");
        fflush(stdout);
    } else {
        /* Wine answers NULL. */
        HeapAlloc(heap, 0, 0x200000);
        HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, (SIZE_T)-1);
        HeapReAlloc(heap, 0, &heap, 10);
    }
    CALL("without", HeapAlloc(GetProcessHeap(), 0, (SIZE_T)-1) != NULL);
    RemoveVectoredExceptionHandler(handler);
    HeapDestroy(heap);
}

int main(void)
{
    creation();
    blocks();
    no_blocks();
    information();
    walks();
    exceptions();
    return 0;
}
