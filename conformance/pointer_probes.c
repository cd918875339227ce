/* IsBadReadPtr and its kin, lstrcpy and its kin with bad pointers, RtlCompareMemory and its kin. */
#include "conformance.h"

#include <wchar.h>

static void probes(void)
{
    char local[100] = { 0 };
    void *wild = (void *)0x10;
    char *pages = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    TRY(IsBadReadPtr(local, sizeof local));
    TRY(IsBadReadPtr(NULL, 0));
    TRY(IsBadReadPtr(wild, 0));
    TRY(IsBadReadPtr(NULL, 1));
    TRY(IsBadReadPtr(wild, 1));
    TRY(IsBadReadPtr(local, (UINT_PTR)-1));
    TRY(IsBadReadPtr((char *)info.lpMaximumApplicationAddress + 0x20000, 1));
    TRY(IsBadWritePtr(local, sizeof local));
    TRY(IsBadWritePtr(NULL, 0));
    TRY(IsBadWritePtr(wild, 1));
    TRY(IsBadWritePtr(local, (UINT_PTR)-1));
    TRY(IsBadHugeReadPtr(local, 10));
    TRY(IsBadHugeReadPtr(wild, 10));
    TRY(IsBadHugeWritePtr(local, 10));
    TRY(IsBadHugeWritePtr(wild, 10));
    TRY(IsBadCodePtr(NULL));
    TRY(IsBadCodePtr((FARPROC)wild));
    TRY(IsBadCodePtr((FARPROC)(void *)local));
    TRY(IsBadCodePtr((FARPROC)probes));
    TRY(IsBadWritePtr((void *)(UINT_PTR)probes, 1));
    TRY(IsBadStringPtrA(NULL, 0));
    TRY(IsBadStringPtrA("text", 0));
    TRY(IsBadStringPtrA("text", 100));
    TRY(IsBadStringPtrA(wild, 100));
    TRY(IsBadStringPtrW(L"text", 100));
    TRY(IsBadStringPtrW(NULL, 100));

    /* Reserved, committed, read-only, none. */
    TRY(IsBadReadPtr(pages, 1));
    VirtualAlloc(pages, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(pages + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READONLY);
    VirtualAlloc(pages + 3 * PAGE, PAGE, MEM_COMMIT, PAGE_NOACCESS);
    memset(pages, 'x', 2 * PAGE);
    TRY(IsBadReadPtr(pages, 3 * PAGE));
    TRY(IsBadReadPtr(pages, 3 * PAGE + 1));
    TRY(IsBadReadPtr(pages + 3 * PAGE - 1, 2));
    TRY(IsBadWritePtr(pages, 2 * PAGE));
    TRY(IsBadWritePtr(pages, 2 * PAGE + 1));
    TRY(IsBadWritePtr(pages + PAGE - 1, 2));
    RESULT("unchanged", pages[0] == 'x' && pages[PAGE] == 'x' && pages[2 * PAGE - 1] == 'x');
    TRY(IsBadStringPtrA(pages, 2 * PAGE));
    VirtualProtect(pages + 2 * PAGE, PAGE, PAGE_NOACCESS, &(DWORD){ 0 });
    TRY(IsBadStringPtrA(pages, 2 * PAGE));
    TRY(IsBadStringPtrA(pages, 2 * PAGE + 1));
    TRY(IsBadStringPtrW((WCHAR *)pages, PAGE + 1));
    pages[2 * PAGE - 1] = 0;
    TRY(IsBadStringPtrA(pages, (UINT_PTR)-1));
    if (on_wine()) {
        /* Wine lets the guard's exception out, which ends the program. */
        printf("IsBadReadPtr(pages + 4 * PAGE, 1): as documented\n"
               "IsBadReadPtr(pages + 4 * PAGE, 1): as documented\n"
               "IsBadWritePtr(pages + 4 * PAGE, 1): as documented\n"
               "IsBadWritePtr(pages + 4 * PAGE, 1): as documented\n");
        fflush(stdout);
    } else {
        VirtualAlloc(pages + 4 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
        DOCUMENTED_CALL("", 1, UNCHANGED, IsBadReadPtr(pages + 4 * PAGE, 1));
        DOCUMENTED_CALL("", 0, UNCHANGED, IsBadReadPtr(pages + 4 * PAGE, 1));
        VirtualAlloc(pages + 4 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
        DOCUMENTED_CALL("", 1, UNCHANGED, IsBadWritePtr(pages + 4 * PAGE, 1));
        DOCUMENTED_CALL("", 0, UNCHANGED, IsBadWritePtr(pages + 4 * PAGE, 1));
    }
    VirtualFree(pages, 0, MEM_RELEASE);
    TRY(IsBadReadPtr(pages, 1));

    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 2 * PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    VirtualAlloc(view, PAGE, MEM_COMMIT, PAGE_READWRITE);
    CloseHandle(section);
    TRY(IsBadReadPtr(view, PAGE));
    DOCUMENTED_CALL("Wine's uncommitted pages can be read", 1, UNCHANGED, IsBadReadPtr(view, PAGE + 1));
    UnmapViewOfFile(view);
    TRY(IsBadReadPtr(view, 1));
}

static void strings(void)
{
    char text[32] = "abc";
    WCHAR wide[32] = L"abc";
    char *wild = (char *)0x10;
    WCHAR *wide_wild = (WCHAR *)0x10;

    RESULT("lstrlenA", lstrlenA("four"));
    RESULT("lstrlenW", lstrlenW(L"four"));
    TRY(lstrlenA(NULL));
    TRY(lstrlenA(wild));
    TRY(lstrlenW(NULL));
    TRY(lstrlenW(wide_wild));
    TRY(lstrcpyA(text, "hello") == text);
    TRY(lstrcpyA(text, NULL) != NULL);
    TRY(lstrcpyA(NULL, text) != NULL);
    TRY(lstrcpyA(text, wild) != NULL);
    TRY(lstrcpyA(wild, "hello") != NULL);
    TRY(lstrcpyW(wide, L"hello") == wide);
    TRY(lstrcpyW(wide, NULL) != NULL);
    TRY(lstrcpyW(wide_wild, wide) != NULL);
    lstrcpyA(text, "hello");
    TRY(lstrcpynA(text, "goodbye", 4) == text);
    printf("%s\n", text);
    TRY(lstrcpynA(text, "a", 4) == text);
    printf("%s\n", text);
    TRY(lstrcpynA(text, "a", 0) == text);
    TRY(lstrcpynA(text, NULL, 4) != NULL);
    TRY(lstrcpynA(NULL, "a", 4) != NULL);
    TRY(lstrcpynW(wide, L"goodbye", 4) == wide);
    RESULT("length", lstrlenW(wide));
    lstrcpyA(text, "hello");
    TRY(lstrcatA(text, ", you") == text);
    printf("%s\n", text);
    TRY(lstrcatA(text, NULL) != NULL);
    TRY(lstrcatA(wild, "a") != NULL);
    TRY(lstrcatW(wide, L"bye") == wide);
    RESULT("length", lstrlenW(wide));
    RESULT("a, b", lstrcmpA("a", "b"));
    RESULT("b, a", lstrcmpA("b", "a"));
    RESULT("a, A", lstrcmpA("a", "A"));
    RESULT("A, b", lstrcmpA("A", "b"));
    RESULT("same", lstrcmpA("same", "same"));
    RESULT("NULL, a", lstrcmpA(NULL, "a"));
    RESULT("a, NULL", lstrcmpA("a", NULL));
    RESULT("NULL, NULL", lstrcmpA(NULL, NULL));
    RESULT("without case", lstrcmpiA("HELLO", "hello"));
    RESULT("without case, wide", lstrcmpiW(L"HELLO", L"hello"));
    RESULT("without case, less", lstrcmpiW(L"A", L"b"));
}

static void memory(void)
{
    char one[64], other[64];
    ULONG words[4] = { 7, 7, 8, 7 };
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    SIZE_T(NTAPI * compare_ulong)(PVOID, SIZE_T, ULONG) = (void *)GetProcAddress(ntdll, "RtlCompareMemoryUlong");
    VOID(NTAPI * fill)(PVOID, SIZE_T, UCHAR) = (void *)GetProcAddress(ntdll, "RtlFillMemory");
    VOID(NTAPI * zero)(PVOID, SIZE_T) = (void *)GetProcAddress(ntdll, "RtlZeroMemory");
    VOID(NTAPI * move)(PVOID, const VOID *, SIZE_T) = (void *)GetProcAddress(ntdll, "RtlMoveMemory");
    VOID(NTAPI * fill_ulong)(PVOID, SIZE_T, ULONG) = (void *)GetProcAddress(ntdll, "RtlFillMemoryUlong");

    FillMemory(one, 64, 'a');
    CopyMemory(other, one, 64);
    RESULT("alike", RtlCompareMemory(one, other, 64));
    other[40] = 'b';
    RESULT("alike up to", RtlCompareMemory(one, other, 64));
    RESULT("nothing", RtlCompareMemory(one, other, 0));
    RESULT("equal", RtlEqualMemory(one, other, 40));
    RESULT("patterns", compare_ulong(words, sizeof words, 7));
    RESULT("no pattern", compare_ulong(words, sizeof words, 9));
    RESULT("part of a word", compare_ulong(words, 6, 7));
    ZeroMemory(one, 10);
    RESULT("zero", one[9] == 0 && one[10] == 'a');
    SecureZeroMemory(one, 64);
    RESULT("zero", one[63]);
    fill(one, 64, 'z');
    RESULT("filled", one[0] == 'z' && one[63] == 'z');
    zero(one, 63);
    RESULT("zero", one[62] == 0 && one[63] == 'z');
    for (int i = 0; i < 64; i++)
        one[i] = (char)i;
    move(one + 1, one, 63);
    RESULT("moved up", one[63] == 62 && one[1] == 0);
    MoveMemory(one, one + 1, 63);
    RESULT("moved down", one[62] == 62);
    fill_ulong(words, sizeof words, 0x01020304);
    RESULT("filled", words[3]);
}

int main(void)
{
    probes();
    strings();
    memory();
    return 0;
}
