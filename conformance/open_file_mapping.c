/* OpenFileMapping: what is found, and what the handle may do. */

#include "conformance.h"

#define SECTION_NAME "winpages open"

int main(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x10000, SECTION_NAME);
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, NULL));
    TRY(OpenFileMappingW(FILE_MAP_READ, FALSE, NULL));
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, ""));
    TRY(OpenFileMappingW(FILE_MAP_READ, FALSE, L""));
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, "winpages not there"));
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, "Nope\\" SECTION_NAME));
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, "\\" SECTION_NAME));
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, "Global\\winpages not there"));

    static const struct {
        const char *name;
        DWORD access;
    } accesses[] = {
        { "READ", FILE_MAP_READ },
        { "WRITE", FILE_MAP_WRITE },
        { "READ|WRITE", FILE_MAP_READ | FILE_MAP_WRITE },
        { "COPY", FILE_MAP_COPY },
        { "ALL_ACCESS", FILE_MAP_ALL_ACCESS },
        { "EXECUTE", FILE_MAP_EXECUTE },
        { "READ|EXECUTE", FILE_MAP_READ | FILE_MAP_EXECUTE },
        { "ALL_ACCESS|EXECUTE", FILE_MAP_ALL_ACCESS | FILE_MAP_EXECUTE },
        { "GENERIC_READ", GENERIC_READ },
        { "GENERIC_WRITE", GENERIC_WRITE },
        { "GENERIC_READ|GENERIC_WRITE", GENERIC_READ | GENERIC_WRITE },
        { "GENERIC_ALL", GENERIC_ALL },
    };
    static const struct {
        const char *name;
        DWORD access;
    } views[] = {
        { "  view 0", 0 },
        { "  view READ", FILE_MAP_READ },
        { "  view WRITE", FILE_MAP_WRITE },
        { "  view COPY", FILE_MAP_COPY },
        { "  view ALL_ACCESS", FILE_MAP_ALL_ACCESS },
        { "  view READ|EXECUTE", FILE_MAP_READ | FILE_MAP_EXECUTE },
        { "  view WRITE|EXECUTE", FILE_MAP_WRITE | FILE_MAP_EXECUTE },
    };
    for (unsigned a = 0; a < sizeof accesses / sizeof accesses[0]; a++) {
        HANDLE opened = NULL;
        CALL(accesses[a].name, opened = OpenFileMappingA(accesses[a].access, FALSE, SECTION_NAME));
        for (unsigned v = 0; v < sizeof views / sizeof views[0]; v++) {
            char *view = NULL;
            if (accesses[a].access == (FILE_MAP_READ | FILE_MAP_EXECUTE)
                && views[v].access == (FILE_MAP_READ | FILE_MAP_EXECUTE)) {
                DOCUMENTED_CALL("Wine forgets FILE_MAP_EXECUTE when it opens", 1, UNCHANGED,
                                view = MapViewOfFile(opened, views[v].access, 0, 0, 0));
                UnmapViewOfFile(view);
                continue;
            }
            CALL(views[v].name, view = MapViewOfFile(opened, views[v].access, 0, 0, 0));
            UnmapViewOfFile(view);
        }
        CloseHandle(opened);
    }
    HANDLE nothing = NULL, inherited;
    DOCUMENTED_CALL("Wine gives a handle that can do nothing", 0, ERROR_ACCESS_DENIED,
                    nothing = OpenFileMappingA(0, FALSE, SECTION_NAME));
    CloseHandle(nothing);
    TRY(inherited = OpenFileMappingA(FILE_MAP_READ, TRUE, SECTION_NAME));
    CloseHandle(inherited);
    CloseHandle(section);
    TRY(OpenFileMappingA(FILE_MAP_READ, FALSE, SECTION_NAME));

    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, 0x1000, SECTION_NAME);
    HANDLE opened;
    CALL("ALL_ACCESS of a read-only section", opened = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, SECTION_NAME));
    CALL("  maps READ", MapViewOfFile(opened, FILE_MAP_READ, 0, 0, 0));
    DOCUMENTED_CALL("Wine looks at the handle's rights only", 0, ERROR_ACCESS_DENIED,
                    MapViewOfFile(opened, FILE_MAP_WRITE, 0, 0, 0));
    return 0;
}
