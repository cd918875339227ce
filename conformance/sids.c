/* Security identifiers: built, copied, compared, written as text and read from it. */

#include "conformance.h"
#include <sddl.h>

static void print(const char *label, PSID sid)
{
    char *text = NULL;
    if (ConvertSidToStringSidA(sid, &text))
        printf("%s: %s, %u bytes, valid %d\n", label, text, (unsigned)GetLengthSid(sid), IsValidSid(sid));
    else
        printf("%s: no text, %s\n", label, error_name(GetLastError()));
    LocalFree(text);
}

static void parse(const char *text)
{
    PSID sid = NULL;
    printf("\"%s\" ", text);
    CALL("is read", ConvertStringSidToSidA(text, &sid));
    if (sid) {
        print("  as", sid);
        LocalFree(sid);
    }
}

int main(void)
{
    SID_IDENTIFIER_AUTHORITY nt = { SECURITY_NT_AUTHORITY }, large = { { 1, 2, 3, 4, 5, 6 } };
    union {
        SID sid;
        BYTE bytes[SECURITY_MAX_SID_SIZE + 16];
    } buffer, other;
    PSID admins = NULL, sid = NULL;

    puts("allocated");
    TRY(AllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &admins));
    print("administrators", admins);
    RESULT("count", *GetSidSubAuthorityCount(admins));
    RESULT("first", *GetSidSubAuthority(admins, 0));
    RESULT("second", *GetSidSubAuthority(admins, 1));
    RESULT("authority", GetSidIdentifierAuthority(admins)->Value[5]);
    TRY(AllocateAndInitializeSid(&large, 8, 1, 2, 3, 4, 5, 6, 7, 8, &sid));
    char *text = NULL;
    DOCUMENTED("an authority of 48 bits", ConvertSidToStringSidA(sid, &text)
               && !strcmp(text, "S-1-0x10203040506-1-2-3-4-5-6-7-8"), 1, "Wine writes none");
    LocalFree(text);
    RESULT("freed", FreeSid(sid) != NULL);
    TRY(AllocateAndInitializeSid(&nt, 0, 0, 0, 0, 0, 0, 0, 0, 0, &sid));
    RESULT("no sub-authorities", GetLengthSid(sid));
    FreeSid(sid);
    TRY(AllocateAndInitializeSid(&nt, 9, 1, 2, 3, 4, 5, 6, 7, 8, &sid));

    puts("initialized");
    memset(&buffer, 0x55, sizeof buffer);
    TRY(InitializeSid(&buffer, &nt, 1));
    *GetSidSubAuthority(&buffer, 0) = SECURITY_LOCAL_SYSTEM_RID;
    print("system", &buffer);
    DOCUMENTED_CALL("Wine takes 8 at most", 1, UNCHANGED, InitializeSid(&buffer, &nt, 15));
    DOCUMENTED("length", GetLengthSid(&buffer), 68, "as above");
    DOCUMENTED_CALL("Wine leaves the last error", 0, ERROR_INVALID_PARAMETER, InitializeSid(&buffer, &nt, 16));
    RESULT("required", GetSidLengthRequired(0));
    RESULT("required", GetSidLengthRequired(3));
    RESULT("required", GetSidLengthRequired(15));

    puts("copied and compared");
    memset(&other, 0x55, sizeof other);
    TRY(CopySid(sizeof other, &other, admins));
    TRY(EqualSid(admins, &other));
    TRY(CopySid(16, &other, admins));
    DOCUMENTED_CALL("Wine leaves the last error", 0, ERROR_INSUFFICIENT_BUFFER, CopySid(15, &other, admins));
    DOCUMENTED_CALL("Wine leaves the last error", 0, ERROR_INSUFFICIENT_BUFFER, CopySid(0, &other, admins));
    *GetSidSubAuthority(&other, 1) = 545;
    TRY(EqualSid(admins, &other));
    TRY(EqualPrefixSid(admins, &other));
    *GetSidSubAuthority(&other, 0) = 33;
    TRY(EqualPrefixSid(admins, &other));

    puts("what is none");
    CopySid(sizeof other, &other, admins);
    CALL("valid", IsValidSid(&other));
    other.sid.Revision = 2;
    CALL("revision 2", IsValidSid(&other));
    CALL("text of it", ConvertSidToStringSidA(&other, (char **)&sid));
    other.sid.Revision = 1;
    other.sid.SubAuthorityCount = 16;
    CALL("16 sub-authorities", IsValidSid(&other));
    CALL("NULL", IsValidSid(NULL));
    CALL("text of NULL", ConvertSidToStringSidA(NULL, (char **)&sid));
    DOCUMENTED_CALL("Wine crashes", 0, ERROR_INVALID_PARAMETER, !on_wine() && ConvertSidToStringSidA(admins, NULL));

    puts("read from text");
    static const char *const texts[] = {
        "S-1-1-0", "S-1-5-32-544", "s-1-5-18", "S-1-5-21-1-2-3-500", "S-1-0x5-0x20-0x220",
        "WD", "BA", "SY", "AU", "IU", "CO", "wd", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15",
    };
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        parse(texts[i]);
    static const char *const wrong[] = { "", "S", "S-", "S-1", "S-1-5", "S-1-5-", "X-1-5-1", "S-1-5-1-", "S-1-5--1", "WDD", "ZZ", "S-2-5-1",
                                         "S-1-5-1 ", "S-1-5-4294967296" };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        DOCUMENTED_CALL("Wine reads what it can", 0, ERROR_INVALID_SID, ConvertStringSidToSidA(wrong[i], &sid));
    static const char *const numbers[] = { "S-1-281474976710655-1", "S-1-0xffffffffffff-1", "S-1-4294967296-1" };
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        DOCUMENTED_CALL("Wine reads 32 bits", 1, UNCHANGED, ConvertStringSidToSidA(numbers[i], &sid));
        if (sid)
            LocalFree(sid);
    }
    TRY(ConvertStringSidToSidA(NULL, &sid));
    TRY(ConvertStringSidToSidA("WD", NULL));
    TRY(ConvertStringSidToSidW(L"S-1-5-11", &sid));
    print("wide", sid);
    WCHAR *wide = NULL;
    TRY(ConvertSidToStringSidW(sid, &wide));
    RESULT("the same text", wcscmp(wide, L"S-1-5-11"));
    LocalFree(wide);
    LocalFree(sid);

    puts("well known");
    PSID domain = NULL;
    ConvertStringSidToSidA("S-1-5-21-11-22-33", &domain);
    for (int kind = 0; kind <= 69; kind++) {
        /* 21 is no identifier that is fixed; of the later ones, Wine has four. */
        if (kind == 21 || (kind > 61 && (kind < 66 || kind > 69)))
            continue;
        DWORD size = sizeof buffer;
        char label[32];
        snprintf(label, sizeof label, "kind %d", kind);
        SetLastError(UNCHANGED);
        if (!CreateWellKnownSid((WELL_KNOWN_SID_TYPE)kind, NULL, &buffer, &size)) {
            printf("%s: %s\n", label, error_name(GetLastError()));
            size = sizeof buffer;
            if (!CreateWellKnownSid((WELL_KNOWN_SID_TYPE)kind, domain, &buffer, &size)) {
                printf("%s: not of a domain either\n", label);
                continue;
            }
        }
        print(label, &buffer);
        printf("  size %u\n", (unsigned)size);
        DOCUMENTED("  known", !!IsWellKnownSid(&buffer, (WELL_KNOWN_SID_TYPE)kind), 1, "Wine knows no domain's");
    }
    DWORD size = 11;
    TRY(CreateWellKnownSid(WinWorldSid, NULL, &buffer, &size));
    RESULT("needed", size);
    size = 0;
    TRY(CreateWellKnownSid(WinWorldSid, NULL, NULL, &size));
    RESULT("needed", size);
    size = sizeof buffer;
    TRY(CreateWellKnownSid((WELL_KNOWN_SID_TYPE)9999, NULL, &buffer, &size));
    RESULT("IsWellKnownSid", IsWellKnownSid(admins, WinBuiltinAdministratorsSid));
    RESULT("IsWellKnownSid", IsWellKnownSid(admins, WinBuiltinUsersSid));
    size = sizeof buffer;
    PSID account = NULL;
    ConvertStringSidToSidA("S-1-5-21-11-22-33-1000", &account);
    RESULT("domain", GetWindowsAccountDomainSid(account, &buffer, &size));
    print("domain", &buffer);
    size = sizeof buffer;
    CALL("of no domain", GetWindowsAccountDomainSid(admins, &buffer, &size));
    LocalFree(account);
    LocalFree(domain);
    FreeSid(admins);
    return 0;
}
