//! Program images in other processes: those that know nothing of us have them as those do that answer.

mod common;

use common::assert_alike_elsewhere;

/// Maps an image into the process of that number, and says what came of it; or waits to have it done to it.
const PROGRAM: &str = r#"
    #include "changed_process.h"

    #define BASE 0x5123400000ULL
    #define SIZE 0x20000

    static void put(char *at, unsigned long long value, int size)
    {
        memcpy(at, &value, size);
    }

    /* Code; data with a pointer to the code, of which most is zeroes; shared data; relocations. Each ends in a gap. */
    static void make(const char *path)
    {
        static const struct { unsigned size, address, raw, flags; } parts[] = {
            { 0x100, 0x4000, 0x400, 0x60000020 },
            { 0xE800, 0x8000, 0x600, 0xC0000040 },
            { 0x1000, 0x18000, 0x800, 0xD0000040 },
            { 0x18, 0x1C000, 0xA00, 0x42000040 },
        };
        static char image[0xC00];
        char *optional = image + 0x98;
        memcpy(image, "MZ", 2);
        put(image + 0x3C, 0x80, 4);
        memcpy(image + 0x80, "PE\0\0", 4);
        put(image + 0x84, 0x8664, 2);
        put(image + 0x86, 4, 2);
        put(image + 0x94, 240, 2);
        put(image + 0x96, 0x2022, 2);
        put(optional, 0x20B, 2);
        put(optional + 16, 0x4000, 4);
        put(optional + 24, BASE, 8);
        put(optional + 32, 0x4000, 4);
        put(optional + 36, 0x200, 4);
        put(optional + 56, SIZE, 4);
        put(optional + 60, 0x400, 4);
        put(optional + 108, 16, 4);
        put(optional + 152, 0x1C000, 4);
        put(optional + 156, 12, 4);
        for (int part = 0; part < 4; part++) {
            char *entry = optional + 240 + part * 40;
            memcpy(entry, ".part", 5);
            put(entry + 8, parts[part].size, 4);
            put(entry + 12, parts[part].address, 4);
            put(entry + 16, 0x200, 4);
            put(entry + 20, parts[part].raw, 4);
            put(entry + 36, parts[part].flags, 4);
        }
        memcpy(image + 0x400, "code", 4);
        put(image + 0x610, BASE + 0x4000, 8);
        memcpy(image + 0x800, "shared", 6);
        put(image + 0xA00, 0x8000, 4);
        put(image + 0xA04, 12, 4);
        put(image + 0xA08, 0xA010, 2);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(image, sizeof image, 1, file) != 1 || fclose(file))
            exit(3);
    }

    static char *show(const char *what, HANDLE section, ULONG64 offset, void *base, SIZE_T size, DWORD type)
    {
        char *view = MapViewOfFile2(section, process, offset, base, size, type, PAGE_READONLY);
        say(what, view != NULL);
        if (view)
            printf("%s: %s\n", what, view == (char *)BASE + offset ? "where it likes to be" : "elsewhere");
        return view;
    }

    static void protect(const char *what, char *at, SIZE_T size, DWORD protection)
    {
        DWORD old = 0;
        say(what, VirtualProtectEx(process, at, size, protection, &old));
        printf("%s: was %x\n", what, (unsigned)old);
    }

    static void text(const char *what, char *at)
    {
        char found[8] = "";
        BOOL done = ReadProcessMemory(process, at, found, 7, NULL);
        say(what, done);
        printf("%s: %s\n", what, found);
    }

    static void pointer(const char *what, char *view)
    {
        char *found = NULL;
        say(what, ReadProcessMemory(process, view + 0x8010, &found, sizeof found, NULL));
        printf("%s: +%llx\n", what, (unsigned long long)(found - view));
    }

    static void hide(const char *what, void *view)
    {
        say(what, UnmapViewOfFile2(process, view, 0));
    }

    int main(int argc, char **argv)
    {
        char path[MAX_PATH];
        if (is_the_changed_one(argc, argv))
            return 0;
        snprintf(path, sizeof path, "%s.dll", argv[0]);
        make(path);
        HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                  OPEN_EXISTING, 0, NULL);
        HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
        say("made", section != NULL);

        char *first = show("first", section, 0, NULL, 0, 0);
        describe("first", first, SIZE);
        text("code", first + 0x4000);
        pointer("pointer", first);
        char *second = show("second", section, 0, NULL, 0, 0);
        describe("second", second, SIZE);
        text("code", second + 0x4000);
        pointer("relocated pointer", second);
        char *third = show("third", section, 0, NULL, 0, 0);
        pointer("pointer relocated again", third);
        show("where something is", section, 0, second, 0, 0);
        show("in the place of a placeholder", section, 0, second, 0, MEM_REPLACE_PLACEHOLDER);
        char *high = show("high up", section, 0, NULL, 0, MEM_TOP_DOWN);
        pointer("pointer relocated high up", high);

        say("copied", WriteProcessMemory(process, first + 0x9000, "copied", 7, NULL));
        text("copy", first + 0x9000);
        text("beside", second + 0x9000);
        text("beside", third + 0x9000);
        say("shared", WriteProcessMemory(process, second + 0x18000, "seen", 5, NULL));
        text("shared", first + 0x18000);
        char *here = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
        printf("here: %s\n", here + 0x18000);
        describe("copied", first, SIZE);

        protect("written plainly", first + 0xA000, 0x3000, PAGE_READWRITE);
        protect("read", first + 0x9000, 0x1000, PAGE_READONLY);
        protect("code to be patched", first + 0x4000, 0x1000, PAGE_EXECUTE_READWRITE);
        say("patched", WriteProcessMemory(process, first + 0x4000, "patch", 5, NULL));
        text("patched", first + 0x4000);
        text("not patched", second + 0x4000);
        protect("code again", first + 0x4000, 0x1000, PAGE_EXECUTE_READ);
        protect("data executed", first + 0x8000, 0x1000, PAGE_EXECUTE_READ);
        protect("guarded", first + 0xC000, 0x1000, PAGE_READWRITE | PAGE_GUARD);
        protect("shared, read", first + 0x18000, 0x1000, PAGE_READONLY);
        protect("shared, written", first + 0x18000, 0x1000, PAGE_READWRITE);
        protect("two parts and a gap", first + 0x4000, 0x5000, PAGE_READONLY);
        protect("a gap", first + 0x16000, 0x2000, PAGE_READONLY);
        protect("past the end", first + 0x1C000, 0x5000, PAGE_READONLY);
        describe("protected", first, SIZE);
        describe("not protected", second, SIZE);

        say("committed", VirtualAllocEx(process, first + 0x8000, 0x1000, MEM_COMMIT, PAGE_READWRITE) != NULL);
        say("committed in a gap", VirtualAllocEx(process, first + 0x17000, 0x1000, MEM_COMMIT, PAGE_READWRITE) != NULL);
        say("freed", VirtualFreeEx(process, first, 0, MEM_RELEASE));
        CloseHandle(section);
        UnmapViewOfFile(here);
        text("kept", second + 0x4000);
        hide("first", first + 0x12345);
        describe("first", first, SIZE);
        hide("first again", first);
        text("kept", second + 0x4000);
        hide("second", second);
        hide("third", third);
        hide("high", high);

        section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
        char *part = show("part", section, 0x10000, NULL, 0xA000, 0);
        describe("part", part, 0x10000);
        text("part", part + 0x8000);
        hide("part", part);
        show("too much", section, 0x10000, NULL, SIZE, 0);
        char *given = show("where nothing is", section, 0, high, 0, 0);
        printf("there: %d\n", given == high);
        pointer("pointer there", given);
        hide("there", given);
        CloseHandle(section);

        section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL);
        char *data = show("as data", section, 0, NULL, 0, 0);
        describe("as data", data, SIZE);
        protect("executed", data + 0x4000, 0x1000, PAGE_EXECUTE_READ);
        protect("written", data + 0x4000, 0x1000, PAGE_READWRITE);
        describe("as data", data, SIZE);
        hide("as data", data);
        return 0;
    }
"#;

#[test]
fn images_are_the_same_in_a_process_that_knows_nothing_of_us() {
    assert_alike_elsewhere(PROGRAM, 120);
}
