/* Access control lists and security descriptors, built in memory; and such as are damaged. */

#include "conformance.h"
#include <sddl.h>

static BYTE memory[1024];

static void show(const char *label, PACL acl)
{
    ACL_SIZE_INFORMATION size = { 9, 9, 9 };
    ACL_REVISION_INFORMATION revision = { 9 };
    GetAclInformation(acl, &size, sizeof size, AclSizeInformation);
    GetAclInformation(acl, &revision, sizeof revision, AclRevisionInformation);
    printf("%s: valid %d, revision %u, %u entries, %u used, %u free\n", label, IsValidAcl(acl),
           (unsigned)revision.AclRevision, (unsigned)size.AceCount, (unsigned)size.AclBytesInUse,
           (unsigned)size.AclBytesFree);
    for (DWORD i = 0; i < size.AceCount; i++) {
        ACCESS_ALLOWED_ACE *ace = NULL;
        char *text = NULL;
        if (!GetAce(acl, i, (void **)&ace))
            continue;
        ConvertSidToStringSidA(&ace->SidStart, &text);
        printf("  at %u: type %d, flags %02x, size %d, mask %08x, %s\n", (unsigned)((BYTE *)ace - (BYTE *)acl),
               ace->Header.AceType, ace->Header.AceFlags, ace->Header.AceSize, (unsigned)ace->Mask, text);
        LocalFree(text);
    }
}

static void control(const char *label, PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL bits = 0;
    DWORD revision = 0;
    GetSecurityDescriptorControl(descriptor, &bits, &revision);
    printf("%s: control %04x, revision %u, length %u, valid %d\n", label, bits, (unsigned)revision,
           (unsigned)GetSecurityDescriptorLength(descriptor), IsValidSecurityDescriptor(descriptor));
}

/* Wine does not come back from an entry of no length. */
static BOOL valid_if_asked(PACL acl)
{
    BOOL skipped = on_wine();
    SetLastError(UNCHANGED);
    return !skipped && IsValidAcl(acl);
}

