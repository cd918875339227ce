//! The C headers: each alone and all together, with each compiler, in each language, and the layout of their types.

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

#[path = "headers/declared_functions.rs"]
mod declared_functions;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The directory of the package.
fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory that holds libkernel32.so: `deps`, which the test runs from. The one beside it is of the
/// last `cargo build`, if there has been one.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    test.parent().expect("it lies in deps").to_path_buf()
}

/// A directory of this test's own.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("the scratch directory can be made");
    directory
}

/// A compiler and the language it is to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Compiler {
    program: &'static str,
    language: &'static str,
}

const COMPILERS: [Compiler; 4] = [
    Compiler {
        program: "gcc",
        language: "c",
    },
    Compiler {
        program: "clang",
        language: "c",
    },
    Compiler {
        program: "g++",
        language: "c++",
    },
    Compiler {
        program: "clang++",
        language: "c++",
    },
];

impl Compiler {
    fn is_installed(self) -> bool {
        Command::new(self.program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// The compiler with the flags that `winpages cc` passes.
    fn command(self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args([
                "-fshort-wchar",
                "-D_WIN32",
                "-D_WIN64",
                "-D_M_X64=100",
                "-D_M_AMD64=100",
                "-U_FORTIFY_SOURCE",
            ])
            .arg("-isystem")
            .arg(package().join("include"))
            .args(["-include", "winpages/prelude.h", "-x", self.language]);
        command
    }
}

/// The compilers that are here; gcc must be.
fn compilers() -> Vec<Compiler> {
    let here: Vec<_> = COMPILERS
        .into_iter()
        .filter(|compiler| compiler.is_installed())
        .collect();
    assert!(
        here.contains(&COMPILERS[0]) && here.contains(&COMPILERS[2]),
        "gcc and g++ are installed"
    );
    here
}

fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_success(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}:\n{}", messages(output));
}

/// All headers, those included that are others with capital letters.
fn headers() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(package().join("include"))
        .expect("the headers are there")
        .map(|entry| {
            let name = entry.expect("the directory can be read").file_name();
            name.into_string().expect("names are ASCII")
        })
        .filter(|name| name.ends_with(".h"))
        .collect();
    names.sort();
    assert!(names.len() > 50);
    names
}

#[test]
fn every_header_compiles_alone() {
    let directory = scratch("alone");
    let sources: Vec<PathBuf> = headers()
        .iter()
        .filter(|header| header.starts_with(|first: char| first.is_lowercase()))
        .map(|header| {
            let source = directory.join(header.replace(".h", "_alone"));
            fs::write(&source, format!("#include <{header}>\nint nothing;\n"))
                .expect("it can be written");
            source
        })
        .collect();
    for compiler in compilers() {
        for character_set in [&[][..], &["-DUNICODE", "-D_UNICODE"]] {
            for extent in [&[][..], &["-DWIN32_LEAN_AND_MEAN"]] {
                let output = compiler
                    .command()
                    .args(["-fsyntax-only", "-Wall", "-Werror"])
                    .args(character_set)
                    .args(extent)
                    .args(&sources)
                    .output()
                    .expect("the compiler runs");
                assert_success(
                    &format!("{compiler:?} {character_set:?} {extent:?}"),
                    &output,
                );
            }
        }
    }
}

#[test]
fn all_headers_compile_together_in_every_standard() {
    let directory = scratch("together");
    let lines: Vec<String> = headers()
        .iter()
        .map(|header| format!("#include <{header}>\n"))
        .collect();
    let forwards = directory.join("forwards");
    fs::write(&forwards, lines.concat() + "int nothing;\n").expect("it can be written");
    let backwards = directory.join("backwards");
    let reversed: Vec<String> = lines.into_iter().rev().collect();
    fs::write(&backwards, reversed.concat() + "int nothing;\n").expect("it can be written");
    for compiler in compilers() {
        let standards: &[&str] = match compiler.language {
            "c" => &["c89", "gnu89", "c99", "c11", "c17", "gnu17"],
            _ => &["c++98", "c++11", "c++14", "c++17", "c++20"],
        };
        for standard in standards {
            let output = compiler
                .command()
                .args(["-fsyntax-only", "-Wall", "-Werror", "-DNOMINMAX"])
                .arg(format!("-std={standard}"))
                .args([&forwards, &backwards])
                .output()
                .expect("the compiler runs");
            assert_success(&format!("{compiler:?} {standard}"), &output);
        }
    }
}

fn layout_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(package().join("tests/headers/layout"))
        .expect("the checks are there")
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    files.sort();
    files
}

#[test]
fn types_have_the_layout_of_windows() {
    for compiler in compilers() {
        if compiler.language == "c" {
            let output = compiler
                .command()
                .arg("-fsyntax-only")
                .args(layout_files())
                .output()
                .expect("the compiler runs");
            assert_success(&format!("{compiler:?}"), &output);
        }
    }
}

