/* Which processes there are, and the names and modules of a process: this one's and another's. */

#include "conformance.h"

#include <psapi.h>

static const char *last_part(const char *path)
{
    const char *last = strrchr(path, '\\');
    return last ? last + 1 : path;
}

static void look_at(HANDLE process, DWORD number, const char *path)
{
    DWORD numbers[4096], needed = 0, size;
    HMODULE modules[256];
    MODULEINFO information;
    char text[MAX_PATH];
    WCHAR wide[MAX_PATH];
    unsigned found = 0;

    CALL("EnumProcesses", EnumProcesses(numbers, sizeof numbers, &needed));
    for (unsigned i = 0; i < needed / sizeof numbers[0]; i++)
        found += numbers[i] == number;
    RESULT("found", found);
    CALL("few", EnumProcesses(numbers, 2 * sizeof numbers[0], &needed));
    RESULT("needed", needed);
    CALL("modules", EnumProcessModules(process, modules, sizeof modules, &needed));
    RESULT("more than one", needed > sizeof modules[0] && needed % sizeof modules[0] == 0);
    needed = 0;
    CALL("no room for modules", EnumProcessModules(process, modules, sizeof modules[0], &needed));
    RESULT("needed", needed > sizeof modules[0]);
    CALL("information", GetModuleInformation(process, modules[0], &information, sizeof information));
    RESULT("base", information.lpBaseOfDll == (void *)modules[0]);
    CALL("too small", GetModuleInformation(process, modules[0], &information, 8));
    CALL("no module", GetModuleInformation(process, (HMODULE)0x1230000, &information, sizeof information));
    RESULT("base name", GetModuleBaseNameA(process, modules[0], text, sizeof text) == strlen(last_part(path)));
    RESULT("is the program's", lstrcmpiA(text, last_part(path)) == 0);
    RESULT("wide", GetModuleBaseNameW(process, NULL, wide, MAX_PATH) == strlen(last_part(path)));
    RESULT("path", GetModuleFileNameExA(process, NULL, text, sizeof text) == strlen(path));
    RESULT("is the program's", lstrcmpiA(text, path) == 0);
    size = sizeof text;
    CALL("full name", QueryFullProcessImageNameA(process, 0, text, &size));
    printf("length %d, is the program's %d\n", size == strlen(path), lstrcmpiA(text, path) == 0);
    size = MAX_PATH;
    CALL("wide", QueryFullProcessImageNameW(process, 0, wide, &size));
    RESULT("length", size == strlen(path));
    size = 3;
    CALL("too small", QueryFullProcessImageNameA(process, 0, text, &size));
    RESULT("size", size);
    size = sizeof text;
    CALL("device form", QueryFullProcessImageNameA(process, PROCESS_NAME_NATIVE, text, &size));
    RESULT("of a device", strncmp(text, "\\Device\\", 8) == 0);
    RESULT("image file name", GetProcessImageFileNameA(process, text, sizeof text) > 8);
    RESULT("of a device", strncmp(text, "\\Device\\", 8) == 0);
}

int main(int argc, char **argv)
{
    char path[MAX_PATH], line[64];
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    DWORD needed, size = sizeof path;
    (void)argv;

    if (argc > 1) {
        Sleep(60000);
        return 0;
    }
    GetModuleFileNameA(NULL, path, sizeof path);
    printf("this process\n");
    look_at(GetCurrentProcess(), GetCurrentProcessId(), path);

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    strcpy(line, "child wait");
    fflush(stdout);
    if (!CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return 1;
    Sleep(500);
    printf("another\n");
    look_at(process.hProcess, process.dwProcessId, path);

    printf("rights\n");
    HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process.dwProcessId);
    HMODULE module;
    CALL("modules", EnumProcessModules(limited, &module, sizeof module, &needed));
    CALL("full name", QueryFullProcessImageNameA(limited, 0, path, &size));
    CloseHandle(limited);
    CALL("no handle", QueryFullProcessImageNameA(NULL, 0, path, &size));
    TerminateProcess(process.hProcess, 0);
    RESULT("ended", WaitForSingleObject(process.hProcess, 60000));
    RESULT("its thread, too", WaitForSingleObject(process.hThread, 60000));
    return 0;
}