static void lists(void)
{
    PACL acl = (PACL)memory;
    PSID everyone = NULL, admins = NULL, bad = NULL;
    ConvertStringSidToSidA("WD", &everyone);
    ConvertStringSidToSidA("BA", &admins);
    ConvertStringSidToSidA("BA", &bad);
    *(BYTE *)bad = 7;

    puts("made");
    TRY(InitializeAcl(acl, sizeof memory, ACL_REVISION));
    show("empty", acl);
    TRY(InitializeAcl(acl, 7, ACL_REVISION));
    TRY(InitializeAcl(acl, 8, ACL_REVISION));
    show("smallest", acl);
    TRY(InitializeAcl(acl, 100, ACL_REVISION));
    show("a hundred bytes", acl);
    TRY(InitializeAcl(acl, sizeof memory, 1));
    TRY(InitializeAcl(acl, sizeof memory, 3));
    TRY(InitializeAcl(acl, sizeof memory, 5));
    TRY(InitializeAcl(acl, 0x10000, ACL_REVISION));
    TRY(InitializeAcl(acl, 200, ACL_REVISION));

    puts("filled");
    TRY(AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, everyone));
    TRY(AddAccessDeniedAce(acl, ACL_REVISION, GENERIC_WRITE, admins));
    TRY(AddAccessAllowedAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE, 0x1F0003, admins));
    TRY(AddAccessDeniedAceEx(acl, ACL_REVISION, INHERIT_ONLY_ACE, 1, everyone));
    show("four", acl);
    TRY(AddAccessAllowedAce(acl, ACL_REVISION_DS, 2, everyone));
    show("of a later revision", acl);
    TRY(AddAccessAllowedAce(acl, 5, 2, everyone));
    TRY(AddAccessAllowedAce(acl, ACL_REVISION, 2, bad));
    TRY(AddAccessDeniedAce(acl, ACL_REVISION, 2, bad));
    DOCUMENTED_CALL("Wine takes any flags", 0, ERROR_INVALID_PARAMETER,
                    AddAccessAllowedAceEx(acl, ACL_REVISION, 0xF0, 2, everyone));
    InitializeAcl(acl, 200, ACL_REVISION);
    AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, everyone);
    AddAccessDeniedAce(acl, ACL_REVISION, GENERIC_WRITE, admins);

    puts("full");
    int added = 0;
    while (AddAccessAllowedAce(acl, ACL_REVISION, 4, everyone))
        added++;
    printf("%d more, then %s\n", added, error_name(GetLastError()));
    show("full", acl);

    puts("taken out");
    TRY(DeleteAce(acl, 1));
    TRY(DeleteAce(acl, 0));
    TRY(DeleteAce(acl, 99));
    show("two less", acl);
    void *ace = NULL;
    TRY(GetAce(acl, 0, &ace));
    TRY(GetAce(acl, 99, &ace));
    void *free_place = NULL;
    TRY(FindFirstFreeAce(acl, &free_place));
    RESULT("free place", (BYTE *)free_place - memory);

    puts("entries from another list");
    static BYTE other[200];
    PACL source = (PACL)other;
    InitializeAcl(source, sizeof other, ACL_REVISION);
    AddAccessAllowedAce(source, ACL_REVISION, 0x111, everyone);
    AddAccessDeniedAce(source, ACL_REVISION, 0x222, admins);
    InitializeAcl(acl, 200, ACL_REVISION);
    TRY(AddAce(acl, ACL_REVISION, MAXDWORD, other + sizeof(ACL), 20 + 24));
    show("two at the end", acl);
    TRY(AddAce(acl, ACL_REVISION, MAXDWORD, other + sizeof(ACL), 20));
    show("one more", acl);
    TRY(AddAce(acl, ACL_REVISION, MAXDWORD, other + sizeof(ACL), 0));
    show("as before", acl);
    const char *beyond = "Wine copies what lies behind the list of entries";
    DOCUMENTED_CALL(beyond, 0, ERROR_INVALID_PARAMETER, AddAce(acl, ACL_REVISION, MAXDWORD, other + sizeof(ACL), 19));
    DOCUMENTED_CALL(beyond, 0, ERROR_INVALID_PARAMETER, AddAce(acl, ACL_REVISION, MAXDWORD, other + sizeof(ACL), 3));

    puts("asked");
    ACL_SIZE_INFORMATION size;
    const char *too_short = "Wine answers ERROR_INVALID_PARAMETER for a short buffer";
    DOCUMENTED_CALL(too_short, 0, ERROR_INSUFFICIENT_BUFFER,
                    GetAclInformation(acl, &size, sizeof size - 1, AclSizeInformation));
    DOCUMENTED_CALL(too_short, 0, ERROR_INSUFFICIENT_BUFFER, GetAclInformation(acl, &size, 3, AclRevisionInformation));
    TRY(GetAclInformation(acl, &size, sizeof size, (ACL_INFORMATION_CLASS)3));
    TRY(GetAclInformation(acl, &size, sizeof size, (ACL_INFORMATION_CLASS)0));

    puts("damaged");
    InitializeAcl(acl, 100, ACL_REVISION);
    AddAccessAllowedAce(acl, ACL_REVISION, 1, everyone);
    AddAccessAllowedAce(acl, ACL_REVISION, 1, admins);
    ACL whole = *acl;
    CALL("whole", IsValidAcl(acl));
    acl->AclRevision = 1;
    CALL("revision 1", IsValidAcl(acl));
    acl->AclRevision = 5;
    CALL("revision 5", IsValidAcl(acl));
    *acl = whole;
    acl->AceCount = 3;
    CALL("an entry too many", IsValidAcl(acl));
    acl->AceCount = 0xFFFF;
    CALL("entries without end", IsValidAcl(acl));
    CALL("  an entry more", AddAccessAllowedAce(acl, ACL_REVISION, 1, everyone));
    *acl = whole;
    acl->AclSize = 40;
    CALL("cut short", IsValidAcl(acl));
    acl->AclSize = 4;
    DOCUMENTED_CALL("Wine does not look at the size", 0, UNCHANGED, IsValidAcl(acl));
    *acl = whole;
    CALL("whole again", IsValidAcl(acl));
    ((ACE_HEADER *)(acl + 1))->AceSize = 0;
    DOCUMENTED_CALL("not asked of Wine", 0, UNCHANGED, valid_if_asked(acl));
    ((ACE_HEADER *)(acl + 1))->AceSize = 0x7000;
    CALL("an entry that is too long", IsValidAcl(acl));

    LocalFree(bad);
    LocalFree(admins);
    LocalFree(everyone);
}

