/* CreateFileMapping2, the functions that take a preferred node, and the hints of sections and views. */

#include "placeholders.h"

static HANDLE(WINAPI *create2)(HANDLE, SECURITY_ATTRIBUTES *, ULONG, ULONG, ULONG, ULONG64, PCWSTR, Parameter *, ULONG);
static HANDLE(WINAPI *create_numa)(HANDLE, SECURITY_ATTRIBUTES *, DWORD, DWORD, DWORD, PCWSTR, DWORD);
static LPVOID(WINAPI *alloc_numa)(HANDLE, LPVOID, SIZE_T, DWORD, DWORD, DWORD);

#define NOBODY INVALID_HANDLE_VALUE
#define NO_NODE 0x7770u
#define ANY_NODE ((DWORD)-1)

static HANDLE create(ULONG access, ULONG protection, ULONG attributes, ULONG64 size, PCWSTR name, Parameter *parameters,
                     ULONG count)
{
    /* Wine 8.0 does not have it. */
    return create2 ? create2(NOBODY, NULL, access, protection, attributes, size, name, parameters, count) : NULL;
}

static void second(void)
{
    Parameter node = { 2, 0 }, no_node = { 2, NO_NODE }, strange = { 7, 0 }, twice[2] = { node, node };
    HANDLE section, again, file;
    char *p;
    const char *name;
    DWORD flags = 0;

    DOCUMENTED_CALL("Wine lacks it", 1, ERROR_SUCCESS, section = create(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, 0x12345, NULL, NULL, 0));
    IS("a view", (p = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0)) && (p[0x12FFF] = 'x'));
    LAYOUT(p, 0x13000, "0 of 0 READWRITE COMMIT READWRITE MAPPED");
    UnmapViewOfFile(p);
    CloseHandle(section);
    DOCUMENTED_CALL("Wine lacks it", 1, ERROR_SUCCESS, section = create(FILE_MAP_READ, PAGE_READWRITE, SEC_RESERVE, PAGE, NULL, &node, 1));
    FAILS(ERROR_ACCESS_DENIED, on_wine() ? NULL : MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    SUCCEEDS(p = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
    LAYOUT(p, PAGE, "0 of 0 READONLY RESERVE 0x0 MAPPED");
    UnmapViewOfFile(p);
    CloseHandle(section);

    DOCUMENTED_CALL("Wine lacks it", 1, ERROR_SUCCESS,
                    section = create(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT, PAGE, L"winpages create 2", NULL, 0));
    DOCUMENTED_CALL("Wine lacks it", 1, ERROR_ALREADY_EXISTS,
                    again = create(FILE_MAP_READ, PAGE_READWRITE, SEC_COMMIT, PAGE, L"winpages create 2", NULL, 0));
    IS("inherited by nobody", GetHandleInformation(again, &flags) && flags == 0);
    CloseHandle(again);
    CloseHandle(section);

    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, 0, NULL, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, 0, 0, PAGE, NULL, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE | SEC_COMMIT, 0, PAGE, NULL, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE, PAGE, NULL, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, NULL, 1));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, &no_node, 1));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, &strange, 1));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, twice, 2));
    FAILS(ERROR_NOACCESS, on_wine() ? NULL : create(FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, (Parameter *)16, 1));

    name = temporary_file_of(0x3456);
    file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DOCUMENTED_CALL("Wine lacks it", 1, ERROR_SUCCESS,
                    section = create2 ? create2(file, NULL, FILE_MAP_READ, PAGE_READONLY, 0, 0, NULL, NULL, 0) : NULL);
    SUCCEEDS(p = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
    IS("the file", !on_wine() && p[0x3455] == 0x55);
    FAILS(ERROR_ACCESS_DENIED, on_wine() ? NULL : create2(file, NULL, FILE_MAP_WRITE, PAGE_READWRITE, 0, 0, NULL, NULL, 0));
    FAILS(ERROR_INVALID_HANDLE, on_wine() ? NULL : create2((HANDLE)0x7770, NULL, FILE_MAP_READ, PAGE_READONLY, 0, 0, NULL, NULL, 0));
    if (!on_wine())
        UnmapViewOfFile(p);
    CloseHandle(section);
    CloseHandle(file);
}

