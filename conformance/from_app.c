/* The memory functions of Windows Store apps: nothing to be executed. */

#include "placeholders.h"

static PVOID(WINAPI *alloc)(PVOID, SIZE_T, ULONG, ULONG);
static PVOID(WINAPI *alloc_2)(HANDLE, PVOID, SIZE_T, ULONG, ULONG, Parameter *, ULONG);
static BOOL(WINAPI *protect)(PVOID, SIZE_T, ULONG, ULONG *);
static HANDLE(WINAPI *create)(HANDLE, SECURITY_ATTRIBUTES *, ULONG, ULONG64, PCWSTR);
static HANDLE(WINAPI *open)(ULONG, BOOL, PCWSTR);
static PVOID(WINAPI *map)(HANDLE, ULONG, ULONG64, SIZE_T);
static PVOID(WINAPI *map_3)(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, Parameter *, ULONG);

static void find_quietly(void *place, const char *name)
{
    FARPROC found = GetProcAddress(LoadLibraryA("kernelbase.dll"), name);

    memcpy(place, &found, sizeof found);
}

int main(void)
{
    static const ULONG executable[] = { PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY };
    HANDLE section, again;
    ULONG old;
    char *p;

    find_quietly(&alloc, "VirtualAllocFromApp");
    find_quietly(&alloc_2, "VirtualAlloc2FromApp");
    find_quietly(&protect, "VirtualProtectFromApp");
    find_quietly(&create, "CreateFileMappingFromApp");
    find_quietly(&open, "OpenFileMappingFromApp");
    find_quietly(&map, "MapViewOfFileFromApp");
    find_quietly(&map_3, "MapViewOfFile3FromApp");

    CALL("allocate", (p = alloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)));
    describe_range("memory", p, 0x3000);
    for (int i = 0; i < 4; i++) {
        CALL("allocate to execute", alloc(NULL, 0x1000, MEM_RESERVE, executable[i]));
        CALL("the second", alloc_2(NULL, NULL, 0x1000, MEM_COMMIT, executable[i], NULL, 0));
    }
    CALL("no size", alloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE));
    /* Wine 8.0 has no VirtualProtectFromApp and no MapViewOfFile3FromApp. */
    SUCCEEDS(protect && protect(p, PAGE, PAGE_READONLY, &old));
    IS("the old one", !on_wine() && old == PAGE_READWRITE);
    FAILS(ERROR_INVALID_PARAMETER, protect && protect(p, PAGE, PAGE_EXECUTE_READWRITE, &old));
    FAILS(ERROR_INVALID_PARAMETER, protect && protect(p, PAGE, PAGE_EXECUTE_WRITECOPY, &old));
    FAILS(ERROR_NOACCESS, protect && protect(p, PAGE, PAGE_READONLY, NULL));
    VirtualFree(p, 0, MEM_RELEASE);
    CALL("the second", (p = alloc_2(NULL, NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE, NULL, 0)));
    VirtualFree(p, 0, MEM_RELEASE);

    CALL("create", (section = create(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x20000, L"winpages from app")));
    CALL("create again", (again = create(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x20000, L"winpages from app")));
    CloseHandle(again);
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : create(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0x20000, NULL));
    CALL("no size", create(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, NULL));
    CALL("open", (again = open(FILE_MAP_READ, FALSE, L"winpages from app")));
    CALL("open what is not there", open(FILE_MAP_READ, FALSE, L"winpages no such section"));
    CALL("map", (p = map(section, FILE_MAP_WRITE, 0x10000, 0x1000)));
    describe("view", p, 0);
    CALL("map for writing what is open for reading", map(again, FILE_MAP_WRITE, 0, 0));
    CALL("map at an odd offset", map(section, FILE_MAP_READ, 0x1000, 0));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? NULL : map(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0));
    UnmapViewOfFile(p);
    SUCCEEDS(p = !map_3 ? NULL : map_3(section, NULL, NULL, 0, 0, 0, PAGE_READONLY, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, !map_3 ? NULL : map_3(section, NULL, NULL, 0, 0, 0, PAGE_EXECUTE_READ, NULL, 0));
    if (!on_wine())
        UnmapViewOfFile(p);
    CloseHandle(again);
    CloseHandle(section);
    return 0;
}
