//! What is done to the memory of other processes: those that refuse, and those that know nothing of us.

mod common;

use common::{assert_alike_elsewhere, run};

/// The child refuses from its start, or refuses and then no more; the parent tries each time.
const PROGRAM: &str = r#"
    #include <windows.h>
    #include <winpages.h>
    #include <stdio.h>
    #include <stdlib.h>

    static DWORD attempt(HANDLE process)
    {
        void *memory = VirtualAllocEx(process, NULL, 0x1000, MEM_RESERVE, PAGE_NOACCESS);
        return memory ? 0 : GetLastError();
    }

    int main(int argc, char **argv)
    {
        char self[MAX_PATH], line[100];
        STARTUPINFOA startup = { .cb = sizeof startup };
        SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
        PROCESS_INFORMATION process;
        if (argc > 2) {
            HANDLE ready = (HANDLE)strtoull(argv[1], NULL, 0), tried = (HANDLE)strtoull(argv[2], NULL, 0);
            for (int turn = 0; turn < 3; turn++) {
                SetEvent(ready);
                WaitForSingleObject(tried, 30000);
                WinpagesRefuseRemoteRequests(turn == 1);
            }
            return 0;
        }
        HANDLE ready = CreateEvent(&inheritable, FALSE, FALSE, NULL);
        HANDLE tried = CreateEvent(&inheritable, FALSE, FALSE, NULL);
        GetModuleFileNameA(NULL, self, sizeof self);
        sprintf(line, "child %llu %llu", (unsigned long long)ready, (unsigned long long)tried);
        SetEnvironmentVariableA("WINPAGES_REMOTE", "refuse");
        if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
            return 1;
        for (int turn = 0; turn < 3; turn++) {
            if (WaitForSingleObject(ready, 30000) != WAIT_OBJECT_0)
                return 2;
            printf("%u\n", (unsigned)attempt(process.hProcess));
            SetEvent(tried);
        }
        WaitForSingleObject(process.hProcess, 30000);
        return 0;
    }
"#;

#[test]
fn a_process_refuses_and_allows() {
    let output = run(PROGRAM);
    assert_eq!(output, "5\n0\n5\n");
}

