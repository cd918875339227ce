//! Snapshots of processes, threads, modules and heaps.
//!
//! A snapshot is a section, as on Windows: its handle can be inherited and closed like any other. It holds
//! four lists, and for each of them how far the program has read.

use core::ffi::c_void;
use core::mem::offset_of;

use winpages_kernel::file::path;
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::{Handle, sys::fault};

use crate::dos_error;
use crate::error_code::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NO_MORE_FILES,
    ERROR_NOACCESS,
};
use crate::file_mapping::CreateFileMappingW;
use crate::file_view::{MapViewOfFile, UnmapViewOfFile};
use crate::last_error;
use crate::process_open::OpenProcess;
use crate::security_attributes::SECURITY_ATTRIBUTES;

const TH32CS_SNAPHEAPLIST: u32 = 1;
const TH32CS_SNAPPROCESS: u32 = 2;
const TH32CS_SNAPTHREAD: u32 = 4;
const TH32CS_SNAPMODULE: u32 = 8;
const TH32CS_SNAPMODULE32: u32 = 16;
const TH32CS_INHERIT: u32 = 0x8000_0000;

const INVALID_HANDLE_VALUE: usize = usize::MAX;

/// What a snapshot begins with.
const MAGIC: u64 = u64::from_le_bytes(*b"toolhelp");

/// The priority that Windows gives to processes and threads for which nobody has asked for another.
const NORMAL_PRIORITY: i32 = 8;

const MAX_PATH: usize = 260;
const MAX_MODULE_NAME: usize = 256;

/// A list in a snapshot: where it begins, in bytes, how long it is, and which entry is read next.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct List {
    start: u32,
    count: u32,
    next: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Snapshot {
    magic: u64,
    processes: List,
    threads: List,
    modules: List,
    heaps: List,
}

/// PROCESSENTRY32, with a name of `T`s.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ProcessEntry<T> {
    size: u32,
    usage: u32,
    process: u32,
    default_heap: usize,
    module: u32,
    threads: u32,
    parent: u32,
    priority: i32,
    flags: u32,
    name: [T; MAX_PATH],
}

/// THREADENTRY32.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ThreadEntry {
    size: u32,
    usage: u32,
    thread: u32,
    process: u32,
    priority: i32,
    priority_change: i32,
    flags: u32,
}

/// MODULEENTRY32, with texts of `T`s.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ModuleEntry<T> {
    size: u32,
    module: u32,
    process: u32,
    usage: u32,
    process_usage: u32,
    base: usize,
    base_size: u32,
    handle: usize,
    name: [T; MAX_MODULE_NAME],
    path: [T; MAX_PATH],
}

/// HEAPLIST32.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HeapListEntry {
    size: usize,
    process: u32,
    heap: usize,
    flags: u32,
}

/// A text that ends in NUL, cut to the room there is.
fn wide<const ROOM: usize>(text: &str) -> [u16; ROOM] {
    let mut units = [0; ROOM];
    for (place, unit) in units[..ROOM - 1].iter_mut().zip(text.encode_utf16()) {
        *place = unit;
    }
    units
}

