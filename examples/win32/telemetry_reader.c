/* Waits for the writer's section, and prints each sample as it comes. */
#include "telemetry.h"

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "reader: %s: error %lu\n", what, GetLastError());
    return 1;
}

int _tmain(void)
{
    HANDLE section = NULL;
    const Telemetry *telemetry;
    MEMORY_BASIC_INFORMATION memory;
    ULONGLONG patience = GetTickCount64() + 10000;
    LONG seen = 0;

    for (;;) {
        section = OpenFileMapping(FILE_MAP_READ, FALSE, TELEMETRY_NAME);
        if (section != NULL)
            break;
        if (GetLastError() != ERROR_FILE_NOT_FOUND || GetTickCount64() > patience)
            return fail("OpenFileMapping");
        Sleep(20);
    }
    telemetry = (const Telemetry *)MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (telemetry == NULL)
        return fail("MapViewOfFile");
    if (VirtualQuery(telemetry, &memory, sizeof(memory)) == 0)
        return fail("VirtualQuery");
    printf("reader: a view of %lu bytes, protection 0x%02lX\n", (DWORD)memory.RegionSize, memory.Protect);

    while (seen < TELEMETRY_SAMPLES) {
        while (seen < telemetry->count) {
            const Sample *sample = &telemetry->samples[seen++];

            printf("reader: %4lu ms, altitude %5.1f m, speed %6.2f m/s\n",
                   (DWORD)sample->time, sample->altitude, sample->speed);
            fflush(stdout);
        }
        if (GetTickCount64() > patience) {
            fprintf(stderr, "reader: the writer has gone\n");
            return 1;
        }
        Sleep(20);
    }

    UnmapViewOfFile(telemetry);
    CloseHandle(section);
    return 0;
}
