/* Semaphores: creating, opening and releasing them. */
#include "conformance.h"

static void creating(void)
{
    HANDLE first, second;
    CALL("create", (first = CreateSemaphoreA(NULL, 1, 2, "conformance semaphore")) != NULL);
    CALL("create the same", (second = CreateSemaphoreW(NULL, 0, 9, L"conformance semaphore")) != NULL);
    RESULT("wait", WaitForSingleObject(second, 0));
    RESULT("wait", WaitForSingleObject(second, 0));
    CloseHandle(second);
    CALL("counts are checked first", CreateSemaphoreA(NULL, 3, 2, "conformance semaphore") != NULL);
    CALL("open W", (second = OpenSemaphoreW(SEMAPHORE_MODIFY_STATE, FALSE, L"conformance semaphore")) != NULL);
    LONG previous = 77;
    CALL("release", ReleaseSemaphore(second, 2, &previous));
    RESULT("previous", previous);
    SetLastError(UNCHANGED);
    RESULT("wait without SYNCHRONIZE", WaitForSingleObject(second, 0));
    RESULT("error", GetLastError());
    CloseHandle(second);
    CALL("open A", (second = OpenSemaphoreA(SYNCHRONIZE, FALSE, "conformance semaphore")) != NULL);
    CALL("release", ReleaseSemaphore(second, 1, NULL));
    RESULT("wait", WaitForSingleObject(second, 0));
    CloseHandle(second);
    CloseHandle(first);
    CALL("open what is gone", OpenSemaphoreA(SYNCHRONIZE, FALSE, "conformance semaphore") != NULL);
    CALL("open NULL", OpenSemaphoreA(SYNCHRONIZE, FALSE, NULL) != NULL);
    CALL("initial below 0", CreateSemaphoreA(NULL, -1, 1, NULL) != NULL);
    CALL("maximum 0", CreateSemaphoreA(NULL, 0, 0, NULL) != NULL);
    CALL("maximum below 0", CreateSemaphoreA(NULL, 0, -1, NULL) != NULL);
    CALL("initial above", CreateSemaphoreA(NULL, 2, 1, NULL) != NULL);
    CALL("CreateSemaphoreEx", (first = CreateSemaphoreExW(NULL, 1, 1, NULL, 0, SEMAPHORE_ALL_ACCESS)) != NULL);
    CloseHandle(first);
    CALL("CreateSemaphoreExA", (first = CreateSemaphoreExA(NULL, 1, 1, "conformance ex", 0, SYNCHRONIZE)) != NULL);
    CALL("release", ReleaseSemaphore(first, 1, NULL));
    CloseHandle(first);
    DOCUMENTED_CALL("Wine takes flags", 0, ERROR_INVALID_PARAMETER, CreateSemaphoreExW(NULL, 1, 1, NULL, 1, SEMAPHORE_ALL_ACCESS) != NULL);
}

static void counting(void)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 2, 5, NULL);
    LONG previous = 77;
    RESULT("wait", WaitForSingleObject(semaphore, 0));
    CALL("release 2", ReleaseSemaphore(semaphore, 2, &previous));
    RESULT("previous", previous);
    previous = 77;
    CALL("release 3", ReleaseSemaphore(semaphore, 3, &previous));
    RESULT("previous", previous);
    CALL("release 0x7fffffff", ReleaseSemaphore(semaphore, 0x7fffffff, &previous));
    RESULT("previous", previous);
    DOCUMENTED_CALL("Wine takes 0", 0, ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, 0, &previous));
    DOCUMENTED_CALL("Wine answers ERROR_TOO_MANY_POSTS", 0, ERROR_INVALID_PARAMETER, ReleaseSemaphore(semaphore, -1, &previous));
    CALL("release 2", ReleaseSemaphore(semaphore, 2, NULL));
    int count = 0;
    while (WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0)
        count++;
    RESULT("count", count);
    CloseHandle(semaphore);
    semaphore = CreateSemaphoreA(NULL, 0x7ffffffe, 0x7fffffff, NULL);
    CALL("release 1", ReleaseSemaphore(semaphore, 1, &previous));
    RESULT("previous", previous);
    CALL("release 1", ReleaseSemaphore(semaphore, 1, &previous));
    RESULT("wait", WaitForSingleObject(semaphore, 0));
    CloseHandle(semaphore);
}

static void wrong_handles(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    TRY(ReleaseSemaphore(NULL, 1, NULL));
    TRY(ReleaseSemaphore((HANDLE)0xdeadbee0, 1, NULL));
    TRY(ReleaseSemaphore(mutex, 1, NULL));
    CloseHandle(mutex);
}

static void rights(void)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 100, 1000, "conformance rights");
    /* The specific rights, the standard ones, SYNCHRONIZE, MAXIMUM_ALLOWED and the generic ones. */
    const DWORD rights = 3u | 0x1f0000u | 0xf2000000u;
    for (int bit = 0; bit < 32; bit++) {
        char label[32];
        sprintf(label, "open with bit %d", bit);
        if (!(rights & 1u << bit)) {
            DWORD refused = bit == 24 ? ERROR_PRIVILEGE_NOT_HELD : ERROR_ACCESS_DENIED;
            printf("%s: ", label);
            DOCUMENTED_CALL("Wine opens with any bits", 0, refused, OpenSemaphoreA(1u << bit, FALSE, "conformance rights") != NULL);
            continue;
        }
        SetLastError(UNCHANGED);
        HANDLE opened = OpenSemaphoreA(1u << bit, FALSE, "conformance rights");
        report_call(label, opened != NULL, GetLastError());
        if (opened) {
            SetLastError(UNCHANGED);
            DWORD waited = WaitForSingleObject(opened, 0);
            printf("  wait: 0x%x, %s\n", (unsigned)waited, error_name(GetLastError()));
            CALL("  release", ReleaseSemaphore(opened, 1, NULL));
            CloseHandle(opened);
        }
    }
    DOCUMENTED_CALL("Wine opens with no right", 0, ERROR_ACCESS_DENIED, OpenSemaphoreA(0, FALSE, "conformance rights") != NULL);
    CloseHandle(semaphore);
}

int main(void)
{
    creating();
    counting();
    wrong_handles();
    rights();
    return 0;
}
