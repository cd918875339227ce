/*
 * Every access of a file × every protection of a section × every access of a view, with the error of each
 * that is refused, and what VirtualQuery says of each that is granted; the same for memory, and for what a
 * section is opened for by its name. Then how long the file's bytes are kept from being taken away.
 */

#include "conformance.h"

#define COUNT(array) (sizeof array / sizeof array[0])

static const DWORD protections[] = { PAGE_READONLY,     PAGE_WRITECOPY,         PAGE_READWRITE,
                                     PAGE_EXECUTE_READ, PAGE_EXECUTE_WRITECOPY, PAGE_EXECUTE_READWRITE };

static const struct {
    const char *label;
    DWORD access;
} file_accesses[] = {
    { "nothing", 0 },
    { "attributes", FILE_READ_ATTRIBUTES },
    { "read", GENERIC_READ },
    { "write", GENERIC_WRITE },
    { "execute", GENERIC_EXECUTE },
    { "read, write", GENERIC_READ | GENERIC_WRITE },
    { "read, execute", GENERIC_READ | GENERIC_EXECUTE },
    { "write, execute", GENERIC_WRITE | GENERIC_EXECUTE },
    { "read, write, execute", GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE },
    { "all", GENERIC_ALL },
};

/* One line: what each view access answers for a section, in the order of its bits. */
static void views(HANDLE section)
{
    static const DWORD bits[] = { FILE_MAP_COPY, FILE_MAP_WRITE, FILE_MAP_READ, FILE_MAP_EXECUTE };
    static const struct {
        const char *label;
        DWORD access;
    } others[] = {
        { "all", FILE_MAP_ALL_ACCESS },
        { "all, execute", FILE_MAP_ALL_ACCESS | FILE_MAP_EXECUTE },
        { "unknown", 0x100 },
        { "unknown, read", 0x100 | FILE_MAP_READ },
    };
    for (unsigned set = 0; set < 16 + COUNT(others); set++) {
        DWORD access = set < 16 ? 0 : others[set - 16].access;
        char label[32] = "";
        for (unsigned bit = 0; set < 16 && bit < COUNT(bits); bit++)
            if (set & (1u << bit)) {
                access |= bits[bit];
                strcat(label, &"C\0W\0R\0X"[bit * 2]);
            }
        SetLastError(UNCHANGED);
        void *view = MapViewOfFile(section, access, 0, 0, 0);
        DWORD error = GetLastError();
        printf("        %s: ", set < 16 ? (set ? label : "-") : others[set - 16].label);
        if (view) {
            MEMORY_BASIC_INFORMATION info;
            VirtualQuery(view, &info, sizeof info);
            printf("%s, allocated as %s, %s, %s\n", protection_name(info.Protect),
                   protection_name(info.AllocationProtect), type_name(info.Type), error_name(error));
            UnmapViewOfFile(view);
        } else {
            printf("%s\n", error_name(error));
        }
    }
}

static void file_table(void)
{
    char name[MAX_PATH];
    strcpy(name, temporary_file_of(0x1800));
    for (unsigned a = 0; a < COUNT(file_accesses); a++) {
        HANDLE file = CreateFileA(name, file_accesses[a].access, 0, NULL, OPEN_EXISTING, 0, NULL);
        int can_execute = file_accesses[a].access & (GENERIC_EXECUTE | GENERIC_ALL) ? 1 : 0;
        int can_read = file_accesses[a].access & (GENERIC_READ | GENERIC_ALL) ? 1 : 0;
        printf("a file opened for: %s\n", file_accesses[a].label);
        for (unsigned p = 0; p < COUNT(protections); p++) {
            int executable = protections[p] >= PAGE_EXECUTE;
            char label[64];
            snprintf(label, sizeof label, "    %s", protection_name(protections[p]));
            SetLastError(UNCHANGED);
            HANDLE section = CreateFileMappingA(file, NULL, protections[p], 0, 0, NULL);
            DWORD error = GetLastError();
            if (executable && can_read && !can_execute) {
                report_documented_call(label, section != NULL, error, 0, ERROR_ACCESS_DENIED);
                if (section)
                    CloseHandle(section);
                continue;
            }
            report_call(label, section != NULL, error);
            if (section) {
                views(section);
                CloseHandle(section);
            }
        }
        CloseHandle(file);
    }
    DeleteFileA(name);
}

static void memory_table(void)
{
    static const struct {
        const char *label;
        DWORD flags;
    } kinds[] = { { "committed", SEC_COMMIT }, { "reserved", SEC_RESERVE } };
    for (unsigned k = 0; k < COUNT(kinds); k++)
        for (unsigned p = 0; p < COUNT(protections); p++) {
            HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protections[p] | kinds[k].flags, 0, 0x2000,
                                                NULL);
            printf("memory, %s, %s\n", kinds[k].label, protection_name(protections[p]));
            if (kinds[k].flags == SEC_COMMIT) {
                views(section);
            } else {
                for (unsigned access = 0; access < 8; access++) {
                    char *view = MapViewOfFile(section, access, 0, 0, 0);
                    if (!view)
                        continue;
                    printf("    access %u: ", access);
                    describe("reserved", view, 0);
                    UnmapViewOfFile(view);
                }
            }
            CloseHandle(section);
        }
}

