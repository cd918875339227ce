//! The seam between what is written once and the two systems: the only place with a `cfg`.
//!
//! A system supplies, with Win32 error codes for whatever fails:
//!
//! * [`page_size`], [`allocation_granularity`], [`application_addresses`]: constants of the system.
//! * [`allocate`], [`commit`], [`decommit`], [`release`], [`protect`], [`query`]: VirtualAlloc and its
//!   family, on the calling process. Sizes are not 0.
//! * [`copy`]: bytes between memory of the program's own and memory that may not be usable, or that
//!   others change meanwhile. Answers ERROR_NOACCESS where a page cannot be used so, and makes no
//!   reference to either.
//! * [`SectionHandle`], closed when dropped, with `create`, `open`, `size`; [`map`], [`unmap`],
//!   [`flush`]: CreateFileMapping and its family.

#[cfg(not(all(target_arch = "x86_64", any(target_os = "linux", windows))))]
compile_error!("winpages is for x86-64, on Linux and on Windows");

#[cfg(windows)]
mod guarded_copy;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(windows)]
pub(crate) use windows::*;

use std::fs::File;

/// A Win32 error code.
pub(crate) type Code = u32;

/// What VirtualAlloc is told to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocation {
    /// The address, or 0.
    pub base: usize,
    /// How many bytes.
    pub size: usize,
    /// Whether the pages are committed at once.
    pub commit: bool,
    /// Whether to take the highest addresses.
    pub top_down: bool,
    /// A PAGE_ constant.
    pub protection: u32,
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
}

/// What MapViewOfFileEx is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mapping {
    pub base: usize,
    pub offset: u64,
    pub size: usize,
    /// The PAGE_ constant that the view shall have.
    pub protection: u32,
}
