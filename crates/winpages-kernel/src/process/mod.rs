//! Processes, this one and others: finding and opening them, how they end, and what they remember.

mod affinity;
mod create;
mod duplicate;
mod ending;
mod facts;
mod foreign_image;
mod foreign_regions;
mod foreign_thread;
mod injection;
mod inspection;
mod lending;
mod list;
mod memory;
mod package_text;
mod priority_class;
mod reference;
mod region_query;
mod remote;
mod remote_heap;
mod remote_view;
mod service;
mod startup;

pub(crate) use affinity::begin_thread;
pub use create::{CreateProcess, CreatedProcess, Inheritance, StandardStreams, create_process};
pub use duplicate::{close_handle, duplicate_handle};
pub use ending::{STILL_ACTIVE, terminate_own};
pub use facts::Transfers;
pub use foreign_thread::{ForeignThread, create_thread, open_thread, start_thread};
pub(crate) use lending::borrow_backing;
pub(crate) use service::{after_fork_in_child, lock_for_fork, unlock_after_fork};

pub use inspection::{mapped_file, process_memory, process_times, with_page_reader};
pub use list::{ListedProcess, LoadedImage, processes, threads};
pub use memory::{Copied, read_virtual_memory, write_virtual_memory};
pub use priority_class::PriorityClass;
pub(crate) use reference::forget_closed;
pub use reference::{Target, reference_process, with_process};
pub use region_query::query_virtual_memory;
pub use remote::{
    allocate_virtual_memory, free_virtual_memory, lock_virtual_memory, protect_virtual_memory,
};
pub use remote_heap::{heaps, next_block};
pub use remote_view::{map_view, unmap_view};
pub use service::{refuse_requests, serve_requests};
pub use startup::{Startup, record_exit_code, startup};

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, GenericMapping, Object, Package};
use crate::sys;
use crate::sys::descriptor_place::DescriptorPlace;
use crate::sys::shared_page::SharedPage;
use ending::RecordedEnding;
use region_query::MapPlace;
use service::Connection;

impl AccessMask {
    /// PROCESS_TERMINATE
    pub const PROCESS_TERMINATE: Self = Self::from_bits_retain(0x0001);
    /// PROCESS_CREATE_THREAD
    pub const PROCESS_CREATE_THREAD: Self = Self::from_bits_retain(0x0002);
    /// PROCESS_VM_OPERATION
    pub const PROCESS_VM_OPERATION: Self = Self::from_bits_retain(0x0008);
    /// PROCESS_VM_READ
    pub const PROCESS_VM_READ: Self = Self::from_bits_retain(0x0010);
    /// PROCESS_VM_WRITE
    pub const PROCESS_VM_WRITE: Self = Self::from_bits_retain(0x0020);
    /// PROCESS_DUP_HANDLE
    pub const PROCESS_DUP_HANDLE: Self = Self::from_bits_retain(0x0040);
    /// PROCESS_CREATE_PROCESS
    pub const PROCESS_CREATE_PROCESS: Self = Self::from_bits_retain(0x0080);
    /// PROCESS_SET_QUOTA
    pub const PROCESS_SET_QUOTA: Self = Self::from_bits_retain(0x0100);
    /// PROCESS_SET_INFORMATION
    pub const PROCESS_SET_INFORMATION: Self = Self::from_bits_retain(0x0200);
    /// PROCESS_QUERY_INFORMATION
    pub const PROCESS_QUERY_INFORMATION: Self = Self::from_bits_retain(0x0400);
    /// PROCESS_SUSPEND_RESUME
    pub const PROCESS_SUSPEND_RESUME: Self = Self::from_bits_retain(0x0800);
    /// PROCESS_QUERY_LIMITED_INFORMATION
    pub const PROCESS_QUERY_LIMITED_INFORMATION: Self = Self::from_bits_retain(0x1000);
    /// PROCESS_ALL_ACCESS
    pub const PROCESS_ALL_ACCESS: Self = Self::from_bits_retain(0x001F_FFFF);

    /// The rights that take what tracing takes.
    const PROCESS_INTRUSIVE: Self = Self::from_bits_retain(0x0A7A);
}

/// What the generic rights mean for a process.
pub const PROCESS_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0410),
    write: AccessMask::from_bits_retain(0x0002_0BEA),
    execute: AccessMask::from_bits_retain(0x0012_1001),
    all: AccessMask::PROCESS_ALL_ACCESS,
};

/// A process that a handle leads to.
#[derive(Debug)]
pub struct Process {
    number: u32,
    /// Means this one process, also when its number has been given to another.
    descriptor: OwnedFd,
    /// Whether it is a child whose end nobody else takes note of. Until then its number stays its own.
    is_own_child: bool,
    recorded: RecordedEnding,
    /// What it shares with the process that started it, if that is this one.
    page: Option<SharedPage>,
    connection: Connection,
    /// When it was last found not to listen, in nanoseconds of the monotonic clock.
    not_listening: AtomicU64,
    /// Its mappings, as the kernel knows them.
    maps: DescriptorPlace,
    /// Its own map of regions.
    map: MapPlace,
    /// When it was last known to run, in the processor's ticks.
    seen_running: AtomicU64,
    handles: AtomicUsize,
}

