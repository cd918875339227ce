/* Sections by ntdll: names, rights, sizes, and which argument is looked at first. */

#include "conformance.h"

#include <winternl.h>

typedef NTSTATUS(NTAPI *create_section)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG,
                                        HANDLE);
typedef NTSTATUS(NTAPI *create_section_ex)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG,
                                           HANDLE, void *, ULONG);
typedef NTSTATUS(NTAPI *open_section)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
typedef NTSTATUS(NTAPI *extend_section)(HANDLE, LARGE_INTEGER *);
typedef NTSTATUS(NTAPI *map_section)(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, ULONG,
                                     ULONG, ULONG);
typedef NTSTATUS(NTAPI *unmap_section)(HANDLE, void *);
typedef NTSTATUS(NTAPI *query_section)(HANDLE, ULONG, void *, SIZE_T, SIZE_T *);

struct basic_information {
    void *base;
    ULONG attributes;
    LARGE_INTEGER size;
};

static create_section nt_create;
static create_section_ex nt_create_ex;
static open_section nt_open;
static extend_section nt_extend;
static map_section nt_map;
static unmap_section nt_unmap;
static query_section nt_query;

#define STATUS(label, ...)                                                                         \
    do {                                                                                           \
        printf("%s: 0x%x\n", label, (unsigned)(__VA_ARGS__));                                      \
        fflush(stdout);                                                                            \
    } while (0)

static LARGE_INTEGER bytes(LONGLONG value)
{
    LARGE_INTEGER size;
    size.QuadPart = value;
    return size;
}

static OBJECT_ATTRIBUTES *named(const WCHAR *text, ULONG flags)
{
    static OBJECT_ATTRIBUTES attributes;
    static UNICODE_STRING name;
    name.Buffer = (WCHAR *)text;
    name.Length = (USHORT)(lstrlenW(text) * sizeof *text);
    name.MaximumLength = name.Length + sizeof *text;
    memset(&attributes, 0, sizeof attributes);
    attributes.Length = sizeof attributes;
    attributes.ObjectName = &name;
    attributes.Attributes = flags;
    return &attributes;
}

