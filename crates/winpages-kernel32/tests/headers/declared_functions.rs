//! A header promises nothing that is not there: whatever function it declares can be linked.

use std::collections::BTreeSet;
use std::fs;

use super::{COMPILERS, assert_success, headers, library, messages, package, scratch};

/// Those that a program brings along itself.
const OF_THE_PROGRAM: [&str; 2] = ["WinMain", "wWinMain"];

/// The names in what gcc's -aux-info wrote, of functions that our headers declare or define. A line of it is
/// `/* FILE:LINE:FORM */ TYPE NAME (PARAMETERS);`, where a type may hold parentheses, but none after a space.
fn declared(list: &str) -> BTreeSet<&str> {
    let include = package().join("include");
    let include = include.to_str().expect("the path is UTF-8");
    list.lines()
        .filter(|line| line.contains(include))
        .filter_map(|line| {
            let (before, _) = line.split_once("*/")?.1.split_once(" (")?;
            before.rsplit([' ', '*']).next()
        })
        .filter(|name| !OF_THE_PROGRAM.contains(name))
        .collect()
}

#[test]
fn every_declared_function_can_be_linked() {
    let directory = scratch("declared_functions");
    let gcc = COMPILERS[0];
    let includes: String = headers()
        .iter()
        .map(|header| format!("#include <{header}>\n"))
        .collect();
    let source = directory.join("declarations.c");
    fs::write(&source, format!("{includes}int nothing;\n")).expect("it can be written");
    let list = directory.join("list");
    let output = gcc
        .command()
        .args(["-w", "-fsyntax-only", "-aux-info"])
        .args([&list, &source])
        .output()
        .expect("the compiler runs");
    assert_success("the headers", &output);
    let list = fs::read_to_string(list).expect("gcc wrote it");
    let names = declared(&list);
    for known in [
        "VirtualAlloc",
        "NtClose",
        "EnumProcesses",
        "lstrlenW",
        "_wfopen",
    ] {
        assert!(names.contains(known), "{known} is declared");
    }

    let addresses: String = names
        .iter()
        .map(|name| format!("    (void *)&{name},\n"))
        .collect();
    let program = directory.join("program.c");
    let text = format!(
        "{includes}void *functions[] = {{\n{addresses}}};\nint main(void) {{ return 0; }}\n"
    );
    fs::write(&program, text).expect("it can be written");
    let output = gcc
        .command()
        .env("LC_ALL", "C")
        .arg("-w")
        .arg(&program)
        .arg("-o")
        .arg(directory.join("program"))
        .arg("-L")
        .arg(library())
        .args(["-lkernel32", "-pthread"])
        .output()
        .expect("the compiler runs");
    let said = messages(&output);
    let missing: BTreeSet<&str> = said
        .split("undefined reference to `")
        .skip(1)
        .filter_map(|rest| rest.split('\'').next())
        .collect();
    assert!(missing.is_empty(), "{} missing: {missing:?}", missing.len());
    assert_success("the addresses of all functions", &output);
}
