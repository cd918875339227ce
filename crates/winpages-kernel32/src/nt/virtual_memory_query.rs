//! What lies at an address: NtQueryVirtualMemory.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{self, MemoryKind};
use winpages_kernel::object::AccessMask;
use winpages_kernel::process as processes;

use super::argument::{status, write, write_if_wanted};
use super::file_name;
use super::object_attributes::UNICODE_STRING;
use crate::virtual_memory::{MEMORY_BASIC_INFORMATION, own_process, target};
use crate::working_set;

/// MEMORY_REGION_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MEMORY_REGION_INFORMATION {
    /// The first byte of the allocation.
    pub AllocationBase: usize,
    /// The protection given at allocation.
    pub AllocationProtect: u32,
    /// REGION_TYPE_ bits.
    pub RegionType: u32,
    /// How many bytes the allocation takes.
    pub RegionSize: usize,
    /// How many of them are committed.
    pub CommitSize: usize,
    /// Always 0: there is one memory partition.
    pub PartitionId: usize,
    /// Always -1: no NUMA node is preferred.
    pub NodePreference: usize,
}

/// How much of it kernel32's WIN32_MEMORY_REGION_INFORMATION has, in bytes.
pub(crate) const WIN32_MEMORY_REGION_INFORMATION_SIZE: usize =
    core::mem::offset_of!(MEMORY_REGION_INFORMATION, PartitionId);

/// The allocation is private memory.
const REGION_PRIVATE: u32 = 0x01;
/// The allocation shows a file.
const REGION_MAPPED_DATA_FILE: u32 = 0x02;
/// The allocation is a program or library.
const REGION_MAPPED_IMAGE: u32 = 0x04;
/// The allocation shows a section of memory.
const REGION_MAPPED_PAGE_FILE: u32 = 0x08;

const MEMORY_BASIC_INFORMATION_CLASS: u32 = 0;
const MEMORY_MAPPED_FILENAME_INFORMATION_CLASS: u32 = 2;
const MEMORY_REGION_INFORMATION_CLASS: u32 = 3;
const MEMORY_WORKING_SET_EX_INFORMATION_CLASS: u32 = 4;

/// NtQueryVirtualMemory, for basic information, region information, the names of mapped files and the
/// pages of the working set.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryVirtualMemory(
    ProcessHandle: usize,
    BaseAddress: *const c_void,
    MemoryInformationClass: u32,
    MemoryInformation: *mut c_void,
    MemoryInformationLength: usize,
    ReturnLength: *mut usize,
) -> i32 {
    let address = BaseAddress as usize;
    let (buffer, length) = (MemoryInformation, MemoryInformationLength);
    let query = || {
        // SAFETY: the caller's buffer, for the caller's answer.
        let answered = unsafe {
            match MemoryInformationClass {
                MEMORY_BASIC_INFORMATION_CLASS => {
                    basic(ProcessHandle, address, buffer.cast(), length)
                }
                MEMORY_MAPPED_FILENAME_INFORMATION_CLASS => {
                    return mapped_filename(ProcessHandle, address, buffer, length, ReturnLength);
                }
                MEMORY_REGION_INFORMATION_CLASS => region(ProcessHandle, address, buffer, length),
                MEMORY_WORKING_SET_EX_INFORMATION_CLASS => {
                    working_set::query_pages(ProcessHandle, buffer.cast(), length).map(|()| length)
                }
                _ => Err(NtStatus::INVALID_INFO_CLASS),
            }
        };
        // SAFETY: as above.
        unsafe { write_if_wanted(ReturnLength, answered?) }
    };
    status(query())
}

unsafe fn basic(
    process: usize,
    address: usize,
    buffer: *mut MEMORY_BASIC_INFORMATION,
    length: usize,
) -> Result<usize, NtStatus> {
    const SIZE: usize = size_of::<MEMORY_BASIC_INFORMATION>();
    if length < SIZE {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let process = target(process, AccessMask::PROCESS_QUERY_INFORMATION)?;
    let region = processes::query_virtual_memory(&process, address)?;
    // SAFETY: the caller vouches for the buffer.
    unsafe { write(buffer, region.into())? };
    Ok(SIZE)
}

/// Describes the allocation that an address lies in, as far as the buffer goes; answers how many bytes it
/// has written.
///
/// # Errors
///
/// [`NtStatus::INFO_LENGTH_MISMATCH`], [`NtStatus::ACCESS_VIOLATION`], and those of
/// [`address_space::query_region`].
///
/// # Safety
///
/// The buffer is overwritten.
pub(crate) unsafe fn region(
    process: usize,
    address: usize,
    buffer: *mut c_void,
    length: usize,
) -> Result<usize, NtStatus> {
    // Programs of older systems know less of the structure.
    const SHORTEST: usize = core::mem::offset_of!(MEMORY_REGION_INFORMATION, CommitSize);
    const SIZE: usize = size_of::<MEMORY_REGION_INFORMATION>();
    if length < SHORTEST {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    own_process(process)?;
    let found = address_space::query_region(address)?;
    let kind = match found.kind {
        MemoryKind::Image => REGION_MAPPED_IMAGE,
        MemoryKind::Mapped if address_space::mapped_file(address).is_ok() => {
            REGION_MAPPED_DATA_FILE
        }
        MemoryKind::Mapped => REGION_MAPPED_PAGE_FILE,
        MemoryKind::Private => REGION_PRIVATE,
        MemoryKind::None => 0,
    };
    let answer = MEMORY_REGION_INFORMATION {
        AllocationBase: found.allocation_base,
        AllocationProtect: found.allocation_protection.bits(),
        RegionType: kind,
        RegionSize: found.region_size,
        CommitSize: found.commit_size,
        PartitionId: 0,
        NodePreference: usize::MAX,
    };
    // SAFETY: the structure is words without a gap between them.
    let words: [u64; SIZE / 8] = unsafe { core::mem::transmute(answer) };
    let told = length.min(SIZE) / 8;
    for (index, word) in words.iter().take(told).enumerate() {
        // SAFETY: the caller vouches for the buffer.
        unsafe { write(buffer.cast::<u64>().wrapping_add(index), *word)? };
    }
    Ok(told * 8)
}

unsafe fn mapped_filename(
    process: usize,
    address: usize,
    buffer: *mut c_void,
    length: usize,
    return_length: *mut usize,
) -> Result<(), NtStatus> {
    let target = target(process, AccessMask::PROCESS_QUERY_INFORMATION)?;
    let name = file_name::device_path(&processes::mapped_file(&target, address)?)?;
    let header = size_of::<UNICODE_STRING>();
    let needed = UNICODE_STRING::size_with_text(&name);
    // SAFETY: the caller vouches for the buffer and the pointer.
    unsafe {
        if length < needed {
            write_if_wanted(return_length, needed)?;
            return Err(if length < header {
                NtStatus::INFO_LENGTH_MISMATCH
            } else {
                NtStatus::BUFFER_OVERFLOW
            });
        }
        UNICODE_STRING::write_with_text(buffer, &name)?;
        write_if_wanted(return_length, needed)
    }
}
