/* WaitOnAddress, for values of each size. */

#include "conformance.h"

static BOOL(WINAPI *wait_on)(volatile VOID *, PVOID, SIZE_T, DWORD);
static VOID(WINAPI *wake_single)(PVOID);
static VOID(WINAPI *wake_all)(PVOID);

static volatile LONG64 value;
static volatile LONG waiting, woken;

static DWORD WINAPI waiter(LPVOID parameter)
{
    SIZE_T size = (SIZE_T)parameter;
    LONG64 zero = 0;
    InterlockedIncrement(&waiting);
    while (!(value & 1))
        wait_on(&value, &zero, size, INFINITE);
    InterlockedIncrement(&woken);
    return 0;
}

int main(void)
{
    HMODULE module = GetModuleHandleA("kernelbase.dll");
    LONG64 other = 0x1122334455667788, same = 0;
    HANDLE threads[4];
    SIZE_T size;
    int i;

    wait_on = (void *)GetProcAddress(module, "WaitOnAddress");
    wake_single = (void *)GetProcAddress(module, "WakeByAddressSingle");
    wake_all = (void *)GetProcAddress(module, "WakeByAddressAll");
    RESULT("found", wait_on && wake_single && wake_all);

    for (size = 0; size <= 9; size++) {
        char label[64];
        snprintf(label, sizeof label, "size %d, another value", (int)size);
        CALL(label, wait_on(&value, &other, size, 0));
        snprintf(label, sizeof label, "size %d, the same value", (int)size);
        CALL(label, wait_on(&value, &same, size, 0));
    }
    TRY(wait_on(&value, &same, 8, 20));
    value = 0x100;
    CALL("the lowest byte is the same", wait_on(&value, &same, 1, 0));
    CALL("two bytes are not", wait_on(&value, &same, 2, 0));
    CALL("an odd address", wait_on((char *)&value + 1, &same, 1, 0));
    value = 0;
    SetLastError(UNCHANGED);
    wake_single(NULL);
    wake_all(NULL);
    wake_single((PVOID)&value);
    wake_all((PVOID)&value);
    RESULT("waking nobody leaves the last error", GetLastError() == UNCHANGED);

    for (size = 1; size <= 8; size *= 2) {
        value = waiting = woken = 0;
        threads[0] = CreateThread(NULL, 0, waiter, (LPVOID)size, 0, NULL);
        while (!waiting)
            Sleep(1);
        Sleep(20);
        wake_single((PVOID)&value);
        Sleep(20);
        RESULT("waits on", woken == 0);
        value = 1;
        wake_single((PVOID)&value);
        WaitForSingleObject(threads[0], INFINITE);
        CloseHandle(threads[0]);
        RESULT("woken", woken);
    }
    value = waiting = woken = 0;
    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, waiter, (LPVOID)(SIZE_T)(1 << i), 0, NULL);
    while (waiting < 4)
        Sleep(1);
    Sleep(20);
    value = 1;
    wake_all((PVOID)&value);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    RESULT("all woken", woken);
    return 0;
}
