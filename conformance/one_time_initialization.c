/* One-time initialisation: what the word holds at each step, and which steps go together. */

#include "conformance.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static LONG calls;

static BOOL CALLBACK succeed(PINIT_ONCE where, PVOID parameter, PVOID *context)
{
    RESULT("  called in progress", (ULONG_PTR)where->Ptr);
    RESULT("  with the parameter", (ULONG_PTR)parameter);
    RESULT("  has a place for the context", context != NULL);
    if (context)
        *context = (PVOID)0x1230;
    calls++;
    return TRUE;
}

static BOOL CALLBACK fail(PINIT_ONCE where, PVOID parameter, PVOID *context)
{
    (void)where, (void)parameter, (void)context;
    SetLastError(0xBAD);
    calls++;
    return FALSE;
}

static void begin(const char *label, DWORD flags)
{
    BOOL pending = 0x77;
    PVOID context = (PVOID)0x66;
    CALL(label, InitOnceBeginInitialize(&once, flags, &pending, &context));
    printf("  pending 0x%x, context 0x%llx, word 0x%llx\n", pending, (unsigned long long)(ULONG_PTR)context,
           (unsigned long long)(ULONG_PTR)once.Ptr);
}

static void complete(const char *label, DWORD flags, ULONG_PTR context)
{
    CALL(label, InitOnceComplete(&once, flags, (PVOID)context));
    RESULT("  word", (ULONG_PTR)once.Ptr);
}

static volatile LONG slow_calls;
static INIT_ONCE shared = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK slow(PINIT_ONCE where, PVOID parameter, PVOID *context)
{
    (void)where, (void)parameter;
    Sleep(30);
    *context = (PVOID)0x40;
    return InterlockedIncrement(&slow_calls) > 0;
}

static DWORD WINAPI use(LPVOID parameter)
{
    PVOID context = NULL;
    (void)parameter;
    return InitOnceExecuteOnce(&shared, slow, NULL, &context) && context == (PVOID)0x40;
}

int main(void)
{
    PVOID context = (PVOID)0x55;
    HANDLE threads[4];
    DWORD code, good = 0;
    int i;

    begin("checked before", INIT_ONCE_CHECK_ONLY);
    TRY(InitOnceExecuteOnce(&once, fail, NULL, &context));
    RESULT("last error of the function", GetLastError());
    RESULT("word", (ULONG_PTR)once.Ptr);
    TRY(InitOnceExecuteOnce(&once, succeed, (PVOID)7, &context));
    RESULT("context", (ULONG_PTR)context);
    RESULT("word", (ULONG_PTR)once.Ptr);
    TRY(InitOnceExecuteOnce(&once, fail, NULL, NULL));
    RESULT("calls", calls);
    begin("checked", INIT_ONCE_CHECK_ONLY);
    begin("begun when done", 0);
    begin("begun when done, async", INIT_ONCE_ASYNC);
    complete("completed when done", 0, 0);

    InitOnceInitialize(&once);
    RESULT("word", (ULONG_PTR)once.Ptr);
    TRY(InitOnceExecuteOnce(&once, succeed, NULL, NULL));

    InitOnceInitialize(&once);
    begin("begun", 0);
    begin("begun async meanwhile", INIT_ONCE_ASYNC);
    begin("checked meanwhile", INIT_ONCE_CHECK_ONLY);
    begin("both flags", INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC);
    complete("failed with a context", INIT_ONCE_INIT_FAILED, 4);
    complete("failed async", INIT_ONCE_INIT_FAILED | INIT_ONCE_ASYNC, 0);
    complete("with low bits", 0, 5);
    complete("failed", INIT_ONCE_INIT_FAILED, 0);
    complete("failed again", INIT_ONCE_INIT_FAILED, 0);
    begin("begun", 0);
    complete("completed", 0, 0x5550);
    begin("begun when done", 0);

    InitOnceInitialize(&once);
    begin("begun async", INIT_ONCE_ASYNC);
    begin("begun async twice", INIT_ONCE_ASYNC);
    begin("begun sync meanwhile", 0);
    complete("completed sync", 0, 0x10);
    complete("completed async", INIT_ONCE_ASYNC, 0x10);
    complete("completed async again", INIT_ONCE_ASYNC, 0x20);
    begin("checked", INIT_ONCE_CHECK_ONLY);

    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, use, NULL, 0, NULL);
    for (i = 0; i < 4; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        good += code;
        CloseHandle(threads[i]);
    }
    RESULT("threads that saw it done", good);
    RESULT("calls", slow_calls);
    return 0;
}
