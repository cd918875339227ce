//! Refusing what other processes ask for.

mod common;

use common::{finish, winpages};

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
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let source = scratch.path().join("refuses.c");
    std::fs::write(&source, PROGRAM).expect("the program");
    let (code, output, messages) = finish(winpages().arg("run").arg(&source));
    assert_eq!(code, 0, "{messages}");
    assert_eq!(output, "5\n0\n5\n");
}
