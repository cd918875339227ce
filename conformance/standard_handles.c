/* Standard input, output and error of a process, and those it gives to another by STARTUPINFO. */

#include "conformance.h"

static char self[MAX_PATH];
static char said[0x1000];

/* What a child says goes into a file, as its standard output may be anything. */
static void say(HANDLE into, const char *label, DWORD which)
{
    char text[200], bytes[8] = "";
    DWORD done = 0, flags = 0;
    HANDLE handle = GetStdHandle(which);
    SetLastError(UNCHANGED);
    BOOL known = GetHandleInformation(handle, &flags);
    int length = snprintf(text, sizeof text, "  %s: %s, %s", label,
                          !handle ? "NULL" : handle == INVALID_HANDLE_VALUE ? "INVALID_HANDLE_VALUE" : "a handle",
                          known ? "open" : error_name(GetLastError()));
    if (known && which == STD_INPUT_HANDLE && ReadFile(handle, bytes, 4, &done, NULL))
        length += snprintf(text + length, sizeof text - length, ", reads [%s]", bytes);
    if (known && which != STD_INPUT_HANDLE && handle != into && WriteFile(handle, label, (DWORD)strlen(label), &done, NULL))
        length += snprintf(text + length, sizeof text - length, ", written");
    text[length++] = '\n';
    WriteFile(into, text, (DWORD)length, &done, NULL);
}

static int child(const char *handle)
{
    HANDLE into = (HANDLE)(ULONG_PTR)strtoull(handle, NULL, 0);
    STARTUPINFOA startup;
    GetStartupInfoA(&startup);
    char text[100];
    DWORD done;
    int length = snprintf(text, sizeof text, "  flags 0x%x, cb %u\n", (unsigned)(startup.dwFlags & STARTF_USESTDHANDLES),
                          startup.cb == sizeof startup);
    WriteFile(into, text, (DWORD)length, &done, NULL);
    /* What is none may be told as any value that is none. */
    if (GetStdHandle(STD_INPUT_HANDLE)) {
        length = snprintf(text, sizeof text, "  as GetStdHandle says: %d %d %d\n", startup.hStdInput == GetStdHandle(STD_INPUT_HANDLE),
                          startup.hStdOutput == GetStdHandle(STD_OUTPUT_HANDLE),
                          startup.hStdError == GetStdHandle(STD_ERROR_HANDLE));
        WriteFile(into, text, (DWORD)length, &done, NULL);
    }
    say(into, "input", STD_INPUT_HANDLE);
    say(into, "output", STD_OUTPUT_HANDLE);
    say(into, "error", STD_ERROR_HANDLE);
    return 0;
}

static HANDLE file(const char *name)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &inheritable,
                       CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

static void run(const char *label, BOOL inherit, DWORD flags, HANDLE input, HANDLE output, HANDLE error)
{
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    char line[100];
    DWORD done = 0;
    HANDLE into = file("standard_handles.said");
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = flags;
    startup.hStdInput = input;
    startup.hStdOutput = output;
    startup.hStdError = error;
    snprintf(line, sizeof line, "child %llu", (unsigned long long)(ULONG_PTR)into);
    printf("%s\n", label);
    fflush(stdout);
    CALL("started", CreateProcessA(self, line, NULL, NULL, inherit, 0, NULL, NULL, &startup, &process));
    WaitForSingleObject(process.hProcess, 60000);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    SetFilePointer(into, 0, NULL, FILE_BEGIN);
    memset(said, 0, sizeof said);
    ReadFile(into, said, sizeof said - 1, &done, NULL);
    printf("%s", said);
    fflush(stdout);
    CloseHandle(into);
}

int main(int argc, char **argv)
{
    char text[64] = "";
    DWORD done;
    if (argc > 1)
        return child(argv[1]);
    GetModuleFileNameA(NULL, self, sizeof self);
    HANDLE input = file("standard_handles.in"), output = file("standard_handles.out"), error = file("standard_handles.err");
    WriteFile(input, "read", 4, &done, NULL);
    SetFilePointer(input, 0, NULL, FILE_BEGIN);

    run("three files", TRUE, STARTF_USESTDHANDLES, input, output, error);
    SetFilePointer(output, 0, NULL, FILE_BEGIN);
    ReadFile(output, text, sizeof text - 1, &done, NULL);
    printf("[%s]\n", text);
    run("none", TRUE, STARTF_USESTDHANDLES, NULL, NULL, NULL);
    run("no such handles", TRUE, STARTF_USESTDHANDLES, INVALID_HANDLE_VALUE, (HANDLE)0x7FFF0, INVALID_HANDLE_VALUE);
    printf("SetStdHandle\n");
    HANDLE before = GetStdHandle(STD_ERROR_HANDLE);
    TRY(SetStdHandle(STD_ERROR_HANDLE, error));
    RESULT("set", GetStdHandle(STD_ERROR_HANDLE) == error);
    TRY(SetStdHandle(STD_ERROR_HANDLE, NULL));
    RESULT("set", GetStdHandle(STD_ERROR_HANDLE) == NULL);
    TRY(SetStdHandle(STD_ERROR_HANDLE, (HANDLE)0x7FFF0));
    RESULT("set", GetStdHandle(STD_ERROR_HANDLE) == (HANDLE)0x7FFF0);
    TRY(SetStdHandle(7, error));
    TRY(GetStdHandle(7) != INVALID_HANDLE_VALUE);
    SetStdHandle(STD_ERROR_HANDLE, before);
    CloseHandle(input);
    CloseHandle(output);
    CloseHandle(error);
    return 0;
}
