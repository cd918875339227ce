/* CreateFile, ReadFile, WriteFile, the file pointer and the end of the file. */

#include "conformance.h"

static char name[MAX_PATH];

static HANDLE open_file(DWORD access, DWORD share, DWORD disposition)
{
    return CreateFileA(name, access, share, NULL, disposition, 0, NULL);
}

static void dispositions(void)
{
    static const struct {
        const char *label;
        DWORD disposition;
    } all[] = {
        { "CREATE_NEW", CREATE_NEW },       { "CREATE_ALWAYS", CREATE_ALWAYS },
        { "OPEN_EXISTING", OPEN_EXISTING }, { "OPEN_ALWAYS", OPEN_ALWAYS },
        { "TRUNCATE_EXISTING", TRUNCATE_EXISTING },
        { "0", 0 },                         { "6", 6 },
    };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        HANDLE file;
        DWORD moved;
        DeleteFileA(name);
        printf("%s\n", all[i].label);
        CALL("  not there", (file = open_file(GENERIC_READ | GENERIC_WRITE, 0, all[i].disposition))
            != INVALID_HANDLE_VALUE);
        if (file != INVALID_HANDLE_VALUE)
            CloseHandle(file);
        file = open_file(GENERIC_WRITE, 0, CREATE_ALWAYS);
        WriteFile(file, "hello", 5, &moved, NULL);
        CloseHandle(file);
        CALL("  there", (file = open_file(GENERIC_READ | GENERIC_WRITE, 0, all[i].disposition))
            != INVALID_HANDLE_VALUE);
        if (file != INVALID_HANDLE_VALUE) {
            RESULT("  size", GetFileSize(file, NULL));
            CloseHandle(file);
        }
    }
    HANDLE truncated;
    DOCUMENTED_CALL("Wine truncates without GENERIC_WRITE", 0, ERROR_INVALID_PARAMETER,
                    (truncated = open_file(GENERIC_READ, 0, TRUNCATE_EXISTING)) != INVALID_HANDLE_VALUE);
    if (truncated != INVALID_HANDLE_VALUE)
        CloseHandle(truncated);
    char missing[MAX_PATH + 20];
    snprintf(missing, sizeof missing, "%s.missing\\file", name);
    CALL("missing directory", CreateFileA(missing, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)
        != INVALID_HANDLE_VALUE);
    CALL("missing directory, create", CreateFileA(missing, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL)
        != INVALID_HANDLE_VALUE);
    snprintf(missing, sizeof missing, "%s\\file", name);
    CALL("a file as a directory", CreateFileA(missing, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)
        != INVALID_HANDLE_VALUE);
    char directory[MAX_PATH];
    GetTempPathA(sizeof directory, directory);
    CALL("a directory", CreateFileA(directory, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)
        != INVALID_HANDLE_VALUE);
}

static void sharing(void)
{
    static const DWORD accesses[] = { 0, GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE };
    static const DWORD shares[] = { 0, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE };
    static const char *const access_names[] = { "none", "read", "write", "read+write" };
    static const char *const share_names[] = { "none", "read", "write", "read+write" };
    CloseHandle(open_file(GENERIC_WRITE, 0, CREATE_ALWAYS));
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned s = 0; s < 4; s++) {
            HANDLE first = open_file(accesses[a], shares[s], OPEN_EXISTING);
            printf("open for %s, sharing %s:", access_names[a], share_names[s]);
            for (unsigned b = 0; b < 4; b++) {
                for (unsigned t = 0; t < 4; t++) {
                    HANDLE second = open_file(accesses[b], shares[t], OPEN_EXISTING);
                    printf(" %u", second == INVALID_HANDLE_VALUE ? (unsigned)GetLastError() : 0);
                    if (second != INVALID_HANDLE_VALUE)
                        CloseHandle(second);
                }
            }
            printf("\n");
            CloseHandle(first);
        }
    }
    HANDLE file = open_file(GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    CALL("delete an open file", DeleteFileA(name));
    CloseHandle(file);
    file = open_file(GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING);
    CALL("delete an open file that shares deletion", DeleteFileA(name));
    CloseHandle(file);
    CALL("delete it again", DeleteFileA(name));
    file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    CloseHandle(file);
    CALL("after FILE_FLAG_DELETE_ON_CLOSE", open_file(GENERIC_READ, 0, OPEN_EXISTING) != INVALID_HANDLE_VALUE);
}