/// How long a number surely stays a process's own after its end, in the processor's ticks, of which there
/// are some thousands in a microsecond: the kernel gives out all other numbers, thousands of them, before it
/// comes back to one.
const NUMBER_IS_KEPT_FOR: u64 = 100_000;

impl Process {
    /// Finds a process by its number. Windows ignores the two low bits of a number; here every number
    /// is a process's.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_CID`] if no process has the number, [`NtStatus::TOO_MANY_OPENED_FILES`].
    pub fn find(number: u32) -> Result<Self, NtStatus> {
        let descriptor = sys::process::open(number).map_err(|errno| match errno {
            Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
            Errno::NOMEM => NtStatus::INSUFFICIENT_RESOURCES,
            _ => NtStatus::INVALID_CID,
        })?;
        Ok(Self::new(number, descriptor, None))
    }

    /// Its number, which Windows calls the process identifier.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether it is the calling process.
    pub fn is_own(&self) -> bool {
        sys::process::is_own_number(self.number)
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        sys::process::has_ended(self.descriptor.as_fd())
    }

    /// Whether what was just done to the process of this number may have met another process: this one
    /// has ended. Asked afterwards, for a process that has not ended then had its number all along;
    /// and seldom, for asking the kernel costs half as much as reading a page.
    fn may_have_lost_number(&self) -> bool {
        // A child whose end nobody has taken note of keeps its number.
        if self.is_own_child {
            return false;
        }
        let now = sys::clock::ticks();
        let seen = self.seen_running.load(Ordering::Relaxed);
        if now.wrapping_sub(seen) < NUMBER_IS_KEPT_FOR {
            return false;
        }
        if self.has_ended() {
            return true;
        }
        self.seen_running.store(now, Ordering::Relaxed);
        false
    }

    /// The descriptor that becomes readable when it ends.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// What another process needs to know it by.
    pub(crate) fn pack(&self) -> Result<Package, NtStatus> {
        let mut package = Package {
            words: vec![u64::from(self.number)],
            ..Package::default()
        };
        package.put(self.descriptor())?;
        Ok(package)
    }

    /// The same process, as another has it.
    pub(crate) fn unpack(mut package: Package) -> Result<Self, NtStatus> {
        let number = package.word(0)? as u32;
        Ok(Self::new(number, package.take()?, None))
    }

    /// A child that this process has started.
    fn started(number: u32, descriptor: OwnedFd, page: SharedPage) -> Self {
        Self::new(number, descriptor, Some(page))
    }

    fn new(number: u32, descriptor: OwnedFd, page: Option<SharedPage>) -> Self {
        Self {
            number,
            descriptor,
            is_own_child: page.is_some(),
            recorded: RecordedEnding::default(),
            page,
            connection: Connection::default(),
            not_listening: AtomicU64::new(0),
            maps: DescriptorPlace::default(),
            map: MapPlace::default(),
            seen_running: AtomicU64::new(0),
            handles: AtomicUsize::new(0),
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    /// The last handle has been closed; a thread may still remember where it led.
    pub(crate) fn last_handle_closed(&self) {
        self.take_note_of_end();
    }

    /// Has the kernel forget a child that has ended.
    fn take_note_of_end(&self) {
        if self.is_own_child {
            sys::process::reap(self.descriptor.as_fd());
        }
    }

    /// Whether the kernel lets this process do what `desired` asks for.
    ///
    /// Linux has three questions where Windows has a security descriptor: may this process look into
    /// that one, may it trace it, may it send it signals?
    pub(crate) fn check(&self, desired: AccessMask) -> Result<(), NtStatus> {
        if self.is_own() {
            return Ok(());
        }
        let refused = |_| NtStatus::ACCESS_DENIED;
        sys::process::may_look_into(self.number).map_err(refused)?;
        if desired.intersects(AccessMask::PROCESS_INTRUSIVE) {
            sys::process::may_trace(self.number).map_err(refused)?;
        }
        if desired.contains(AccessMask::PROCESS_TERMINATE) {
            sys::process::may_kill(self.number).map_err(refused)?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.take_note_of_end();
    }
}

/// Opens a process by its number; mirrors NtOpenProcess.
///
/// # Errors
///
/// [`NtStatus::INVALID_CID`] if no process has the number, [`NtStatus::ACCESS_DENIED`] if the kernel
/// does not allow this process what `desired` asks for, [`NtStatus::TOO_MANY_OPENED_FILES`],
/// [`NtStatus::INSUFFICIENT_RESOURCES`] when the handle table is full.
pub fn open_process(
    number: u32,
    desired: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    let process = Process::find(number)
        .map(Arc::new)
        .or_else(|status| held(number).ok_or(status))?;
    let access = PROCESS_GENERIC_MAPPING.apply(desired);
    if let Err(status) = process.check(access) {
        // One that has ended and is still held can be opened; the kernel says little of it.
        if !process.has_ended() {
            return Err(status);
        }
    }
    handle_table::insert(Entry {
        object: Object::Process(process),
        access,
        attributes,
    })
}

/// A process that has ended and that this one still holds: its number stays its own here, as on Windows
/// as long as anybody holds it.
fn held(number: u32) -> Option<Arc<Process>> {
    let objects = handle_table::objects().into_iter();
    let mut processes = objects.filter_map(|object| match object {
        Object::Process(process) => Some(process),
        _ => None,
    });
    processes.find(|process| process.number() == number)
}
