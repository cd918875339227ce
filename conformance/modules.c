/* GetModuleHandle and GetProcAddress: which function is found in which module. */

#include "conformance.h"

typedef LPVOID(WINAPI *virtual_alloc)(LPVOID, SIZE_T, DWORD, DWORD);

static const char *const modules[] = { "kernel32.dll", "kernelbase.dll", "ntdll.dll", "psapi.dll" };

static const char *const functions[] = {
    "VirtualAlloc",       "VirtualFree",          "VirtualProtect",   "VirtualQuery",
    "GetSystemInfo",      "CreateFileMappingA",   "CreateFileMappingW", "OpenFileMappingW",
    "MapViewOfFile",      "MapViewOfFileEx",      "UnmapViewOfFile",  "FlushViewOfFile",
    "CloseHandle",        "GetLastError",         "SetLastError",     "CreateFileA",
    "CreateFileW",        "ReadFile",             "WriteFile",        "SetFilePointer",
    "SetFilePointerEx",   "SetEndOfFile",         "GetFileSize",      "GetFileSizeEx",
    "FlushFileBuffers",   "DeleteFileW",          "GetTempPathW",     "GetTempFileNameW",
    "Sleep",              "GetTickCount64",       "QueryPerformanceCounter", "GetCurrentProcessId",
    "FormatMessageW",     "GetModuleHandleA",     "GetModuleHandleW", "GetProcAddress",
    "LoadLibraryA",       "FreeLibrary",          "virtualalloc",     "VirtualAlloc ",
    "NoSuchFunction",     "",
};

int main(void)
{
    LoadLibraryA("psapi.dll");
    for (unsigned m = 0; m < 4; m++) {
        HMODULE module = GetModuleHandleA(modules[m]);
        RESULT(modules[m], module != NULL);
        for (unsigned f = 0; f < sizeof functions / sizeof functions[0]; f++) {
            SetLastError(UNCHANGED);
            FARPROC function = GetProcAddress(module, functions[f]);
            DWORD error = GetLastError();
            printf("  \"%s\": %s, %s\n", functions[f], function ? "yes" : "no", error_name(error));
        }
    }

    HMODULE kernel32 = GetModuleHandleA("kernel32.dll");
    RESULT("other case", GetModuleHandleA("KERNEL32.DLL") == kernel32);
    RESULT("without the ending", GetModuleHandleA("Kernel32") == kernel32);
    RESULT("wide", GetModuleHandleW(L"kernel32") == kernel32);
    CALL("a trailing dot means no ending", GetModuleHandleA("kernel32."));
    CALL("not loaded", GetModuleHandleA("winpages-not-there.dll"));
    CALL("an empty name", GetModuleHandleA(""));
    RESULT("the program", GetModuleHandleA(NULL) != NULL);
    RESULT("the program, wide", GetModuleHandleW(NULL) == GetModuleHandleA(NULL));
    RESULT("kernelbase is another", kernel32 != GetModuleHandleA("kernelbase"));
    RESULT("ntdll is another", kernel32 != GetModuleHandleA("ntdll"));

    virtual_alloc alloc = (virtual_alloc)(void (*)(void))GetProcAddress(kernel32, "VirtualAlloc");
    char *p = alloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    RESULT("called", p != NULL);
    describe("called", p, 0);

    HMODULE loaded;
    TRY(loaded = LoadLibraryA("kernel32.dll"));
    RESULT("the same module", loaded == kernel32);
    TRY(FreeLibrary(loaded));
    RESULT("still there", GetModuleHandleA("kernel32") == kernel32);
    RESULT("wide", LoadLibraryW(L"KERNELBASE") == GetModuleHandleA("kernelbase.dll"));
    TRY(LoadLibraryA("winpages-not-there.dll"));
    CALL("GetProcAddress of the program", GetProcAddress(GetModuleHandleA(NULL), "NoSuchFunction"));
    return 0;
}
