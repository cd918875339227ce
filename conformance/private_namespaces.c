/*
 * Private namespaces. A program that calls these functions on Wine 8.0 ends there, so they are judged by
 * the documentation, and not called on Wine at all.
 */

#include "conformance.h"

#define WINE "Wine has no private namespaces"

/* Says only what is not as documented. */
static void expect(const char *label, BOOL is, DWORD error, BOOL documented, DWORD documented_error)
{
    if (is != documented || (!documented && error != documented_error))
        printf("%s: NOT as documented: %s, %s\n", label, is ? "yes" : "no", error_name(error));
}

#define DOCUMENTED_TRUE(label, ...)                                                                \
    do {                                                                                           \
        BOOL is_ = (__VA_ARGS__) ? TRUE : FALSE;                                                   \
        expect(label, is_, GetLastError(), TRUE, 0);                                               \
    } while (0)
#define REFUSED(documented_error, ...)                                                             \
    do {                                                                                           \
        BOOL is_ = (__VA_ARGS__) ? TRUE : FALSE;                                                   \
        expect(#__VA_ARGS__, is_, GetLastError(), FALSE, documented_error);                        \
    } while (0)

static HANDLE boundary(const WCHAR *name, BOOL everyone)
{
    SID_IDENTIFIER_AUTHORITY world = {{0, 0, 0, 0, 0, 1}};
    SID sid;
    HANDLE descriptor = CreateBoundaryDescriptorW(name, 0);

    memset(&sid, 0, sizeof sid);
    sid.Revision = 1;
    sid.SubAuthorityCount = 1;
    sid.IdentifierAuthority = world;
    if (descriptor && everyone)
        DOCUMENTED_TRUE("add everyone", AddSIDToBoundaryDescriptor(&descriptor, &sid));
    return descriptor;
}

static void judge(void)
{
    SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};
    HANDLE first = boundary(L"conformance", TRUE), same = boundary(L"conformance", TRUE);
    HANDLE other = boundary(L"conformance", FALSE), strangers = boundary(L"strangers", FALSE);
    HANDLE space, second, mutex, opened;
    SID stranger;

    DOCUMENTED_TRUE("boundary descriptors", first && same && other && strangers);
    DOCUMENTED_TRUE("create", (space = CreatePrivateNamespaceW(NULL, first, L"mine")) != NULL);
    REFUSED(ERROR_ALREADY_EXISTS, CreatePrivateNamespaceW(NULL, same, L"again") != NULL);
    REFUSED(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceW(other, L"other") != NULL);
    DOCUMENTED_TRUE("open", (second = OpenPrivateNamespaceW(same, L"theirs")) != NULL);
    DOCUMENTED_TRUE("create in it", (mutex = CreateMutexW(NULL, FALSE, L"mine\\mutex")) != NULL);
    DOCUMENTED_TRUE("open in it", (opened = OpenMutexW(SYNCHRONIZE, FALSE, L"theirs\\mutex")) != NULL);
    if (opened)
        CloseHandle(opened);
    REFUSED(ERROR_FILE_NOT_FOUND, OpenMutexW(SYNCHRONIZE, FALSE, L"mutex") != NULL);
    REFUSED(ERROR_PATH_NOT_FOUND, OpenMutexW(SYNCHRONIZE, FALSE, L"none\\mutex") != NULL);
    REFUSED(ERROR_INVALID_HANDLE, OpenEventW(SYNCHRONIZE, FALSE, L"theirs\\mutex") != NULL);
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, L"mine\\section");
    DOCUMENTED_TRUE("a section in it", section != NULL);
    if (section)
        CloseHandle(section);
    memset(&stranger, 0, sizeof stranger);
    stranger.Revision = 1;
    stranger.SubAuthorityCount = 1;
    stranger.IdentifierAuthority = nt;
    stranger.SubAuthority[0] = 20;
    if (strangers)
        DOCUMENTED_TRUE("add who is not oneself", AddSIDToBoundaryDescriptor(&strangers, &stranger));
    REFUSED(ERROR_ACCESS_DENIED, CreatePrivateNamespaceW(NULL, strangers, L"strangers") != NULL);
    DOCUMENTED_TRUE("close one", ClosePrivateNamespace(second, 0));
    REFUSED(ERROR_PATH_NOT_FOUND, OpenMutexW(SYNCHRONIZE, FALSE, L"theirs\\mutex") != NULL);
    DOCUMENTED_TRUE("destroy", ClosePrivateNamespace(space, PRIVATE_NAMESPACE_FLAG_DESTROY));
    REFUSED(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceW(same, L"theirs") != NULL);
    DOCUMENTED_TRUE("what is open stays so", mutex && WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    DOCUMENTED_TRUE("create anew", (space = CreatePrivateNamespaceW(NULL, first, L"mine")) != NULL);
    REFUSED(ERROR_FILE_NOT_FOUND, OpenMutexW(SYNCHRONIZE, FALSE, L"mine\\mutex") != NULL);
    DOCUMENTED_TRUE("close", ClosePrivateNamespace(space, 0));
    REFUSED(ERROR_PATH_NOT_FOUND, OpenPrivateNamespaceW(same, L"theirs") != NULL);
}

int main(void)
{
    if (!on_wine())
        judge();
    DOCUMENTED("all of it", 1, 1, WINE);
    return 0;
}
