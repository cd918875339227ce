/* VirtualAlloc: arguments, rounding, placement and the effect on pages. */

#include "conformance.h"

static void arguments(void)
{
    TRY(VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, 0, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, (SIZE_T)-1, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, (SIZE_T)-0x1000, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, (SIZE_T)1 << 47, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, (SIZE_T)1 << 62, MEM_RESERVE, PAGE_READWRITE));

    TRY(VirtualAlloc(NULL, PAGE, 0, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_TOP_DOWN, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_WRITE_WATCH, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x80, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_DECOMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RELEASE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_RELEASE, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_DECOMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x40000000, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x40000, PAGE_NOACCESS));
    TRY(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x4000, PAGE_NOACCESS));

    TRY(VirtualAlloc((void *)1, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc((void *)0xFFFF, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc((void *)0xFFFF800000000000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc((void *)-1, PAGE, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc((void *)0x7FFFFFFE0000, 0x20000, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc((void *)0x7FFFFFFF0000, PAGE, MEM_RESERVE, PAGE_READWRITE));
}

static void protections(void)
{
    static const DWORD valid[] = { PAGE_NOACCESS,     PAGE_READONLY,     PAGE_READWRITE,
                                   PAGE_EXECUTE,      PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE };
    static const DWORD refused[] = { 0,
                                     PAGE_WRITECOPY,
                                     PAGE_EXECUTE_WRITECOPY,
                                     PAGE_GUARD,
                                     PAGE_NOCACHE,
                                     PAGE_WRITECOMBINE,
                                     PAGE_GUARD | PAGE_WRITECOPY };
    for (unsigned i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        char *p = NULL;
        CALL(protection_name(valid[i]),
             p = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, valid[i]));
        describe("  committed", p, 0);
        report_access("  first byte", p);
        VirtualFree(p, 0, MEM_RELEASE);
        CALL("  reserved", p = VirtualAlloc(NULL, 0x3000, MEM_RESERVE, valid[i]));
        describe("  reserved", p, 0);
        report_access("  first byte", p);
        VirtualFree(p, 0, MEM_RELEASE);
    }
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        printf("%s\n", protection_name(refused[i]));
        CALL("  committed", VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, refused[i]));
        CALL("  reserved", VirtualAlloc(NULL, PAGE, MEM_RESERVE, refused[i]));
    }

    unsigned combinations = 0, refusals = 0;
    for (DWORD protection = 1; protection < 0x100; protection++) {
        if (!(protection & (protection - 1)))
            continue;
        combinations++;
        SetLastError(UNCHANGED);
        if (!VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, protection)
            && GetLastError() == ERROR_INVALID_PARAMETER)
            refusals++;
        else
            printf("%s is not refused\n", protection_name(protection));
    }
    RESULT("combinations of base protections", combinations);
    RESULT("of them refused", refusals);

    DOCUMENTED_CALL("Wine accepts GUARD with NOACCESS", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD));
    DOCUMENTED_CALL("Wine accepts NOCACHE with NOACCESS", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_NOCACHE));
    DOCUMENTED_CALL("Wine accepts NOCACHE with GUARD", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE));
    DOCUMENTED_CALL("Wine accepts NOCACHE with WRITECOMBINE", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, PAGE, MEM_COMMIT,
                                 PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE));
    DOCUMENTED_CALL("Wine ignores unknown protection bits", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | 0x800));
}

