/* ntdll's calls of private memory and of sections, found as programs find them: by GetProcAddress. */

#include "conformance.h"

typedef struct {
    USHORT length, maximum;
    WCHAR *text;
} Name;

typedef struct {
    ULONG length;
    HANDLE root;
    Name *name;
    ULONG attributes;
    void *descriptor, *quality;
} Attributes;

typedef struct {
    void *base;
    ULONG attributes;
    LONGLONG size;
} SectionInformation;

typedef struct {
    void *base;
    DWORD protection, type;
    SIZE_T size, committed;
} RegionInformation;

static LONG(WINAPI *allocate)(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
static LONG(WINAPI *release)(HANDLE, void **, SIZE_T *, ULONG);
static LONG(WINAPI *protect)(HANDLE, void **, SIZE_T *, ULONG, ULONG *);
static LONG(WINAPI *query)(HANDLE, void *, int, void *, SIZE_T, SIZE_T *);
static LONG(WINAPI *create_section)(HANDLE *, ULONG, Attributes *, LONGLONG *, ULONG, ULONG, HANDLE);
static LONG(WINAPI *open_section)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *map)(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LONGLONG *, SIZE_T *, int, ULONG, ULONG);
static LONG(WINAPI *unmap)(HANDLE, void *);
static LONG(WINAPI *query_section)(HANDLE, int, void *, SIZE_T, SIZE_T *);
static LONG(WINAPI *same_files)(void *, void *);
static LONG(WINAPI *close_handle)(HANDLE);

#define SELF ((HANDLE)(LONG_PTR)-1)
#define STATUS(label, ...) printf("%s: %08x\n", label, (unsigned)(__VA_ARGS__))

static void find(void *place, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);

    printf("%s: %s\n", name, found ? "found" : "missing");
    memcpy(place, &found, sizeof found);
}

static LONG allocate_at(void *base, ULONG_PTR zero_bits, SIZE_T size, ULONG type, ULONG protection, void **got)
{
    LONG status = allocate(SELF, &base, zero_bits, &size, type, protection);

    *got = base;
    if (status == 0)
        printf("  size 0x%llx\n", (unsigned long long)size);
    return status;
}

static LONG free_at(void *base, SIZE_T size, ULONG type, void *origin)
{
    LONG status = release(SELF, &base, &size, type);

    if (status == 0)
        printf("  offset 0x%llx, size 0x%llx\n", (unsigned long long)((char *)base - (char *)origin),
               (unsigned long long)size);
    return status;
}

