//! What processes there are, their threads, and the programs and libraries that they have loaded.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use super::Target;
use crate::NtStatus;
use crate::address_space::{MemoryKind, layout::maximum_application_address};
use crate::sys::{descriptors, proc_text, procmap};

/// A process, as far as anybody may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProcess {
    /// Its number.
    pub number: u32,
    /// The number of the process that started it, or of one that has adopted it since.
    pub parent: u32,
    /// How many threads it has.
    pub threads: u32,
    /// Its program's name, without a directory; of a process that this one may not look into, the first 15
    /// bytes of it.
    pub name: String,
}

/// A program or library that a process has loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedImage {
    /// Its first byte.
    pub base: usize,
    /// How many bytes from there to its end.
    pub size: usize,
    /// Its file.
    pub path: PathBuf,
}

/// All processes, in the order of their numbers.
pub fn processes() -> Vec<ListedProcess> {
    let mut numbers: Vec<u32> = descriptors::processes().collect();
    numbers.sort_unstable();
    // One that has ended meanwhile is left out.
    numbers.into_iter().filter_map(listed).collect()
}

fn listed(number: u32) -> Option<ListedProcess> {
    const STATE: usize = 3;
    const PARENT: usize = 4;
    const THREADS: usize = 20;
    let path = CString::new(format!("/proc/{number}/stat")).ok()?;
    let mut buffer = [0; 1024];
    let text = proc_text::read(&path, &mut buffer).ok()?;
    // The name is in parentheses, and may hold anything.
    let start = text.iter().position(|byte| *byte == b'(')? + 1;
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let field = |number| proc_text::number(proc_text::stat_field(text, number)?);
    let threads = field(THREADS)? as u32;
    // One that has ended keeps its number until its parent takes note. The first thread of one that has not may have
    // ended, too, and still counts then.
    let has_ended = matches!(proc_text::stat_field(text, STATE)?, b"Z" | b"X");
    if has_ended && threads <= 1 {
        return None;
    }
    let short = String::from_utf8_lossy(text.get(start..end)?).into_owned();
    let name = program_of(number)
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or(short);
    Some(ListedProcess {
        number,
        parent: field(PARENT)? as u32,
        threads,
        name,
    })
}

/// The numbers of a process's threads, in order; the first is the process's own.
pub fn threads(process: u32) -> Vec<u32> {
    let mut numbers: Vec<u32> =
        descriptors::numbers_in(Path::new(&format!("/proc/{process}/task"))).collect();
    numbers.sort_unstable();
    numbers
}

/// The file of a process's program.
fn program_of(process: u32) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    // So the kernel writes it when the file has been deleted.
    let text = path
        .to_str()
        .and_then(|text| text.strip_suffix(" (deleted)"));
    Some(text.map_or(path.clone(), PathBuf::from))
}

impl Target {
    /// The file of the process's program.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if this process may not look into that one, or it has ended.
    pub fn program(&self) -> Result<PathBuf, NtStatus> {
        program_of(self.number()).ok_or(NtStatus::ACCESS_DENIED)
    }

    /// The program and the libraries that the process has loaded, the program first.
    ///
    /// # Errors
    ///
    /// As [`super::query_virtual_memory`].
    pub fn images(&self) -> Result<Vec<LoadedImage>, NtStatus> {
        let mut images: Vec<LoadedImage> = Vec::new();
        let mut at = 0;
        while at < maximum_application_address() {
            let region = super::query_virtual_memory(self, at)?;
            at = region.base_address + region.region_size;
            if region.kind != MemoryKind::Image {
                continue;
            }
            match images.last_mut() {
                Some(image) if image.base == region.allocation_base => image.size = at - image.base,
                _ => {
                    let path = procmap::path_of(self.number(), region.base_address..at).ok();
                    // The kernel's own page of code is no file's.
                    if let Some(path) = path {
                        images.push(LoadedImage {
                            base: region.allocation_base,
                            size: at - region.allocation_base,
                            path,
                        });
                    }
                }
            }
        }
        if let Ok(program) = self.program() {
            images.sort_by_key(|image| image.path != program);
        }
        Ok(images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process;

    #[test]
    fn who_has_ended_is_not_listed() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let mut running = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let lists = |number| processes().iter().any(|one| one.number == number);
        // It is only waited for below, and is a zombie before long.
        while lists(ended.id()) {
            std::thread::yield_now();
        }
        assert!(std::path::Path::new(&format!("/proc/{}", ended.id())).exists());
        assert!(lists(running.id()));
        running.kill().unwrap();
        running.wait().unwrap();
        ended.wait().unwrap();
    }

    #[test]
    fn this_process_is_listed() {
        let own = process::own_number();
        let all = processes();
        let listed = all.iter().find(|one| one.number == own).unwrap();
        assert_eq!(listed.parent, std::os::unix::process::parent_id());
        assert!(listed.threads >= 1);
        let program = std::env::current_exe().unwrap();
        assert_eq!(listed.name, program.file_name().unwrap().to_str().unwrap());
        assert!(threads(own).contains(&own));
        let images = Target::Own.images().unwrap();
        assert_eq!(images[0].path, program);
        let here = this_process_is_listed as fn() as usize;
        assert!((images[0].base..images[0].base + images[0].size).contains(&here));
        assert!(images.iter().any(|image| {
            let name = image.path.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with("libc.")
        }));
    }
}
