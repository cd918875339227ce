//! What a section is: NtQuerySection, NtAreMappedFilesTheSame.

use core::ffi::c_void;

use winpages_kernel::address_space::{self, MemoryBasicInformation, MemoryKind};
use winpages_kernel::object::{self, AccessMask};
use winpages_kernel::section::ImageInformation;
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

/// SECTION_IMAGE_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SECTION_IMAGE_INFORMATION {
    /// Where execution starts, if the image is where it would like to be.
    pub TransferAddress: *mut c_void,
    /// How many of the upper bits of its addresses are zero: always 0.
    pub ZeroBits: u32,
    /// The stack to be reserved for the first thread.
    pub MaximumStackSize: usize,
    /// The stack to be committed for it.
    pub CommittedStackSize: usize,
    /// IMAGE_SUBSYSTEM_
    pub SubSystemType: u32,
    /// The subsystem's version.
    pub SubSystemMinorVersion: u16,
    /// See `SubSystemMinorVersion`.
    pub SubSystemMajorVersion: u16,
    /// The operating system's version.
    pub MajorOperatingSystemVersion: u16,
    /// See `MajorOperatingSystemVersion`.
    pub MinorOperatingSystemVersion: u16,
    /// IMAGE_FILE_ bits.
    pub ImageCharacteristics: u16,
    /// IMAGE_DLLCHARACTERISTICS_ bits.
    pub DllCharacteristics: u16,
    /// IMAGE_FILE_MACHINE_
    pub Machine: u16,
    /// Whether any of it is code.
    pub ImageContainsCode: u8,
    /// Bits that the headers do not spell out; of these only ImageMappedFlat (8) occurs.
    pub ImageFlags: u8,
    /// LoaderFlags of the headers.
    pub LoaderFlags: u32,
    /// The size of the file.
    pub ImageFileSize: u32,
    /// CheckSum of the headers.
    pub CheckSum: u32,
}

/// ImageMappedFlat: the image lies in memory as it lies in the file.
const IMAGE_MAPPED_FLAT: u8 = 0x08;

impl SECTION_IMAGE_INFORMATION {
    fn of(base: u64, image: &ImageInformation) -> Self {
        let (major, minor) = image.subsystem_version;
        let (system_major, system_minor) = image.system_version;
        Self {
            TransferAddress: base.wrapping_add(image.entry.into()) as *mut c_void,
            ZeroBits: 0,
            MaximumStackSize: image.stack_reserve as usize,
            CommittedStackSize: image.stack_commit as usize,
            SubSystemType: image.subsystem.into(),
            SubSystemMinorVersion: minor,
            SubSystemMajorVersion: major,
            MajorOperatingSystemVersion: system_major,
            MinorOperatingSystemVersion: system_minor,
            ImageCharacteristics: image.characteristics,
            DllCharacteristics: image.dll_characteristics,
            Machine: image.machine,
            ImageContainsCode: image.has_code.into(),
            ImageFlags: if image.is_flat { IMAGE_MAPPED_FLAT } else { 0 },
            LoaderFlags: image.loader_flags,
            ImageFileSize: image.file_size as u32,
            CheckSum: image.checksum,
        }
    }
}

/// NtQuerySection: size and attributes of a section, or what the headers of its image say.
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
            SECTION_IMAGE_INFORMATION_CLASS => size_of::<SECTION_IMAGE_INFORMATION>(),
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
            let (base, image) = section.image()?;
            let answer = SECTION_IMAGE_INFORMATION::of(base, &image);
            // SAFETY: the caller's buffer and pointer, for the caller's answer.
            return unsafe {
                write(SectionInformation.cast(), answer)?;
                write_if_wanted(ReturnLength, size)
            };
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