/// The same in UTF-8.
fn narrow<const ROOM: usize>(units: &[u16; ROOM]) -> [u8; ROOM] {
    let length = units.iter().position(|unit| *unit == 0).unwrap_or(ROOM);
    let text = String::from_utf16_lossy(&units[..length]);
    let mut end = text.len().min(ROOM - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut bytes = [0; ROOM];
    bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
    bytes
}

fn process_entries() -> Vec<ProcessEntry<u16>> {
    let entries = process::processes().into_iter();
    entries
        .map(|listed| ProcessEntry {
            size: size_of::<ProcessEntry<u16>>() as u32,
            usage: 0,
            process: listed.number,
            default_heap: 0,
            module: 0,
            threads: listed.threads,
            parent: listed.parent,
            priority: NORMAL_PRIORITY,
            flags: 0,
            name: wide(&listed.name),
        })
        .collect()
}

/// The threads of all processes.
fn thread_entries() -> Vec<ThreadEntry> {
    let processes = process::processes().into_iter();
    processes
        .flat_map(|listed| {
            let threads = process::threads(listed.number).into_iter();
            threads.map(move |thread| ThreadEntry {
                size: size_of::<ThreadEntry>() as u32,
                usage: 0,
                thread,
                process: listed.number,
                priority: NORMAL_PRIORITY,
                priority_change: 0,
                flags: 0,
            })
        })
        .collect()
}

fn module_entries(target: &Target) -> Result<Vec<ModuleEntry<u16>>, u32> {
    let images = target.images().map_err(dos_error::from_status)?.into_iter();
    Ok(images
        .map(|image| {
            let name = image.path.file_name().unwrap_or_default();
            let path = path::from_linux(&image.path);
            ModuleEntry {
                size: size_of::<ModuleEntry<u16>>() as u32,
                module: 1,
                process: target.number(),
                usage: 0xFFFF,
                process_usage: 0xFFFF,
                base: image.base,
                base_size: image.size as u32,
                handle: image.base,
                name: wide(&name.to_string_lossy()),
                path: wide(&path.unwrap_or_else(|| image.path.to_string_lossy().into_owned())),
            }
        })
        .collect())
}

fn heap_entries(target: &Target) -> Vec<HeapListEntry> {
    const HF32_DEFAULT: u32 = 1;
    // A process that does not use this library has none that anybody knows of.
    let heaps = process::heaps(target).unwrap_or_default().into_iter();
    heaps
        .enumerate()
        .map(|(index, heap)| HeapListEntry {
            size: size_of::<HeapListEntry>(),
            process: target.number(),
            heap: heap.as_raw(),
            flags: if index == 0 { HF32_DEFAULT } else { 0 },
        })
        .collect()
}

/// The bytes of entries, and where in the snapshot they begin.
fn append<T: Copy>(bytes: &mut Vec<u8>, entries: &[T]) -> List {
    let start = bytes.len();
    // SAFETY: the entries are integers and texts; what is between them is read as bytes by nobody but the
    // copy into the section, and written as whole entries.
    let raw =
        unsafe { core::slice::from_raw_parts(entries.as_ptr().cast::<u8>(), size_of_val(entries)) };
    bytes.extend_from_slice(raw);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    List {
        start: start as u32,
        count: entries.len() as u32,
        ..List::default()
    }
}

/// The process of a number, to be looked into; 0 is the calling one.
pub(crate) fn process_of(number: u32) -> Result<Target, u32> {
    if number == 0 {
        return Ok(Target::Own);
    }
    let rights = AccessMask::PROCESS_QUERY_INFORMATION | AccessMask::PROCESS_VM_READ;
    let handle = OpenProcess(rights.bits(), 0, number);
    if handle == 0 {
        return Err(last_error::get());
    }
    let target = process::reference_process(Handle::from_value(handle), rights);
    crate::handle::CloseHandle(handle);
    target.map_err(dos_error::from_status)
}

fn take(flags: u32, number: u32) -> Result<Vec<u8>, u32> {
    let of_process = flags & (TH32CS_SNAPHEAPLIST | TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32) != 0;
    let target = process_of(if of_process { number } else { 0 })?;
    let mut bytes = vec![0; size_of::<Snapshot>()];
    let mut snapshot = Snapshot {
        magic: MAGIC,
        processes: List::default(),
        threads: List::default(),
        modules: List::default(),
        heaps: List::default(),
    };
    if flags & TH32CS_SNAPPROCESS != 0 {
        snapshot.processes = append(&mut bytes, &process_entries());
    }
    if flags & TH32CS_SNAPTHREAD != 0 {
        snapshot.threads = append(&mut bytes, &thread_entries());
    }
    if flags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32) != 0 {
        snapshot.modules = append(&mut bytes, &module_entries(&target)?);
    }
    if flags & TH32CS_SNAPHEAPLIST != 0 {
        snapshot.heaps = append(&mut bytes, &heap_entries(&target));
    }
    // SAFETY: words without a gap between them, at the start of more bytes than they are.
    unsafe {
        bytes
            .as_mut_ptr()
            .cast::<Snapshot>()
            .write_unaligned(snapshot)
    };
    Ok(bytes)
}