/// Changes the memory of the process of that number, and says what came of it; or waits to have it changed.
const CHANGES: &str = r#"
    #include <windows.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>

    static HANDLE process;
    static char *base;

    static void describe(const char *what, SIZE_T offset)
    {
        MEMORY_BASIC_INFORMATION found;
        SetLastError(0);
        SIZE_T size = VirtualQueryEx(process, base + offset, &found, sizeof found);
        if (size && found.State == MEM_FREE) {
            printf("%s: free, protection %x\n", what, (unsigned)found.Protect);
            return;
        }
        printf("%s: %u bytes, base +%llx of +%llx, %x, %llx bytes, state %x, protection %x, type %x, error %u\n", what,
               (unsigned)size, (unsigned long long)((char *)found.BaseAddress - base),
               (unsigned long long)((char *)found.AllocationBase - base), (unsigned)found.AllocationProtect,
               (unsigned long long)found.RegionSize, (unsigned)found.State, (unsigned)found.Protect,
               (unsigned)found.Type, (unsigned)GetLastError());
    }

    static void allocate(const char *what, SIZE_T offset, SIZE_T size, DWORD type, DWORD protection)
    {
        SetLastError(0);
        char *got = VirtualAllocEx(process, base + offset, size, type, protection);
        printf("%s: ", what);
        if (got)
            printf("+%llx", (unsigned long long)(got - base));
        printf(" error %u\n", (unsigned)GetLastError());
    }

    static void change(const char *what, SIZE_T offset, SIZE_T size, DWORD protection)
    {
        DWORD old = 0;
        SetLastError(0);
        BOOL done = VirtualProtectEx(process, base + offset, size, protection, &old);
        printf("%s: %d, was %x, error %u\n", what, done, (unsigned)old, (unsigned)GetLastError());
    }

    static void let_go(const char *what, SIZE_T offset, SIZE_T size, DWORD type)
    {
        SetLastError(0);
        BOOL done = VirtualFreeEx(process, base + offset, size, type);
        printf("%s: %d, error %u\n", what, done, (unsigned)GetLastError());
    }

    static void copy(const char *what, SIZE_T offset, SIZE_T size)
    {
        static char out[0x20000], in[0x20000];
        SIZE_T written = 99, read = 99;
        memset(out, 'x', sizeof out);
        memset(in, 0, sizeof in);
        SetLastError(0);
        BOOL done = WriteProcessMemory(process, base + offset, out, size, &written);
        printf("%s: written %d, %llx, error %u; ", what, done, (unsigned long long)written, (unsigned)GetLastError());
        SetLastError(0);
        done = ReadProcessMemory(process, base + offset, in, size, &read);
        printf("read %d, %llx, error %u, %s\n", done, (unsigned long long)read, (unsigned)GetLastError(),
               memcmp(in, out, size) ? "something else" : "the same");
    }

    int main(int argc, char **argv)
    {
        if (argc < 2) {
            printf("%u\n", (unsigned)GetCurrentProcessId());
            fflush(stdout);
            getchar();
            return 0;
        }
        process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, strtoul(argv[1], NULL, 0));
        base = VirtualAllocEx(process, NULL, 0x40000, MEM_RESERVE, PAGE_READONLY);
        printf("reserved: %d, a multiple: %d\n", base != NULL, !((ULONG_PTR)base & 0xFFFF));
        describe("reserved", 0x5123);
        allocate("committed", 0x11234, 0x4000, MEM_COMMIT, PAGE_READWRITE);
        describe("before", 0);
        describe("committed", 0x11000);
        describe("after", 0x16000);
        copy("within", 0x11000, 0x5000);
        copy("over the end", 0x12000, 0x8000);
        copy("in reserved pages", 0, 0x10);
        change("read-only", 0x12FFF, 2, PAGE_READONLY);
        describe("first part", 0x11000);
        describe("second part", 0x12000);
        describe("third part", 0x14000);
        copy("what may only be read", 0x12000, 0x10);
        copy("up to what may only be read", 0x11000, 0x2000);
        change("of reserved pages", 0, 0x1000, PAGE_READWRITE);
        change("partly of reserved pages", 0x15000, 0x2000, PAGE_READWRITE);
        change("past the end", 0x3F000, 0x2000, PAGE_READWRITE);
        change("copied on write", 0x11000, 0x1000, PAGE_WRITECOPY);
        change("guarded", 0x11000, 0x1000, PAGE_READWRITE | PAGE_GUARD);
        describe("guarded", 0x11000);
        change("no access", 0x11000, 0x1000, PAGE_NOACCESS);
        describe("no access", 0x11000);
        copy("no access", 0x11000, 1);
        change("executed", 0x11000, 0x1000, PAGE_EXECUTE_READWRITE);
        describe("executed", 0x11000);
        copy("executed", 0x11000, 0x800);
        change("executed only", 0x11000, 0x1000, PAGE_EXECUTE_READ);
        copy("code", 0x11000, 0x800);
        allocate("committed again", 0x10000, 0x10000, MEM_COMMIT, PAGE_READWRITE);
        describe("committed again", 0x10000);
        copy("committed again", 0x10000, 0x10000);
        allocate("reserved again", 0x10000, 0x10000, MEM_RESERVE, PAGE_READWRITE);
        allocate("committed past the end", 0x3F000, 0x2000, MEM_COMMIT, PAGE_READWRITE);
        allocate("both", 0x10000, 0x10000, MEM_COMMIT | MEM_RESET, PAGE_READWRITE);
        allocate("reset", 0x10000, 0x1000, MEM_RESET, PAGE_NOACCESS);
        allocate("nothing", 0x10000, 0, MEM_COMMIT, PAGE_READWRITE);
        allocate("unknown", 0x10000, 0x1000, 0x80, PAGE_READWRITE);
        allocate("two protections", 0x10000, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_READONLY);
        let_go("decommit in the middle", 0x14000, 0x2000, MEM_DECOMMIT);
        describe("decommitted", 0x14000);
        allocate("and committed", 0x14000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
        let_go("release with a size", 0, 0x50000, MEM_RELEASE);
        let_go("release not from the base", 0x10000, 0, MEM_RELEASE);
        let_go("both", 0, 0, MEM_RELEASE | MEM_DECOMMIT);
        let_go("neither", 0, 0, 0);
        let_go("decommit all", 0, 0, MEM_DECOMMIT);
        describe("all decommitted", 0);
        let_go("release", 0, 0, MEM_RELEASE);
        describe("released", 0x10000);
        let_go("release again", 0, 0, MEM_RELEASE);
        allocate("at the same place", 0x1234, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READ);
        describe("at the same place", 0);
        let_go("release that", 0, 0, MEM_RELEASE);

        MEM_ADDRESS_REQUIREMENTS where = { (void *)0x20000000, (void *)0x2FFFFFFF, 0x100000 };
        MEM_EXTENDED_PARAMETER parameter = { { MemExtendedParameterAddressRequirements } };
        parameter.Pointer = &where;
        base = VirtualAlloc2(process, NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE, &parameter, 1);
        printf("required: %d, error %u\n", base >= (char *)0x20000000 && base < (char *)0x30000000 &&
               !((ULONG_PTR)base & 0xFFFFF), base ? 0 : (unsigned)GetLastError());
        let_go("release that", 0, 0, MEM_RELEASE);
        base = VirtualAllocExNuma(process, NULL, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE, 0);
        describe("from the top", 0);
        let_go("release that", 0, 0, MEM_RELEASE);

        HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x30000, NULL);
        char *here = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
        strcpy(here + 0x10000, "from here");
        base = MapViewOfFile2(section, process, 0x10000, NULL, 0x11000, 0, PAGE_READWRITE);
        describe("view", 0x2000);
        char text[10] = "";
        ReadProcessMemory(process, base, text, sizeof text, NULL);
        WriteProcessMemory(process, base + 0x10000, "from there", 11, NULL);
        printf("%s, %s\n", text, here + 0x20000);
        change("view, read-only", 0x1000, 1, PAGE_READONLY);
        change("view, executed", 0x1000, 1, PAGE_EXECUTE_READ);
        describe("view, read-only", 0x1000);
        allocate("view, committed", 0, 0x1000, MEM_COMMIT, PAGE_READWRITE);
        let_go("view, freed", 0, 0, MEM_RELEASE);
        SetLastError(0);
        char *other = MapViewOfFile2(section, process, 0, base, 0, 0, PAGE_READWRITE);
        printf("view over a view: %d, error %u\n", other != NULL, (unsigned)GetLastError());
        other = MapViewOfFile2(section, process, 0x1234, NULL, 0, 0, PAGE_READWRITE);
        printf("view from the middle: %d, error %u\n", other != NULL, (unsigned)GetLastError());
        other = MapViewOfFile2(section, process, 0, NULL, 0x40000, 0, PAGE_READWRITE);
        printf("view past the end: %d, error %u\n", other != NULL, (unsigned)GetLastError());
        printf("unmapped: %d\n", UnmapViewOfFile2(process, base + 0x5123, 0));
        describe("unmapped", 0);
        BOOL done = UnmapViewOfFile2(process, base, 0);
        printf("unmapped again: %d, error %u\n", done, (unsigned)GetLastError());

        section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x40000, NULL);
        here = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
        VirtualAlloc(here + 0x10000, 0x12000, MEM_COMMIT, PAGE_READWRITE);
        strcpy(here + 0x20000, "from here");
        base = MapViewOfFile2(section, process, 0x10000, NULL, 0x12000, 0, PAGE_READWRITE);
        describe("committed part", 0x1000);
        ReadProcessMemory(process, base + 0x10000, text, sizeof text, NULL);
        WriteProcessMemory(process, base + 0x11000, "from there", 11, NULL);
        printf("%s, %s\n", text, here + 0x21000);
        allocate("committed part, committed", 0, 0x1000, MEM_COMMIT, PAGE_READONLY);
        describe("committed part, committed", 0);
        change("committed part, read-only", 0x2000, 0x1000, PAGE_READONLY);
        describe("committed part, read-only", 0x1000);
        printf("unmapped: %d\n", UnmapViewOfFile2(process, base + 0x5123, 0));
        CloseHandle(process);
        return 0;
    }
