/* Reads calls of the private-memory functions, makes them, and prints what each answered and what
   VirtualQuery says of the window afterwards: the number of regions and a digest of them. With a
   number as its argument, it prints the regions themselves after the call of that number. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define WINDOW_SIZE (128 * 0x10000)

static char *window;

static void walk(int shown)
{
    unsigned long long digest = 0xCBF29CE484222325ULL, words[7];
    SIZE_T at = 0;
    int regions = 0, i;

    while (at < WINDOW_SIZE) {
        MEMORY_BASIC_INFORMATION region;

        if (VirtualQuery(window + at, &region, sizeof(region)) == 0) {
            printf("VirtualQuery fails at %llx: %lu\n", (unsigned long long)at, GetLastError());
            exit(1);
        }
        /* Reserved pages of one allocation are all alike. Wine tells them apart by the protection that
           they had when they were committed. */
        while (region.State == MEM_RESERVE && at + region.RegionSize < WINDOW_SIZE) {
            MEMORY_BASIC_INFORMATION next;

            VirtualQuery(window + at + region.RegionSize, &next, sizeof(next));
            if (next.State != MEM_RESERVE || next.AllocationBase != region.AllocationBase)
                break;
            region.RegionSize += next.RegionSize;
        }
        if (region.RegionSize > WINDOW_SIZE - at)
            region.RegionSize = WINDOW_SIZE - at;
        words[0] = (char *)region.BaseAddress - window;
        words[1] = region.RegionSize;
        words[2] = region.State == MEM_FREE ? ~0ULL : (unsigned long long)((char *)region.AllocationBase - window);
        words[3] = region.State == MEM_FREE ? 0 : region.AllocationProtect;
        words[4] = region.State;
        words[5] = region.Protect;
        words[6] = region.Type;
        for (i = 0; i < 7; i++)
            digest = (digest ^ words[i]) * 0x100000001B3ULL;
        if (shown) {
            for (i = 0; i < 7; i++)
                printf("%s%llx", i ? " " : "  ", words[i]);
            printf("\n");
        }
        at += region.RegionSize;
        regions++;
    }
    printf("%d regions %llx\n", regions, digest);
}

int main(int argc, char **argv)
{
    int shown = argc > 1 ? atoi(argv[1]) : 0, number = 0;
    char kind, place;
    unsigned long long address, size, third, fourth;

    /* A place that stays free: nothing else allocates here from now on. */
    window = VirtualAlloc((void *)0x7E0000000000, WINDOW_SIZE, MEM_RESERVE, PAGE_NOACCESS);
    if (window == NULL || !VirtualFree(window, 0, MEM_RELEASE)) {
        printf("no window: %lu\n", GetLastError());
        return 1;
    }
    while (scanf(" %c %c %llx %llx %llx %llx", &kind, &place, &address, &size, &third, &fourth) == 6) {
        char *where = place == 'w' ? window + address : (char *)address;
        unsigned long long value = 0;
        DWORD old = 0, error;
        int done = 0;

        SetLastError(0xABCD);
        if (kind == 'A') {
            char *got = VirtualAlloc(where, size, (DWORD)third, (DWORD)fourth);

            done = got != NULL;
            value = got - window;
        } else if (kind == 'F') {
            done = VirtualFree(where, size, (DWORD)third);
        } else if (kind == 'P') {
            done = VirtualProtect(where, size, (DWORD)fourth, third ? &old : NULL);
            value = old;
        } else if (kind == 'T') {
            MEMORY_BASIC_INFORMATION page;

            VirtualQuery(where, &page, sizeof(page));
            if (page.State == MEM_COMMIT
                && (page.Protect == PAGE_READWRITE || page.Protect == PAGE_EXECUTE_READWRITE
                    || page.Protect == (PAGE_READWRITE | PAGE_NOCACHE)
                    || page.Protect == (PAGE_EXECUTE_READWRITE | PAGE_NOCACHE)
                    || page.Protect == (PAGE_READWRITE | PAGE_WRITECOMBINE)
                    || page.Protect == (PAGE_EXECUTE_READWRITE | PAGE_WRITECOMBINE)))
                *(volatile char *)where = 1;
            done = 1;
        } else if (kind == 'G') {
            static void *addresses[WINDOW_SIZE / 0x1000];
            ULONG_PTR count = fourth, i;
            DWORD granularity;

            done = GetWriteWatch((DWORD)third, where, size, addresses, &count, &granularity) == 0;
            value = 0xCBF29CE484222325ULL;
            for (i = 0; done && i < count; i++)
                value = (value ^ (ULONG_PTR)((char *)addresses[i] - window)) * 0x100000001B3ULL;
        } else if (kind == 'R') {
            done = ResetWriteWatch(where, size) == 0;
        }
        error = GetLastError();
        printf("%c %c %llx %llx %llx %llx: ", kind, place, address, size, third, fourth);
        if (done && error == 0xABCD)
            printf("ok %llx, ", value);
        else if (done)
            printf("ok %llx, but the error is %lu, ", value, error);
        else
            printf("error %lu, ", error);
        walk(++number == shown);
    }
    return 0;
}
