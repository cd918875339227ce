/* Small helpers: versions, names, pointers, modes, directories, strings. */

#define _WIN32_WINNT 0x0A00
#include "conformance.h"

static void versions(void)
{
    OSVERSIONINFOEXW wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.dwOSVersionInfoSize = sizeof wanted;
    wanted.dwMajorVersion = 6;
    ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
    RESULT("mask", mask);
    RESULT("mask of two", VerSetConditionMask(mask, VER_MINORVERSION | VER_BUILDNUMBER, VER_EQUAL));
    RESULT("mask of all", VerSetConditionMask(0, 0xFF, VER_AND));
    RESULT("no condition", VerSetConditionMask(0, VER_MAJORVERSION, 0));
    RESULT("no type", VerSetConditionMask(0, 0, VER_EQUAL));
    TRY(VerifyVersionInfoW(&wanted, VER_MAJORVERSION, mask));
    wanted.dwMajorVersion = 99;
    SetLastError(UNCHANGED);
    RESULT("99", VerifyVersionInfoW(&wanted, VER_MAJORVERSION, mask));
    RESULT("error", GetLastError());
    TRY(VerifyVersionInfoW(&wanted, VER_MAJORVERSION, VerSetConditionMask(0, VER_MAJORVERSION, VER_LESS)));
    RESULT("no type", VerifyVersionInfoW(&wanted, 0, mask));
    RESULT("error", GetLastError());
    RESULT("no condition", VerifyVersionInfoW(&wanted, VER_MAJORVERSION, 0));
    RESULT("error", GetLastError());
    wanted.dwMajorVersion = 6;
    wanted.dwMinorVersion = 99;
    mask = VerSetConditionMask(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    mask = VerSetConditionMask(mask, VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL);
    wanted.wServicePackMajor = 9;
    wanted.dwMajorVersion = 5;
    TRY(VerifyVersionInfoW(&wanted, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR, mask));
    wanted.wProductType = VER_NT_WORKSTATION;
    wanted.dwPlatformId = VER_PLATFORM_WIN32_NT;
    mask = VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL);
    TRY(VerifyVersionInfoW(&wanted, VER_PRODUCT_TYPE, mask));
    mask = VerSetConditionMask(0, VER_PLATFORMID, VER_EQUAL);
    TRY(VerifyVersionInfoW(&wanted, VER_PLATFORMID, mask));
}

static void arithmetic(void)
{
    static const int numbers[][3] = { { 7, 3, 2 }, { -7, 3, 2 }, { 7, -3, 2 }, { 7, 3, -2 }, { 1, 1, 3 }, { 2, 1, 3 },
                                      { 0x7FFFFFFF, 2, 1 }, { 0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF }, { 1, 1, 0 },
                                      { -0x7FFFFFFF - 1, 1, 1 }, { 5, 5, 10 }, { -5, 5, 10 } };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        printf("%d * %d / %d = %d\n", numbers[i][0], numbers[i][1], numbers[i][2],
               MulDiv(numbers[i][0], numbers[i][1], numbers[i][2]));
}

static void pointers(void)
{
    int there;
    void *encoded = EncodePointer(&there);
    RESULT("another one", encoded != &there);
    RESULT("the same", EncodePointer(&there) == encoded);
    RESULT("back", DecodePointer(encoded) == &there);
    RESULT("NULL is hidden, too", EncodePointer(NULL) != NULL);
    RESULT("NULL back", DecodePointer(EncodePointer(NULL)) == NULL);
    RESULT("back", DecodeSystemPointer(EncodeSystemPointer(&there)) == &there);
}

static void error_modes(void)
{
    RESULT("mode", GetErrorMode());
    RESULT("before", SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX));
    RESULT("mode", GetErrorMode());
    RESULT("before", SetErrorMode(0));
    DWORD before = 77;
    RESULT("thread's", GetThreadErrorMode());
    TRY(SetThreadErrorMode(SEM_FAILCRITICALERRORS, &before));
    RESULT("before", before);
    RESULT("thread's", GetThreadErrorMode());
    TRY(SetThreadErrorMode(SEM_NOALIGNMENTFAULTEXCEPT, &before));
    TRY(SetThreadErrorMode(0x100, NULL));
    TRY(SetThreadErrorMode(0, NULL));
    RESULT("mode", GetErrorMode());
}

static void names(void)
{
    char name[300], other[300];
    WCHAR wide[300];
    DWORD size = sizeof name, again;
    TRY(GetComputerNameA(name, &size));
    RESULT("its length", size - strlen(name));
    RESULT("not too long", size <= MAX_COMPUTERNAME_LENGTH);
    again = size;
    SetLastError(UNCHANGED);
    RESULT("too short", GetComputerNameA(other, &again));
    RESULT("error", GetLastError());
    RESULT("needed", again - size);
    again = 300;
    TRY(GetComputerNameW(wide, &again));
    RESULT("as long", again - size);
    again = 300;
    RESULT("by NetBIOS", GetComputerNameExA(ComputerNameNetBIOS, other, &again));
    RESULT("the same", strcmp(name, other));
    again = 300;
    RESULT("by the host's name", GetComputerNameExA(ComputerNameDnsHostname, other, &again));
    RESULT("its length", again - strlen(other));
    again = 300;
    TRY(GetComputerNameExW(ComputerNamePhysicalDnsHostname, wide, &again));
    again = 0;
    SetLastError(UNCHANGED);
    RESULT("too short", GetComputerNameExA(ComputerNameDnsHostname, NULL, &again));
    RESULT("error", GetLastError());
    RESULT("needed", again - strlen(other));
    again = 300;
    TRY(GetComputerNameExA(ComputerNameMax, other, &again));

    size = sizeof name;
    TRY(GetUserNameA(name, &size));
    RESULT("with its NUL", size - strlen(name));
    again = 1;
    SetLastError(UNCHANGED);
    RESULT("too short", GetUserNameA(other, &again));
    RESULT("error", GetLastError());
    RESULT("needed", again - size);
    again = 300;
    TRY(GetUserNameW(wide, &again));
    RESULT("as long", again - size);
}

