//! The example of two processes: a note that one writes into the other.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{finish, winpages};

/// One process allocates in the other, writes there, protects, reads back and frees; the other prints it.
#[test]
fn a_note_is_written_into_another_process() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/win32");
    let program = |name: &str| {
        let made = scratch.path().join(name);
        let source = examples.join(format!("{name}.c"));
        let mut compile = winpages();
        compile.arg("cc").arg(source).arg("-o").arg(&made);
        let (code, _, messages) = finish(&mut compile);
        assert_eq!(code, 0, "{messages}");
        let mut program = Command::new(made);
        program.env("WINPAGES_NAMESPACE", scratch.path());
        program
    };
    let (mut reader, mut writer) = (program("note_reader"), program("note_writer"));
    let mut reader = reader
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reader starts");
    let mut output = BufReader::new(reader.stdout.take().expect("its output"));
    let mut first = String::new();
    output.read_line(&mut first).expect("a line");
    assert_eq!(first, "reader: waiting for a note\n");
    let (code, written, messages) = finish(writer.arg("A note for you"));
    assert_eq!((code, messages.as_str()), (0, ""));
    assert_eq!(
        written,
        "writer: once more, it is refused\nwriter: \"A note for you\" is there\n"
    );
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the rest");
    assert_eq!(
        rest,
        "reader: \"A note for you\", in 4096 bytes of read-only memory\nreader: it is gone\n"
    );
    assert!(reader.wait().expect("it ends").success());
}
