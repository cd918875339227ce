/* MapViewOfFile2, 3, Numa2 and ExNuma, and the ways to unmap: arguments, and where views come to lie. */

#include "placeholders.h"

static HANDLE memory;

static PVOID(WINAPI *numa2)(HANDLE, HANDLE, ULONG64, PVOID, SIZE_T, ULONG, ULONG, ULONG);
static PVOID(WINAPI *ex_numa)(HANDLE, DWORD, DWORD, DWORD, SIZE_T, PVOID, DWORD);

/* Wine 8.0 does not have MapViewOfFileNuma2, and does not look at the parameters of MapViewOfFile3. */
static PVOID map_numa2(HANDLE section, HANDLE process, ULONG64 offset, PVOID base, SIZE_T size, ULONG type, ULONG protection,
                       ULONG node)
{
    return numa2 ? numa2(section, process, offset, base, size, type, protection, node) : NULL;
}

static void numa(void)
{
    char *p;
    ULONG none = (ULONG)-1;

    SUCCEEDS(p = map_numa2(memory, SELF, 0, NULL, 0, 0, PAGE_READWRITE, none));
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE COMMIT READWRITE MAPPED");
    FAILS(ERROR_INVALID_ADDRESS, map_numa2(memory, SELF, 0, p, PAGE, 0, PAGE_READWRITE, none));
    FAILS(ERROR_MAPPED_ALIGNMENT, map_numa2(memory, SELF, 0, p + 1, PAGE, 0, PAGE_READWRITE, none));
    FAILS(ERROR_MAPPED_ALIGNMENT, map_numa2(memory, SELF, 0, p + PAGE, PAGE, 0, PAGE_READWRITE, none));
    FAILS(ERROR_MAPPED_ALIGNMENT, map_numa2(memory, SELF, PAGE, NULL, PAGE, 0, PAGE_READWRITE, none));
    if (!on_wine())
        UnmapViewOfFile(p);
    SUCCEEDS(map_numa2(memory, SELF, 0, p, PAGE, 0, PAGE_READONLY, 0) == p);
    LAYOUT(p, PAGE, "0 of 0 READONLY COMMIT READONLY MAPPED");
    if (!on_wine())
        UnmapViewOfFile(p);
    FAILS(ERROR_INVALID_PARAMETER, map_numa2(memory, SELF, 0, NULL, 0, 0, PAGE_READWRITE, 0x7770));
    FAILS(ERROR_INVALID_PARAMETER, map_numa2(memory, SELF, 0, p, 0, REPLACE, PAGE_READWRITE, none));
    FAILS(ERROR_INVALID_PARAMETER, map_numa2(memory, SELF, 0, NULL, 0, MEM_COMMIT, PAGE_READWRITE, none));
    FAILS(ERROR_INVALID_PARAMETER, map_numa2(memory, SELF, 0, NULL, 0, 0, 0, none));
    FAILS(ERROR_ACCESS_DENIED, map_numa2(memory, SELF, 0, NULL, 0, 0, PAGE_EXECUTE_READ, none));
    FAILS(ERROR_ACCESS_DENIED, map_numa2(memory, SELF, 0, NULL, 33 * PAGE, 0, PAGE_READWRITE, none));
    FAILS(ERROR_INVALID_HANDLE, map_numa2(memory, NULL, 0, NULL, 0, 0, PAGE_READWRITE, none));
    FAILS(ERROR_INVALID_HANDLE, map_numa2(NULL, SELF, 0, NULL, 0, 0, PAGE_READWRITE, none));

    CALL("ex numa, any node", (p = ex_numa(memory, FILE_MAP_WRITE, 0, 0, 0, NULL, none)));
    describe("ex numa", p, 0);
    CALL("ex numa, in the way", ex_numa(memory, FILE_MAP_WRITE, 0, 0, 0, p, none));
    CALL("unmap", UnmapViewOfFile(p));
    CALL("ex numa, node 0", ex_numa(memory, FILE_MAP_COPY, 0, 0, PAGE, p, 0) == p);
    describe("ex numa", p, 0);
    CALL("unmap", UnmapViewOfFile(p));
    CALL("ex numa, odd offset", ex_numa(memory, FILE_MAP_READ, 0, PAGE, 0, NULL, none));
    CALL("ex numa, odd address", ex_numa(memory, FILE_MAP_READ, 0, 0, 0, p + PAGE, none));
    CALL("ex numa, no section", ex_numa(NULL, FILE_MAP_READ, 0, 0, 0, NULL, none));
    CALL("ex numa, execute", ex_numa(memory, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0, NULL, none));
    FAILS(ERROR_INVALID_PARAMETER, ex_numa(memory, FILE_MAP_READ, 0, 0, 0, NULL, 0x7770));
}

