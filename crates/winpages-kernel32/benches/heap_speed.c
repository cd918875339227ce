/*
 * The loops of heap.rs as a C program, for running the same on another Windows API:
 *
 *   winpages cc -O2 heap_speed.c -o heap_speed && ./heap_speed
 *   x86_64-w64-mingw32-gcc -O2 heap_speed.c -o heap_speed.exe && wine heap_speed.exe
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

static HANDLE heap;

static void pairs(int count)
{
    while (count--) {
        char *volatile block = HeapAlloc(heap, 0, 64);
        *block = 1;
        HeapFree(heap, 0, block);
    }
}

static void wave(int count)
{
    static void *blocks[1000];
    for (; count > 0; count -= 1000) {
        for (int i = 0; i < 1000; i++)
            blocks[i] = HeapAlloc(heap, 0, 64);
        for (int i = 0; i < 1000; i++)
            HeapFree(heap, 0, blocks[i]);
    }
}

static void exchange(int count)
{
    static void *blocks[1000];
    unsigned long long random = 0x5EED;
    while (count--) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        void **block = &blocks[random % 1000];
        if (*block)
            HeapFree(heap, 0, *block);
        *block = HeapAlloc(heap, 0, 16 + (random >> 32) % 497);
    }
}

static DWORD WINAPI thread(void *unused)
{
    (void)unused;
    pairs(500000);
    return 0;
}

static void threads(int count)
{
    HANDLE handles[8];
    (void)count;
    for (int i = 0; i < 8; i++)
        handles[i] = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForMultipleObjects(8, handles, TRUE, INFINITE);
    for (int i = 0; i < 8; i++)
        CloseHandle(handles[i]);
}

static int by_size(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static void time(const char *name, void (*work)(int), int count)
{
    LARGE_INTEGER frequency, before, after;
    double times[9];
    QueryPerformanceFrequency(&frequency);
    work(count / 4);
    for (int i = 0; i < 9; i++) {
        QueryPerformanceCounter(&before);
        work(count);
        QueryPerformanceCounter(&after);
        times[i] = (double)(after.QuadPart - before.QuadPart) * 1e9 / (double)frequency.QuadPart / count;
    }
    qsort(times, 9, sizeof *times, by_size);
    printf("%-44s %8.1f ns\n", name, times[4]);
    fflush(stdout);
}

int main(void)
{
    heap = GetProcessHeap();
    time("HeapAlloc+HeapFree 64", pairs, 1000000);
    time("1000 HeapAlloc, 1000 HeapFree", wave, 1000000);
    time("exchange one of 1000 blocks of 16 to 512", exchange, 1000000);
    time("HeapAlloc+HeapFree 64, 8 threads", threads, 8 * 500000);
    return 0;
}
