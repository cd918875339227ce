/* NULL, misaligned, foreign and freed pointers: an error code, never a crash. */

#include "conformance.h"

static char *noaccess;

static void memory_calls(const char *label, void *p)
{
    DWORD old;
    printf("%s\n", label);
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES", 0,
                    ERROR_INVALID_ADDRESS, VirtualProtect(p, 0x1000, PAGE_READONLY, &old));
    CALL("  UnmapViewOfFile", UnmapViewOfFile(p));
    CALL("  VirtualAlloc commit", p && VirtualAlloc(p, 0x1000, MEM_COMMIT, PAGE_READWRITE));
}

static void flush_and_free(void *p)
{
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_NOT_MAPPED_VIEW", 0,
                    ERROR_INVALID_ADDRESS, FlushViewOfFile(p, 0));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_MEMORY_NOT_ALLOCATED", 0,
                    ERROR_INVALID_ADDRESS, VirtualFree(p, 0, MEM_RELEASE));
}

static void files(void)
{
    DWORD moved;
    const char *name = temporary_file_of(0x1000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE,
        NULL);
    TRY(ReadFile(file, noaccess, 16, &moved, NULL));
    TRY(ReadFile(file, NULL, 16, &moved, NULL));
    TRY(WriteFile(file, noaccess, 16, &moved, NULL));
    TRY(WriteFile(file, NULL, 16, &moved, NULL));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CALL("ReadFile over the border", ReadFile(file, noaccess - 8, 16, &moved, NULL));
    CALL("CreateFile(NULL)", CreateFileA(NULL, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)
        != INVALID_HANDLE_VALUE);
    CALL("CreateFile(empty)", CreateFileA("", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE);
    CALL("DeleteFile(NULL)", DeleteFileA(NULL));
    CALL("DeleteFile(empty)", DeleteFileA(""));
    CloseHandle(file);
}

int main(void)
{
    char *two = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    noaccess = two + 0x1000;
    VirtualProtect(noaccess, 0x1000, PAGE_NOACCESS, &old);

    char *freed = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(freed, 0, MEM_RELEASE);
    memory_calls("freed", freed);
    memory_calls("freed, misaligned", freed + 0x123);
    flush_and_free(freed);
    flush_and_free(freed + 0x1234);

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    TRY(UnmapViewOfFile(view));
    memory_calls("unmapped", view);
    flush_and_free(view);

    TRY(UnmapViewOfFile(NULL));
    TRY(UnmapViewOfFile((void *)0x10));
    TRY(UnmapViewOfFile((void *)-1));
    TRY(UnmapViewOfFile((void *)0xFFFF800000000000));
    TRY(UnmapViewOfFile((void *)(ULONG_PTR)section));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_CONFLICTING_ADDRESSES", 0,
                    ERROR_INVALID_ADDRESS, VirtualProtect(NULL, 0x1000, PAGE_READONLY, &old));
    TRY(VirtualProtect((void *)-1, 0x1000, PAGE_READONLY, &old));
    TRY(VirtualProtect((void *)0xFFFF800000000000, 0x1000, PAGE_READONLY, &old));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_NOT_MAPPED_VIEW", 0,
                    ERROR_INVALID_ADDRESS, FlushViewOfFile(NULL, 0));

    int local = 0;
    TRY(UnmapViewOfFile(&local));
    char *heap = malloc(1000);
    TRY(UnmapViewOfFile(heap));
    free(heap);

    TRY(MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, (void *)0x1000));
    TRY(MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, two + 1));
    TRY(MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, two));
    DOCUMENTED_CALL("Wine maps it elsewhere; Windows: STATUS_INVALID_PARAMETER_3", 0,
                    ERROR_INVALID_PARAMETER,
                    MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, (void *)0xFFFF800000000000));

    files();
    describe_range("untouched", two, 0x2000);
    return 0;
}
