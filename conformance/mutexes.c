/* Mutexes: creating, opening, owning and releasing them. */
#include "conformance.h"

static const WCHAR wide[] = L"conformance 互斥";

static void creating(void)
{
    HANDLE first, second;
    CALL("create", (first = CreateMutexW(NULL, FALSE, wide)) != NULL);
    CALL("create the same, to own it", (second = CreateMutexW(NULL, TRUE, wide)) != NULL);
    CALL("which does not own it", ReleaseMutex(second));
    TRY(CloseHandle(second));
    CALL("open", (second = OpenMutexW(SYNCHRONIZE, FALSE, wide)) != NULL);
    RESULT("wait", WaitForSingleObject(second, 0));
    CALL("release through the other handle", ReleaseMutex(first));
    TRY(CloseHandle(second));
    TRY(CloseHandle(first));
    CALL("open what is gone", OpenMutexW(SYNCHRONIZE, FALSE, wide) != NULL);
    CALL("create A, owned", (first = CreateMutexA(NULL, TRUE, "conformance mutex A")) != NULL);
    CALL("release", ReleaseMutex(first));
    CALL("release again", ReleaseMutex(first));
    CALL("open A", (second = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "conformance mutex A")) != NULL);
    CloseHandle(second);
    CloseHandle(first);
    CALL("open NULL A", OpenMutexA(SYNCHRONIZE, FALSE, NULL) != NULL);
    CALL("open NULL W", OpenMutexW(SYNCHRONIZE, FALSE, NULL) != NULL);
    CALL("open empty", OpenMutexW(SYNCHRONIZE, FALSE, L"") != NULL);
    CALL("create empty", (first = CreateMutexW(NULL, FALSE, L"")) != NULL);
    CALL("create empty again", (second = CreateMutexW(NULL, FALSE, L"")) != NULL);
    CloseHandle(second);
    CloseHandle(first);
    CALL("a path", CreateMutexA(NULL, FALSE, "a\\b") != NULL);
    CALL("a root", CreateMutexA(NULL, FALSE, "\\a") != NULL);
    CALL("Local\\", CreateMutexA(NULL, FALSE, "Local\\") != NULL);
    char text[300];
    memset(text, 'n', sizeof text);
    text[259] = 0;
    CALL("259 characters", (first = CreateMutexA(NULL, FALSE, text)) != NULL);
    CloseHandle(first);
    memset(text, 'n', sizeof text);
    text[261] = 0;
    CALL("261 characters", CreateMutexA(NULL, FALSE, text) != NULL);
    CALL("Session", (first = CreateMutexA(NULL, FALSE, "Local\\conformance s")) != NULL);
    CALL("is the same", (second = CreateMutexA(NULL, FALSE, "conformance s")) != NULL);
    CloseHandle(second);
    CALL("Global is not", (second = CreateMutexA(NULL, FALSE, "Global\\conformance s")) != NULL);
    CloseHandle(second);
    CALL("case matters", OpenMutexA(SYNCHRONIZE, FALSE, "CONFORMANCE S") != NULL);
    CloseHandle(first);
}

static void extended(void)
{
    HANDLE mutex;
    CALL("CreateMutexEx owned", (mutex = CreateMutexExW(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS)) != NULL);
    CALL("release", ReleaseMutex(mutex));
    CloseHandle(mutex);
    CALL("CreateMutexExA", (mutex = CreateMutexExA(NULL, "conformance ex", 0, SYNCHRONIZE)) != NULL);
    RESULT("wait", WaitForSingleObject(mutex, 0));
    CALL("release", ReleaseMutex(mutex));
    CloseHandle(mutex);
    CALL("without SYNCHRONIZE", (mutex = CreateMutexExA(NULL, NULL, 0, MUTEX_MODIFY_STATE)) != NULL);
    SetLastError(UNCHANGED);
    RESULT("wait", WaitForSingleObject(mutex, 0));
    RESULT("error", GetLastError());
    CloseHandle(mutex);
    DOCUMENTED_CALL("Wine takes unknown flags", 0, ERROR_INVALID_PARAMETER, CreateMutexExA(NULL, NULL, 2, MUTEX_ALL_ACCESS) != NULL);
}

