/* MapViewOfFile and MapViewOfFileEx: access, offsets, sizes and addresses. */

#include "conformance.h"

static const DWORD protections[] = { PAGE_READONLY,     PAGE_WRITECOPY,         PAGE_READWRITE,
                                     PAGE_EXECUTE_READ, PAGE_EXECUTE_WRITECOPY, PAGE_EXECUTE_READWRITE };

/* Every combination of the five FILE_MAP_ bits, 8 (which means nothing) and an unknown one. */
static void access_table(void)
{
    static const struct {
        const char *name;
        DWORD access;
    } accesses[] = {
        { "0", 0 },
        { "COPY", FILE_MAP_COPY },
        { "WRITE", FILE_MAP_WRITE },
        { "WRITE|COPY", FILE_MAP_WRITE | FILE_MAP_COPY },
        { "READ", FILE_MAP_READ },
        { "READ|COPY", FILE_MAP_READ | FILE_MAP_COPY },
        { "READ|WRITE", FILE_MAP_READ | FILE_MAP_WRITE },
        { "READ|WRITE|COPY", FILE_MAP_READ | FILE_MAP_WRITE | FILE_MAP_COPY },
        { "8", 8 },
        { "8|COPY", 8 | FILE_MAP_COPY },
        { "8|READ", 8 | FILE_MAP_READ },
        { "0x100", 0x100 },
        { "EXECUTE", FILE_MAP_EXECUTE },
        { "EXECUTE|COPY", FILE_MAP_EXECUTE | FILE_MAP_COPY },
        { "EXECUTE|WRITE", FILE_MAP_EXECUTE | FILE_MAP_WRITE },
        { "EXECUTE|READ", FILE_MAP_EXECUTE | FILE_MAP_READ },
        { "EXECUTE|READ|WRITE", FILE_MAP_EXECUTE | FILE_MAP_READ | FILE_MAP_WRITE },
        { "ALL_ACCESS", FILE_MAP_ALL_ACCESS },
        { "ALL_ACCESS|EXECUTE", FILE_MAP_ALL_ACCESS | FILE_MAP_EXECUTE },
    };
    const char *name = temporary_file_of(0x1000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, 0, NULL, OPEN_EXISTING, 0, NULL);
    for (int backed = 0; backed < 2; backed++) {
        for (unsigned p = 0; p < 6; p++) {
            HANDLE section = CreateFileMappingA(backed ? file : INVALID_HANDLE_VALUE, NULL, protections[p], 0, 0x1000,
                NULL);
            for (unsigned a = 0; a < sizeof accesses / sizeof accesses[0]; a++) {
                MEMORY_BASIC_INFORMATION info;
                SetLastError(UNCHANGED);
                char *view = MapViewOfFile(section, accesses[a].access, 0, 0, 0);
                printf("%s, section %s, view %s: ", backed ? "file" : "pagefile", protection_name(protections[p]),
                    accesses[a].name);
                if (!view) {
                    printf("no, %s\n", error_name(GetLastError()));
                    continue;
                }
                VirtualQuery(view, &info, sizeof info);
                printf("%s, allocated as %s, size 0x%x\n", protection_name(info.Protect),
                    protection_name(info.AllocationProtect), (unsigned)info.RegionSize);
                UnmapViewOfFile(view);
            }
            CloseHandle(section);
        }
    }
    CloseHandle(file);
    DeleteFileA(name);
}

static void touches(void)
{
    static const DWORD accesses[] = { 0, FILE_MAP_COPY, FILE_MAP_READ, FILE_MAP_WRITE };
    static const char *const names[] = { "0", "COPY", "READ", "WRITE" };
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    for (unsigned a = 0; a < 4; a++) {
        char *view = MapViewOfFile(section, accesses[a], 0, 0, 0);
        report_access(names[a], view);
        UnmapViewOfFile(view);
    }
    CloseHandle(section);
}

