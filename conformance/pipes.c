/* Pipes without a name. */

#include "conformance.h"

static void child_writes(const char *program)
{
    HANDLE reader, writer;
    SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    char line[MAX_PATH + 16], buffer[64];
    DWORD moved = 0, length = 0;
    CreatePipe(&reader, &writer, &inherited, 0);
    SetHandleInformation(reader, HANDLE_FLAG_INHERIT, 0);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = writer;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    snprintf(line, sizeof line, "\"%s\" child", program);
    RESULT("started", CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child));
    CloseHandle(writer);
    while (length < sizeof buffer - 1 && ReadFile(reader, buffer + length, sizeof buffer - 1 - length, &moved, NULL))
        length += moved;
    printf("the child: %.*s\n", (int)length, buffer);
    RESULT("error", GetLastError());
    RESULT("ended", WaitForSingleObject(child.hProcess, INFINITE));
    CloseHandle(reader);
}

int main(int count, char **arguments)
{
    if (count > 1) {
        DWORD written;
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "written in the child", 20, &written, NULL);
        return 0;
    }
    HANDLE reader = NULL, writer = NULL;
    char buffer[32];
    DWORD moved = 0, flags = 0;
    SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
    TRY(CreatePipe(&reader, &writer, NULL, 0));
    RESULT("type", GetFileType(reader));
    RESULT("type", GetFileType(writer));
    TRY(GetHandleInformation(reader, &flags));
    RESULT("flags", flags);
    TRY(WriteFile(writer, "Hello, pipe", 11, &moved, NULL));
    RESULT("moved", moved);
    memset(buffer, 0, sizeof buffer);
    TRY(ReadFile(reader, buffer, 5, &moved, NULL));
    printf("read: %u: %s\n", (unsigned)moved, buffer);
    TRY(ReadFile(reader, buffer, sizeof buffer, &moved, NULL));
    RESULT("moved", moved);
    TRY(WriteFile(reader, "x", 1, &moved, NULL));
    TRY(ReadFile(writer, buffer, 1, &moved, NULL));
    TRY(WriteFile(writer, "end", 3, &moved, NULL));
    TRY(CloseHandle(writer));
    TRY(ReadFile(reader, buffer, sizeof buffer, &moved, NULL));
    RESULT("what was left", moved);
    TRY(ReadFile(reader, buffer, sizeof buffer, &moved, NULL));
    RESULT("error", GetLastError());
    RESULT("moved", moved);
    TRY(CloseHandle(reader));
    TRY(CreatePipe(&reader, &writer, &inherited, 10));
    TRY(GetHandleInformation(writer, &flags));
    RESULT("flags", flags);
    TRY(CloseHandle(reader));
    TRY(WriteFile(writer, "x", 1, &moved, NULL));
    RESULT("error", GetLastError());
    TRY(CloseHandle(writer));
    child_writes(arguments[0]);
    return 0;
}