static void rounding(void)
{
    char *a = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualFree(a, 0, MEM_RELEASE);

    char *p = NULL;
    CALL("reserve at +0x1234, 0x1000 bytes", p = VirtualAlloc(a + 0x1234, 0x1000, MEM_RESERVE, PAGE_READWRITE));
    RESULT("base", p - a);
    describe("reserved", a, 0x1000);
    VirtualFree(p, 0, MEM_RELEASE);

    CALL("reserve at +0x1FFFF, 1 byte", p = VirtualAlloc(a + 0x1FFFF, 1, MEM_RESERVE, PAGE_READWRITE));
    RESULT("base", p - a);
    describe("reserved", a, 0x10000);
    VirtualFree(p, 0, MEM_RELEASE);

    CALL("reserve at +0x1234 with commit, 0x1000 bytes",
         p = VirtualAlloc(a + 0x1234, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    RESULT("base", p - a);
    describe("committed", a, 0);
    VirtualFree(p, 0, MEM_RELEASE);

    static const SIZE_T sizes[] = { 1, 0xFFF, 0x1000, 0x1001, 0xFFFC, 0x10000, 0x10001, 0x12345 };
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        p = VirtualAlloc(NULL, sizes[i], MEM_RESERVE, PAGE_READWRITE);
        RESULT("offset in its 64 KiB", (ULONG_PTR)p % GRANULARITY);
        describe("reserved", p, 0);
        VirtualFree(p, 0, MEM_RELEASE);
    }

    p = VirtualAlloc(a, 0x8000, MEM_RESERVE, PAGE_READWRITE);
    CALL("commit two bytes at +0x1FFF", p = VirtualAlloc(a + 0x1FFF, 2, MEM_COMMIT, PAGE_READWRITE));
    RESULT("returned", p - a);
    describe_range("after", a, 0x8000);
    CALL("reserve in the tail of a slot", VirtualAlloc(a + 0x8000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    describe("tail", a, 0x8000);
    CALL("reserve over the reservation", VirtualAlloc(a, 0x100000, MEM_RESERVE, PAGE_READWRITE));
    CALL("reserve inside it", VirtualAlloc(a + 0x1000, PAGE, MEM_RESERVE, PAGE_READWRITE));
    CALL("reserve and commit over it",
         VirtualAlloc(a, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CALL("commit past its end", VirtualAlloc(a + 0x7000, 0x1001, MEM_COMMIT, PAGE_READWRITE));
    describe_range("after", a, 0x8000);
    VirtualFree(a, 0, MEM_RELEASE);
    CALL("commit of free memory", VirtualAlloc(a, PAGE, MEM_COMMIT, PAGE_READWRITE));
    CALL("commit of free memory, inside a page", VirtualAlloc(a + 0x123, PAGE, MEM_COMMIT, PAGE_READWRITE));
    CALL("reserved again at the same place",
         VirtualAlloc(a, 0x10000, MEM_RESERVE, PAGE_READWRITE) == a);
    CALL("and its neighbour",
         VirtualAlloc(a + 0x10000, 0x10000, MEM_RESERVE, PAGE_READWRITE) == a + 0x10000);
    describe_range("neighbours", a, 0x20000);
    CALL("commit over both", VirtualAlloc(a + 0xF000, 0x2000, MEM_COMMIT, PAGE_READWRITE));
    describe_range("neighbours", a, 0x20000);
    VirtualFree(a, 0, MEM_RELEASE);
    VirtualFree(a + 0x10000, 0, MEM_RELEASE);
}

static void commit(void)
{
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_READWRITE) == p);
    RESULT("fresh page, first byte", (unsigned char)p[0]);
    RESULT("fresh page, last byte", (unsigned char)p[0xFFF]);
    p[0] = 'a';
    describe_range("one page committed", p, 0x10000);
    TRY(VirtualAlloc(p, 0x4000, MEM_COMMIT, PAGE_READWRITE) == p);
    RESULT("contents kept", p[0]);
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_READONLY) == p);
    RESULT("contents kept", p[0]);
    describe_range("committed again, read-only", p, 0x10000);
    report_access("read-only page", p);
    report_access("read-write page", p + 0x1000);
    report_access("reserved page", p + 0x4000);
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_EXECUTE_READWRITE) == p);
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_WRITECOPY));
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, 0));
    TRY(VirtualAlloc(p, 0, MEM_COMMIT, PAGE_READWRITE));
    describe_range("after refusals", p, 0x10000);
    TRY(VirtualAlloc(p, 0x10000, MEM_COMMIT, PAGE_READWRITE) == p);
    describe_range("wholly committed", p, 0x10000);
    RESULT("contents kept", p[0]);
    TRY(VirtualFree(p, 0x1000, MEM_DECOMMIT));
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_READWRITE) == p);
    RESULT("decommitted and committed again", p[0]);
    VirtualFree(p, 0, MEM_RELEASE);

    TRY((p = VirtualAlloc(NULL, 0x2000, MEM_COMMIT, PAGE_READWRITE)) != NULL);
    describe("commit without an address", p, 0);
    memset(p, 1, 0x2000);
    VirtualFree(p, 0, MEM_RELEASE);
}

static void placement(void)
{
    char *low = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    char *high = NULL;
    TRY((high = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE)) != NULL);
    RESULT("top down lies above", high > low);
    RESULT("top down, offset in its 64 KiB", (ULONG_PTR)high % GRANULARITY);
    VirtualFree(high, 0, MEM_RELEASE);
    VirtualFree(low, 0, MEM_RELEASE);

    char *huge = NULL;
    CALL("reserve 64 GiB", huge = VirtualAlloc(NULL, (SIZE_T)64 << 30, MEM_RESERVE, PAGE_READWRITE));
    describe("64 GiB", huge, (SIZE_T)32 << 30);
    CALL("commit a page in the middle", VirtualAlloc(huge + ((SIZE_T)32 << 30), 1, MEM_COMMIT, PAGE_READWRITE));
    huge[(SIZE_T)32 << 30] = 1;
    describe_range("64 GiB", huge, (SIZE_T)64 << 30);
    TRY(VirtualFree(huge, 0, MEM_RELEASE));
}

static void nocache(void)
{
    DWORD old = 0;
    char *p = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_NOCACHE);
    describe_range("allocated with NOCACHE", p, 0x2000);
    TRY(VirtualProtect(p, PAGE, PAGE_READONLY, &old));
    printf("old protection: %s\n", protection_name(old));
    describe_range("NOCACHE stays", p, 0x2000);
    VirtualFree(p, 0, MEM_RELEASE);
    p = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    TRY(VirtualProtect(p, PAGE, PAGE_READONLY | PAGE_NOCACHE, &old));
    describe_range("NOCACHE cannot be set later", p, 0x2000);
    VirtualFree(p, 0, MEM_RELEASE);
}

int main(void)
{
    arguments();
    protections();
    rounding();
    commit();
    placement();
    nocache();

    /* Large pages are for who has enabled SeLockMemoryPrivilege; what is wrong is wrong before that. */
    SIZE_T large = GetLargePageMinimum();
    TRY(VirtualAlloc(NULL, large, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, large, MEM_LARGE_PAGES, PAGE_READWRITE));
    TRY(VirtualAlloc(NULL, 0, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    DOCUMENTED_CALL("Wine 8.0 does not know large pages", 0, ERROR_PRIVILEGE_NOT_HELD,
                    VirtualAlloc(NULL, large, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
                                 PAGE_READWRITE));
    return 0;
}
