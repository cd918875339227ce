/* CreateProcess: how a command line names its program and its arguments, and what else the child finds: its environment
   and its current directory. */

#include "conformance.h"

static char self[MAX_PATH];
static char here[MAX_PATH];

/* A path from the directory on that the program was started in. */
static const char *from_here(const char *path)
{
    const char *base = getenv("FROM_HERE");
    size_t length = base ? strlen(base) : 0;
    if (!base || strncmp(path, base, length) != 0)
        return path;
    return path[length] ? path + length + 1 : ".";
}

static int child(int argc, char **argv)
{
    char path[MAX_PATH], directory[MAX_PATH];
    GetModuleFileNameA(NULL, path, sizeof path);
    GetCurrentDirectoryA(sizeof directory, directory);
    if (getenv("SHOW_ENVIRONMENT")) {
        char *block = GetEnvironmentStringsA();
        for (const char *entry = block; *entry; entry += strlen(entry) + 1) {
            /* Systems add entries of their own. */
            if (strstr(entry, "CONFORMANCE") || strstr(entry, "conformance"))
                printf("  entry [%s]\n", entry);
        }
        FreeEnvironmentStringsA(block);
        return 0;
    }
    if (getenv("SHOW_LENGTH")) {
        printf("  line of %u\n", (unsigned)lstrlenW(GetCommandLineW()));
        return 0;
    }
    if (!getenv("FROM_HERE")) {
        printf("  no environment\n");
        return 0;
    }
    /* Here the program's own name has no extension. */
    size_t length = strlen(path);
    if (length > 17 && strcmp(path + length - 17, "command_lines.exe") == 0)
        path[length - 4] = 0;
    printf("  program [%s] in [%s]\n", from_here(path), from_here(directory));
    printf("  line [%s]\n", strstr(GetCommandLineA(), strstr(GetCommandLineA(), getenv("FROM_HERE")) ? "child" : ""));
    for (int i = 1; i < argc; i++)
        printf("  [%s]\n", argv[i]);
    fflush(stdout);
    return 0;
}

static void finish(PROCESS_INFORMATION *process)
{
    WaitForSingleObject(process->hProcess, 60000);
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
}

static DWORD run_in(const char *application, const char *line, void *environment, const char *directory)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    static char copy[100000];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    if (line)
        snprintf(copy, sizeof copy, "%s", line);
    fflush(stdout);
    SetLastError(UNCHANGED);
    if (!CreateProcessA(application, line ? copy : NULL, NULL, NULL, FALSE, 0, environment, directory, &startup, &process))
        return GetLastError();
    finish(&process);
    return 0;
}

/* Runs, and says how that went. */
static void run(const char *application, const char *line)
{
    printf("%s | %s\n", application ? from_here(application) : "NULL", line ? line : "NULL");
    DWORD error = run_in(application, line, NULL, NULL);
    if (error)
        printf("  %s\n", error_name(error));
}

static void copy_to(const char *path)
{
    if (!CopyFileA(self, path, FALSE))
        printf("cannot copy to %s: %s\n", path, error_name(GetLastError()));
}

static void write_text(const char *path, const char *text)
{
    DWORD done;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, text, (DWORD)strlen(text), &done, NULL);
    CloseHandle(file);
}

