/* Security attributes of objects: what is set is given back, changed, and holds when the name is opened. */

#include "conformance.h"
#include <aclapi.h>
#include <sddl.h>

static SECURITY_ATTRIBUTES attributes_of(const char *text, BOOL inherit)
{
    SECURITY_ATTRIBUTES attributes = { sizeof attributes, NULL, inherit };
    if (text)
        ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL);
    return attributes;
}

static HANDLE section(const char *text, const char *name)
{
    SECURITY_ATTRIBUTES attributes = attributes_of(text, FALSE);
    HANDLE handle = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, name);
    LocalFree(attributes.lpSecurityDescriptor);
    return handle;
}

static void show(const char *label, HANDLE handle)
{
    PACL list = (PACL)1;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char *text = NULL;
    DWORD error = GetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor);
    printf("%s: %s", label, error_name(error));
    if (!error) {
        ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL);
        printf(", list %d, \"%s\"", list != NULL, text);
    }
    puts("");
    LocalFree(text);
    LocalFree(descriptor);
}

static void opens(const char *name)
{
    static const struct {
        const char *label;
        DWORD access;
    } kinds[] = { { "  read", FILE_MAP_READ }, { "  write", FILE_MAP_WRITE }, { "  both", FILE_MAP_READ | FILE_MAP_WRITE },
                  { "  query", SECTION_QUERY }, { "  the descriptor", READ_CONTROL }, { "  the list", WRITE_DAC },
                  { "  everything", SECTION_ALL_ACCESS } };
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        HANDLE handle = NULL;
        CALL(kinds[i].label, handle = OpenFileMappingA(kinds[i].access, FALSE, name));
        if (handle)
            CloseHandle(handle);
    }
}

