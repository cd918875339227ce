//! `winpages cc` and `winpages run`.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{finish, winpages};

/// Calls `winpages` in `directory` with the words of `line`.
fn call(directory: &Path, line: &str) -> Command {
    let mut command = winpages();
    command
        .current_dir(directory)
        .args(line.split_ascii_whitespace());
    command
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a scratch directory")
}

/// Writes a source file and gives its name.
fn write(directory: &Path, name: &str, text: &str) -> String {
    std::fs::write(directory.join(name), text).expect("the scratch directory can be written");
    name.to_owned()
}

const WIDTH: &str = "#include <windows.h>\n#include <stdio.h>\n\
    int main(void) { printf(\"%d %d\\n\", (int)sizeof(WCHAR), (int)sizeof(L'a')); return 0; }\n";

#[test]
fn a_program_starts_without_further_settings() {
    let scratch = scratch();
    write(scratch.path(), "width.c", WIDTH);
    let (code, output, messages) = finish(&mut call(scratch.path(), "cc width.c -o width"));
    assert_eq!((code, output.as_str(), messages.as_str()), (0, "", ""));
    let mut program = Command::new(scratch.path().join("width"));
    let (code, output, _) = finish(program.env_clear());
    assert_eq!((code, output.as_str()), (0, "2 2\n"));
}

#[test]
fn c_and_cplusplus_are_mixed() {
    let scratch = scratch();
    write(
        scratch.path(),
        "c.c",
        "int from_c(void) { int class = 4; return class; }\n",
    );
    write(
        scratch.path(),
        "main.cpp",
        "#include <windows.h>\n#include <iostream>\n\
         extern \"C\" int from_c();\nint main() { std::cout << from_c() << std::endl; }\n",
    );
    let (code, output, messages) = finish(&mut call(scratch.path(), "run c.c main.cpp"));
    assert_eq!((code, output.as_str()), (0, "4\n"), "{messages}");

    // The objects alone tell that the C++ library is needed.
    let (code, ..) = finish(&mut call(scratch.path(), "cc -c c.c main.cpp"));
    assert_eq!(code, 0);
    let (code, output, messages) = finish(&mut call(scratch.path(), "run c.o main.o"));
    assert_eq!((code, output.as_str()), (0, "4\n"), "{messages}");
}

#[test]
fn compilers_answers_pass_through() {
    let scratch = scratch();
    let (code, output, _) = finish(&mut call(scratch.path(), "cc --version"));
    assert_eq!(code, 0);
    assert!(output.contains("gcc"), "{output}");
    write(scratch.path(), "one.c", "int one(void) { return 1; }\n");
    let (code, output, _) = finish(&mut call(scratch.path(), "cc -S -O2 one.c -o -"));
    assert_eq!(code, 0);
    assert!(output.contains("one:"), "{output}");
    let (code, ..) = finish(&mut call(
        scratch.path(),
        "cc -shared -fPIC one.c -o libone.so",
    ));
    assert_eq!(code, 0);
    assert!(scratch.path().join("libone.so").is_file());
}

#[test]
fn windows_own_flags_and_libraries_are_accepted() {
    let scratch = scratch();
    write(
        scratch.path(),
        "wide.c",
        "#include <windows.h>\n#include <wchar.h>\n\
         int wmain(int count, wchar_t **arguments) { return (int)wcslen(arguments[count - 1]); }\n",
    );
    let line = "run -municode -DUNICODE -D_UNICODE wide.c -lkernel32 -lpsapi -lntdll -ladvapi32 \
                -luser32 -mconsole -- 共享内存";
    let (code, _, messages) = finish(&mut call(scratch.path(), line));
    assert_eq!(code, 4, "{messages}");
}

#[test]
fn arguments_and_input_reach_the_program() {
    let scratch = scratch();
    write(
        scratch.path(),
        "echo.c",
        "#include <stdio.h>\nint main(int count, char **arguments) {\n\
         for (int i = 1; i < count; i++) puts(arguments[i]);\n\
         for (int c; (c = getchar()) != EOF;) putchar(c);\nreturn 42; }\n",
    );
    write(scratch.path(), "input", "typed\n");
    let input = std::fs::File::open(scratch.path().join("input")).expect("just written");
    let mut command = call(scratch.path(), "run -O1 echo.c -- -c -- two");
    let (code, output, _) = finish(command.stdin(Stdio::from(input)));
    assert_eq!((code, output.as_str()), (42, "-c\n--\ntwo\ntyped\n"));
}

