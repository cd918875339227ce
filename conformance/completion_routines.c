/* ReadFileEx and WriteFileEx, whose ends are told by a call; pages scattered and gathered. */

#include "conformance.h"

static DWORD calls, last_code, last_bytes;
static OVERLAPPED *last_overlapped;

static VOID CALLBACK completed(DWORD code, DWORD bytes, OVERLAPPED *overlapped)
{
    calls++;
    last_code = code;
    last_bytes = bytes;
    last_overlapped = overlapped;
}

static void wait_for_call(OVERLAPPED *overlapped)
{
    calls = 0;
    RESULT("slept", SleepEx(5000, TRUE));
    RESULT("calls", calls);
    RESULT("code", last_code);
    RESULT("bytes", last_bytes);
    RESULT("the same", last_overlapped == overlapped);
}

int main(void)
{
    char name[MAX_PATH], buffer[64];
    OVERLAPPED overlapped;
    strcpy(name, temporary_file_of(0));
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    memset(&overlapped, 0, sizeof overlapped);
    /* Free for the program's own use. */
    overlapped.hEvent = (HANDLE)0x77;
    SetLastError(UNCHANGED);
    RESULT("write", WriteFileEx(file, "Sixteen letters.", 16, &overlapped, completed));
    RESULT("code", GetLastError());
    wait_for_call(&overlapped);
    RESULT("bytes", overlapped.InternalHigh);
    RESULT("its own", (ULONG_PTR)overlapped.hEvent);
    overlapped.Offset = 8;
    memset(buffer, '#', sizeof buffer);
    SetLastError(UNCHANGED);
    RESULT("read", ReadFileEx(file, buffer, 16, &overlapped, completed));
    RESULT("code", GetLastError());
    wait_for_call(&overlapped);
    printf("read: %.9s\n", buffer);
    overlapped.Offset = 1000;
    RESULT("read at the end", ReadFileEx(file, buffer, 16, &overlapped, completed));
    RESULT("code", GetLastError());
    calls = 0;
    RESULT("slept", SleepEx(10, TRUE));
    RESULT("calls", calls);
    RESULT("code", last_code);
    RESULT("bytes", last_bytes);
    RESULT("status", (ULONG)overlapped.Internal);
    RESULT("no file", ReadFileEx(NULL, buffer, 16, &overlapped, completed));
    RESULT("code", GetLastError());
    overlapped.Offset = 0;
    RESULT("nowhere", ReadFileEx(file, NULL, 16, &overlapped, completed));
    CloseHandle(file);

    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING, NULL);
    char *pages = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    FILE_SEGMENT_ELEMENT segments[4];
    memset(segments, 0, sizeof segments);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 4; i++)
        memset(pages + i * PAGE, 'a' + i, PAGE);
    for (int i = 0; i < 3; i++)
        segments[i].Buffer = pages + (2 - i) * PAGE;
    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = event;
    DWORD moved = 0;
    BOOL begun = WriteFileGather(file, segments, 3 * PAGE, NULL, &overlapped);
    RESULT("gathered", begun || GetLastError() == ERROR_IO_PENDING);
    TRY(GetOverlappedResult(file, &overlapped, &moved, TRUE));
    RESULT("moved", moved);
    RESULT("signalled", WaitForSingleObject(event, 0));
    RESULT("size", GetFileSize(file, NULL));
    overlapped.Offset = PAGE;
    segments[0].Buffer = pages + 3 * PAGE;
    segments[1].Buffer = pages;
    begun = ReadFileScatter(file, segments, 2 * PAGE, NULL, &overlapped);
    RESULT("scattered", begun || GetLastError() == ERROR_IO_PENDING);
    TRY(GetOverlappedResult(file, &overlapped, &moved, TRUE));
    RESULT("moved", moved);
    printf("now %c%c%c%c\n", pages[0], pages[PAGE], pages[2 * PAGE], pages[3 * PAGE]);
    CloseHandle(event);
    CloseHandle(file);
    DeleteFileA(name);
    return 0;
}
