/* Placeholders, and private allocations in their place. */

#include "placeholders.h"

static DWORD old;

static void made(void)
{
    Requirements low = { NULL, (void *)0x2FFFFFFF, 0x100000 }, none = { NULL, NULL, 0 };
    Parameter where = { 1, (ULONG64)(ULONG_PTR)&low }, anywhere = { 1, (ULONG64)(ULONG_PTR)&none };
    char *p, *q;

    FAILS(ERROR_INVALID_PARAMETER, VirtualAlloc(NULL, PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS));
    FAILS(ERROR_INVALID_PARAMETER, VirtualAllocEx(SELF, NULL, PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_COMMIT | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_RESERVE | MEM_COMMIT | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_RESERVE | MEM_WRITE_WATCH | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_RESERVE | REPLACE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, PAGE, MEM_RESERVE | PLACEHOLDER, 0, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, 0, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_HANDLE, alloc2((HANDLE)0x7770, NULL, PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    SUCCEEDS(p = alloc2(SELF, NULL, 0x20000, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    LAYOUT(p, 0x20000, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    if (on_wine())
        p = NULL;
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 0x20000, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, VirtualAlloc(p, PAGE, MEM_RESERVE, PAGE_NOACCESS));
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    SUCCEEDS(p == alloc2(NULL, p, 0x20000, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, &anywhere, 1));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 0x20000, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, &where, 1));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 0x20000, MEM_RESERVE | REPLACE, PAGE_NOACCESS, &where, 1));
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    SUCCEEDS(q = alloc2(NULL, NULL, 0x20000, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, &where, 1));
    IS("where it was wanted", ((ULONG_PTR)q & 0xFFFFF) == 0 && (ULONG_PTR)q < 0x30000000);
    if (!on_wine())
        VirtualFree(q, 0, MEM_RELEASE);
    SUCCEEDS(q = alloc2(NULL, NULL, 0x20000, MEM_RESERVE | MEM_TOP_DOWN | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    if (!on_wine())
        VirtualFree(q, 0, MEM_RELEASE);
}

/* No pages are there before an allocation takes the placeholder's place. */
static void ordinary_calls(void)
{
    char *p = placeholder(8);

    FAILS(ERROR_INVALID_ADDRESS, VirtualAlloc(p, PAGE, MEM_COMMIT, PAGE_READWRITE));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, VirtualAlloc(p, PAGE, MEM_RESET, PAGE_READWRITE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualProtect(p, PAGE, PAGE_READWRITE, &old));
    SUCCEEDS(VirtualFree(p, PAGE, MEM_DECOMMIT));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 8 * PAGE, MEM_RELEASE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p + PAGE, 0, MEM_RELEASE));
    FAILS(ERROR_INVALID_ADDRESS, UnmapViewOfFile(p));
    LAYOUT(p, 8 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    SUCCEEDS(VirtualFree(p + 0xFFF, 0, MEM_RELEASE));
    LAYOUT(p, 8 * PAGE, "0 free");
}

static void split_and_coalesced(void)
{
    char *p = placeholder(16), *second;
    SIZE_T size;
    void *at;

    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 0, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 17 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, PAGE, PRESERVE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, PAGE, MEM_DECOMMIT | PRESERVE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, PAGE, MEM_RELEASE | PRESERVE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | COALESCE));
    SUCCEEDS(VirtualFree(p + 8 * PAGE, 4 * PAGE, MEM_RELEASE | PRESERVE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE; 8 of 8 NOACCESS RESERVE 0x0 PRIVATE; "
                         "c of c NOACCESS RESERVE 0x0 PRIVATE");
    SUCCEEDS(VirtualFree(p + 1, 1, MEM_RELEASE | PRESERVE));
    SUCCEEDS(VirtualFreeEx(SELF, p + 15 * PAGE, PAGE, MEM_RELEASE | PRESERVE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE; 1 of 1 NOACCESS RESERVE 0x0 PRIVATE; "
                         "8 of 8 NOACCESS RESERVE 0x0 PRIVATE; c of c NOACCESS RESERVE 0x0 PRIVATE; "
                         "f of f NOACCESS RESERVE 0x0 PRIVATE");
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 2 * PAGE, MEM_RELEASE | PRESERVE));

    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 0, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 16 * PAGE, COALESCE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 16 * PAGE, MEM_DECOMMIT | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 7 * PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 9 * PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 17 * PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p + 2 * PAGE, 6 * PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(NULL, 6 * PAGE, MEM_RELEASE | COALESCE));
    SUCCEEDS(VirtualFree(p + PAGE, 11 * PAGE, MEM_RELEASE | COALESCE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE; 1 of 1 NOACCESS RESERVE 0x0 PRIVATE; "
                         "c of c NOACCESS RESERVE 0x0 PRIVATE; f of f NOACCESS RESERVE 0x0 PRIVATE");

    /* An allocation in between, and a hole. */
    SUCCEEDS(alloc2(NULL, p + PAGE, 11 * PAGE, MEM_RESERVE | REPLACE, PAGE_READONLY, NULL, 0) == p + PAGE);
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | COALESCE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p + PAGE, 15 * PAGE, MEM_RELEASE | COALESCE));
    SUCCEEDS(VirtualFree(p + PAGE, 0, MEM_RELEASE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | COALESCE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE; 1 free; c of c NOACCESS RESERVE 0x0 PRIVATE; "
                         "f of f NOACCESS RESERVE 0x0 PRIVATE");
    /* What is free is anybody's, but reservations begin at multiples of 64 KiB. */
    FAILS(ERROR_INVALID_ADDRESS, VirtualAlloc(p + PAGE, PAGE, MEM_RESERVE, PAGE_READWRITE));
    SUCCEEDS(VirtualFree(p + 12 * PAGE, 4 * PAGE, MEM_RELEASE | COALESCE));
    IS("all released", release_all(p, 16 * PAGE));
    LAYOUT(p, 16 * PAGE, "0 free");

    /* Two that were reserved apart lie side by side, too. */
    p = placeholder(32);
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0) == p);
    second = p + 16 * PAGE;
    SUCCEEDS(alloc2(NULL, second, 16 * PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0) == second);
    SUCCEEDS(VirtualFree(p, 32 * PAGE, MEM_RELEASE | COALESCE));
    LAYOUT(p, 32 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    /* A reservation is none, though it looks like one. */
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    SUCCEEDS(VirtualAlloc(p, 32 * PAGE, MEM_RESERVE, PAGE_NOACCESS) == p);
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 32 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 32 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 32 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, 16 * PAGE, MEM_RELEASE | COALESCE));

    /* ntdll tells what it did, and releases parts. */
    at = p = placeholder(16);
    size = 16 * PAGE;
    ANSWERS(0xC0000018, nt_free(SELF, &at, &size, MEM_RELEASE | PRESERVE));
    at = p + 0x8004, size = 0x3FFD;
    ANSWERS(0, nt_free(SELF, &at, &size, MEM_RELEASE | PRESERVE));
    IS("rounded", at == p + 0x8000 && size == 0x5000);
    at = p, size = 0;
    ANSWERS(0xC00000F1, nt_free(SELF, &at, &size, MEM_RELEASE | PRESERVE));
    ANSWERS(0xC00000F1, nt_free(SELF, &at, &size, MEM_RELEASE | COALESCE));
    size = 16 * PAGE;
    ANSWERS(0xC00000F2, nt_free(SELF, &at, &size, COALESCE));
    ANSWERS(0xC000001A, nt_free(SELF, &at, &size, MEM_RELEASE));
    size = 0x8000;
    ANSWERS(0xC0000018, nt_free(SELF, &at, &size, MEM_RELEASE | COALESCE));
    size = 0x4000;
    ANSWERS(0, nt_free(SELF, &at, &size, MEM_RELEASE));
    LAYOUT(p, 16 * PAGE, "0 free; 4 of 4 NOACCESS RESERVE 0x0 PRIVATE; 8 of 8 NOACCESS RESERVE 0x0 PRIVATE; "
                         "d of d NOACCESS RESERVE 0x0 PRIVATE");
    at = p + 0x4000, size = 12 * PAGE;
    ANSWERS(0, nt_free(SELF, &at, &size, MEM_RELEASE | COALESCE));
    IS("where it was", at == p + 0x4000 && size == 12 * PAGE);
    LAYOUT(p, 16 * PAGE, "0 free; 4 of 4 NOACCESS RESERVE 0x0 PRIVATE");
    at = p + 0x6000, size = 0x1000;
    ANSWERS(0, nt_free(SELF, &at, &size, MEM_RELEASE));
    LAYOUT(p, 16 * PAGE, "0 free; 4 of 4 NOACCESS RESERVE 0x0 PRIVATE; 6 free; 7 of 7 NOACCESS RESERVE 0x0 PRIVATE");
    at = p + 0x7000, size = 0;
    ANSWERS(0, nt_free(SELF, &at, &size, MEM_RELEASE));
    IS("the rest", at == p + 0x7000 && size == 9 * PAGE);
    IS("all released", release_all(p, 16 * PAGE));
}

