/* Names of sections: prefixes, case, backslashes, length, and what an existing name answers. */

#include "conformance.h"

static HANDLE create(const char *name)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, name);
}

static HANDLE create_wide(const WCHAR *name)
{
    return CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, name);
}

static HANDLE open(const char *name)
{
    return OpenFileMappingA(FILE_MAP_READ, FALSE, name);
}

static void close(HANDLE handle)
{
    if (handle)
        CloseHandle(handle);
}

static void spellings(void)
{
    static const char *const names[] = {
        "winpages plain",
        "Local\\winpages plain",
        "Global\\winpages plain",
        "local\\winpages",
        "LOCAL\\winpages",
        "global\\winpages",
        "GLOBAL\\winpages",
        "Nope\\winpages",
        "winpages\\a",
        "winpages\\",
        "Local\\winpages\\a",
        "Global\\winpages\\a",
        "Local\\\\winpages",
        "\\winpages",
        "\\",
        "\\Local\\winpages",
        "Local\\",
        "Global\\",
        "Local",
        "Global",
        "winpages/slash",
        "winpages:colon",
        "winpages*?<>|\"",
        "winpages.dot",
        ".",
        "..",
        " ",
        "winpages tab\t",
        "winpages percent %41",
        "/winpages/../..",
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        HANDLE made = NULL, found = NULL;
        printf("\"%s\"\n", names[i]);
        CALL("  open before", found = open(names[i]));
        close(found);
        found = NULL;
        CALL("  create", made = create(names[i]));
        CALL("  open", found = open(names[i]));
        close(found);
        close(made);
        found = NULL;
        CALL("  open after", found = open(names[i]));
        close(found);
    }
}

static void same_object(void)
{
    HANDLE section = create("winpages same");
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(view, "the same");
    HANDLE other;
    char *seen;
    CALL("Local\\ is the bare name", other = open("Local\\winpages same"));
    seen = MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0);
    printf("contents: %s\n", seen);
    UnmapViewOfFile(seen);
    close(other);
    CALL("created again", other = create("Local\\winpages same"));
    close(other);
    CALL("other case", open("WINPAGES SAME"));
    CALL("other case, created", other = create("Winpages Same"));
    close(other);
    CALL("a prefix of the name", open("winpages sam"));
    CALL("longer", open("winpages same "));
    UnmapViewOfFile(view);
    close(section);
    CALL("gone", open("winpages same"));

    HANDLE first, second;
    CALL("empty name", first = create(""));
    CALL("empty name again", second = create(""));
    CALL("empty name, open", open(""));
    close(first);
    close(second);
}

static void existing(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3000, "winpages existing");
    HANDLE other = NULL;
    char *view = NULL;

    CALL("larger",
        other = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x100000, "winpages existing"));
    CALL("  whole view", view = MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0));
    describe("  view", view, 0);
    UnmapViewOfFile(view);
    CALL("  the larger size", MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0x100000));
    close(other);

    CALL("read-only",
        other = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, 0x3000, "winpages existing"));
    CALL("  view READ", view = MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0));
    UnmapViewOfFile(view);
    CALL("  view WRITE", MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0));
    close(other);

    CALL("reserved",
        other = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x3000,
        "winpages existing"));
    view = MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0);
    describe("  view", view, 0);
    UnmapViewOfFile(view);
    close(other);

    CALL("size 0", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, "winpages existing"));
    CALL("no protection", CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, 0, 0, 0x1000, "winpages existing"));
    DOCUMENTED_CALL("Wine looks the name up before it looks at the flags", 0, ERROR_INVALID_PARAMETER,
                    CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE | SEC_COMMIT, 0,
                                       0x1000, "winpages existing"));

    const char *name = temporary_file_of(0x1000);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE,
        NULL);
    CALL("a file", other = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x8000, "winpages existing"));
    RESULT("  the file has not grown", GetFileSize(file, NULL));
    view = MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0);
    describe("  view", view, 0);
    UnmapViewOfFile(view);
    close(other);
    close(section);

    CALL("a named file section",
        section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, "winpages file section"));
    CALL("  opened", other = open("winpages file section"));
    CALL("  created again", (close(other), other = create("winpages file section")));
    view = MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0);
    RESULT("  a byte of the file", (unsigned char)view[0x123]);
    UnmapViewOfFile(view);
    close(other);
    close(section);
    CALL("  gone", open("winpages file section"));
    close(file);
}

static void lengths(void)
{
    static const unsigned narrow[] = { 200, 254, 255, 256, 258, 259, 260, 261, 1000 };
    static const unsigned wide[] = { 259, 260, 1000, 20000 };
    static char name[2000];
    static WCHAR wide_name[33000];
    for (unsigned i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
        HANDLE section = NULL, other = NULL;
        memset(name, 'n', narrow[i]);
        name[narrow[i]] = 0;
        RESULT("narrow, characters", narrow[i]);
        CALL("  create", section = create(name));
        CALL("  open", other = open(name));
        close(other);
        close(section);
    }
    memset(name, 'n', 300);
    memcpy(name, "Local\\", 6);
    name[259] = 0;
    HANDLE prefixed = NULL;
    CALL("Local\\ and 253 characters", prefixed = create(name));
    close(prefixed);
    name[259] = 'n';
    name[260] = 0;
    CALL("Local\\ and 254 characters", create(name));
    for (unsigned i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        HANDLE section = NULL, other = NULL;
        for (unsigned c = 0; c < wide[i]; c++)
            wide_name[c] = 'w';
        wide_name[wide[i]] = 0;
        RESULT("wide, characters", wide[i]);
        CALL("  create", section = create_wide(wide_name));
        CALL("  open", other = OpenFileMappingW(FILE_MAP_READ, FALSE, wide_name));
        close(other);
        /* Long names must not be told apart by their beginning only. */
        wide_name[wide[i] - 1] = 'x';
        other = NULL;
        CALL("  open, other end", other = OpenFileMappingW(FILE_MAP_READ, FALSE, wide_name));
        close(other);
        close(section);
    }
}

static void letters(void)
{
    static const WCHAR chinese[] = { 0x5171, 0x4EAB, 0x5185, 0x5B58, 0 };
    static const WCHAR emoji[] = { 0xD83D, 0xDE00, 0 };
    static const WCHAR half[] = { 'h', 0xD83D, 'x', 0 };
    static const WCHAR other_half[] = { 'h', 0xDE00, 'x', 0 };
    static const WCHAR *const names[] = { chinese, emoji, half };
    for (unsigned i = 0; i < 3; i++) {
        HANDLE section, other = NULL;
        RESULT("letters", names[i][0]);
        CALL("  create", section = create_wide(names[i]));
        CALL("  create again", other = create_wide(names[i]));
        close(other);
        other = NULL;
        CALL("  open", other = OpenFileMappingW(FILE_MAP_READ, FALSE, names[i]));
        close(other);
        if (names[i] == half)
            CALL("  another unpaired half", OpenFileMappingW(FILE_MAP_READ, FALSE, other_half));
        close(section);
    }
}

int main(void)
{
    spellings();
    same_object();
    existing();
    lengths();
    letters();
    return 0;
}
