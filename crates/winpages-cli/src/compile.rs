//! `winpages cc`: a Win32 program by the system's own compiler.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use crate::compiler_arguments::{CompilerArguments, Product, words};
use crate::diagnosis::{self, Compilation};
use crate::failure::{Failure, Reason, say};
use crate::home::Home;

/// As much of what the compiler says as is kept to look for causes.
const KEPT_MESSAGES: usize = 1 << 20;

/// What makes the compiler see a Windows system. `-fshort-wchar`: WCHAR has 16 bits there.
const BEFORE: &[&str] = &[
    "-fshort-wchar",
    "-D_WIN32",
    "-D_WIN64",
    "-D_M_X64=100",
    "-D_M_AMD64=100",
    "-include",
    "winpages/prelude.h",
];

/// glibc's checked wide functions believe that wchar_t has 32 bits. After the user's flags, because
/// distributions add `-D_FORTIFY_SOURCE` to them.
const AFTER: &[&str] = &["-U_FORTIFY_SOURCE"];

/// `winpages cc ARGUMENTS`: the exit code is the compiler's.
pub fn cc(arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    compile(CompilerArguments::read(arguments)).map(exit_code)
}

/// The exit code that stands for how a process ended: its own, or 128 and the signal's number.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .or(status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Calls the compiler; when it fails, says after its own messages what can be done.
pub fn compile(arguments: CompilerArguments) -> Result<ExitStatus, Failure> {
    let home = Home::find()?;
    let compiler = Compiler::chosen(arguments.cplusplus);

    let mut command = compiler.for_windows(&home);
    if io::stderr().is_terminal() {
        // The compiler writes into a pipe and would take that for a reason to do without.
        command.arg("-fdiagnostics-color=always");
    }
    command.args(&arguments.passed).args(AFTER);

    let scratch = tempfile::Builder::new()
        .prefix("winpages-cc-")
        .tempdir()
        .map_err(|error| Failure::from_io("cannot make a temporary directory", &error))?;
    if arguments.product == Product::Program {
        let start = scratch.path().join("start.o");
        // By a call of its own: the user's flags (-std=c++20, -Werror) are not meant for it.
        let mut start_command = compiler.for_windows(&home);
        start_command
            .args(["-O2", "-fPIC", "-w", "-x", "c", "-c"])
            .arg(home.crt.join("start.c"))
            .arg("-o")
            .arg(&start)
            .args(AFTER);
        let (status, _) = compiler.run(start_command)?;
        if !status.success() {
            return Ok(status);
        }
        // Whatever language the user's last -x forced.
        command.args(["-x", "none"]).arg(start);
    }
    if arguments.product != Product::Unlinked {
        let mut run_path = OsString::from("-Wl,-rpath,");
        run_path.push(&home.library);
        command
            .arg("-pthread")
            .arg("-L")
            .arg(&home.library)
            .arg("-lkernel32")
            .arg(run_path);
        if arguments.cplusplus {
            // The wide templates are instantiated in the program for a 16-bit wchar_t, and must not
            // stand in for those of other libraries.
            let mut hidden = OsString::from("-Wl,--version-script=");
            hidden.push(home.crt.join("wide-templates.map"));
            command.arg(hidden);
        }
    }

    let (status, messages) = compiler.run(command)?;
    if !status.success() {
        let compilation = Compilation {
            messages: &messages,
            include: &home.include,
            cplusplus: arguments.cplusplus,
            permissive: arguments.permissive,
        };
        if let Some(advice) = diagnosis::advice(&compilation) {
            say(&advice);
        }
    }
    Ok(status)
}

/// Whether a word of a command is the path or the name of this executable.
fn is_winpages(word: &OsStr) -> bool {
    Path::new(word).file_name().is_some_and(|name| {
        name == "winpages" || env::current_exe().is_ok_and(|own| own.file_name() == Some(name))
    })
}

/// The C or C++ compiler to call.
struct Compiler {
    /// The variable that can choose another one.
    variable: &'static str,
    /// Whether the variable did.
    from_variable: bool,
    /// The program and its first arguments.
    words: Vec<OsString>,
    cplusplus: bool,
}

impl Compiler {
    fn chosen(cplusplus: bool) -> Self {
        let (variable, default) = if cplusplus {
            ("CXX", "g++")
        } else {
            ("CC", "gcc")
        };
        let named = env::var_os(variable)
            .map(|value| words(&value))
            .unwrap_or_default();
        // `make CC="winpages cc"` exports CC: it does not say which compiler winpages is to call.
        let from_variable = !named.is_empty() && !named.iter().any(|word| is_winpages(word));
        Self {
            variable,
            from_variable,
            words: if from_variable {
                named
            } else {
                vec![default.into()]
            },
            cplusplus,
        }
    }

    /// A call of the compiler as one for Windows.
    fn for_windows(&self, home: &Home) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        // Should it be a script that comes back to winpages, it finds the system's compiler then.
        command.env_remove("CC").env_remove("CXX");
        command.args(BEFORE).arg("-isystem").arg(&home.include);
        command
    }

    /// Runs `command`, passing on what it writes to standard error as it comes, and gives that
    /// back too.
    fn run(&self, mut command: Command) -> Result<(ExitStatus, Vec<u8>), Failure> {
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.cannot_start(&error))?;
        let mut kept = Vec::new();
        if let Some(mut messages) = child.stderr.take() {
            let mut buffer = [0; 4096];
            // A reader that went away (`2>&1 | head`) does not stop the compiler.
            while let Ok(length @ 1..) = messages.read(&mut buffer) {
                let _ = io::stderr().write_all(&buffer[..length]);
                if kept.len() < KEPT_MESSAGES {
                    kept.extend_from_slice(&buffer[..length]);
                }
            }
        }
        let status = child
            .wait()
            .map_err(|error| Failure::from_io("cannot wait for the compiler", &error))?;
        Ok((status, kept))
    }

    fn cannot_start(&self, error: &io::Error) -> Failure {
        let program = self.words[0].to_string_lossy();
        if error.kind() != io::ErrorKind::NotFound {
            return Failure::from_io(format!("cannot start the compiler `{program}`"), error);
        }
        let language = if self.cplusplus { "C++" } else { "C" };
        let variable = self.variable;
        let advice = if self.from_variable {
            format!("The variable {variable} names it. Unset it to use the system's compiler.")
        } else {
            let (debian, fedora) = if self.cplusplus {
                ("g++", "gcc-c++")
            } else {
                ("gcc", "gcc")
            };
            format!(
                "Install it (Debian, Ubuntu: `sudo apt install {debian}`; Fedora: `sudo dnf \
                 install {fedora}`;\nArch: `sudo pacman -S gcc`), or name another with {variable}, \
                 such as {variable}={}.",
                if self.cplusplus { "clang++" } else { "clang" }
            )
        };
        Failure::new(
            Reason::NotFound,
            format!("there is no {language} compiler `{program}`\n{advice}"),
        )
    }
}