#[test]
fn a_signal_is_128_and_its_number_and_nothing_is_left() {
    let scratch = scratch();
    write(
        scratch.path(),
        "crash.c",
        "#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\n\
         int main(int count, char **arguments) {\n\
         if (count == 1) raise(SIGKILL);\nputs(\"waiting\"); fflush(stdout); pause(); return 0; }\n",
    );
    let temporary = scratch.path().join("temporary");
    std::fs::create_dir(&temporary).expect("the scratch directory can be written");
    let (code, ..) = finish(call(scratch.path(), "run crash.c").env("TMPDIR", &temporary));
    assert_eq!(code, 128 + 9);

    // A polite request to end is for the program.
    let mut command = call(scratch.path(), "run crash.c -- wait");
    let mut child = command
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let output = child.stdout.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)
        .expect("the program writes");
    assert_eq!(line, "waiting\n");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let patience = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        assert!(
            Instant::now() < patience,
            "SIGTERM does not reach the program"
        );
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(128 + 15));
    let left: Vec<_> = std::fs::read_dir(&temporary)
        .expect("it is there")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_missing_compiler_is_named() {
    let scratch = scratch();
    write(scratch.path(), "width.c", WIDTH);
    let mut command = call(scratch.path(), "cc width.c");
    let (code, _, messages) = finish(command.env("CC", "no-such-compiler -O2"));
    assert_eq!(code, 3);
    assert!(
        messages.contains("there is no C compiler `no-such-compiler`")
            && messages.contains("The variable CC names it"),
        "{messages}"
    );
    let mut command = call(scratch.path(), "cc main.cpp");
    let (code, _, messages) = finish(command.env("PATH", scratch.path()));
    assert_eq!(code, 3);
    assert!(
        messages.contains("`g++`") && messages.contains("apt install g++"),
        "{messages}"
    );
}

#[test]
fn another_compiler_can_be_chosen_with_arguments() {
    let scratch = scratch();
    write(
        scratch.path(),
        "word.c",
        "int main(void) { return WORD_OF_CC; }\n",
    );
    let mut command = call(scratch.path(), "run word.c");
    let (code, _, messages) = finish(command.env("CC", "gcc  -DWORD_OF_CC=5"));
    assert_eq!(code, 5, "{messages}");
}

#[test]
fn being_its_own_compiler_ends_at_the_systems() {
    let scratch = scratch();
    write(scratch.path(), "width.c", WIDTH);
    let winpages = env!("CARGO_BIN_EXE_winpages");
    // What `make CC="winpages cc"` exports.
    let mut command = call(scratch.path(), "run width.c");
    let (code, output, messages) = finish(command.env("CC", format!("{winpages} cc")));
    assert_eq!((code, output.as_str()), (0, "2 2\n"), "{messages}");
    // A script that leads back.
    let script = write(
        scratch.path(),
        "compiler",
        &format!("#!/bin/sh\nexec {winpages} cc \"$@\"\n"),
    );
    let script = scratch.path().join(script);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, executable).expect("it is ours");
    let mut command = call(scratch.path(), "run width.c");
    let (code, output, messages) = finish(command.env("CC", script));
    assert_eq!((code, output.as_str()), (0, "2 2\n"), "{messages}");
}

#[test]
fn a_missing_header_is_explained_after_the_compilers_own_words() {
    let scratch = scratch();
    write(
        scratch.path(),
        "graphics.c",
        "#include <windows.h>\n#include <d3d11.h>\nint main(void) { return 0; }\n",
    );
    let (code, _, messages) = finish(&mut call(scratch.path(), "cc graphics.c"));
    assert_eq!(code, 1);
    let compiler = messages.find("fatal error: d3d11.h: No such file");
    let advice = messages.find("`d3d11.h` is not among the headers that winpages offers,");
    assert!(compiler.is_some() && compiler < advice, "{messages}");
}

#[test]
fn a_compile_error_is_the_compilers_own() {
    let scratch = scratch();
    write(scratch.path(), "wrong.c", "int main(void) { return }\n");
    let (code, _, messages) = finish(&mut call(scratch.path(), "run wrong.c"));
    assert_eq!(code, 1);
    assert!(messages.contains("wrong.c:1:25: error:"), "{messages}");
    assert!(!messages.contains("winpages:"), "{messages}");
}

#[test]
fn permissive_code_gets_advice() {
    let scratch = scratch();
    write(
        scratch.path(),
        "old.cpp",
        "int main() { void *memory = 0; char *text = memory; return text != 0; }\n",
    );
    let (code, _, messages) = finish(&mut call(scratch.path(), "run old.cpp"));
    assert_eq!(code, 1);
    assert!(messages.contains("`-fpermissive` makes"), "{messages}");
    let (code, ..) = finish(&mut call(scratch.path(), "run -fpermissive -w old.cpp"));
    assert_eq!(code, 0);
}