static void rights(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, "conformance rights");
    /* The specific rights, the standard ones, SYNCHRONIZE, MAXIMUM_ALLOWED and the generic ones. */
    const DWORD rights = 1u | 0x1f0000u | 0xf2000000u;
    for (int bit = 0; bit < 32; bit++) {
        char label[32];
        sprintf(label, "open with bit %d", bit);
        if (!(rights & 1u << bit)) {
            DWORD refused = bit == 24 ? ERROR_PRIVILEGE_NOT_HELD : ERROR_ACCESS_DENIED;
            printf("%s: ", label);
            DOCUMENTED_CALL("Wine opens with any bits", 0, refused, OpenMutexA(1u << bit, FALSE, "conformance rights") != NULL);
            continue;
        }
        SetLastError(UNCHANGED);
        HANDLE opened = OpenMutexA(1u << bit, FALSE, "conformance rights");
        DWORD error = GetLastError();
        report_call(label, opened != NULL, error);
        if (opened) {
            SetLastError(UNCHANGED);
            DWORD waited = WaitForSingleObject(opened, 0);
            printf("  wait: 0x%x, %s\n", (unsigned)waited, error_name(GetLastError()));
            if (waited == 0)
                ReleaseMutex(opened);
            WaitForSingleObject(mutex, 0);
            CALL("  release", ReleaseMutex(opened));
            CloseHandle(opened);
        }
    }
    DOCUMENTED_CALL("Wine opens with no right", 0, ERROR_ACCESS_DENIED, OpenMutexA(0, FALSE, "conformance rights") != NULL);
    DOCUMENTED_CALL("Wine opens with any bits", 0, ERROR_ACCESS_DENIED, OpenMutexA(MAXIMUM_ALLOWED | 2, FALSE, "conformance rights") != NULL);
    CloseHandle(mutex);
}

static void recursion(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    for (int i = 0; i < 50; i++)
        if (WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0)
            printf("wait %d failed\n", i);
    int released = 0;
    while (ReleaseMutex(mutex))
        released++;
    RESULT("released", released);
    RESULT("error", GetLastError() == ERROR_NOT_OWNER);
    CloseHandle(mutex);
}

static void wrong_handles(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    TRY(ReleaseMutex(NULL));
    TRY(ReleaseMutex((HANDLE)0xdeadbee0));
    TRY(ReleaseMutex(INVALID_HANDLE_VALUE));
    TRY(ReleaseMutex(GetCurrentThread()));
    TRY(ReleaseMutex(event));
    CloseHandle(event);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    CALL("the low bits are ignored", ReleaseMutex((HANDLE)((ULONG_PTR)mutex | 3)));
    CloseHandle(mutex);
    TRY(ReleaseMutex(mutex));
}

static void other_kinds(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, "conformance kind");
    CALL("event", CreateEventA(NULL, TRUE, TRUE, "conformance kind") != NULL);
    CALL("semaphore", CreateSemaphoreA(NULL, 0, 1, "conformance kind") != NULL);
    CALL("timer", CreateWaitableTimerA(NULL, TRUE, "conformance kind") != NULL);
    CALL("section", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, "conformance kind") != NULL);
    CALL("open event", OpenEventA(SYNCHRONIZE, FALSE, "conformance kind") != NULL);
    CALL("open semaphore", OpenSemaphoreA(SYNCHRONIZE, FALSE, "conformance kind") != NULL);
    CALL("open timer", OpenWaitableTimerA(SYNCHRONIZE, FALSE, "conformance kind") != NULL);
    CALL("open section", OpenFileMappingA(FILE_MAP_READ, FALSE, "conformance kind") != NULL);
    CloseHandle(mutex);
}

int main(void)
{
    creating();
    extended();
    rights();
    recursion();
    wrong_handles();
    other_kinds();
    return 0;
}
