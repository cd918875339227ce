/*
 * What the programs about placeholders share. Wine 8.0 has none, so all of it is held to what Microsoft
 * documents, and to what public tests assert of Windows; Wine only has to get through it.
 */

#ifndef PLACEHOLDERS_H
#define PLACEHOLDERS_H

#include "conformance.h"

#define SELF ((HANDLE)(LONG_PTR)-1)
#define NO_PLACEHOLDERS "Wine 8.0 has no placeholders"

/* The numbers, for headers that lack the names. */
#define PLACEHOLDER 0x00040000u
#define REPLACE 0x00004000u
#define COALESCE 0x00000001u
#define PRESERVE 0x00000002u

typedef struct {
    ULONG64 type;
    ULONG64 value;
} Parameter;

typedef struct {
    void *lowest, *highest;
    SIZE_T alignment;
} Requirements;

static PVOID(WINAPI *alloc2)(HANDLE, PVOID, SIZE_T, ULONG, ULONG, Parameter *, ULONG);
static PVOID(WINAPI *map3)(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, Parameter *, ULONG);
static BOOL(WINAPI *unmap2)(HANDLE, PVOID, ULONG);
static BOOL(WINAPI *unmap_ex)(PVOID, ULONG);
static LONG(WINAPI *nt_allocate)(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
static LONG(WINAPI *nt_allocate_ex)(HANDLE, void **, SIZE_T *, ULONG, ULONG, Parameter *, ULONG);
static LONG(WINAPI *nt_free)(HANDLE, void **, SIZE_T *, ULONG);
static LONG(WINAPI *nt_map_ex)(HANDLE, HANDLE, void **, LONGLONG *, SIZE_T *, ULONG, ULONG, Parameter *, ULONG);
static LONG(WINAPI *nt_unmap_ex)(HANDLE, void *, ULONG);

static inline void find(void *place, const char *module, const char *name)
{
    FARPROC found = GetProcAddress(LoadLibraryA(module), name);

    if (!found)
        printf("%s is missing\n", name);
    memcpy(place, &found, sizeof found);
}

static inline void find_all(void)
{
    find(&alloc2, "kernelbase.dll", "VirtualAlloc2");
    find(&map3, "kernelbase.dll", "MapViewOfFile3");
    find(&unmap2, "kernelbase.dll", "UnmapViewOfFile2");
    find(&unmap_ex, "kernel32.dll", "UnmapViewOfFileEx");
    find(&nt_allocate, "ntdll.dll", "NtAllocateVirtualMemory");
    find(&nt_allocate_ex, "ntdll.dll", "NtAllocateVirtualMemoryEx");
    find(&nt_free, "ntdll.dll", "NtFreeVirtualMemory");
    find(&nt_map_ex, "ntdll.dll", "NtMapViewOfSectionEx");
    find(&nt_unmap_ex, "ntdll.dll", "NtUnmapViewOfSectionEx");
}

/* A call that must succeed and leave the last error alone, or fail with an error. */
#define SUCCEEDS(...)                                                                              \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        int succeeded_ = (__VA_ARGS__) ? 1 : 0;                                                    \
        report_documented_call(#__VA_ARGS__, succeeded_, GetLastError(), 1, UNCHANGED);            \
    } while (0)
#define FAILS(error, ...)                                                                          \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        int succeeded_ = (__VA_ARGS__) ? 1 : 0;                                                    \
        report_documented_call(#__VA_ARGS__, succeeded_, GetLastError(), 0, error);                \
    } while (0)
/* A truth. */
#define IS(label, ...) DOCUMENTED(label, (__VA_ARGS__) ? 1 : 0, 1, NO_PLACEHOLDERS)
/* The NTSTATUS of a call. */
#define ANSWERS(status, ...) DOCUMENTED(#__VA_ARGS__, (ULONG)(__VA_ARGS__), status, NO_PLACEHOLDERS)

static inline void says(const char *label, int right, const char *text)
{
    if (right || on_wine())
        printf("%s: as documented\n", label);
    else
        printf("%s: NOT as documented: %s\n", label, text);
    fflush(stdout);
}

/*
 * What VirtualQuery says from `base` on for `size` bytes: for each run of pages its first page number,
 * that of its allocation, the protection given at allocation, state, protection and type.
 */
static inline const char *layout(char *base, SIZE_T size)
{
    static char text[1024];
    size_t length = 0;

    text[0] = 0;
    for (SIZE_T offset = 0; offset < size && length < sizeof text - 200;) {
        MEMORY_BASIC_INFORMATION info;

        if (!VirtualQuery(base + offset, &info, sizeof info) || !info.RegionSize)
            return "no answer";
        if (info.State == MEM_FREE)
            length += (size_t)snprintf(text + length, 200, "%s%llx free", offset ? "; " : "",
                                       (unsigned long long)offset / PAGE);
        else
            length += (size_t)snprintf(text + length, 200, "%s%llx of %llx %s %s %s %s", offset ? "; " : "",
                                       (unsigned long long)offset / PAGE,
                                       (unsigned long long)((char *)info.AllocationBase - base) / PAGE,
                                       protection_name(info.AllocationProtect), state_name(info.State),
                                       protection_name(info.Protect), type_name(info.Type));
        offset = (SIZE_T)((char *)info.BaseAddress - base) + info.RegionSize;
    }
    return text;
}

#define LAYOUT(base, size, expected)                                                               \
    do {                                                                                           \
        const char *layout_ = layout(base, size);                                                  \
        says("layout", strcmp(layout_, expected) == 0, layout_);                                   \
    } while (0)

static inline char *placeholder(SIZE_T pages)
{
    char *base = alloc2(NULL, NULL, pages * PAGE, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0);

    printf("a placeholder of 0x%llx pages\n", (unsigned long long)pages);
    says("reserved", base != NULL, "no");
    return base;
}

static inline int release_all(char *base, SIZE_T size)
{
    SIZE_T offset = 0;

    while (offset < size) {
        MEMORY_BASIC_INFORMATION info;

        if (!base || !VirtualQuery(base + offset, &info, sizeof info))
            return 0;
        offset = (SIZE_T)((char *)info.BaseAddress - base) + info.RegionSize;
        if (info.State != MEM_FREE && (char *)info.AllocationBase == (char *)info.BaseAddress
            && !(info.Type == MEM_MAPPED ? UnmapViewOfFile(info.BaseAddress)
                                         : VirtualFree(info.BaseAddress, 0, MEM_RELEASE)))
            return 0;
    }
    return 1;
}

#endif