#[test]
fn the_layout_of_windows_is_what_the_checks_say() {
    let windows = Compiler {
        program: "x86_64-w64-mingw32-gcc",
        language: "c",
    };
    if !windows.is_installed() {
        eprintln!("no gcc for Windows here: not checked");
        return;
    }
    let output = Command::new(windows.program)
        .args([
            "-D_WIN32_WINNT=0x0A00",
            "-DNTDDI_VERSION=0x0A000006",
            "-fsyntax-only",
        ])
        .args(layout_files())
        .output()
        .expect("the compiler runs");
    assert_success(windows.program, &output);
}

#[test]
fn structured_exceptions_are_refused_in_words() {
    let source = package().join("tests/headers/structured_exceptions.c");
    for compiler in compilers() {
        let output = compiler
            .command()
            .arg("-fsyntax-only")
            .arg(&source)
            .output()
            .expect("the compiler runs");
        assert!(!output.status.success(), "{compiler:?}");
        let said = messages(&output);
        assert!(
            said.contains("structured exception handling"),
            "{compiler:?}: {said}"
        );
    }
}

/// A program that was built, with the library that it was built with: Cargo's LD_LIBRARY_PATH names
/// its target directory, where an older one may lie.
fn built(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// Builds a program from one source, with the library and the start-up code.
fn build(compiler: Compiler, flags: &[&str], source: &Path, program: &Path) {
    // The start-up code is C, to which flags for C++ do not apply.
    let start = program.with_extension("start.o");
    let c = Compiler {
        language: "c",
        ..compiler
    };
    let output = c
        .command()
        .arg("-c")
        .arg(package().join("crt/start.c"))
        .arg("-o")
        .arg(&start)
        .output()
        .expect("the compiler runs");
    assert_success(&format!("{c:?} start.c"), &output);
    let mut run_path = OsString::from("-Wl,-rpath,");
    run_path.push(library());
    let mut hidden = OsString::from("-Wl,--version-script=");
    hidden.push(package().join("crt/wide-templates.map"));
    let output = compiler
        .command()
        .args(flags)
        .arg(source)
        .args(["-x", "none"])
        .arg(&start)
        .args(["-pthread", "-o"])
        .arg(program)
        .arg("-L")
        .arg(library())
        .arg("-lkernel32")
        .args([run_path, hidden])
        .output()
        .expect("the compiler runs");
    assert_success(&format!("{compiler:?} {}", source.display()), &output);
}

#[test]
fn wide_strings_and_streams_work_beside_the_standard_library() {
    let directory = scratch("standard_library");
    let source = package().join("tests/headers/standard_library.cpp");
    fs::write(directory.join("input"), "\u{dc}n\u{ef} \u{884c} x\n12\n")
        .expect("it can be written");
    let expected = "hello w\u{f6}rld \u{5171}\u{4eab} 14\n    42ff!narrow3.5\n3xxREPL103\n1ab\n\
        1234567890123 2.500000 -77\n1234567890123 b\n[\u{dc}n\u{ef} \u{884c} x]7 12\n5\nthread\n223\n";
    for compiler in compilers() {
        if compiler.language != "c++" {
            continue;
        }
        for optimisation in ["-O0", "-O2"] {
            let program = directory.join(format!("{}{optimisation}", compiler.program));
            build(
                compiler,
                &["-std=c++17", "-w", optimisation],
                &source,
                &program,
            );
            let input = fs::File::open(directory.join("input")).expect("it was written");
            let output = built(&program)
                .stdin(input)
                .output()
                .expect("the program runs");
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{compiler:?} {optimisation}"
            );
            assert!(output.status.success());
        }
    }
}

#[test]
fn wmain_is_found_in_c_and_in_cpp() {
    let directory = scratch("entry_point");
    let source = package().join("tests/headers/entry_point.c");
    for compiler in compilers() {
        for flags in [&[][..], &["-DUNICODE", "-D_UNICODE"]] {
            let program = directory.join(format!("{}{}", compiler.program, flags.len()));
            build(compiler, flags, &source, &program);
            let output = built(&program)
                .arg("\u{5171} x")
                .output()
                .expect("the program runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), "2 \u{5171} x\n");
            assert_eq!(output.status.code(), Some(7));
        }
    }
}

#[test]
fn the_run_time_library_answers_as_windows_does() {
    let directory = scratch("run_time_library");
    for name in ["formats", "scanning"] {
        let source = package().join(format!("tests/headers/{name}.c"));
        let expected = fs::read_to_string(source.with_extension("expected"))
            .expect("the expected text is there");
        for compiler in compilers() {
            let program = directory.join(format!("{name}-{}", compiler.program));
            build(compiler, &["-w"], &source, &program);
            let output = built(&program).output().expect("the program runs");
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{compiler:?} {name}"
            );
        }
    }
}
