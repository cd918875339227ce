/* ntdll's counted strings: making them, and one kind of the other. */

#include "conformance.h"

#include <winternl.h>

static VOID(WINAPI *init_wide)(UNICODE_STRING *, const WCHAR *);
static VOID(WINAPI *init_narrow)(STRING *, const char *);
static LONG(WINAPI *to_wide)(UNICODE_STRING *, const STRING *, BOOLEAN);
static LONG(WINAPI *to_narrow)(STRING *, const UNICODE_STRING *, BOOLEAN);
static VOID(WINAPI *free_wide)(UNICODE_STRING *);
static VOID(WINAPI *free_narrow)(STRING *);
static LONG(WINAPI *get_version)(RTL_OSVERSIONINFOW *);

static void find(void *function, const char *name)
{
    *(FARPROC *)function = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    if (!*(FARPROC *)function)
        printf("%s is missing\n", name);
}

static void print_wide(const char *label, const UNICODE_STRING *string)
{
    printf("%s: %u of %u:", label, string->Length, string->MaximumLength);
    for (unsigned i = 0; string->Buffer && string->Length < 64 && i < string->Length / 2u; i++)
        printf(" %x", string->Buffer[i]);
    printf("%s\n", string->Buffer ? "" : " nowhere");
}

static void print_narrow(const char *label, const STRING *string)
{
    printf("%s: %u of %u: %.*s%s\n", label, string->Length, string->MaximumLength,
           string->Buffer && string->Length < 64 ? string->Length : 0, string->Buffer ? string->Buffer : "",
           string->Buffer ? "" : " nowhere");
}

int main(void)
{
    find(&init_wide, "RtlInitUnicodeString");
    find(&init_narrow, "RtlInitAnsiString");
    find(&to_wide, "RtlAnsiStringToUnicodeString");
    find(&to_narrow, "RtlUnicodeStringToAnsiString");
    find(&free_wide, "RtlFreeUnicodeString");
    find(&free_narrow, "RtlFreeAnsiString");
    find(&get_version, "RtlGetVersion");

    static const WCHAR wide_text[] = { 'W', 'i', 'd', 'e', 0 };
    UNICODE_STRING wide;
    STRING narrow;
    init_wide(&wide, wide_text);
    print_wide("wide", &wide);
    RESULT("in its place", wide.Buffer == wide_text);
    init_wide(&wide, NULL);
    print_wide("no wide", &wide);
    init_narrow(&narrow, "Narrow");
    print_narrow("narrow", &narrow);
    init_narrow(&narrow, NULL);
    print_narrow("no narrow", &narrow);

    static WCHAR long_wide[70001];
    static char long_narrow[70001];
    for (int i = 0; i < 70000; i++)
        long_wide[i] = long_narrow[i] = 'x';
    init_wide(&wide, long_wide);
    print_wide("long", &wide);
    init_narrow(&narrow, long_narrow);
    DOCUMENTED("long narrow", narrow.Length, 65534, "forgets what does not fit in 16 bits");
    DOCUMENTED("long narrow's room", narrow.MaximumLength, 65535, "as above");

    init_narrow(&narrow, "Narrow");
    RESULT("to wide", (ULONG)to_wide(&wide, &narrow, TRUE));
    print_wide("to wide", &wide);
    RESULT("a NUL behind it", wide.Buffer[wide.Length / 2]);
    free_wide(&wide);
    print_wide("freed", &wide);
    WCHAR room[16];
    memset(room, 0xCC, sizeof room);
    wide.Buffer = room;
    wide.MaximumLength = 14;
    RESULT("to room", (ULONG)to_wide(&wide, &narrow, FALSE));
    print_wide("to room", &wide);
    RESULT("a NUL behind it", room[6]);
    wide.Length = 0;
    wide.MaximumLength = 13;
    RESULT("to too little", (ULONG)to_wide(&wide, &narrow, FALSE));
    wide.MaximumLength = 12;
    RESULT("to room without NUL", (ULONG)to_wide(&wide, &narrow, FALSE));
    init_narrow(&narrow, "");
    RESULT("nothing", (ULONG)to_wide(&wide, &narrow, TRUE));
    print_wide("nothing", &wide);
    free_wide(&wide);
    narrow = (STRING){ 65534, 65535, long_narrow };
    RESULT("too long", (ULONG)to_wide(&wide, &narrow, TRUE));

    init_wide(&wide, wide_text);
    RESULT("to narrow", (ULONG)to_narrow(&narrow, &wide, TRUE));
    print_narrow("to narrow", &narrow);
    RESULT("a NUL behind it", narrow.Buffer[narrow.Length]);
    free_narrow(&narrow);
    print_narrow("freed", &narrow);
    char narrow_room[16];
    for (USHORT size = 0; size < 7; size++) {
        memset(narrow_room, '#', sizeof narrow_room);
        narrow.Buffer = narrow_room;
        narrow.Length = 77;
        narrow.MaximumLength = size;
        LONG status = to_narrow(&narrow, &wide, FALSE);
        printf("to %u bytes: 0x%08x, length %u: %.6s\n", size, (unsigned)status, narrow.Length, narrow_room);
    }
    free_wide(&(UNICODE_STRING){ 0, 0, NULL });
    free_narrow(&(STRING){ 0, 0, NULL });

    RTL_OSVERSIONINFOW version = { sizeof version, 0, 0, 0, 0, { 0 } };
    RESULT("version", (ULONG)get_version(&version));
    RESULT("a version", version.dwMajorVersion >= 6);
    RESULT("platform", version.dwPlatformId);
    return 0;
}
