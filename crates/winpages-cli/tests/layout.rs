//! `winpages layout`.

mod common;

use common::{finish, winpages};

fn layout(arguments: &[&str], bits: Option<&str>) -> String {
    let mut command = winpages();
    command.env_remove("WINPAGES_LAYOUT").arg("layout");
    command.args(arguments);
    command.envs(bits.map(|bits| ("WINPAGES_LAYOUT", bits)));
    let (code, output, messages) = finish(&mut command);
    assert_eq!(code, 0, "{messages}");
    output
}

#[test]
fn both_layouts_are_shown() {
    let output = layout(&[], None);
    for (name, from, to) in [
        ("null pointers", "00000000", "0000FFFF"),
        ("user", "00010000", "7FFEFFFF"),
        ("64 KiB no man's land", "7FFF0000", "7FFFFFFF"),
        ("kernel", "80000000", "FFFFFFFF"),
        ("user", "0000000000010000", "00007FFFFFFEFFFF"),
    ] {
        let found = output.lines().any(|line| {
            line.starts_with(name) && line.contains(&format!(" {from}  ")) && line.contains(to)
        });
        assert!(found, "{name} {from} {to}\n{output}");
    }
}

#[test]
fn the_environment_chooses() {
    for (bits, chosen) in [(None, 64), (Some("32"), 32), (Some("64"), 64)] {
        let document: serde_json::Value =
            serde_json::from_str(&layout(&["--json"], bits)).expect("JSON");
        assert_eq!(document["schema"], "winpages.layout/1");
        assert_eq!(document["chosen_bits"], chosen);
        let user = &document["layouts"][0]["partitions"][1];
        assert_eq!(user["first"], "0x10000");
        assert_eq!(user["last"], "0x7ffeffff");
        assert_eq!(user["size"], 0x7FFE_0000u64);
    }
}

/// A program that knows nothing of it gets all its memory there.
#[test]
fn a_program_keeps_to_it() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let source = scratch.path().join("layout.c");
    let text = r#"
        #include <windows.h>
        #include <stdio.h>
        int main(void)
        {
            SYSTEM_INFO info;
            MEMORY_BASIC_INFORMATION region;
            GetSystemInfo(&info);
            char *p = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
            char *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
            int low = (size_t)p < 0x7FFF0000 && (size_t)view < 0x7FFF0000 && p && view;
            SetLastError(0);
            void *none = MapViewOfFileEx(section, FILE_MAP_ALL_ACCESS, 0, 0, 0, (void *)0x80000000);
            DWORD view_error = GetLastError();
            SetLastError(0);
            SIZE_T above = VirtualQuery((void *)0x7FFF0000, &region, sizeof region);
            printf("%p %d %p %u %d %u\n", info.lpMaximumApplicationAddress, low, none,
                   (unsigned)view_error, (int)above, (unsigned)GetLastError());
            return 0;
        }"#;
    std::fs::write(&source, text).expect("the scratch directory can be written");
    let mut command = winpages();
    command.env("WINPAGES_LAYOUT", "32").arg("run").arg(source);
    let (code, output, messages) = finish(&mut command);
    assert_eq!(code, 0, "{messages}");
    let words: Vec<&str> = output.split_whitespace().collect();
    let maximum = words[0].trim_start_matches("0x").trim_start_matches('0');
    assert!(maximum.eq_ignore_ascii_case("7ffeffff"), "{output}");
    assert_eq!(words[1], "1", "{output}");
    assert_eq!(words[3..], ["87", "0", "87"], "{output}");
}

/// A program can choose for itself, before it has used any memory.
#[test]
fn a_program_chooses() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let source = scratch.path().join("chooses.c");
    let text = r#"
        #include <windows.h>
        #include <winpages.h>
        #include <stdio.h>
        int main(int argc, char **argv)
        {
            void *early = argc > 1 ? VirtualAlloc(NULL, 0x1000, MEM_RESERVE, PAGE_NOACCESS) : NULL;
            SetLastError(0);
            BOOL chosen = WinpagesUse32BitLayout();
            DWORD error = GetLastError();
            char *memory = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            memory[0] = 1;
            printf("%d %u %d\n", chosen, (unsigned)error, (ULONG_PTR)memory < 0x7FFF0000u);
            return early != NULL && argc == 1;
        }
    "#;
    std::fs::write(&source, text).expect("the program");
    let run = |arguments: &[&str]| {
        let mut command = winpages();
        command
            .env_remove("WINPAGES_LAYOUT")
            .arg("run")
            .arg(&source);
        let (code, output, messages) = finish(command.arg("--").args(arguments));
        assert_eq!(code, 0, "{messages}");
        output
    };
    assert_eq!(run(&[]), "1 0 1\n");
    assert_eq!(run(&["late"]), "0 5 0\n");
}
