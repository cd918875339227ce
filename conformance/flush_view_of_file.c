/* FlushViewOfFile: what can be flushed, and that files see what views wrote. */

#include "conformance.h"

static const char *not_mapped = "Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_NOT_MAPPED_VIEW";

static void flush_all(const char *label, HANDLE section, DWORD access)
{
    char *view = MapViewOfFile(section, access, 0, 0, 0);
    printf("%s\n", label);
    CALL("  whole", FlushViewOfFile(view, 0));
    CALL("  one byte", FlushViewOfFile(view, 1));
    CALL("  all of it", FlushViewOfFile(view, 0x3000));
    CALL("  inside, to the end", FlushViewOfFile(view + 0x1234, 0));
    CALL("  inside, one byte", FlushViewOfFile(view + 0x1234, 1));
    UnmapViewOfFile(view);
}

int main(void)
{
    const char *name = temporary_file_of(0x3000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE mapped = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    HANDLE pagefile = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3000, NULL);
    HANDLE reserved = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x3000, NULL);
    flush_all("file", mapped, FILE_MAP_WRITE);
    flush_all("file, read-only view", mapped, FILE_MAP_READ);
    flush_all("file, copy-on-write view", mapped, FILE_MAP_COPY);
    flush_all("paging file", pagefile, FILE_MAP_WRITE);
    flush_all("paging file, reserved", reserved, FILE_MAP_WRITE);

    char *view = MapViewOfFile(mapped, FILE_MAP_WRITE, 0, 0, 0);
    DOCUMENTED_CALL(not_mapped, 0, ERROR_INVALID_ADDRESS, FlushViewOfFile(view, 0x3001));
    DOCUMENTED_CALL(not_mapped, 0, ERROR_INVALID_ADDRESS, FlushViewOfFile(view + 0x1000, 0x2001));
    strcpy(view + 0x1000, "written through the view");
    char text[32] = "";
    DWORD moved;
    TRY(FlushViewOfFile(view, 0));
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, sizeof text - 1, &moved, NULL));
    printf("file: %s\n", text);
    strcpy(view + 0x1000, "not flushed");
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, sizeof text - 1, &moved, NULL));
    printf("file: %s\n", text);
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    TRY(WriteFile(file, "written to the file", 20, &moved, NULL));
    printf("view: %s\n", view + 0x1000);

    char *copy = MapViewOfFile(mapped, FILE_MAP_COPY, 0, 0, 0);
    strcpy(copy + 0x1000, "private");
    TRY(FlushViewOfFile(copy, 0));
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, sizeof text - 1, &moved, NULL));
    printf("file: %s\n", text);
    UnmapViewOfFile(copy);
    UnmapViewOfFile(view);
    DOCUMENTED_CALL(not_mapped, 0, ERROR_INVALID_ADDRESS, FlushViewOfFile(view, 0));
    DOCUMENTED_CALL(not_mapped, 0, ERROR_INVALID_ADDRESS, FlushViewOfFile(NULL, 0));
    char *memory = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DOCUMENTED_CALL("Wine flushes any memory; Windows: STATUS_NOT_MAPPED_VIEW", 0,
                    ERROR_INVALID_ADDRESS, FlushViewOfFile(memory, 0));
    return 0;
}
