/* CreateProcess: command lines, exit codes, environments, inherited handles, suspended starts. */

#include "conformance.h"

#define SHARED_SIZE 0x1000u

static char self[MAX_PATH];

/* Waits for the end, and answers the exit code. */
static DWORD finish(PROCESS_INFORMATION *process)
{
    DWORD code = STILL_ACTIVE;
    for (int i = 0; i < 3000 && code == STILL_ACTIVE; i++) {
        if (!GetExitCodeProcess(process->hProcess, &code))
            printf("GetExitCodeProcess: %s\n", error_name(GetLastError()));
        if (code == STILL_ACTIVE)
            Sleep(10);
    }
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
    return code;
}

static BOOL start(const char *arguments, BOOL inherit, DWORD flags, void *environment, PROCESS_INFORMATION *process)
{
    STARTUPINFOA startup;
    char line[1024];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "child %s", arguments);
    fflush(stdout);
    return CreateProcessA(self, line, NULL, NULL, inherit, flags, environment, NULL, &startup, process);
}

static void run(const char *arguments)
{
    PROCESS_INFORMATION process;
    if (!start(arguments, FALSE, 0, NULL, &process)) {
        printf("cannot start: %s\n", error_name(GetLastError()));
        return;
    }
    printf("exit code 0x%x\n", (unsigned)finish(&process));
}

static int child(int argc, char **argv)
{
    const char *task = argv[1];
    if (strcmp(task, "arguments") == 0) {
        for (int i = 2; i < argc; i++)
            printf("  [%s]\n", argv[i]);
        printf("  line [%s]\n", GetCommandLineA());
    } else if (strcmp(task, "return") == 0) {
        return (int)strtoul(argv[2], NULL, 0);
    } else if (strcmp(task, "exit") == 0) {
        ExitProcess(strtoul(argv[2], NULL, 0));
    } else if (strcmp(task, "terminate") == 0) {
        TerminateProcess(GetCurrentProcess(), strtoul(argv[2], NULL, 0));
    } else if (strcmp(task, "sleep") == 0) {
        Sleep(60000);
    } else if (strcmp(task, "environment") == 0) {
        char value[100];
        DWORD length = GetEnvironmentVariableA("COLOUR", value, sizeof value);
        printf("  COLOUR [%s]\n", length ? value : "");
        length = GetEnvironmentVariableA("CONFORMANCE_OWN", value, sizeof value);
        printf("  CONFORMANCE_OWN [%s]\n", length ? value : "");
    } else if (strcmp(task, "handles") == 0) {
        for (int i = 2; i < argc; i++) {
            HANDLE handle = (HANDLE)(ULONG_PTR)strtoull(argv[i], NULL, 0);
            DWORD flags = 0;
            SetLastError(UNCHANGED);
            char *view = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0);
            if (!view) {
                printf("  handle %d: %s\n", i - 2, error_name(GetLastError()));
                continue;
            }
            GetHandleInformation(handle, &flags);
            printf("  handle %d: [%s], flags 0x%x\n", i - 2, view, (unsigned)flags);
            snprintf(view, SHARED_SIZE, "the child was here");
            UnmapViewOfFile(view);
        }
    } else if (strcmp(task, "file") == 0) {
        HANDLE handle = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0);
        DWORD done;
        TRY(WriteFile(handle, "child", 5, &done, NULL));
    } else if (strcmp(task, "serve") == 0) {
        /* Tells where a buffer of its own is, and waits for what is written there. */
        static volatile char buffer[SHARED_SIZE] = "of the child";
        HANDLE handle = (HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0);
        volatile ULONG_PTR *view = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0);
        char *pages = VirtualAlloc(NULL, 6 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        DWORD old;
        VirtualProtect(pages + PAGE, PAGE, PAGE_READONLY, &old);
        VirtualProtect(pages + 2 * PAGE, PAGE, PAGE_NOACCESS, &old);
        VirtualProtect(pages + 3 * PAGE, PAGE, PAGE_EXECUTE_READ, &old);
        VirtualFree(pages + 5 * PAGE, PAGE, MEM_DECOMMIT);
        view[1] = (ULONG_PTR)pages;
        view[0] = (ULONG_PTR)buffer;
        for (int i = 0; i < 3000 && !buffer[0x800]; i++)
            Sleep(10);
        printf("  the child has [%s]\n", (const char *)buffer);
        return 5;
    }
    fflush(stdout);
    return 0;
}

