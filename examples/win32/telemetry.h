/* What the two programs share. */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <windows.h>
#include <tchar.h>

#define TELEMETRY_NAME TEXT("Local\\telemetry")
#define TELEMETRY_SAMPLES 8

typedef struct Sample {
    ULONGLONG time;   /* milliseconds since the writer started */
    double altitude;  /* metres */
    double speed;     /* metres per second */
} Sample;

typedef struct Telemetry {
    volatile LONG count; /* samples that are complete */
    Sample samples[TELEMETRY_SAMPLES];
} Telemetry;

#endif
