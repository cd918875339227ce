/* AccessCheck, MapGenericMask, tokens, accounts that are the same everywhere, and SetEntriesInAcl. */

#include "conformance.h"
#include <aclapi.h>
#include <sddl.h>

static GENERIC_MAPPING mapping = { 0x20001, 0x20002, 0x20004, 0xF0007 };
static HANDLE token;

static void check(const char *text, DWORD desired)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PRIVILEGE_SET privileges;
    DWORD size = sizeof privileges, granted = 0x1ABE;
    BOOL status = 0x1ABE;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL)) {
        printf("%s is no descriptor\n", text);
        return;
    }
    printf("%s for %08x: ", text, (unsigned)desired);
    SetLastError(UNCHANGED);
    BOOL result = AccessCheck(descriptor, token, desired, &mapping, &privileges, &size, &granted, &status);
    DWORD error = GetLastError();
    if (result && status)
        error = UNCHANGED;
    printf("%d, status %x, granted %08x, %s\n", result, (unsigned)status, (unsigned)granted, error_name(error));
    LocalFree(descriptor);
}

static void member(const char *sid_text)
{
    PSID sid = NULL;
    BOOL is_member = 9;
    ConvertStringSidToSidA(sid_text, &sid);
    SetLastError(UNCHANGED);
    BOOL result = CheckTokenMembership(NULL, sid, &is_member);
    printf("member of %s: %d, %d\n", sid_text, result, is_member);
    LocalFree(sid);
}

static void account(const char *sid_text)
{
    PSID sid = NULL;
    char name[64] = "", domain[64] = "";
    WCHAR wide_name[64], wide_domain[64];
    DWORD name_size = 64, domain_size = 64;
    SID_NAME_USE use = (SID_NAME_USE)0;
    ConvertStringSidToSidA(sid_text, &sid);
    BOOL found = LookupAccountSidW(NULL, sid, wide_name, &name_size, wide_domain, &domain_size, &use);
    printf("%s: %s\n", sid_text, found ? "an account" : error_name(GetLastError()));
    if (found) {
        printf("  lengths %u and %u\n", (unsigned)name_size, (unsigned)domain_size);
        name_size = domain_size = 64;
        LookupAccountSidA(NULL, sid, name, &name_size, domain, &domain_size, &use);
        printf("  name \"%s\", domain \"%s\", use %d\n", name, domain, use);
    }
    LocalFree(sid);
}

static void entries(const char *label, PACL old, DWORD access, ACCESS_MODE mode, const char *sid_text)
{
    PSID sid = NULL;
    PACL acl = NULL;
    EXPLICIT_ACCESS_A entry;
    memset(&entry, 0, sizeof entry);
    ConvertStringSidToSidA(sid_text, &sid);
    entry.grfAccessPermissions = access;
    entry.grfAccessMode = mode;
    entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
    entry.Trustee.ptstrName = (char *)sid;
    DWORD error = SetEntriesInAclA(1, &entry, old, &acl);
    printf("%s: %s\n", label, error_name(error));
    if (acl) {
        SECURITY_DESCRIPTOR descriptor;
        char *text = NULL;
        InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
        SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE);
        ConvertSecurityDescriptorToStringSecurityDescriptorA(&descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL);
        printf("  %s\n", text);
        LocalFree(text);
        LocalFree(acl);
    }
    LocalFree(sid);
}

