/* CreateFileMapping: protections, access of the file, sizes, SEC_ flags. (Names: section_names.c.) */

#include "conformance.h"

static const DWORD protections[] = { PAGE_READONLY,     PAGE_WRITECOPY,         PAGE_READWRITE,
                                     PAGE_EXECUTE_READ, PAGE_EXECUTE_WRITECOPY, PAGE_EXECUTE_READWRITE };

static HANDLE pagefile(DWORD protection, DWORD high, DWORD low)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protection, high, low, NULL);
}

static void valid_protections(void)
{
    unsigned refusals = 0;
    for (unsigned i = 0; i < 6; i++)
        CALL(protection_name(protections[i]), pagefile(protections[i], 0, 0x1000));
    for (DWORD protection = 0; protection < 0x100; protection++) {
        int valid = 0;
        for (unsigned i = 0; i < 6; i++)
            valid |= protections[i] == protection;
        if (valid)
            continue;
        SetLastError(UNCHANGED);
        if (!pagefile(protection, 0, 0x1000) && GetLastError() == ERROR_INVALID_PARAMETER)
            refusals++;
        else
            printf("%s is not refused\n", protection_name(protection));
    }
    RESULT("refused", refusals);
    TRY(pagefile(PAGE_READWRITE | PAGE_GUARD, 0, 0x1000));
    TRY(pagefile(PAGE_READWRITE | PAGE_NOCACHE, 0, 0x1000));
    TRY(pagefile(PAGE_READWRITE | 0x1000, 0, 0x1000));
}

static void file_access(void)
{
    static const struct {
        const char *label;
        DWORD access;
    } accesses[] = {
        { "none", 0 },
        { "read", GENERIC_READ },
        { "write", GENERIC_WRITE },
        { "execute", GENERIC_EXECUTE },
        { "read, write", GENERIC_READ | GENERIC_WRITE },
        { "read, execute", GENERIC_READ | GENERIC_EXECUTE },
        { "read, write, execute", GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE },
        { "all", GENERIC_ALL },
    };
    const char *name = temporary_file_of(0x1000);
    for (unsigned a = 0; a < sizeof accesses / sizeof accesses[0]; a++) {
        HANDLE file = CreateFileA(name, accesses[a].access, 0, NULL, OPEN_EXISTING, 0, NULL);
        int executable = accesses[a].access & (GENERIC_EXECUTE | GENERIC_ALL) ? 1 : 0;
        printf("file opened for: %s\n", accesses[a].label);
        for (unsigned i = 0; i < 6; i++) {
            char label[64];
            HANDLE section;
            SetLastError(UNCHANGED);
            section = CreateFileMappingA(file, NULL, protections[i], 0, 0, NULL);
            snprintf(label, sizeof label, "  %s", protection_name(protections[i]));
            if (i >= 3 && !executable) {
                /* Wine grants execute protections without GENERIC_EXECUTE. */
                report_documented_call(label, section != NULL, GetLastError(), 0, ERROR_ACCESS_DENIED);
            } else {
                report_call(label, section != NULL, GetLastError());
            }
            if (section)
                CloseHandle(section);
        }
        CloseHandle(file);
    }
    DeleteFileA(name);
}

/* The size of a section, seen from outside: how large a whole view is, and which sizes still map. */
static void report_size(const char *label, HANDLE section, DWORD access, DWORD size)
{
    printf("%s\n", label);
    char *view = NULL;
    CALL("  whole", view = MapViewOfFile(section, access, 0, 0, 0));
    if (!view)
        return;
    describe("  view", view, 0);
    UnmapViewOfFile(view);
    CALL("  exactly that much", view = MapViewOfFile(section, access, 0, 0, size));
    UnmapViewOfFile(view);
    CALL("  one byte more", MapViewOfFile(section, access, 0, 0, size + 1));
}

