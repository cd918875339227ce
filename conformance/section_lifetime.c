/* How long a section and its name live: the name with the last handle, the memory with the last view. */

#include "conformance.h"

#define SECTION_NAME "winpages lifetime"

static HANDLE create(void)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x2000, SECTION_NAME);
}

int main(void)
{
    HANDLE first, second, third = NULL;
    char *view, *fresh;

    CALL("create", first = create());
    CALL("create again", second = create());
    RESULT("two handles", first != second);
    TRY(CloseHandle(first));
    CALL("open while the second handle is there", third = OpenFileMappingA(FILE_MAP_WRITE, FALSE, SECTION_NAME));
    TRY(CloseHandle(second));
    view = MapViewOfFile(third, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(view, "old");
    CALL("create while an opened handle is there", first = create());
    TRY(CloseHandle(first));
    TRY(CloseHandle(third));
    CALL("open with only a view left", OpenFileMappingA(FILE_MAP_READ, FALSE, SECTION_NAME));
    printf("the view: %s\n", view);
    describe("the view", view, 0);
    CALL("create with only a view left", first = create());
    fresh = MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 0);
    RESULT("a fresh section", (unsigned char)fresh[0]);
    strcpy(fresh, "new");
    printf("old view: %s, new view: %s\n", view, fresh);
    TRY(UnmapViewOfFile(view));
    printf("new view: %s\n", fresh);
    TRY(CloseHandle(first));
    printf("new view without a handle: %s\n", fresh);
    TRY(UnmapViewOfFile(fresh));
    CALL("nothing left", OpenFileMappingA(FILE_MAP_READ, FALSE, SECTION_NAME));

    CALL("create", first = create());
    view = MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(view, "kept");
    TRY(UnmapViewOfFile(view));
    CALL("open without a view", second = OpenFileMappingA(FILE_MAP_READ, FALSE, SECTION_NAME));
    TRY(CloseHandle(first));
    view = MapViewOfFile(second, FILE_MAP_READ, 0, 0, 0);
    printf("contents without a view in between: %s\n", view);
    UnmapViewOfFile(view);
    CloseHandle(second);

    /* Many handles and many names, in and out. */
    unsigned wrong = 0;
    for (unsigned round = 0; round < 50; round++) {
        HANDLE handles[20];
        for (unsigned i = 0; i < 20; i++) {
            char name[64];
            snprintf(name, sizeof name, "winpages lifetime %u", i % 10);
            handles[i] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, name);
            if (!handles[i] || GetLastError() != (i < 10 ? ERROR_SUCCESS : ERROR_ALREADY_EXISTS))
                wrong++;
        }
        for (unsigned i = 0; i < 20; i++)
            CloseHandle(handles[i]);
    }
    RESULT("wrong answers in 1000 creations", wrong);

    /* A file stays open through the section, and through the view. */
    char name[MAX_PATH];
    strcpy(name, temporary_file_of(0x1000));
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), again;
    first = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    view = MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 0);
    TRY(CloseHandle(file));
    view[0] = 'v';
    CALL("reopen while the section is open",
         (again = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
    TRY(CloseHandle(first));
    CALL("reopen while a view is there",
         (again = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
    TRY(UnmapViewOfFile(view));
    CALL("reopen when all is gone",
         (again = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
    char byte = 0;
    DWORD moved;
    ReadFile(again, &byte, 1, &moved, NULL);
    printf("the file begins with: %c\n", byte);
    CloseHandle(again);
    DeleteFileA(name);
    return 0;
}
