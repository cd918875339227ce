//! What a compiler's command line asks for.
//!
//! winpages has no options of its own for the compiler: it only needs to know which compiler to
//! call (C or C++), whether it will link, and which of the arguments are Windows' own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use memchr::memmem;

/// Options of gcc and clang whose value is the next argument.
const OPTIONS_WITH_VALUE: &[&str] = &[
    "-o",
    "-x",
    "-I",
    "-D",
    "-U",
    "-L",
    "-l",
    "-T",
    "-u",
    "-z",
    "-e",
    "-G",
    "-A",
    "-B",
    "-MF",
    "-MT",
    "-MQ",
    "-include",
    "-imacros",
    "-isystem",
    "-iquote",
    "-idirafter",
    "-iprefix",
    "-iwithprefix",
    "-iwithprefixbefore",
    "-isysroot",
    "-imultilib",
    "-aux-info",
    "-dumpbase",
    "-dumpbase-ext",
    "-dumpdir",
    "-wrapper",
    "--param",
    "-specs",
    "-target",
    "-arch",
    "-Xlinker",
    "-Xassembler",
    "-Xpreprocessor",
    "-Xclang",
    "-mllvm",
];

/// Options that end the work before anything is linked.
const STOPS_BEFORE_LINKING: &[&str] = &["-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "-r"];

/// What mingw's compilers choose with these, the start file finds out by itself.
const MINGW_ONLY: &[&str] = &["-municode", "-mwindows", "-mconsole", "-mthreads"];

/// Windows' libraries that libkernel32 stands for.
const WINDOWS_LIBRARIES: &[&str] = &[
    "kernel32",
    "kernelbase",
    "ntdll",
    "psapi",
    "advapi32",
    "user32",
];

/// Text that is in the symbol table of nearly every object compiled from C++: the exception
/// handler, the `std` namespace, `operator new` and `operator delete`, virtual tables.
const CPLUSPLUS_SYMBOLS: &[&str] = &[
    "__gxx_personality_v0",
    "_ZNSt",
    "_ZNKSt",
    "_ZSt",
    "_Znwm",
    "_Znam",
    "_ZdlPv",
    "_ZTV",
];

/// What the compiler is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// No linking: objects, assembly, preprocessed text, or only an answer such as `--version`.
    Unlinked,
    /// A shared library.
    SharedLibrary,
    /// A program.
    Program,
}

/// A compiler's command line, read.
#[derive(Debug)]
pub struct CompilerArguments {
    /// The arguments for the compiler, without those that only mean something on Windows.
    pub passed: Vec<OsString>,
    /// What is to be made.
    pub product: Product,
    /// Whether the C++ compiler is needed.
    pub cplusplus: bool,
    /// Whether `-fpermissive` is among the flags.
    pub permissive: bool,
}

impl CompilerArguments {
    /// Reads `arguments` as gcc does.
    pub fn read(arguments: Vec<OsString>) -> Self {
        let mut kept = Vec::new();
        let mut inputs = 0;
        let mut cplusplus = false;
        let mut permissive = false;
        let mut linked = Product::Program;
        let mut stops = false;
        let mut forced_language = false;
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let text = argument.to_string_lossy().into_owned();
            if MINGW_ONLY.contains(&text.as_str()) || is_windows_library(&text) {
                continue;
            }
            if OPTIONS_WITH_VALUE.contains(&text.as_str()) {
                let value = rest.next();
                let value_text = value.as_deref().unwrap_or_default().to_string_lossy();
                if text == "-l" && is_windows_library(&format!("-l{value_text}")) {
                    continue;
                }
                if text == "-x" {
                    forced_language = value_text != "none";
                    cplusplus |= value_text.starts_with("c++");
                }
                kept.push(Argument::Option(argument));
                kept.extend(value.map(Argument::Option));
                continue;
            }
            if let Some(language) = text.strip_prefix("-x") {
                forced_language = language != "none";
                cplusplus |= language.starts_with("c++");
            }
            stops |= STOPS_BEFORE_LINKING.contains(&text.as_str());
            permissive |= text == "-fpermissive";
            if text == "-shared" {
                linked = Product::SharedLibrary;
            }
            if text.starts_with('-') && text != "-" {
                kept.push(Argument::Option(argument));
                continue;
            }
            inputs += 1;
            if forced_language {
                kept.push(Argument::Option(argument));
            } else {
                cplusplus |= is_cplusplus(&argument);
                kept.push(Argument::Input(argument));
            }
        }
        Self {
            passed: kept
                .into_iter()
                .flat_map(|argument| argument.for_compiler(cplusplus))
                .collect(),
            product: if stops || inputs == 0 {
                Product::Unlinked
            } else {
                linked
            },
            cplusplus,
            permissive,
        }
    }
}

