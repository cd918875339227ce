/* Runs while pair_section_writer holds its section, and once more after the writer has ended. */

#include "conformance.h"

int main(void)
{
    HANDLE section = NULL;
    CALL("open", section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, "winpages pair"));
    if (!section)
        return 0;
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    describe("view", view, 0);
    printf("contents: %s\n", view);
    strcpy(view + 0x1000, "from the reader");
    char *copy = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    strcpy(copy + 0x2000, "private to the reader");
    printf("copy: %s\n", copy + 0x2000);
    HANDLE again;
    CALL("create what exists",
        again = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x9000, "winpages pair"));
    CALL("no larger than it is", MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0x9000));
    CALL("a name that only a view of the writer keeps",
        OpenFileMappingA(FILE_MAP_READ, FALSE, "winpages pair, view only"));
    CALL("created anew",
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages pair, view only"));
    CALL("a name of the reader's",
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, "winpages pair, of the reader"));
    /* Everything is left open: the end of the process closes it. */
    return 0;
}
