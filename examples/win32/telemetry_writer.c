/* Publishes the flight of a small rocket in a named section. */
#include "telemetry.h"

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "writer: %s: error %lu\n", what, GetLastError());
    return 1;
}

int _tmain(void)
{
    const double gravity = 9.81, launch_speed = 40.0;
    HANDLE section;
    Telemetry *telemetry;
    ULONGLONG start;
    int i;

    section = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(Telemetry), TELEMETRY_NAME);
    if (section == NULL)
        return fail("CreateFileMapping");
    if (GetLastError() == ERROR_ALREADY_EXISTS) {
        fprintf(stderr, "writer: another writer is at work\n");
        CloseHandle(section);
        return 1;
    }
    telemetry = (Telemetry *)MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof(Telemetry));
    if (telemetry == NULL)
        return fail("MapViewOfFile");

    start = GetTickCount64();
    for (i = 0; i < TELEMETRY_SAMPLES; i++) {
        Sample *sample = &telemetry->samples[i];
        double seconds = i;

        sample->time = GetTickCount64() - start;
        sample->speed = launch_speed - gravity * seconds;
        sample->altitude = launch_speed * seconds - gravity * seconds * seconds / 2;
        printf("writer: sample %d, altitude %5.1f m\n", i + 1, sample->altitude);
        fflush(stdout);

        InterlockedIncrement(&telemetry->count); /* only now may a reader look at it */
        Sleep(150);
    }

    UnmapViewOfFile(telemetry);
    CloseHandle(section);
    return 0;
}
