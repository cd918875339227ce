//! Views: NtMapViewOfSection and its family.

use core::ffi::c_void;

use winpages_kernel::address_space::layout::{ALLOCATION_GRANULARITY, page_down};
use winpages_kernel::address_space::{
    self, AddressRequirements, AllocationType, MemoryState, PageRange, Protection,
};
use winpages_kernel::section::{self, MapView, ViewType};
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, read_writable, status, write, write_if_wanted};
use crate::virtual_memory::own_process;

/// MEM_DIFFERENT_IMAGE_BASE_OK: for images only.
const MEM_DIFFERENT_IMAGE_BASE_OK: u32 = 0x0080_0000;

/// ViewShare and ViewUnmap of SECTION_INHERIT. A new program starts without views on Linux.
const SECTION_INHERIT: core::ops::RangeInclusive<u32> = 1..=2;

/// MEM_UNMAP_WITH_TRANSIENT_BOOST, which is a hint.
const UNMAP_FLAGS: u32 = 1;

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
        let kind = ViewType::from_bits(AllocationType & !MEM_DIFFERENT_IMAGE_BASE_OK)
            .ok_or(NtStatus::INVALID_PARAMETER_9)?;
        let protection = Protection::parse(Win32Protect)?;
        // SAFETY: the caller's pointers.
        let (base, size, offset) = unsafe {
            let offset = if SectionOffset.is_null() {
                0
            } else {
                read_writable(SectionOffset)?
            };
            let base = read_writable(BaseAddress)? as usize;
            (base, read_writable(ViewSize)?, offset as u64)
        };
        let mut requirements = AddressRequirements::from_zero_bits(ZeroBits)
            .filter(|given| given.check().is_ok())
            .ok_or(NtStatus::INVALID_PARAMETER_4)?;
        if base != 0 {
            if !requirements.allow(base & !(ALLOCATION_GRANULARITY - 1), size.max(1)) {
                return Err(NtStatus::INVALID_PARAMETER_4);
            }
            requirements = AddressRequirements::default();
        }
        own_process(ProcessHandle)?;
        let (range, placement) = section::map_view(&MapView {
            section: Handle::from_value(SectionHandle),
            base,
            offset,
            size,
            protection,
            requirements,
            kind,
        })?;
        let answered = commit(range, CommitSize, protection).and_then(|()| {
            // SAFETY: as above.
            unsafe {
                write(BaseAddress, range.base as *mut c_void)?;
                write(ViewSize, range.size)?;
                write_if_wanted(SectionOffset, offset as i64)
            }
        });
        if answered.is_err() {
            let _ = section::unmap_view_of_section(range.base);
        }
        answered.and(placement)
    };
    status(map())
}

/// Commits the first pages of a view, if they are not committed.
fn commit(view: PageRange, size: usize, protection: Protection) -> Result<(), NtStatus> {
    if size > view.size {
        return Err(NtStatus::INVALID_PARAMETER_5);
    }
    let first = address_space::query_virtual_memory(view.base)?;
    if size == 0 || first.state == MemoryState::Commit {
        return Ok(());
    }
    let commit = AllocationType::COMMIT.bits();
    address_space::allocate_virtual_memory(view.base, size, commit, protection.bits()).map(|_| ())
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
        own_process(ProcessHandle)
            .and_then(|()| section::unmap_view_of_section(BaseAddress as usize)),
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
    if Flags & !UNMAP_FLAGS != 0 {
        return status(Err(NtStatus::INVALID_PARAMETER));
    }
    // SAFETY: passed on.
    unsafe { NtUnmapViewOfSection(ProcessHandle, BaseAddress) }
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