static void private_memory(void)
{
    void *p, *q;
    SIZE_T size;
    ULONG old;
    int bits;
    RegionInformation region;
    MEMORY_BASIC_INFORMATION basic;

    STATUS("reserve", allocate_at(NULL, 0, 0x1234, MEM_RESERVE, PAGE_READWRITE, &p));
    STATUS("in the way", allocate_at(p, 12, 0x1000, MEM_RESERVE, PAGE_READWRITE, &q));
    STATUS("commit", allocate_at((char *)p + 0x1001, 0, 1, MEM_COMMIT, PAGE_READONLY, &q));
    RESULT("rounded", (char *)q - (char *)p);
    DOCUMENTED("past the end", (unsigned)allocate_at((char *)p + 0x1001, 0, 0x1000, MEM_COMMIT, PAGE_READONLY, &q),
               0xC0000018, "Wine: STATUS_NOT_MAPPED_VIEW");
    STATUS("bad protection", allocate_at(NULL, 0, 0x1000, MEM_COMMIT, PAGE_WRITECOPY, &q));
    STATUS("placeholder", allocate_at(NULL, 0, 0x1000, MEM_RESERVE | 0x40000, PAGE_NOACCESS, &q));
    STATUS("size 0", allocate_at(NULL, 0, 0, MEM_RESERVE, PAGE_READWRITE, &q));
    size = 0x1000;
    STATUS("no base pointer", allocate(SELF, NULL, 0, &size, MEM_RESERVE, PAGE_READWRITE));
    q = NULL;
    STATUS("no size pointer", allocate(SELF, &q, 0, NULL, MEM_RESERVE, PAGE_READWRITE));
    STATUS("no process", allocate(NULL, &q, 0, &size, MEM_RESERVE, PAGE_READWRITE));
    for (bits = 1; bits <= 6; bits += 5) {
        STATUS("zero bits", allocate_at(NULL, bits, 0x1000, MEM_RESERVE, PAGE_READWRITE, &q));
        RESULT("below", (ULONG_PTR)q >> (32 - bits));
        free_at(q, 0, MEM_RELEASE, q);
    }
    STATUS("zero bits as a mask", allocate_at(NULL, 0x1AAAAAAA, 0x1000, MEM_RESERVE, PAGE_READWRITE, &q));
    RESULT("below", (ULONG_PTR)q >> 29);
    free_at(q, 0, MEM_RELEASE, q);
    STATUS("22 zero bits", allocate_at(NULL, 22, 0x1000, MEM_RESERVE, PAGE_READWRITE, &q));
    STATUS("31 zero bits", allocate_at(NULL, 31, 0x1000, MEM_RESERVE, PAGE_READWRITE, &q));

    q = (char *)p + 0x1004;
    size = 2;
    STATUS("protect", protect(SELF, &q, &size, PAGE_READWRITE, &old));
    printf("  offset 0x%llx, size 0x%llx, old %s\n", (unsigned long long)((char *)q - (char *)p),
           (unsigned long long)size, protection_name(old));
    STATUS("nowhere for the old one", protect(SELF, &q, &size, PAGE_READONLY, NULL));
    q = p;
    size = 0x1000;
    STATUS("not committed", protect(SELF, &q, &size, PAGE_READONLY, &old));
    DOCUMENTED("bad protection", (unsigned)protect(SELF, &q, &size, 0, &old), 0xC0000045,
               "Wine looks at the pages first");

    STATUS("basic information", query(SELF, p, 0, &basic, sizeof basic, &size));
    RESULT("length", size);
    STATUS("a short buffer", query(SELF, p, 0, &basic, sizeof basic - 1, NULL));
    STATUS("no buffer", query(SELF, p, 0, NULL, sizeof basic, NULL));
    STATUS("above the addresses", query(SELF, (void *)0x7FFFFFFF0000, 0, &basic, sizeof basic, NULL));
    memset(&region, 0xCC, sizeof region);
    STATUS("region information", query(SELF, (char *)p + 0x1000, 3, &region, 0x18, NULL));
    printf("  offset 0x%llx, %s\n", (unsigned long long)((char *)region.base - (char *)p),
           protection_name(region.protection));
    DOCUMENTED("private", region.type, 1, "Wine: 0");
    DOCUMENTED("size of the region", region.size, 0x2000, "Wine: from the page on");
    STATUS("a short region buffer", query(SELF, p, 3, &region, 0x10, NULL));

    STATUS("decommit", free_at((char *)p + 0x1FFF, 1, MEM_DECOMMIT, p));
    STATUS("not at the base", free_at((char *)p + 0x1000, 0, MEM_RELEASE, p));
    DOCUMENTED("no release type", (unsigned)free_at(p, 0, MEM_RELEASE | MEM_DECOMMIT, p) >> 28, 0xC, "");
    STATUS("release", free_at((char *)p + 0xFFF, 0, MEM_RELEASE, p));
    DOCUMENTED("release again", (unsigned)free_at(p, 0, MEM_RELEASE, p), 0xC00000A0,
               "Wine: STATUS_INVALID_PARAMETER");
}

static void name_it(Attributes *attributes, Name *name, WCHAR *text, ULONG flags)
{
    name->length = name->maximum = (USHORT)(lstrlenW(text) * sizeof(WCHAR));
    name->text = text;
    memset(attributes, 0, sizeof *attributes);
    attributes->length = sizeof *attributes;
    attributes->name = name;
    attributes->attributes = flags;
}

