/* Commits pages of pair_reserve_writer's section; once more after the writer has ended. */

#include "conformance.h"

int main(void)
{
    HANDLE section = NULL;
    CALL("open", section = OpenFileMappingA(FILE_MAP_WRITE | FILE_MAP_READ, FALSE, "winpages reserved pair"));
    if (!section)
        return 0;
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    describe_range("before", view, 0x20000);
    printf("page 0: %s\n", view);
    TRY(VirtualAlloc(view + 0x4000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == view + 0x4000);
    strcpy(view + 0x4000, "committed by the reader");
    describe_range("after", view, 0x20000);
    return 0;
}
