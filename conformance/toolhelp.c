/* Toolhelp snapshots: processes, threads, modules, heaps. */

#include "conformance.h"

#include <tlhelp32.h>

static DWORD WINAPI wait_for_word(void *parameter)
{
    volatile LONG *word = parameter;
    while (!*word)
        Sleep(5);
    return 0;
}

/* The child: makes a heap with blocks of its own, says where they are, and waits to be ended. */
static int other_process(char **argv)
{
    ULONG_PTR *shown = MapViewOfFile((HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 0), FILE_MAP_WRITE, 0, 0, 0);
    HANDLE heap = HeapCreate(0, 0, 0);
    shown[0] = (ULONG_PTR)heap;
    shown[1] = (ULONG_PTR)GetProcessHeap();
    for (unsigned i = 0; i < 20; i++)
        shown[2 + i] = (ULONG_PTR)HeapAlloc(heap, 0, 300 + i);
    SetEvent((HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0));
    Sleep(60000);
    return 0;
}

static void heaps_of_another(void)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, PAGE, NULL);
    HANDLE ready = CreateEventA(&inheritable, TRUE, FALSE, NULL);
    ULONG_PTR *shown = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    PROCESS_INFORMATION process;
    STARTUPINFOA startup = { .cb = sizeof startup };
    HEAPLIST32 heap = { .dwSize = sizeof heap };
    HEAPENTRY32 block = { .dwSize = sizeof block };
    char self[MAX_PATH], line[200];
    unsigned standard = 0, own = 0, known = 0;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "child 0x%llx 0x%llx", (unsigned long long)(ULONG_PTR)section,
             (unsigned long long)(ULONG_PTR)ready);
    fflush(stdout);
    if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return;
    WaitForSingleObject(ready, 30000);
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, process.dwProcessId);
    for (BOOL more = Heap32ListFirst(snapshot, &heap); more; more = Heap32ListNext(snapshot, &heap)) {
        standard += heap.th32HeapID == shown[1] && heap.dwFlags == HF32_DEFAULT;
        own += heap.th32HeapID == shown[0] && heap.th32ProcessID == process.dwProcessId;
    }
    CloseHandle(snapshot);
    DOCUMENTED("its standard heap", standard, 1, "Wine has none in snapshots");
    DOCUMENTED("its own heap", own, 1, "as above");
    BOOL step = !on_wine() && Heap32First(&block, process.dwProcessId, shown[0]);
    for (; step; step = Heap32Next(&block))
        for (unsigned i = 0; i < 20; i++)
            known += block.dwAddress == shown[2 + i] && block.dwBlockSize >= 300 + i && block.dwFlags == LF32_FIXED;
    DOCUMENTED("its blocks", known, 20, "Wine walks no heaps");
    TerminateProcess(process.hProcess, 0);
    WaitForSingleObject(process.hProcess, 30000);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
}

