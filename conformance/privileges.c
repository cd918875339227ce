/* What programs do before they ask for large pages: enable SeLockMemoryPrivilege, and not get it. */

#include "conformance.h"

static void named(const char *label, const char *system, const char *name)
{
    LUID luid = { 77, 88 };
    CALL(label, LookupPrivilegeValueA(system, name, &luid));
    printf("%s: %u, %d\n", label, (unsigned)luid.LowPart, (int)luid.HighPart);
    fflush(stdout);
}

int main(void)
{
    HANDLE token = NULL, other = NULL;
    TRY(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token));
    TRY(OpenProcessToken((HANDLE)(ULONG_PTR)0x5554, TOKEN_QUERY, &other));
    TRY(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, NULL));
    TRY(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &other));

    named("SeLockMemoryPrivilege", NULL, "SeLockMemoryPrivilege");
    named("selockmemoryPRIVILEGE", "", "selockmemoryPRIVILEGE");
    named("SeDebugPrivilege", NULL, "SeDebugPrivilege");
    named("SeChangeNotifyPrivilege", NULL, "SeChangeNotifyPrivilege");
    named("SeManageVolumePrivilege", NULL, "SeManageVolumePrivilege");
    named("SeNobodyPrivilege", NULL, "SeNobodyPrivilege");
    named("empty", NULL, "");
    named("NULL", NULL, NULL);
    LUID wide = { 0, 1 };
    TRY(LookupPrivilegeValueW(NULL, L"SeLockMemoryPrivilege", &wide));
    RESULT("the same by its wide name", wide.LowPart == 4 && wide.HighPart == 0);
    LUID later = { 0, 1 };
    DOCUMENTED_CALL("Wine does not know this one", 1, UNCHANGED,
                    LookupPrivilegeValueA(NULL, "SeIncreaseWorkingSetPrivilege", &later));
    DOCUMENTED("its LUID", later.LowPart, 33, "Wine does not know it");

    TOKEN_PRIVILEGES state, previous;
    DWORD length = 99;
    RESULT("size of TOKEN_PRIVILEGES", sizeof state);
    state.PrivilegeCount = 1;
    state.Privileges[0].Luid = wide;
    state.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    CALL("enable SeLockMemoryPrivilege", AdjustTokenPrivileges(token, FALSE, &state, 0, NULL, NULL));
    CALL("and ask what it was",
         AdjustTokenPrivileges(token, FALSE, &state, sizeof previous, &previous, &length));
    printf("nothing was changed: %u, %u bytes\n", (unsigned)previous.PrivilegeCount, (unsigned)length);
    state.Privileges[0].Luid.LowPart = 23;
    CALL("enable SeChangeNotifyPrivilege", AdjustTokenPrivileges(token, FALSE, &state, 0, NULL, NULL));
    state.Privileges[0].Attributes = 0;
    CALL("disable it",
         AdjustTokenPrivileges(token, FALSE, &state, sizeof previous, &previous, &length));
    printf("it was enabled: %u, %u bytes, %u is %u\n", (unsigned)previous.PrivilegeCount,
           (unsigned)length, (unsigned)previous.Privileges[0].Luid.LowPart,
           (unsigned)previous.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED);
    CALL("as it was", AdjustTokenPrivileges(token, FALSE, &previous, 0, NULL, NULL));
    state.PrivilegeCount = 0;
    CALL("enable nothing", AdjustTokenPrivileges(token, FALSE, &state, 0, NULL, NULL));
    DOCUMENTED_CALL("Wine answers 998", 0, ERROR_INVALID_PARAMETER,
                    AdjustTokenPrivileges(token, FALSE, NULL, 0, NULL, NULL));
    CALL("of no token", AdjustTokenPrivileges(NULL, FALSE, &state, 0, NULL, NULL));
    CALL("of a handle that is closed",
         AdjustTokenPrivileges((HANDLE)(ULONG_PTR)0x5554, FALSE, &state, 0, NULL, NULL));
    CALL("disable all", AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));

    TRY(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &other));
    CALL("without the right", AdjustTokenPrivileges(other, FALSE, &state, 0, NULL, NULL));
    TRY(CloseHandle(other));
    TRY(CloseHandle(token));
    DOCUMENTED_CALL("Wine 8.0 has no large pages", 0, ERROR_PRIVILEGE_NOT_HELD,
                    VirtualAlloc(NULL, GetLargePageMinimum(),
                                 MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    return 0;
}
