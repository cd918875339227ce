/*
 * What the conformance programs share: printing what the system answers, so that the answers of two
 * systems can be compared byte for byte. Nothing printed may depend on an address, a process id, a
 * time or a directory: programs print offsets, booleans, names of constants and last errors.
 */

#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 0x1000u
#define GRANULARITY 0x10000u

/* The last error before each call: a call that leaves it alone shows as "unchanged". */
#define UNCHANGED 0xDEADu

static inline const char *error_name(DWORD code)
{
    static char other[32];
    switch (code) {
#define NAME(constant) case constant: return #constant;
    NAME(ERROR_SUCCESS)
    NAME(ERROR_INVALID_FUNCTION)
    NAME(ERROR_FILE_NOT_FOUND)
    NAME(ERROR_PATH_NOT_FOUND)
    NAME(ERROR_ACCESS_DENIED)
    NAME(ERROR_INVALID_HANDLE)
    NAME(ERROR_NOT_ENOUGH_MEMORY)
    NAME(ERROR_INVALID_DRIVE)
    NAME(ERROR_BAD_LENGTH)
    NAME(ERROR_SHARING_VIOLATION)
    NAME(ERROR_HANDLE_EOF)
    NAME(ERROR_NOT_SUPPORTED)
    NAME(ERROR_FILE_EXISTS)
    NAME(ERROR_INVALID_PARAMETER)
    NAME(ERROR_INSUFFICIENT_BUFFER)
    NAME(ERROR_INVALID_NAME)
    NAME(ERROR_MOD_NOT_FOUND)
    NAME(ERROR_PROC_NOT_FOUND)
    NAME(ERROR_PARTIAL_COPY)
    NAME(ERROR_NEGATIVE_SEEK)
    NAME(ERROR_BAD_PATHNAME)
    NAME(ERROR_ALREADY_EXISTS)
    NAME(ERROR_BAD_EXE_FORMAT)
    NAME(ERROR_FILENAME_EXCED_RANGE)
    NAME(ERROR_DIRECTORY)
    NAME(ERROR_NOT_LOCKED)
    NAME(ERROR_MR_MID_NOT_FOUND)
    NAME(ERROR_INVALID_ADDRESS)
    NAME(ERROR_NOACCESS)
    NAME(ERROR_FILE_INVALID)
    NAME(ERROR_MAPPED_ALIGNMENT)
    NAME(ERROR_USER_MAPPED_FILE)
    NAME(ERROR_NO_TOKEN)
    NAME(ERROR_NOT_ALL_ASSIGNED)
    NAME(ERROR_NO_SUCH_PRIVILEGE)
    NAME(ERROR_PRIVILEGE_NOT_HELD)
    NAME(ERROR_UNKNOWN_REVISION)
    NAME(ERROR_REVISION_MISMATCH)
    NAME(ERROR_INVALID_OWNER)
    NAME(ERROR_NO_IMPERSONATION_TOKEN)
    NAME(ERROR_NONE_MAPPED)
    NAME(ERROR_INVALID_ACL)
    NAME(ERROR_INVALID_SID)
    NAME(ERROR_INVALID_SECURITY_DESCR)
    NAME(ERROR_ALLOTTED_SPACE_EXCEEDED)
    NAME(ERROR_BAD_IMPERSONATION_LEVEL)
    NAME(ERROR_GENERIC_NOT_MAPPED)
    NAME(ERROR_BAD_DESCRIPTOR_FORMAT)
    NAME(ERROR_COMMITMENT_LIMIT)
    NAME(ERROR_INVALID_USER_BUFFER)
    NAME(ERROR_NOT_OWNER)
    NAME(ERROR_TOO_MANY_POSTS)
#undef NAME
    case UNCHANGED: return "unchanged";
    }
    snprintf(other, sizeof other, "error %u", (unsigned)code);
    return other;
}

static inline void report_call(const char *label, int succeeded, DWORD error)
{
    printf("%s: %s, %s\n", label, succeeded ? "yes" : "no", error_name(error));
    fflush(stdout);
}

/* Wine is one implementation of the Windows API, and not always right. */
static inline int on_wine(void)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
}

