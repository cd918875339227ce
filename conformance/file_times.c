/* FILETIME and SYSTEMTIME: comparing them, and one made of the other. */

#include "conformance.h"

static FILETIME file_time(ULONGLONG units)
{
    FILETIME time = { (DWORD)units, (DWORD)(units >> 32) };
    return time;
}

static ULONGLONG units(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void print_date(const char *label, ULONGLONG from)
{
    SYSTEMTIME date;
    FILETIME time = file_time(from), back;
    memset(&date, 0, sizeof date);
    SetLastError(UNCHANGED);
    BOOL converted = FileTimeToSystemTime(&time, &date);
    printf("%s: %d, %s, %u-%u-%u (day %u) %u:%u:%u.%u\n", label, converted, error_name(GetLastError()), date.wYear,
           date.wMonth, date.wDay, date.wDayOfWeek, date.wHour, date.wMinute, date.wSecond, date.wMilliseconds);
    if (converted && date.wYear <= 30827 && SystemTimeToFileTime(&date, &back))
        printf("    lost on the way back: %llu\n", (unsigned long long)(from - units(back)));
}

static void print_time(const char *label, WORD year, WORD month, WORD day, WORD hour, WORD minute, WORD second,
                       WORD milliseconds)
{
    /* The day of the week is not looked at. */
    SYSTEMTIME date = { year, month, 77, day, hour, minute, second, milliseconds };
    FILETIME time = file_time(0);
    SetLastError(UNCHANGED);
    BOOL converted = SystemTimeToFileTime(&date, &time);
    printf("%s: %d, %s, 0x%llx\n", label, converted, error_name(GetLastError()), (unsigned long long)units(time));
}

/* Microsoft documents the years 1601 to 30827, and a month has as many days as it has. */
static void print_no_time(const char *label, WORD year, WORD month, WORD day)
{
    SYSTEMTIME date = { year, month, 0, day, 0, 0, 0, 0 };
    FILETIME time = file_time(0);
    printf("%s: ", label);
    DOCUMENTED_CALL("reckons on", 0, ERROR_INVALID_PARAMETER, SystemTimeToFileTime(&date, &time));
}

int main(void)
{
    FILETIME small = file_time(0x1FFFFFFFF), large = file_time(0x200000000);
    RESULT("the earlier first", CompareFileTime(&small, &large));
    RESULT("the later first", CompareFileTime(&large, &small));
    RESULT("the same", CompareFileTime(&large, &large));

    print_date("the beginning", 0);
    print_date("a unit later", 1);
    print_date("1970", 116444736000000000);
    print_date("29 February 2000", 125963423999999999);
    print_date("28 February 2100", 157502015990000000);
    print_date("the last day of 30827", 9223149887999999999);
    print_date("year 30828", 0x7FFFFFFFFFFFFFFF);
    print_date("negative", 0x8000000000000000);

    print_time("1601", 1601, 1, 1, 0, 0, 0, 0);
    print_time("1600", 1600, 12, 31, 0, 0, 0, 0);
    print_time("leap day", 2024, 2, 29, 23, 59, 59, 999);
    print_no_time("no leap day", 2023, 2, 29);
    print_no_time("no leap day in 2100", 2100, 2, 29);
    print_time("month 0", 2024, 0, 1, 0, 0, 0, 0);
    print_time("month 13", 2024, 13, 1, 0, 0, 0, 0);
    print_time("day 0", 2024, 1, 0, 0, 0, 0, 0);
    print_time("day 32", 2024, 1, 32, 0, 0, 0, 0);
    print_time("hour 24", 2024, 1, 1, 24, 0, 0, 0);
    print_time("minute 60", 2024, 1, 1, 0, 60, 0, 0);
    print_time("second 60", 2024, 1, 1, 0, 0, 60, 0);
    print_time("millisecond 1000", 2024, 1, 1, 0, 0, 0, 1000);
    print_time("the last year", 30827, 12, 31, 23, 59, 59, 999);
    print_no_time("one too many", 30828, 1, 1);

    FILETIME now, local, utc;
    GetSystemTimeAsFileTime(&now);
    TRY(FileTimeToLocalFileTime(&now, &local));
    TRY(LocalFileTimeToFileTime(&local, &utc));
    RESULT("there and back", CompareFileTime(&now, &utc));
    SYSTEMTIME clock, date;
    GetLocalTime(&clock);
    TRY(FileTimeToSystemTime(&local, &date));
    RESULT("the clock on the wall", date.wYear == clock.wYear && date.wMonth == clock.wMonth);

    ULONGLONG running = 0;
    TRY(QueryUnbiasedInterruptTime(&running));
    RESULT("runs", running != 0);
    RESULT("not longer than the machine", running / 10000 <= GetTickCount64() + 20);
    return 0;
}
