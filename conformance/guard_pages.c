/* Guard pages: one fault tells, then the page is plain. */

#include "conformance.h"

static char *base;
static int times;
static int continues;

static void report_fault(const EXCEPTION_RECORD *record)
{
    printf("  exception %08lX, flags %lu, parameters %lu, attempt %llu, at offset %lld\n",
           (unsigned long)record->ExceptionCode, (unsigned long)record->ExceptionFlags,
           (unsigned long)record->NumberParameters,
           (unsigned long long)record->ExceptionInformation[0],
           (long long)((char *)record->ExceptionInformation[1] - base));
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    DWORD old;
    times++;
    report_fault(record);
    if (record->ExceptionCode == STATUS_GUARD_PAGE_VIOLATION) {
        /* The page is plain already: touching it here raises nothing. */
        volatile char *touched = (char *)record->ExceptionInformation[1];
        (void)*touched;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (record->ExceptionCode == STATUS_ACCESS_VIOLATION) {
        VirtualProtect((void *)record->ExceptionInformation[1], 1, PAGE_READWRITE, &old);
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK on_continue(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    continues++;
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD protection(size_t offset)
{
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(base + offset, &info, sizeof info);
    return info.Protect;
}

int main(void)
{
    DWORD old = 0;
    PVOID handler = AddVectoredExceptionHandler(1, on_exception);
    PVOID listener = AddVectoredContinueHandler(1, on_continue);
    RESULT("registered", handler != NULL && listener != NULL);

    base = VirtualAlloc(NULL, 0x8000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    RESULT("allocated", base != NULL);
    describe_range("guarded", base, 0x8000);
    volatile char *memory = base;

    printf("a read\n");
    (void)memory[0x123];
    RESULT("times", times);
    (void)memory[0x124];
    RESULT("times after another read", times);
    printf("a write\n");
    memory[0x1FFF] = 1;
    RESULT("written", memory[0x1FFF]);
    RESULT("times", times);
    describe_range("after two faults", base, 0x8000);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(base, &info, sizeof info);
    RESULT("allocated as", info.AllocationProtect);

    printf("read-only and guarded, written\n");
    CALL("protect", VirtualProtect(base + 0x2000, 0x1000, PAGE_READONLY | PAGE_GUARD, &old));
    RESULT("old", old);
    memory[0x2008] = 7;
    RESULT("written", memory[0x2008]);
    RESULT("times", times);

    printf("set again\n");
    CALL("commit over it",
         VirtualAlloc(base, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) == base);
    RESULT("protection", protection(0));
    (void)memory[0];
    RESULT("times", times);
    RESULT("protection", protection(0));
    CALL("protect without guard", VirtualProtect(base + 0x3000, 0x1000, PAGE_READWRITE, &old));
    RESULT("old", old);
    memory[0x3000] = 1;
    RESULT("times", times);

    printf("a view\n");
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x2000, NULL);
    char *first = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    base = first;
    CALL("guard one view", VirtualProtect(first, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old));
    second[0] = 'x';
    RESULT("times", times);
    RESULT("seen", first[0]);
    RESULT("times", times);

    printf("a system call\n");
    char path[MAX_PATH], directory[MAX_PATH];
    GetTempPathA(sizeof directory, directory);
    GetTempFileNameA(directory, "gp", 0, path);
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD done = 0;
    WriteFile(file, "0123456789", 10, &done, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CALL("guard", VirtualProtect(first, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old));
    CALL("read into it", ReadFile(file, first, 10, &done, NULL));
    RESULT("protection", protection(0));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CALL("read into it again", ReadFile(file, first, 10, &done, NULL));
    RESULT("read", done);
    CloseHandle(file);
    RESULT("times", times);

    DOCUMENTED("continued", continues, 6, "Wine never calls continue handlers");
    RESULT("removed", RemoveVectoredExceptionHandler(handler) != 0);
    RESULT("removed again", RemoveVectoredExceptionHandler(handler) != 0);
    RESULT("removed", RemoveVectoredContinueHandler(listener) != 0);
    return 0;
}