int main(void)
{
    DWORD mask = GENERIC_READ | 0x100;
    MapGenericMask(&mask, &mapping);
    RESULT("read", mask);
    mask = GENERIC_ALL | GENERIC_WRITE;
    MapGenericMask(&mask, &mapping);
    RESULT("all", mask);
    mask = GENERIC_EXECUTE;
    MapGenericMask(&mask, &mapping);
    RESULT("execute", mask);
    RESULT("all granted", AreAllAccessesGranted(7, 3));
    RESULT("not all granted", AreAllAccessesGranted(1, 3));
    RESULT("some granted", AreAnyAccessesGranted(1, 3));

    puts("tokens");
    HANDLE primary = NULL, process = NULL;
    TRY(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &token));
    TRY(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &primary));
    TRY(DuplicateToken(primary, SecurityImpersonation, &token));
    TRY(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process));
    HANDLE refused = NULL;
    TRY(DuplicateToken(process, SecurityImpersonation, &refused));
    DWORD length = 0, number = 99;
    TRY(GetTokenInformation(primary, TokenUser, NULL, 0, &length));
    TRY(GetTokenInformation(primary, TokenGroups, NULL, 0, &length));
    TRY(GetTokenInformation(primary, TokenType, &number, sizeof number, &length));
    RESULT("primary", number);
    TRY(GetTokenInformation(token, TokenType, &number, sizeof number, &length));
    RESULT("for impersonation", number);
    TRY(GetTokenInformation(token, TokenImpersonationLevel, &number, sizeof number, &length));
    RESULT("level", number);
    TRY(GetTokenInformation(primary, TokenImpersonationLevel, &number, sizeof number, &length));
    TRY(GetTokenInformation(primary, TokenType, &number, 3, &length));
    RESULT("needed", length);
    TRY(GetTokenInformation(NULL, TokenUser, NULL, 0, &length));
    static BYTE buffer[4096];
    static const TOKEN_INFORMATION_CLASS with_sids[] = { TokenUser, TokenOwner, TokenPrimaryGroup, TokenIntegrityLevel };
    for (unsigned i = 0; i < sizeof with_sids / sizeof with_sids[0]; i++) {
        CALL("a class with a SID", GetTokenInformation(primary, with_sids[i], buffer, sizeof buffer, &length));
        PSID sid = *(PSID *)buffer;
        printf("  within %d, valid %d\n", (BYTE *)sid > buffer && (BYTE *)sid < buffer + length, IsValidSid(sid));
    }
    TRY(GetTokenInformation(primary, TokenDefaultDacl, buffer, sizeof buffer, &length));
    RESULT("valid", IsValidAcl(((TOKEN_DEFAULT_DACL *)buffer)->DefaultDacl));
    TRY(GetTokenInformation(primary, TokenGroups, buffer, sizeof buffer, &length));
    RESULT("some groups", ((TOKEN_GROUPS *)buffer)->GroupCount > 3);
    TRY(GetTokenInformation(primary, TokenElevation, buffer, sizeof(DWORD), &length));
    TRY(GetTokenInformation(primary, TokenSessionId, buffer, sizeof(DWORD), &length));
    TRY(ImpersonateSelf(SecurityImpersonation));
    HANDLE own = NULL;
    TRY(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &own));
    TRY(GetTokenInformation(own, TokenType, &number, sizeof number, &length));
    RESULT("for impersonation", number);
    CloseHandle(own);
    TRY(RevertToSelf());
    TRY(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &own));

    puts("access");
    check("O:ANG:AND:(A;;0x1;;;WD)", 1);
    check("O:ANG:AND:(A;;0x1;;;WD)", 2);
    check("O:ANG:AND:(A;;0x1;;;WD)", 3);
    check("O:ANG:AND:(A;;0x1;;;WD)(A;;0x2;;;AU)", 3);
    check("O:ANG:AND:(D;;0x2;;;WD)(A;;0x3;;;AU)", 3);
    check("O:ANG:AND:(D;;0x2;;;WD)(A;;0x3;;;AU)", 1);
    check("O:ANG:AND:(A;;0x3;;;AU)(D;;0x2;;;WD)", 3);
    PSECURITY_DESCRIPTOR ordered = NULL;
    PRIVILEGE_SET privileges;
    DWORD size = sizeof privileges, granted = 0;
    BOOL status = FALSE;
    ConvertStringSecurityDescriptorToSecurityDescriptorA("O:ANG:AND:(A;;0x3;;;AU)(D;;0x2;;;WD)", SDDL_REVISION_1, &ordered, NULL);
    AccessCheck(ordered, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size, &granted, &status);
    DOCUMENTED("what is allowed first stays allowed", granted, 3, "Wine takes away what is denied later");
    LocalFree(ordered);
    check("O:ANG:AND:(D;;0x2;;;WD)(A;;0x3;;;AU)", MAXIMUM_ALLOWED);
    check("O:ANG:AND:(A;IO;0x3;;;WD)", 1);
    check("O:ANG:AND:(A;;0x3;;;AN)", 1);
    check("O:ANG:AND:", 1);
    check("O:ANG:AN", 1);
    check("O:ANG:AND:(A;;0x1;;;WD)", GENERIC_READ);
    check("O:AND:(A;;0x1;;;WD)", 1);
    check("D:(A;;0x1;;;WD)", 1);
    check("O:ANG:AND:(A;;0x1;;;WD)", ACCESS_SYSTEM_SECURITY);
    HANDLE impersonation = token;
    token = primary;
    check("O:ANG:AND:(A;;0x1;;;WD)", 1);
    token = NULL;
    check("O:ANG:AND:(A;;0x1;;;WD)", 1);
    CloseHandle(impersonation);
    DuplicateToken(primary, SecurityAnonymous, &token);
    check("O:ANG:AND:(A;;0x1;;;WD)", 1);

    puts("groups");
    member("WD");
    member("AU");
    member("BU");
    member("AN");
    member("S-1-5-21-1-2-3-1000");

    puts("accounts");
    account("S-1-1-0");
    account("S-1-5-18");
    account("S-1-5-11");
    account("S-1-5-4");
    account("S-1-5-19");
    account("S-1-5-32-544");
    account("S-1-5-32-545");
    account("S-1-3-0");
    account("S-1-5-21-1-2-3-1000");
    char name[64], domain[64];
    DWORD name_size = 0, domain_size = 0, sid_size = 0;
    SID_NAME_USE use;
    PSID everyone = NULL, system = NULL;
    ConvertStringSidToSidA("WD", &everyone);
    ConvertStringSidToSidA("SY", &system);
    TRY(LookupAccountSidW(NULL, system, NULL, &name_size, NULL, &domain_size, &use));
    printf("needed %u and %u\n", (unsigned)name_size, (unsigned)domain_size);
    sid_size = domain_size = 0;
    TRY(LookupAccountNameA(NULL, "Everyone", NULL, &sid_size, NULL, &domain_size, &use));
    printf("needed %u and %u\n", (unsigned)sid_size, (unsigned)domain_size);
    sid_size = sizeof buffer;
    domain_size = sizeof domain;
    TRY(LookupAccountNameA(NULL, "Everyone", buffer, &sid_size, domain, &domain_size, &use));
    RESULT("everyone", EqualSid(buffer, everyone));
    RESULT("use", use);
    sid_size = sizeof buffer;
    domain_size = sizeof domain;
    TRY(LookupAccountNameA(NULL, "SYSTEM", buffer, &sid_size, domain, &domain_size, &use));
    RESULT("system", EqualSid(buffer, system));
    printf("\"%s\"\n", domain);
    sid_size = sizeof buffer;
    domain_size = sizeof domain;
    TRY(LookupAccountNameA(NULL, "nobody has this name", buffer, &sid_size, domain, &domain_size, &use));
    (void)name;

    puts("the user has a name, and the name is the user");
    WCHAR wide_name[64], wide_domain[64];
    name_size = domain_size = 64;
    GetTokenInformation(primary, TokenUser, buffer, sizeof buffer, &length);
    PSID user = ((TOKEN_USER *)buffer)->User.Sid;
    RESULT("found", LookupAccountSidW(NULL, user, wide_name, &name_size, wide_domain, &domain_size, &use));
    RESULT("a user", use);
    BYTE again[SECURITY_MAX_SID_SIZE];
    sid_size = sizeof again;
    domain_size = 64;
    RESULT("found", LookupAccountNameW(NULL, wide_name, again, &sid_size, wide_domain, &domain_size, &use));
    RESULT("the same", EqualSid(user, again));

    puts("entries");
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL old = NULL;
    BOOL present, defaulted;
    ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;0x1;;;WD)(A;;0x2;;;BA)", SDDL_REVISION_1, &descriptor, NULL);
    GetSecurityDescriptorDacl(descriptor, &present, &old, &defaulted);
    entries("grant to nobody", NULL, 0x7, GRANT_ACCESS, "SY");
    entries("grant", old, 0x7, GRANT_ACCESS, "SY");
    entries("set", old, 0x7, SET_ACCESS, "BA");
    entries("revoke", old, 0, REVOKE_ACCESS, "BA");
    entries("deny", NULL, 0x7, DENY_ACCESS, "AN");
    PACL none = (PACL)1;
    RESULT("nothing", SetEntriesInAclA(0, NULL, NULL, &none));
    RESULT("no list", none != NULL);
    LocalFree(descriptor);
    LocalFree(system);
    LocalFree(everyone);
    return 0;
}
