//! Views: NtMapViewOfSection and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::layout::{ALLOCATION_GRANULARITY, page_down};
use winpages_kernel::address_space::{
    self, AddressRequirements, Allocate, AllocationType, MemoryState, PageRange, Protection,
};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, Target};
use winpages_kernel::section::{self, MapView, UnmapType, ViewType};
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, read_writable, status, write, write_if_wanted};
use crate::extended_parameter::{self, MEM_EXTENDED_PARAMETER};
use crate::virtual_memory::{own_process, target};

/// ViewShare and ViewUnmap of SECTION_INHERIT. A new program starts without views on Linux.
const SECTION_INHERIT: core::ops::RangeInclusive<u32> = 1..=2;

/// IO_STATUS_BLOCK as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct IO_STATUS_BLOCK {
    /// An NTSTATUS, in the lower half of a word.
    pub Status: usize,
    /// How much was done.
    pub Information: usize,
}

/// NtMapViewOfSection: maps a view of a section.
///
/// # Safety
///
/// What the view shows may be changed by others at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtMapViewOfSection(
    SectionHandle: usize,
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    ZeroBits: usize,
    CommitSize: usize,
    SectionOffset: *mut i64,
    ViewSize: *mut usize,
    InheritDisposition: u32,
    AllocationType: u32,
    Win32Protect: u32,
) -> i32 {
    let map = || {
        if !SECTION_INHERIT.contains(&InheritDisposition) {
            return Err(NtStatus::INVALID_PARAMETER_8);
        }
        let kind = ViewType::parse(AllocationType).map_err(|_| NtStatus::INVALID_PARAMETER_9)?;
        let protection = Protection::parse(Win32Protect)?;
        // SAFETY: the caller's pointers.
        let (base, size, offset) = unsafe { place(BaseAddress, ViewSize, SectionOffset)? };
        let mut requirements = AddressRequirements::from_zero_bits(ZeroBits)
            .filter(|given| given.check().is_ok())
            .ok_or(NtStatus::INVALID_PARAMETER_4)?;
        if base != 0 {
            if !requirements.allow(base & !(ALLOCATION_GRANULARITY - 1), size.max(1)) {
                return Err(NtStatus::INVALID_PARAMETER_4);
            }
            requirements = AddressRequirements::default();
        }
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let request = MapView {
            section: Handle::from_value(SectionHandle),
            base,
            offset,
            size,
            protection,
            requirements,
            kind,
        };
        let (range, placement) = process::map_view(&process, &request)?;
        let answered = commit(&process, range, CommitSize, protection).and_then(|()| {
            // SAFETY: as above.
            unsafe { answer(BaseAddress, ViewSize, SectionOffset, range, offset) }
        });
        if answered.is_err() {
            let _ = process::unmap_view(&process, range.base, 0);
        }
        answered.and(placement)
    };
    status(map())
}

/// NtMapViewOfSectionEx: the same with requirements on the address, and placeholders.
///
/// # Safety
///
/// As [`NtMapViewOfSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtMapViewOfSectionEx(
    SectionHandle: usize,
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    SectionOffset: *mut i64,
    ViewSize: *mut usize,
    AllocationType: u32,
    PageProtection: u32,
    ExtendedParameters: *const MEM_EXTENDED_PARAMETER,
    ExtendedParameterCount: u32,
) -> i32 {
    let map = || {
        let kind = ViewType::parse_ex(AllocationType)?;
        let protection = Protection::parse(PageProtection)?;
        // SAFETY: the caller's pointers.
        let (base, size, offset) = unsafe { place(BaseAddress, ViewSize, SectionOffset)? };
        // SAFETY: as above.
        let requirements = unsafe {
            extended_parameter::of_view(ExtendedParameters, ExtendedParameterCount, base)?
        };
        let process = target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)?;
        let request = MapView {
            section: Handle::from_value(SectionHandle),
            base,
            offset,
            size,
            protection,
            requirements,
            kind,
        };
        let (range, placement) = process::map_view(&process, &request)?;
        // SAFETY: as above.
        let answered = unsafe { answer(BaseAddress, ViewSize, SectionOffset, range, offset) };
        if answered.is_err() {
            let mut undo = UnmapType::empty();
            undo.set(
                UnmapType::PRESERVE_PLACEHOLDER,
                kind.contains(ViewType::REPLACE_PLACEHOLDER),
            );
            let _ = process::unmap_view(&process, range.base, undo.bits());
        }
        answered.and(placement)
    };
    status(map())
}

