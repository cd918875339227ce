//! Which processes hold handles to an object, or have views of it.
//!
//! The kernel knows: a handle is a locked file descriptor and a view is a mapping, and /proc tells both
//! for every process of the user (or for all, to root).

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::makedev;
use serde::Serialize;

/// A file's identity: its device and its inode.
pub type FileId = (u64, u64);

/// A process that holds an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// What it is called.
    pub name: String,
    /// How many descriptors of the object it has locked.
    pub handles: usize,
    /// What it has mapped of the object.
    pub views: Vec<View>,
}

/// A run of a process's addresses that shows an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// The first address.
    #[serde(serialize_with = "as_hexadecimal")]
    pub start: u64,
    /// The first address behind it.
    #[serde(serialize_with = "as_hexadecimal")]
    pub end: u64,
    /// What the first page allows, as in `/proc/PID/maps`: `rw-`.
    pub access: String,
}

/// Addresses can exceed 2^53, the largest integer that every JSON reader keeps.
fn as_hexadecimal<S: serde::Serializer>(address: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{address:#x}"))
}

/// The files by which an object's holders are known.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// What a handle has open.
    pub handles: FileId,
    /// What a view maps.
    pub views: FileId,
}

/// Who holds what.
#[derive(Debug, Default)]
pub struct Holders {
    /// The holders of each object, in the order that the objects were asked for.
    pub by_object: Vec<Vec<Holder>>,
    /// Processes that the system did not let be read.
    pub denied: Vec<u32>,
}

/// Looks through all processes for the holders of `objects`.
pub fn find(objects: &[Trace]) -> io::Result<Holders> {
    let mut holders = Holders {
        by_object: vec![Vec::new(); objects.len()],
        denied: Vec::new(),
    };
    if objects.is_empty() {
        return Ok(holders);
    }
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        match Process::read(pid) {
            Ok(process) => {
                for (trace, found) in objects.iter().zip(&mut holders.by_object) {
                    found.extend(process.holder(trace));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                holders.denied.push(pid);
            }
            // It has ended in the meantime.
            Err(_) => {}
        }
    }
    for found in &mut holders.by_object {
        found.sort_by_key(|holder| holder.pid);
    }
    holders.denied.sort_unstable();
    Ok(holders)
}

/// What a process has open and mapped.
struct Process {
    pid: u32,
    /// The numbers under which it has files open.
    open: HashMap<FileId, Vec<OsString>>,
    mapped: HashMap<FileId, Vec<View>>,
}

impl Process {
    fn read(pid: u32) -> io::Result<Self> {
        let mut process = Self {
            pid,
            open: HashMap::new(),
            mapped: HashMap::new(),
        };
        for descriptor in fs::read_dir(format!("/proc/{pid}/fd"))? {
            let descriptor = descriptor?;
            // Closed in the meantime, if it cannot be looked at.
            if let Ok(metadata) = fs::metadata(descriptor.path()) {
                let numbers = process.open.entry((metadata.dev(), metadata.ino()));
                numbers.or_default().push(descriptor.file_name());
            }
        }
        for line in fs::read(format!("/proc/{pid}/maps"))?.split(|byte| *byte == b'\n') {
            let Some((file, view)) = mapping(&String::from_utf8_lossy(line)) else {
                continue;
            };
            let views = process.mapped.entry(file).or_default();
            match views.last_mut() {
                // One view whose pages differ in protection takes several lines.
                Some(last) if last.end == view.start => last.end = view.end,
                _ => views.push(view),
            }
        }
        Ok(process)
    }

    fn holder(&self, trace: &Trace) -> Option<Holder> {
        let numbers = self.open.get(&trace.handles).into_iter().flatten();
        let handles = numbers.filter(|number| self.has_locked(number)).count();
        let views = self.mapped.get(&trace.views).cloned().unwrap_or_default();
        (handles != 0 || !views.is_empty()).then(|| Holder {
            pid: self.pid,
            name: name(self.pid),
            handles,
            views,
        })
    }
}

impl Process {
    /// Whether a descriptor holds its file, and is not there for views alone.
    fn has_locked(&self, number: &OsStr) -> bool {
        let path = Path::new("/proc")
            .join(self.pid.to_string())
            .join("fdinfo")
            .join(number);
        let facts = fs::read_to_string(path).unwrap_or_default();
        facts.lines().any(|line| line.starts_with("lock:"))
    }
}

/// What a process is called: what it calls itself, which is its executable's name unless it says
/// otherwise, but whole where the kernel keeps only the first 15 bytes.
fn name(pid: u32) -> String {
    const KEPT: usize = 15;
    let own = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let own = own.trim_end();
    let executable = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let whole = executable
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| own.len() == KEPT && name.starts_with(own));
    whole.unwrap_or_else(|| own.to_owned())
}

/// Reads a line of `/proc/PID/maps`: `start-end access offset major:minor inode path`.
fn mapping(line: &str) -> Option<(FileId, View)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let access = fields.next()?.get(..3)?.to_owned();
    let (major, minor) = fields.nth(1)?.split_once(':')?;
    let device = makedev(
        u32::from_str_radix(major, 16).ok()?,
        u32::from_str_radix(minor, 16).ok()?,
    );
    let inode = fields.next()?.parse().ok()?;
    let view = View {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        access,
    };
    Some(((device, inode), view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_whole() {
        let line = "7f12a0000000-7f12a0800000 rw-s 00000000 00:1b 4711    /dev/shm/a b (deleted)";
        let (file, view) = mapping(line).unwrap();
        assert_eq!(file, (makedev(0, 0x1b), 4711));
        assert_eq!((view.start, view.end), (0x7f12_a000_0000, 0x7f12_a080_0000));
        assert_eq!(view.access, "rw-");
        assert_eq!(mapping(""), None);
        assert_eq!(mapping("garbage"), None);
    }

    #[test]
    fn this_process_is_found_by_its_descriptor() {
        let opened = tempfile::tempfile().unwrap();
        opened.lock_shared().unwrap();
        let metadata = opened.metadata().unwrap();
        let file = (metadata.dev(), metadata.ino());
        let trace = Trace {
            handles: file,
            views: file,
        };
        let holders = &find(&[trace]).unwrap().by_object[0];
        assert_eq!(holders.len(), 1);
        assert_eq!(holders[0].pid, std::process::id());
        assert_eq!((holders[0].handles, holders[0].views.len()), (1, 0));
    }
}
