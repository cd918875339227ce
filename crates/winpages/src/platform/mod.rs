//! The seam between what is written once and the two systems: the only place with a `cfg`.
//!
//! A system supplies, with Win32 error codes for whatever fails:
//!
//! * [`page_size`], [`allocation_granularity`], [`application_addresses`]: constants of the system.
//! * [`allocate`], [`decommit`], [`release`], [`protect`], [`query`]: VirtualAlloc and its family, on the
//!   calling process. Sizes are not 0.
//! * [`lock`], [`offer`], [`working_set`], [`memory_status`] and their like: what is in memory.
//! * [`written`], [`reset_written`]: GetWriteWatch and ResetWriteWatch.
//! * [`allocate_physical`] and its family: pages by number.
//! * [`create_dispatcher`], [`wait_for_several`] and their families: what can be waited for.
//! * [`open_process`] and what is done to other processes; [`duplicate_from`] and its family for their handles,
//!   [`start_thread`] and its family for threads there, [`HeapCursor`] for their heaps; [`start_process`], and [`adopt`] for what is inherited;
//!   [`AsStream`], [`Stream`], [`stream`] and [`is_same_variable`] for what the child is given otherwise.
//! * [`NamespaceHandle`], closed when dropped: CreatePrivateNamespace and its family.
//! * [`HeapHandle`], destroyed when dropped: HeapCreate, HeapAlloc and their family.
//! * [`add_vectored`] and its family: exception handlers.
//! * [`copy`]: bytes between memory of the program's own and memory that may not be usable, or that
//!   others change meanwhile. Answers ERROR_NOACCESS where a page cannot be used so, and makes no
//!   reference to either.
//! * [`SectionHandle`], closed when dropped, with `create`, `open`, `size`; [`map`], [`unmap`],
//!   [`flush`]: CreateFileMapping and its family.

#[cfg(not(all(target_arch = "x86_64", any(target_os = "linux", windows))))]
compile_error!("winpages is for x86-64, on Linux and on Windows");

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(windows)]
pub(crate) use windows::*;

use core::time::Duration;
use std::fs::File;
use std::ops::{Bound, RangeBounds};

/// A Win32 error code.
pub(crate) type Code = u32;

/// What VirtualAlloc and VirtualAlloc2 are told to do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allocation {
    /// The address, or 0.
    pub base: usize,
    /// How many bytes.
    pub size: usize,
    /// MEM_ constants.
    pub kind: u32,
    /// A PAGE_ constant.
    pub protection: u32,
    /// Where the system may put it.
    pub requirements: Requirements,
    /// The NUMA node that its pages are best taken from.
    #[cfg_attr(
        target_os = "linux",
        expect(
            dead_code,
            reason = "Linux takes pages from the node of whoever touches them first"
        )
    )]
    pub node: Option<u32>,
}

/// What CreateProcess is told to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartRequest<'a> {
    /// The program's file.
    pub program: &'a std::path::Path,
    /// The arguments behind its name.
    pub arguments: &'a [std::ffi::OsString],
    /// Its whole environment.
    pub environment: &'a [(std::ffi::OsString, std::ffi::OsString)],
    /// Its current directory, if it is not this process's.
    pub directory: Option<&'a std::path::Path>,
    /// What it inherits.
    pub inherited: &'a [&'a ObjectHandle],
    /// Standard input, output and error; `None` for this process's.
    pub standard: [Option<Stream<'a>>; 3],
    /// Whether it stands still until it is resumed.
    pub suspended: bool,
}

/// MEM_ADDRESS_REQUIREMENTS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirements {
    /// The lowest first byte, or 0.
    pub lowest: usize,
    /// The highest last byte, or 0.
    pub highest: usize,
    /// What the address is a multiple of, or 0.
    pub alignment: usize,
}

/// MEMORY_BASIC_INFORMATION, as it comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicInformation {
    pub base: usize,
    pub size: usize,
    pub allocation_base: usize,
    pub allocation_protection: u32,
    pub state: u32,
    pub protection: u32,
    pub kind: u32,
}

impl Requirements {
    pub(crate) fn within(self, addresses: impl RangeBounds<usize>) -> Self {
        let lowest = match addresses.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let highest = match addresses.end_bound() {
            Bound::Included(last) => *last,
            // An empty range is no requirement that could be met: 0 would mean that there is none.
            Bound::Excluded(end) => end.saturating_sub(1).max(1),
            Bound::Unbounded => 0,
        };
        Self {
            lowest,
            highest,
            ..self
        }
    }

    pub(crate) fn aligned_to(self, alignment: usize) -> Self {
        Self { alignment, ..self }
    }
}

/// What CreateFileMapping is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SectionRequest<'a> {
    pub name: Option<&'a [u16]>,
    pub file: Option<&'a File>,
    pub size: u64,
    /// A PAGE_ constant.
    pub protection: u32,
    /// SEC_ constants.
    pub flags: u32,
    /// Who may do what with it, if it is new.
    pub security: Option<SecurityBytes<'a>>,
}

