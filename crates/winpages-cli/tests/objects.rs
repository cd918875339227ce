//! `winpages objects` and `winpages gc`, over a program that holds a named section.

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::{finish, winpages};

const HOLDER: &str = r#"
#include <windows.h>
#include <stdio.h>
int main(void)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, L"Local\\共享内存");
    if (section == NULL || MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) == NULL)
        return 1;
    puts("ready");
    fflush(stdout);
    getchar();
    return 0;
}
"#;

/// A namespace with a program that can hold a section in it.
struct Stage {
    scratch: tempfile::TempDir,
    namespace: tempfile::TempDir,
    holder: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a scratch directory");
        let source = scratch.path().join("holder.c");
        std::fs::write(&source, HOLDER).expect("the scratch directory can be written");
        let holder = scratch.path().join("holder");
        let mut cc = winpages();
        let (code, _, messages) = finish(cc.arg("cc").arg(source).arg("-o").arg(&holder));
        assert_eq!(code, 0, "{messages}");
        Self {
            scratch,
            namespace: tempfile::tempdir_in("/dev/shm").expect("a namespace directory"),
            holder,
        }
    }

    fn winpages(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = winpages();
        command
            .current_dir(self.scratch.path())
            .env("WINPAGES_NAMESPACE", self.namespace.path())
            .args(arguments);
        finish(&mut command)
    }

    fn objects(&self) -> serde_json::Value {
        let (code, output, messages) = self.winpages(&["objects", "--json"]);
        assert_eq!(code, 0, "{messages}");
        let document: serde_json::Value = serde_json::from_str(&output).expect("JSON");
        assert_eq!(document["schema"], "winpages.objects/1");
        document["objects"].clone()
    }

    /// Starts the holder and waits until it holds.
    fn hold(&self) -> Child {
        let mut child = Command::new(&self.holder)
            .env("WINPAGES_NAMESPACE", self.namespace.path())
            // Cargo's names its target directory, where an older libkernel32 may lie.
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the program writes");
        assert_eq!(line, "ready\n");
        child
    }
}

#[test]
fn a_held_section_is_listed_with_its_holders() {
    let stage = Stage::new();
    assert_eq!(stage.objects(), serde_json::json!([]));
    let mut one = stage.hold();
    let mut two = stage.hold();

    let objects = stage.objects();
    assert_eq!(objects.as_array().map(Vec::len), Some(1), "{objects}");
    let object = &objects[0];
    assert_eq!(object["name"], "Local\\共享内存");
    assert_eq!(object["type"], "Section");
    assert_eq!(object["size"], 0x10000);
    assert_eq!(object["protection"], "PAGE_READWRITE");
    assert_eq!(object["held"], true);
    for child in [&one, &two] {
        let holder = object["holders"]
            .as_array()
            .and_then(|holders| holders.iter().find(|holder| holder["pid"] == child.id()))
            .expect("each process is named");
        assert_eq!(holder["name"], "holder");
        assert_eq!(holder["handles"], 1);
        let view = &holder["views"][0];
        assert!(
            view["start"]
                .as_str()
                .is_some_and(|start| start.starts_with("0x"))
        );
        assert_eq!(view["access"], "r--");
    }

    let (code, output, _) = stage.winpages(&["objects"]);
    assert_eq!(code, 0);
    let mut lines = output.lines();
    let titles: Vec<_> = lines
        .next()
        .expect("titles")
        .split_ascii_whitespace()
        .collect();
    assert_eq!(
        titles,
        [
            "Name",
            "Type",
            "Size",
            "Protection",
            "Handles",
            "Views",
            "Holders"
        ]
    );
    let row: Vec<_> = lines
        .next()
        .expect("a row")
        .split_ascii_whitespace()
        .collect();
    assert_eq!(
        row[..7],
        [
            "Local\\共享内存",
            "Section",
            "64",
            "K",
            "READWRITE",
            "2",
            "2"
        ],
        "{output}"
    );
    assert!(output.contains(&format!("{} holder", one.id())), "{output}");

    // Nothing of the living is swept.
    let (code, output, _) = stage.winpages(&["gc"]);
    assert_eq!((code, output.as_str()), (0, "0 objects swept\n"));
    for child in [&mut one, &mut two] {
        drop(child.stdin.take());
        assert!(child.wait().expect("it is our child").success());
    }
    assert_eq!(stage.objects(), serde_json::json!([]));
}

#[test]
fn what_the_dead_left_is_shown_and_swept() {
    let stage = Stage::new();
    let mut child = stage.hold();
    child.kill().expect("it runs");
    child.wait().expect("it is our child");

    let objects = stage.objects();
    assert_eq!(objects[0]["held"], false, "{objects}");
    assert_eq!(objects[0]["holders"], serde_json::json!([]));
    let (code, output, _) = stage.winpages(&["objects"]);
    assert_eq!(code, 0);
    assert!(output.contains("(left behind)"), "{output}");

    let (code, output, _) = stage.winpages(&["gc"]);
    assert_eq!((code, output.as_str()), (0, "1 object swept\n  共享内存\n"));
    assert_eq!(stage.objects(), serde_json::json!([]));
    let (code, output, _) = stage.winpages(&["gc"]);
    assert_eq!((code, output.as_str()), (0, "0 objects swept\n"));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let stage = Stage::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = winpages();
    command
        .env("WINPAGES_NAMESPACE", stage.namespace.path())
        .args(["objects", "--json"])
        .stdout(writer);
    let (code, _, messages) = finish(&mut command);
    assert_eq!((code, messages.as_str()), (0, ""));
}

#[test]
fn a_namespace_that_is_not_ones_own_is_refused() {
    let namespace = tempfile::tempdir_in("/dev/shm").expect("a namespace directory");
    let user = rustix::process::geteuid().as_raw();
    let local = namespace.path().join(format!("winpages-{user}"));
    std::os::unix::fs::symlink("/tmp", local).expect("can be written");
    for arguments in [["objects"], ["gc"]] {
        let mut command = winpages();
        command.env("WINPAGES_NAMESPACE", namespace.path());
        let (code, _, messages) = finish(command.args(arguments));
        assert_eq!(code, 4, "{messages}");
        assert!(
            messages.contains("the namespace cannot be used"),
            "{messages}"
        );
    }
}
