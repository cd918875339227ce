/* What a program is told when the processor cannot do what an instruction asks for. */

#include "conformance.h"

/*
 * Each instruction below is tried with the address to go on at in r11, and its own in r10. The handler
 * prints what it is told, relative to that, and goes on there.
 */
#define INSTRUCTION(text, ...)                                                                     \
    __asm__ volatile("lea 1f(%%rip), %%r10\n\tlea 2f(%%rip), %%r11\n1:\t" text "\n2:"              \
                     :                                                                             \
                     : __VA_ARGS__                                                                 \
                     : "rax", "rdx", "rcx", "r10", "r11", "memory", "cc", "xmm0", "xmm1")

static const char *label;
static int times;
/* What Windows is known to answer where Wine answers otherwise, or 0. */
static DWORD documented;

static LONG CALLBACK report(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    times++;
    if (documented) {
        DOCUMENTED(label, record->ExceptionCode, documented,
                   "Wine 8.0 does not look at the operands, nor at all instructions");
        documented = 0;
        context->Rip = context->R11;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    printf("%s: %08lX, flags %lu, at +%lld, Rip at +%lld, parameters", label,
           (unsigned long)record->ExceptionCode, (unsigned long)record->ExceptionFlags,
           (long long)((DWORD64)(ULONG_PTR)record->ExceptionAddress - context->R10),
           (long long)(context->Rip - context->R10));
    /* The second one of a floating-point exception is the control and status word. */
    for (DWORD i = 0; i < record->NumberParameters; i++)
        printf(" %llX", (unsigned long long)record->ExceptionInformation[i]);
    printf(", trap flag %d\n", (int)(context->EFlags >> 8 & 1));
    fflush(stdout);
    context->Rip = context->R11;
    context->MxCsr = 0x1F80;
    context->FltSave.MxCsr = 0x1F80;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void set_control(unsigned control)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}

#define ONE(name, text, ...)                                                                       \
    do {                                                                                           \
        label = name;                                                                              \
        INSTRUCTION(text, __VA_ARGS__);                                                            \
    } while (0)

int main(void)
{
    AddVectoredExceptionHandler(1, report);
    static volatile int zero, minus_one = -1;
    static double numbers[2] = { 0, 1 };
    static double tiny[2] = { 5e-324, 1 };
    static double huge[2] = { 1e308, 1e-308 };

    ONE("divide by zero", "mov $1, %%eax\n\tcltd\n\tlea 1f(%%rip), %%r10\n1:\tidivl %0", "m"(zero));
    ONE("by a register of zero", "xor %%ecx, %%ecx\n\tlea 1f(%%rip), %%r10\n1:\tdiv %%rcx", "m"(zero));
    ONE("by a byte", "xor %%ecx, %%ecx\n\tlea 1f(%%rip), %%r10\n1:\tdivb %%cl", "m"(zero));
    documented = 0xC0000095;
    ONE("the quotient is too large",
        "mov $0x80000000, %%eax\n\tcltd\n\tlea 1f(%%rip), %%r10\n1:\tidivl %0", "m"(minus_one));
    documented = 0xC0000095;
    ONE("and by a register",
        "mov $1, %%ecx\n\tmov %%ecx, %%edx\n\tlea 1f(%%rip), %%r10\n1:\tdiv %%ecx", "m"(zero));

    ONE("ud2", "ud2", "m"(zero));
    ONE("hlt", "hlt", "m"(zero));
    ONE("cli", "cli", "m"(zero));
    ONE("in", "in $0x80, %%al", "m"(zero));
    ONE("out", "out %%al, %%dx", "m"(zero));
    documented = 0xC0000096;
    ONE("rdmsr", "rdmsr", "m"(zero));
    ONE("wbinvd", "wbinvd", "m"(zero));
    ONE("mov from cr0", "mov %%cr0, %%rax", "m"(zero));

    ONE("an address that is none", "mov $0x8000000000000000, %%rax\n\tlea 1f(%%rip), %%r10\n1:\tmov (%%rax), %%al", "m"(zero));
    ONE("written", "mov $0x8000000000000000, %%rax\n\tlea 1f(%%rip), %%r10\n1:\tmov %%al, (%%rax)", "m"(zero));
    ONE("misaligned", "lea 1(%%rsp), %%rax\n\tlea 1f(%%rip), %%r10\n1:\tmovaps (%%rax), %%xmm0", "m"(zero));

    ONE("int3", "int3", "m"(zero));
    ONE("int 3 in two bytes", ".byte 0xCD, 3", "m"(zero));
    ONE("single step",
        "pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tlea 1f(%%rip), %%r10\n1:\tnop", "m"(zero));

    set_control(0x1F80 & ~0x200);
    ONE("float divide by zero", "movsd 8(%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\tdivsd (%0), %%xmm0", "r"(numbers));
    set_control(0x1F80 & ~0x80);
    ONE("float invalid", "movsd (%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\tdivsd (%0), %%xmm0", "r"(numbers));
    set_control(0x1F80 & ~0x400);
    ONE("float overflow", "movsd (%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\tmulsd (%0), %%xmm0", "r"(huge));
    set_control(0x1F80 & ~0x800);
    ONE("float underflow", "movsd 8(%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\tmulsd 8(%0), %%xmm0", "r"(huge));
    set_control(0x1F80 & ~0x1000);
    ONE("float inexact", "movsd 8(%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\taddsd (%0), %%xmm0", "r"(huge));
    set_control(0x1F80 & ~0x100);
    documented = 0xC000008D;
    ONE("float denormal", "movsd 8(%0), %%xmm0\n\tlea 1f(%%rip), %%r10\n1:\taddsd (%0), %%xmm0", "r"(tiny));
    set_control(0x1F80);

    static unsigned short unmasked[5] = { 0x37B, 0x37E, 0x377, 0x36F, 0x35F };
    static unsigned short masked = 0x37F;
    ONE("x87 divide by zero", "fninit\n\tfldcw (%0)\n\tfld1\n\tfldz\n\tfdivrp\n\tlea 1f(%%rip), %%r10\n1:\tfwait", "r"(&unmasked[0]));
    __asm__ volatile("fninit");
    ONE("x87 invalid", "fninit\n\tfldcw (%0)\n\tfldz\n\tfldz\n\tfdivrp\n\tlea 1f(%%rip), %%r10\n1:\tfwait", "r"(&unmasked[1]));
    __asm__ volatile("fninit");
    ONE("x87 stack", "fninit\n\tfldcw (%0)\n\tfstp %%st(0)\n\tlea 1f(%%rip), %%r10\n1:\tfwait", "r"(&unmasked[1]));
    __asm__ volatile("fninit\n\tfldcw %0" : : "m"(masked));
    RESULT("exceptions", times);
    return 0;
}
