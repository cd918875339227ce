/* ntdll's calls of locked pages, of written pages and of error codes, and kernel32's of whole allocations. */

#include "conformance.h"

/* WIN32_MEMORY_REGION_INFORMATION, which only the newest headers have. */
typedef struct {
    void *base;
    ULONG protection, flags;
    SIZE_T size, committed;
} RegionInformation;

#define SELF ((HANDLE)(LONG_PTR)-1)
#define STATUS(label, ...) printf("%s: %08x\n", label, (unsigned)(__VA_ARGS__))

static LONG(WINAPI *lock)(HANDLE, void **, SIZE_T *, ULONG);
static LONG(WINAPI *unlock)(HANDLE, void **, SIZE_T *, ULONG);
static LONG(WINAPI *get_watch)(HANDLE, ULONG, void *, SIZE_T, void **, ULONG_PTR *, ULONG *);
static LONG(WINAPI *reset_watch)(HANDLE, void *, SIZE_T);
static ULONG(WINAPI *dos_error)(LONG);
static BOOL(WINAPI *information)(HANDLE, const void *, ULONG, void *, SIZE_T, SIZE_T *);

static void find(void *place, const char *module, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleA(module), name);

    memcpy(place, &found, sizeof found);
}

static void locks(void)
{
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    void *base = memory + PAGE + 1;
    SIZE_T size = PAGE;

    STATUS("lock", lock(SELF, &base, &size, 1));
    RESULT("from", (char *)base - memory);
    RESULT("size", size);
    STATUS("unlock", unlock(SELF, &base, &size, 1));
    DOCUMENTED("unlock again", (unsigned)unlock(SELF, &base, &size, 1), 0xC000002A, "Wine does not count");
    size = 0;
    DOCUMENTED("nothing", (unsigned)lock(SELF, &base, &size, 1), 0xC000000D, "Wine locks nothing");
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void written_pages(void)
{
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    void *pages[4];
    ULONG_PTR count = 4;
    ULONG granularity = 0;

    memory[2 * PAGE] = 1;
    STATUS("written", get_watch(SELF, 0, memory, 4 * PAGE, pages, &count, &granularity));
    RESULT("how many", count);
    RESULT("which", (char *)pages[0] - memory);
    RESULT("granularity", granularity);
    STATUS("forget", reset_watch(SELF, memory, 4 * PAGE));
    count = 4;
    STATUS("written since", get_watch(SELF, 1, memory, 4 * PAGE, pages, &count, &granularity));
    RESULT("how many", count);
    STATUS("past the end", reset_watch(SELF, memory, 5 * PAGE));
    STATUS("flags that there are not", get_watch(SELF, 2, memory, 4 * PAGE, pages, &count, &granularity));
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void error_codes(void)
{
    static const unsigned statuses[] = { 0,          0xC0000005, 0xC0000008, 0xC000000D, 0xC0000017, 0xC0000018,
                                         0xC0000019, 0xC000001A, 0xC000001B, 0xC000001F, 0xC0000021, 0xC0000022,
                                         0xC000002A, 0xC000002D, 0xC0000045, 0xC000004E, 0xC000009A, 0xC000009F,
                                         0xC00000A0, 0xC00000A1, 0xC000012D, 0xC0000141, 0xC00000F1, 0x80000005,
                                         0xC0000007, 0xC000001E, 0xC000002C, 0xC0000044, 0xC0000088, 0xC00000F9,
                                         0xC0001234, 0x103 };
    unsigned index;

    for (index = 0; index < sizeof statuses / sizeof *statuses; index++)
        printf("%08x: %lu\n", statuses[index], (unsigned long)dos_error((LONG)statuses[index]));
}

static BOOL ask(const void *address, ULONG class, SIZE_T size, RegionInformation *answer, SIZE_T *told)
{
    memset(answer, 0, sizeof *answer);
    *told = 0;
    return information && information(SELF, address, class, answer, size, told);
}

static void allocations(void)
{
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READONLY);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2 * PAGE, NULL);
    void *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    RegionInformation answer;
    SIZE_T told, whole = sizeof answer;
    const char *reason = "Wine has no such function, or none that answers so";

    VirtualAlloc(memory + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
    DOCUMENTED("answered", ask(memory + 2 * PAGE + 5, 0, whole, &answer, &told), 1, reason);
    DOCUMENTED("told", told, whole, reason);
    DOCUMENTED("base", (char *)answer.base - memory, 0, reason);
    DOCUMENTED("protection", answer.protection, PAGE_READONLY, reason);
    DOCUMENTED("private", answer.flags, 1, reason);
    DOCUMENTED("size", answer.size, 4 * PAGE, reason);
    DOCUMENTED("committed", answer.committed, PAGE, reason);
    DOCUMENTED("of a section", ask(view, 0, whole, &answer, &told) && answer.flags == 8, 1, reason);
    DOCUMENTED("of a program", ask((void *)(ULONG_PTR)ask, 0, whole, &answer, &told) && answer.flags == 4, 1, reason);
    DOCUMENTED_CALL(reason, 0, ERROR_INVALID_PARAMETER, ask(memory, 1, whole, &answer, &told));
    DOCUMENTED_CALL(reason, 0, ERROR_BAD_LENGTH, ask(memory, 0, whole - 1, &answer, &told));
    UnmapViewOfFile(view);
    CloseHandle(section);
    VirtualFree(memory, 0, MEM_RELEASE);
    DOCUMENTED("of nothing", ask(memory, 0, whole, &answer, &told), 0, reason);
}

int main(void)
{
    find(&lock, "ntdll.dll", "NtLockVirtualMemory");
    find(&unlock, "ntdll.dll", "NtUnlockVirtualMemory");
    find(&get_watch, "ntdll.dll", "NtGetWriteWatch");
    find(&reset_watch, "ntdll.dll", "NtResetWriteWatch");
    find(&dos_error, "ntdll.dll", "RtlNtStatusToDosError");
    find(&information, "kernelbase.dll", "QueryVirtualMemoryInformation");
    locks();
    written_pages();
    error_codes();
    allocations();
    return 0;
}
