/* What can be asked and set of files, disks and drives: times, final paths, free space, links. */

#include "conformance.h"

static ULONGLONG units(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static FILETIME file_time(ULONGLONG from)
{
    FILETIME time = { (DWORD)from, (DWORD)(from >> 32) };
    return time;
}

static HANDLE open_file(const char *name, DWORD access)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
                       NULL);
}

static void times(const char *name)
{
    HANDLE file = open_file(name, GENERIC_READ | GENERIC_WRITE), reading = open_file(name, GENERIC_READ);
    FILETIME created, read, written, now, wanted = file_time(130000000000000000 + 1234567);
    GetSystemTimeAsFileTime(&now);
    TRY(GetFileTime(file, &created, &read, &written));
    RESULT("written lately", (LONGLONG)(units(now) - units(written)) < 600000000);
    TRY(GetFileTime(file, NULL, NULL, NULL));
    TRY(SetFileTime(file, NULL, &wanted, &wanted));
    TRY(GetFileTime(file, NULL, &read, &written));
    RESULT("read", units(read) - units(wanted));
    RESULT("written", units(written) - units(wanted));
    FILETIME other = file_time(130000000000000000), none = file_time(0), keep = file_time(0xFFFFFFFFFFFFFFFF);
    TRY(SetFileTime(file, NULL, NULL, &other));
    TRY(GetFileTime(file, NULL, &read, &written));
    RESULT("read as before", units(read) - units(wanted));
    RESULT("written", units(written) - units(other));
    TRY(SetFileTime(file, NULL, &none, &none));
    TRY(GetFileTime(file, NULL, &read, &written));
    RESULT("read as before", units(read) - units(wanted));
    RESULT("written as before", units(written) - units(other));
    TRY(SetFileTime(file, NULL, NULL, NULL));
    TRY(SetFileTime(file, NULL, &keep, &keep));
    DOCUMENTED_CALL("asks for no right", 0, ERROR_ACCESS_DENIED, SetFileTime(reading, NULL, &wanted, NULL));
    TRY(SetFileTime(NULL, NULL, &wanted, NULL));
    TRY(GetFileTime(NULL, NULL, NULL, &written));
    TRY(SetFileTime(file, &wanted, NULL, NULL));
    CloseHandle(reading);
    CloseHandle(file);
}

static void final_path(const char *name)
{
    char full[MAX_PATH], path[MAX_PATH + 8];
    WCHAR wide[MAX_PATH + 8];
    GetFullPathNameA(name, sizeof full, full, NULL);
    HANDLE file = open_file(name, 0);
    memset(path, '#', sizeof path);
    DWORD length = GetFinalPathNameByHandleA(file, path, sizeof path, 0);
    RESULT("length", length - strlen(full));
    RESULT("prefix", !memcmp(path, "\\\\?\\", 4));
    RESULT("the path", lstrcmpiA(path + 4, full));
    RESULT("wide length", GetFinalPathNameByHandleW(file, wide, MAX_PATH + 8, FILE_NAME_OPENED) - strlen(full));
    DOCUMENTED("too short", GetFinalPathNameByHandleA(file, path, length, 0) - length, 1, "does not count the NUL");
    RESULT("just long enough", GetFinalPathNameByHandleA(file, path, length + 1, 0) - length);
    RESULT("wide, too short", GetFinalPathNameByHandleW(file, wide, length, 0) - length);
    RESULT("without drive", GetFinalPathNameByHandleA(file, path, sizeof path, VOLUME_NAME_NONE) - strlen(full) + 2);
    RESULT("the path", lstrcmpiA(path, full + 2));
    SetLastError(UNCHANGED);
    RESULT("both", GetFinalPathNameByHandleA(file, path, sizeof path, VOLUME_NAME_NONE | VOLUME_NAME_NT));
    printf("both: %s\n", error_name(GetLastError()));
    SetLastError(UNCHANGED);
    RESULT("no flag", GetFinalPathNameByHandleA(file, path, sizeof path, 0x10));
    printf("no flag: %s\n", error_name(GetLastError()));
    SetLastError(UNCHANGED);
    RESULT("no file", GetFinalPathNameByHandleA(NULL, path, sizeof path, 0));
    printf("no file: %s\n", error_name(GetLastError()));
    CloseHandle(file);
}

static void space(void)
{
    DWORD sectors = 0, bytes = 0, clusters = 0, all = 0;
    ULARGE_INTEGER mine, total, left;
    TRY(GetDiskFreeSpaceA(NULL, &sectors, &bytes, &clusters, &all));
    RESULT("room", sectors && bytes && all && clusters <= all);
    RESULT("of two", !(bytes & (bytes - 1)) && !(sectors & (sectors - 1)));
    TRY(GetDiskFreeSpaceA("C:\\", &sectors, NULL, NULL, NULL));
    TRY(GetDiskFreeSpaceA("C:", &sectors, &bytes, &clusters, &all));
    TRY(GetDiskFreeSpaceA("C:\\no such directory\\", &sectors, &bytes, &clusters, &all));
    TRY(GetDiskFreeSpaceA("Q:\\", &sectors, &bytes, &clusters, &all));
    TRY(GetDiskFreeSpaceExA(NULL, &mine, &total, &left));
    RESULT("room", mine.QuadPart <= total.QuadPart && left.QuadPart <= total.QuadPart && total.QuadPart);
    TRY(GetDiskFreeSpaceExA(".", &mine, NULL, NULL));
    TRY(GetDiskFreeSpaceExW(L"C:\\", NULL, &total, &left));
    TRY(GetDiskFreeSpaceExA("C:\\no such directory", &mine, &total, &left));
    TRY(GetDiskFreeSpaceExA("Q:\\", &mine, &total, &left));
}

