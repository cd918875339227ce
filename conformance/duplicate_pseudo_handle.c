/* Duplicates of the pseudo handles of the process and the thread, and the rights of a process handle. */

#include "conformance.h"

/* Loaded by name: mingw's import library for kernel32 does not have it. */
static BOOL(WINAPI *compare)(HANDLE, HANDLE);

static HANDLE section(DWORD protection, const char *name)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protection, 0, 0x1000, name);
}

static HANDLE duplicate(HANDLE source, DWORD access, BOOL inherit, DWORD options)
{
    HANDLE target = (HANDLE)0x1234;
    CALL("  DuplicateHandle",
         DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &target, access, inherit, options));
    return target;
}

static void flags(HANDLE handle)
{
    DWORD flags = 99;
    CALL("  GetHandleInformation", GetHandleInformation(handle, &flags));
    RESULT("  flags", flags);
}

int main(void)
{
    compare = (BOOL(WINAPI *)(HANDLE, HANDLE))(void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    HANDLE process = GetCurrentProcess();
    HANDLE a = section(PAGE_READWRITE, NULL), b, c;

    puts("the process");
    b = duplicate(process, 0, FALSE, DUPLICATE_SAME_ACCESS);
    RESULT("  a real handle", b != process && b != NULL);
    CALL("  one object", compare(process, b));
    CALL("  the process is no section", compare(process, a));
    flags(b);
    CALL("  as a process", DuplicateHandle(b, a, b, &c, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(c);
    RESULT("  its number", GetProcessId(b) == GetCurrentProcessId());
    CALL("  VirtualAllocEx", c = VirtualAllocEx(b, NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    CALL("  VirtualFreeEx", VirtualFreeEx(b, c, 0, MEM_RELEASE));
    CALL("  MapViewOfFile", MapViewOfFile(b, FILE_MAP_READ, 0, 0, 0));
    CALL("  close", CloseHandle(b));
    puts("closing the pseudo handle of the process does nothing");
    b = duplicate(process, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    RESULT("  a real handle", b != process && b != NULL);
    CALL("  close", CloseHandle(b));
    RESULT("GetProcessId(NULL)", GetProcessId(NULL));

    puts("rights of a process handle");
    b = duplicate(process, PROCESS_QUERY_INFORMATION, FALSE, 0);
    TRY(VirtualAllocEx(b, NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    TRY(DuplicateHandle(b, a, process, &c, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(process, a, b, &c, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(b);
    b = duplicate(process, PROCESS_VM_OPERATION, FALSE, 0);
    TRY(c = VirtualAllocEx(b, NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    VirtualFree(c, 0, MEM_RELEASE);
    RESULT("GetProcessId", GetProcessId(b) != 0);
    CloseHandle(b);

    puts("the thread");
    b = duplicate(GetCurrentThread(), 0, FALSE, DUPLICATE_SAME_ACCESS);
    RESULT("  a real handle", b != GetCurrentThread() && b != NULL);
    CALL("  one object", compare(GetCurrentThread(), b));
    CALL("  a thread is no process", compare(process, b));
    RESULT("  its number", GetThreadId(b) == GetCurrentThreadId());
    CALL("  as a process", DuplicateHandle(b, a, process, &c, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CALL("  close", CloseHandle(b));
    CloseHandle(a);
    return 0;
}
