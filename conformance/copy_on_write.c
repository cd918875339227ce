/* Views mapped FILE_MAP_COPY, and views turned write-copy afterwards. */

#include "conformance.h"

static DWORD protect_at(void *address)
{
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(address, &info, sizeof info);
    return info.Protect;
}

static void copies(const char *kind, HANDLE section)
{
    printf("%s\n", kind);
    char *shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *first = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    describe_range("untouched copy", first, 0x4000);
    strcpy(shared, "shared");
    printf("before: %s, %s, %s\n", shared, first, second);
    strcpy(first, "first");
    printf("after a write to the first copy: %s, %s, %s\n", shared, first, second);
    strcpy(shared, "again");
    printf("after a write to the shared view: %s, %s, %s\n", shared, first, second);
    strcpy(shared + 0x2000, "other page");
    printf("another page: %s, %s, %s\n", shared + 0x2000, first + 0x2000, second + 0x2000);

    const char *reason = "Wine goes on reporting WRITECOPY for a copied page";
    DOCUMENTED("a copied page", protect_at(first), PAGE_READWRITE, reason);
    RESULT("an untouched page", protect_at(first + 0x1000));
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(first, &info, sizeof info);
    DOCUMENTED("the copied page is a run of its own", info.RegionSize, 0x1000, reason);
    RESULT("allocated as", info.AllocationProtect);
    DWORD old = 0;
    CALL("back to WRITECOPY", VirtualProtect(first, 0x1000, PAGE_WRITECOPY, &old));
    DOCUMENTED("old protection", old, PAGE_READWRITE, reason);
    DOCUMENTED("now", protect_at(first), PAGE_READWRITE, reason);
    printf("contents: %s\n", first);

    TRY(UnmapViewOfFile(first));
    first = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    printf("a new copy sees: %s\n", first);
    report_access("copy", first + 0x1000);
    CALL("copy to read-only", VirtualProtect(first, 0x4000, PAGE_READONLY, &old));
    report_access("copy", first);
    CALL("copy to read-write", VirtualProtect(first, 0x4000, PAGE_READWRITE, &old));
    UnmapViewOfFile(first);
    UnmapViewOfFile(second);

    CALL("shared view to WRITECOPY", VirtualProtect(shared + 0x3000, 0x1000, PAGE_WRITECOPY, &old));
    shared[0x3000] = 'p';
    first = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    DOCUMENTED("what the section sees of a write to it", first[0x3000], 0, "Wine writes through");
    CALL("and back", VirtualProtect(shared + 0x3000, 0x1000, PAGE_READWRITE, &old));
    DOCUMENTED("old protection", old, PAGE_READWRITE, reason);
    DOCUMENTED("the copy stays", shared[0x3000] == 'p' && first[0x3000] == 0, 1, "Wine writes through");
    CALL("a page nobody writes", VirtualProtect(shared + 0x1000, 0x1000, PAGE_WRITECOPY, &old));
    CALL("read-only in between", VirtualProtect(shared + 0x1000, 0x1000, PAGE_READONLY, &old));
    CALL("and back, with the one before", VirtualProtect(shared, 0x2000, PAGE_READWRITE, &old));
    shared[0x1000] = 'q';
    RESULT("what the section sees of a write now", first[0x1000]);
    CALL("all pages", VirtualProtect(shared, 0x4000, PAGE_WRITECOPY, &old));
    shared[0x1000] = 'r';
    CALL("back", VirtualProtect(shared, 0x4000, PAGE_READWRITE, &old));
    describe_range("all pages", shared, 0x4000);
    shared[0x1000] = 's';
    shared[0x2000] = 't';
    DOCUMENTED("a page written meanwhile", first[0x1000], 'q', "Wine writes through");
    RESULT("a page not written meanwhile", first[0x2000]);
    UnmapViewOfFile(first);
    UnmapViewOfFile(shared);
}

static void read_only_file(void)
{
    const char *name = temporary_file_of(0x2000);
    HANDLE file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    char *view;
    CALL("copy of a read-only file", view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0));
    CALL("shared view of a write-copy section", MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    strcpy(view, "private");
    char text[8] = "";
    DWORD moved;
    ReadFile(file, text, 4, &moved, NULL);
    RESULT("first byte of the file", text[0]);
    RESULT("second byte of the file", text[1]);
    printf("view: %s\n", view);
    UnmapViewOfFile(view);
    CloseHandle(section);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    CALL("copy of a read-only section", view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0));
    view[1] = 'x';
    RESULT("private byte", view[1]);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

int main(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x4000, NULL);
    copies("paging file", section);
    CloseHandle(section);

    const char *name = temporary_file();
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE,
        NULL);
    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x4000, NULL);
    copies("file", section);
    CloseHandle(section);
    CloseHandle(file);
    read_only_file();
    return 0;
}
