/* VirtualFree: decommit and release, their arguments and their rounding. */

#include "conformance.h"

static void arguments(void)
{
    char *p = VirtualAlloc(NULL, 0x30000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    TRY(VirtualFree(p, 0, 0));
    TRY(VirtualFree(p, 0, MEM_FREE));
    TRY(VirtualFree(p, 0, MEM_COMMIT));
    TRY(VirtualFree(p, 0x1000, MEM_COMMIT));
    TRY(VirtualFree(p, 0, MEM_RESERVE));
    TRY(VirtualFree(p, 0, MEM_DECOMMIT | MEM_RELEASE));
    TRY(VirtualFree(p, 0, MEM_RELEASE | 0x80));
    TRY(VirtualFree(p, 0x30000, MEM_RELEASE));
    TRY(VirtualFree(p, 0x1000, MEM_RELEASE));
    TRY(VirtualFree(p, 1, MEM_RELEASE));
    TRY(VirtualFree(p + 0x1000, 0, MEM_RELEASE));
    TRY(VirtualFree(p + 0x10000, 0, MEM_RELEASE));
    TRY(VirtualFree(p + 0x1000, 0, MEM_DECOMMIT));
    TRY(VirtualFree(p, 0x30001, MEM_DECOMMIT));
    TRY(VirtualFree(p + 0x2F000, 0x1001, MEM_DECOMMIT));
    describe_range("nothing changed", p, 0x30000);
    TRY(VirtualFree(p + 0xFFF, 0, MEM_RELEASE));
    describe("released from its first page", p, 0);
}

static const char *splits = "Wine remembers old protections of decommitted pages and splits the run";

static void decommit(void)
{
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memset(p, 'x', 0x10000);
    TRY(VirtualFree(p + 0x1FFF, 2, MEM_DECOMMIT));
    describe_range("two pages decommitted", p, 0x10000);
    RESULT("byte before", p[0xFFF]);
    RESULT("byte behind", p[0x3000]);
    report_access("decommitted page", p + 0x1000);
    CALL("decommitted again", VirtualFree(p + 0x1000, 0x2000, MEM_DECOMMIT));
    CALL("over both kinds", VirtualFree(p, 0x4000, MEM_DECOMMIT));
    describe_range("after", p, 0x10000);
    CALL("commit", VirtualAlloc(p, 0x4000, MEM_COMMIT, PAGE_READONLY));
    RESULT("zero", p[0] | p[0xFFF] | p[0x1000] | p[0x3FFF]);
    describe_range("committed read-only", p, 0x10000);
    CALL("whole region, from inside its first page", VirtualFree(p + 0xFFF, 0, MEM_DECOMMIT));
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(p, &info, sizeof info);
    DOCUMENTED("all decommitted: one run", info.State == MEM_RESERVE && info.RegionSize == 0x10000, 1, splits);
    CALL("again", VirtualFree(p, 0, MEM_DECOMMIT));
    TRY(VirtualFree(p, 0, MEM_RELEASE));
    describe("released", p, 0);

    char *a = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    VirtualFree(a, 0, MEM_RELEASE);
    VirtualAlloc(a, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(a + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CALL("decommit over two regions", VirtualFree(a + 0xF000, 0x2000, MEM_DECOMMIT));
    describe_range("two regions", a, 0x20000);
    TRY(VirtualFree(a + 0x10000, 0, MEM_RELEASE));
    describe("first region", a, 0);
    describe("second region", a, 0x10000);
    TRY(VirtualFree(a, 0, MEM_RELEASE));

    p = VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_READWRITE);
    CALL("decommit of reserved pages", VirtualFree(p, 0x2000, MEM_DECOMMIT));
    CALL("release of reserved pages", VirtualFree(p, 0, MEM_RELEASE));
}

static void not_allocated(void)
{
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    TRY(VirtualFree(p, 0, MEM_RELEASE));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_MEMORY_NOT_ALLOCATED",
                    0, ERROR_INVALID_ADDRESS, VirtualFree(p, 0, MEM_RELEASE));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_MEMORY_NOT_ALLOCATED",
                    0, ERROR_INVALID_ADDRESS, VirtualFree(p, 0x1000, MEM_DECOMMIT));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_MEMORY_NOT_ALLOCATED",
                    0, ERROR_INVALID_ADDRESS, VirtualFree(p + 0x123, 0, MEM_RELEASE));

    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_MEMORY_NOT_ALLOCATED",
                    0, ERROR_INVALID_ADDRESS, VirtualFree(NULL, 0, MEM_RELEASE));
    TRY(VirtualFree((void *)-1, 0, MEM_RELEASE));
    TRY(VirtualFree((void *)0xFFFF800000000000, 0, MEM_RELEASE));

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CALL("release of a view", VirtualFree(view, 0, MEM_RELEASE));
    CALL("decommit of a view", VirtualFree(view, 0, MEM_DECOMMIT));
    CALL("decommit of a page of a view", VirtualFree(view + 0x1000, 0x1000, MEM_DECOMMIT));
    describe_range("view", view, 0x3000);
    UnmapViewOfFile(view);
    CloseHandle(section);
}

int main(void)
{
    arguments();
    decommit();
    not_allocated();
    return 0;
}
