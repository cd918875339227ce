/*
 * Checks of sizes and layouts of the public types. The numbers are those of the other gcc for Windows: these files
 * compile with its headers and with ours, or one of them is wrong.
 */
#include <windows.h>

#include <aclapi.h>
#include <psapi.h>
#include <sddl.h>
#include <stddef.h>
#include <tlhelp32.h>
#include <winternl.h>

#define CHECK_SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define CHECK_ALIGNMENT(type, alignment) _Static_assert(__alignof__(type) == (alignment), "alignment of " #type)
#define CHECK_OFFSET(type, field, offset) \
    _Static_assert(offsetof(type, field) == (offset), "offset of " #field " in " #type)