#[test]
fn a_source_of_the_other_width_gets_advice() {
    let scratch = scratch();
    for (text, flags, advice) in [
        ("L\"wide\"", "", "compile it with `-DUNICODE -D_UNICODE`"),
        ("\"narrow\"", "-DUNICODE", "compile it without -DUNICODE"),
    ] {
        let source = format!(
            "#include <windows.h>\nint main() {{ OpenFileMapping(FILE_MAP_READ, FALSE, {text}); }}\n"
        );
        write(scratch.path(), "name.cpp", &source);
        let line = format!("cc {flags} name.cpp");
        let (code, _, messages) = finish(&mut call(scratch.path(), &line));
        assert_eq!(code, 1);
        assert!(messages.contains(advice), "{messages}");
    }
}

#[test]
fn functions_that_are_not_offered_are_listed() {
    let scratch = scratch();
    write(
        scratch.path(),
        "window.c",
        "int CreateWindowExW(void);\nint main(void) { return CreateWindowExW(); }\n",
    );
    let (code, _, messages) = finish(&mut call(scratch.path(), "cc window.c"));
    assert_eq!(code, 1);
    assert!(
        messages.contains("nor by libkernel32: CreateWindowExW\n"),
        "{messages}"
    );
}

#[test]
fn a_broken_installation_is_explained() {
    let scratch = scratch();
    write(scratch.path(), "width.c", WIDTH);
    let mut command = call(scratch.path(), "cc width.c");
    let (code, _, messages) = finish(command.env("WINPAGES_HOME", scratch.path()));
    assert_eq!(code, 3);
    assert!(
        messages.contains("WINPAGES_HOME is set to") && messages.contains("windows.h"),
        "{messages}"
    );
}

#[test]
fn an_installation_is_found_beside_the_executable() {
    let scratch = scratch();
    let prefix = scratch.path().join("prefix");
    for directory in ["bin", "lib", "include"] {
        std::fs::create_dir_all(prefix.join(directory)).expect("can be written");
    }
    let built = Path::new(env!("CARGO_BIN_EXE_winpages"));
    let kernel32 = Path::new(env!("CARGO_MANIFEST_DIR")).join("../winpages-kernel32");
    let library = built.with_file_name("deps").join("libkernel32.so");
    std::fs::copy(built, prefix.join("bin/winpages")).expect("the executable is copied");
    std::fs::copy(library, prefix.join("lib/libkernel32.so")).expect("the library is copied");
    for (from, to) in [("include", "include/winpages"), ("crt", "lib/winpages")] {
        std::os::unix::fs::symlink(kernel32.join(from), prefix.join(to)).expect("can be written");
    }

    write(scratch.path(), "width.c", WIDTH);
    let mut command = Command::new(prefix.join("bin/winpages"));
    command.args(["cc", "width.c", "-o", "width"]);
    let command = command
        .current_dir(scratch.path())
        .env_remove("WINPAGES_HOME");
    let (code, _, messages) = finish(command);
    assert_eq!(code, 0, "{messages}");
    let mut program = Command::new(scratch.path().join("width"));
    // Cargo's names its target directory, where another libkernel32 lies.
    let (code, output, _) = finish(program.env_remove("LD_LIBRARY_PATH"));
    assert_eq!((code, output.as_str()), (0, "2 2\n"));
    let program = std::fs::read(scratch.path().join("width")).expect("it was made");
    let run_path = prefix.join("lib").into_os_string().into_encoded_bytes();
    assert!(memchr::memmem::find(&program, &run_path).is_some());
}

#[test]
fn run_refuses_what_makes_no_program() {
    let scratch = scratch();
    for line in [
        "run -c width.c",
        "run -shared width.c",
        "run -v",
        "run -o out width.c",
    ] {
        let (code, _, messages) = finish(&mut call(scratch.path(), line));
        assert_eq!(code, 2, "{line}: {messages}");
    }
    let (code, ..) = finish(&mut call(scratch.path(), "run"));
    assert_eq!(code, 2);
}

/// Placeholders and the views in them are called by their names, as any function is.
#[test]
fn the_ring_buffer_has_no_seam() {
    let scratch = scratch();
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/win32/ring_buffer.cpp");
    let mut command = winpages();
    command.current_dir(scratch.path()).arg("run").arg(example);
    let (code, output, messages) = finish(&mut command);
    assert_eq!(
        (code, output.as_str()),
        (
            0,
            "written over the end: from the end to the beginning\nat the beginning: to the beginning\n"
        ),
        "{messages}"
    );
}