/* What a handle that was opened by name may map. */
static void opened_table(void)
{
    static const DWORD accesses[] = { FILE_MAP_READ,  FILE_MAP_WRITE,   FILE_MAP_READ | FILE_MAP_WRITE,
                                      FILE_MAP_COPY,  FILE_MAP_EXECUTE, GENERIC_READ,
                                      GENERIC_WRITE,  GENERIC_EXECUTE,  GENERIC_ALL,
                                      SECTION_QUERY,  FILE_MAP_ALL_ACCESS };
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x2000,
                                        "winpages section table");
    for (unsigned i = 0; i < COUNT(accesses); i++) {
        char label[64];
        HANDLE opened;
        snprintf(label, sizeof label, "opened for 0x%x", (unsigned)accesses[i]);
        CALL(label, opened = OpenFileMappingA(accesses[i], FALSE, "winpages section table"));
        if (opened) {
            views(opened);
            CloseHandle(opened);
        }
    }
    HANDLE opened = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_EXECUTE, FALSE, "winpages section table");
    DOCUMENTED_CALL("Wine does not know FILE_MAP_EXECUTE where a section is opened", 1, UNCHANGED,
                    MapViewOfFile(opened, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0));
    CloseHandle(opened);
    CloseHandle(section);
}

static HANDLE reopen(const char *name)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

static int cut(HANDLE file, LONG size)
{
    SetFilePointer(file, size, NULL, FILE_BEGIN);
    return SetEndOfFile(file);
}

/* What a file may become while there is a section of it, or a view alone; one stage after the other. */
static void lifetime_table(void)
{
    char name[MAX_PATH];
    strcpy(name, temporary_file_of(0x4000));
    HANDLE file = reopen(name), other = reopen(name);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x2000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    static const char *const stages[] = { "a section and a view", "a section", "a section without the file's handle",
                                          "a view", "nothing" };
    for (unsigned stage = 0; stage < COUNT(stages); stage++) {
        if (stage == 1)
            UnmapViewOfFile(view);
        if (stage == 2)
            CloseHandle(file);
        if (stage == 3) {
            view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
            CloseHandle(section);
        }
        if (stage == 4)
            UnmapViewOfFile(view);
        printf("%s\n", stages[stage]);
        CALL("    cut to nothing", cut(other, 0));
        if (stage == 4)
            break;
        CALL("    cut within", cut(other, 0x1000));
        CALL("    longer", cut(other, 0x5000 + 0x1000 * (LONG)stage));
        HANDLE truncated = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                       NULL, TRUNCATE_EXISTING, 0, NULL);
        report_call("    truncate by opening", truncated != INVALID_HANDLE_VALUE, GetLastError());
        truncated = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                CREATE_ALWAYS, 0, NULL);
        report_call("    create over it", truncated != INVALID_HANDLE_VALUE, GetLastError());
        if (truncated != INVALID_HANDLE_VALUE)
            CloseHandle(truncated);
    }
    RESULT("what is left", GetFileSize(other, NULL));
    CloseHandle(other);
    CALL("delete", DeleteFileA(name));
}

/* Files larger than 4 GiB, with holes, and files that grow. */
static void large_files(void)
{
    char name[MAX_PATH];
    strcpy(name, temporary_file());
    HANDLE file = reopen(name);
    LARGE_INTEGER size;
    size.QuadPart = 0x140000000ll;
    CALL("a pointer beyond 4 GiB", SetFilePointerEx(file, size, NULL, FILE_BEGIN));
    CALL("a file beyond 4 GiB", SetEndOfFile(file));
    HANDLE section;
    CALL("a section of it", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL));
    char *view, *second;
    CALL("a view beyond 4 GiB", view = MapViewOfFile(section, FILE_MAP_WRITE, 1, 0x3fff0000, 0));
    describe("beyond 4 GiB", view, 0);
    view[0xffff] = 'e';
    CALL("the same from lower down", second = MapViewOfFile(section, FILE_MAP_READ, 1, 0x3ffe0000, 0x20000));
    RESULT("the last byte", second[0x1ffff]);
    CALL("past the end", MapViewOfFile(section, FILE_MAP_READ, 1, 0x3fff0000, 0x10001));
    UnmapViewOfFile(second);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CALL("a section of both halves", section = CreateFileMappingA(file, NULL, PAGE_READONLY, 1, 0x10000, NULL));
    CALL("its last page", view = MapViewOfFile(section, FILE_MAP_READ, 1, 0, 0));
    describe("its last page", view, 0);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CALL("more than there is, not writable", CreateFileMappingA(file, NULL, PAGE_READONLY, 2, 0, NULL));
    CALL("back to nothing", cut(file, 0));

    CALL("a section that lets the file grow", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x2345, NULL));
    RESULT("the file's size", GetFileSize(file, NULL));
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    describe("grown", view, 0);
    view[0x2344] = 'g';
    view[0x2345] = 'h';
    CloseHandle(section);
    CALL("and again", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x12000, NULL));
    second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    RESULT("the file's size", GetFileSize(file, NULL));
    RESULT("what was there", second[0x2344]);
    second[0x2346] = 'i';
    RESULT("the first view sees it", view[0x2346]);
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

int main(void)
{
    file_table();
    memory_table();
    opened_table();
    lifetime_table();
    large_files();
    return 0;
}
