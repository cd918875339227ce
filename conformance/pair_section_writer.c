/* Holds a named section until a line arrives; pair_section_reader runs meanwhile. */

#include "conformance.h"

int main(void)
{
    HANDLE section;
    CALL("create",
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3000, "Local\\winpages pair"));
    char *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    strcpy(view, "from the writer");
    HANDLE kept;
    CALL("a section that only a view keeps",
        kept = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages pair, view only"));
    char *kept_view = MapViewOfFile(kept, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(kept_view, "kept");
    CloseHandle(kept);
    puts("ready");
    fflush(stdout);
    getchar();
    printf("page 1: %s\n", view + 0x1000);
    printf("page 2: %s\n", view[0x2000] ? view + 0x2000 : "nothing");
    printf("kept: %s\n", kept_view);
    UnmapViewOfFile(view);
    CALL("the reader's second handle is gone",
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages pair, of the reader"));
    return 0;
}
