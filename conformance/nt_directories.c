/* The object manager's directories, as far as names lie in them. */

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
    Name name, type;
} Entry;

static LONG(WINAPI *open_directory)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *query_directory)(HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *);
static LONG(WINAPI *open_link)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *query_link)(HANDLE, Name *, ULONG *);
static LONG(WINAPI *create_event)(HANDLE *, ULONG, Attributes *, int, BOOLEAN);
static LONG(WINAPI *open_event)(HANDLE *, ULONG, Attributes *);
static LONG(WINAPI *close_handle)(HANDLE);

#define INSENSITIVE 0x40u
#define DIRECTORY_QUERY 1u
#define DIRECTORY_TRAVERSE 2u
#define STATUS(label, ...)                                                                         \
    do {                                                                                           \
        printf("%s: %08x\n", label, (unsigned)(__VA_ARGS__));                                      \
        fflush(stdout);                                                                            \
    } while (0)

static void find(void *place, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);

    if (!found)
        printf("%s: missing\n", name);
    memcpy(place, &found, sizeof found);
}

static Attributes *named(HANDLE root, const WCHAR *text)
{
    static Name name;
    static Attributes attributes;

    name.length = (USHORT)(wcslen(text) * sizeof(WCHAR));
    name.maximum = (USHORT)(name.length + sizeof(WCHAR));
    name.text = (WCHAR *)text;
    memset(&attributes, 0, sizeof attributes);
    attributes.length = sizeof attributes;
    attributes.root = root;
    attributes.name = &name;
    attributes.attributes = INSENSITIVE;
    return &attributes;
}

static void look_for(HANDLE directory, const WCHAR *wanted)
{
    static char buffer[65536];
    ULONG context = 0, length = 0;
    LONG status = query_directory(directory, buffer, sizeof buffer, TRUE, TRUE, &context, &length);

    while (status >= 0) {
        Entry *entry = (Entry *)buffer;
        if (!wcscmp(entry->name.text, wanted))
            printf("%ls is listed, as %ls\n", wanted, entry->type.text);
        status = query_directory(directory, buffer, sizeof buffer, TRUE, FALSE, &context, &length);
    }
    STATUS("the last answer", status);
    STATUS("a small buffer", query_directory(directory, buffer, 8, TRUE, TRUE, &context, &length));
}

int main(void)
{
    HANDLE global, local, event, other, link;
    WCHAR target[100];
    Name text = {0, sizeof target, target};
    ULONG length = 0;

    find(&open_directory, "NtOpenDirectoryObject");
    find(&query_directory, "NtQueryDirectoryObject");
    find(&open_link, "NtOpenSymbolicLinkObject");
    find(&query_link, "NtQuerySymbolicLinkObject");
    find(&create_event, "NtCreateEvent");
    find(&open_event, "NtOpenEvent");
    find(&close_handle, "NtClose");

    STATUS("open", open_directory(&global, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, named(NULL, L"\\BaseNamedObjects")));
    STATUS("open", open_directory(&local, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, named(NULL, L"\\Sessions\\1\\BaseNamedObjects")));
    STATUS("open none", open_directory(&other, DIRECTORY_QUERY, named(NULL, L"\\BaseNamedObjects\\conformance none")));
    STATUS("open below none", open_directory(&other, DIRECTORY_QUERY, named(NULL, L"\\conformance none\\x")));
    STATUS("no path", open_directory(&other, DIRECTORY_QUERY, named(NULL, L"BaseNamedObjects")));
    STATUS("create in one", create_event(&event, EVENT_ALL_ACCESS, named(global, L"conformance directories"), 0, FALSE));
    CALL("open as kernel32 does", (other = OpenEventA(SYNCHRONIZE, FALSE, "Global\\conformance directories")) != NULL);
    CloseHandle(other);
    STATUS("open by path", open_event(&other, SYNCHRONIZE, named(NULL, L"\\BaseNamedObjects\\conformance directories")));
    close_handle(other);
    STATUS("open from the root", open_event(&other, SYNCHRONIZE, named(global, L"\\BaseNamedObjects\\conformance directories")));
    look_for(global, L"conformance directories");
    STATUS("an event is no directory", open_directory(&other, DIRECTORY_QUERY, named(NULL, L"\\BaseNamedObjects\\conformance directories")));
    STATUS("and nothing lies in it", open_event(&other, SYNCHRONIZE, named(event, L"x")));
    close_handle(event);
    event = CreateEventA(NULL, TRUE, FALSE, "conformance local");
    STATUS("open from a directory", open_event(&other, SYNCHRONIZE, named(local, L"conformance local")));
    close_handle(other);
    look_for(local, L"conformance local");
    CloseHandle(event);
    STATUS("open a link", open_link(&link, 1, named(NULL, L"\\Sessions\\1\\BaseNamedObjects\\Global")));
    STATUS("query it", query_link(link, &text, &length));
    printf("%ls\n", target);
    text.maximum = 2;
    STATUS("query it in little room", query_link(link, &text, &length));
    close_handle(link);
    STATUS("a directory is no link", open_link(&link, 1, named(NULL, L"\\BaseNamedObjects")));
    close_handle(global);
    close_handle(local);
    STATUS("closed", query_directory(local, target, sizeof target, TRUE, TRUE, &length, &length));
    return 0;
}
