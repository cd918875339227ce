/* Tries to open pair_file_writer's file and section; once more after the writer has ended. */

#include "conformance.h"

static void open_file(const char *label, DWORD access, DWORD share)
{
    HANDLE file;
    CALL(label, (file = CreateFileA("pair_file.tmp", access, share, NULL, OPEN_EXISTING, 0, NULL))
        != INVALID_HANDLE_VALUE);
    if (file == INVALID_HANDLE_VALUE)
        return;
    char text[32] = "";
    DWORD moved;
    if (ReadFile(file, text, sizeof text - 1, &moved, NULL))
        printf("  begins with: %s\n", text);
    CloseHandle(file);
}

int main(void)
{
    open_file("read, sharing nothing", GENERIC_READ, 0);
    open_file("read, sharing reading", GENERIC_READ, FILE_SHARE_READ);
    open_file("read, sharing both", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE);
    open_file("read and write, sharing both", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);
    HANDLE section = NULL;
    CALL("section", section = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "winpages file pair"));
    if (section) {
        char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
        printf("view: %s\n", view);
        strcpy(view + 0x1000, "from the reader");
        return 0;
    }
    CALL("delete", DeleteFileA("pair_file.tmp"));
    return 0;
}