static void names(void)
{
    char line[2 * MAX_PATH];
    printf("a name with spaces\n");
    CreateDirectoryA("cl dir", NULL);
    copy_to("cl dir\\pro gram.exe");
    run(NULL, "cl dir\\pro gram.exe child");
    run(NULL, "cl dir\\pro gram child");
    run(NULL, "\"cl dir\\pro gram.exe\" child");
    run(NULL, "\"cl dir\\pro gram\" child");
    run(NULL, "\"cl dir\\pro gram\"child");
    run(NULL, "\"cl dir\\pro gram.exe child");
    run(NULL, "\"cl dir\\pro\" gram.exe child");
    run(NULL, "cl dir/pro gram.exe child");
    run(NULL, "  cl dir\\pro gram.exe child");
    run(NULL, "\tcl dir\\pro gram.exe\tchild");
    printf("a shorter name is there, too\n");
    copy_to("cl dir\\pro.exe");
    run(NULL, "cl dir\\pro gram.exe child");
    run(NULL, "\"cl dir\\pro gram.exe\" child");
    DeleteFileA("cl dir\\pro.exe");
    printf("it is a directory, or no program\n");
    CreateDirectoryA("cl dir\\pro", NULL);
    run(NULL, "cl dir\\pro gram.exe child");
    RemoveDirectoryA("cl dir\\pro");
    run(NULL, "\"cl dir\" child");
    DOCUMENTED_CALL("Wine answers ERROR_INVALID_HANDLE", 0, ERROR_ACCESS_DENIED, !run_in("cl dir", "child", NULL, NULL));
    printf("a whole path\n");
    snprintf(line, sizeof line, "\"%s\\cl dir\\pro gram\" child", here);
    printf("  error %u\n", (unsigned)run_in(NULL, line, NULL, NULL));
    snprintf(line, sizeof line, "%s\\cl dir\\pro gram child", here);
    printf("  error %u\n", (unsigned)run_in(NULL, line, NULL, NULL));
    printf("extensions\n");
    copy_to("cl dir\\none");
    copy_to("cl dir\\one.v2.exe");
    copy_to("cl dir\\other.com");
    copy_to("cl dir\\dot.exe");
    run(NULL, "\"cl dir\\none\" child");
    run(NULL, "\"cl dir\\none.\" child");
    copy_to("cl dir\\none.exe");
    run(NULL, "\"cl dir\\none\" child");
    run(NULL, "\"cl dir\\none.\" child");
    run("cl dir\\none", "x child");
    DeleteFileA("cl dir\\none.exe");
    run("cl dir\\none", "x child");
    run(NULL, "\"cl dir\\one.v2\" child");
    run(NULL, "\"cl dir\\one.v2.exe\" child");
    run(NULL, "\"cl dir\\other\" child");
    run(NULL, "\"cl dir\\other.com\" child");
    run(NULL, "\"cl dir\\dot.\" child");
    run("cl dir\\dot", "x child");
    run("cl dir\\dot.exe", "x child");
    run("\"cl dir\\dot.exe\"", "x child");
    run("cl dir\\dot.exe child", NULL);
    DeleteFileA("cl dir\\none");
    DeleteFileA("cl dir\\one.v2.exe");
    DeleteFileA("cl dir\\other.com");
    DeleteFileA("cl dir\\dot.exe");
    printf("nothing\n");
    run(NULL, "");
    run(NULL, " ");
    run(NULL, "\"\"");
    run(NULL, "\"\" child");
    run("", "child");
    run("", NULL);
    run(" ", "child");
    DOCUMENTED_CALL("Wine crashes", 0, ERROR_INVALID_PARAMETER, !on_wine() && !run_in(NULL, NULL, NULL, NULL));
    printf("missing\n");
    run(NULL, "cl_missing child");
    run(NULL, "cl_missing\\program child");
    run(NULL, "\"cl_missing\\program\" child");
    run("cl_missing", "child");
    run("cl_missing\\program.exe", "child");
    run("cl|missing.exe", "child");
}

