/* Events: creating, setting, resetting and pulsing them. */
#include "conformance.h"

static void creating(void)
{
    HANDLE first, second;
    CALL("create", (first = CreateEventA(NULL, TRUE, FALSE, "conformance event")) != NULL);
    CALL("create the same, set", (second = CreateEventA(NULL, FALSE, TRUE, "conformance event")) != NULL);
    RESULT("stays as it was", WaitForSingleObject(second, 0));
    TRY(SetEvent(second));
    RESULT("and of the same kind", WaitForSingleObject(first, 0));
    RESULT("and of the same kind", WaitForSingleObject(first, 0));
    CloseHandle(second);
    CALL("open W", (second = OpenEventW(EVENT_MODIFY_STATE, TRUE, L"conformance event")) != NULL);
    DWORD flags = 0;
    TRY(GetHandleInformation(second, &flags));
    RESULT("inherited", flags);
    TRY(ResetEvent(second));
    RESULT("reset", WaitForSingleObject(first, 0));
    SetLastError(UNCHANGED);
    RESULT("wait without SYNCHRONIZE", WaitForSingleObject(second, 0));
    RESULT("error", GetLastError());
    CloseHandle(second);
    CALL("open A", (second = OpenEventA(SYNCHRONIZE, FALSE, "conformance event")) != NULL);
    TRY(SetEvent(second));
    TRY(ResetEvent(second));
    TRY(PulseEvent(second));
    CloseHandle(second);
    CloseHandle(first);
    CALL("open what is gone", OpenEventA(SYNCHRONIZE, FALSE, "conformance event") != NULL);
    CALL("open NULL", OpenEventA(SYNCHRONIZE, FALSE, NULL) != NULL);
    CALL("open NULL W", OpenEventW(SYNCHRONIZE, FALSE, NULL) != NULL);
}

static void extended(void)
{
    for (DWORD flags = 0; flags < 4; flags++) {
        HANDLE event = CreateEventExW(NULL, NULL, flags, EVENT_ALL_ACCESS);
        printf("flags %u: 0x%x", (unsigned)flags, (unsigned)WaitForSingleObject(event, 0));
        printf(" 0x%x\n", (unsigned)WaitForSingleObject(event, 0));
        CloseHandle(event);
    }
    HANDLE event;
    CALL("CreateEventExA", (event = CreateEventExA(NULL, "conformance ex", CREATE_EVENT_INITIAL_SET, SYNCHRONIZE)) != NULL);
    TRY(SetEvent(event));
    RESULT("wait", WaitForSingleObject(event, 0));
    CloseHandle(event);
    DOCUMENTED_CALL("Wine takes unknown flags", 0, ERROR_INVALID_PARAMETER, CreateEventExA(NULL, NULL, 4, EVENT_ALL_ACCESS) != NULL);
}

static void states(void)
{
    HANDLE once = CreateEventA(NULL, FALSE, TRUE, NULL), stays = CreateEventA(NULL, TRUE, TRUE, NULL);
    RESULT("auto", WaitForSingleObject(once, 0));
    RESULT("auto again", WaitForSingleObject(once, 10));
    TRY(SetEvent(once));
    TRY(SetEvent(once));
    RESULT("set twice", WaitForSingleObject(once, INFINITE));
    RESULT("is set once", WaitForSingleObject(once, 0));
    TRY(SetEvent(once));
    TRY(ResetEvent(once));
    RESULT("reset", WaitForSingleObject(once, 0));
    TRY(ResetEvent(once));
    RESULT("manual", WaitForSingleObject(stays, 0));
    RESULT("manual again", WaitForSingleObject(stays, INFINITE));
    TRY(PulseEvent(stays));
    RESULT("after a pulse", WaitForSingleObject(stays, 0));
    TRY(PulseEvent(once));
    RESULT("after a pulse", WaitForSingleObject(once, 0));
    TRY(SetEvent(once));
    TRY(PulseEvent(once));
    RESULT("after a pulse of one that was set", WaitForSingleObject(once, 0));
    SetLastError(UNCHANGED);
    WaitForSingleObject(once, 0);
    RESULT("time out leaves the last error", GetLastError() == UNCHANGED);
    CloseHandle(once);
    CloseHandle(stays);
}

static void rights(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, "conformance rights");
    /* The specific rights, the standard ones, SYNCHRONIZE, MAXIMUM_ALLOWED and the generic ones. */
    const DWORD rights = 3u | 0x1f0000u | 0xf2000000u;
    for (int bit = 0; bit < 32; bit++) {
        char label[32];
        sprintf(label, "open with bit %d", bit);
        if (!(rights & 1u << bit)) {
            DWORD refused = bit == 24 ? ERROR_PRIVILEGE_NOT_HELD : ERROR_ACCESS_DENIED;
            printf("%s: ", label);
            DOCUMENTED_CALL("Wine opens with any bits", 0, refused, OpenEventA(1u << bit, FALSE, "conformance rights") != NULL);
            continue;
        }
        SetLastError(UNCHANGED);
        HANDLE opened = OpenEventA(1u << bit, FALSE, "conformance rights");
        report_call(label, opened != NULL, GetLastError());
        if (opened) {
            SetLastError(UNCHANGED);
            DWORD waited = WaitForSingleObject(opened, 0);
            printf("  wait: 0x%x, %s\n", (unsigned)waited, error_name(GetLastError()));
            CALL("  set", SetEvent(opened));
            CloseHandle(opened);
        }
    }
    DOCUMENTED_CALL("Wine opens with no right", 0, ERROR_ACCESS_DENIED, OpenEventA(0, FALSE, "conformance rights") != NULL);
    CloseHandle(event);
}

static void wrong_handles(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    TRY(SetEvent(NULL));
    TRY(SetEvent((HANDLE)0xdeadbee0));
    TRY(SetEvent(GetCurrentThread()));
    TRY(SetEvent(mutex));
    TRY(ResetEvent(NULL));
    TRY(ResetEvent(mutex));
    TRY(PulseEvent(NULL));
    TRY(PulseEvent(mutex));
    CloseHandle(mutex);
}

int main(void)
{
    creating();
    extended();
    states();
    rights();
    wrong_handles();
    return 0;
}
