/* Writes a note into the memory of another process, which prints it. */
#include "note.h"

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "writer: %s: error %lu\n", what, GetLastError());
    return 1;
}

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "Hello from the other side";
    SIZE_T size = strlen(text) + 1, done;
    HANDLE section = OpenFileMappingA(FILE_MAP_WRITE, FALSE, NOTE_SECTION);
    HANDLE written = OpenEventA(EVENT_MODIFY_STATE, FALSE, NOTE_WRITTEN);
    HANDLE read = OpenEventA(SYNCHRONIZE, FALSE, NOTE_READ);
    HANDLE gone = OpenEventA(EVENT_MODIFY_STATE, FALSE, NOTE_GONE);
    Note *note = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char back[256] = "";
    DWORD old;

    if (!written || !read || !gone || !note)
        return fail("is the reader there?");
    if (size > sizeof back) {
        fprintf(stderr, "writer: that is too long\n");
        return 1;
    }

    DWORD rights = PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE;
    HANDLE reader = OpenProcess(rights, FALSE, note->reader);
    if (!reader)
        return fail("OpenProcess");
    char *there = VirtualAllocEx(reader, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!there)
        return fail("VirtualAllocEx");
    if (!WriteProcessMemory(reader, there, text, size, &done) || done != size)
        return fail("WriteProcessMemory");
    if (!VirtualProtectEx(reader, there, size, PAGE_READONLY, &old) || old != PAGE_READWRITE)
        return fail("VirtualProtectEx");
    printf("writer: once more, it is %s\n",
           WriteProcessMemory(reader, there, text, size, &done) ? "written" : "refused");
    if (!ReadProcessMemory(reader, there, back, size, &done))
        return fail("ReadProcessMemory");
    printf("writer: \"%s\" is there\n", back);

    note->text = there;
    SetEvent(written);
    if (WaitForSingleObject(read, 60000) != WAIT_OBJECT_0)
        return fail("nobody reads");
    if (!VirtualFreeEx(reader, there, 0, MEM_RELEASE))
        return fail("VirtualFreeEx");
    SetEvent(gone);
    CloseHandle(reader);
    return 0;
}
