/* Directories, attributes, moving and copying, and FindFirstFile. */

#include "conformance.h"

static void make(const char *name, const char *contents)
{
    DWORD moved;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, contents, (DWORD)strlen(contents), &moved, NULL);
    CloseHandle(file);
}

static void attributes(const char *name)
{
    SetLastError(UNCHANGED);
    DWORD found = GetFileAttributesA(name);
    if (found == INVALID_FILE_ATTRIBUTES)
        printf("%s: none, %s\n", name, error_name(GetLastError()));
    else
        printf("%s:%s%s\n", name, found & FILE_ATTRIBUTE_DIRECTORY ? " directory" : " file",
               found & FILE_ATTRIBUTE_READONLY ? " read-only" : "");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void list(const char *pattern)
{
    WIN32_FIND_DATAA data;
    char names[20][MAX_PATH];
    size_t count = 0;
    SetLastError(UNCHANGED);
    HANDLE search = FindFirstFileA(pattern, &data);
    printf("%s: %s, %s\n", pattern, search != INVALID_HANDLE_VALUE ? "yes" : "no", error_name(GetLastError()));
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        snprintf(names[count++], MAX_PATH, "%s%s, %u bytes", data.cFileName,
                 data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? "\\" : "",
                 data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? 0 : (unsigned)data.nFileSizeLow);
    } while (count < 20 && FindNextFileA(search, &data));
    printf("  ends with error %u\n", (unsigned)GetLastError());
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++)
        printf("  %s\n", names[i]);
    CALL("  FindClose", FindClose(search));
}

int main(void)
{
    TRY(CreateDirectoryA("winpages d", NULL));
    TRY(CreateDirectoryA("winpages d", NULL));
    TRY(CreateDirectoryA("WINPAGES D", NULL));
    TRY(CreateDirectoryA("winpages missing\\d", NULL));
    TRY(CreateDirectoryA("winpages d\\sub\\", NULL));
    TRY(CreateDirectoryA("", NULL));
    make("winpages d\\one.txt", "1");
    make("winpages d\\Two.TXT", "22");
    make("winpages d\\three.data", "333");
    make("winpages d\\four", "4444");
    TRY(CreateDirectoryA("winpages d\\four", NULL));
    attributes("winpages d");
    attributes("winpages d\\");
    attributes("winpages d\\ONE.txt");
    attributes("winpages d\\missing");
    attributes("winpages missing\\d");
    attributes("");

    list("winpages d\\*");
    list("winpages d\\*.*");
    list("winpages d\\*.txt");
    list("winpages d\\*.TXT");
    list("winpages d\\t*");
    list("winpages d\\???.txt");
    list("winpages d\\four");
    list("winpages d");
    list("winpages d\\*.none");
    list("winpages d\\missing");
    list("winpages missing\\*");
    list("winpages d\\");
    TRY(FindClose(INVALID_HANDLE_VALUE));
    WIN32_FIND_DATAA data;
    HANDLE search = FindFirstFileA("winpages d\\*.", &data);
    unsigned count = 1;
    while (FindNextFileA(search, &data))
        count++;
    FindClose(search);
    DOCUMENTED("names without an extension: . .. four sub", count, 4, "Wine finds all names");

    TRY(SetFileAttributesA("winpages d\\one.txt", FILE_ATTRIBUTE_READONLY));
    attributes("winpages d\\one.txt");
    HANDLE file = INVALID_HANDLE_VALUE;
    DOCUMENTED_CALL("Wine lets root write", 0, ERROR_ACCESS_DENIED,
                    (file = CreateFileA("winpages d\\one.txt", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL))
                        != INVALID_HANDLE_VALUE);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    TRY(DeleteFileA("winpages d\\one.txt"));
    TRY(SetFileAttributesA("winpages d\\one.txt", FILE_ATTRIBUTE_NORMAL));
    attributes("winpages d\\one.txt");
    TRY(SetFileAttributesA("winpages d\\missing", FILE_ATTRIBUTE_NORMAL));

    TRY(CopyFileA("winpages d\\one.txt", "winpages d\\copy.txt", TRUE));
    TRY(CopyFileA("winpages d\\one.txt", "winpages d\\copy.txt", TRUE));
    TRY(CopyFileA("winpages d\\Two.TXT", "winpages d\\copy.txt", FALSE));
    TRY(CopyFileA("winpages d\\missing", "winpages d\\copy.txt", FALSE));
    list("winpages d\\copy.txt");
    TRY(MoveFileA("winpages d\\copy.txt", "winpages d\\one.txt"));
    TRY(MoveFileA("winpages d\\copy.txt", "winpages d\\sub\\moved.txt"));
    TRY(MoveFileA("winpages d\\copy.txt", "winpages d\\again.txt"));
    TRY(MoveFileExA("winpages d\\sub\\moved.txt", "winpages d\\one.txt", MOVEFILE_REPLACE_EXISTING));
    list("winpages d\\o*");
    TRY(MoveFileA("winpages d\\sub", "winpages d\\renamed"));
    attributes("winpages d\\renamed");

    TRY(RemoveDirectoryA("winpages d"));
    TRY(RemoveDirectoryA("winpages d\\one.txt"));
    TRY(RemoveDirectoryA("winpages d\\missing"));
    TRY(DeleteFileA("winpages d\\renamed"));
    TRY(RemoveDirectoryA("winpages d\\renamed"));
    TRY(DeleteFileA("winpages d\\one.txt"));
    TRY(DeleteFileA("winpages d\\Two.TXT"));
    TRY(DeleteFileA("winpages d\\three.data"));
    TRY(DeleteFileA("winpages d\\four"));
    TRY(RemoveDirectoryA("winpages d"));
    attributes("winpages d");
    return 0;
}
