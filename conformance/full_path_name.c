/* GetFullPathName, and the current directory. */

#include "conformance.h"

int main(void)
{
    static const char *const absolute[] = {
        "C:\\a\\b",     "c:/a/b",      "C:\\a\\.\\b", "C:\\a\\..\\b", "C:\\..\\..\\b", "C:\\a\\\\b",
        "C:\\a\\b\\",   "C:\\",        "C:\\a.",      "C:\\a ",       "C:\\a..",       "C:\\a\\...\\b",
        "C:\\a\\b.c.d", "C:\\a\\b\\.", "C:\\a/b\\c/", "C:\\ a",       "C:\\nul.txt",   "\\\\server\\share\\a\\..\\b",
        "NUL",
    };
    char path[MAX_PATH], *part;
    for (unsigned i = 0; i < sizeof absolute / sizeof absolute[0]; i++) {
        part = NULL;
        DWORD length = GetFullPathNameA(absolute[i], sizeof path, path, &part);
        printf("%s -> %s (%u), last part: %s\n", absolute[i], path, (unsigned)length, part ? part : "none");
    }
    char current[MAX_PATH];
    DWORD length = GetCurrentDirectoryA(sizeof current, current);
    RESULT("length of the current directory", length == strlen(current));
    RESULT("too short a buffer", GetCurrentDirectoryA(2, path) == length + 1);
    static const char *const relative[] = { "a", ".\\a", "a\\..\\b", ".", "a.", "a\\" };
    for (unsigned i = 0; i < sizeof relative / sizeof relative[0]; i++) {
        SetLastError(UNCHANGED);
        length = GetFullPathNameA(relative[i], sizeof path, path, &part);
        printf("%s -> ", relative[i]);
        if (!length)
            printf("nothing, %s\n", error_name(GetLastError()));
        else
            printf("%s%s\n", strncmp(path, current, strlen(current)) ? "elsewhere " : "here ",
                   path + strlen(current));
    }
    RESULT("size asked for", GetFullPathNameA("C:\\abc", 0, NULL, NULL));
    RESULT("too short", GetFullPathNameA("C:\\abc", 6, path, NULL));
    RESULT("exact", GetFullPathNameA("C:\\abc", 7, path, NULL));

    TRY(CreateDirectoryA("winpages here", NULL));
    TRY(SetCurrentDirectoryA("winpages here"));
    TRY(SetCurrentDirectoryA("missing"));
    GetFullPathNameA("a", sizeof path, path, &part);
    printf("a -> %s\n", path + strlen(current));
    CloseHandle(CreateFileA("a", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    TRY(SetCurrentDirectoryA("a"));
    TRY(SetCurrentDirectoryA(".."));
    TRY(DeleteFileA("winpages here\\a"));
    TRY(RemoveDirectoryA("winpages here"));
    return 0;
}
