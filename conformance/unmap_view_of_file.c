/* UnmapViewOfFile: which addresses name a view, and what is left. */

#include "conformance.h"

static HANDLE section;

static char *view(void)
{
    return MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
}

int main(void)
{
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x13000, NULL);
    static const SIZE_T inside[] = { 0, 1, 100, 0x1000, 0x1064, 0x10000, 0x12FFF };
    for (unsigned i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        char *p = view();
        RESULT("address inside", inside[i]);
        CALL("  unmapped", UnmapViewOfFile(p + inside[i]));
        describe("  after", p, 0);
        describe("  after", p, 0x12000);
        CALL("  again", UnmapViewOfFile(p));
    }
    char *p = view();
    TRY(UnmapViewOfFile(p + 0x13000));
    TRY(UnmapViewOfFile(p + 0x1FFFF));
    TRY(UnmapViewOfFile(p - 1));
    describe_range("still there", p, 0x13000);
    TRY(UnmapViewOfFile(NULL));
    TRY(UnmapViewOfFile((void *)4));
    TRY(UnmapViewOfFile((void *)-1));
    char *memory = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    TRY(UnmapViewOfFile(memory));
    TRY(UnmapViewOfFile(memory + 0x1000));
    memory[0] = 1;
    RESULT("memory is still there", memory[0]);
    /* A handle is no address: a common mistake. */
    TRY(UnmapViewOfFile(section));

    char *q = view();
    p[5] = 'v';
    TRY(UnmapViewOfFile(p));
    RESULT("the other view stays", q[5]);
    TRY(UnmapViewOfFile(q));
    q = view();
    RESULT("contents stay with the section", q[5]);
    TRY(CloseHandle(section));
    RESULT("the view stays without a handle", q[5]);
    q[6] = 'w';
    describe("view without a handle", q, 0);
    TRY(UnmapViewOfFile(q));
    TRY(UnmapViewOfFile(q));
    return 0;
}