static void searching(void)
{
    char path[4 * MAX_PATH];
    printf("searching\n");
    CreateDirectoryA("cl_path", NULL);
    CreateDirectoryA("cl_path2", NULL);
    CreateDirectoryA("cl_here", NULL);
    copy_to("cl_path\\cl_found.exe");
    copy_to("cl_path2\\cl_second.exe");
    copy_to("cl_path2\\cl_found.exe");
    run(NULL, "cl_found child");
    snprintf(path, sizeof path, "%s\\cl_path;%s\\cl_path2", here, here);
    SetEnvironmentVariableA("PATH", path);
    run(NULL, "cl_found child");
    run(NULL, "cl_found.exe child");
    run(NULL, "cl_second child");
    run("cl_found.exe", "child");
    printf("with a directory\n");
    CreateDirectoryA("cl_path\\sub", NULL);
    copy_to("cl_path\\sub\\cl_deep.exe");
    run(NULL, "sub\\cl_deep child");
    run(NULL, ".\\sub\\cl_deep child");
    DeleteFileA("cl_path\\sub\\cl_deep.exe");
    RemoveDirectoryA("cl_path\\sub");
    copy_to("cl_here\\cl_found.exe");
    copy_to("cl_here\\cl_here.exe");
    SetCurrentDirectoryA("cl_here");
    DeleteFileA("..\\cl_path\\cl_found.exe");
    run(NULL, "cl_found child");
    run("cl_found.exe", "child");
    SetCurrentDirectoryA("..");
    printf("beside the program itself first\n");
    copy_to("cl_here.exe");
    SetCurrentDirectoryA("cl_here");
    run(NULL, "cl_here child");
    SetCurrentDirectoryA("..");
    DeleteFileA("cl_here.exe");
    DeleteFileA("cl_path2\\cl_found.exe");
    DeleteFileA("cl_path2\\cl_second.exe");
    DeleteFileA("cl_here\\cl_found.exe");
    DeleteFileA("cl_here\\cl_here.exe");
    RemoveDirectoryA("cl_path");
    RemoveDirectoryA("cl_path2");
    RemoveDirectoryA("cl_here");
}

static void arguments(void)
{
    static const char *const lines[] = {
        "p child a b\tc",
        "p child \"a b\" c",
        "p child a\" \"b",
        "p child \"\" x",
        "p child \"a\"\"b\" c",
        "p child \"a\"\"\"b c",
        "p child a\"\"b c",
        "p child \"\"\"a b\"\"\" c",
        "p child \"\"\"\" c",
        "p child \\\"a b",
        "p child \\\\\"a b\" c",
        "p child \\\\\\\"a b",
        "p child \"a\\\\\" b",
        "p child \"a\\\" b\" c",
        "p child a\\b\\\\c \\\\",
        "p child \"open to the end",
        "p child \"open \"\" end",
        "p child * ?",
        "p child a   ",
        "\"p q\" child x",
        "\"p\"q child x",
        "child",
    };
    printf("arguments\n");
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        run("cl dir\\pro gram.exe", lines[i]);
}

static void lengths(void)
{
    static WCHAR line[40000];
    static const DWORD sizes[] = { 8191, 8192, 32765, 32766, 32767, 32768, 39000 };
    STARTUPINFOW startup;
    PROCESS_INFORMATION process;
    WCHAR program[MAX_PATH];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    printf("lengths\n");
    SetEnvironmentVariableA("SHOW_LENGTH", "1");
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (DWORD at = 0; at < sizes[i]; at++)
            line[at] = at == 1 ? L' ' : L'x';
        line[sizes[i]] = 0;
        printf("%u units\n", (unsigned)sizes[i]);
        fflush(stdout);
        SetLastError(UNCHANGED);
        if (sizes[i] > 32766) {
            DOCUMENTED_CALL("Wine cuts the line", 0, ERROR_FILENAME_EXCED_RANGE,
                            !on_wine() && CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
        } else if (CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
            finish(&process);
        } else {
            printf("  %s\n", error_name(GetLastError()));
        }
    }
    SetEnvironmentVariableA("SHOW_LENGTH", NULL);
}

static void wide(void)
{
    STARTUPINFOW startup;
    PROCESS_INFORMATION process;
    WCHAR line[] = L"p child \x00e4\x5171\xd83e\xdd80";
    WCHAR program[MAX_PATH];
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    SetEnvironmentVariableA("SHOW_LENGTH", "1");
    printf("letters of all kinds\n");
    fflush(stdout);
    if (CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        finish(&process);
    RESULT("unchanged", lstrlenW(line));
    SetEnvironmentVariableA("SHOW_LENGTH", NULL);
}

static void environment_of(const char *label, void *block, DWORD flags)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    char line[] = "p child";
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    printf("%s\n", label);
    fflush(stdout);
    CALL("  started", CreateProcessA(self, line, NULL, NULL, FALSE, flags | CREATE_SUSPENDED, block, NULL, &startup, &process));
    fflush(stdout);
    ResumeThread(process.hThread);
    finish(&process);
}

