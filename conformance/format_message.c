/* FormatMessage for the codes that the memory and file calls answer. */

#include "conformance.h"

static void text(DWORD code, const char *documented)
{
    char label[32], buffer[512] = "";
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code,
                                  MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), buffer, sizeof buffer, NULL);
    snprintf(label, sizeof label, "text of %u", (unsigned)code);
    DOCUMENTED(label, length == strlen(buffer) && !strcmp(buffer, documented), 1, "Wine has texts of its own");
    if (!on_wine() && strcmp(buffer, documented))
        printf("  %s", buffer);
}

int main(void)
{
    text(ERROR_SUCCESS, "The operation completed successfully.\r\n");
    text(ERROR_FILE_NOT_FOUND, "The system cannot find the file specified.\r\n");
    text(ERROR_PATH_NOT_FOUND, "The system cannot find the path specified.\r\n");
    text(ERROR_ACCESS_DENIED, "Access is denied.\r\n");
    text(ERROR_INVALID_HANDLE, "The handle is invalid.\r\n");
    text(ERROR_SHARING_VIOLATION,
         "The process cannot access the file because it is being used by another process.\r\n");
    text(ERROR_INVALID_PARAMETER, "The parameter is incorrect.\r\n");
    text(ERROR_ALREADY_EXISTS, "Cannot create a file when that file already exists.\r\n");
    text(ERROR_FILENAME_EXCED_RANGE, "The filename or extension is too long.\r\n");
    text(ERROR_INVALID_ADDRESS, "Attempt to access invalid address.\r\n");
    text(ERROR_NOACCESS, "Invalid access to memory location.\r\n");
    text(ERROR_FILE_INVALID,
         "The volume for a file has been externally altered so that the opened file is no longer valid.\r\n");
    text(ERROR_COMMITMENT_LIMIT, "The paging file is too small for this operation to complete.\r\n");
    text(ERROR_USER_MAPPED_FILE,
         "The requested operation cannot be performed on a file with a user-mapped section open.\r\n");

    char buffer[256] = "", *allocated = NULL;
    const DWORD system = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
    CALL("unknown code", FormatMessageA(system, NULL, 0xDEADBEEF, 0, buffer, sizeof buffer, NULL));
    CALL("a short buffer", FormatMessageA(system, NULL, ERROR_INVALID_PARAMETER, 0, buffer, 5, NULL));
    CALL("allocated",
        FormatMessageA(system | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, ERROR_ACCESS_DENIED, 0, (char *)&allocated, 0,
        NULL));
    RESULT("is text", allocated && strlen(allocated) > 5);
    CALL("LocalFree", LocalFree(allocated) == NULL);
    DWORD length = FormatMessageA(system | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, ERROR_ACCESS_DENIED, 0, buffer,
        sizeof buffer, NULL);
    RESULT("without a line break", length && buffer[length - 1] == ' ' && !strchr(buffer, '\n'));
    WCHAR wide[256];
    length = FormatMessageW(system, NULL, ERROR_ACCESS_DENIED, 0, wide, 256, NULL);
    RESULT("wide is as long as narrow", length
        == FormatMessageA(system, NULL, ERROR_ACCESS_DENIED, 0, buffer, sizeof buffer, NULL));
    RESULT("wide ends with a line break", length > 2 && wide[length - 2] == '\r' && wide[length - 1] == '\n'
        && !wide[length]);
    return 0;
}
