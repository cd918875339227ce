//! Writes down the second name that each of ntdll's calls has: NtClose is ZwClose, too.
//!
//! Which there are is read off the sources, so that none can be forgotten.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let sources = Path::new("src");
    println!("cargo::rerun-if-changed=src");
    let mut names = BTreeSet::new();
    collect(sources, &mut names);
    let mut code = String::from("unsafe extern \"C\" {\n");
    for name in &names {
        writeln!(code, "    fn Nt{name}();").unwrap();
    }
    code.push_str("}\n");
    for name in &names {
        writeln!(
            code,
            "#[unsafe(no_mangle)]\n#[unsafe(naked)]\nextern \"C\" fn Zw{name}() {{\n    \
             core::arch::naked_asm!(\"jmp {{}}\", sym Nt{name})\n}}"
        )
        .unwrap();
    }
    let names: Vec<_> = names.into_iter().collect();
    writeln!(
        code,
        "#[cfg(test)]\npub(crate) const NAMES: &[&str] = &{names:?};"
    )
    .unwrap();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(out.join("zw.rs"), code).expect("the directory is cargo's");
}

/// The names, without their first two letters, of the functions below a directory that have two.
fn collect(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("the sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap_or_default();
        let definitions = source.lines().filter(|line| line.contains("extern \"C"));
        for after in definitions.filter_map(|line| line.split(" fn Nt").nth(1)) {
            let name = after.split('(').next().unwrap_or_default();
            // An instruction of the caller's own on Windows, not a call.
            if name != "CurrentTeb" {
                names.insert(name.to_owned());
            }
        }
    }
}