static void nodes(void)
{
    HANDLE section;
    char *p;

    CALL("any node", (section = create_numa(NOBODY, NULL, PAGE_READWRITE, 0, PAGE, NULL, ANY_NODE)));
    CALL("a view", (p = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0)));
    UnmapViewOfFile(p);
    CloseHandle(section);
    CALL("node 0", (section = create_numa(NOBODY, NULL, PAGE_READONLY | SEC_RESERVE, 0, PAGE, NULL, 0)));
    CALL("no view for writing", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    CloseHandle(section);
    CALL("no size", create_numa(NOBODY, NULL, PAGE_READWRITE, 0, 0, NULL, 0));
    CALL("no protection", create_numa(NOBODY, NULL, 0, 0, PAGE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create_numa(NOBODY, NULL, PAGE_READWRITE, 0, PAGE, NULL, NO_NODE));

    CALL("memory of any node", (p = alloc_numa(SELF, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, ANY_NODE)));
    CALL("memory of node 0", alloc_numa(SELF, p, PAGE, MEM_COMMIT, PAGE_READWRITE, 0) == p);
    describe("memory", p, 0);
    CALL("no process", alloc_numa(NULL, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE, 0));
    CALL("no size", alloc_numa(SELF, NULL, 0, MEM_COMMIT, PAGE_READWRITE, 0));
    CALL("no protection", alloc_numa(SELF, NULL, PAGE, MEM_COMMIT, 0, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : alloc_numa(SELF, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE, NO_NODE));
    VirtualFree(p, 0, MEM_RELEASE);
}

/* Caching, the size of pages, and targets of jumps: flags that change how memory is used, not what is in it. */
static void hints(void)
{
    HANDLE section, code;
    DWORD old;
    char *p;

    CALL("not cached", (section = CreateFileMappingA(NOBODY, NULL, PAGE_READWRITE | SEC_RESERVE | SEC_NOCACHE, 0, 0x4000, NULL)));
    CALL("a view", (p = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0)));
    describe_range("not cached", p, 0x4000);
    CALL("commit", VirtualAlloc(p, PAGE, MEM_COMMIT, PAGE_READONLY));
    CALL("commit", VirtualAlloc(p + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    CALL("protect", VirtualProtect(p + PAGE, PAGE, PAGE_READONLY, &old));
    LAYOUT(p, 0x4000, "0 of 0 READWRITE|NOCACHE COMMIT READONLY|NOCACHE MAPPED; 2 of 0 READWRITE|NOCACHE RESERVE 0x0 MAPPED");
    UnmapViewOfFile(p);
    CloseHandle(section);
    CALL("cached", (section = CreateFileMappingA(NOBODY, NULL, PAGE_READWRITE, 0, 0x4000, NULL)));
    CALL("a view", (p = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0)));
    CALL("protect", VirtualProtect(p, PAGE, PAGE_READWRITE | PAGE_NOCACHE, &old));
    describe("cached", p, 0);
    UnmapViewOfFile(p);

    DOCUMENTED_CALL("Wine does not know large pages of a section without", 0, ERROR_INVALID_PARAMETER,
                    MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_LARGE_PAGES, 0, 0, 0));
    DOCUMENTED_CALL("Wine does not know large pages of a section without", 0, ERROR_INVALID_PARAMETER,
                    on_wine() ? NULL : map3(section, NULL, NULL, 0, 0, MEM_LARGE_PAGES, PAGE_READONLY, NULL, 0));
    CALL("targets invalid", (p = MapViewOfFile(section, FILE_MAP_WRITE | FILE_MAP_TARGETS_INVALID, 0, 0, 0)));
    describe("a view", p, 0);
    UnmapViewOfFile(p);
    CloseHandle(section);
    CALL("code", (code = CreateFileMappingA(NOBODY, NULL, PAGE_EXECUTE_READWRITE, 0, 0x4000, NULL)));
    CALL("targets invalid", (p = MapViewOfFile(code, FILE_MAP_READ | FILE_MAP_EXECUTE | FILE_MAP_TARGETS_INVALID, 0, 0, 0)));
    describe("a view", p, 0);
    UnmapViewOfFile(p);
    CloseHandle(code);

    DOCUMENTED_CALL("Wine has no large pages", 0, ERROR_PRIVILEGE_NOT_HELD,
                    CreateFileMappingA(NOBODY, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0, 0x200000, NULL));
}

int main(void)
{
    find_all();
    memcpy(&create2, &(FARPROC){ GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CreateFileMapping2") }, sizeof create2);
    find(&create_numa, "kernel32.dll", "CreateFileMappingNumaW");
    find(&alloc_numa, "kernel32.dll", "VirtualAllocExNuma");
    second();
    nodes();
    hints();
    return 0;
}
