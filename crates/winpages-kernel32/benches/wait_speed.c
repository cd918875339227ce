/* A loop of waits.rs as a C program, for running the same on another Windows API. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

static int by_size(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

int main(void)
{
    enum { COUNT = 5000, TURNS = 9 };
    HANDLE mutex = CreateMutexW(NULL, FALSE, L"bench mutex");
    LARGE_INTEGER frequency, before, after;
    double times[TURNS];

    QueryPerformanceFrequency(&frequency);
    for (int turn = 0; turn < TURNS; turn++) {
        QueryPerformanceCounter(&before);
        for (int i = 0; i < COUNT; i++) {
            WaitForSingleObject(mutex, INFINITE);
            ReleaseMutex(mutex);
        }
        QueryPerformanceCounter(&after);
        times[turn] = (double)(after.QuadPart - before.QuadPart) * 1e9 / (double)frequency.QuadPart / COUNT;
    }
    qsort(times, TURNS, sizeof *times, by_size);
    printf("%-44s %8.1f ns\n", "WaitForSingleObject+ReleaseMutex, named", times[TURNS / 2]);
    return 0;
}