static void handles(void)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    PROCESS_INFORMATION process;
    char line[200];
    HANDLE sections[5];
    char *views[5];
    DWORD flags;

    for (int i = 0; i < 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "Local\\create_process_%u_%d", (unsigned)GetCurrentProcessId(), i);
        sections[i] = CreateFileMappingA(INVALID_HANDLE_VALUE, i == 1 ? NULL : &inheritable, PAGE_READWRITE, 0,
                                         SHARED_SIZE, i == 2 ? name : NULL);
        views[i] = MapViewOfFile(sections[i], FILE_MAP_WRITE, 0, 0, 0);
        snprintf(views[i], SHARED_SIZE, "section %d", i);
    }
    TRY(SetHandleInformation(sections[3], HANDLE_FLAG_INHERIT, 0));
    TRY(SetHandleInformation(sections[4], HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    snprintf(line, sizeof line, "handles %llu %llu %llu %llu %llu", (unsigned long long)(ULONG_PTR)sections[0],
             (unsigned long long)(ULONG_PTR)sections[1], (unsigned long long)(ULONG_PTR)sections[2],
             (unsigned long long)(ULONG_PTR)sections[3], (unsigned long long)(ULONG_PTR)sections[4]);

    printf("inherit nothing\n");
    if (start(line, FALSE, 0, NULL, &process))
        finish(&process);
    printf("inherit what can be\n");
    if (start(line, TRUE, 0, NULL, &process))
        finish(&process);
    for (int i = 0; i < 5; i++)
        printf("section %d afterwards: [%s]\n", i, views[i]);

    printf("inherit what is listed\n");
    for (int i = 0; i < 5; i++)
        snprintf(views[i], SHARED_SIZE, "section %d", i);
    SIZE_T size = 0;
    CALL("size of a list", InitializeProcThreadAttributeList(NULL, 1, 0, &size));
    RESULT("size", size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    CALL("list", InitializeProcThreadAttributeList(list, 1, 0, &size));
    CALL("bad length", UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &sections[2], 3, NULL, NULL));
    CALL("unknown", UpdateProcThreadAttribute(list, 0, 0x2FFFF, &sections[2], 8, NULL, NULL));
    CALL("handle list",
         UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &sections[2], sizeof sections[2], NULL, NULL));
    STARTUPINFOEXA startup;
    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.lpAttributeList = list;
    char command[256];
    snprintf(command, sizeof command, "child %s", line);
    fflush(stdout);
    /* It begins when that has been said: both write to one output. */
    CALL("CreateProcess", CreateProcessA(self, command, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED,
                                         NULL, NULL, &startup.StartupInfo, &process));
    fflush(stdout);
    ResumeThread(process.hThread);
    finish(&process);
    DeleteProcThreadAttributeList(list);
    for (int i = 0; i < 5; i++)
        printf("section %d afterwards: [%s]\n", i, views[i]);

    SetHandleInformation(sections[4], HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    GetHandleInformation(sections[0], &flags);
    RESULT("flags in the parent", flags);
    for (int i = 0; i < 5; i++) {
        UnmapViewOfFile(views[i]);
        CloseHandle(sections[i]);
    }
}

static void file(void)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    PROCESS_INFORMATION process;
    char line[64], text[32] = "";
    DWORD done;
    HANDLE handle = CreateFileA("create_process.data", GENERIC_READ | GENERIC_WRITE, 0, &inheritable, CREATE_ALWAYS,
                                FILE_FLAG_DELETE_ON_CLOSE, NULL);
    printf("a file has one position\n");
    WriteFile(handle, "parent ", 7, &done, NULL);
    snprintf(line, sizeof line, "file %llu", (unsigned long long)(ULONG_PTR)handle);
    if (start(line, TRUE, 0, NULL, &process))
        finish(&process);
    WriteFile(handle, " parent", 7, &done, NULL);
    SetFilePointer(handle, 0, NULL, FILE_BEGIN);
    ReadFile(handle, text, sizeof text - 1, &done, NULL);
    printf("[%s]\n", text);
    CloseHandle(handle);
}

