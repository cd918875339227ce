//! What the kernel knows of the mappings of this process, and of others.
//!
//! Linux 6.11 and newer answer for one address (PROCMAP_QUERY, 0.3 µs); on older kernels the text of
//! `/proc/self/maps` is read, into a buffer on the stack. Neither way allocates.

use core::fmt::Display;
use core::ops::Range;
use std::path::PathBuf;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;

use super::kept_descriptor::KeptDescriptor;
use super::memory::Access;
use super::proc_text;

/// One mapping of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What the processor may do there.
    pub access: Access,
    /// Whether writes reach others who map the same.
    pub shared: bool,
    /// Where in the file the mapping starts, in bytes.
    pub offset: u64,
    /// The file's device, major and minor number.
    pub device: (u32, u32),
    /// The file's inode number; 0 for anonymous memory.
    pub inode: u64,
    /// The size of its pages, in bytes. Kernels without PROCMAP_QUERY do not say, and 4096 is
    /// answered.
    pub page_size: u64,
}

/// `struct procmap_query` of `linux/fs.h`.
#[repr(C)]
#[derive(Default)]
struct Query {
    size: u64,
    query_flags: u64,
    query_address: u64,
    vma_start: u64,
    vma_end: u64,
    vma_flags: u64,
    vma_page_size: u64,
    vma_offset: u64,
    inode: u64,
    device_major: u32,
    device_minor: u32,
    name_size: u32,
    build_id_size: u32,
    name_address: u64,
    build_id_address: u64,
}

const READABLE: u64 = 1;
const WRITABLE: u64 = 2;
const EXECUTABLE: u64 = 4;
const SHARED: u64 = 8;
/// Answer the next mapping if none covers the address.
const COVERING_OR_NEXT: u64 = 0x10;

const PROCMAP_QUERY: ioctl::Opcode = ioctl::opcode::read_write::<Query>(b'f', 17);

const OWN: &core::ffi::CStr = c"/proc/self/maps";

/// A descriptor of this process's `/proc/self/maps`.
static MAPS: KeptDescriptor = KeptDescriptor::new();

/// The mapping that covers an address, else the next above, else `None`.
///
/// # Errors
///
/// What opening or reading `/proc/self/maps` answers: `EMFILE`, or `ENOENT` where `/proc` is not
/// mounted.
pub fn covering_or_next(address: usize) -> Result<Option<Mapping>, Errno> {
    if let Some(maps) = MAPS.get() {
        match ask(maps, address) {
            Ok(answer) => return Ok(answer),
            Err(_) => MAPS.lose(maps),
        }
    }
    let maps = open(OWN)?;
    match ask(maps.as_fd(), address) {
        Ok(answer) => {
            MAPS.keep(maps);
            Ok(answer)
        }
        Err(_) => read(maps.as_fd(), address),
    }
}

/// The mappings of any process, as long as this is held.
#[derive(Debug)]
pub struct Maps(OwnedFd);

impl Maps {
    /// Those of the process of that number.
    ///
    /// # Errors
    ///
    /// `ENOENT` or `ESRCH` if there is none, `EACCES` if this process may not look into it, `EMFILE`.
    pub fn of(process: u32) -> Result<Self, Errno> {
        let thread = super::process::living_thread(process).unwrap_or(process);
        open(format!("/proc/{thread}/maps")).map(Self)
    }

    /// Those of a process of which a descriptor was kept.
    pub fn from_descriptor(maps: OwnedFd) -> Self {
        Self(maps)
    }

    /// The descriptor, to keep it.
    pub fn into_descriptor(self) -> OwnedFd {
        self.0
    }

    /// The mapping that covers an address, else the next above, else `None`: a process that has ended,
    /// or become another program since, has none.
    ///
    /// # Errors
    ///
    /// What reading the file answers.
    pub fn covering_or_next(&self, address: usize) -> Result<Option<Mapping>, Errno> {
        match ask(self.0.as_fd(), address) {
            Ok(answer) => Ok(answer),
            Err(_) => read(self.0.as_fd(), address),
        }
    }
}

/// Where a process that is another has pages locked in memory; nowhere if it cannot be asked. Only the long
/// form of the kernel's list of mappings tells that, so it is read only if anything is locked at all.
/// Allocates.
pub fn locked_ranges(process: u32) -> Vec<Range<usize>> {
    let is_anything = std::fs::read(format!("/proc/{process}/status"))
        .is_ok_and(|status| proc_text::bytes(&status, "VmLck:").is_some_and(|size| size > 0));
    if !is_anything {
        return Vec::new();
    }
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps")).unwrap_or_default();
    let mut mapping = None;
    let mut locked = Vec::new();
    for line in text.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if flags.split_whitespace().any(|flag| flag == "lo") {
                locked.extend(mapping.take());
            }
        } else if let Some((start, end)) = line
            .split_once(' ')
            .and_then(|(range, _)| range.split_once('-'))
            && let (Ok(start), Ok(end)) = (
                usize::from_str_radix(start, 16),
                usize::from_str_radix(end, 16),
            )
        {
            mapping = Some(start..end);
        }
    }
    locked
}

