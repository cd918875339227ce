/* GetTempPath and GetTempFileName. */

#include "conformance.h"

int main(void)
{
    char directory[MAX_PATH], name[MAX_PATH], small[2] = "?";
    WCHAR wide[MAX_PATH];
    DWORD length;

    SetLastError(UNCHANGED);
    length = GetTempPathA(sizeof directory, directory);
    RESULT("length without the NUL", length == strlen(directory));
    RESULT("ends in a backslash", directory[length - 1] == '\\');
    RESULT("one backslash", directory[length - 2] != '\\');
    RESULT("begins with a drive", directory[1] == ':' && directory[2] == '\\');
    RESULT("a short buffer asks for the NUL too", GetTempPathA(2, small) == length + 1);
    RESULT("no buffer", GetTempPathA(0, NULL) == length + 1);
    RESULT("exact buffer", GetTempPathA(length + 1, directory) == length);
    RESULT("one too short", GetTempPathA(length, name) == length + 1);
    RESULT("wide", GetTempPathW(MAX_PATH, wide) == length);
    printf("last error: %s\n", error_name(GetLastError()));

    CALL("a unique name", length = GetTempFileNameA(directory, "winpages", 0, name));
    RESULT("the number is not 0 and fits 16 bits", length && length <= 0xFFFF);
    char expected[MAX_PATH];
    snprintf(expected, sizeof expected, "%swin%x.tmp", directory, (unsigned)length);
    RESULT("directory, three letters, number", !_stricmp(name, expected));
    HANDLE file;
    CALL("it is there", (file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL))
        != INVALID_HANDLE_VALUE);
    RESULT("size", GetFileSize(file, NULL));
    CloseHandle(file);
    char second[MAX_PATH];
    CALL("another", GetTempFileNameA(directory, "winpages", 0, second));
    RESULT("another name", _stricmp(name, second) != 0);
    TRY(DeleteFileA(name));
    TRY(DeleteFileA(second));

    RESULT("a given number", GetTempFileNameA(directory, "wp", 0x12AB, name));
    RESULT("without a file", CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)
        == INVALID_HANDLE_VALUE);
    printf("name: %s\n", name + strlen(directory));
    RESULT("a larger number", GetTempFileNameA(directory, "wp", 0x512AB, name));
    printf("name: %s\n", name + strlen(directory));
    RESULT("no prefix", GetTempFileNameA(directory, "", 0x77, name));
    printf("name: %s\n", name + strlen(directory));
    snprintf(second, sizeof second, "%swinpages not there", directory);
    CALL("a missing directory", GetTempFileNameA(second, "wp", 0, name));
    CALL("a wide name", length = GetTempFileNameW(L".", L"wide", 0x1F, wide));
    for (unsigned i = 0; wide[i]; i++)
        putchar(wide[i] < 0x80 ? wide[i] : '?');
    printf("\n");
    return 0;
}
