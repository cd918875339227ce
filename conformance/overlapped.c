/* GetOverlappedResult, and the event of a transfer; which code page file names have; kinds of disks. */
#include "conformance.h"

static HANDLE file, event;
static OVERLAPPED overlapped;
static DWORD count;

#define SHOW(...)                                                                                  \
    do {                                                                                           \
        count = 7;                                                                                 \
        TRY(__VA_ARGS__);                                                                          \
        RESULT("bytes", count);                                                                    \
    } while (0)

static void ask(DWORD status, DWORD bytes)
{
    overlapped.Internal = status;
    overlapped.InternalHigh = bytes;
}

int main(void)
{
    char directory[MAX_PATH], name[MAX_PATH], buffer[16];

    GetTempPathA(MAX_PATH, directory);
    GetTempFileNameA(directory, "ovl", 0, name);
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);

    ask(0, 5);
    SHOW(GetOverlappedResult(file, &overlapped, &count, FALSE));
    SHOW(GetOverlappedResult(file, &overlapped, &count, TRUE));
    SHOW(GetOverlappedResult((HANDLE)0x1234, &overlapped, &count, TRUE));
    ask((DWORD)STATUS_PENDING, 5);
    SHOW(GetOverlappedResult(file, &overlapped, &count, FALSE));
    overlapped.hEvent = event;
    DOCUMENTED_CALL("as Windows 8 has it", 0, WAIT_TIMEOUT, GetOverlappedResultEx(file, &overlapped, &count, 10, FALSE));
    ask(0xC0000011, 3);
    SHOW(GetOverlappedResult(file, &overlapped, &count, TRUE));
    ask(0xC0000005, 3);
    SHOW(GetOverlappedResult(file, &overlapped, &count, TRUE));

    memset(&overlapped, 0, sizeof overlapped);
    overlapped.hEvent = event;
    SHOW(WriteFile(file, "hello", 5, &count, &overlapped));
    RESULT("event", WaitForSingleObject(event, 0));
    SHOW(GetOverlappedResult(file, &overlapped, &count, TRUE));
    ResetEvent(event);
    SHOW(ReadFile(file, buffer, 3, &count, &overlapped));
    RESULT("event", WaitForSingleObject(event, 0));
    CloseHandle(event);
    CloseHandle(file);

    RESULT("ANSI", AreFileApisANSI());
    SetFileApisToOEM();
    RESULT("OEM", AreFileApisANSI());
    SetFileApisToANSI();
    RESULT("ANSI", AreFileApisANSI());

    RESULT("C:\\", GetDriveTypeA("C:\\") > DRIVE_NO_ROOT_DIR);
    RESULT("C:", GetDriveTypeA("C:") > DRIVE_NO_ROOT_DIR);
    RESULT("no path", GetDriveTypeA(NULL) > DRIVE_NO_ROOT_DIR);
    RESULT("no path, wide", GetDriveTypeW(NULL) > DRIVE_NO_ROOT_DIR);
    RESULT("none", GetDriveTypeW(L"Q:\\"));
    RESULT("no directory", GetDriveTypeA("C:\\nonsense\\"));
    RESULT("empty", GetDriveTypeA(""));
    RESULT("no drive", GetDriveTypeA("nonsense"));
    return 0;
}