int main(int argc, char **argv)
{
    if (argc > 2)
        return other_process(argv);
    HANDLE snapshot;
    PROCESSENTRY32 process = { .dwSize = sizeof process };
    PROCESSENTRY32W wide_process = { .dwSize = sizeof wide_process };
    THREADENTRY32 thread = { .dwSize = sizeof thread };
    MODULEENTRY32 module = { .dwSize = sizeof module };
    HEAPLIST32 heap = { .dwSize = sizeof heap };
    char path[MAX_PATH], *name;
    volatile LONG word = 0;
    DWORD thread_id = 0;

    GetModuleFileNameA(NULL, path, sizeof path);
    name = strrchr(path, '\\') + 1;
    HANDLE other = CreateThread(NULL, 0, wait_for_word, (void *)&word, 0, &thread_id);

    TRY((snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)) != INVALID_HANDLE_VALUE);
    unsigned found = 0, first_again = 0;
    DWORD first = 0;
    for (BOOL more = Process32First(snapshot, &process); more; more = Process32Next(snapshot, &process)) {
        if (!first)
            first = process.th32ProcessID;
        if (process.th32ProcessID == GetCurrentProcessId())
            found += lstrcmpiA(process.szExeFile, name) == 0 && process.cntThreads >= 2;
    }
    RESULT("found itself", found);
    RESULT("at the end", GetLastError() == ERROR_NO_MORE_FILES);
    TRY(Process32FirstW(snapshot, &wide_process));
    first_again = wide_process.th32ProcessID == first;
    RESULT("first again", first_again);
    process.dwSize = 5;
    CALL("too small", Process32First(snapshot, &process));
    process.dwSize = sizeof process;
    CALL("no threads in it", Thread32First(snapshot, &thread));
    CALL("no modules in it", Module32First(snapshot, &module));
    TRY(CloseHandle(snapshot));
    CALL("closed", Process32First(snapshot, &process));
    CALL("NULL", Process32First(NULL, &process));

    TRY((snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0)) != INVALID_HANDLE_VALUE);
    unsigned own = 0, started = 0;
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread)) {
        if (thread.th32OwnerProcessID != GetCurrentProcessId())
            continue;
        own += thread.th32ThreadID == GetCurrentThreadId();
        started += thread.th32ThreadID == thread_id;
    }
    printf("own %u, started %u\n", own, started);
    CloseHandle(snapshot);

    DWORD self = GetCurrentProcessId();
    DWORD asked[] = { 0, self };
    for (unsigned i = 0; i < 2; i++) {
        TRY((snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, asked[i])) != INVALID_HANDLE_VALUE);
        unsigned modules = 0, contains = 0;
        for (BOOL more = Module32First(snapshot, &module); more; more = Module32Next(snapshot, &module)) {
            if (modules++ == 0)
                printf("first is the program: %d %d\n", lstrcmpiA(module.szModule, name) == 0,
                       (BYTE *)main >= module.modBaseAddr && (BYTE *)main < module.modBaseAddr + module.modBaseSize);
            contains += module.th32ProcessID == self;
        }
        printf("more than one %u, all of this process %u\n", modules > 1, modules == contains);
        CloseHandle(snapshot);
    }

    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, 0);
    unsigned heaps = 0, standard = 0;
    for (BOOL more = Heap32ListFirst(snapshot, &heap); more; more = Heap32ListNext(snapshot, &heap)) {
        heaps++;
        standard += heap.th32HeapID == (ULONG_PTR)GetProcessHeap() && heap.th32ProcessID == self;
    }
    DOCUMENTED("heaps", heaps > 0, 1, "Wine has none in snapshots");
    DOCUMENTED("the process's own", standard, 1, "as above");
    CloseHandle(snapshot);

    HANDLE private_heap = HeapCreate(0, 0, 0);
    HEAPENTRY32 block = { .dwSize = sizeof block };
    char *blocks[50];
    unsigned known = 0, more_than = 0;
    for (unsigned i = 0; i < 50; i++)
        blocks[i] = HeapAlloc(private_heap, 0, 100 + i);
    /* Wine 8.0 ends a program that calls it. */
    BOOL step = !on_wine() && Heap32First(&block, GetCurrentProcessId(), (ULONG_PTR)private_heap);
    for (; step; step = Heap32Next(&block)) {
        more_than++;
        for (unsigned i = 0; i < 50; i++)
            known += block.dwAddress == (ULONG_PTR)blocks[i] && block.dwBlockSize >= 100 + i && block.dwFlags == LF32_FIXED;
    }
    DOCUMENTED("at the end", GetLastError(), ERROR_NO_MORE_FILES, "Wine walks no heaps");
    DOCUMENTED("blocks of a heap", known, 50, "Wine walks no heaps");
    HeapDestroy(private_heap);
    heaps_of_another();
    TRY(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0x7FFFFFF0) != INVALID_HANDLE_VALUE);
    TRY((snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_INHERIT, 0)) != INVALID_HANDLE_VALUE);
    DWORD flags = 0;
    TRY(GetHandleInformation(snapshot, &flags));
    RESULT("flags", flags);
    CloseHandle(snapshot);
    word = 1;
    WaitForSingleObject(other, INFINITE);
    return 0;
}
