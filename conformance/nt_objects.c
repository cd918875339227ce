/* ntdll's calls on handles and objects: NtDuplicateObject, NtQueryObject, NtSetInformationObject. */

#include "conformance.h"

typedef struct {
    USHORT length, maximum;
    WCHAR *text;
} Name;

typedef struct {
    ULONG attributes, access, handles, pointers, reserved[8];
    LONGLONG created;
} BasicInformation;

typedef struct {
    Name name;
    ULONG objects, handles, usage[10], invalid_attributes, read, write, execute, all, valid;
    UCHAR bytes[4];
    ULONG pool, charges[2];
} TypeInformation;

static LONG(WINAPI *duplicate)(HANDLE, HANDLE, HANDLE, HANDLE *, ULONG, ULONG, ULONG);
static LONG(WINAPI *query)(HANDLE, int, void *, ULONG, ULONG *);
static LONG(WINAPI *set)(HANDLE, int, void *, ULONG);
static LONG(WINAPI *compare)(HANDLE, HANDLE);
static LONG(WINAPI *close_handle)(HANDLE);

#define SELF ((HANDLE)(LONG_PTR)-1)
#define STATUS(label, ...) printf("%s: %08x\n", label, (unsigned)(__VA_ARGS__))
#define OBJ_INHERIT 2

static void find(void *place, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);

    printf("%s: %s\n", name, found ? "found" : "missing");
    memcpy(place, &found, sizeof found);
}

static void print_name(const char *label, const Name *name)
{
    printf("%s: \"", label);
    for (unsigned i = 0; i < name->length / 2u; i++)
        putchar(name->text[i] < 128 ? (char)name->text[i] : '?');
    printf("\", NUL behind it: %d\n", name->text && name->maximum == name->length + 2 && !name->text[name->length / 2]);
}

static void basic(HANDLE handle)
{
    BasicInformation information;
    ULONG length = 0;
    memset(&information, 0x55, sizeof information);
    STATUS("  basic", query(handle, 0, &information, sizeof information, &length));
    printf("  length %u, access %08x, handles %u\n", (unsigned)length, (unsigned)information.access,
           (unsigned)information.handles);
}

static void name_of(HANDLE handle)
{
    char buffer[512];
    ULONG length = 0;
    memset(buffer, 0x55, sizeof buffer);
    STATUS("  name", query(handle, 1, buffer, sizeof buffer, &length));
    printf("  length %u\n", (unsigned)length);
    if (((Name *)buffer)->length)
        print_name("  name", (Name *)buffer);
    else
        printf("  no name, %d, %d\n", ((Name *)buffer)->maximum, ((Name *)buffer)->text == NULL);
}

static void type_of(HANDLE handle)
{
    char buffer[512];
    ULONG length = 0;
    TypeInformation *type = (TypeInformation *)buffer;
    memset(buffer, 0x55, sizeof buffer);
    STATUS("  type", query(handle, 2, buffer, sizeof buffer, &length));
    print_name("  type", &type->name);
}

static void flags_of(HANDLE handle)
{
    UCHAR flags[4] = { 9, 9, 9, 9 };
    ULONG length = 0;
    STATUS("  flags", query(handle, 4, flags, 2, &length));
    printf("  %d %d %d\n", flags[0], flags[1], flags[2]);
}

