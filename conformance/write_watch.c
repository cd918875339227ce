/* MEM_WRITE_WATCH, GetWriteWatch, ResetWriteWatch: which pages have been written. */

#include "conformance.h"

#define PAGES 64
#define SIZE (PAGES * PAGE)

static char *memory;
static void *found[PAGES];

static void show(const char *label, DWORD flags, char *base, SIZE_T size, ULONG_PTR room)
{
    ULONG_PTR count = room;
    DWORD granularity = 0;
    UINT result = GetWriteWatch(flags, base, size, found, &count, &granularity);
    printf("%s: %u, %#x,", label, result, (unsigned)granularity);
    for (ULONG_PTR i = 0; i < count; i++)
        printf(" %d%s", (int)(((char *)found[i] - memory) / (int)PAGE), ((ULONG_PTR)found[i] & 0xFFF) ? "!" : "");
    printf("\n");
    fflush(stdout);
}

static void written(const char *label)
{
    show(label, 0, memory, SIZE, PAGES);
}

static void taken(const char *label)
{
    show(label, WRITE_WATCH_FLAG_RESET, memory, SIZE, PAGES);
}

static void allocation(void)
{
    TRY(VirtualAlloc(NULL, SIZE, MEM_WRITE_WATCH, PAGE_READWRITE));
    DOCUMENTED_CALL("Wine watches without MEM_RESERVE", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(NULL, SIZE, MEM_WRITE_WATCH | MEM_COMMIT, PAGE_READWRITE));
    memory = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    describe("allocated", memory, 0);
    written("fresh");
    DOCUMENTED_CALL("Wine ignores the flag then", 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(memory, SIZE, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
}

static void writes(void)
{
    volatile char sum = memory[5 * PAGE];
    written("read");
    memory[3 * PAGE] = 1;
    memory[9 * PAGE + 0xFFF] = 1;
    *(volatile int *)(memory + 20 * PAGE - 2) = -1;
    memory[(PAGES - 1) * PAGE] = sum;
    written("written");
    describe("not seen by VirtualQuery", memory, 3 * PAGE);
    show("part", 0, memory + 4 * PAGE, 10 * PAGE, PAGES);
    show("one byte, unaligned", 0, memory + 9 * PAGE + 0x123, 1, PAGES);
    show("two bytes over a border", 0, memory + 9 * PAGE - 1, 2, PAGES);
    show("room for two", 0, memory, SIZE, 2);
    show("room for two, reset", WRITE_WATCH_FLAG_RESET, memory, SIZE, 2);
    written("the rest");
    CALL("reset one", ResetWriteWatch(memory + 19 * PAGE + 5, 1) == 0);
    written("after");
    taken("reset all");
    written("nothing");
    memory[3 * PAGE] = 2;
    written("written again");
    CALL("reset range", ResetWriteWatch(memory, SIZE) == 0);
    written("nothing again");
}

static void changes(void)
{
    DWORD old;
    memory[1 * PAGE] = 1;
    memory[2 * PAGE] = 1;
    VirtualProtect(memory, SIZE, PAGE_READONLY, &old);
    written("read-only");
    VirtualProtect(memory, SIZE, PAGE_NOACCESS, &old);
    written("no access");
    VirtualProtect(memory, SIZE, PAGE_READWRITE, &old);
    written("read-write");
    CALL("commit again", VirtualAlloc(memory, SIZE, MEM_COMMIT, PAGE_READWRITE));
    written("committed again");
    CALL("reset contents", VirtualAlloc(memory, SIZE, MEM_RESET, PAGE_READWRITE));
    written("contents reset");
    memory[40 * PAGE] = 1;
    VirtualFree(memory, 16 * PAGE, MEM_DECOMMIT);
    written("decommitted");
    VirtualAlloc(memory, 16 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    RESULT("zero", memory[PAGE]);
    written("and committed");
    taken("taken");
    memory[0] = 1;
    written("written afterwards");
    taken("taken");

    char *reserved = memory;
    memory = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_NOACCESS);
    written("only reserved");
    CALL("reset of reserved pages", ResetWriteWatch(memory, SIZE) == 0);
    VirtualAlloc(memory + 4 * PAGE, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    memory[5 * PAGE] = 1;
    memory[11 * PAGE] = 1;
    written("committed later");
    VirtualFree(memory, 0, MEM_RELEASE);
    memory = reserved;
}

static void system_calls(void)
{
    char text[3 * PAGE + 3];
    DWORD count;
    memset(text, 'x', sizeof text);
    HANDLE file = CreateFileA(temporary_file(), GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    WriteFile(file, text, sizeof text, &count, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CALL("read a part", ReadFile(file, memory + 2 * PAGE, PAGE, &count, NULL));
    taken("one page");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CALL("ask for more than there is", ReadFile(file, memory + 10 * PAGE, 16 * PAGE, &count, NULL));
    RESULT("bytes", count);
    taken("all that was asked for");
    CALL("at the end", ReadFile(file, memory + 30 * PAGE, 2 * PAGE, &count, NULL));
    taken("asked for");
    CALL("write from it", WriteFile(file, memory, 4 * PAGE, &count, NULL));
    taken("nothing");
    CALL("bad handle", ReadFile((HANDLE)0xDEAD0, memory, PAGE, &count, NULL));
    taken("nothing");
    CloseHandle(file);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(memory, (void *)(memory + 7 * PAGE), sizeof info);
    taken("an answer");
}

static void guard(void)
{
    DWORD old;
    VirtualProtect(memory + 4 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
    written("guarded");
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(memory + 4 * PAGE, &info, sizeof info);
    RESULT("protection", info.Protect);
    VirtualProtect(memory + 4 * PAGE, PAGE, PAGE_READWRITE, &old);
    memory[4 * PAGE] = 1;
    taken("written");
}

static void refusals(void)
{
    ULONG_PTR count = PAGES, none = 0;
    DWORD granularity = 7;
    char *plain = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memory[6 * PAGE] = 1;
    TRY(GetWriteWatch(0, NULL, SIZE, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, plain, SIZE, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, 0, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE * 2, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, memory + SIZE - PAGE, PAGE + 1, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE, found, &none, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE, NULL, &none, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE, NULL, &count, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE, found, NULL, &granularity) == 0);
    TRY(GetWriteWatch(0, memory, SIZE, found, &count, NULL) == 0);
    TRY(GetWriteWatch(2, memory, SIZE, found, &count, &granularity) == 0);
    TRY(GetWriteWatch(0x80000001, memory, SIZE, found, &count, &granularity) == 0);
    TRY(ResetWriteWatch(memory, 0) == 0);
    TRY(ResetWriteWatch(NULL, SIZE) == 0);
    TRY(ResetWriteWatch(plain, SIZE) == 0);
    TRY(ResetWriteWatch(memory, SIZE + 1) == 0);
    RESULT("answer on failure", ResetWriteWatch(memory, 0));
    RESULT("count is untouched", count);
    RESULT("granularity is untouched", granularity);
    written("still written");
    VirtualFree(memory, 0, MEM_RELEASE);
    TRY(GetWriteWatch(0, memory, SIZE, found, &count, &granularity) == 0);
    TRY(ResetWriteWatch(memory, SIZE) == 0);
}

int main(void)
{
    allocation();
    writes();
    changes();
    system_calls();
    guard();
    refusals();
    return 0;
}
