/* Holds a file and a named section of it; pair_file_reader tries to open both. */

#include "conformance.h"

int main(void)
{
    DWORD moved;
    char text[32] = "";
    HANDLE file = CreateFileA("pair_file.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0,
        NULL);
    RESULT("created", file != INVALID_HANDLE_VALUE);
    HANDLE section;
    CALL("section", section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x2000, "winpages file pair"));
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(view, "from the writer");
    puts("ready");
    fflush(stdout);
    getchar();
    printf("view: %s\n", view + 0x1000);
    SetFilePointer(file, 0x1000, NULL, FILE_BEGIN);
    TRY(ReadFile(file, text, sizeof text - 1, &moved, NULL));
    printf("file: %s\n", text);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    return 0;
}
