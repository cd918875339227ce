/* What becomes of the file behind a section: replacing it, copying over it, opening it beside a view. */

#include "conformance.h"

static char name[MAX_PATH], other[MAX_PATH + 8];

static HANDLE reopen(DWORD access, DWORD share)
{
    return CreateFileA(name, access, share, NULL, OPEN_EXISTING, 0, NULL);
}

static void fill(const char *path)
{
    DWORD moved;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, "hello", 5, &moved, NULL);
    CloseHandle(file);
}

/* The new file is another each time: a call that succeeds takes it away. */
static void replace(const char *label)
{
    fill(other);
    CALL(label, MoveFileExA(other, name, MOVEFILE_REPLACE_EXISTING));
    DeleteFileA(other);
}

static void open_files(void)
{
    static const struct {
        const char *label;
        DWORD access, share;
    } opens[] = {
        { "open for reading, sharing all", GENERIC_READ, 7 }, { "open for reading, sharing no deleting", GENERIC_READ, 3 },
        { "open for writing, sharing all", GENERIC_WRITE, 7 }, { "open for deleting, sharing all", DELETE, 7 },
        { "open for all, sharing nothing", GENERIC_ALL, 0 },
    };
    for (unsigned i = 0; i < sizeof opens / sizeof opens[0]; i++) {
        HANDLE file = reopen(opens[i].access, opens[i].share);
        printf("%s\n", opens[i].label);
        replace("    replace it");
        CALL("    move it away", MoveFileA(name, other));
        MoveFileA(other, name);
        CloseHandle(file);
    }
}

static void mapped_files(void)
{
    HANDLE file = reopen(GENERIC_READ | GENERIC_WRITE, 7), second;
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    replace("replace a file with all three");
    fill(other);
    CALL("copy over it", CopyFileA(other, name, FALSE));
    DeleteFileA(other);
    CloseHandle(file);
    replace("replace a file with a section and a view");
    CALL("write beside it, sharing reading",
         (second = reopen(GENERIC_WRITE, FILE_SHARE_READ)) != INVALID_HANDLE_VALUE);
    CALL("write beside it, sharing all", (second = reopen(GENERIC_WRITE, 7)) != INVALID_HANDLE_VALUE);
    CloseHandle(second);
    CloseHandle(section);
    replace("replace a file with a view");
    CALL("move it away", MoveFileA(name, other));
    printf("the view: %.5s\n", view);
    CALL("and back", MoveFileA(other, name));
    UnmapViewOfFile(view);
    replace("replace a file with nothing");
}

/* What no section can be made of, and no view. */
static void other_handles(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    char directory[MAX_PATH];
    GetTempPathA(sizeof directory, directory);
    HANDLE folder = CreateFileA(directory, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    TRY(CreateFileMappingA(event, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    TRY(CreateFileMappingA(section, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    TRY(CreateFileMappingA(NULL, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    TRY(CreateFileMappingA((HANDLE)-2, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    DOCUMENTED_CALL("Windows: STATUS_INVALID_FILE_FOR_SECTION", 0, ERROR_BAD_EXE_FORMAT,
                    CreateFileMappingA(folder, NULL, PAGE_READONLY, 0, 0x1000, NULL));
    TRY(MapViewOfFile(event, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile(folder, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile(NULL, FILE_MAP_READ, 0, 0, 0));
    TRY(MapViewOfFile(INVALID_HANDLE_VALUE, FILE_MAP_READ, 0, 0, 0));
    CloseHandle(folder);
    CloseHandle(section);
    CloseHandle(event);
    TRY(MapViewOfFile(event, FILE_MAP_READ, 0, 0, 0));
}

int main(void)
{
    strcpy(name, temporary_file_of(0x4000));
    snprintf(other, sizeof other, "%s.new", name);
    open_files();
    mapped_files();
    other_handles();
    CALL("delete", DeleteFileA(name));
    return 0;
}
