//! What can be asked and changed of an open file by classes of information: GetFileInformationByHandleEx,
//! SetFileInformationByHandle.

use core::ffi::c_void;

use winpages_kernel::file::{Attributes, File, Information};
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::time::{FILETIME, file_time};

/// FILE_INFO_BY_HANDLE_CLASS, as far as it is known here.
mod class {
    pub const BASIC: u32 = 0;
    pub const STANDARD: u32 = 1;
    pub const DISPOSITION: u32 = 4;
    pub const ALLOCATION: u32 = 5;
    pub const END_OF_FILE: u32 = 6;
    pub const ATTRIBUTE_TAG: u32 = 9;
    pub const ID: u32 = 18;
}

/// FILE_BASIC_INFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FILE_BASIC_INFO {
    /// When it was made.
    pub CreationTime: FILETIME,
    /// When it was last read.
    pub LastAccessTime: FILETIME,
    /// When it was last written.
    pub LastWriteTime: FILETIME,
    /// When anything about it last changed.
    pub ChangeTime: FILETIME,
    /// FILE_ATTRIBUTE_ values.
    pub FileAttributes: u32,
    reserved: u32,
}

/// FILE_STANDARD_INFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FILE_STANDARD_INFO {
    /// How many bytes of the disk it takes.
    pub AllocationSize: i64,
    /// Its size in bytes.
    pub EndOfFile: i64,
    /// How many names it has.
    pub NumberOfLinks: u32,
    /// Whether its name goes with its last handle.
    pub DeletePending: u8,
    /// Whether it is a directory.
    pub Directory: u8,
    reserved: [u8; 2],
}

/// FILE_ATTRIBUTE_TAG_INFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FILE_ATTRIBUTE_TAG_INFO {
    /// FILE_ATTRIBUTE_ values.
    pub FileAttributes: u32,
    /// Of what kind a link is; links are followed here.
    pub ReparseTag: u32,
}

/// FILE_ID_INFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FILE_ID_INFO {
    /// The device's number.
    pub VolumeSerialNumber: u64,
    /// Its number on the device.
    pub FileId: [u64; 2],
}

impl FILE_BASIC_INFO {
    fn of(information: &Information) -> Self {
        Self {
            CreationTime: file_time(information.creation),
            LastAccessTime: file_time(information.last_access),
            LastWriteTime: file_time(information.last_write),
            ChangeTime: file_time(information.change),
            FileAttributes: information.attributes.bits(),
            reserved: 0,
        }
    }
}

impl FILE_STANDARD_INFO {
    fn of(file: &File, information: &Information) -> Self {
        let deleted = file.is_to_be_deleted();
        Self {
            AllocationSize: information.allocated as i64,
            EndOfFile: information.size as i64,
            // One that is to go does not count.
            NumberOfLinks: information.links.saturating_sub(u32::from(deleted)),
            DeletePending: u8::from(deleted),
            Directory: u8::from(information.attributes.contains(Attributes::DIRECTORY)),
            reserved: [0; 2],
        }
    }
}

/// A program's buffer for one class of information.
struct Buffer {
    at: *mut c_void,
    size: u32,
}

impl Buffer {
    fn check<T>(&self) -> Result<(), NtStatus> {
        if (self.size as usize) < size_of::<T>() {
            Err(NtStatus::INFO_LENGTH_MISMATCH)
        } else {
            Ok(())
        }
    }

    /// # Safety
    ///
    /// The memory must be a C program's to write.
    unsafe fn write<T: Copy>(&self, value: &T) -> Result<(), NtStatus> {
        self.check::<T>()?;
        // SAFETY: as the caller vouches.
        unsafe { fault::write(self.at.cast(), value) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    }

    /// # Safety
    ///
    /// The memory must be a C program's to read, and any bytes a value of the type.
    unsafe fn read<T: Copy>(&self) -> Result<T, NtStatus> {
        self.check::<T>()?;
        // SAFETY: as the caller vouches.
        unsafe { fault::read(self.at.cast()) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    }
}

/// GetFileInformationByHandleEx: FileBasicInfo, FileStandardInfo, FileAttributeTagInfo and FileIdInfo.
///
/// # Safety
///
/// `lpFileInformation` must be a C program's to write; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileInformationByHandleEx(
    hFile: usize,
    FileInformationClass: u32,
    lpFileInformation: *mut c_void,
    dwBufferSize: u32,
) -> i32 {
    let to = Buffer {
        at: lpFileInformation,
        size: dwBufferSize,
    };
    let get = || {
        let handle = Handle::from_value(hFile);
        let (file, _) = reference_file(handle, AccessMask::FILE_READ_ATTRIBUTES)?;
        let information = file.information()?;
        // SAFETY: as the caller vouches.
        unsafe {
            match FileInformationClass {
                class::BASIC => to.write(&FILE_BASIC_INFO::of(&information)),
                class::STANDARD => to.write(&FILE_STANDARD_INFO::of(&file, &information)),
                class::ATTRIBUTE_TAG => to.write(&FILE_ATTRIBUTE_TAG_INFO {
                    FileAttributes: information.attributes.bits(),
                    ReparseTag: 0,
                }),
                class::ID => to.write(&FILE_ID_INFO {
                    VolumeSerialNumber: information.identity.device,
                    FileId: [information.identity.inode, 0],
                }),
                _ => Err(NtStatus::INVALID_PARAMETER),
            }
        }
    };
    last_error::boolean(get())
}

/// SetFileInformationByHandle: FileEndOfFileInfo, FileAllocationInfo and FileDispositionInfo. A file that is
/// mapped anywhere is neither cut short nor deleted.
///
/// # Safety
///
/// `lpFileInformation` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileInformationByHandle(
    hFile: usize,
    FileInformationClass: u32,
    lpFileInformation: *mut c_void,
    dwBufferSize: u32,
) -> i32 {
    let from = Buffer {
        at: lpFileInformation,
        size: dwBufferSize,
    };
    let reference =
        |access| reference_file(Handle::from_value(hFile), access).map(|(file, _)| file);
    // A negative size is one that no file can have.
    // SAFETY: as the caller vouches; any bytes are an integer.
    let size = || unsafe { from.read::<u64>() };
    let set = || match FileInformationClass {
        class::END_OF_FILE => {
            let end = size()?;
            reference(AccessMask::FILE_WRITE_DATA)?.set_end_of_file(end)
        }
        class::ALLOCATION => {
            let wanted = size()?;
            reference(AccessMask::FILE_WRITE_DATA)?.set_allocation(wanted)
        }
        class::DISPOSITION => {
            // SAFETY: as above.
            let delete = unsafe { from.read::<u8>() }?;
            reference(AccessMask::DELETE)?.set_disposition(delete != 0)
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    last_error::boolean(set())
}