/// What MapViewOfFileEx and MapViewOfFile3 are told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mapping {
    pub base: usize,
    pub offset: u64,
    pub size: usize,
    /// MEM_ constants.
    pub kind: u32,
    /// The PAGE_ constant that the view shall have.
    pub protection: u32,
    /// Where the system may put it.
    pub requirements: Requirements,
    /// The NUMA node that its pages are best taken from.
    #[cfg_attr(
        target_os = "linux",
        expect(
            dead_code,
            reason = "Linux takes pages from the node of whoever touches them first"
        )
    )]
    pub node: Option<u32>,
}

/// When an exception handler is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Before all others there are.
    First,
    /// Behind all others there are.
    Last,
    /// When somebody has decided that execution continues.
    Continue,
}

/// A function that the system calls with EXCEPTION_POINTERS; answers EXCEPTION_CONTINUE_EXECUTION or
/// EXCEPTION_CONTINUE_SEARCH.
pub(crate) type RawHandler = unsafe extern "C" fn(*mut RawException) -> i32;

/// EXCEPTION_POINTERS, which both systems lay out alike.
#[repr(C)]
pub(crate) struct RawException {
    pub record: *mut RawRecord,
    /// CONTEXT
    pub context: *mut RawContext,
}

/// EXCEPTION_RECORD
#[repr(C)]
pub(crate) struct RawRecord {
    pub code: u32,
    pub flags: u32,
    pub chained: *mut RawRecord,
    pub address: usize,
    pub parameter_count: u32,
    pub parameters: [usize; 15],
}

/// CONTEXT of x86-64, as far as this crate looks into it.
#[repr(C, align(16))]
pub(crate) struct RawContext {
    pub home: [u64; 6],
    pub context_flags: u32,
    pub mx_csr: u32,
    pub segments: [u16; 6],
    pub e_flags: u32,
    pub debug: [u64; 6],
    /// In the order of their numbers: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
    pub general: [u64; 16],
    pub rip: u64,
}

/// What can be waited for, and what it is to be when it is new.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dispatcher {
    Mutex { owned: bool },
    Event { manual: bool, signalled: bool },
    Semaphore { initial: i32, maximum: i32 },
    Timer { manual: bool },
}

impl Dispatcher {
    /// What both systems call the type of such objects.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Mutex { .. } => "Mutant",
            Self::Event { .. } => "Event",
            Self::Semaphore { .. } => "Semaphore",
            Self::Timer { .. } => "Timer",
        }
    }
}

/// What both systems call the type of sections.
pub(crate) const SECTION_TYPE: &str = "Section";

/// When a timer is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// So long from now.
    After(Duration),
    /// At a time of day, in units of 100 nanoseconds since 1601-01-01 00:00 UTC.
    At(i64),
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// With the object of this index, or all of them.
    Signalled(usize),
    /// The same, and it is a mutex whose owner ended.
    Abandoned(usize),
    TimedOut,
}

/// A security descriptor, self-relative.
pub(crate) type SecurityBytes<'a> = &'a [u8];

/// What a private namespace is found by.
#[derive(Clone, Debug)]
pub(crate) struct BoundaryRequest {
    pub name: Vec<u16>,
    /// SIDs, each in words.
    pub sids: Vec<Vec<u32>>,
}

/// What a heap amounts to, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeapNumbers {
    pub allocated: usize,
    pub committed: usize,
    pub reserved: usize,
}

/// An argument as programs for Windows find it in their command line: quoted, if it has to be, and backslashes
/// before a quotation mark doubled.
pub(crate) fn quoted(argument: &[u16]) -> Vec<u16> {
    const QUOTE: u16 = b'"' as u16;
    const BACKSLASH: u16 = b'\\' as u16;
    let needs_quotes = |unit: &u16| {
        [b' ', b'\t', b'\n', 0xB, b'"']
            .map(u16::from)
            .contains(unit)
    };
    if !argument.is_empty() && !argument.iter().any(needs_quotes) {
        return argument.to_vec();
    }
    let mut text = vec![QUOTE];
    let mut backslashes = 0;
    for unit in argument {
        match *unit {
            BACKSLASH => backslashes += 1,
            QUOTE => {
                text.extend(core::iter::repeat_n(BACKSLASH, backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(*unit);
    }
    text.extend(core::iter::repeat_n(BACKSLASH, backslashes));
    text.push(QUOTE);
    text
}

/// A command line of these arguments, the program's name first.
pub(crate) fn command_line(arguments: impl Iterator<Item = Vec<u16>>) -> Vec<u16> {
    let quoted: Vec<_> = arguments.map(|argument| quoted(&argument)).collect();
    quoted.join(&u16::from(b' '))
}
