//! Which processes there are, and what they have loaded.

use std::path::PathBuf;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};

use super::super::Code;
use super::code;
use super::handle::ObjectHandle;
use super::process::target;
use crate::process_list::{ListedProcess, LoadedModule};

pub(crate) fn processes() -> Result<Vec<ListedProcess>, Code> {
    let listed = process::processes().into_iter();
    Ok(listed
        .map(|one| ListedProcess {
            id: one.number,
            parent: one.parent,
            threads: one.threads,
            name: one.name,
        })
        .collect())
}

pub(crate) fn threads_of_process(process: &ObjectHandle, id: u32) -> Result<Vec<u32>, Code> {
    let target = target(process, AccessMask::empty())?;
    let threads = process::threads(id);
    Ok(match target {
        // The number may be another's by now, or that of what is left of it.
        Target::Other(other) if other.has_ended() => Vec::new(),
        _ => threads,
    })
}

pub(crate) fn modules_of_process(process: &ObjectHandle) -> Result<Vec<LoadedModule>, Code> {
    let rights = AccessMask::PROCESS_QUERY_INFORMATION | AccessMask::PROCESS_VM_READ;
    let images = target(process, rights)?.images().map_err(code)?.into_iter();
    Ok(images
        .map(|image| LoadedModule {
            base: image.base,
            size: image.size,
            path: image.path,
        })
        .collect())
}

pub(crate) fn program_of_process(process: &ObjectHandle) -> Result<PathBuf, Code> {
    target(process, AccessMask::PROCESS_QUERY_LIMITED_INFORMATION)?
        .program()
        .map_err(code)
}