static void sections(void)
{
    static WCHAR path[] = L"\\Sessions\\1\\BaseNamedObjects\\winpages conformance nt";
    static WCHAR relative[] = L"winpages conformance nt";
    static WCHAR trailing[] = L"\\Sessions\\1\\BaseNamedObjects\\x\\";
    static WCHAR doubled[] = L"\\Sessions\\1\\BaseNamedObjects\\\\x";
    static WCHAR missing[] = L"\\Sessions\\1\\BaseNamedObjects\\winpages no such section";
    static WCHAR lost[] = L"\\No such directory\\x";
    HANDLE section, again;
    Attributes attributes;
    Name name;
    LONGLONG size = 0x12345, offset = 0;
    SIZE_T view = 0, length;
    SectionInformation information;
    void *p = NULL, *q;
    LONG status;

    name_it(&attributes, &name, path, 0);
    STATUS("create", create_section(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    STATUS("create again", create_section(&again, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    RESULT("no handle", (ULONG_PTR)again);
    attributes.attributes = 0x80;
    STATUS("create or open", create_section(&again, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    STATUS("close", close_handle(again));
    attributes.attributes = 0;
    STATUS("open", open_section(&again, SECTION_MAP_READ, &attributes));
    STATUS("query without the right", query_section(again, 0, &information, sizeof information, NULL));
    STATUS("close", close_handle(again));
    STATUS("close again", close_handle(again));
    again = OpenFileMappingW(FILE_MAP_READ, FALSE, L"winpages conformance nt");
    RESULT("kernel32 finds it", again != NULL);
    CloseHandle(again);
    name_it(&attributes, &name, missing, 0);
    STATUS("open what is not there", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, lost, 0);
    STATUS("in a directory that is not there", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, relative, 0);
    STATUS("a relative name", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, trailing, 0);
    STATUS("a backslash at the end", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, doubled, 0);
    STATUS("a doubled backslash", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, path, 0);
    name.length--;
    STATUS("an odd length", open_section(&again, SECTION_MAP_READ, &attributes));
    name_it(&attributes, &name, path, 0);
    attributes.length = 8;
    STATUS("a wrong structure", open_section(&again, SECTION_MAP_READ, &attributes));
    STATUS("no attributes", open_section(&again, SECTION_MAP_READ, NULL));

    STATUS("query", query_section(section, 0, &information, sizeof information, &length));
    printf("  base %s, attributes %x, size 0x%llx, length 0x%llx\n", information.base ? "set" : "NULL",
           (unsigned)information.attributes, (unsigned long long)information.size, (unsigned long long)length);
    STATUS("a short buffer", query_section(section, 0, &information, sizeof information - 1, NULL));
    STATUS("image information", query_section(section, 1, &(char[128]){ 0 }, 128, NULL));

    STATUS("map", map(section, SELF, &p, 0, 0, NULL, &view, 1, 0, PAGE_READWRITE));
    RESULT("size of the view", view);
    memcpy(p, "shared", 7);
    q = NULL;
    view = 0x1234;
    offset = 0x10000;
    STATUS("map a part", map(section, SELF, &q, 0, 0, &offset, &view, 2, 0, PAGE_READONLY));
    RESULT("size of the view", view);
    STATUS("the same view", same_files(p, (char *)p + 0x1000));
    STATUS("another view", same_files(p, q));
    STATUS("no view", same_files(p, NULL));
    STATUS("unmap", unmap(SELF, (char *)q + 0x1001));
    STATUS("unmap again", unmap(SELF, q));

    q = NULL, view = 0, offset = 0x1000;
    STATUS("an odd offset", map(section, SELF, &q, 0, 0, &offset, &view, 1, 0, PAGE_READONLY));
    q = (void *)0x12345000, view = 0;
    STATUS("an odd address", map(section, SELF, &q, 0, 0, NULL, &view, 1, 0, PAGE_READONLY));
    q = p, view = 0;
    STATUS("an address in use", map(section, SELF, &q, 0, 0, NULL, &view, 1, 0, PAGE_READONLY));
    q = NULL, view = 0x100000;
    STATUS("more than there is", map(section, SELF, &q, 0, 0, NULL, &view, 1, 0, PAGE_READONLY));
    q = NULL, view = 0;
    DOCUMENTED("more than the section allows", map(section, SELF, &q, 0, 0, NULL, &view, 1, 0, PAGE_EXECUTE_READ) < 0, 1,
               "Wine maps it");
    if (on_wine())
        unmap(SELF, q);
    q = NULL, view = 0;
    STATUS("22 zero bits", map(section, SELF, &q, 22, 0, NULL, &view, 1, 0, PAGE_READONLY));
    q = NULL, view = 0;
    status = map(section, SELF, &q, 4, 0, NULL, &view, 1, 0, PAGE_READONLY);
    STATUS("4 zero bits", status);
    RESULT("below", (ULONG_PTR)q >> 28);
    unmap(SELF, q);
    STATUS("no section", map(NULL, SELF, &q, 0, 0, NULL, &view, 1, 0, PAGE_READONLY));

    STATUS("close", close_handle(section));
    RESULT("the view stays", strcmp(p, "shared") == 0);
    STATUS("unmap", unmap(SELF, p));
    size = 0x1000;
    STATUS("a wrong protection", create_section(&section, SECTION_ALL_ACCESS, NULL, &size, 0x1234, SEC_COMMIT, NULL));
    STATUS("no handle pointer", create_section(NULL, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
}

/* A view that is longer than its file, which grows as pages are committed: what databases do. */
static void growing_file(void)
{
    char name[MAX_PATH];
    HANDLE file, section;
    SIZE_T view = 0x100000;
    char *p = NULL;
    DWORD moved;

    strcpy(name, temporary_file_of(0x2000));
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    STATUS("section of a file", create_section(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_RESERVE, file));
    if (on_wine()) {
        /* Wine knows no views longer than their sections. */
        printf("growing: as documented\n");
    } else {
        LONG status = map(section, SELF, (void **)&p, 0, 0, NULL, &view, 2, MEM_RESERVE, PAGE_READWRITE);
        int good = status == 0 && view == 0x100000;

        good = good && VirtualAlloc(p + 0x2000, 0x3000, MEM_COMMIT, PAGE_READWRITE) == p + 0x2000;
        good = good && GetFileSize(file, NULL) == 0x5000;
        if (good)
            p[0x4FFF] = 'x';
        SetFilePointer(file, 0x4FFF, NULL, FILE_BEGIN);
        good = good && ReadFile(file, name + MAX_PATH - 1, 1, &moved, NULL) && name[MAX_PATH - 1] == 'x';
        good = good && VirtualAlloc(p + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE) != NULL;
        printf(good ? "growing: as documented\n" : "growing: NOT as documented: %08x\n", (unsigned)status);
        unmap(SELF, p);
    }
    close_handle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

int main(void)
{
    find(&allocate, "NtAllocateVirtualMemory");
    find(&release, "NtFreeVirtualMemory");
    find(&protect, "NtProtectVirtualMemory");
    find(&query, "NtQueryVirtualMemory");
    find(&create_section, "NtCreateSection");
    find(&open_section, "NtOpenSection");
    find(&map, "NtMapViewOfSection");
    find(&unmap, "NtUnmapViewOfSection");
    find(&query_section, "NtQuerySection");
    find(&same_files, "NtAreMappedFilesTheSame");
    find(&close_handle, "ZwClose");
    RESULT("NtClose is ZwClose", GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtClose") == (FARPROC)close_handle);
    private_memory();
    sections();
    growing_file();
    return 0;
}
