/* A thread whose stack runs out: who is told of it, and how it goes on. */

#include "conformance.h"

/* Where the thread goes on: rip, rsp, rbp, and the registers that a function keeps. */
static volatile DWORD64 resume_rip, resume_rsp, resume_rbp;
static int told;

static EXCEPTION_RECORD seen;

/* Prints nothing: there is not that much stack left. */
static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers)
{
    CONTEXT *context = pointers->ContextRecord;
    volatile char room[1024];
    room[0] = room[sizeof room - 1] = 1;
    if (pointers->ExceptionRecord->ExceptionCode != STATUS_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    told++;
    seen = *pointers->ExceptionRecord;
    context->Rip = resume_rip;
    context->Rsp = resume_rsp;
    context->Rbp = resume_rbp;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define ENDS "Wine 8.0 has no stack left to tell anybody, and ends the process"

static volatile unsigned depth;

static int __attribute__((noinline)) deeper(int n)
{
    volatile char room[2000];
    room[0] = (char)n;
    depth++;
    int below = n < 0 ? 0 : deeper(n + 1);
    return below + room[0];
}

static void __attribute__((noinline)) overflow(void)
{
    __asm__ volatile("lea 1f(%%rip), %%rax\n\t"
                     "mov %%rax, %0\n\t"
                     "mov %%rsp, %1\n\t"
                     "mov %%rbp, %2\n\t"
                     "xor %%ecx, %%ecx\n\t"
                     "xor %%edi, %%edi\n\t"
                     "sub $256, %%rsp\n\t"
                     "and $-16, %%rsp\n\t"
                     "call *%3\n"
                     "1:"
                     : "=m"(resume_rip), "=m"(resume_rsp), "=m"(resume_rbp)
                     : "r"((DWORD64)(ULONG_PTR)deeper)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                       "r14", "r15", "memory", "cc");
}

static DWORD WINAPI thread(void *unused)
{
    (void)unused;
    overflow();
    return told;
}

static void limits(const char *label)
{
    ULONG_PTR low = 0, high = 0;
    char here;
    GetCurrentThreadStackLimits(&low, &high);
    printf("%s: in between %d, more than 512 KiB %d\n", label,
           low < (ULONG_PTR)&here && (ULONG_PTR)&here < high, high - low > 512 << 10);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(&here, &info, sizeof info);
    printf("%s: %s, %s, %s\n", label, state_name(info.State), type_name(info.Type),
           protection_name(info.Protect));
    fflush(stdout);
}

int main(void)
{
    limits("the first thread's stack");

    ULONG size = 0;
    TRY(SetThreadStackGuarantee(&size));
    RESULT("guaranteed before", size);
    size = 0x4001;
    TRY(SetThreadStackGuarantee(&size));
    RESULT("guaranteed before", size);
    size = 0x1000;
    TRY(SetThreadStackGuarantee(&size));
    RESULT("guaranteed before", size);
    size = 0x7FFFF000;
    TRY(SetThreadStackGuarantee(&size));
    size = 0;
    TRY(SetThreadStackGuarantee(&size));
    RESULT("guaranteed before", size);

    AddVectoredExceptionHandler(1, handler);
    int both = !on_wine();
    if (both)
        overflow();
    DOCUMENTED("the first thread's handler is told", told, 1, ENDS);
    DOCUMENTED("went deep", depth > 0, 1, ENDS);
    DOCUMENTED("code", seen.ExceptionCode, STATUS_STACK_OVERFLOW, ENDS);
    DOCUMENTED("flags", seen.ExceptionFlags, 0, ENDS);
    DOCUMENTED("parameters", seen.NumberParameters, 2, ENDS);
    DOCUMENTED("it was to write", seen.ExceptionInformation[0], 1, ENDS);
    if (both)
        overflow();
    DOCUMENTED("told again", told, 2, ENDS);

    DWORD code = 0;
    if (both) {
        HANDLE other = CreateThread(NULL, 0, thread, NULL, 0, NULL);
        WaitForSingleObject(other, INFINITE);
        GetExitCodeThread(other, &code);
    }
    DOCUMENTED("another thread's is told", code, 3, ENDS);
    return 0;
}