static inline void report_documented(const char *label, int agrees, unsigned long long actual)
{
    if (agrees || on_wine())
        printf("%s: as documented\n", label);
    else
        printf("%s: NOT as documented: 0x%llx\n", label, actual);
    fflush(stdout);
}

static inline void report_documented_call(const char *label, int succeeded, DWORD error,
                                          int documented, DWORD documented_error)
{
    if ((succeeded == documented && error == documented_error) || on_wine())
        printf("%s: as documented\n", label);
    else
        printf("%s: NOT as documented: %s, %s\n", label, succeeded ? "yes" : "no",
               error_name(error));
    fflush(stdout);
}

/* Prints a number. */
#define RESULT(label, value)                                                                       \
    do {                                                                                           \
        printf("%s: 0x%llx\n", label, (unsigned long long)(value));                                \
        fflush(stdout);                                                                            \
    } while (0)

/* Makes a call, prints whether its value is other than zero, and what it did to the last error. */
#define CALL(label, ...)                                                                           \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        int succeeded_ = (__VA_ARGS__) ? 1 : 0;                                                    \
        DWORD error_ = GetLastError();                                                             \
        report_call(label, succeeded_, error_);                                                    \
    } while (0)

/* The same with the call itself as its label. */
#define TRY(...)                                                                                   \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        int succeeded_ = (__VA_ARGS__) ? 1 : 0;                                                    \
        DWORD error_ = GetLastError();                                                             \
        report_call(#__VA_ARGS__, succeeded_, error_);                                             \
    } while (0)

/*
 * A value in which Wine 8.0 is known to differ from Microsoft's documentation, or from what Windows
 * is known to answer. Judged everywhere but on Wine; `reason` says in one line what Wine does.
 */
#define DOCUMENTED(label, actual, documented, reason)                                              \
    do {                                                                                           \
        unsigned long long actual_ = (unsigned long long)(actual);                                 \
        report_documented(label, actual_ == (unsigned long long)(documented), actual_);            \
        (void)(reason);                                                                            \
    } while (0)

/* The same for a call: whether it succeeds, and the last error after it. */
#define DOCUMENTED_CALL(reason, documented, documented_error, ...)                                 \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        int succeeded_ = (__VA_ARGS__) ? 1 : 0;                                                    \
        DWORD error_ = GetLastError();                                                             \
        report_documented_call(#__VA_ARGS__, succeeded_, error_, documented, documented_error);    \
        (void)(reason);                                                                            \
    } while (0)

/* PAGE_ constants by name; the result lives until the fourth call after this one. */
static inline const char *protection_name(DWORD protection)
{
    static char names[4][96];
    static unsigned next;
    static const struct {
        DWORD bit;
        const char *name;
    } bits[] = {
        { PAGE_NOACCESS, "NOACCESS" },
        { PAGE_READONLY, "READONLY" },
        { PAGE_READWRITE, "READWRITE" },
        { PAGE_WRITECOPY, "WRITECOPY" },
        { PAGE_EXECUTE, "EXECUTE" },
        { PAGE_EXECUTE_READ, "EXECUTE_READ" },
        { PAGE_EXECUTE_READWRITE, "EXECUTE_READWRITE" },
        { PAGE_EXECUTE_WRITECOPY, "EXECUTE_WRITECOPY" },
        { PAGE_GUARD, "GUARD" },
        { PAGE_NOCACHE, "NOCACHE" },
        { PAGE_WRITECOMBINE, "WRITECOMBINE" },
    };
    char *name = names[next++ % 4];
    size_t length = 0;
    name[0] = 0;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (protection & bits[i].bit) {
            length += (size_t)snprintf(name + length, sizeof names[0] - length, "%s%s",
                                       length ? "|" : "", bits[i].name);
            protection &= ~bits[i].bit;
        }
    }
    if (protection || !length)
        snprintf(name + length, sizeof names[0] - length, "%s0x%x", length ? "|" : "",
                 (unsigned)protection);
    return name;
}

static inline const char *state_name(DWORD state)
{
    return state == MEM_COMMIT    ? "COMMIT"
           : state == MEM_RESERVE ? "RESERVE"
           : state == MEM_FREE    ? "FREE"
                                  : "?";
}

