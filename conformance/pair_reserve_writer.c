/* Holds a named SEC_RESERVE section; pair_reserve_reader commits pages of it. */

#include "conformance.h"

int main(void)
{
    HANDLE section;
    CALL("create",
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x20000,
        "winpages reserved pair"));
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    VirtualAlloc(view, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    strcpy(view, "page 0");
    describe_range("before", view, 0x20000);
    puts("ready");
    fflush(stdout);
    getchar();
    describe_range("after", view, 0x20000);
    printf("page 4: %s\n", view + 0x4000);
    strcpy(view + 0x5000, "writable here");
    printf("page 5: %s\n", view + 0x5000);
    return 0;
}
