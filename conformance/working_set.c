/* The working set: its limits, emptying it, and what is said of its pages. Wine knows no limits. */

#include "conformance.h"

#include <psapi.h>

#define NO_LIMITS "Wine answers 32 MiB for both, whatever was set"

static void report_limits(const char *label, SIZE_T minimum_pages, SIZE_T maximum_pages)
{
    SIZE_T minimum = 1, maximum = 2;
    CALL(label, GetProcessWorkingSetSize(GetCurrentProcess(), &minimum, &maximum));
    DOCUMENTED("minimum", minimum, minimum_pages * PAGE, NO_LIMITS);
    DOCUMENTED("maximum", maximum, maximum_pages * PAGE, NO_LIMITS);
}

int main(void)
{
    HANDLE self = GetCurrentProcess(), wrong = (HANDLE)(ULONG_PTR)0x5554;
    SIZE_T minimum, maximum;
    DWORD flags = 0;

    report_limits("limits at first", 50, 345);
    TRY(GetProcessWorkingSetSizeEx(self, &minimum, &maximum, &flags));
    RESULT("flags", flags);
    DOCUMENTED_CALL("Wine does not look at the handle", 0, ERROR_INVALID_HANDLE,
                    GetProcessWorkingSetSize(wrong, &minimum, &maximum));
    DOCUMENTED_CALL(NO_LIMITS, 0, ERROR_INVALID_PARAMETER, SetProcessWorkingSetSize(self, 0, 0));
    DOCUMENTED_CALL(NO_LIMITS, 0, ERROR_INVALID_PARAMETER,
                    SetProcessWorkingSetSize(self, 100 * PAGE, 50 * PAGE));
    report_limits("limits after calls that failed", 50, 345);
    TRY(SetProcessWorkingSetSize(self, 100 * PAGE, 200 * PAGE));
    report_limits("limits that were set", 100, 200);
    TRY(SetProcessWorkingSetSize(self, PAGE, 200 * PAGE));
    report_limits("a minimum below 20 pages is raised", 20, 200);
    DOCUMENTED_CALL(NO_LIMITS, 0, ERROR_INVALID_PARAMETER,
                    SetProcessWorkingSetSizeEx(self, 100 * PAGE, 200 * PAGE,
                                               QUOTA_LIMITS_HARDWS_MIN_ENABLE
                                                   | QUOTA_LIMITS_HARDWS_MIN_DISABLE));
    DOCUMENTED_CALL(NO_LIMITS, 0, ERROR_INVALID_PARAMETER,
                    SetProcessWorkingSetSizeEx(self, 100 * PAGE, 200 * PAGE, 0xFFFF));
    TRY(SetProcessWorkingSetSizeEx(self, 100 * PAGE, 200 * PAGE, QUOTA_LIMITS_HARDWS_MIN_ENABLE));
    GetProcessWorkingSetSizeEx(self, &minimum, &maximum, &flags);
    DOCUMENTED("flags that were set", flags,
               QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE, NO_LIMITS);
    TRY(SetProcessWorkingSetSize(self, (SIZE_T)-1, (SIZE_T)-1));
    report_limits("emptying changes no limit", 100, 200);
    DOCUMENTED_CALL("Wine does not look at the handle", 0, ERROR_INVALID_HANDLE,
                    SetProcessWorkingSetSize(wrong, (SIZE_T)-1, (SIZE_T)-1));
    TRY(EmptyWorkingSet(self));
    DOCUMENTED_CALL("Wine does not look at the handle", 0, ERROR_INVALID_HANDLE, EmptyWorkingSet(wrong));

    /* What is said of single pages. */
    char *base = VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(base, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    base[0] = 1;
    DWORD old;
    base[PAGE] = 1;
    VirtualProtect(base + PAGE, PAGE, PAGE_READONLY, &old);
    PSAPI_WORKING_SET_EX_INFORMATION pages[6];
    memset(pages, 0xCC, sizeof pages);
    for (int i = 0; i < 4; i++)
        pages[i].VirtualAddress = base + i * PAGE + i;
    pages[4].VirtualAddress = base + 8 * PAGE;
    pages[5].VirtualAddress = NULL;
    TRY(QueryWorkingSetEx(self, pages, sizeof pages));
    RESULT("a page that was written", pages[0].VirtualAttributes.Flags);
    RESULT("a page that can be read", pages[1].VirtualAttributes.Flags);
    DOCUMENTED("a page that nobody touched", pages[2].VirtualAttributes.Valid, 0,
               "Wine has what is committed in the working set");
    RESULT("a reserved page", pages[4].VirtualAttributes.Flags);
    RESULT("NULL", pages[5].VirtualAttributes.Flags);
    RESULT("addresses are left alone", pages[3].VirtualAddress == base + 3 * PAGE + 3);

    VirtualLock(base, PAGE);
    QueryWorkingSetEx(self, pages, sizeof pages[0]);
    DOCUMENTED("locked", pages[0].VirtualAttributes.Locked, 1, "Wine does not say");
    VirtualUnlock(base, PAGE);
    QueryWorkingSetEx(self, pages, sizeof pages[0]);
    RESULT("no longer locked", pages[0].VirtualAttributes.Locked);

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULARITY, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    view[0] = 1;
    pages[0].VirtualAddress = view;
    QueryWorkingSetEx(self, pages, sizeof pages[0]);
    RESULT("a page of a view is valid", pages[0].VirtualAttributes.Valid);
    DOCUMENTED("and shared", pages[0].VirtualAttributes.Shared, 1, "Wine says so of few");
    DOCUMENTED("with one", pages[0].VirtualAttributes.ShareCount, 1, "Wine counts differently");

    DOCUMENTED_CALL("Wine takes any length", 0, ERROR_BAD_LENGTH, QueryWorkingSetEx(self, pages, 0));
    DOCUMENTED_CALL("Wine takes any length", 0, ERROR_BAD_LENGTH,
                    QueryWorkingSetEx(self, pages, sizeof pages[0] - 1));
    TRY(QueryWorkingSetEx(self, NULL, sizeof pages[0]));
    DOCUMENTED_CALL("Wine answers 87", 0, ERROR_INVALID_HANDLE,
                    QueryWorkingSetEx(wrong, pages, sizeof pages[0]));

    /* All pages. */
    ULONG_PTR count = 0;
    DOCUMENTED_CALL("Wine has no QueryWorkingSet", 0, ERROR_BAD_LENGTH,
                    QueryWorkingSet(self, &count, sizeof count));
    DOCUMENTED("it counts them", count > 3, 1, "Wine has no QueryWorkingSet");
    size_t size = (count + 4096) * sizeof count;
    PSAPI_WORKING_SET_INFORMATION *all = malloc(size);
    DOCUMENTED_CALL("Wine has no QueryWorkingSet", 1, UNCHANGED,
                    QueryWorkingSet(self, all, (DWORD)size));
    int found = 0;
    if (!on_wine()) {
        for (ULONG_PTR i = 0; i < all->NumberOfEntries; i++) {
            if (all->WorkingSetInfo[i].VirtualPage == (ULONG_PTR)base / PAGE)
                found |= all->WorkingSetInfo[i].Protection == 4 ? 1 : 8;
            if (all->WorkingSetInfo[i].VirtualPage == (ULONG_PTR)base / PAGE + 1)
                found |= all->WorkingSetInfo[i].Protection == 1 ? 2 : 8;
            if (all->WorkingSetInfo[i].VirtualPage == (ULONG_PTR)base / PAGE + 2)
                found |= 8;
        }
    }
    DOCUMENTED("the pages that were touched are there", found, 3, "Wine has no QueryWorkingSet");
    return 0;
}