static void memory(void)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    PROCESS_INFORMATION process;
    char line[64], text[2 * PAGE];
    SIZE_T count;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, SHARED_SIZE, NULL);
    volatile ULONG_PTR *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    printf("memory of the child\n");
    snprintf(line, sizeof line, "serve %llu", (unsigned long long)(ULONG_PTR)section);
    if (!start(line, TRUE, 0, NULL, &process))
        return;
    for (int i = 0; i < 3000 && !view[0]; i++)
        Sleep(10);
    char *buffer = (char *)view[0], *pages = (char *)view[1];
    HANDLE reader = OpenProcess(PROCESS_VM_READ, FALSE, process.dwProcessId);
    RESULT("opened", reader != NULL);

    memset(text, 0, sizeof text);
    CALL("read", ReadProcessMemory(reader, buffer, text, 13, &count));
    printf("[%s], %u\n", text, (unsigned)count);
    CALL("read without a count", ReadProcessMemory(reader, buffer, text, 13, NULL));
    count = 77;
    CALL("read nothing", ReadProcessMemory(reader, buffer, text, 0, &count));
    RESULT("count", count);
    CALL("write without the right", WriteProcessMemory(reader, buffer, "x", 1, &count));
    RESULT("count", count);
    CALL("write", WriteProcessMemory(process.hProcess, buffer, "from the parent", 16, &count));
    RESULT("count", count);
    count = 77;
    DOCUMENTED_CALL("Wine answers ERROR_NOACCESS", 0, ERROR_PARTIAL_COPY, ReadProcessMemory(reader, NULL, text, 1, &count));
    RESULT("count", count);
    count = 77;
    DOCUMENTED_CALL("Wine answers ERROR_NOACCESS", 0, ERROR_PARTIAL_COPY,
                    ReadProcessMemory(reader, (void *)0xFFFF800000000000, text, 1, &count));
    RESULT("count", count);
    count = 77;
    CALL("read read-only pages", ReadProcessMemory(reader, pages + PAGE, text, PAGE, &count));
    RESULT("count", count);
    count = 77;
    DOCUMENTED_CALL("Wine reads what must not be", 0, ERROR_PARTIAL_COPY,
                    ReadProcessMemory(reader, pages + 2 * PAGE, text, PAGE, &count));
    DOCUMENTED("count", count, 0, "as above");
    DOCUMENTED_CALL("Wine reads what must not be", 0, ERROR_PARTIAL_COPY,
                    ReadProcessMemory(reader, pages + PAGE + 16, text, 2 * PAGE - 16, &count));
    DOCUMENTED("count", count, PAGE - 16, "as above");
    DOCUMENTED_CALL("Wine reads what is not there", 0, ERROR_PARTIAL_COPY,
                    ReadProcessMemory(reader, pages + 5 * PAGE, text, 1, &count));
    DOCUMENTED_CALL("Wine writes what must not be", 0, ERROR_NOACCESS,
                    WriteProcessMemory(process.hProcess, pages + PAGE, "x", 1, &count));
    DOCUMENTED_CALL("Wine writes what must not be", 0, ERROR_NOACCESS,
                    WriteProcessMemory(process.hProcess, pages + 2 * PAGE, "x", 1, &count));
    CALL("write code", WriteProcessMemory(process.hProcess, pages + 3 * PAGE, "code", 5, &count));
    RESULT("count", count);
    CALL("read code", ReadProcessMemory(reader, pages + 3 * PAGE, text, 5, &count));
    printf("[%s]\n", text);
    count = 77;
    CALL("no handle", ReadProcessMemory(NULL, buffer, text, 1, &count));
    CALL("another kind of handle", ReadProcessMemory(section, buffer, text, 1, &count));

    CALL("end", WriteProcessMemory(process.hProcess, buffer + 0x800, "x", 1, &count));
    HANDLE ended = NULL;
    HANDLE keep = OpenProcess(PROCESS_ALL_ACCESS, FALSE, process.dwProcessId);
    RESULT("exit code", finish(&process));
    count = 77;
    CALL("read of one that has ended", ReadProcessMemory(reader, buffer, text, 1, &count));
    RESULT("count", count);
    DWORD code = 0;
    CALL("exit code of one that has ended", GetExitCodeProcess(keep, &code));
    RESULT("exit code", code);
    CALL("opened by number while it is held", ended = OpenProcess(SYNCHRONIZE, FALSE, GetProcessId(keep)));
    CloseHandle(ended);
    CloseHandle(keep);
    CloseHandle(reader);
    UnmapViewOfFile((void *)view);
    CloseHandle(section);
}

