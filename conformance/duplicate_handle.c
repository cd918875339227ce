/* DuplicateHandle within a process, CompareObjectHandles, handle flags, and the rights of each handle. */

#include "conformance.h"

/* Loaded by name: mingw's import library for kernel32 does not have it. */
static BOOL(WINAPI *compare)(HANDLE, HANDLE);

static HANDLE section(DWORD protection, const char *name)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protection, 0, 0x1000, name);
}

static HANDLE duplicate(HANDLE source, DWORD access, BOOL inherit, DWORD options)
{
    HANDLE target = (HANDLE)0x1234;
    CALL("  DuplicateHandle",
         DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &target, access, inherit, options));
    return target;
}

static void flags(HANDLE handle)
{
    DWORD flags = 99;
    CALL("  GetHandleInformation", GetHandleInformation(handle, &flags));
    RESULT("  flags", flags);
}

static void views(HANDLE handle)
{
    static const struct {
        const char *name;
        DWORD access;
    } kinds[] = { { "  read", FILE_MAP_READ }, { "  write", FILE_MAP_WRITE }, { "  copy", FILE_MAP_COPY } };
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        void *view = NULL;
        CALL(kinds[i].name, view = MapViewOfFile(handle, kinds[i].access, 0, 0, 0));
        if (view)
            UnmapViewOfFile(view);
    }
    DOCUMENTED_CALL("Wine executes a section that is not executable", 0, ERROR_ACCESS_DENIED,
                    MapViewOfFile(handle, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0));
}

