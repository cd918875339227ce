/* VirtualProtect and VirtualAlloc(MEM_COMMIT) on views: what a view may become. */

#include "conformance.h"

static const DWORD targets[] = { PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_WRITECOPY,
                                 PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY };

static const struct {
    const char *name;
    DWORD access;
} views[] = {
    { "0", 0 },
    { "READ", FILE_MAP_READ },
    { "COPY", FILE_MAP_COPY },
    { "WRITE", FILE_MAP_WRITE },
    { "READ|EXECUTE", FILE_MAP_READ | FILE_MAP_EXECUTE },
    { "COPY|EXECUTE", FILE_MAP_COPY | FILE_MAP_EXECUTE },
    { "WRITE|EXECUTE", FILE_MAP_WRITE | FILE_MAP_EXECUTE },
};

/* For each kind of view: what it may become, and which errors the rest gives. */
static void table(const char *kind, HANDLE section, int commit)
{
    for (unsigned v = 0; v < sizeof views / sizeof views[0]; v++) {
        printf("%s, view %s, %s\n", kind, views[v].name, commit ? "commit" : "protect");
        for (unsigned t = 0; t < 8; t++) {
            DWORD old = 0;
            MEMORY_BASIC_INFORMATION first, second;
            char *view = MapViewOfFile(section, views[v].access, 0, 0, 0);
            SetLastError(UNCHANGED);
            int done = commit ? VirtualAlloc(view, 0x1000, MEM_COMMIT, targets[t]) == view
                              : VirtualProtect(view, 0x1000, targets[t], &old);
            printf("  to %s: %s, %s", protection_name(targets[t]), done ? "yes" : "no", error_name(GetLastError()));
            VirtualQuery(view, &first, sizeof first);
            VirtualQuery(view + 0x1000, &second, sizeof second);
            printf(", now %s, next page %s, allocated as %s\n", protection_name(first.Protect),
                protection_name(second.Protect), protection_name(second.AllocationProtect));
            UnmapViewOfFile(view);
        }
    }
}

static void file_tables(void)
{
    const char *name = temporary_file_of(0x2000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_EXECUTE_READWRITE, 0, 0, NULL);
    table("file", section, 0);
    table("file", section, 1);
    CloseHandle(section);
    CloseHandle(file);

    file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    DWORD old;
    DOCUMENTED_CALL("Wine cannot: its mapping is a shared one of a read-only descriptor", 1, UNCHANGED,
                    VirtualProtect(view, 0x1000, PAGE_WRITECOPY, &old));
    TRY(VirtualProtect(view, 0x1000, PAGE_READWRITE, &old));
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

static void arguments(void)
{
    DWORD old;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x4000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *other = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    TRY(VirtualProtect(view + 0x1000, 0x1000, PAGE_READONLY, &old));
    printf("old: %s\n", protection_name(old));
    describe_range("view", view, 0x4000);
    describe_range("other view", other, 0x4000);
    report_access("protected page", view + 0x1000);
    report_access("same page, other view", other + 0x1000);
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES", 0,
                    ERROR_INVALID_ADDRESS, VirtualProtect(view, 0x5000, PAGE_READONLY, &old));
    TRY(VirtualProtect(view, 0x1000, 0, &old));
    TRY(VirtualProtect(view, 0x1000, PAGE_READONLY | PAGE_READWRITE, &old));
    TRY(VirtualProtect(view, 0x1000, PAGE_READONLY, NULL));
    TRY(VirtualAlloc(view, 0x5000, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualAlloc(view, 0x1000, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(view, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    describe_range("view", view, 0x4000);
}

int main(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x2000, NULL);
    table("paging file", section, 0);
    table("paging file", section, 1);
    CloseHandle(section);
    file_tables();
    arguments();
    return 0;
}
