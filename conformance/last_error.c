/* What each call does to the last error when it succeeds. */

#include "conformance.h"

int main(void)
{
    DWORD old, moved;
    char buffer[MAX_PATH];
    LARGE_INTEGER size;
    MEMORY_BASIC_INFORMATION info;

    SetLastError(0);
    RESULT("set to 0", GetLastError());
    SetLastError(0xFFFFFFFF);
    RESULT("set to ~0", GetLastError());

    char *p;
    TRY(p = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE));
    TRY(VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualProtect(p, 0x1000, PAGE_READONLY, &old));
    TRY(VirtualQuery(p, &info, sizeof info));
    TRY(VirtualFree(p, 0x1000, MEM_DECOMMIT));
    TRY(VirtualFree(p, 0, MEM_RELEASE));

    HANDLE unnamed, section, again, opened;
    TRY(unnamed = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL));
    TRY(section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages last error"));
    TRY(again = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages last error"));
    TRY(opened = OpenFileMappingA(FILE_MAP_READ, FALSE, "winpages last error"));
    char *view;
    TRY(view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    TRY(FlushViewOfFile(view, 0));
    TRY(UnmapViewOfFile(view));
    TRY(CloseHandle(opened));
    TRY(CloseHandle(again));
    TRY(CloseHandle(section));
    TRY(CloseHandle(unnamed));

    TRY(GetTempPathA(sizeof buffer, buffer));
    char directory[MAX_PATH];
    strcpy(directory, buffer);
    TRY(GetTempFileNameA(directory, "wpc", 0, buffer));
    HANDLE file;
    CALL("CreateFile(CREATE_ALWAYS), existing",
        (file = CreateFileA(buffer, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL))
        != INVALID_HANDLE_VALUE);
    TRY(WriteFile(file, "hello", 5, &moved, NULL));
    TRY(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
    TRY(ReadFile(file, directory, 5, &moved, NULL));
    CALL("ReadFile at the end", ReadFile(file, directory, 5, &moved, NULL));
    RESULT("bytes", moved);
    TRY(GetFileSize(file, NULL) == 5);
    TRY(GetFileSizeEx(file, &size));
    TRY(SetFilePointerEx(file, size, NULL, FILE_BEGIN));
    TRY(SetEndOfFile(file));
    TRY(FlushFileBuffers(file));
    HANDLE mapping;
    TRY(mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL));
    TRY(view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0));
    TRY(FlushViewOfFile(view, 0));
    TRY(UnmapViewOfFile(view));
    TRY(CloseHandle(mapping));
    TRY(CloseHandle(file));
    CALL("CreateFile(OPEN_EXISTING)", (file = CreateFileA(buffer, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL))
        != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    CALL("CreateFile(OPEN_ALWAYS), existing",
        (file = CreateFileA(buffer, GENERIC_READ, 0, NULL, OPEN_ALWAYS, 0, NULL)) != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    TRY(DeleteFileA(buffer));
    CALL("CreateFile(CREATE_ALWAYS), new", (file = CreateFileA(buffer, GENERIC_READ, 0, NULL, CREATE_ALWAYS, 0, NULL))
        != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    DeleteFileA(buffer);
    CALL("CreateFile(OPEN_ALWAYS), new", (file = CreateFileA(buffer, GENERIC_READ, 0, NULL, OPEN_ALWAYS, 0, NULL))
        != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    DeleteFileA(buffer);
    CALL("CreateFile(CREATE_NEW), new", (file = CreateFileA(buffer, GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL))
        != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    TRY(DeleteFileA(buffer));

    TRY(GetModuleHandleA("kernel32"));
    TRY(GetModuleHandleA(NULL));
    TRY(GetProcAddress(GetModuleHandleA("kernel32"), "VirtualAlloc"));
    CALL("Sleep", (Sleep(0), 1));
    CALL("GetTickCount64", (GetTickCount64(), 1));
    CALL("GetCurrentProcessId", GetCurrentProcessId());
    CALL("QueryPerformanceCounter", QueryPerformanceCounter(&size));
    return 0;
}