enum Argument {
    Option(OsString),
    Input(OsString),
}

impl Argument {
    /// The C++ compiler takes a `.c` file for C++ unless it is told otherwise.
    fn for_compiler(self, cplusplus: bool) -> Vec<OsString> {
        match self {
            Self::Input(input) if cplusplus => match extension(&input) {
                Some("c") => vec!["-x".into(), "c".into(), input, "-x".into(), "none".into()],
                _ => vec![input],
            },
            Self::Input(argument) | Self::Option(argument) => vec![argument],
        }
    }
}

fn extension(file: &OsStr) -> Option<&str> {
    Path::new(file).extension()?.to_str()
}

/// `-lkernel32`, or `kernel32.lib` as Visual C++'s linker is given it.
fn is_windows_library(argument: &str) -> bool {
    let name = argument.to_ascii_lowercase();
    name.strip_prefix("-l")
        .or_else(|| name.strip_suffix(".lib"))
        .is_some_and(|name| WINDOWS_LIBRARIES.contains(&name))
}

fn is_cplusplus(input: &OsStr) -> bool {
    match extension(input) {
        Some("cpp" | "cc" | "cxx" | "C" | "c++" | "cp" | "CPP" | "ii") => true,
        Some("o" | "obj" | "a") => fs::read(input).is_ok_and(|object| {
            CPLUSPLUS_SYMBOLS
                .iter()
                .any(|symbol| memmem::find(&object, symbol.as_bytes()).is_some())
        }),
        _ => false,
    }
}

/// Splits what `CC` or `CXX` says, as `make` would: a program, then arguments.
pub fn words(command: &OsStr) -> Vec<OsString> {
    command
        .as_bytes()
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| OsStr::from_bytes(word).to_os_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> CompilerArguments {
        CompilerArguments::read(words(OsStr::new(line)))
    }

    fn passed(line: &str) -> String {
        let passed = read(line).passed;
        let passed: Vec<_> = passed.iter().map(|word| word.to_string_lossy()).collect();
        passed.join(" ")
    }

    #[test]
    fn unknown_flags_and_their_order_are_kept() {
        let line = "-O2 -DX=1 -I include main.c -Wl,-z,now -pthread -o out --param max=3 util.o";
        assert_eq!(passed(line), line);
    }

    #[test]
    fn the_product_is_what_gcc_would_make() {
        assert_eq!(read("a.c").product, Product::Program);
        assert_eq!(read("-shared a.c -o a.so").product, Product::SharedLibrary);
        assert_eq!(read("-x c -").product, Product::Program);
        for line in ["-c a.c", "-S a.c", "-E a.c", "-MM a.c", "--version", "-v"] {
            assert_eq!(read(line).product, Product::Unlinked, "{line}");
        }
        // The value of an option is no option.
        assert_eq!(read("a.c -o -c").product, Product::Program);
    }

    #[test]
    fn one_cplusplus_source_calls_the_cplusplus_compiler() {
        assert!(!read("a.c b.o -o a.cpp").cplusplus);
        for line in [
            "a.cpp", "a.c b.cc", "a.cxx", "a.C", "a.c++", "-x c++ a", "-xc++ -",
        ] {
            assert!(read(line).cplusplus, "{line}");
        }
    }

    #[test]
    fn c_stays_c_beside_cplusplus() {
        assert_eq!(passed("a.c b.cpp"), "-x c a.c -x none b.cpp");
        assert_eq!(passed("-x c++ a.c"), "-x c++ a.c");
        assert_eq!(
            passed("-x c++ b -x none a.c"),
            "-x c++ b -x none -x c a.c -x none"
        );
    }

    #[test]
    fn what_only_means_something_on_windows_is_dropped() {
        let line = "-municode -mwindows a.c -lkernel32 -l psapi -lm Kernel32.lib -lADVAPI32 -o a";
        assert_eq!(passed(line), "a.c -lm -o a");
    }
}
