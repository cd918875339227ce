//! What a section is: NtQuerySection, NtAreMappedFilesTheSame.

use core::ffi::c_void;

use winpages_kernel::address_space::{self, MemoryBasicInformation, MemoryKind};
use winpages_kernel::object::{self, AccessMask};
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, status, write, write_if_wanted};

/// SECTION_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SECTION_BASIC_INFORMATION {
    /// Always NULL: sections have no address of their own.
    pub BaseAddress: *mut c_void,
    /// SEC_ bits.
    pub AllocationAttributes: u32,
    /// The size in bytes.
    pub MaximumSize: i64,
}

const SECTION_BASIC_INFORMATION_CLASS: u32 = 0;
const SECTION_IMAGE_INFORMATION_CLASS: u32 = 1;

/// The size of SECTION_IMAGE_INFORMATION.
const IMAGE_INFORMATION_SIZE: usize = 64;

/// NtQuerySection: size and attributes of a section.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySection(
    SectionHandle: usize,
    SectionInformationClass: u32,
    SectionInformation: *mut c_void,
    SectionInformationLength: usize,
    ReturnLength: *mut usize,
) -> i32 {
    const BASIC_SIZE: usize = size_of::<SECTION_BASIC_INFORMATION>();
    let query = || {
        let size = match SectionInformationClass {
            SECTION_BASIC_INFORMATION_CLASS => BASIC_SIZE,
            SECTION_IMAGE_INFORMATION_CLASS => IMAGE_INFORMATION_SIZE,
            _ => return Err(NtStatus::INVALID_INFO_CLASS),
        };
        if SectionInformationLength < size {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        // Windows looks at the whole buffer: its end shows whether it is as long as it is said to be.
        let last = (SectionInformation as usize)
            .checked_add(SectionInformationLength - 1)
            .ok_or(NtStatus::ACCESS_VIOLATION)?;
        // SAFETY: the caller's buffer; any byte is one.
        unsafe { read(last as *const u8)? };
        let (section, granted) = object::reference_section(Handle::from_value(SectionHandle))?;
        if !granted.contains(AccessMask::SECTION_QUERY) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if SectionInformationClass == SECTION_IMAGE_INFORMATION_CLASS {
            return Err(NtStatus::SECTION_NOT_IMAGE);
        }
        let answer = SECTION_BASIC_INFORMATION {
            BaseAddress: core::ptr::null_mut(),
            AllocationAttributes: section.flags().bits(),
            MaximumSize: section.size() as i64,
        };
        // SAFETY: the caller's buffer and pointer, for the caller's answer.
        unsafe {
            write(SectionInformation.cast(), answer)?;
            write_if_wanted(ReturnLength, size)
        }
    };
    status(query())
}

/// NtAreMappedFilesTheSame: whether two addresses lie in one view, or the first in an image of the
/// second's file.
#[unsafe(no_mangle)]
pub extern "C" fn NtAreMappedFilesTheSame(
    File1MappedAsAnImage: *const c_void,
    File2MappedAsFile: *const c_void,
) -> i32 {
    let mapped = |address: usize| -> Result<MemoryBasicInformation, NtStatus> {
        let region =
            address_space::query_virtual_memory(address).map_err(|_| NtStatus::INVALID_ADDRESS)?;
        match region.kind {
            MemoryKind::None => Err(NtStatus::INVALID_ADDRESS),
            MemoryKind::Private => Err(NtStatus::CONFLICTING_ADDRESSES),
            MemoryKind::Mapped | MemoryKind::Image => Ok(region),
        }
    };
    let (first, second) = (File1MappedAsAnImage as usize, File2MappedAsFile as usize);
    let compare = || {
        let (one, other) = (mapped(first)?, mapped(second)?);
        let is_one_view = one.allocation_base == other.allocation_base;
        let is_image_of = || {
            let file = |address| address_space::mapped_file(address).ok();
            one.kind == MemoryKind::Image
                && file(one.allocation_base).is_some()
                && file(one.allocation_base) == file(second)
        };
        if is_one_view || is_image_of() {
            Ok(())
        } else {
            Err(NtStatus::NOT_SAME_DEVICE)
        }
    };
    status(compare())
}