"#;

/// To whom a process belongs makes no difference to what is done to its memory.
#[test]
fn a_process_that_knows_nothing_of_us_is_like_one_that_does() {
    assert_alike_elsewhere(CHANGES, 50);
}

/// Starts itself suspended, puts a text there, and lets it go on: it finds the text, and its memory is its own.
const STARTS: &str = r#"
    #include <windows.h>
    #include <stdio.h>
    #include <string.h>

    static char *const place = (char *)0x300000000000;

    static void describe(const char *what, HANDLE process, SIZE_T offset)
    {
        MEMORY_BASIC_INFORMATION found;
        VirtualQueryEx(process, place + offset, &found, sizeof found);
        printf("%s: +%llx, %x, %llx bytes, %x, %x\n", what,
               (unsigned long long)((char *)found.AllocationBase - place), (unsigned)found.AllocationProtect,
               (unsigned long long)found.RegionSize, (unsigned)found.State, (unsigned)found.Protect);
        fflush(stdout);
    }

    int main(int argc, char **argv)
    {
        char self[MAX_PATH], line[] = "child";
        STARTUPINFOA startup = { .cb = sizeof startup };
        PROCESS_INFORMATION process;
        if (!strcmp(argv[0], "child")) {
            printf("the child reads %s\n", place + 0x1000);
            for (SIZE_T offset = 0; offset < 0x10000; offset += offset ? 0xE000 : 0x1000)
                describe("the child sees", GetCurrentProcess(), offset);
            DWORD old;
            printf("protected: %d\n", VirtualProtect(place + 0x1000, 0x1000, PAGE_READWRITE, &old));
            printf("second one freed: %d\n", VirtualFree(place + 0x10000, 0, MEM_RELEASE));
            fflush(stdout);
            while (*(volatile char *)(place + 0x1000) != '!')
                Sleep(1);
            return 7;
        }
        GetModuleFileNameA(NULL, self, sizeof self);
        if (!CreateProcessA(self, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &process))
            return 1;
        HANDLE child = process.hProcess;
        DWORD old, code = 0;
        VirtualAllocEx(child, place, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
        VirtualAllocEx(child, place + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        VirtualAllocEx(child, place + 0x1000, 0xE000, MEM_COMMIT, PAGE_READWRITE);
        WriteProcessMemory(child, place + 0x1000, "what was put there", 19, NULL);
        VirtualProtectEx(child, place + 0x1000, 0xE000, PAGE_READONLY, &old);
        describe("suspended", child, 0x1000);
        ResumeThread(process.hThread);
        /* Until the child has made its page writable. */
        while (!WriteProcessMemory(child, place + 0x1100, "!", 1, NULL))
            Sleep(1);
        describe("running", child, 0x2000);
        printf("part decommitted: %d\n", VirtualFreeEx(child, place + 0x2000, 0x1000, MEM_DECOMMIT));
        describe("then", child, 0x2000);
        WriteProcessMemory(child, place + 0x1000, "!", 1, NULL);
        WaitForSingleObject(child, 30000);
        GetExitCodeProcess(child, &code);
        printf("%u\n", (unsigned)code);
        return 0;
    }
"#;

#[test]
fn what_a_suspended_process_is_given_is_its_own_when_it_runs() {
    let output = run(STARTS);
    let mut lines: Vec<_> = output.lines().collect();
    // Both write to the same place meanwhile.
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "7",
            "part decommitted: 1",
            "protected: 1",
            "running: +0, 1, d000 bytes, 1000, 2",
            "second one freed: 1",
            "suspended: +0, 1, e000 bytes, 1000, 2",
            "the child reads what was put there",
            "the child sees: +0, 1, 1000 bytes, 2000, 0",
            "the child sees: +0, 1, 1000 bytes, 2000, 0",
            "the child sees: +0, 1, e000 bytes, 1000, 2",
            "then: +0, 1, 1000 bytes, 2000, 0",
        ]
    );
}
