/* MEM_RESET and MEM_RESET_UNDO, of which Wine 8.0 has the first. */

#include "conformance.h"

#define ABSENT "Wine 8.0 does not know MEM_RESET_UNDO"
#define LOOSE "Wine does not look at what else is asked for beside MEM_RESET"

#define READWRITE PAGE_READWRITE
#define UNDO MEM_RESET_UNDO

int main(void)
{
    char *base = VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, READWRITE);
    VirtualAlloc(base, 8 * PAGE, MEM_COMMIT, READWRITE);
    memset(base, 0x5A, 8 * PAGE);

    TRY(VirtualAlloc(base, 8 * PAGE, MEM_RESET, PAGE_NOACCESS) == base);
    DOCUMENTED_CALL(ABSENT, 1, UNCHANGED,
                    VirtualAlloc(base, 8 * PAGE, UNDO, PAGE_NOACCESS) == base);
    int whole = 1;
    for (unsigned i = 0; i < 8 * PAGE; i++)
        whole &= base[i] == 0x5A;
    DOCUMENTED("contents are whole", whole, 1, ABSENT);
    describe_range("nothing else has changed", base, GRANULARITY);

    /* The range is that of the pages it touches. */
    TRY(VirtualAlloc(base + PAGE + 1, PAGE, MEM_RESET, READWRITE) == base + PAGE);
    DOCUMENTED_CALL(ABSENT, 1, UNCHANGED,
                    VirtualAlloc(base + PAGE + 1, PAGE, UNDO, READWRITE) == base + PAGE);

    TRY(VirtualAlloc(base, GRANULARITY, MEM_RESET, PAGE_NOACCESS) == base);
    DOCUMENTED_CALL(ABSENT, 1, UNCHANGED,
                    VirtualAlloc(base, GRANULARITY, UNDO, PAGE_NOACCESS) == base);
    DOCUMENTED("contents are whole", base[0] == 0x5A && base[8 * PAGE - 1] == 0x5A, 1, ABSENT);

    /* It goes with nothing else. */
    DOCUMENTED_CALL(LOOSE, 0, ERROR_INVALID_PARAMETER,
                    VirtualAlloc(base, PAGE, MEM_RESET | MEM_COMMIT, READWRITE));
    TRY(VirtualAlloc(base, PAGE, UNDO | MEM_RESET, READWRITE));
    TRY(VirtualAlloc(base, PAGE, UNDO | MEM_COMMIT, READWRITE));
    TRY(VirtualAlloc(base, PAGE, UNDO | MEM_RESERVE, READWRITE));
    TRY(VirtualAlloc(base, PAGE, UNDO | MEM_TOP_DOWN, READWRITE));
    TRY(VirtualAlloc(base, PAGE, UNDO, 0));
    TRY(VirtualAlloc(base, PAGE, UNDO, PAGE_READONLY | PAGE_READWRITE));
    TRY(VirtualAlloc(base, 0, UNDO, READWRITE));

    /* It wants one allocation. */
    TRY(VirtualAlloc(base, GRANULARITY + 1, MEM_RESET, READWRITE));
    DOCUMENTED_CALL(ABSENT, 0, ERROR_INVALID_ADDRESS,
                    VirtualAlloc(base, GRANULARITY + 1, UNDO, READWRITE));
    VirtualFree(base, 0, MEM_RELEASE);
    TRY(VirtualAlloc(base, PAGE, MEM_RESET, READWRITE));
    DOCUMENTED_CALL(ABSENT, 0, ERROR_INVALID_ADDRESS, VirtualAlloc(base, PAGE, UNDO, READWRITE));

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    view[0] = 1;
    TRY(VirtualAlloc(view, PAGE, MEM_RESET, READWRITE) == view);
    DOCUMENTED_CALL(ABSENT, 1, UNCHANGED, VirtualAlloc(view, PAGE, UNDO, READWRITE) == view);
    return 0;
}
