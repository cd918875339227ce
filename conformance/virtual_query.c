/* VirtualQuery: the buffer, the runs of equal pages, and memory that others mapped. */

#include "conformance.h"

static int constant_data = 1;

static void buffers(void)
{
    MEMORY_BASIC_INFORMATION info[2];
    char *p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    RESULT("size of the structure", sizeof info[0]);
    SetLastError(UNCHANGED);
    RESULT("exact", VirtualQuery(p, info, sizeof info[0]));
    RESULT("longer", VirtualQuery(p, info, sizeof info));
    printf("last error: %s\n", error_name(GetLastError()));
    TRY(VirtualQuery(p, info, sizeof info[0] - 1));
    TRY(VirtualQuery(p, info, 0));
    TRY(VirtualQuery(p, NULL, sizeof info[0]));
    TRY(VirtualQuery(p, (MEMORY_BASIC_INFORMATION *)0x10, sizeof info[0]));
    TRY(VirtualQuery(NULL, info, sizeof info[0]));
    RESULT("NULL, base", info[0].BaseAddress);
    RESULT("NULL, size at least 64 KiB", info[0].RegionSize >= GRANULARITY);
    printf("NULL: %s, %s\n", state_name(info[0].State), protection_name(info[0].Protect));
    TRY(VirtualQuery((void *)0x7FFFFFFEFFFF, info, sizeof info[0]));
    TRY(VirtualQuery((void *)0x7FFFFFFF0000, info, sizeof info[0]));
    TRY(VirtualQuery((void *)0xFFFF800000000000, info, sizeof info[0]));
    TRY(VirtualQuery((void *)-1, info, sizeof info[0]));
    VirtualFree(p, 0, MEM_RELEASE);
}

static void runs(void)
{
    DWORD old;
    char *p = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS);
    describe("reserved", p, 0);
    describe("reserved, inside", p, 0x5678);
    describe("reserved, last byte", p, 0x1FFFF);
    VirtualAlloc(p + 0x4000, 0x4000, MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(p + 0x8000, 0x4000, MEM_COMMIT, PAGE_READONLY);
    VirtualAlloc(p + 0x10000, 0x1000, MEM_COMMIT, PAGE_NOACCESS);
    describe_range("mixed", p, 0x20000);
    describe("inside a run", p, 0x6001);
    VirtualProtect(p + 0x8000, 0x4000, PAGE_READWRITE, &old);
    describe_range("merged", p, 0x20000);
    VirtualFree(p + 0x6000, 0x1000, MEM_DECOMMIT);
    describe_range("a hole", p, 0x20000);
    VirtualAlloc(p + 0x6000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    describe_range("filled", p, 0x20000);
    VirtualFree(p, 0, MEM_DECOMMIT);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(p, &info, sizeof info);
    DOCUMENTED("all reserved: one run", info.State == MEM_RESERVE && info.RegionSize == 0x20000, 1,
               "Wine remembers old protections of decommitted pages and splits the run");
    VirtualFree(p, 0, MEM_RELEASE);
    describe("free", p, 0);
    describe("free, inside", p, 0x1234);
}

static void others(void)
{
    MEMORY_BASIC_INFORMATION info;
    char local = 0;
    VirtualQuery(&local, &info, sizeof info);
    printf("stack: %s, %s, %s\n", state_name(info.State), protection_name(info.Protect), type_name(info.Type));
    RESULT("stack, inside its run", (char *)info.BaseAddress <= &local
        && &local < (char *)info.BaseAddress + info.RegionSize);
    RESULT("stack, reserved below", info.AllocationBase < info.BaseAddress);

    char *heap = malloc(100);
    VirtualQuery(heap, &info, sizeof info);
    printf("heap: %s, %s, %s\n", state_name(info.State), protection_name(info.Protect), type_name(info.Type));
    free(heap);

    VirtualQuery((void *)(ULONG_PTR)&others, &info, sizeof info);
    printf("code: %s, %s, %s, allocated as %s\n", state_name(info.State), protection_name(info.Protect),
           type_name(info.Type), protection_name(info.AllocationProtect));
    RESULT("code, in this program's module", info.AllocationBase == (void *)GetModuleHandleA(NULL));

    VirtualQuery(&constant_data, &info, sizeof info);
    printf("data: %s, %s\n", state_name(info.State), type_name(info.Type));
    RESULT("data, in this program's module", info.AllocationBase == (void *)GetModuleHandleA(NULL));

    VirtualQuery((void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("kernel32.dll"), "VirtualAlloc"), &info,
        sizeof info);
    printf("kernel32: %s, %s\n", state_name(info.State), type_name(info.Type));
    RESULT("kernel32, in its module", info.AllocationBase == (void *)GetModuleHandleA("kernel32.dll"));
}

static void walk(void)
{
    MEMORY_BASIC_INFORMATION info;
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    char *address = NULL, *end = (char *)system.lpMaximumApplicationAddress + 1;
    unsigned long long regions = 0, wrong = 0;
    while (address < end && VirtualQuery(address, &info, sizeof info) == sizeof info) {
        if (info.BaseAddress != address || !info.RegionSize || info.RegionSize % PAGE)
            wrong++;
        if ((info.State == MEM_FREE) != (info.AllocationBase == NULL))
            wrong++;
        if (info.State == MEM_FREE && (info.Protect != PAGE_NOACCESS || info.Type || info.AllocationProtect))
            wrong++;
        if (info.State == MEM_RESERVE && info.Protect)
            wrong++;
        if (info.State == MEM_COMMIT && !info.Protect)
            wrong++;
        regions++;
        address = (char *)info.BaseAddress + info.RegionSize;
    }
    RESULT("the walk ends at the last application address", address == end);
    RESULT("more than ten regions", regions > 10);
    RESULT("wrong answers", wrong);
}

int main(void)
{
    buffers();
    runs();
    others();
    walk();
    return 0;
}
