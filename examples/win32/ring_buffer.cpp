// A ring buffer without a seam: one section, mapped twice side by side. What runs over the end of the
// first view lies at the beginning of it, so that a record is never in two pieces.
//
//     winpages run ring_buffer.cpp
//
// For Windows: link mincore.lib.
#include <windows.h>

#include <cstdio>
#include <cstring>

struct Ring {
    char *first;
    char *second;
};

static bool open_ring(SIZE_T size, Ring &ring)
{
    // Addresses for both views, which nobody else gets from now on.
    char *place = static_cast<char *>(
        VirtualAlloc2(nullptr, nullptr, 2 * size, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, nullptr, 0));
    if (!place)
        return false;
    if (!VirtualFree(place, size, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)) {
        VirtualFree(place, 0, MEM_RELEASE);
        return false;
    }
    HANDLE section = CreateFileMapping(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, DWORD(ULONG64(size) >> 32),
                                       DWORD(size), nullptr);
    void *first = MapViewOfFile3(section, nullptr, place, 0, size, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, nullptr, 0);
    void *second =
        MapViewOfFile3(section, nullptr, place + size, 0, size, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, nullptr, 0);
    if (section)
        CloseHandle(section); // The views keep the memory.
    ring = {static_cast<char *>(first), static_cast<char *>(second)};
    if (first && second)
        return true;
    // What did not become a view is a placeholder still.
    first ? UnmapViewOfFile(first) : VirtualFree(place, 0, MEM_RELEASE);
    second ? UnmapViewOfFile(second) : VirtualFree(place + size, 0, MEM_RELEASE);
    return false;
}

int main()
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    const SIZE_T size = system.dwAllocationGranularity;
    Ring ring;
    if (!open_ring(size, ring)) {
        std::fprintf(stderr, "no ring: error %lu\n", static_cast<unsigned long>(GetLastError()));
        return 1;
    }
    const char record[] = "from the end to the beginning";
    char *end = ring.first + size - 13;
    std::memcpy(end, record, sizeof record);
    std::printf("written over the end: %s\n", end);
    std::printf("at the beginning: %s\n", ring.first);
    UnmapViewOfFile(ring.second);
    UnmapViewOfFile(ring.first);
}
