//! Placeholders in other processes: those that know nothing of us have them as those do that answer, and a process that
//! was given some before it ran has them for its own.

mod common;

use common::{assert_alike_elsewhere, run};

/// Splits, joins and replaces placeholders in the process of that number, and says what came of it; or waits to have it
/// done to it.
const PROGRAM: &str = r#"
    #include "changed_process.h"

    #define RESERVED (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER)
    #define REPLACED (MEM_RESERVE | MEM_REPLACE_PLACEHOLDER)
    #define PRESERVE (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
    #define COALESCE (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)

    static HANDLE section;
    static char *base;

    static void describe_all(const char *what)
    {
        describe(what, base, 0x80000);
    }

    static void allocate(const char *what, SIZE_T offset, SIZE_T size, DWORD type, DWORD protection)
    {
        char *got = VirtualAlloc2(process, base + offset, size, type, protection, NULL, 0);
        say(what, got == base + offset);
    }

    static void let_go(const char *what, SIZE_T offset, SIZE_T size, DWORD type)
    {
        say(what, VirtualFreeEx(process, base + offset, size, type));
    }

    static void show(const char *what, SIZE_T offset, SIZE_T size, DWORD type)
    {
        char *got = MapViewOfFile3(section, process, base + offset, 0, size, type, PAGE_READWRITE, NULL, 0);
        say(what, got == base + offset);
    }

    static void hide(const char *what, SIZE_T offset, DWORD flags)
    {
        say(what, UnmapViewOfFile2(process, base + offset, flags));
    }

    int main(int argc, char **argv)
    {
        if (is_the_changed_one(argc, argv))
            return 0;
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, NULL);
        base = VirtualAlloc2(process, NULL, 0x80000, RESERVED, PAGE_NOACCESS, NULL, 0);
        say("reserved", base != NULL);
        describe_all("reserved");
        allocate("committed", 0, 0x1000, MEM_COMMIT, PAGE_READWRITE);
        allocate("reset", 0, 0x1000, MEM_RESET, PAGE_NOACCESS);
        allocate("reserved again", 0, 0x10000, RESERVED, PAGE_NOACCESS);
        allocate("replaced in part", 0, 0x10000, REPLACED, PAGE_READWRITE);
        DWORD old;
        say("protected", VirtualProtectEx(process, base, 0x1000, PAGE_READONLY, &old));
        let_go("decommitted", 0, 0x1000, MEM_DECOMMIT);
        let_go("preserved as a whole", 0, 0x80000, PRESERVE);
        let_go("preserved, without a size", 0, 0, PRESERVE);
        let_go("preserved past the end", 0x70000, 0x20000, PRESERVE);
        let_go("joined alone", 0, 0x80000, COALESCE);
        let_go("split", 0x20000, 0x20000, PRESERVE);
        describe_all("split");
        let_go("joined, not to the end", 0, 0x30000, COALESCE);
        let_go("joined, without a size", 0, 0, COALESCE);
        let_go("joined", 0, 0x40000, COALESCE);
        describe_all("joined");
        let_go("split again", 0, 0x20000, PRESERVE);
        allocate("replaced", 0, 0x20000, REPLACED | MEM_COMMIT, PAGE_READWRITE);
        allocate("replaced again", 0, 0x20000, REPLACED, PAGE_READWRITE);
        say("written", WriteProcessMemory(process, base + 0x1000, "private", 8, NULL));
        show("shown in too large a place", 0x20000, 0x10000, MEM_REPLACE_PLACEHOLDER);
        show("shown", 0x20000, 0x20000, MEM_REPLACE_PLACEHOLDER);
        say("written", WriteProcessMemory(process, base + 0x21000, "shared", 7, NULL));
        char *here = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
        printf("%s\n", here + 0x1000);
        describe_all("replaced");
        allocate("read-only", 0x40000, 0x40000, REPLACED | MEM_COMMIT, PAGE_READONLY);
        let_go("joined with others", 0, 0x80000, COALESCE);
        let_go("a view preserved by freeing", 0x20000, 0x20000, PRESERVE);
        let_go("part preserved", 0x50000, 0x10000, PRESERVE);
        describe_all("part preserved");
        hide("hidden", 0x21000, MEM_PRESERVE_PLACEHOLDER);
        describe_all("hidden");
        hide("hidden again", 0x21000, MEM_PRESERVE_PLACEHOLDER);
        let_go("preserved", 0, 0x20000, PRESERVE);
        let_go("joined again", 0, 0x40000, COALESCE);
        allocate("replaced by reserved pages", 0, 0x40000, REPLACED, PAGE_EXECUTE_READWRITE);
        allocate("committed there", 0x3000, 0x1000, MEM_COMMIT, PAGE_EXECUTE_READ);
        char text[8] = "";
        ReadProcessMemory(process, base + 0x3000, text, sizeof text, NULL);
        printf("empty: %d\n", !memcmp(text, "\0\0\0\0\0\0\0\0", 8));
        describe_all("replaced by reserved pages");
        let_go("released", 0, 0, MEM_RELEASE);
        let_go("part released", 0x60000, 0x10000, MEM_RELEASE);
        describe_all("released");
        let_go("the rest", 0x40000, 0, MEM_RELEASE);
        let_go("the placeholder", 0x50000, 0, MEM_RELEASE);
        show("shown nowhere", 0x20000, 0x20000, MEM_REPLACE_PLACEHOLDER);
        show("shown by itself", 0x20000, 0x20000, 0);
        hide("preserved of no placeholder", 0x20000, MEM_PRESERVE_PLACEHOLDER);
        hide("hidden", 0x20000, 0);
        let_go("what is left", 0x70000, 0, MEM_RELEASE);
        describe_all("nothing");
        return 0;
    }
