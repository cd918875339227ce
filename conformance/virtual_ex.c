/* VirtualAllocEx and its kin: the handle of the process. */

#include "conformance.h"

int main(void)
{
    MEMORY_BASIC_INFORMATION info;
    DWORD old;
    HANDLE self = GetCurrentProcess(), bogus = (HANDLE)(ULONG_PTR)0xDEADBEEC;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    char *p;

    TRY(p = VirtualAllocEx(self, NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    p[0] = 1;
    TRY(VirtualProtectEx(self, p, 0x1000, PAGE_READONLY, &old));
    printf("old: %s\n", protection_name(old));
    TRY(VirtualQueryEx(self, p, &info, sizeof info) == sizeof info);
    printf("%s, size 0x%x\n", protection_name(info.Protect), (unsigned)info.RegionSize);
    describe_range("range", p, 0x3000);

    HANDLE handles[] = { NULL, bogus, section };
    const char *names[] = { "NULL", "no handle", "a section" };
    for (unsigned i = 0; i < 3; i++) {
        printf("%s\n", names[i]);
        CALL("  VirtualAllocEx", VirtualAllocEx(handles[i], NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE));
        CALL("  VirtualFreeEx", VirtualFreeEx(handles[i], p, 0, MEM_RELEASE));
        CALL("  VirtualProtectEx", VirtualProtectEx(handles[i], p, 0x1000, PAGE_READWRITE, &old));
        CALL("  VirtualQueryEx", VirtualQueryEx(handles[i], p, &info, sizeof info));
    }
    describe_range("nothing changed", p, 0x3000);

    TRY(VirtualAllocEx(self, NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualProtectEx(self, p, 0x1000, PAGE_READWRITE, NULL));
    TRY(VirtualQueryEx(self, p, &info, 1));
    TRY(VirtualFreeEx(self, p, 0x1000, MEM_DECOMMIT));
    TRY(VirtualProtectEx(self, p, 0x1000, PAGE_READWRITE, &old));
    TRY(VirtualFreeEx(self, p, 0, MEM_RELEASE));
    describe("released", p, 0);
    return 0;
}