static void directories(void)
{
    char path[MAX_PATH], other[MAX_PATH];
    WCHAR wide[MAX_PATH];
    UINT length = GetWindowsDirectoryA(path, sizeof path);
    RESULT("length", length - strlen(path));
    RESULT("the same", strcmp((GetSystemWindowsDirectoryA(other, sizeof other), other), path));
    RESULT("wide", GetWindowsDirectoryW(wide, MAX_PATH) - length);
    RESULT("too short", GetWindowsDirectoryA(other, length) - length);
    length = GetSystemDirectoryA(other, sizeof other);
    RESULT("length", length - strlen(other));
    RESULT("wide", GetSystemDirectoryW(wide, MAX_PATH) - length);
    RESULT("a path", lstrcmpiA(path, "C:\\Windows"));
    RESULT("a path", lstrcmpiA(other, "C:\\Windows\\System32"));
}

static void expanding(void)
{
    char text[64];
    WCHAR wide[64];
    SetEnvironmentVariableA("WINPAGES_ONE", "first");
    SetEnvironmentVariableA("WINPAGES_EMPTY", NULL);
    static const char *const sources[] = { "plain", "%WINPAGES_ONE%", "<%winpages_one%>", "%WINPAGES_EMPTY%", "%", "100%",
                                           "%%", "%WINPAGES_ONE", "a%WINPAGES_ONE%b%WINPAGES_ONE%c", "" };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        memset(text, '#', sizeof text);
        DWORD length = ExpandEnvironmentStringsA(sources[i], text, sizeof text);
        printf("%s: %u: %s\n", sources[i], (unsigned)length, text);
    }
    RESULT("needed", ExpandEnvironmentStringsA("%WINPAGES_ONE%", text, 3));
    RESULT("needed", ExpandEnvironmentStringsW(L"%WINPAGES_ONE%", wide, 3));
    RESULT("needed", ExpandEnvironmentStringsW(L"%WINPAGES_ONE%", NULL, 0));
    RESULT("just enough", ExpandEnvironmentStringsW(L"%WINPAGES_ONE%", wide, 6));
    RESULT("all of it", wide[4] == 't' && !wide[5]);
}

static void pages(void)
{
    RESULT("UTF-8", IsValidCodePage(65001));
    RESULT("none", IsValidCodePage(12345));
}

static void strings(void)
{
    static const struct {
        const WCHAR *one, *other;
        BOOL ignore;
    } pairs[] = { { L"a", L"b", 0 },  { L"b", L"a", 0 },   { L"a", L"A", 0 },      { L"a", L"A", 1 },
                  { L"", L"a", 1 },   { L"ab", L"a", 1 },  { L"\u00e4", L"\u00c4", 1 }, { L"_", L"a", 1 },
                  { L"_", L"A", 0 },  { L"\u0451", L"\u0401", 1 } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        printf("%u: %d\n", (unsigned)i, CompareStringOrdinal(pairs[i].one, -1, pairs[i].other, -1, pairs[i].ignore));
    RESULT("counted", CompareStringOrdinal(L"abc", 2, L"abd", 2, FALSE));
    SetLastError(UNCHANGED);
    RESULT("nothing", CompareStringOrdinal(NULL, 0, L"a", 1, FALSE));
    RESULT("error", GetLastError());
    RESULT("negative", CompareStringOrdinal(L"a", -2, L"a", 1, FALSE));
    RESULT("error", GetLastError());
}

static void privileges(void)
{
    LUID luid;
    char name[64];
    DWORD size = sizeof name;
    LookupPrivilegeValueA(NULL, "SeLockMemoryPrivilege", &luid);
    RESULT("found", LookupPrivilegeNameA(NULL, &luid, name, &size));
    printf("%u: %s\n", (unsigned)size, name);
    size = 5;
    SetLastError(UNCHANGED);
    RESULT("too short", LookupPrivilegeNameA(NULL, &luid, name, &size));
    RESULT("error", GetLastError());
    DOCUMENTED("needed", size, 22, "leaves it");
    luid.LowPart = 1000;
    size = sizeof name;
    TRY(LookupPrivilegeNameA(NULL, &luid, name, &size));
}

int main(void)
{
    versions();
    arithmetic();
    pointers();
    error_modes();
    names();
    directories();
    expanding();
    pages();
    strings();
    privileges();
    return 0;
}