static void drives(void)
{
    char strings[200];
    WCHAR wide[200];
    DWORD mask = GetLogicalDrives(), count = 0;
    for (DWORD rest = mask; rest; rest &= rest - 1)
        count++;
    RESULT("drive C", mask >> 2 & 1);
    DWORD length = GetLogicalDriveStringsA(sizeof strings, strings);
    RESULT("four characters each", length - 4 * count);
    RESULT("a NUL at the end", strings[length] | strings[length - 1]);
    RESULT("the first", strings[1] == ':' && strings[2] == '\\' && !strings[3]);
    RESULT("wide", GetLogicalDriveStringsW(200, wide) - length);
    RESULT("too short", GetLogicalDriveStringsA(length, strings) - length);
    RESULT("nowhere", GetLogicalDriveStringsA(0, NULL) - length);
}

static void links(const char *name)
{
    char other[MAX_PATH + 8];
    BY_HANDLE_FILE_INFORMATION info;
    snprintf(other, sizeof other, "%s.link", name);
    TRY(CreateHardLinkA(other, name, NULL));
    HANDLE file = open_file(other, GENERIC_READ);
    TRY(GetFileInformationByHandle(file, &info));
    RESULT("names", info.nNumberOfLinks);
    CloseHandle(file);
    TRY(CreateHardLinkA(other, name, NULL));
    TRY(DeleteFileA(other));
    TRY(CreateHardLinkA(other, "no such file", NULL));
    TRY(CreateHardLinkA("no such directory\\x", name, NULL));
    TRY(CreateHardLinkA(other, ".", NULL));
}

static void finding(const char *name)
{
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileExA(name, FindExInfoStandard, &found, FindExSearchNameMatch, NULL, 0);
    RESULT("found", search != INVALID_HANDLE_VALUE);
    RESULT("size", found.nFileSizeLow);
    TRY(FindNextFileA(search, &found));
    TRY(FindClose(search));
    search = FindFirstFileExA(name, FindExInfoBasic, &found, FindExSearchLimitToDirectories, NULL,
                              FIND_FIRST_EX_LARGE_FETCH);
    RESULT("found", search != INVALID_HANDLE_VALUE);
    FindClose(search);
    TRY(FindFirstFileExA(name, FindExInfoMaxInfoLevel, &found, FindExSearchNameMatch, NULL, 0) != INVALID_HANDLE_VALUE);
    TRY(FindFirstFileExA(name, FindExInfoBasic, &found, FindExSearchMaxSearchOp, NULL, 0) != INVALID_HANDLE_VALUE);
    TRY(FindFirstFileExA(name, FindExInfoBasic, &found, FindExSearchNameMatch, &found, 0) != INVALID_HANDLE_VALUE);
    TRY(FindFirstFileExA("no such file", FindExInfoBasic, &found, FindExSearchNameMatch, NULL, 0)
        != INVALID_HANDLE_VALUE);
}

static void long_path(const char *name)
{
    char path[MAX_PATH];
    RESULT("long", GetLongPathNameA(name, path, sizeof path) - strlen(name));
    RESULT("the same", lstrcmpiA(path, name));
    RESULT("too short", GetLongPathNameA(name, path, 3) - strlen(name));
    TRY(GetLongPathNameA("C:\\no such file", path, sizeof path));
    TRY(GetLongPathNameA(NULL, path, sizeof path));
    TRY(GetLongPathNameA("", path, sizeof path));
}

static void others(const char *name)
{
    HANDLE file = open_file(name, GENERIC_READ | GENERIC_WRITE);
    OVERLAPPED overlapped;
    memset(&overlapped, 0, sizeof overlapped);
    TRY(CancelIo(file));
    TRY(CancelIo(NULL));
    DOCUMENTED_CALL("finds nothing and succeeds", 0, 1168, CancelIoEx(file, NULL));
    SetLastError(UNCHANGED);
    RESULT("no such transfer", CancelIoEx(file, &overlapped));
    RESULT("not found", GetLastError());
    TRY(CancelIoEx(NULL, NULL));
    DOCUMENTED_CALL("asks for no privilege", 0, ERROR_PRIVILEGE_NOT_HELD, SetFileValidData(file, 10));
    CloseHandle(file);
}

int main(void)
{
    char name[MAX_PATH];
    strcpy(name, temporary_file_of(1000));
    times(name);
    final_path(name);
    space();
    drives();
    links(name);
    finding(name);
    long_path(name);
    others(name);
    DeleteFileA(name);
    return 0;
}