/// Where a view is to lie, how long it is to be, and where in the section it is to start.
///
/// # Safety
///
/// The pointers must be what a C program passes, for the answer as well.
unsafe fn place(
    base: *mut *mut c_void,
    size: *mut usize,
    offset: *mut i64,
) -> Result<(usize, usize, u64), NtStatus> {
    // SAFETY: the caller's pointers.
    unsafe {
        let offset = if offset.is_null() {
            0
        } else {
            read_writable(offset)?
        };
        let base = read_writable(base)? as usize;
        Ok((base, read_writable(size)?, offset as u64))
    }
}

/// # Safety
///
/// As [`place`].
unsafe fn answer(
    base: *mut *mut c_void,
    size: *mut usize,
    place: *mut i64,
    range: PageRange,
    offset: u64,
) -> Result<(), NtStatus> {
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        write(base, range.base as *mut c_void)?;
        write(size, range.size)?;
        write_if_wanted(place, offset as i64)
    }
}

/// Commits the first pages of a view, if they are not committed.
fn commit(
    process: &Target,
    view: PageRange,
    size: usize,
    protection: Protection,
) -> Result<(), NtStatus> {
    if size > view.size {
        return Err(NtStatus::INVALID_PARAMETER_5);
    }
    let first = process::query_virtual_memory(process, view.base)?;
    if size == 0 || first.state == MemoryState::Commit {
        return Ok(());
    }
    let commit = AllocationType::COMMIT.bits();
    let request = Allocate::new(view.base, size, commit, protection.bits());
    process::allocate_virtual_memory(process, &request).map(drop)
}

/// NtUnmapViewOfSection: unmaps the view that an address lies in.
///
/// # Safety
///
/// Nobody may use the view afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtUnmapViewOfSection(
    ProcessHandle: usize,
    BaseAddress: *const c_void,
) -> i32 {
    status(
        target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)
            .and_then(|process| process::unmap_view(&process, BaseAddress as usize, 0)),
    )
}

/// NtUnmapViewOfSectionEx: the same with flags.
///
/// # Safety
///
/// As [`NtUnmapViewOfSection`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtUnmapViewOfSectionEx(
    ProcessHandle: usize,
    BaseAddress: *const c_void,
    Flags: u32,
) -> i32 {
    status(
        target(ProcessHandle, AccessMask::PROCESS_VM_OPERATION)
            .and_then(|process| process::unmap_view(&process, BaseAddress as usize, Flags)),
    )
}

/// NtFlushVirtualMemory: writes changed pages of a view of a file to it.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtFlushVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *mut *mut c_void,
    RegionSize: *mut usize,
    IoStatus: *mut IO_STATUS_BLOCK,
) -> i32 {
    let flush = || {
        // SAFETY: the caller's pointers.
        let (base, size) = unsafe {
            read(IoStatus)?;
            (
                read_writable(BaseAddress)? as usize,
                read_writable(RegionSize)?,
            )
        };
        own_process(ProcessHandle)?;
        let (rest, ..) = address_space::view_at(base)?;
        section::flush_view(base, size)?;
        let flushed = if size == 0 { rest.size } else { size };
        let done = IO_STATUS_BLOCK {
            Status: 0,
            Information: flushed,
        };
        // SAFETY: as above.
        unsafe {
            write(BaseAddress, page_down(base) as *mut c_void)?;
            write(RegionSize, flushed)?;
            write(IoStatus, done)
        }
    };
    status(flush())
}