"#;

#[test]
fn placeholders_are_the_same_in_a_process_that_knows_nothing_of_us() {
    assert_alike_elsewhere(PROGRAM, 60);
}

/// Starts itself suspended and puts placeholders there; it joins and replaces them.
const STARTS: &str = r#"
    #include <windows.h>
    #include <stdio.h>
    #include <string.h>

    #define PRESERVE (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
    #define COALESCE (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)
    #define REPLACED (MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER)

    static char *const place = (char *)0x300000000000;

    int main(int argc, char **argv)
    {
        char self[MAX_PATH], line[] = "child";
        STARTUPINFOA startup = { .cb = sizeof startup };
        PROCESS_INFORMATION process;
        if (!strcmp(argv[0], "child")) {
            printf("%s\n", place);
            printf("preserved: %d\n", VirtualFree(place, 0x10000, PRESERVE));
            printf("joined: %d\n", VirtualFree(place, 0x20000, COALESCE));
            char *all = VirtualAlloc2(NULL, place, 0x20000, REPLACED, PAGE_READWRITE, NULL, 0);
            printf("replaced: %d, empty: %d\n", all == place, !*place);
            return 7;
        }
        GetModuleFileNameA(NULL, self, sizeof self);
        if (!CreateProcessA(self, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &process))
            return 1;
        HANDLE child = process.hProcess;
        DWORD code = 0;
        VirtualAlloc2(child, place, 0x20000, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
        VirtualFreeEx(child, place, 0x10000, PRESERVE);
        VirtualAlloc2(child, place, 0x10000, REPLACED, PAGE_READWRITE, NULL, 0);
        WriteProcessMemory(child, place, "what was put there", 19, NULL);
        ResumeThread(process.hThread);
        WaitForSingleObject(child, 30000);
        GetExitCodeProcess(child, &code);
        printf("%u\n", (unsigned)code);
        return 0;
    }
"#;

#[test]
fn placeholders_of_a_suspended_process_are_its_own_when_it_runs() {
    let output = run(STARTS);
    assert_eq!(
        output,
        "what was put there\npreserved: 1\njoined: 1\nreplaced: 1, empty: 1\n7\n"
    );
}
