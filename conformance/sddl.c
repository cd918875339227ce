/* Security descriptors as text: SDDL read and written. */

#include "conformance.h"
#include <sddl.h>

#define EVERYTHING (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION)

static void read_and_write(const char *text)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    ULONG size = 0, length = 0;
    char *again = NULL;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    SetLastError(UNCHANGED);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, &size)) {
        printf("\"%s\": %s\n", text, error_name(GetLastError()));
        return;
    }
    GetSecurityDescriptorControl(descriptor, &control, &revision);
    printf("\"%s\": control %04x, valid %d, %s\n", text, control, IsValidSecurityDescriptor(descriptor),
           size == GetSecurityDescriptorLength(descriptor) ? "its length" : "another length");
    if (ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, EVERYTHING, &again, &length))
        printf("  \"%s\", %s\n", again, length == strlen(again) + 1 ? "with its NUL" : "another length");
    else
        printf("  cannot be written: %s\n", error_name(GetLastError()));
    LocalFree(again);
    LocalFree(descriptor);
}

int main(void)
{
    static const char *const texts[] = {
        "O:SY", "G:BA", "O:BAG:SY", "O:S-1-5-21-1-2-3-1000G:S-1-5-21-1-2-3-513", "O:S-1-22-1-1000",
        "D:(A;;GA;;;WD)", "D:(A;;GR;;;WD)", "D:(A;;GW;;;WD)", "D:(A;;GX;;;WD)", "D:(A;;GRGW;;;WD)", "D:(A;;GRGWGX;;;AU)",
        "D:(A;;RC;;;WD)", "D:(A;;SD;;;WD)", "D:(A;;WD;;;WD)", "D:(A;;WO;;;WD)", "D:(A;;CCDCLCSWRPWPDTLOCR;;;SY)",
        "D:(A;;FA;;;SY)", "D:(A;;FR;;;SY)", "D:(A;;FW;;;SY)", "D:(A;;FX;;;SY)", "D:(A;;KA;;;SY)", "D:(A;;KR;;;SY)", "D:(A;;KW;;;SY)",
        "D:(A;;0x1f0003;;;BA)", "D:(A;;0x10000000;;;BA)", "D:(A;;0xf001f;;;BA)", "D:(A;;0x00100000;;;BA)", "D:(A;;0x1;;;BA)",
        "D:(D;;GA;;;AN)(A;;GA;;;WD)", "D:(A;OICI;GA;;;BA)", "D:(A;OICIIO;GA;;;CO)", "D:(A;ID;GR;;;BU)", "D:(A;NP;GR;;;BU)",
        "D:P(A;;GA;;;SY)", "D:AI(A;;GA;;;SY)", "D:AR(A;;GA;;;SY)", "D:PAI(A;;GA;;;SY)", "D:PARAI(A;;GA;;;SY)",
        "D:", "D:P", "O:SYG:SYD:(A;;GA;;;SY)S:(AU;SAFA;GA;;;WD)", "S:(AU;SA;GA;;;WD)",
        "D:(A;;GA;;;IU)(A;;GA;;;NU)(A;;GA;;;PS)(A;;GA;;;BU)(A;;GA;;;BG)(A;;GA;;;PU)(A;;GA;;;LS)(A;;GA;;;NS)(A;;GA;;;CG)",
        "D:(A;;GA;;;S-1-1-0)", "D:(A;;GA;;;S-1-5-32-544)",
        "",
        "O:XX", "D:(A;;ZZ;;;WD)", "D:(A;;GA;;;XX)",
    };
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        read_and_write(texts[i]);

    PSECURITY_DESCRIPTOR descriptor = NULL;
    static const struct {
        const char *text;
        DWORD error;
    } wrong[] = {
        { "X:SY", ERROR_INVALID_PARAMETER }, { "O", ERROR_INVALID_PARAMETER }, { "(A;;GA;;;WD)", ERROR_INVALID_PARAMETER },
        { "D:(A;;GA;;;WD", ERROR_INVALID_ACL }, { "D:(A;;GA;;WD)", ERROR_INVALID_ACL }, { "D:(A;ZZ;GA;;;WD)", ERROR_INVALID_ACL },
        { "D:(A;;G;;;WD)", ERROR_INVALID_ACL }, { "D:(A;;0xg;;;WD)", ERROR_INVALID_ACL }, { "D:(A;;GA;;;)", ERROR_INVALID_ACL }, { "D:(Q;;GA;;;WD)", ERROR_INVALID_ACL },
        { "D:(A;;GA;;;WD)x", ERROR_INVALID_PARAMETER }, { "D:(A;;GA;x;;WD)", ERROR_INVALID_ACL },
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        printf("%s: ", wrong[i].text);
        DOCUMENTED_CALL("Wine reads what it can, or refuses with another code", 0, wrong[i].error,
                        ConvertStringSecurityDescriptorToSecurityDescriptorA(wrong[i].text, SDDL_REVISION_1, &descriptor, NULL));
    }

    puts("arguments");
    ULONG size = 0;
    DOCUMENTED_CALL("Wine leaves the last error", 0, ERROR_INVALID_PARAMETER,
                    ConvertStringSecurityDescriptorToSecurityDescriptorA(NULL, SDDL_REVISION_1, &descriptor, &size));
    TRY(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:SY", SDDL_REVISION_1, NULL, &size));
    TRY(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:SY", 0, &descriptor, &size));
    TRY(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:SY", 2, &descriptor, &size));
    TRY(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:SYG:BAD:P(A;;GA;;;WD)", SDDL_REVISION_1, &descriptor, NULL));
    static const SECURITY_INFORMATION parts[] = { 0, OWNER_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION,
                                                  DACL_SECURITY_INFORMATION, SACL_SECURITY_INFORMATION,
                                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION };
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *text = NULL;
        ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, parts[i], &text, NULL);
        printf("a part: \"%s\"\n", text ? text : "(none)");
        LocalFree(text);
    }
    char *text = NULL;
    TRY(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, 0, EVERYTHING, &text, NULL));
    WCHAR *wide = NULL;
    ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, EVERYTHING, &wide, &size);
    RESULT("the same", wide && !wcscmp(wide, L"O:SYG:BAD:P(A;;GA;;;WD)"));
    LocalFree(wide);
    LocalFree(descriptor);
    TRY(ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;;GA;;;WD)", SDDL_REVISION_1, &descriptor, &size));
    RESULT("size", size);
    LocalFree(descriptor);

    puts("mandatory labels");
    static const char *const labels[] = { "S:(ML;;NW;;;LW)", "S:(ML;;NRNW;;;ME)", "S:AI(ML;CIOI;NX;;;HI)" };
    for (unsigned i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        text = NULL;
        ConvertStringSecurityDescriptorToSecurityDescriptorA(labels[i], SDDL_REVISION_1, &descriptor, NULL);
        ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, LABEL_SECURITY_INFORMATION, &text, NULL);
        DOCUMENTED("a label", text && text[0] == 'S' && strstr(text, "(ML;"), 1, "Wine has no letters for labels");
        LocalFree(text);
        LocalFree(descriptor);
    }

    puts("a descriptor without a list, and with a NULL list");
    SECURITY_DESCRIPTOR absolute;
    InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
    TRY(ConvertSecurityDescriptorToStringSecurityDescriptorA(&absolute, SDDL_REVISION_1, EVERYTHING, &text, NULL));
    printf("\"%s\"\n", text);
    LocalFree(text);
    text = NULL;
    SetSecurityDescriptorDacl(&absolute, TRUE, NULL, FALSE);
    ConvertSecurityDescriptorToStringSecurityDescriptorA(&absolute, SDDL_REVISION_1, EVERYTHING, &text, NULL);
    DOCUMENTED("a NULL list", text && !strcmp(text, "D:NO_ACCESS_CONTROL"), 1, "Wine writes an empty list");
    LocalFree(text);
    return 0;
}