/// The path of the file that a process, by its number or `self`, has mapped at exactly these addresses.
/// Allocates, unlike the rest.
///
/// # Errors
///
/// What reading a link in `/proc/PID/map_files` answers: `ENOENT` if there is no such mapping, or it
/// maps no file.
pub fn path_of(process: impl Display, pages: Range<usize>) -> std::io::Result<PathBuf> {
    std::fs::read_link(format!(
        "/proc/{process}/map_files/{:x}-{:x}",
        pages.start, pages.end
    ))
}

/// Forgets the kept descriptor: in the child after a fork it shows the parent's mappings.
pub fn forget_after_fork() {
    MAPS.forget_after_fork();
}

fn open(path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn ask(maps: BorrowedFd<'_>, address: usize) -> Result<Option<Mapping>, Errno> {
    let mut query = Query {
        size: size_of::<Query>() as u64,
        query_flags: COVERING_OR_NEXT,
        query_address: address as u64,
        ..Query::default()
    };
    // SAFETY: PROCMAP_QUERY reads and writes one `struct procmap_query`, whose size it is told, and
    // follows no address in it while the two sizes of buffers are 0.
    let answer = unsafe {
        ioctl::ioctl(
            maps,
            ioctl::Updater::<PROCMAP_QUERY, Query>::new(&mut query),
        )
    };
    match answer {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno),
    }
    let mut access = Access::empty();
    access.set(Access::READ, query.vma_flags & READABLE != 0);
    access.set(Access::WRITE, query.vma_flags & WRITABLE != 0);
    access.set(Access::EXEC, query.vma_flags & EXECUTABLE != 0);
    Ok(Some(Mapping {
        start: query.vma_start as usize,
        end: query.vma_end as usize,
        access,
        shared: query.vma_flags & SHARED != 0,
        offset: query.vma_offset,
        device: (query.device_major, query.device_minor),
        inode: query.inode,
        page_size: query.vma_page_size,
    }))
}

/// The same from the text, line by line.
#[inline(never)]
fn read(maps: BorrowedFd<'_>, address: usize) -> Result<Option<Mapping>, Errno> {
    // Small, because this may run on a signal stack. All that is asked for stands in the first 80
    // bytes of a line; the path behind it may not fit, and is skipped.
    let mut buffer = [0u8; 512];
    let mut filled = 0;
    let mut offset = 0;
    let mut in_path = false;
    loop {
        let got = rustix::io::pread(maps, &mut buffer[filled..], offset)?;
        offset += got as u64;
        filled += got;
        let mut rest = &buffer[..filled];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if core::mem::take(&mut in_path) {
                continue;
            }
            if let Some(mapping) = parse(line).filter(|mapping| mapping.end > address) {
                return Ok(Some(mapping));
            }
        }
        if got == 0 {
            return Ok(None);
        }
        if rest.len() == buffer.len() {
            if !in_path && let Some(mapping) = parse(rest).filter(|mapping| mapping.end > address) {
                return Ok(Some(mapping));
            }
            in_path = true;
            rest = &[];
        }
        let unread = rest.len();
        buffer.copy_within(filled - unread..filled, 0);
        filled = unread;
    }
}

/// `START-END rwxp OFFSET MAJOR:MINOR INODE …`
fn parse(line: &[u8]) -> Option<Mapping> {
    let mut fields = line
        .split(|byte| *byte == b' ')
        .filter(|field| !field.is_empty());
    let (start, end) = pair(fields.next()?, b'-')?;
    let permissions = fields.next()?;
    let offset = number(fields.next()?, 16)?;
    let (major, minor) = pair(fields.next()?, b':')?;
    let inode = number(fields.next()?, 10)?;
    let mut access = Access::empty();
    access.set(Access::READ, permissions.first() == Some(&b'r'));
    access.set(Access::WRITE, permissions.get(1) == Some(&b'w'));
    access.set(Access::EXEC, permissions.get(2) == Some(&b'x'));
    Some(Mapping {
        start: start as usize,
        end: end as usize,
        access,
        shared: permissions.get(3) == Some(&b's'),
        offset,
        device: (major as u32, minor as u32),
        inode,
        page_size: 4096,
    })
}

fn pair(text: &[u8], separator: u8) -> Option<(u64, u64)> {
    let middle = text.iter().position(|byte| *byte == separator)?;
    Some((
        number(&text[..middle], 16)?,
        number(&text[middle + 1..], 16)?,
    ))
}

fn number(text: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(core::str::from_utf8(text).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use rustix::fd::AsRawFd;

    use super::*;

    #[test]
    fn both_ways_agree() {
        let maps = open(OWN).unwrap();
        let mut at = 0;
        let mut seen = 0;
        while let Some(mapping) = covering_or_next(at).unwrap() {
            // Other tests map and unmap meanwhile: only what has not moved is compared.
            let read = read(maps.as_fd(), at).unwrap();
            if covering_or_next(at).unwrap() == Some(mapping) && mapping.inode != 0 {
                assert_eq!(read, Some(mapping));
                seen += 1;
            }
            at = mapping.end;
        }
        assert!(seen > 5);
    }

    #[test]
    fn a_lost_descriptor_is_replaced() {
        covering_or_next(0).unwrap();
        if let Some(maps) = MAPS.get() {
            // SAFETY: this is what a program that closes everything does.
            unsafe { rustix::io::close(maps.as_raw_fd()) };
        }
        assert!(covering_or_next(0).unwrap().is_some());
    }
}
