//! Runs the examples, on both systems.

mod common;

use std::process::Command;

use common::{example, is_wine};

fn run(name: &str) -> String {
    let output = Command::new(example(name)).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{text}{complaints}",
        output.status
    );
    text
}

#[test]
fn shared_struct() {
    let text = run("shared_struct");
    assert!(text.contains("tick: 1000"), "{text}");
}

#[test]
fn growing_arena() {
    let text = run("growing_arena");
    assert!(
        text.contains("7812 KiB in use, 8192 KiB committed, 63 GiB more"),
        "{text}"
    );
}

#[test]
fn copy_on_write_snapshot() {
    let text = run("copy_on_write_snapshot");
    assert!(text.contains("781 KiB of data"), "{text}");
    // 100 records, 8000 bytes apart, lie in 100 pages. Wine 8.0 does not show which were copied.
    let copied = if is_wine() {
        " 0 KiB were copied"
    } else {
        " 400 KiB were copied"
    };
    assert!(text.contains(copied), "{text}");
}

#[test]
fn mirrored_ring_buffer() {
    let text = run("mirrored_ring_buffer");
    assert!(
        text.contains("went through a ring of 65536 bytes"),
        "{text}"
    );
}

#[test]
fn incremental_checkpoint() {
    let text = run("incremental_checkpoint");
    let saved = "of 65536 KiB, the first checkpoint saved 4000 KiB, the second 40 KiB, the third 0";
    assert!(text.contains(saved), "{text}");
}

#[test]
fn surviving_supervisor() {
    let text = run("surviving_supervisor");
    let expected = "300 transfers; 4 workers died in the middle of one; all 1000 are there";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn visit_another_process() {
    let text = run("visit_another_process");
    assert!(
        text.contains("host: \"Hello from the other side\""),
        "{text}"
    );
    assert!(text.contains("visitor: it has read 25 letters"), "{text}");
    assert!(text.contains("visitor: it ended with Some(0)"), "{text}");
}
