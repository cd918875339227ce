/* VirtualLock and VirtualUnlock. Wine locks and unlocks whatever it is told, and Windows does not. */

#include "conformance.h"

#define WINE_LOCKS "Wine answers what mlock and munlock do"

int main(void)
{
    char *base = VirtualAlloc(NULL, 4 * GRANULARITY, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(base, GRANULARITY, MEM_COMMIT, PAGE_READWRITE);
    base[0] = 7;

    TRY(VirtualLock(base, PAGE));
    TRY(VirtualLock(base, PAGE));
    TRY(VirtualUnlock(base, PAGE));
    DOCUMENTED_CALL(WINE_LOCKS ": locks do not nest", 0, ERROR_NOT_LOCKED, VirtualUnlock(base, PAGE));
    TRY(VirtualLock(base + 10, 1));
    TRY(VirtualUnlock(base, 1));
    TRY(VirtualLock(base + PAGE - 1, 2));
    DOCUMENTED_CALL(WINE_LOCKS ": a page of three is not locked", 0, ERROR_NOT_LOCKED,
                    VirtualUnlock(base, 3 * PAGE));
    TRY(VirtualUnlock(base, 2 * PAGE));
    RESULT("contents", base[0]);

    DOCUMENTED_CALL(WINE_LOCKS ": a size of 0", 0, ERROR_INVALID_PARAMETER, VirtualLock(base, 0));
    DOCUMENTED_CALL(WINE_LOCKS ": a size of 0", 0, ERROR_INVALID_PARAMETER, VirtualUnlock(base, 0));
    DOCUMENTED_CALL(WINE_LOCKS ": reserved pages", 0, ERROR_NOACCESS,
                    VirtualLock(base + GRANULARITY, PAGE));
    DOCUMENTED_CALL(WINE_LOCKS ": reserved pages behind", 0, ERROR_NOACCESS,
                    VirtualLock(base + GRANULARITY - PAGE, 2 * PAGE));
    DOCUMENTED_CALL("Wine answers 5", 0, ERROR_NOACCESS, VirtualLock(NULL, PAGE));
    DOCUMENTED_CALL(WINE_LOCKS ": wraps around", 0, ERROR_INVALID_PARAMETER,
                    VirtualLock(base, (SIZE_T)-1));
    DOCUMENTED_CALL("Wine answers 5", 0, ERROR_INVALID_PARAMETER,
                    VirtualLock((void *)-(LONG_PTR)PAGE, PAGE));
    DOCUMENTED_CALL("Wine answers 5", 0, ERROR_NOT_LOCKED, VirtualUnlock(base + GRANULARITY, PAGE));
    DOCUMENTED_CALL("Wine answers 5", 0, ERROR_NOT_LOCKED, VirtualUnlock(NULL, PAGE));

    DWORD old;
    VirtualProtect(base, PAGE, PAGE_NOACCESS, &old);
    DOCUMENTED_CALL(WINE_LOCKS ": no access", 0, ERROR_NOACCESS, VirtualLock(base, PAGE));
    VirtualProtect(base, PAGE, PAGE_READONLY, &old);
    TRY(VirtualLock(base, PAGE));
    TRY(VirtualUnlock(base, PAGE));

    /* The minimum working set is 50 pages, and less a small overhead can be locked. */
    char *large = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DOCUMENTED_CALL(WINE_LOCKS ": the minimum working set", 0, 1453 /* ERROR_WORKING_SET_QUOTA */,
                    VirtualLock(large, 50 * PAGE));
    TRY(VirtualLock(large, 30 * PAGE));
    TRY(SetProcessWorkingSetSize(GetCurrentProcess(), 128 * PAGE, 400 * PAGE));
    TRY(VirtualLock(large, 64 * PAGE));
    TRY(VirtualUnlock(large, 64 * PAGE));
    describe_range("locking shows nowhere", large, 64 * PAGE);
    TRY(VirtualLock(large, PAGE));
    describe_range("nor does it split", large, 64 * PAGE);

    /* Memory that VirtualAlloc did not give. */
    static char image[3 * PAGE];
    char *heap = malloc(3 * PAGE);
    char stack[16];
    memset(image, 1, sizeof image);
    memset(heap, 1, 3 * PAGE);
    memset(stack, 1, sizeof stack);
    CALL("lock the image", VirtualLock(image, sizeof image));
    CALL("unlock the image", VirtualUnlock(image, sizeof image));
    CALL("lock the heap", VirtualLock(heap, 3 * PAGE));
    CALL("unlock the heap", VirtualUnlock(heap, 3 * PAGE));
    CALL("lock the stack", VirtualLock(stack, sizeof stack));
    CALL("unlock the stack", VirtualUnlock(stack, sizeof stack));

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULARITY, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    CALL("lock a view that is copied on write", VirtualLock(view, PAGE));
    describe("it is not copied by that", view, 0);
    view[0] = 1;
    CALL("unlock it", VirtualUnlock(view, PAGE));
    return 0;
}
