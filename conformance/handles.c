/* Handle values, and CloseHandle on what is no open handle. */

#include "conformance.h"

static HANDLE section(void)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
}

int main(void)
{
    TRY(CloseHandle(NULL));
    TRY(CloseHandle((HANDLE)3));
    TRY(CloseHandle((HANDLE)(ULONG_PTR)0xDEADBEEC));
    TRY(CloseHandle((HANDLE)(ULONG_PTR)0x100000004));
    TRY(CloseHandle((HANDLE)0x7FFFFFFC));
    TRY(CloseHandle((HANDLE)-1));
    TRY(CloseHandle((HANDLE)-2));
    TRY(CloseHandle((HANDLE)-3));

    HANDLE a = section(), b = section(), c = section();
    RESULT("multiples of four", ((ULONG_PTR)a | (ULONG_PTR)b | (ULONG_PTR)c) % 4);
    RESULT("all different", a != b && b != c && a != c);
    TRY(CloseHandle(b));
    HANDLE d = section();
    RESULT("a closed value is used again", d == b);
    TRY(CloseHandle(a));
    TRY(CloseHandle(a));
    TRY(CloseHandle(c));
    a = section();
    b = section();
    RESULT("the lowest first", a < b);
    TRY(CloseHandle((HANDLE)((ULONG_PTR)a | 3)));
    TRY(CloseHandle(a));
    TRY(CloseHandle((HANDLE)((ULONG_PTR)b | 1)));
    TRY(CloseHandle(d));

    a = section();
    TRY(CloseHandle((HANDLE)((ULONG_PTR)a | 0x100000000)));
    TRY(MapViewOfFile((HANDLE)((ULONG_PTR)a | 2), FILE_MAP_READ, 0, 0, 0));
    CloseHandle(a);

    /* Handles of one kind where another is asked for. */
    a = section();
    DWORD moved = 0;
    char byte = 0;
    LARGE_INTEGER size;
    const char *type_mismatch = "Wine reads and writes the file behind a section";
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, ReadFile(a, &byte, 1, &moved, NULL));
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, WriteFile(a, &byte, 1, &moved, NULL));
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, GetFileSizeEx(a, &size));
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, GetFileSize(a, NULL) != INVALID_FILE_SIZE);
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, SetFilePointer(a, 0, NULL, FILE_BEGIN)
        != INVALID_SET_FILE_POINTER);
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, SetEndOfFile(a));
    DOCUMENTED_CALL(type_mismatch, 0, ERROR_INVALID_HANDLE, FlushFileBuffers(a));
    TRY(CreateFileMappingA(a, NULL, PAGE_READWRITE, 0, 0x1000, NULL));
    CloseHandle(a);
    const char *name = temporary_file_of(0x1000);
    HANDLE file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    TRY(MapViewOfFile(file, FILE_MAP_READ, 0, 0, 0));
    CloseHandle(file);

    static const ULONG_PTR bad[] = { 0, 3, 0xDEADBEEC, 0x7FFFFFFC };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        HANDLE h = (HANDLE)bad[i];
        RESULT("handle", bad[i]);
        CALL("  MapViewOfFile", MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0));
        CALL("  ReadFile", ReadFile(h, &byte, 1, &moved, NULL));
        CALL("  WriteFile", WriteFile(h, &byte, 1, &moved, NULL));
        CALL("  GetFileSizeEx", GetFileSizeEx(h, &size));
        CALL("  GetFileSize", GetFileSize(h, NULL) != INVALID_FILE_SIZE);
        CALL("  SetFilePointer", SetFilePointer(h, 0, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER);
        CALL("  SetFilePointerEx", SetFilePointerEx(h, (LARGE_INTEGER) { .QuadPart = 0 }, NULL, FILE_BEGIN));
        CALL("  SetEndOfFile", SetEndOfFile(h));
        CALL("  FlushFileBuffers", FlushFileBuffers(h));
        if (h)
            CALL("  CreateFileMapping", CreateFileMappingA(h, NULL, PAGE_READWRITE, 0, 0x1000, NULL));
    }
    CALL("MapViewOfFile(INVALID_HANDLE_VALUE)", MapViewOfFile(INVALID_HANDLE_VALUE, FILE_MAP_READ, 0, 0, 0));
    CALL("ReadFile(INVALID_HANDLE_VALUE)", ReadFile(INVALID_HANDLE_VALUE, &byte, 1, &moved, NULL));
    return 0;
}
