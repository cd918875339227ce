/* SEC_RESERVE sections: pages are committed through a view, for every view. */

#include "conformance.h"

int main(void)
{
    DWORD old;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x20000, NULL);
    char *first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *reader = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    describe_range("first", first, 0x20000);
    describe_range("read-only", reader, 0x20000);
    DOCUMENTED("an uncommitted page is readable", can_access(first, 0), 0, "Wine lets it through");
    DOCUMENTED("an uncommitted page is writable", can_access(first, 1), 0, "Wine lets it through");

    TRY(VirtualAlloc(first + 0x1000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == first + 0x1000);
    describe_range("first", first, 0x20000);
    describe_range("second", second, 0x20000);
    describe_range("read-only", reader, 0x20000);
    RESULT("zero", first[0x1000] | first[0x2FFF]);
    strcpy(first + 0x1000, "committed");
    printf("second: %s, read-only: %s\n", second + 0x1000, reader + 0x1000);
    TRY(VirtualAlloc(second + 0x2000, 0x2000, MEM_COMMIT, PAGE_READONLY) == second + 0x2000);
    describe_range("first", first, 0x20000);
    describe_range("second", second, 0x20000);
    printf("contents stay: %s\n", first + 0x1000);
    TRY(VirtualAlloc(reader + 0x8000, 0x1000, MEM_COMMIT, PAGE_READONLY) == reader + 0x8000);
    TRY(VirtualAlloc(reader + 0x8000, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(reader + 0xA000, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    describe_range("first", first, 0x20000);
    describe_range("read-only", reader, 0x20000);

    TRY(VirtualProtect(first + 0x10000, 0x1000, PAGE_READONLY, &old));
    TRY(VirtualProtect(first + 0x3000, 0x2000, PAGE_READONLY, &old));
    TRY(VirtualProtect(first + 0x1000, 0x1000, PAGE_READONLY, &old));
    describe_range("first", first, 0x20000);
    TRY(VirtualFree(first + 0x1000, 0x1000, MEM_DECOMMIT));
    TRY(VirtualFree(first, 0, MEM_RELEASE));
    TRY(VirtualAlloc(first + 0x1F000, 0x2000, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(first, 0, MEM_COMMIT, PAGE_READWRITE));

    char *tail = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, 0);
    describe_range("view from 64 KiB on", tail, 0x10000);
    TRY(VirtualAlloc(tail + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE) == tail + 0x2000);
    describe_range("second", second, 0x20000);
    char *part = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0x3000);
    describe_range("view of three pages", part, 0x3000);
    UnmapViewOfFile(part);
    UnmapViewOfFile(tail);
    UnmapViewOfFile(reader);
    UnmapViewOfFile(second);
    UnmapViewOfFile(first);
    first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    describe_range("mapped again", first, 0x20000);
    printf("contents: %s\n", first + 0x1000);
    TRY(VirtualAlloc(first, 0x20000, MEM_COMMIT, PAGE_READWRITE) == first);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(first, &info, sizeof info);
    DOCUMENTED("wholly committed: one run", info.State == MEM_COMMIT && info.RegionSize == 0x20000, 1,
               "Wine does not join what was committed in pieces");
    UnmapViewOfFile(first);
    CloseHandle(section);

    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x8000, NULL);
    first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CALL("two bytes", VirtualAlloc(first + 0x1FFF, 2, MEM_COMMIT, PAGE_READWRITE) == first + 0x1000);
    describe_range("first", first, 0x8000);
    VirtualQuery(second + 0x1000, &info, sizeof info);
    DOCUMENTED("two bytes, seen by the other view", info.State == MEM_COMMIT && info.RegionSize == 0x2000, 1,
               "Wine does not round to pages what it commits for other views");
    UnmapViewOfFile(second);
    UnmapViewOfFile(first);
    CloseHandle(section);

    /* A gigantic reservation costs nothing until it is committed. */
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0x10, 0,
        "winpages reserved");
    RESULT("64 GiB reserved", section != NULL);
    first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    TRY(VirtualAlloc(first + 0x800000000, 0x1000, MEM_COMMIT, PAGE_READWRITE) != NULL);
    first[0x800000000] = 'g';
    describe_range("64 GiB", first, (size_t)64 << 30);
    UnmapViewOfFile(first);
    CloseHandle(section);
    return 0;
}
