/*
 * mimalloc as the process's malloc, over VirtualAlloc: every allocation of the program, of the C library and of
 * libkernel32 itself comes here. Eight threads allocate, fill, pass on and free, while others begin and end.
 *
 * Linked with --wrap for the calls of private memory: no allocation may happen inside one.
 */
#include <windows.h>
#include <mimalloc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How many calls of private memory the thread is in, and how many allocations. */
static __thread int inside_memory_call;
static __thread int inside_allocator;
static volatile LONG memory_calls, allocations;

static void fail(const char *what)
{
    /* Nothing that might allocate. */
    if (write(2, what, strlen(what)) < 0)
        _exit(3);
    _exit(2);
}

static void enter_allocator(void)
{
    if (inside_memory_call)
        fail("an allocation inside a call of private memory\n");
    if (inside_allocator++)
        fail("the allocator calls itself\n");
    InterlockedIncrement(&allocations);
}

static void leave_allocator(void) { inside_allocator--; }

#define ALLOCATE(type, call)     \
    do {                         \
        type result_;            \
        enter_allocator();       \
        result_ = (call);        \
        leave_allocator();       \
        return result_;          \
    } while (0)

void *malloc(size_t size) { ALLOCATE(void *, mi_malloc(size)); }
void *calloc(size_t count, size_t size) { ALLOCATE(void *, mi_calloc(count, size)); }
void *realloc(void *block, size_t size) { ALLOCATE(void *, mi_realloc(block, size)); }
void *memalign(size_t alignment, size_t size) { ALLOCATE(void *, mi_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { ALLOCATE(void *, mi_memalign(alignment, size)); }
int posix_memalign(void **block, size_t alignment, size_t size) { ALLOCATE(int, mi_posix_memalign(block, alignment, size)); }
size_t malloc_usable_size(void *block) { return mi_usable_size(block); }
void free(void *block)
{
    enter_allocator();
    mi_free(block);
    leave_allocator();
}

#define MEMORY_CALL(type, call)           \
    do {                                  \
        type result_;                     \
        inside_memory_call++;             \
        InterlockedIncrement(&memory_calls); \
        result_ = (call);                 \
        inside_memory_call--;             \
        return result_;                   \
    } while (0)

LPVOID __real_VirtualAlloc(LPVOID, SIZE_T, DWORD, DWORD);
LPVOID __wrap_VirtualAlloc(LPVOID a, SIZE_T b, DWORD c, DWORD d) { MEMORY_CALL(LPVOID, __real_VirtualAlloc(a, b, c, d)); }
BOOL __real_VirtualFree(LPVOID, SIZE_T, DWORD);
BOOL __wrap_VirtualFree(LPVOID a, SIZE_T b, DWORD c) { MEMORY_CALL(BOOL, __real_VirtualFree(a, b, c)); }
BOOL __real_VirtualProtect(LPVOID, SIZE_T, DWORD, PDWORD);
BOOL __wrap_VirtualProtect(LPVOID a, SIZE_T b, DWORD c, PDWORD d) { MEMORY_CALL(BOOL, __real_VirtualProtect(a, b, c, d)); }
SIZE_T __real_VirtualQuery(LPCVOID, PMEMORY_BASIC_INFORMATION, SIZE_T);
SIZE_T __wrap_VirtualQuery(LPCVOID a, PMEMORY_BASIC_INFORMATION b, SIZE_T c) { MEMORY_CALL(SIZE_T, __real_VirtualQuery(a, b, c)); }

typedef PVOID(WINAPI *Alloc2)(HANDLE, PVOID, SIZE_T, ULONG, ULONG, void *, ULONG);
static Alloc2 real_alloc2;
static PVOID WINAPI wrap_alloc2(HANDLE a, PVOID b, SIZE_T c, ULONG d, ULONG e, void *f, ULONG g)
{
    MEMORY_CALL(PVOID, real_alloc2(a, b, c, d, e, f, g));
}
FARPROC __real_GetProcAddress(HMODULE, LPCSTR);
FARPROC __wrap_GetProcAddress(HMODULE module, LPCSTR name)
{
    FARPROC found = __real_GetProcAddress(module, name);
    if (found && strcmp(name, "VirtualAlloc2") == 0) {
        real_alloc2 = (Alloc2)found;
        return (FARPROC)wrap_alloc2;
    }
    return found;
}

/* Blocks that one thread has filled and another will check and free. */
enum { SHELF = 1024, THREADS = 8, ROUNDS = 30000 };
typedef struct Block {
    size_t size;
    unsigned char bytes[];
} Block;
static Block *shelf[SHELF];
static SRWLOCK lock = SRWLOCK_INIT;
static volatile LONG bad, short_lived;

static Block *make(unsigned *seed)
{
    size_t size;
    Block *block;
    *seed = *seed * 1103515245 + 12345;
    size = 1 + (*seed >> 8) % ((*seed >> 4) % 64 == 0 ? 300000 : 2000);
    block = *seed & 1 ? malloc(sizeof *block + size) : calloc(1, sizeof *block + size);
    if (!block)
        fail("no memory\n");
    block->size = size;
    memset(block->bytes, (int)(size & 0xFF), size);
    if (*seed % 5 == 0) {
        block = realloc(block, sizeof *block + size * 2);
        if (!block)
            fail("no memory\n");
    }
    return block;
}

static void check(Block *block)
{
    size_t at;
    if (!block)
        return;
    for (at = 0; at < block->size; at += 97)
        if (block->bytes[at] != (block->size & 0xFF))
            InterlockedIncrement(&bad);
    free(block);
}

static DWORD WINAPI brief(LPVOID parameter)
{
    char *text = strdup("a thread of its own");
    (void)parameter;
    if (!text || strlen(text) != 19)
        InterlockedIncrement(&bad);
    free(text);
    InterlockedIncrement(&short_lived);
    return 0;
}

static DWORD WINAPI work(LPVOID parameter)
{
    unsigned seed = (unsigned)(ULONG_PTR)parameter * 2654435761u;
    int round;
    for (round = 0; round < ROUNDS; round++) {
        Block *block = make(&seed);
        unsigned place = (seed >> 12) % SHELF;
        AcquireSRWLockExclusive(&lock);
        Block *before = shelf[place];
        shelf[place] = block;
        ReleaseSRWLockExclusive(&lock);
        check(before);
        if (round % 500 == 0) {
            HANDLE thread = CreateThread(NULL, 0, brief, NULL, 0, NULL);
            if (!thread)
                fail("no thread\n");
            CloseHandle(thread);
        }
        if (round % 300 == 0) {
            MEMORY_BASIC_INFORMATION info;
            DWORD old;
            char *pages = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            if (!pages || !VirtualProtect(pages, 0x1000, PAGE_READONLY, &old)
                || VirtualQuery(pages, &info, sizeof info) != sizeof info || info.RegionSize != 0x1000
                || !VirtualFree(pages, 0, MEM_RELEASE))
                InterlockedIncrement(&bad);
        }
    }
    return 0;
}

int main(void)
{
    HANDLE threads[THREADS];
    int i;
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, work, (LPVOID)(ULONG_PTR)(i + 1), 0, NULL);
    if (WaitForMultipleObjects(THREADS, threads, TRUE, 100000) != WAIT_OBJECT_0)
        fail("the threads do not come to an end\n");
    for (i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    for (i = 0; i < SHELF; i++)
        check(shelf[i]);
    while (short_lived < THREADS * (ROUNDS / 500))
        SwitchToThread();
    if (allocations < THREADS * ROUNDS || memory_calls < THREADS * (ROUNDS / 300) * 4)
        fail("the calls did not come here\n");
    printf("%ld blocks bad\n", (long)bad);
    return 0;
}