/// CreateToolhelp32Snapshot: what processes and threads there are, and what modules and heaps one of them has;
/// 0 is the calling one. Of processes that do not use this library, no heaps.
#[unsafe(no_mangle)]
pub extern "C" fn CreateToolhelp32Snapshot(dwFlags: u32, th32ProcessID: u32) -> usize {
    let all = TH32CS_SNAPHEAPLIST
        | TH32CS_SNAPPROCESS
        | TH32CS_SNAPTHREAD
        | TH32CS_SNAPMODULE
        | TH32CS_SNAPMODULE32;
    let bytes = if dwFlags & all == 0 {
        Err(ERROR_INVALID_PARAMETER)
    } else {
        take(dwFlags, th32ProcessID)
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(code) => {
            last_error::set(code);
            return INVALID_HANDLE_VALUE;
        }
    };
    const PAGE_READWRITE: u32 = 4;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: core::ptr::null_mut(),
        bInheritHandle: i32::from(dwFlags & TH32CS_INHERIT != 0),
    };
    // SAFETY: the attributes are this function's own, and there is no name.
    let section = unsafe {
        CreateFileMappingW(
            INVALID_HANDLE_VALUE,
            &raw const attributes,
            PAGE_READWRITE,
            0,
            bytes.len() as u32,
            core::ptr::null(),
        )
    };
    if section == 0 {
        return INVALID_HANDLE_VALUE;
    }
    let stored = with_view(section, |view| {
        // SAFETY: the section is as long as the bytes, and nobody else has it yet.
        unsafe { fault::copy(view.cast(), bytes.as_ptr(), bytes.len()) }.map_err(|_| ERROR_NOACCESS)
    });
    if let Err(code) = stored {
        crate::handle::CloseHandle(section);
        last_error::set(code);
        return INVALID_HANDLE_VALUE;
    }
    section
}

/// Does something with a section's view.
fn with_view<T>(
    section: usize,
    use_view: impl FnOnce(*mut c_void) -> Result<T, u32>,
) -> Result<T, u32> {
    const FILE_MAP_WRITE: u32 = 2;
    // SAFETY: the view is unmapped before anybody else could know its address.
    let view = unsafe { MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) };
    if view.is_null() {
        return Err(ERROR_INVALID_HANDLE);
    }
    let result = use_view(view);
    // SAFETY: mapped above, and used by nobody any more.
    unsafe { UnmapViewOfFile(view) };
    result
}

/// The next entry of a list, or its first.
fn read<T: Copy>(snapshot: usize, list: usize, from_start: bool) -> Result<T, u32> {
    with_view(snapshot, |view| {
        let bytes = view.cast::<u8>();
        // SAFETY: whatever the section is, what cannot be read or written is an error, and any bytes are
        // integers.
        unsafe {
            let magic = fault::read(bytes.cast::<u64>()).map_err(|_| ERROR_INVALID_HANDLE)?;
            if magic != MAGIC {
                return Err(ERROR_INVALID_HANDLE);
            }
            let list = bytes.wrapping_add(list).cast::<List>();
            let mut known = fault::read(list).map_err(|_| ERROR_INVALID_HANDLE)?;
            if from_start {
                known.next = 0;
            }
            if known.next >= known.count {
                return Err(ERROR_NO_MORE_FILES);
            }
            let offset = known.start as usize + known.next as usize * size_of::<T>();
            known.next += 1;
            fault::write(list, &known).map_err(|_| ERROR_INVALID_HANDLE)?;
            fault::read(bytes.wrapping_add(offset).cast::<T>()).map_err(|_| ERROR_INVALID_HANDLE)
        }
    })
}