static void replaced(void)
{
    char *p = placeholder(16);
    SIZE_T size;
    void *at;

    FAILS(ERROR_INVALID_PARAMETER, VirtualAlloc(p, 16 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 16 * PAGE, MEM_COMMIT | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, NULL, 16 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 0, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | REPLACE, PAGE_WRITECOPY, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | MEM_PHYSICAL | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 15 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 17 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p + PAGE, 15 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");

    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE, PAGE_READWRITE, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE COMMIT READWRITE PRIVATE");
    if (!on_wine())
        memset(p, 0xCC, 16 * PAGE);
    FAILS(ERROR_INVALID_ADDRESS, alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE, NULL, 0));
    SUCCEEDS(VirtualProtect(p + PAGE, PAGE, PAGE_READONLY, &old));
    SUCCEEDS(VirtualFree(p + 2 * PAGE, PAGE, MEM_DECOMMIT));
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE COMMIT READWRITE PRIVATE; 1 of 0 READWRITE COMMIT READONLY PRIVATE; "
                         "2 of 0 READWRITE RESERVE 0x0 PRIVATE; 3 of 0 READWRITE COMMIT READWRITE PRIVATE");
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 0, MEM_RELEASE | PRESERVE));
    SUCCEEDS(VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    FAILS(ERROR_INVALID_ADDRESS, VirtualProtect(p, PAGE, PAGE_READONLY, &old));

    /* What was there is gone. */
    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE, PAGE_READONLY, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READONLY COMMIT READONLY PRIVATE");
    IS("zeroes", !on_wine() && p[0] == 0 && p[0x8000] == 0);
    /* Part of it becomes a placeholder again, the rest keeps its contents. */
    SUCCEEDS(VirtualProtect(p, 16 * PAGE, PAGE_READWRITE, &old));
    if (!on_wine())
        memset(p, 0xCC, 16 * PAGE);
    SUCCEEDS(VirtualFree(p + 4 * PAGE, 4 * PAGE, MEM_RELEASE | PRESERVE));
    LAYOUT(p, 16 * PAGE, "0 of 0 READONLY COMMIT READWRITE PRIVATE; 4 of 4 NOACCESS RESERVE 0x0 PRIVATE; "
                         "8 of 8 READONLY COMMIT READWRITE PRIVATE");
    IS("the rest is as it was", !on_wine() && p[0x3FFF] == (char)0xCC && p[0x8000] == (char)0xCC);
    SUCCEEDS(VirtualFree(p + 8 * PAGE, 8 * PAGE, MEM_RELEASE | PRESERVE));
    SUCCEEDS(VirtualFree(p + 4 * PAGE, 12 * PAGE, MEM_RELEASE | COALESCE));
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    LAYOUT(p, 16 * PAGE, "0 free; 4 of 4 NOACCESS RESERVE 0x0 PRIVATE");
    IS("all released", release_all(p, 16 * PAGE));

    /* Reserved first, committed later; guarded, and without caching. */
    p = placeholder(16);
    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | REPLACE, PAGE_READWRITE | PAGE_GUARD, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE|GUARD RESERVE 0x0 PRIVATE");
    SUCCEEDS(VirtualAlloc(p + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + PAGE);
    IS("usable", !on_wine() && (p[PAGE] = 1));
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE|GUARD RESERVE 0x0 PRIVATE; 1 of 0 READWRITE|GUARD COMMIT READWRITE PRIVATE; "
                         "2 of 0 READWRITE|GUARD RESERVE 0x0 PRIVATE");
    SUCCEEDS(VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE, PAGE_NOACCESS, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS COMMIT NOACCESS PRIVATE");
    SUCCEEDS(VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));

    at = p, size = 0x1000;
    ANSWERS(0xC0000018, nt_allocate_ex(SELF, &at, &size, MEM_RESERVE | REPLACE, PAGE_NOACCESS, NULL, 0));
    size = 0x10000;
    ANSWERS(0xC000000D, nt_allocate(SELF, &at, 0, &size, MEM_RESERVE | REPLACE, PAGE_NOACCESS));
    ANSWERS(0xC000000D, nt_allocate_ex(SELF, &at, &size, MEM_COMMIT | REPLACE, PAGE_NOACCESS, NULL, 0));
    ANSWERS(0xC0000018, nt_allocate_ex(SELF, &at, &size, MEM_COMMIT, PAGE_READWRITE, NULL, 0));
    ANSWERS(0, nt_allocate_ex(SELF, &at, &size, MEM_RESERVE | REPLACE, PAGE_READONLY, NULL, 0));
    IS("exactly there", at == p && size == 0x10000);
    ANSWERS(0xC0000018, nt_allocate_ex(SELF, &at, &size, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
    IS("all released", release_all(p, 16 * PAGE));
}

static LONG release_part(char *base, SIZE_T offset, SIZE_T size, ULONG type)
{
    void *at = base + offset;

    return nt_free(SELF, &at, &size, type);
}

/* ntdll releases part of any allocation; what is left of it is an allocation on either side. Wine 8.0 does not. */
static void parts(void)
{
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p, 0x1000, MEM_RELEASE));
    ANSWERS(0xC000001A, release_part(p, 0, 0x11000, MEM_RELEASE));
    ANSWERS(0xC000001A, release_part(p, 0x1001, 0xFFFF, MEM_RELEASE));
    ANSWERS(0, release_part(p, 0x1001, 0xFFF, MEM_RELEASE));
    if (!on_wine())
        p[0] = p[0x2000] = 1;
    LAYOUT(p, 0x10000, "0 of 0 READWRITE COMMIT READWRITE PRIVATE; 1 free; 2 of 2 READWRITE COMMIT READWRITE PRIVATE");
    ANSWERS(0, release_part(p, 1, 0xFFF, MEM_RELEASE));
    SUCCEEDS(VirtualAlloc(p, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY) == p);
    ANSWERS(0xC000001A, release_part(p, 0, 0x10000, MEM_DECOMMIT));
    ANSWERS(0xC000001A, release_part(p, 0, 0x10000, MEM_RELEASE));
    ANSWERS(0xC00000A0, release_part(p, 0x1000, 0, MEM_RELEASE));
    ANSWERS(0xC00000A0, release_part(p, 0x1000, 0x1000, MEM_DECOMMIT));
    ANSWERS(0, release_part(p, 0x8000, 0x1000, MEM_RELEASE));
    LAYOUT(p, 0x10000, "0 of 0 READONLY COMMIT READONLY PRIVATE; 1 free; 2 of 2 READWRITE COMMIT READWRITE PRIVATE; 8 free; "
                       "9 of 9 READWRITE COMMIT READWRITE PRIVATE");
    IS("the rest is as it was", !on_wine() && p[0x2000] == 1);
    SUCCEEDS(VirtualFree(p + 0x9000, 0, MEM_RELEASE));
    ANSWERS(0, release_part(p, 0x2000, 0, MEM_RELEASE));
    ANSWERS(0, release_part(p, 0, 0x1000, MEM_RELEASE));
    LAYOUT(p, 0x10000, "0 free");
}

