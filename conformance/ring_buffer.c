/*
 * A ring buffer whose end is its beginning: one section, mapped twice side by side into a placeholder
 * that was split in two. What wraps around is read and written as if it did not.
 */

#include "placeholders.h"

typedef struct {
    char *bytes;
    SIZE_T size;
    SIZE_T start, used;
} Ring;

static int open_ring(Ring *ring, SIZE_T size)
{
    SYSTEM_INFO system;
    HANDLE section = NULL;
    char *first, *second = NULL, *front = NULL, *back = NULL;

    memset(ring, 0, sizeof *ring);
    GetSystemInfo(&system);
    if (size == 0 || size % system.dwAllocationGranularity != 0)
        return 0;
    first = alloc2(NULL, NULL, 2 * size, MEM_RESERVE | PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    if (first && VirtualFree(first, size, MEM_RELEASE | PRESERVE))
        second = first + size;
    if (second)
        section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)((ULONG64)size >> 32), (DWORD)size, NULL);
    if (section)
        front = map3(section, NULL, first, 0, size, REPLACE, PAGE_READWRITE, NULL, 0);
    if (front)
        back = map3(section, NULL, second, 0, size, REPLACE, PAGE_READWRITE, NULL, 0);
    /* The views keep the memory. */
    if (section)
        CloseHandle(section);
    if (back) {
        ring->bytes = front;
        ring->size = size;
        return 1;
    }
    if (front)
        UnmapViewOfFileEx(front, 0);
    else if (first)
        VirtualFree(first, 0, MEM_RELEASE);
    if (second)
        VirtualFree(second, 0, MEM_RELEASE);
    return 0;
}

static void close_ring(Ring *ring)
{
    UnmapViewOfFile(ring->bytes);
    UnmapViewOfFile(ring->bytes + ring->size);
}

static int put(Ring *ring, const char *record, SIZE_T length)
{
    if (length > ring->size - ring->used)
        return 0;
    memcpy(ring->bytes + (ring->start + ring->used) % ring->size, record, length);
    ring->used += length;
    return 1;
}

static const char *take(Ring *ring, SIZE_T length)
{
    const char *record = ring->bytes + ring->start;

    if (length > ring->used)
        return NULL;
    ring->start = (ring->start + length) % ring->size;
    ring->used -= length;
    return record;
}

int main(void)
{
    Ring ring, none;
    int opened, wraps, right = 0, records = 0;
    static char record[0x10000];
    const SIZE_T length = 1000;
    const char *got;

    find_all();
    IS("odd sizes are refused", !open_ring(&none, 0x11000) && !open_ring(&none, 0));
    opened = open_ring(&ring, 0x10000);
    IS("opened", opened);
    if (opened) {
        ring.bytes[0] = 'a';
        wraps = ring.bytes[ring.size] == 'a';
        ring.bytes[2 * ring.size - 1] = 'z';
        wraps = wraps && ring.bytes[ring.size - 1] == 'z';
        IS("the end is the beginning", wraps);
        LAYOUT(ring.bytes, 0x20000, "0 of 0 READWRITE COMMIT READWRITE MAPPED; 10 of 10 READWRITE COMMIT READWRITE MAPPED");
        /* Records that do not divide the size wrap around somewhere else each time. */
        for (right = 1; records < 10000; records++) {
            memset(record, records, length);
            right = right && put(&ring, record, length);
            if (records < 40)
                continue;
            memset(record, records - 40, length);
            got = take(&ring, length);
            right = right && got && memcmp(got, record, length) == 0;
        }
        IS("every record came through whole", right);
        IS("a full buffer is full", put(&ring, record, sizeof record) == 0);
        close_ring(&ring);
        LAYOUT(ring.bytes, 0x20000, "0 free");
    } else {
        IS("the end is the beginning", 0);
        LAYOUT(NULL, 0x20000, "");
        IS("every record came through whole", 0);
        IS("a full buffer is full", 0);
        LAYOUT(NULL, 0x20000, "");
    }
    return 0;
}