static void sizes(void)
{
    TRY(pagefile(PAGE_READWRITE, 0, 0));
    TRY(pagefile(PAGE_READWRITE, 0x80000000, 0));
    DOCUMENTED_CALL("Wine rounds the size up to 0", 0, ERROR_INVALID_PARAMETER,
                    pagefile(PAGE_READWRITE, 0xFFFFFFFF, 0xFFFFFFFF));
    HANDLE section;
    static const DWORD lengths[] = { 1, 256, 0x1000, 0x1001, 0x3452, 0x10000, 0x12345 };
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char label[32];
        snprintf(label, sizeof label, "0x%x bytes", (unsigned)lengths[i]);
        section = pagefile(PAGE_READWRITE, 0, lengths[i]);
        report_size(label, section, FILE_MAP_WRITE, (lengths[i] + PAGE - 1) & ~(PAGE - 1));
        CloseHandle(section);
    }
    CALL("reserved, 1 TiB",
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0x100, 0, NULL));
    CloseHandle(section);

    const char *name = temporary_file_of(0x3456);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CALL("file, whole", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL));
    report_size("file, whole", section, FILE_MAP_WRITE, 0x3456);
    unsigned char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    RESULT("byte 0x123", view[0x123]);
    RESULT("last byte", view[0x3455]);
    RESULT("behind the end", view[0x3456] | view[0x3FFF]);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CALL("file, 36 bytes", section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 36, NULL));
    report_size("file, 36 bytes", section, FILE_MAP_READ, 36);
    CloseHandle(section);
    CALL("read-only, larger", CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0x3457, NULL));
    CALL("write-copy, larger", CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0x10000, NULL));
    RESULT("file size", GetFileSize(file, NULL));
    CALL("read-write, larger", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x12345, NULL));
    RESULT("file size", GetFileSize(file, NULL));
    report_size("grown", section, FILE_MAP_WRITE, 0x12345);
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    RESULT("old part", view[0x3455]);
    RESULT("new part", view[0x3456] | view[0x12344]);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);

    file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CALL("read-only file, larger", CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0x20000, NULL));
    CALL("read-only file, high part of the size", CreateFileMappingA(file, NULL, PAGE_READONLY, 1, 0, NULL));
    CALL("negative size", CreateFileMappingA(file, NULL, PAGE_READONLY, 0xFFFFFFFF, 0xFFFFFFFF, NULL));
    CloseHandle(file);
    DeleteFileA(name);

    name = temporary_file();
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CALL("empty file", CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL));
    CALL("empty file, read-only", CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL));
    CALL("empty file, read-only with a size", CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    CALL("empty file, with a size", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x1001, NULL));
    RESULT("file size", GetFileSize(file, NULL));
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

static void sec_flags(void)
{
    static const struct {
        const char *name;
        DWORD flags;
    } flags[] = {
        { "none", 0 },
        { "COMMIT", SEC_COMMIT },
        { "RESERVE", SEC_RESERVE },
        { "COMMIT|NOCACHE", SEC_COMMIT | SEC_NOCACHE },
        { "RESERVE|NOCACHE", SEC_RESERVE | SEC_NOCACHE },
        { "RESERVE|COMMIT", SEC_RESERVE | SEC_COMMIT },
        { "NOCACHE", SEC_NOCACHE },
        { "WRITECOMBINE", SEC_WRITECOMBINE },
        { "LARGE_PAGES", SEC_LARGE_PAGES },
        { "RESERVE|LARGE_PAGES", SEC_RESERVE | SEC_LARGE_PAGES },
        { "FILE", 0x800000 },
        { "FILE|COMMIT", 0x800000 | SEC_COMMIT },
        { "IMAGE|RESERVE", SEC_IMAGE | SEC_RESERVE },
        { "IMAGE|COMMIT", SEC_IMAGE | SEC_COMMIT },
        { "IMAGE|LARGE_PAGES", SEC_IMAGE | SEC_LARGE_PAGES },
        { "IMAGE|WRITECOMBINE", SEC_IMAGE | SEC_WRITECOMBINE },
    };
    const char *name = temporary_file_of(0x2000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        HANDLE section = NULL;
        char *view;
        printf("%s\n", flags[i].name);
        CALL("  pagefile",
            section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | flags[i].flags, 0, 0x2000,
            NULL));
        if (section) {
            view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
            describe("  pagefile", view, 0);
            UnmapViewOfFile(view);
            CloseHandle(section);
            section = NULL;
        }
        CALL("  file", section = CreateFileMappingA(file, NULL, PAGE_READWRITE | flags[i].flags, 0, 0, NULL));
        if (section) {
            view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
            describe("  file", view, 0);
            UnmapViewOfFile(view);
            CloseHandle(section);
        }
    }
    HANDLE combining;
    CALL("COMMIT|WRITECOMBINE", combining = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
        PAGE_READWRITE | SEC_COMMIT | SEC_WRITECOMBINE, 0, 0x2000, NULL));
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(MapViewOfFile(combining, FILE_MAP_WRITE, 0, 0, 0), &info, sizeof info);
    DOCUMENTED("its views", info.Protect, PAGE_READWRITE | PAGE_WRITECOMBINE, "Wine forgets it in views");
    CALL("IMAGE of the paging file",
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0x2000, NULL));
    CALL("IMAGE of a data file", CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL));
    CloseHandle(file);
    DeleteFileA(name);
}

static void contents(void)
{
    HANDLE section = pagefile(PAGE_READWRITE, 0, 0x20000);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    unsigned long long sum = 0;
    for (unsigned i = 0; i < 0x20000; i++)
        sum += (unsigned char)view[i];
    RESULT("sum of the bytes of a new section", sum);
    UnmapViewOfFile(view);
    CloseHandle(section);

    HANDLE wide;
    CALL("wide", wide = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, L"winpages wide"));
    CALL("found by the narrow name", section = OpenFileMappingA(FILE_MAP_READ, FALSE, "winpages wide"));
    CloseHandle(section);
    CloseHandle(wide);

    SECURITY_ATTRIBUTES attributes = { sizeof attributes, NULL, TRUE };
    CALL("security attributes",
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, NULL));
    CloseHandle(section);
}

int main(void)
{
    valid_protections();
    file_access();
    sizes();
    sec_flags();
    contents();
    return 0;
}