/// Hands an entry out into a structure that begins with its size.
///
/// # Safety
///
/// `entry` must be a C program's to write.
pub(crate) unsafe fn answer<T: Copy, S: Copy + Into<u64>>(
    entry: *mut T,
    found: Result<T, u32>,
) -> i32 {
    let result = || {
        // SAFETY: the structure begins with its size.
        let size = unsafe { fault::read(entry.cast::<S>()) }.map_err(|_| ERROR_NOACCESS)?;
        if size.into() < size_of::<T>() as u64 {
            return Err(ERROR_INSUFFICIENT_BUFFER);
        }
        // SAFETY: as the caller vouches.
        unsafe { fault::write(entry, &found?) }.map_err(|_| ERROR_NOACCESS)
    };
    last_error::boolean_of_code(result())
}

fn narrow_process(entry: ProcessEntry<u16>) -> ProcessEntry<u8> {
    ProcessEntry {
        size: size_of::<ProcessEntry<u8>>() as u32,
        usage: entry.usage,
        process: entry.process,
        default_heap: entry.default_heap,
        module: entry.module,
        threads: entry.threads,
        parent: entry.parent,
        priority: entry.priority,
        flags: entry.flags,
        name: narrow(&entry.name),
    }
}

fn narrow_module(entry: ModuleEntry<u16>) -> ModuleEntry<u8> {
    ModuleEntry {
        size: size_of::<ModuleEntry<u8>>() as u32,
        module: entry.module,
        process: entry.process,
        usage: entry.usage,
        process_usage: entry.process_usage,
        base: entry.base,
        base_size: entry.base_size,
        handle: entry.handle,
        name: narrow(&entry.name),
        path: narrow(&entry.path),
    }
}

/// Defines a First and a Next function for a list.
macro_rules! enumeration {
    (fn $first:ident, fn $next:ident, $list:ident, $entry:ty, $stored:ty, $size:ty, $convert:expr, $what:literal) => {
        #[doc = concat!(stringify!($first), ": the first of a snapshot's ", $what, ".")]
        ///
        /// # Safety
        ///
        /// The entry must be a C program's to read and write.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $first(hSnapshot: usize, entry: *mut $entry) -> i32 {
            let found = read::<$stored>(hSnapshot, offset_of!(Snapshot, $list), true);
            // SAFETY: passed on.
            unsafe { answer::<$entry, $size>(entry, found.map($convert)) }
        }

        #[doc = concat!(stringify!($next), ": the next of a snapshot's ", $what, ".")]
        ///
        /// # Safety
        ///
        /// The entry must be a C program's to read and write.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $next(hSnapshot: usize, entry: *mut $entry) -> i32 {
            let found = read::<$stored>(hSnapshot, offset_of!(Snapshot, $list), false);
            // SAFETY: passed on.
            unsafe { answer::<$entry, $size>(entry, found.map($convert)) }
        }
    };
}

enumeration!(
    fn Process32FirstW,
    fn Process32NextW,
    processes,
    ProcessEntry<u16>,
    ProcessEntry<u16>,
    u32,
    |entry| entry,
    "processes"
);
enumeration!(
    fn Process32First,
    fn Process32Next,
    processes,
    ProcessEntry<u8>,
    ProcessEntry<u16>,
    u32,
    narrow_process,
    "processes"
);
enumeration!(
    fn Thread32First,
    fn Thread32Next,
    threads,
    ThreadEntry,
    ThreadEntry,
    u32,
    |entry| entry,
    "threads, of all processes"
);
enumeration!(
    fn Module32FirstW,
    fn Module32NextW,
    modules,
    ModuleEntry<u16>,
    ModuleEntry<u16>,
    u32,
    |entry| entry,
    "modules"
);
enumeration!(
    fn Module32First,
    fn Module32Next,
    modules,
    ModuleEntry<u8>,
    ModuleEntry<u16>,
    u32,
    narrow_module,
    "modules"
);
enumeration!(
    fn Heap32ListFirst,
    fn Heap32ListNext,
    heaps,
    HeapListEntry,
    HeapListEntry,
    u64,
    |entry| entry,
    "heaps"
);