static void watched(void)
{
    char *p = placeholder(16);
    void *written[16];
    ULONG_PTR count = 16;
    DWORD page;

    SUCCEEDS(alloc2(NULL, p, 16 * PAGE, MEM_RESERVE | MEM_WRITE_WATCH | REPLACE, PAGE_READONLY, NULL, 0) == p);
    SUCCEEDS(VirtualAlloc(p, 16 * PAGE, MEM_COMMIT, PAGE_READWRITE) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READONLY COMMIT READWRITE PRIVATE");
    IS("nothing written", GetWriteWatch(WRITE_WATCH_FLAG_RESET, p, 16 * PAGE, written, &count, &page) == 0 && count == 0);
    if (!on_wine())
        p[PAGE] = 1;
    count = 16;
    IS("a page written", GetWriteWatch(0, p, 16 * PAGE, written, &count, &page) == 0 && count == 1
                             && written[0] == p + PAGE);
    FAILS(ERROR_INVALID_ADDRESS, VirtualFree(p, PAGE, MEM_RELEASE | PRESERVE));
    SUCCEEDS(VirtualFree(p, 16 * PAGE, MEM_RELEASE | PRESERVE));
    IS("not watched", GetWriteWatch(0, p, 16 * PAGE, written, &count, &page) != 0);
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    IS("all released", release_all(p, 16 * PAGE));
}

int main(void)
{
    find_all();
    made();
    ordinary_calls();
    split_and_coalesced();
    replaced();
    parts();
    watched();
    return 0;
}