int main(void)
{
    compare = (BOOL(WINAPI *)(HANDLE, HANDLE))(void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    HANDLE process = GetCurrentProcess();
    HANDLE a = section(PAGE_READWRITE, NULL), b, c;

    puts("same access");
    b = duplicate(a, 0, FALSE, DUPLICATE_SAME_ACCESS);
    RESULT("  another value", a != b);
    CALL("  one object", compare(a, b));
    flags(b);
    views(b);
    puts("closed through one handle, open through the other");
    CALL("  close", CloseHandle(a));
    views(b);
    a = b;

    puts("inheritable");
    b = duplicate(a, 0, TRUE, DUPLICATE_SAME_ACCESS);
    flags(b);
    puts("not inheritable again");
    c = duplicate(b, 0, FALSE, DUPLICATE_SAME_ACCESS);
    flags(c);
    CloseHandle(b);
    CloseHandle(c);

    static const struct {
        const char *label;
        DWORD access;
    } rights[] = { { "read", FILE_MAP_READ }, { "write", FILE_MAP_WRITE }, { "nothing", 0 }, { "query", SECTION_QUERY },
                   { "generic read", GENERIC_READ }, { "generic write", GENERIC_WRITE }, { "all access", SECTION_ALL_ACCESS },
                   { "maximum allowed", MAXIMUM_ALLOWED }, { "standard rights", STANDARD_RIGHTS_REQUIRED } };
    for (unsigned i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        puts(rights[i].label);
        b = duplicate(a, rights[i].access, FALSE, 0);
        if (b)
            views(b);
        CloseHandle(b);
    }

    puts("more than the source has");
    b = duplicate(a, FILE_MAP_READ, FALSE, 0);
    c = duplicate(b, FILE_MAP_READ | FILE_MAP_WRITE, FALSE, 0);
    views(c);
    CloseHandle(c);
    c = duplicate(b, 0, FALSE, DUPLICATE_SAME_ACCESS);
    views(c);
    CloseHandle(c);
    CloseHandle(b);

    puts("closing the source");
    b = duplicate(a, 0, TRUE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    RESULT("  the same value", a == b);
    flags(b);
    a = duplicate(b, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    flags(a);
    puts("closing the source, with other rights");
    b = duplicate(a, FILE_MAP_READ, FALSE, DUPLICATE_CLOSE_SOURCE);
    views(b);
    CloseHandle(b);
    CALL("  the source is gone", CloseHandle(a));
    a = section(PAGE_READWRITE, NULL);

    puts("nowhere to put it");
    CALL("  target pointer NULL", DuplicateHandle(process, a, process, NULL, 0, FALSE, DUPLICATE_SAME_ACCESS));
    b = section(PAGE_READONLY, NULL);
    CALL("  and closing the source", DuplicateHandle(process, b, process, NULL, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));

    puts("bad sources");
    static const ULONG_PTR bad[] = { 0, 3, 0xDEADBEEC, 0x7FFFFFFC, 0x100000004 };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        RESULT("handle", bad[i]);
        b = duplicate((HANDLE)bad[i], 0, FALSE, DUPLICATE_SAME_ACCESS);
        RESULT("  left in the target", (ULONG_PTR)b);
        duplicate((HANDLE)bad[i], 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    }

    puts("bad processes");
    b = (HANDLE)0x1234;
    TRY(DuplicateHandle(NULL, a, process, &b, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(process, a, NULL, &b, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(a, a, process, &b, 0, FALSE, DUPLICATE_SAME_ACCESS));
    TRY(DuplicateHandle(process, a, a, &b, 0, FALSE, DUPLICATE_SAME_ACCESS));
    puts("the source is closed whatever else happens");
    DOCUMENTED_CALL("Wine closes it and fails, for want of a target", 1, UNCHANGED,
                    DuplicateHandle(process, a, NULL, &b, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    TRY(CloseHandle(a));
    a = section(PAGE_READWRITE, NULL);

    puts("protected from being closed");
    TRY(SetHandleInformation(a, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    flags(a);
    TRY(CloseHandle(a));
    b = duplicate(a, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    RESULT("  another value", a != b);
    flags(a);
    flags(b);
    views(a);
    TRY(CloseHandle(b));
    b = duplicate(a, 0, FALSE, DUPLICATE_SAME_ACCESS);
    flags(b);
    TRY(CloseHandle(b));
    TRY(SetHandleInformation(a, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    flags(a);
    TRY(SetHandleInformation(a, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    flags(a);
    TRY(SetHandleInformation(a, 0, 3));
    flags(a);
    TRY(CloseHandle(a));
    TRY(GetHandleInformation(a, (DWORD *)&c));
    TRY(SetHandleInformation(a, 1, 1));
    TRY(SetHandleInformation(NULL, 1, 1));
    TRY(SetHandleInformation(process, 1, 1));

    puts("one object or two");
    a = section(PAGE_READWRITE, "compared");
    b = section(PAGE_READONLY, "compared");
    c = section(PAGE_READWRITE, "another");
    TRY(compare(a, a));
    CALL("one name", compare(a, b));
    CALL("two names", compare(a, c));
    CloseHandle(b);
    b = OpenFileMappingA(FILE_MAP_READ, FALSE, "compared");
    CALL("opened", compare(b, a));
    CALL("a wrong handle", compare(a, NULL));
    CALL("another wrong handle", compare((HANDLE)0xDEADBEEC, a));
    CloseHandle(b);
    CloseHandle(c);

    puts("a name lives as long as any duplicate");
    b = duplicate(a, 0, FALSE, 0);
    CloseHandle(a);
    CALL("there", a = OpenFileMappingA(FILE_MAP_READ, FALSE, "compared"));
    CloseHandle(a);
    CloseHandle(b);
    CALL("gone", OpenFileMappingA(FILE_MAP_READ, FALSE, "compared"));

    puts("files");
    const char *name = temporary_file_of(0x1000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE other = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                               OPEN_EXISTING, 0, NULL);
    CALL("two openings are two objects", compare(file, other));
    a = duplicate(file, GENERIC_READ, FALSE, 0);
    CALL("a duplicate is one", compare(file, a));
    char bytes[8] = "abcdefg";
    DWORD moved = 0;
    CALL("write", WriteFile(file, bytes, 4, &moved, NULL));
    RESULT("the position is shared", SetFilePointer(a, 0, NULL, FILE_CURRENT));
    CALL("the reader does not write", WriteFile(a, bytes, 4, &moved, NULL));
    CALL("it reads", ReadFile(a, bytes, 4, &moved, NULL));
    RESULT("the position is shared", SetFilePointer(file, 0, NULL, FILE_CURRENT));
    CALL("a section of it", b = CreateFileMappingA(a, NULL, PAGE_READWRITE, 0, 0, NULL));
    DOCUMENTED_CALL("Wine gives a file's handle more rights than it was opened with", 0, ERROR_ACCESS_DENIED,
                    DuplicateHandle(process, other, process, &b, GENERIC_WRITE, FALSE, 0));
    if (b)
        CloseHandle(b);
    b = duplicate(a, 0, FALSE, 0);
    CALL("nothing is allowed", ReadFile(b, bytes, 4, &moved, NULL));
    CloseHandle(b);
    CloseHandle(a);
    CloseHandle(other);
    CALL("the file is there while a handle is", GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES);
    CloseHandle(file);
    CALL("and gone afterwards", GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES);
    return 0;
}
