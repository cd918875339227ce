/* VirtualProtect on private memory. (view_protect.c asks the same of views.) */

#include "conformance.h"

static void values(void)
{
    static const DWORD valid[] = { PAGE_NOACCESS,     PAGE_READONLY,     PAGE_READWRITE,
                                   PAGE_EXECUTE,      PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE };
    char *p = VirtualAlloc(NULL, 0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    p[0x1000] = 'x';
    for (unsigned i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        DWORD old = 0;
        CALL(protection_name(valid[i]), VirtualProtect(p + 0x1000, 0x1000, valid[i], &old));
        printf("  old: %s\n", protection_name(old));
        describe_range("  after", p, 0x4000);
        report_access("  page", p + 0x1000);
    }
    DWORD old = 0;
    CALL("back", VirtualProtect(p + 0x1000, 0x1000, PAGE_READWRITE, &old));
    describe_range("one run again", p, 0x4000);

    unsigned refusals = 0;
    for (DWORD protection = 0; protection < 0x100; protection++) {
        if (protection && !(protection & (protection - 1)))
            continue;
        SetLastError(UNCHANGED);
        if (!VirtualProtect(p, 0x1000, protection, &old) && GetLastError() == ERROR_INVALID_PARAMETER)
            refusals++;
        else
            printf("%s is not refused\n", protection_name(protection));
    }
    RESULT("refused", refusals);
    CALL("WRITECOPY", VirtualProtect(p, 0x1000, PAGE_WRITECOPY, &old));
    CALL("EXECUTE_WRITECOPY", VirtualProtect(p, 0x1000, PAGE_EXECUTE_WRITECOPY, &old));
    CALL("GUARD alone", VirtualProtect(p, 0x1000, PAGE_GUARD, &old));
    describe_range("nothing changed", p, 0x4000);
    DOCUMENTED_CALL("Wine accepts GUARD with NOACCESS", 0, ERROR_INVALID_PARAMETER,
                    VirtualProtect(p, 0x1000, PAGE_NOACCESS | PAGE_GUARD, &old));
    VirtualFree(p, 0, MEM_RELEASE);
}

static void ranges(void)
{
    DWORD old = 0;
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(p, 0x8000, MEM_COMMIT, PAGE_READWRITE);
    CALL("two bytes over a border", VirtualProtect(p + 0x1FFF, 2, PAGE_READONLY, &old));
    describe_range("after", p, 0x10000);
    CALL("mixed range", VirtualProtect(p + 0x2000, 0x2000, PAGE_NOACCESS, &old));
    printf("old is that of the first page: %s\n", protection_name(old));
    CALL("mixed range, from the other side", VirtualProtect(p, 0x2000, PAGE_EXECUTE_READ, &old));
    printf("old is that of the first page: %s\n", protection_name(old));
    describe_range("after", p, 0x10000);
    CALL("into the reserved part", VirtualProtect(p + 0x7000, 0x2000, PAGE_READONLY, &old));
    CALL("reserved part", VirtualProtect(p + 0x8000, 0x1000, PAGE_READONLY, &old));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES", 0,
                    ERROR_INVALID_ADDRESS,
                    VirtualProtect(p + 0x7000, 0x10000, PAGE_READONLY, &old));
    describe_range("nothing changed", p, 0x10000);
    CALL("back", VirtualProtect(p, 0x8000, PAGE_READWRITE, &old));
    describe_range("after", p, 0x10000);
    DOCUMENTED_CALL("Wine accepts size 0", 0, ERROR_INVALID_PARAMETER,
                    VirtualProtect(p, 0, PAGE_READWRITE, &old));
    VirtualFree(p, 0, MEM_RELEASE);
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES", 0,
                    ERROR_INVALID_ADDRESS, VirtualProtect(p, 0x1000, PAGE_READWRITE, &old));

    char *a = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    VirtualFree(a, 0, MEM_RELEASE);
    VirtualAlloc(a, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(a + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES",
                    0, ERROR_INVALID_ADDRESS,
                    VirtualProtect(a + 0xF000, 0x2000, PAGE_READONLY, &old));
    describe_range("two regions", a, 0x20000);
    VirtualFree(a, 0, MEM_RELEASE);
    VirtualFree(a + 0x10000, 0, MEM_RELEASE);
}

static void old_pointer(void)
{
    char *p = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CALL("old is NULL", VirtualProtect(p, 0x1000, PAGE_READONLY, NULL));
    describe_range("nothing changed", p, 0x2000);
    CALL("old is not writable", VirtualProtect(p, 0x1000, PAGE_READONLY, (DWORD *)0x10));
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(p, &info, sizeof info);
    DOCUMENTED("nothing changed", info.Protect, PAGE_READWRITE,
               "Wine finds the bad pointer only after it changed the protection");
    VirtualProtect(p, 0x1000, PAGE_READONLY, (DWORD *)(p + 0x1100));
    CALL("old is not aligned", VirtualProtect(p, 0x1000, PAGE_READONLY, (DWORD *)(p + 0x1001)));
    DWORD old = 0;
    memcpy(&old, p + 0x1001, sizeof old);
    printf("old: %s\n", protection_name(old));
    VirtualFree(p, 0, MEM_RELEASE);
}

static void other_memory(void)
{
    /* Memory that the program did not get from VirtualAlloc. */
    static char data[0x3000] = { 1 };
    char *page = (char *)(((ULONG_PTR)data + PAGE) & ~(ULONG_PTR)(PAGE - 1));
    DWORD old = 0;
    page[0] = 'd';
    CALL("static data, read-only", VirtualProtect(page, 0x1000, PAGE_READONLY, &old));
    report_access("static data", page);
    CALL("static data, back", VirtualProtect(page, 0x1000, PAGE_READWRITE, &old));
    printf("old: %s\n", protection_name(old));
    report_access("static data", page);

    /* Pages that have been given two protections can be given one again. */
    char *block = malloc(0x40000);
    page = (char *)(((ULONG_PTR)block + PAGE) & ~(ULONG_PTR)(PAGE - 1));
    CALL("one of the heap's, no access", VirtualProtect(page + 0x1000, 0x1000, PAGE_NOACCESS, &old));
    CALL("the next, read-only", VirtualProtect(page + 0x2000, 0x1000, PAGE_READONLY, &old));
    CALL("both", VirtualProtect(page + 0x1000, 0x2000, PAGE_READONLY, &old));
    printf("old: %s\n", protection_name(old));
    CALL("those around them, too", VirtualProtect(page, 0x4000, PAGE_READWRITE, &old));
    printf("old: %s\n", protection_name(old));
    report_access("the heap's", page + 0x1000);
    free(block);
}

int main(void)
{
    values();
    ranges();
    old_pointer();
    other_memory();
    return 0;
}