int main(void)
{
    puts("specific rights");
    HANDLE handle = section("D:(A;;0x4;;;WD)(A;;0x20005;;;AU)", "secured");
    show("as set", handle);
    opens("secured");
    puts("created again");
    CALL("with all that creators get", section(NULL, "secured"));
    void *view = NULL;
    CALL("the first handle may write all the same", view = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0));
    UnmapViewOfFile(view);

    puts("changed");
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL list = NULL;
    BOOL present, defaulted;
    ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(D;;0x2;;;WD)(A;;0xf001f;;;AU)", SDDL_REVISION_1, &descriptor, NULL);
    GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
    RESULT("SetSecurityInfo", SetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, list, NULL));
    show("as changed", handle);
    opens("secured");
    LocalFree(descriptor);
    CALL("everyone", SetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION,
                                             attributes_of("D:(A;;0xf001f;;;WD)", FALSE).lpSecurityDescriptor));
    show("as changed again", handle);
    opens("secured");

    puts("rights of the handle");
    HANDLE reader = OpenFileMappingA(FILE_MAP_READ, FALSE, "secured");
    show("without READ_CONTROL", reader);
    CALL("without WRITE_DAC", SetKernelObjectSecurity(reader, DACL_SECURITY_INFORMATION,
                                                      attributes_of("D:", FALSE).lpSecurityDescriptor));
    CloseHandle(reader);
    reader = OpenFileMappingA(READ_CONTROL, FALSE, "secured");
    show("with READ_CONTROL", reader);
    CloseHandle(reader);

    puts("the calls");
    BYTE buffer[512];
    DWORD needed = 0;
    CALL("no room", GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, NULL, 0, &needed));
    CALL("room", GetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed));
    RESULT("its length", needed == GetSecurityDescriptorLength(buffer));
    CALL("valid", IsValidSecurityDescriptor(buffer));
    SECURITY_DESCRIPTOR_CONTROL control;
    GetSecurityDescriptorControl(buffer, &control, &needed);
    RESULT("self-relative", control & SE_SELF_RELATIVE);
    CALL("no handle", GetKernelObjectSecurity(NULL, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed));
    RESULT("no handle", GetSecurityInfo(NULL, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor));
    PSID owner = NULL, group = NULL;
    RESULT("owner and group", GetSecurityInfo(handle, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION,
                                              &owner, &group, NULL, NULL, &descriptor));
    printf("valid %d, %d\n", IsValidSid(owner), IsValidSid(group));
    LocalFree(descriptor);
    CloseHandle(handle);

    puts("a NULL list");
    SECURITY_DESCRIPTOR absolute;
    InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&absolute, TRUE, NULL, FALSE);
    SECURITY_ATTRIBUTES attributes = { sizeof attributes, &absolute, TRUE };
    handle = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, "everyone's");
    DWORD flags = 9;
    GetHandleInformation(handle, &flags);
    RESULT("inheritable", flags);
    list = (PACL)1;
    RESULT("asked", GetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor));
    RESULT("no list", list == NULL);
    LocalFree(descriptor);
    opens("everyone's");
    CloseHandle(handle);

    puts("an empty list");
    ACL empty;
    InitializeAcl(&empty, sizeof empty, ACL_REVISION);
    SetSecurityDescriptorDacl(&absolute, TRUE, &empty, FALSE);
    handle = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, "nobody's");
    show("asked", handle);
    opens("nobody's");
    CALL("used through the first handle", view = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0));
    UnmapViewOfFile(view);
    CloseHandle(handle);
    CALL("made again", handle = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, "nobody's"));
    CloseHandle(handle);

    puts("a descriptor that says nothing");
    InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
    handle = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, "blank");
    opens("blank");
    CloseHandle(handle);

    puts("without a name");
    handle = section("D:(A;;0x4;;;WD)", NULL);
    show("as set", handle);
    HANDLE duplicate = NULL;
    CALL("less", DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &duplicate, FILE_MAP_READ, FALSE, 0));
    HANDLE more = NULL;
    CALL("more than the handle has, as the list allows",
         DuplicateHandle(GetCurrentProcess(), duplicate, GetCurrentProcess(), &more, READ_CONTROL, FALSE, 0));
    CloseHandle(more);
    DOCUMENTED_CALL("Wine does not look at the list", 0, ERROR_ACCESS_DENIED,
                    DuplicateHandle(GetCurrentProcess(), duplicate, GetCurrentProcess(), &more, FILE_MAP_WRITE, FALSE, 0));
    CloseHandle(duplicate);
    CloseHandle(handle);

    puts("generic rights become the section's");
    handle = section("D:(A;;GA;;;WD)", NULL);
    PSECURITY_DESCRIPTOR mapped = NULL;
    GetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &mapped);
    ACCESS_ALLOWED_ACE *ace = NULL;
    GetAce(list, 0, (void **)&ace);
    DOCUMENTED("rights", ace->Mask, SECTION_ALL_ACCESS, "Wine keeps generic rights");
    LocalFree(mapped);
    CloseHandle(handle);

    puts("an event");
    attributes = attributes_of("D:(A;;0x100000;;;WD)", FALSE);
    handle = CreateEventA(&attributes, TRUE, FALSE, "secured event");
    show("as set", handle);
    CALL("to wait", duplicate = OpenEventA(SYNCHRONIZE, FALSE, "secured event"));
    CALL("  set", SetEvent(duplicate));
    CloseHandle(duplicate);
    CALL("to set", OpenEventA(EVENT_MODIFY_STATE, FALSE, "secured event"));
    CALL("to do everything", OpenEventA(EVENT_ALL_ACCESS, FALSE, "secured event"));
    CALL("created again", CreateEventA(NULL, TRUE, FALSE, "secured event"));
    CloseHandle(handle);

    puts("by name");
    handle = section("D:(A;;0x20004;;;WD)", "named");
    list = NULL;
    DWORD error = GetNamedSecurityInfoA("named", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor);
    ace = NULL;
    if (!error && list)
        GetAce(list, 0, (void **)&ace);
    DOCUMENTED("rights", ace ? ace->Mask : error, 0x20004, "Wine knows names of files only");
    LocalFree(descriptor);
    CloseHandle(handle);
    error = GetNamedSecurityInfoA("named", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor);
    DOCUMENTED("no such name", error, ERROR_FILE_NOT_FOUND, "as above");

    puts("a file");
    const char *path = temporary_file_of(10);
    handle = CreateFileA(path, READ_CONTROL | WRITE_DAC, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    RESULT("asked", GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &list,
                                    NULL, &descriptor));
    printf("valid %d, %d, some entries %d\n", IsValidSid(owner), IsValidAcl(list), list->AceCount > 0);
    RESULT("given back", SetSecurityInfo(handle, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, list, NULL));
    LocalFree(descriptor);
    CloseHandle(handle);
    CALL("opened as before", handle = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
    CloseHandle(handle);
    CALL("by its path", GetFileSecurityA(path, DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed));
    CALL("valid", IsValidSecurityDescriptor(buffer));
    CALL("no such file", GetFileSecurityA("no such file", DACL_SECURITY_INFORMATION, buffer, sizeof buffer, &needed));
    RESULT("by its path", GetNamedSecurityInfoA(path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor));
    LocalFree(descriptor);
    DeleteFileA(path);

    puts("what is no descriptor");
    static BYTE garbage[64];
    memset(garbage, 0x41, sizeof garbage);
    attributes.lpSecurityDescriptor = garbage;
    DOCUMENTED_CALL("Wine takes it for none", 0, ERROR_UNKNOWN_REVISION,
                    CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 0x1000, NULL));
    return 0;
}