static void moving(void)
{
    char text[64] = "";
    DWORD moved = 99;
    LARGE_INTEGER size, position, distance;
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS);
    TRY(WriteFile(file, "0123456789", 10, &moved, NULL));
    RESULT("written", moved);
    TRY(ReadFile(file, text, 5, &moved, NULL));
    RESULT("read at the end", moved);
    RESULT("to 3", SetFilePointer(file, 3, NULL, FILE_BEGIN));
    TRY(ReadFile(file, text, 4, &moved, NULL));
    printf("read: %.*s\n", (int)moved, text);
    RESULT("here", SetFilePointer(file, 0, NULL, FILE_CURRENT));
    RESULT("back by 2", SetFilePointer(file, -2, NULL, FILE_CURRENT));
    RESULT("2 before the end", SetFilePointer(file, -2, NULL, FILE_END));
    TRY(ReadFile(file, text, 10, &moved, NULL));
    RESULT("a short read", moved);
    CALL("before the start", SetFilePointer(file, -1, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER);
    CALL("before the start, from here", SetFilePointer(file, -100, NULL, FILE_CURRENT) != INVALID_SET_FILE_POINTER);
    CALL("an unknown method", SetFilePointer(file, 0, NULL, 7) != INVALID_SET_FILE_POINTER);
    LONG high = 1;
    RESULT("far behind the end", SetFilePointer(file, 5, &high, FILE_BEGIN));
    RESULT("its high part", high);
    DOCUMENTED_CALL("Wine answers the low part of a position that does not fit", 0, ERROR_INVALID_PARAMETER,
                    SetFilePointer(file, 0, NULL, FILE_CURRENT) != INVALID_SET_FILE_POINTER);
    TRY(ReadFile(file, text, 1, &moved, NULL));
    RESULT("read there", moved);
    high = 0;
    CALL("0xFFFFFFFF is no error", SetFilePointer(file, -1, &high, FILE_BEGIN) == INVALID_SET_FILE_POINTER);
    distance.QuadPart = 20;
    TRY(SetFilePointerEx(file, distance, &position, FILE_BEGIN));
    RESULT("position", position.QuadPart);
    TRY(SetFilePointerEx(file, distance, NULL, FILE_CURRENT));
    distance.QuadPart = -1000;
    TRY(SetFilePointerEx(file, distance, &position, FILE_CURRENT));
    TRY(GetFileSizeEx(file, &size));
    RESULT("size", size.QuadPart);
    TRY(WriteFile(file, "X", 1, &moved, NULL));
    TRY(GetFileSizeEx(file, &size));
    RESULT("size", size.QuadPart);
    high = 7;
    RESULT("GetFileSize", GetFileSize(file, (DWORD *)&high));
    RESULT("its high part", high);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, sizeof text, &moved, NULL));
    RESULT("read", moved);
    RESULT("the gap is zero", text[15] | text[39]);
    RESULT("the last byte", text[40]);
    TRY(WriteFile(file, NULL, 0, &moved, NULL));
    RESULT("written", moved);
    TRY(ReadFile(file, NULL, 0, &moved, NULL));

    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    TRY(SetEndOfFile(file));
    RESULT("cut to", GetFileSize(file, NULL));
    SetFilePointer(file, 0x2000, NULL, FILE_BEGIN);
    TRY(SetEndOfFile(file));
    RESULT("grown to", GetFileSize(file, NULL));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, 8, &moved, NULL));
    printf("read: %.4s\n", text);
    RESULT("then zero", text[4] | text[7]);
    TRY(FlushFileBuffers(file));
    CloseHandle(file);

    OVERLAPPED at = { 0 };
    file = open_file(GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    at.Offset = 0x1000;
    TRY(WriteFile(file, "at an offset", 12, &moved, &at));
    RESULT("written", moved);
    at.Offset = 0x1003;
    TRY(ReadFile(file, text, 9, &moved, &at));
    printf("read: %.*s\n", (int)moved, text);
    RESULT("the pointer is behind it", SetFilePointer(file, 0, NULL, FILE_CURRENT));
    at.Offset = 0x2000;
    TRY(ReadFile(file, text, 9, &moved, &at));
    CloseHandle(file);
}

static void rights(void)
{
    char byte = 0;
    DWORD moved;
    HANDLE file = open_file(GENERIC_READ, 0, OPEN_EXISTING);
    TRY(WriteFile(file, &byte, 1, &moved, NULL));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_ACCESS_DENIED", 0, ERROR_ACCESS_DENIED,
                    SetEndOfFile(file));
    TRY(FlushFileBuffers(file));
    TRY(GetFileSize(file, NULL) == 0x2000);
    CloseHandle(file);
    file = open_file(GENERIC_WRITE, 0, OPEN_EXISTING);
    TRY(ReadFile(file, &byte, 1, &moved, NULL));
    TRY(FlushFileBuffers(file));
    CloseHandle(file);
    file = open_file(0, 0, OPEN_EXISTING);
    TRY(ReadFile(file, &byte, 1, &moved, NULL));
    TRY(WriteFile(file, &byte, 1, &moved, NULL));
    TRY(GetFileSize(file, NULL) == 0x2000);
    CloseHandle(file);
}

static void mapped(void)
{
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    SetFilePointer(file, 0x10, NULL, FILE_BEGIN);
    CALL("cut while a section is open", SetEndOfFile(file));
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CloseHandle(section);
    CALL("cut while a view is there", SetEndOfFile(file));
    RESULT("size", GetFileSize(file, NULL));
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    CALL("cut behind the section", SetEndOfFile(file));
    SetFilePointer(file, 0x4000, NULL, FILE_BEGIN);
    CALL("grow while a view is there", SetEndOfFile(file));
    RESULT("size", GetFileSize(file, NULL));
    UnmapViewOfFile(view);
    SetFilePointer(file, 0x10, NULL, FILE_BEGIN);
    CALL("cut when both are gone", SetEndOfFile(file));
    RESULT("size", GetFileSize(file, NULL));
    CloseHandle(file);
}

int main(void)
{
    strcpy(name, temporary_file());
    dispositions();
    sharing();
    CloseHandle(open_file(GENERIC_WRITE, 0, CREATE_ALWAYS));
    moving();
    rights();
    mapped();
    TRY(DeleteFileA(name));
    TRY(DeleteFileA(name));
    return 0;
}
