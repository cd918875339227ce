/* Prints a note that another process writes into this one's memory. */
#include "note.h"

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "reader: %s: error %lu\n", what, GetLastError());
    return 1;
}

int main(void)
{
    MEMORY_BASIC_INFORMATION region;
    HANDLE written = CreateEventA(NULL, FALSE, FALSE, NOTE_WRITTEN);
    HANDLE read = CreateEventA(NULL, FALSE, FALSE, NOTE_READ);
    HANDLE gone = CreateEventA(NULL, FALSE, FALSE, NOTE_GONE);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(Note), NOTE_SECTION);
    Note *note = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);

    if (!written || !read || !gone || !note)
        return fail("setting up");
    note->reader = GetCurrentProcessId();
    printf("reader: waiting for a note\n");
    fflush(stdout);
    if (WaitForSingleObject(written, 60000) != WAIT_OBJECT_0)
        return fail("nobody writes");

    /* Nothing here has allocated that memory, and yet it is this process's own. */
    if (!VirtualQuery(note->text, &region, sizeof region))
        return fail("VirtualQuery");
    printf("reader: \"%s\", in %u bytes of %s memory\n", note->text, (unsigned)region.RegionSize,
           region.Protect == PAGE_READONLY ? "read-only" : "other");
    SetEvent(read);

    if (WaitForSingleObject(gone, 60000) != WAIT_OBJECT_0)
        return fail("nobody frees it");
    if (!VirtualQuery(note->text, &region, sizeof region))
        return fail("VirtualQuery");
    printf("reader: it is %s\n", region.State == MEM_FREE ? "gone" : "still there");
    return 0;
}