int main(void)
{
    find(&duplicate, "NtDuplicateObject");
    find(&query, "NtQueryObject");
    find(&set, "NtSetInformationObject");
    find(&compare, "NtCompareObjects");
    find(&close_handle, "NtClose");

    HANDLE unnamed = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    HANDLE local = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 0x1000, "nt objects");
    HANDLE global = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, 0x1000, "Global\\nt objects");
    const char *path = temporary_file_of(10);
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE token = NULL;
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    HANDLE b = NULL;

    puts("an unnamed section");
    basic(unnamed);
    name_of(unnamed);
    type_of(unnamed);
    flags_of(unnamed);
    puts("a local section");
    basic(local);
    name_of(local);
    puts("a global section");
    basic(global);
    name_of(global);
    puts("a file");
    type_of(file);
    flags_of(file);
    puts("a token");
    type_of(token);
    name_of(token);

    puts("two handles");
    STATUS("duplicate", duplicate(SELF, unnamed, SELF, &b, SECTION_MAP_READ, OBJ_INHERIT, 0));
    basic(unnamed);
    basic(b);
    flags_of(b);
    STATUS("compare", compare(unnamed, b));
    STATUS("compare", compare(unnamed, local));
    STATUS("compare", compare(unnamed, NULL));
    puts("handle attributes");
    HANDLE c = NULL;
    STATUS("same attributes", duplicate(SELF, b, SELF, &c, 0, 0, 2 | 4));
    UCHAR flags[2] = { 0, 0 };
    query(c, 4, flags, 2, NULL);
    DOCUMENTED("the same flags", flags[0], 1, "Wine forgets that the source is inheritable");
    basic(c);
    STATUS("close", close_handle(c));
    STATUS("other attributes", duplicate(SELF, b, SELF, &c, 0, 0, 2));
    flags_of(c);
    STATUS("close", close_handle(c));

    flags[0] = 0, flags[1] = 1;
    STATUS("protect", set(b, 4, flags, 2));
    flags_of(b);
    STATUS("close", close_handle(b));
    flags[1] = 0;
    STATUS("unprotect", set(b, 4, flags, 2));
    flags_of(b);
    DOCUMENTED("another class", (ULONG)set(b, 3, flags, 2), 0xC0000003, "Wine does not implement it");
    DOCUMENTED("too short", (ULONG)set(b, 4, flags, 1), 0xC0000004, "Wine answers STATUS_INVALID_BUFFER_SIZE");
    STATUS("no handle", set(NULL, 4, flags, 2));
    STATUS("close", close_handle(b));
    STATUS("closed", set(b, 4, flags, 2));

    puts("rights that there are not");
    static const ULONG bits[] = { 0x100, 0x8000, 0x200000, 0x1000000, 0x4000000, 0xFFFFFFFF };
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        b = (HANDLE)0x1234;
        LONG status = duplicate(SELF, unnamed, SELF, &b, bits[i], 0, 0);
        DOCUMENTED("a right", status == (LONG)0xC0000022 && b == NULL, 1, "Wine takes what it does not know");
        if (status >= 0)
            close_handle(b);
    }

    puts("buffers");
    char buffer[512];
    ULONG length;
    static const ULONG sizes[] = { 0, 1, 8, 15, 16, 17, 40, 55 };
    for (int class = 0; class <= 2; class++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            length = 77;
            printf("class %d, %u bytes", class, (unsigned)sizes[i]);
            STATUS("", query(local, class, buffer, sizes[i], &length));
            if (class == 1)
                printf("  length %u\n", (unsigned)length);
        }
    }
    DOCUMENTED("flags need two bytes", (ULONG)query(local, 4, buffer, 1, NULL), 0xC0000004,
               "Wine answers STATUS_INVALID_BUFFER_SIZE");
    DOCUMENTED("no class", (ULONG)query(local, 99, buffer, sizeof buffer, NULL), 0xC0000003, "Wine does not implement it");
    STATUS("no length wanted", query(local, 0, buffer, sizeof(BasicInformation), NULL));
    STATUS("no handle", query(NULL, 0, buffer, sizeof(BasicInformation), NULL));
    STATUS("no handle", query(NULL, 1, buffer, sizeof buffer, NULL));
    STATUS("no handle", query((HANDLE)0xDEADBEEC, 2, buffer, sizeof buffer, NULL));
    STATUS("no buffer", query(local, 0, NULL, sizeof(BasicInformation), NULL));

    CloseHandle(token);
    CloseHandle(file);
    CloseHandle(global);
    CloseHandle(local);
    CloseHandle(unnamed);
    return 0;
}