static void suspended(void)
{
    PROCESS_INFORMATION process;
    DWORD code = 0;
    printf("suspended\n");
    if (!start("return 9", FALSE, CREATE_SUSPENDED, NULL, &process))
        return;
    Sleep(100);
    TRY(GetExitCodeProcess(process.hProcess, &code));
    RESULT("exit code", code);
    RESULT("a process's number", GetProcessId(process.hProcess) == process.dwProcessId);
    RESULT("ResumeThread", ResumeThread(process.hThread));
    RESULT("exit code", finish(&process));

    if (!start("return 9", FALSE, CREATE_SUSPENDED, NULL, &process))
        return;
    TRY(TerminateProcess(process.hProcess, 0xABCD1234));
    RESULT("exit code", finish(&process));
}

static void failures(void)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    char line[64] = "no_such_program with arguments", empty[1] = "";
    DWORD done;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    printf("failures\n");
    TRY(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    TRY(CreateProcessA("C:\\no_such_program.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    TRY(CreateProcessA("C:\\no_such_directory\\program.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    TRY(CreateProcessA(self, NULL, NULL, NULL, FALSE, 0, NULL, "C:\\no_such_directory", &startup, &process));
    TRY(CreateProcessA(NULL, empty, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    strcpy(line, "child return 0");
    DOCUMENTED_CALL("Wine starts it", 0, ERROR_INVALID_PARAMETER,
                    CreateProcessA(self, line, NULL, NULL, FALSE, CREATE_NEW_CONSOLE | DETACHED_PROCESS, NULL, NULL,
                                   &startup, &process));
    HANDLE file = CreateFileA("create_process.bad.exe", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, "This is no program.", 19, &done, NULL);
    CloseHandle(file);
    DOCUMENTED_CALL("Wine answers what its loader does", 0, ERROR_BAD_EXE_FORMAT,
                    CreateProcessA("create_process.bad.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    DeleteFileA("create_process.bad.exe");
    TRY(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0));
    DWORD code;
    TRY(GetExitCodeProcess(NULL, &code));
    TRY(TerminateProcess(NULL, 1));
    TRY(GetProcessId(NULL));
    code = 0;
    TRY(GetExitCodeProcess(GetCurrentProcess(), &code));
    RESULT("own exit code", code);
    HANDLE own = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentProcessId());
    TRY(TerminateProcess(own, 3));
    RESULT("own number", GetProcessId(own) == GetCurrentProcessId());
    CloseHandle(own);
}

int main(int argc, char **argv)
{
    PROCESS_INFORMATION process;
    if (argc > 1)
        return child(argc, argv);
    GetModuleFileNameA(NULL, self, sizeof self);

    printf("command lines\n");
    run("arguments one \"two words\" three\\ \"four \\\" \\\\\" \"\" five\"six seven\"eight   nine");
    run("arguments \t \\\\server\\share a\\\\\\\"b c");
    printf("exit codes\n");
    run("return 0");
    run("return 7");
    run("return 0x12345678");
    run("exit 0xDEADBEEF");
    run("terminate 0xC0000005");
    if (start("sleep", FALSE, 0, NULL, &process)) {
        TRY(TerminateProcess(process.hProcess, 0x4321));
        RESULT("exit code", finish(&process));
    }
    printf("environments\n");
    SetEnvironmentVariableA("COLOUR", "red");
    run("environment");
    if (start("environment", FALSE, 0, "COLOUR=green\0CONFORMANCE_OWN=1\0", &process))
        finish(&process);
    if (start("environment", FALSE, CREATE_UNICODE_ENVIRONMENT, L"COLOUR=blue\0", &process))
        finish(&process);
    handles();
    file();
    memory();
    suspended();
    failures();
    return 0;
}