static inline const char *type_name(DWORD type)
{
    return type == MEM_PRIVATE  ? "PRIVATE"
           : type == MEM_MAPPED ? "MAPPED"
           : type == MEM_IMAGE  ? "IMAGE"
           : type == 0          ? "0"
                                : "?";
}

/* Prints what VirtualQuery says of one address, as offsets from `base`. */
static inline void describe(const char *label, const void *base, size_t offset)
{
    MEMORY_BASIC_INFORMATION info;
    memset(&info, 0xCC, sizeof info);
    SIZE_T length = VirtualQuery((const char *)base + offset, &info, sizeof info);
    if (length != sizeof info) {
        printf("%s +0x%llx: no answer (%llu), %s\n", label, (unsigned long long)offset,
               (unsigned long long)length, error_name(GetLastError()));
    } else if (info.State == MEM_FREE) {
        /* How far free memory reaches depends on the neighbours. */
        printf("%s +0x%llx: base +0x%llx, allocation %s, allocated as %s, FREE, %s, %s\n", label,
               (unsigned long long)offset,
               (unsigned long long)((char *)info.BaseAddress - (const char *)base),
               info.AllocationBase ? "not NULL" : "NULL", protection_name(info.AllocationProtect),
               protection_name(info.Protect), type_name(info.Type));
    } else {
        printf("%s +0x%llx: base +0x%llx, allocation +0x%llx, allocated as %s, size 0x%llx, %s, "
               "%s, %s\n",
               label, (unsigned long long)offset,
               (unsigned long long)((char *)info.BaseAddress - (const char *)base),
               (unsigned long long)((char *)info.AllocationBase - (const char *)base),
               protection_name(info.AllocationProtect), (unsigned long long)info.RegionSize,
               state_name(info.State), protection_name(info.Protect), type_name(info.Type));
    }
    fflush(stdout);
}

/* Walks [base, base + size) and prints each run of pages that VirtualQuery tells apart. */
static inline void describe_range(const char *label, const void *base, size_t size)
{
    size_t offset = 0;
    while (offset < size) {
        MEMORY_BASIC_INFORMATION info;
        if (VirtualQuery((const char *)base + offset, &info, sizeof info) != sizeof info
            || !info.RegionSize) {
            printf("%s +0x%llx: no answer, %s\n", label, (unsigned long long)offset,
                   error_name(GetLastError()));
            return;
        }
        describe(label, base, offset);
        offset = (size_t)((char *)info.BaseAddress + info.RegionSize - (const char *)base);
    }
}

/* Creates an empty file of its own and returns its name, which lives until the next call. */
static inline const char *temporary_file(void)
{
    static char name[MAX_PATH];
    char directory[MAX_PATH];
    if (!GetTempPathA(sizeof directory, directory) || !GetTempFileNameA(directory, "wpc", 0, name)) {
        printf("no temporary file: %s\n", error_name(GetLastError()));
        exit(1);
    }
    return name;
}

/* The same with `size` bytes in it: the low bytes of their offsets. */
static inline const char *temporary_file_of(DWORD size)
{
    const char *name = temporary_file();
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char *bytes = malloc(size ? size : 1);
    DWORD written = 0;
    for (DWORD i = 0; i < size; i++)
        bytes[i] = (char)i;
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, size, &written, NULL)
        || written != size) {
        printf("cannot fill the temporary file: %s\n", error_name(GetLastError()));
        exit(1);
    }
    free(bytes);
    CloseHandle(file);
    return name;
}

/*
 * Whether the system may read or write a byte at `address`, asked with WriteFile and ReadFile: they
 * answer with an error where touching the byte would be an access violation.
 */
static inline int can_access(void *address, int write)
{
    static HANDLE file;
    DWORD moved = 0;
    if (!file) {
        file = CreateFileA(temporary_file(), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_DELETE_ON_CLOSE, NULL);
        WriteFile(file, "", 1, &moved, NULL);
    }
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    if (write)
        return ReadFile(file, address, 1, &moved, NULL) && moved == 1;
    return WriteFile(file, address, 1, &moved, NULL) && moved == 1;
}

static inline void report_access(const char *label, void *address)
{
    int readable = can_access(address, 0);
    int writable = can_access(address, 1);
    printf("%s: %s, %s\n", label, readable ? "readable" : "not readable",
           writable ? "writable" : "not writable");
    fflush(stdout);
}

#endif