static void offsets_of(HANDLE section, DWORD size)
{
    char *view = NULL;
    static const DWORD misaligned[] = { 1, 0x1000, 0xFFFF, 0x10001, 0x18000 };
    for (unsigned i = 0; i < sizeof misaligned / sizeof misaligned[0]; i++) {
        RESULT("offset", misaligned[i]);
        CALL("  mapped", MapViewOfFile(section, FILE_MAP_WRITE, 0, misaligned[i], 0));
    }
    CALL("offset 64 KiB, to the end", view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, 0));
    describe("offset 64 KiB", view, 0);
    view[0] = 'B';
    UnmapViewOfFile(view);
    CALL("offset 64 KiB, one byte", view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, 1));
    describe("one byte", view, 0);
    UnmapViewOfFile(view);
    CALL("offset 64 KiB, exact", view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, size - 0x10000));
    describe("exact", view, 0);
    UnmapViewOfFile(view);
    CALL("offset 64 KiB, one byte too many", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, size - 0x10000 + 1));
    CALL("the whole and one byte", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, size + 1));
    CALL("a huge size", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, (SIZE_T)1 << 46));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_INVALID_VIEW_SIZE", 0,
                    ERROR_ACCESS_DENIED, MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x30000, 0));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_INVALID_VIEW_SIZE", 0,
                    ERROR_ACCESS_DENIED, MapViewOfFile(section, FILE_MAP_WRITE, 1, 0, 0));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_INVALID_VIEW_SIZE", 0,
                    ERROR_ACCESS_DENIED, MapViewOfFile(section, FILE_MAP_WRITE, 1, 0, 0x1000));
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    RESULT("written at offset 64 KiB", view[0x10000]);
    UnmapViewOfFile(view);
    static const SIZE_T sizes[] = { 1, 0xFFF, 0x1000, 0x1001, 0x10000, 0x10001 };
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizes[i]);
        RESULT("offset in its 64 KiB", (ULONG_PTR)view % GRANULARITY);
        describe("view", view, 0);
        UnmapViewOfFile(view);
    }
}

static void offsets(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x13452, NULL);
    printf("paging file\n");
    offsets_of(section, 0x14000);
    CloseHandle(section);
    const char *name = temporary_file_of(0x13452);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    printf("file\n");
    offsets_of(section, 0x13452);
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

static void addresses(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, NULL);
    char *first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    RESULT("two views at two addresses", first != second);
    strcpy(first + 0x1234, "seen in both");
    printf("second view: %s\n", second + 0x1234);
    CALL("occupied by a view", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, first));
    UnmapViewOfFile(second);
    char *free_place = VirtualAlloc(NULL, 0x40000, MEM_RESERVE, PAGE_NOACCESS);
    CALL("occupied by a reservation", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, free_place));
    CALL("occupied further up", (VirtualFree(free_place, 0, MEM_RELEASE),
                                VirtualAlloc(free_place + 0x10000, 0x1000, MEM_RESERVE, PAGE_NOACCESS),
                                MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, free_place)));
    VirtualFree(free_place + 0x10000, 0, MEM_RELEASE);
    CALL("a free place", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, free_place) == free_place);
    printf("there: %s\n", free_place + 0x1234);
    describe("there", free_place, 0);
    UnmapViewOfFile(free_place);
    CALL("misaligned by a page", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, free_place + 0x1000));
    CALL("misaligned by a byte", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, free_place + 1));
    CALL("NULL: anywhere", (second = MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, NULL)) != NULL);
    UnmapViewOfFile(second);
    CALL("VirtualAlloc over a view", VirtualAlloc(first, 0x1000, MEM_RESERVE, PAGE_READWRITE));
    CALL("the tail of a view's slot", (second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0x1000),
                                      VirtualAlloc(second + 0x1000, 0x1000, MEM_RESERVE, PAGE_READWRITE)));
    UnmapViewOfFile(second);
    UnmapViewOfFile(first);
    CloseHandle(section);

    TRY(MapViewOfFile(NULL, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile((HANDLE)(ULONG_PTR)0xDEADBEEC, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile(NULL, FILE_MAP_READ, 0, 1, 0));
}

int main(void)
{
    access_table();
    touches();
    offsets();
    addresses();
    return 0;
}
