/* Thread-local and fiber-local storage. */

#include "conformance.h"

static DWORD tls, fls;
static volatile LONG told, sum;
static HANDLE go, gone;

static VOID WINAPI callback(PVOID value)
{
    InterlockedIncrement(&told);
    InterlockedExchangeAdd(&sum, (LONG)(ULONG_PTR)value);
}

static DWORD WINAPI thread(LPVOID parameter)
{
    RESULT("another thread's value", (ULONG_PTR)TlsGetValue(tls));
    RESULT("another thread's value", (ULONG_PTR)FlsGetValue(fls));
    TlsSetValue(tls, parameter);
    FlsSetValue(fls, parameter);
    RESULT("set", TlsGetValue(tls) == parameter && FlsGetValue(fls) == parameter);
    SetEvent(gone);
    WaitForSingleObject(go, INFINITE);
    RESULT("after the index was given to another", (ULONG_PTR)TlsGetValue(tls));
    return 0;
}

int main(void)
{
    DWORD first, count = 1;
    HANDLE other;

    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    gone = CreateEventA(NULL, FALSE, FALSE, NULL);
    tls = TlsAlloc();
    fls = FlsAlloc(callback);
    RESULT("indexes", tls != TLS_OUT_OF_INDEXES && fls != FLS_OUT_OF_INDEXES && fls != 0);
    CALL("a new one is NULL", TlsGetValue(tls));
    CALL("a new one is NULL", FlsGetValue(fls));
    TRY(TlsSetValue(tls, (PVOID)1));
    TRY(TlsGetValue(tls));
    TRY(FlsSetValue(fls, (PVOID)1));
    TRY(FlsGetValue(fls));
    TRY(TlsSetValue(1087, (PVOID)2));
    TRY(TlsGetValue(1087));
    TRY(TlsSetValue(1087, NULL));
    TRY(TlsSetValue(1088, (PVOID)2));
    TRY(TlsGetValue(1088));
    TRY(TlsSetValue(TLS_OUT_OF_INDEXES, NULL));
    TRY(TlsFree(1088));
    TRY(TlsFree(1000));
    TRY(FlsSetValue(0, NULL));
    TRY(FlsGetValue(0));
    TRY(FlsSetValue(5000, NULL));
    TRY(FlsGetValue(5000));
    TRY(FlsFree(0));
    TRY(FlsFree(4000));

    other = CreateThread(NULL, 0, thread, (LPVOID)0x10, 0, NULL);
    WaitForSingleObject(gone, INFINITE);
    RESULT("this thread's value", (ULONG_PTR)TlsGetValue(tls));
    TRY(TlsFree(tls));
    TRY(TlsFree(tls));
    first = TlsAlloc();
    RESULT("the lowest free one", first == tls);
    CALL("it is NULL", TlsGetValue(first));
    SetEvent(go);
    WaitForSingleObject(other, INFINITE);
    CloseHandle(other);
    RESULT("told at the thread's end", told);
    RESULT("its value", sum);
    TRY(FlsFree(fls));
    RESULT("told when the index was freed", told);
    RESULT("its value", sum);
    fls = FlsAlloc(NULL);
    CALL("a new one is NULL", FlsGetValue(fls));
    TRY(FlsFree(fls));
    RESULT("nobody to tell", told);

    while (TlsAlloc() != TLS_OUT_OF_INDEXES)
        count++;
    CALL("no more", TlsAlloc() != TLS_OUT_OF_INDEXES);
    RESULT("a thousand and more", count > 1080 && count <= 1088);
    count = 0;
    while (FlsAlloc(callback) != FLS_OUT_OF_INDEXES)
        count++;
    CALL("no more", FlsAlloc(callback) != FLS_OUT_OF_INDEXES);
    RESULT("four thousand and more", count > 4000 && count < 4080);
    return 0;
}
