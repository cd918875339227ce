//! Where winpages' headers and library are.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Reason};

/// The places that compiling and linking need.
#[derive(Debug)]
pub struct Home {
    /// The directory that holds `windows.h`.
    pub include: PathBuf,
    /// The directory that holds `libkernel32.so`.
    pub library: PathBuf,
    /// The directory of what is linked into programs: `start.c` and `wide-templates.map`.
    pub crt: PathBuf,
}

impl Home {
    /// Finds them: where `WINPAGES_HOME` says, else beside the running executable as installed
    /// (`bin/winpages`, `lib/libkernel32.so`, `include/winpages/windows.h`), else in the source
    /// tree that this executable was built from.
    pub fn find() -> Result<Self, Failure> {
        if let Some(root) = env::var_os("WINPAGES_HOME").filter(|root| !root.is_empty()) {
            let root = Path::new(&root);
            let home = Self::installed_in(root);
            return home.checked(&format!("WINPAGES_HOME is set to {}", root.display()));
        }
        let executable = env::current_exe()
            .map_err(|error| Failure::from_io("cannot find the winpages executable", &error))?;
        let directory = executable.parent().unwrap_or(Path::new("/"));
        let installed = Self::installed_in(directory.parent().unwrap_or(Path::new("/")));
        if installed.include.join("windows.h").is_file() {
            return installed.checked("winpages is not installed whole");
        }
        Self::in_source_tree(directory).checked(
            "winpages is neither installed (bin/winpages, lib/libkernel32.so, \
             include/winpages/windows.h)\nnor running from its source tree",
        )
    }

    /// The layout under an installation's root, such as `/usr/local`.
    fn installed_in(root: &Path) -> Self {
        Self {
            include: root.join("include/winpages"),
            library: root.join("lib"),
            crt: root.join("lib/winpages"),
        }
    }

    /// The layout while winpages is developed: `executable_directory` is `target/debug` or
    /// `target/release`.
    fn in_source_tree(executable_directory: &Path) -> Self {
        let kernel32 = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../winpages-kernel32"));
        let kernel32 = kernel32.canonicalize().unwrap_or(kernel32.to_path_buf());
        // Cargo links libraries in deps/ and puts a hard link beside the executable only when they
        // were asked for by name: the one in deps/ is never out of date.
        let deps = executable_directory.join("deps");
        let library = if deps.join("libkernel32.so").is_file() {
            deps
        } else {
            executable_directory.to_path_buf()
        };
        Self {
            include: kernel32.join("include"),
            library,
            crt: kernel32.join("crt"),
        }
    }

    fn checked(self, situation: &str) -> Result<Self, Failure> {
        let needed = [
            self.include.join("windows.h"),
            self.library.join("libkernel32.so"),
            self.crt.join("start.c"),
        ];
        match needed.iter().find(|path| !path.is_file()) {
            None => Ok(self),
            Some(missing) => Err(Failure::new(
                Reason::NotFound,
                format!(
                    "{situation}: there is no {}\n\
                     In a source tree, `cargo build --workspace` makes the library; elsewhere, set \
                     WINPAGES_HOME\n\
                     to the directory that holds lib/libkernel32.so, lib/winpages/start.c and \
                     include/winpages/windows.h.",
                    missing.display()
                ),
            )),
        }
    }
}