static void descriptors(void)
{
    SECURITY_DESCRIPTOR descriptor;
    PSID owner = NULL, group = NULL, sid = NULL;
    PACL acl = (PACL)memory, list = NULL;
    BOOL present = 9, defaulted = 9;
    DWORD size;
    ConvertStringSidToSidA("S-1-5-21-1-2-3-1000", &owner);
    ConvertStringSidToSidA("BU", &group);
    InitializeAcl(acl, 100, ACL_REVISION);
    AddAccessAllowedAce(acl, ACL_REVISION, 1, group);

    puts("absolute");
    memset(&descriptor, 0x55, sizeof descriptor);
    TRY(InitializeSecurityDescriptor(&descriptor, 2));
    TRY(InitializeSecurityDescriptor(&descriptor, 0));
    TRY(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    control("new", &descriptor);
    TRY(GetSecurityDescriptorDacl(&descriptor, &present, &list, &defaulted));
    printf("  present %d\n", present);
    TRY(GetSecurityDescriptorOwner(&descriptor, &sid, &defaulted));
    printf("  owner %d, defaulted %d\n", sid != NULL, defaulted);
    TRY(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    control("a NULL list", &descriptor);
    TRY(GetSecurityDescriptorDacl(&descriptor, &present, &list, &defaulted));
    printf("  present %d, there %d, defaulted %d\n", present, list != NULL, defaulted);
    TRY(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, TRUE));
    control("a list", &descriptor);
    TRY(GetSecurityDescriptorDacl(&descriptor, &present, &list, &defaulted));
    printf("  present %d, ours %d, defaulted %d\n", present, list == acl, defaulted);
    TRY(SetSecurityDescriptorDacl(&descriptor, FALSE, acl, FALSE));
    control("no list", &descriptor);
    TRY(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE));
    TRY(SetSecurityDescriptorOwner(&descriptor, owner, FALSE));
    TRY(SetSecurityDescriptorGroup(&descriptor, group, TRUE));
    control("owner and group", &descriptor);
    TRY(GetSecurityDescriptorOwner(&descriptor, &sid, &defaulted));
    printf("  ours %d, defaulted %d\n", sid == owner, defaulted);
    TRY(GetSecurityDescriptorGroup(&descriptor, &sid, &defaulted));
    printf("  ours %d, defaulted %d\n", sid == group, defaulted);
    TRY(SetSecurityDescriptorSacl(&descriptor, TRUE, NULL, FALSE));
    control("a NULL list of what is audited", &descriptor);
    TRY(GetSecurityDescriptorSacl(&descriptor, &present, &list, &defaulted));
    printf("  present %d, there %d\n", present, list != NULL);
    TRY(SetSecurityDescriptorSacl(&descriptor, FALSE, NULL, FALSE));
    TRY(SetSecurityDescriptorControl(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED));
    control("protected", &descriptor);
    TRY(SetSecurityDescriptorControl(&descriptor, SE_DACL_PROTECTED, 0));
    TRY(SetSecurityDescriptorControl(&descriptor, SE_DACL_PRESENT, 0));
    TRY(SetSecurityDescriptorControl(&descriptor, SE_SELF_RELATIVE, SE_SELF_RELATIVE));
    control("unprotected", &descriptor);

    puts("self-relative");
    static DWORD words[100], pieces[5][100];
    size = 0;
    TRY(MakeSelfRelativeSD(&descriptor, NULL, &size));
    RESULT("needed", size);
    size--;
    TRY(MakeSelfRelativeSD(&descriptor, words, &size));
    RESULT("needed", size);
    size = sizeof words;
    TRY(MakeSelfRelativeSD(&descriptor, words, &size));
    control("self-relative", words);
    TRY(GetSecurityDescriptorOwner(words, &sid, &defaulted));
    printf("  within %d, the same %d\n", (BYTE *)sid > (BYTE *)words && (BYTE *)sid < (BYTE *)(words + 100),
           EqualSid(sid, owner));
    TRY(GetSecurityDescriptorDacl(words, &present, &list, &defaulted));
    show("  list", list);
    DOCUMENTED_CALL("Wine copies it", 0, ERROR_BAD_DESCRIPTOR_FORMAT, MakeSelfRelativeSD(words, pieces, &size));
    TRY(SetSecurityDescriptorDacl(words, TRUE, NULL, FALSE));
    TRY(SetSecurityDescriptorOwner(words, owner, FALSE));

    puts("absolute again");
    DWORD sizes[5] = { 0, 0, 0, 0, 0 };
    TRY(MakeAbsoluteSD(words, pieces[0], &sizes[0], (PACL)pieces[1], &sizes[1], (PACL)pieces[2], &sizes[2], pieces[3],
                       &sizes[3], pieces[4], &sizes[4]));
    for (int i = 0; i < 5; i++)
        RESULT("  needed", sizes[i]);
    TRY(MakeAbsoluteSD(words, pieces[0], &sizes[0], (PACL)pieces[1], &sizes[1], (PACL)pieces[2], &sizes[2], pieces[3],
                       &sizes[3], pieces[4], &sizes[4]));
    control("absolute", pieces[0]);
    TRY(GetSecurityDescriptorDacl(pieces[0], &present, &list, &defaulted));
    show("  list", list);
    DOCUMENTED_CALL("Wine answers ERROR_INVALID_PARAMETER", 0, ERROR_BAD_DESCRIPTOR_FORMAT,
                    MakeAbsoluteSD(&descriptor, pieces[0], &sizes[0], (PACL)pieces[1], &sizes[1], (PACL)pieces[2], &sizes[2],
                       pieces[3], &sizes[3], pieces[4], &sizes[4]));

    puts("damaged");
    SECURITY_DESCRIPTOR whole = descriptor;
    CALL("whole", IsValidSecurityDescriptor(&descriptor));
    descriptor.Revision = 2;
    DOCUMENTED_CALL("Wine answers ERROR_UNKNOWN_REVISION", 0, ERROR_INVALID_SECURITY_DESCR,
                    IsValidSecurityDescriptor(&descriptor));
    CALL("  its list", GetSecurityDescriptorDacl(&descriptor, &present, &list, &defaulted));
    DOCUMENTED_CALL("Wine does not look at the revision", 0, ERROR_UNKNOWN_REVISION,
                    GetSecurityDescriptorOwner(&descriptor, &sid, &defaulted));
    CALL("  a list for it", SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    CALL("  an owner for it", SetSecurityDescriptorOwner(&descriptor, owner, FALSE));
    WORD bits;
    CALL("  its control", GetSecurityDescriptorControl(&descriptor, &bits, &size));
    RESULT("  its revision", size);
    descriptor = whole;
    BYTE revision = *(BYTE *)owner;
    *(BYTE *)owner = 9;
    const char *parts = "Wine does not look at what it leads to";
    DOCUMENTED_CALL(parts, 0, ERROR_INVALID_SECURITY_DESCR, IsValidSecurityDescriptor(&descriptor));
    *(BYTE *)owner = revision;
    acl->AclRevision = 9;
    DOCUMENTED_CALL(parts, 0, ERROR_INVALID_SECURITY_DESCR, IsValidSecurityDescriptor(&descriptor));

    LocalFree(group);
    LocalFree(owner);
}

int main(void)
{
    lists();
    descriptors();
    return 0;
}
