/* GlobalAlloc and LocalAlloc: movable blocks, lock counts, discarding, and what is no block. */
#include "conformance.h"

static const char *size_text(SIZE_T size)
{
    static char text[32];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)size);
    return text;
}

/* Whether n bytes are all `byte`. */
static int all(const void *memory, int byte, size_t n)
{
    const unsigned char *at = memory;
    while (n--)
        if (*at++ != byte)
            return 0;
    return 1;
}

#define SHOW(label, handle)                                                                        \
    do {                                                                                           \
        SetLastError(UNCHANGED);                                                                   \
        UINT flags_ = FLAGS(handle);                                                               \
        DWORD error_ = GetLastError();                                                             \
        printf("%s: flags 0x%x, %s; size %s\n", label, flags_, error_name(error_),                 \
               size_text(SIZE(handle)));                                                           \
        fflush(stdout);                                                                            \
    } while (0)

#define HANDLE_OF GlobalHandle
#define FAMILY global
#define ALLOC GlobalAlloc
#define REALLOC GlobalReAlloc
#define FREE GlobalFree
#define LOCK GlobalLock
#define UNLOCK GlobalUnlock
#define SIZE GlobalSize
#define FLAGS GlobalFlags
#define DISCARDABLE GMEM_DISCARDABLE
#define IS_GLOBAL 1
#include "movable_memory_family.h"
#undef HANDLE_OF
#undef FAMILY
#undef ALLOC
#undef REALLOC
#undef FREE
#undef LOCK
#undef UNLOCK
#undef SIZE
#undef FLAGS
#undef DISCARDABLE
#undef IS_GLOBAL
#define HANDLE_OF LocalHandle
#define FAMILY local
#define ALLOC LocalAlloc
#define REALLOC LocalReAlloc
#define FREE LocalFree
#define LOCK LocalLock
#define UNLOCK LocalUnlock
#define SIZE LocalSize
#define FLAGS LocalFlags
#define DISCARDABLE LMEM_DISCARDABLE
#define IS_GLOBAL 0
#include "movable_memory_family.h"
#undef FLAGS
#undef SIZE

static void both_families(void)
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    void *block = HeapAlloc(GetProcessHeap(), 0, 30);
    static HGLOBAL handles[0x10001];
    unsigned count = 0;

    RESULT("LocalSize of GlobalAlloc's", LocalSize(handle));
    RESULT("lock both ways", (GlobalLock(handle), LocalLock(handle), GlobalFlags(handle)));
    CALL("LocalFree of GlobalAlloc's", LocalFree(handle) == NULL);
    RESULT("GlobalSize of HeapAlloc's", GlobalSize(block));
    RESULT("GlobalHandle of HeapAlloc's is itself", GlobalHandle(block) == block);
    CALL("GlobalFree of HeapAlloc's", GlobalFree(block) == NULL);
    block = LocalAlloc(LMEM_FIXED, 20);
    RESULT("HeapSize of LocalAlloc's", HeapSize(GetProcessHeap(), 0, block));
    TRY(HeapFree(GetProcessHeap(), 0, block));

    while (count <= 0x10000 && (handles[count] = GlobalAlloc(GMEM_MOVEABLE, 0)) != NULL)
        count++;
    /* Something of the process's own may hold a few. */
    RESULT("about 0x10000 movable blocks", count > 0xFF00 && count <= 0x10000);
    CALL("one more", LocalAlloc(LMEM_MOVEABLE, 1) != NULL);
    CALL("a fixed one", LocalFree(LocalAlloc(LMEM_FIXED, 1)) == NULL);
    while (count)
        GlobalFree(handles[--count]);
    CALL("and again", LocalFree(LocalAlloc(LMEM_MOVEABLE, 1)) == NULL);
}

int main(void)
{
    global();
    local();
    both_families();
    return 0;
}
