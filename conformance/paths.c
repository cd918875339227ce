/* How the names of files are read: slashes, dots, case, drives, and what is no name at all. */

#include "conformance.h"

static HANDLE open_file(const char *name, DWORD disposition)
{
    return CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, 0, NULL);
}

static void try_open(const char *name)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    char label[80];
    snprintf(label, sizeof label, "\"%.40s\"", name);
    CALL(label, (file = open_file(name, OPEN_EXISTING)) != INVALID_HANDLE_VALUE);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
}

static void try_create(const char *name)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    char label[80];
    snprintf(label, sizeof label, "create \"%.40s\"", name);
    CALL(label, (file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL)) != INVALID_HANDLE_VALUE);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        DeleteFileA(name);
    }
}

int main(void)
{
    HANDLE file = open_file("winpages Paths.tmp", OPEN_ALWAYS);
    CloseHandle(file);

    try_open("winpages Paths.tmp");
    try_open(".\\winpages Paths.tmp");
    try_open("./winpages Paths.tmp");
    try_open(".\\.\\winpages Paths.tmp");
    try_open("missing\\..\\winpages Paths.tmp");
    try_open("WINPAGES PATHS.TMP");
    try_open("winpages paths.tmp");
    try_open("winpages Paths.tmp.");
    try_open("winpages Paths.tmp ");
    try_open("winpages Paths.tmp\\");
    try_open("winpages Paths.tmp\\..");
    try_open(" winpages Paths.tmp");
    try_open("winpages Paths");
    try_open("missing.tmp");
    try_open("missing\\file.tmp");
    try_open("winpages Paths.tmp\\file.tmp");
    try_open(".");
    try_open("..");
    DOCUMENTED_CALL("Wine: ERROR_FILE_NOT_FOUND", 0, ERROR_PATH_NOT_FOUND,
                    open_file("Q:\\file.tmp", OPEN_EXISTING) != INVALID_HANDLE_VALUE);
    DOCUMENTED_CALL("Wine: ERROR_FILE_NOT_FOUND", 0, ERROR_PATH_NOT_FOUND,
                    open_file("Q:file.tmp", OPEN_EXISTING) != INVALID_HANDLE_VALUE);
    try_open("NUL");
    try_open("nul");
    try_open("\\\\.\\NUL");
    try_open("\\\\.\\winpages");

    try_create("winpages?.tmp");
    try_create("winpages*.tmp");
    try_create("winpages<.tmp");
    try_create("winpages>.tmp");
    try_create("winpages|.tmp");
    try_create("winpages\".tmp");
    try_create("winpages\001.tmp");
    try_create("missing\\winpages.tmp");
    try_create("winpages Paths.tmp");
    try_create("WINPAGES PATHS.TMP");
    try_create("winpages two.dots.tmp");
    try_create("winpages \xE5\x85\xB1.tmp");

    char name[400];
    memset(name, 'n', sizeof name);
    name[200] = 0;
    try_create(name);
    name[200] = 'n';
    name[300] = 0;
    try_create(name);

    TRY(DeleteFileA("WINPAGES paths.TMP"));
    TRY(DeleteFileA("winpages Paths.tmp"));
    TRY(DeleteFileA("missing\\file.tmp"));
    TRY(DeleteFileA("."));
    return 0;
}
