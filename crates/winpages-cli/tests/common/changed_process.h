/* What programs share that change another process: see assert_alike_elsewhere. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HANDLE process;

/* Opens the process of the number that is given; without one, waits to be that process, and answers that it is. */
static BOOL is_the_changed_one(int argc, char **argv)
{
    if (argc < 2) {
        printf("%u\n", (unsigned)GetCurrentProcessId());
        fflush(stdout);
        getchar();
        return TRUE;
    }
    process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, strtoul(argv[1], NULL, 0));
    return FALSE;
}

static void describe(const char *what, char *start, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION found;
    for (char *at = start; at < start + size; at = (char *)found.BaseAddress + found.RegionSize) {
        if (!VirtualQueryEx(process, at, &found, sizeof found))
            break;
        SIZE_T rest = start + size - at, length = found.RegionSize < rest ? found.RegionSize : rest;
        printf("%s: +%llx, %llx bytes, ", what, (unsigned long long)(at - start), (unsigned long long)length);
        if (found.State == MEM_FREE)
            printf("free\n");
        else
            printf("of +%llx, %x, state %x, protection %x, type %x\n",
                   (unsigned long long)((char *)found.AllocationBase - start), (unsigned)found.AllocationProtect,
                   (unsigned)found.State, (unsigned)found.Protect, (unsigned)found.Type);
    }
}

static void say(const char *what, BOOL done)
{
    printf("%s: %d, error %u\n", what, done, done ? 0 : (unsigned)GetLastError());
}