static void creating(void)
{
    HANDLE section = (HANDLE)1, second;
    LARGE_INTEGER size = bytes(0x1234), nothing = bytes(0), negative = bytes(-1);
    STATUS("memory", nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    struct basic_information info;
    SIZE_T length = 0;
    STATUS("query", nt_query(section, 0, &info, sizeof info, &length));
    RESULT("size", info.size.QuadPart);
    RESULT("attributes", info.attributes);
    RESULT("length", length == sizeof info);
    STATUS("query too little", nt_query(section, 0, &info, sizeof info - 1, NULL));
    STATUS("query an image", nt_query(section, 1, &info, sizeof info, NULL));
    DOCUMENTED("query something else", (unsigned)nt_query(section, 77, &info, sizeof info, NULL), 0xc0000003,
               "Wine says that it has not written that yet");
    LARGE_INTEGER more = bytes(0x10000);
    DOCUMENTED("extend memory", nt_extend ? (unsigned)nt_extend(section, &more) : 1, 0xc0000087, "Wine has none");
    CloseHandle(section);
    STATUS("no size", nt_create(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL));
    STATUS("size 0", nt_create(&section, SECTION_ALL_ACCESS, NULL, &nothing, PAGE_READWRITE, SEC_COMMIT, NULL));
    DOCUMENTED("a negative size",
               (unsigned)nt_create(&section, SECTION_ALL_ACCESS, NULL, &negative, PAGE_READWRITE, SEC_COMMIT, NULL),
               0xc00000f2, "Wine answers that something is wrong, not what");
    STATUS("no access", nt_create(&section, 0, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    if (section)
        CloseHandle(section);
    static const ULONG flags[] = { 0, SEC_COMMIT | SEC_RESERVE, SEC_NOCACHE, SEC_IMAGE, SEC_FILE };
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        char label[32];
        snprintf(label, sizeof label, "flags 0x%x", (unsigned)flags[i]);
        STATUS(label, nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, flags[i], NULL));
    }
    STATUS("protection 0x1234", nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, 0x1234, SEC_COMMIT, NULL));
    DOCUMENTED("NOACCESS",
               (unsigned)nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_NOACCESS, SEC_COMMIT, NULL),
               0xc0000045, "Wine makes one that nobody can use");
    STATUS("a file that is none", nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
                                            (HANDLE)0x1234));

    const WCHAR *name = L"\\BaseNamedObjects\\winpages nt section";
    STATUS("a name", nt_create(&section, SECTION_ALL_ACCESS, named(name, 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    STATUS("the name again", nt_create(&second, SECTION_ALL_ACCESS, named(name, 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    STATUS("with OBJ_OPENIF",
           nt_create(&second, SECTION_ALL_ACCESS, named(name, OBJ_OPENIF), &size, PAGE_READWRITE, SEC_COMMIT, NULL));
    CloseHandle(second);
    STATUS("open", nt_open(&second, SECTION_MAP_READ, named(name, 0)));
    STATUS("query without the right", nt_query(second, 0, &info, sizeof info, NULL));
    CloseHandle(second);
    STATUS("open another", nt_open(&second, SECTION_MAP_READ, named(L"\\BaseNamedObjects\\winpages none", 0)));
    STATUS("open nothing", nt_open(&second, SECTION_MAP_READ, NULL));
    STATUS("open in no directory", nt_open(&second, SECTION_MAP_READ, named(L"\\winpages nowhere\\x", 0)));
    STATUS("open a relative name", nt_open(&second, SECTION_MAP_READ, named(L"winpages relative", 0)));
    CloseHandle(section);
    STATUS("open what is closed", nt_open(&second, SECTION_MAP_READ, named(name, 0)));
    DOCUMENTED("NtCreateSectionEx",
               nt_create_ex ? (unsigned)nt_create_ex(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                                     SEC_COMMIT, NULL, NULL, 0)
                            : 1,
               0, "Wine has none");
    DOCUMENTED("with parameters that are none",
               nt_create_ex ? (unsigned)nt_create_ex(&second, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                                     SEC_COMMIT, NULL, NULL, 1)
                            : 1,
               0xc000000d, "Wine has none");
    if (nt_create_ex)
        CloseHandle(section);
}

static NTSTATUS map(HANDLE section, void **view, ULONG_PTR zero_bits, SIZE_T commit, LONGLONG offset, SIZE_T size,
                    ULONG inherit, ULONG kind, ULONG protection)
{
    LARGE_INTEGER start = bytes(offset);
    NTSTATUS status = nt_map(section, GetCurrentProcess(), view, zero_bits, commit, &start, &size, inherit, kind, protection);
    if (status >= 0)
        nt_unmap(GetCurrentProcess(), *view);
    return status;
}

static void mapping(void)
{
    LARGE_INTEGER size = bytes(0x20000);
    HANDLE section, read_only;
    void *view;
    nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    nt_create(&read_only, SECTION_MAP_READ, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    STATUS("map", (view = NULL, map(section, &view, 0, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    STATUS("ViewUnmap", (view = NULL, map(section, &view, 0, 0, 0, 0, 2, 0, PAGE_READWRITE)));
    STATUS("an odd offset", (view = NULL, map(section, &view, 0, 0, 0x1000, 0, 1, 0, PAGE_READWRITE)));
    DOCUMENTED("an offset at the end",
               (view = NULL, (unsigned)map(section, &view, 0, 0, 0x20000, 0, 1, 0, PAGE_READWRITE)), 0xc000001f,
               "Wine answers that something is wrong, not what");
    STATUS("too much", (view = NULL, map(section, &view, 0, 0, 0, 0x20001, 1, 0, PAGE_READWRITE)));
    STATUS("too much from the middle", (view = NULL, map(section, &view, 0, 0, 0x10000, 0x10001, 1, 0, PAGE_READWRITE)));
    STATUS("an odd address", (view = (void *)0x51231000, map(section, &view, 0, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    STATUS("zero bits 1", (view = NULL, map(section, &view, 1, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    RESULT("below 2 GiB", (ULONG_PTR)view < 0x80000000);
    STATUS("zero bits 22", (view = NULL, map(section, &view, 22, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    STATUS("zero bits 22 and an odd offset", (view = NULL, map(section, &view, 22, 0, 0x1000, 0, 1, 0, PAGE_READWRITE)));
    STATUS("writable without the right", (view = NULL, map(read_only, &view, 0, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    STATUS("and too much", (view = NULL, map(read_only, &view, 0, 0, 0, 0x20001, 1, 0, PAGE_READWRITE)));
    STATUS("and an odd offset", (view = NULL, map(read_only, &view, 0, 0, 0x1000, 0, 1, 0, PAGE_READWRITE)));
    STATUS("a handle that is none", (view = NULL, map((HANDLE)0x1234, &view, 0, 0, 0, 0, 1, 0, PAGE_READWRITE)));
    STATUS("top down", (view = NULL, map(section, &view, 0, 0, 0, 0, 1, MEM_TOP_DOWN, PAGE_READWRITE)));
    view = NULL;
    LARGE_INTEGER start = bytes(0);
    SIZE_T length = 1;
    STATUS("one byte", nt_map(section, GetCurrentProcess(), &view, 0, 0, &start, &length, 1, 0, PAGE_READONLY));
    RESULT("is a page", length);
    STATUS("unmap its middle", nt_unmap(GetCurrentProcess(), (char *)view + 0x123));
    STATUS("unmap it again", nt_unmap(GetCurrentProcess(), view));
    CloseHandle(section);
    CloseHandle(read_only);
}

static void files(void)
{
    char name[MAX_PATH];
    strcpy(name, temporary_file());
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), section;
    LARGE_INTEGER size = bytes(0x1800), more = bytes(0x3001);
    STATUS("an empty file", nt_create(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file));
    STATUS("an empty file as an image", nt_create(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file));
    STATUS("larger than it is", nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READONLY, SEC_COMMIT, file));
    STATUS("and writable", nt_create(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, file));
    RESULT("the file", GetFileSize(file, NULL));
    DOCUMENTED("extend", nt_extend ? (unsigned)nt_extend(section, &more) : 1, 0, "Wine has none");
    DOCUMENTED("the file", GetFileSize(file, NULL), 0x3001, "Wine has no NtExtendSection");
    struct basic_information info;
    nt_query(section, 0, &info, sizeof info, NULL);
    DOCUMENTED("the section", info.size.QuadPart, 0x3001, "Wine has no NtExtendSection");
    RESULT("attributes", info.attributes);
    CloseHandle(section);
    CloseHandle(file);
    DeleteFileA(name);
}

int main(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    nt_create = (create_section)(void *)GetProcAddress(ntdll, "NtCreateSection");
    nt_create_ex = (create_section_ex)(void *)GetProcAddress(ntdll, "NtCreateSectionEx");
    nt_open = (open_section)(void *)GetProcAddress(ntdll, "NtOpenSection");
    nt_extend = (extend_section)(void *)GetProcAddress(ntdll, "NtExtendSection");
    nt_map = (map_section)(void *)GetProcAddress(ntdll, "NtMapViewOfSection");
    nt_unmap = (unmap_section)(void *)GetProcAddress(ntdll, "NtUnmapViewOfSection");
    nt_query = (query_section)(void *)GetProcAddress(ntdll, "NtQuerySection");
    creating();
    mapping();
    files();
    return 0;
}