static void third(void)
{
    Requirements wanted = { NULL, NULL, 0 };
    Parameter where = { 1, (ULONG64)(ULONG_PTR)&wanted }, twice[2] = { where, where }, strange = { 0, 0 };
    Parameter node = { 2, 0 }, no_node = { 2, 0x7770 }, nowhere = { 1, 16 };
    Parameter both[2] = { node, where };
    char *p;
    SIZE_T size;
    void *at;

    CALL("anywhere", (p = map3(memory, SELF, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0)));
    describe("anywhere", p, 0);
    CALL("in the way", map3(memory, SELF, p, 0, 0, 0, PAGE_READWRITE, NULL, 0));
    CALL("unmap", UnmapViewOfFile(p));
    CALL("there", map3(memory, SELF, p, 0, 0, 0, PAGE_WRITECOPY, NULL, 0) == p);
    describe("there", p, 0);
    CALL("unmap", unmap2(SELF, p, 0));
    SUCCEEDS(p = map3(memory, NULL, NULL, 0x10000, PAGE, 0, PAGE_READONLY, NULL, 0));
    IS("an offset", !on_wine() && p[0] == 16);
    if (!on_wine())
        UnmapViewOfFile(p);
    CALL("odd address", map3(memory, SELF, (void *)0x12345000, 0, 0, 0, PAGE_READONLY, NULL, 0));
    CALL("odd offset", map3(memory, SELF, NULL, PAGE, 0, 0, PAGE_READONLY, NULL, 0));
    CALL("no section", map3(NULL, SELF, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0));
    CALL("no process", map3(memory, (HANDLE)0x7770, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0));
    CALL("more than there is", map3(memory, SELF, NULL, 0, 0x100000, 0, PAGE_READONLY, NULL, 0));
    CALL("no protection", map3(memory, SELF, NULL, 0, 0, 0, 0, NULL, 0));
    CALL("two protections", map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY | PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_ACCESS_DENIED, map3(memory, SELF, NULL, 0, 0, 0, PAGE_EXECUTE_READ, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, NULL, 1));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &strange, 1));
    strange.type = 7;
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &strange, 1));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, twice, 2));
    FAILS(ERROR_NOACCESS, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &nowhere, 1));

    CALL("no requirements", (p = map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1)));
    CALL("unmap", UnmapViewOfFile(p));
    CALL("there, no requirements", map3(memory, SELF, p, 0, 0, 0, PAGE_READONLY, &where, 1) == p);
    CALL("unmap", UnmapViewOfFile(p));
    wanted.highest = (void *)0x20000FFF;
    CALL("below", (p = map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1)));
    DOCUMENTED("below", (ULONG_PTR)p < 0x20001000, 1, "Wine maps it anywhere");
    CALL("unmap", UnmapViewOfFile(p));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, p, 0, 0, 0, PAGE_READONLY, &where, 1));
    wanted.highest = (void *)0x20001001;
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1));
    wanted.highest = (void *)0x7FFFFFFF0FFF;
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1));
    wanted.highest = NULL;
    wanted.lowest = (void *)0x20001000;
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1));
    wanted.lowest = NULL;
    for (ULONG64 alignment = 0x8000; alignment <= 0x100000; alignment *= 2) {
        wanted.alignment = (SIZE_T)alignment;
        FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &where, 1));
    }
    wanted.alignment = 0;
    SUCCEEDS(p = map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, both, 2));
    if (!on_wine())
        UnmapViewOfFile(p);
    FAILS(ERROR_INVALID_PARAMETER, map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, &no_node, 1));
    both[0].type = 3;
    FAILS(ERROR_INVALID_HANDLE, on_wine() ? NULL : map3(memory, SELF, NULL, 0, 0, 0, PAGE_READONLY, both, 1));

    at = NULL, size = PAGE + 1;
    DOCUMENTED("ntdll maps it", (ULONG)nt_map_ex(memory, SELF, &at, NULL, &size, 0, PAGE_READONLY, NULL, 0), 0, "");
    RESULT("rounded", size);
    DOCUMENTED("ntdll unmaps it", (ULONG)nt_unmap_ex(SELF, at, 0), 0, "");
    at = NULL, size = 0;
    DOCUMENTED("no process", (ULONG)nt_map_ex(memory, NULL, &at, NULL, &size, 0, PAGE_READONLY, NULL, 0), 0xC0000008, "");
    DOCUMENTED("no base", (ULONG)nt_map_ex(memory, SELF, NULL, NULL, &size, 0, PAGE_READONLY, NULL, 0), 0xC0000005,
               "Wine would stop here");
}

int main(void)
{
    char *all;

    find_all();
    memcpy(&numa2, &(FARPROC){ GetProcAddress(GetModuleHandleA("kernelbase.dll"), "MapViewOfFileNuma2") }, sizeof numa2);
    memcpy(&ex_numa, &(FARPROC){ GetProcAddress(GetModuleHandleA("kernel32.dll"), "MapViewOfFileExNuma") }, sizeof ex_numa);
    memory = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 32 * PAGE, NULL);
    all = MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, 0);
    for (int page = 0; page < 32; page++)
        all[page * PAGE] = (char)page;
    UnmapViewOfFile(all);
    numa();
    third();
    return 0;
}