static void environments(void)
{
    printf("environments\n");
    environment_of("bytes", "SHOW_ENVIRONMENT=1\0CONFORMANCE_Z=1\0CONFORMANCE_A=2\0conformance_b=3\0", 0);
    environment_of("units", L"SHOW_ENVIRONMENT=1\0CONFORMANCE_Z=1\0CONFORMANCE_A=2\0conformance_b=3\0",
                   CREATE_UNICODE_ENVIRONMENT);
    environment_of("a value with everything", "SHOW_ENVIRONMENT=1\0CONFORMANCE==a=b\0CONFORMANCE_EMPTY=\0", 0);
    environment_of("twice", "SHOW_ENVIRONMENT=1\0CONFORMANCE=1\0CONFORMANCE=2\0", 0);
    environment_of("a drive's directory", "=Q:=Q:\\CONFORMANCE\0CONFORMANCE=1\0SHOW_ENVIRONMENT=1\0", 0);
    environment_of("no value", "SHOW_ENVIRONMENT=1\0CONFORMANCE\0CONFORMANCE_B=2\0", 0);
    environment_of("none at all", "\0", 0);
}

static void directories(void)
{
    char path[2 * MAX_PATH];
    static const char *const places[] = {
        "cl dir", "cl dir\\", "cl dir\\..\\cl dir", "cl dir/", ".", "cl_missing", "cl_missing\\further", "cl dir\\pro gram.exe",
        "", " ", "cl|dir", "NUL",
    };
    printf("directories\n");
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        printf("[%s]\n", places[i]);
        DWORD error;
        if (i == 4) {
            SetCurrentDirectoryA("cl dir");
            error = run_in(self, "p child", NULL, places[i]);
            SetCurrentDirectoryA("..");
        } else {
            error = run_in(self, "p child", NULL, places[i]);
        }
        if (error)
            printf("  %s\n", error_name(error));
    }
    printf("the program is looked for from here\n");
    run_in("cl dir\\pro gram.exe", "p child", NULL, "cl dir");
    printf("error %u\n", (unsigned)run_in("pro gram.exe", "p child", NULL, "cl dir"));
    snprintf(path, sizeof path, "%s\\cl dir", here);
    printf("error %u\n", (unsigned)run_in(self, "p child", NULL, path));
}

static void files(void)
{
    printf("what is no program\n");
    write_text("cl_empty.exe", "");
    write_text("cl_text.txt", "text");
    write_text("cl_mz.exe", "MZ");
    DOCUMENTED_CALL("Wine has its loader look later", 0, ERROR_BAD_EXE_FORMAT, !run_in("cl_empty.exe", NULL, NULL, NULL));
    DOCUMENTED_CALL("as above", 0, ERROR_BAD_EXE_FORMAT, !run_in("cl_text.txt", NULL, NULL, NULL));
    DOCUMENTED_CALL("as above", 0, ERROR_BAD_EXE_FORMAT, !run_in("cl_mz.exe", NULL, NULL, NULL));
    DOCUMENTED_CALL("as above", 0, ERROR_BAD_EXE_FORMAT, !run_in(NULL, "cl_text.txt", NULL, NULL));
    DeleteFileA("cl_empty.exe");
    DeleteFileA("cl_text.txt");
    DeleteFileA("cl_mz.exe");
}

int main(int argc, char **argv)
{
    if (strstr(GetCommandLineA(), "child") || getenv("SHOW_ENVIRONMENT") || getenv("SHOW_LENGTH"))
        return child(argc, argv);
    GetModuleFileNameA(NULL, self, sizeof self);
    GetCurrentDirectoryA(sizeof here, here);
    SetEnvironmentVariableA("FROM_HERE", here);
    names();
    searching();
    arguments();
    lengths();
    wide();
    environments();
    directories();
    files();
    DeleteFileA("cl dir\\pro gram.exe");
    RemoveDirectoryA("cl dir");
    return 0;
}
