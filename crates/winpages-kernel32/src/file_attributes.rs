//! What is known of a file: GetFileAttributes, GetFileInformationByHandle, GetFileType.

use core::ffi::{c_char, c_void};

use winpages_kernel::file::{self, Attributes, Information, Kind};
use winpages_kernel::object::{AccessMask, reference_file};
use winpages_kernel::sys::fault;
use winpages_kernel::{Handle, NtStatus};

use crate::time::{FILETIME, file_time};
use crate::{last_error, text};

const INVALID_FILE_ATTRIBUTES: u32 = u32::MAX;

/// WIN32_FILE_ATTRIBUTE_DATA as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WIN32_FILE_ATTRIBUTE_DATA {
    /// FILE_ATTRIBUTE_ values.
    pub dwFileAttributes: u32,
    /// When it was made.
    pub ftCreationTime: FILETIME,
    /// When it was last read.
    pub ftLastAccessTime: FILETIME,
    /// When it was last written.
    pub ftLastWriteTime: FILETIME,
    /// The upper half of the size in bytes.
    pub nFileSizeHigh: u32,
    /// The lower half.
    pub nFileSizeLow: u32,
}

impl From<&Information> for WIN32_FILE_ATTRIBUTE_DATA {
    fn from(information: &Information) -> Self {
        Self {
            dwFileAttributes: information.attributes.bits(),
            ftCreationTime: file_time(information.creation),
            ftLastAccessTime: file_time(information.last_access),
            ftLastWriteTime: file_time(information.last_write),
            nFileSizeHigh: (information.size >> 32) as u32,
            nFileSizeLow: information.size as u32,
        }
    }
}

/// BY_HANDLE_FILE_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct BY_HANDLE_FILE_INFORMATION {
    /// FILE_ATTRIBUTE_ values.
    pub dwFileAttributes: u32,
    /// When it was made.
    pub ftCreationTime: FILETIME,
    /// When it was last read.
    pub ftLastAccessTime: FILETIME,
    /// When it was last written.
    pub ftLastWriteTime: FILETIME,
    /// The device's number, folded to 32 bits.
    pub dwVolumeSerialNumber: u32,
    /// The upper half of the size in bytes.
    pub nFileSizeHigh: u32,
    /// The lower half.
    pub nFileSizeLow: u32,
    /// How many names it has.
    pub nNumberOfLinks: u32,
    /// The upper half of its number on the device.
    pub nFileIndexHigh: u32,
    /// The lower half.
    pub nFileIndexLow: u32,
}

fn attributes(path: Result<String, NtStatus>) -> Result<Information, NtStatus> {
    file::attributes(&path?)
}

fn get(path: Result<String, NtStatus>) -> u32 {
    match attributes(path) {
        Ok(information) => information.attributes.bits(),
        Err(status) => {
            last_error::fail(status);
            INVALID_FILE_ATTRIBUTES
        }
    }
}

/// GetFileAttributesA: READONLY, DIRECTORY and ARCHIVE are what files have here.
///
/// # Safety
///
/// `lpFileName` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesA(lpFileName: *const c_char) -> u32 {
    // SAFETY: passed on.
    get(text::path(unsafe { text::ansi(lpFileName) }))
}

/// GetFileAttributesW: as [`GetFileAttributesA`].
///
/// # Safety
///
/// As [`GetFileAttributesA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesW(lpFileName: *const u16) -> u32 {
    // SAFETY: passed on.
    get(text::path(unsafe { text::wide(lpFileName) }))
}

/// # Safety
///
/// `to` must be a C program's to write.
unsafe fn get_ex(path: Result<String, NtStatus>, level: u32, to: *mut c_void) -> i32 {
    const GET_FILE_EX_INFO_STANDARD: u32 = 0;
    if level != GET_FILE_EX_INFO_STANDARD {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    let result = attributes(path).and_then(|information| {
        let data = WIN32_FILE_ATTRIBUTE_DATA::from(&information);
        // SAFETY: as the caller vouches.
        unsafe { fault::write(to.cast(), &data) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(result)
}

/// GetFileAttributesExA: attributes, times and size.
///
/// # Safety
///
/// The pointers must be a C program's; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExA(
    lpFileName: *const c_char,
    fInfoLevelId: u32,
    lpFileInformation: *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        get_ex(
            text::path(text::ansi(lpFileName)),
            fInfoLevelId,
            lpFileInformation,
        )
    }
}

/// GetFileAttributesExW: as [`GetFileAttributesExA`].
///
/// # Safety
///
/// As [`GetFileAttributesExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileAttributesExW(
    lpFileName: *const u16,
    fInfoLevelId: u32,
    lpFileInformation: *mut c_void,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        get_ex(
            text::path(text::wide(lpFileName)),
            fInfoLevelId,
            lpFileInformation,
        )
    }
}

fn set(path: Result<String, NtStatus>, wanted: u32) -> i32 {
    let read_only = wanted & Attributes::READONLY.bits() != 0;
    last_error::boolean(path.and_then(|path| file::set_read_only(&path, read_only)))
}

/// SetFileAttributesA: READONLY is set or cleared; the others are not kept.
///
/// # Safety
///
/// As [`GetFileAttributesA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesA(
    lpFileName: *const c_char,
    dwFileAttributes: u32,
) -> i32 {
    // SAFETY: passed on.
    set(
        text::path(unsafe { text::ansi(lpFileName) }),
        dwFileAttributes,
    )
}

/// SetFileAttributesW: as [`SetFileAttributesA`].
///
/// # Safety
///
/// As [`GetFileAttributesA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileAttributesW(lpFileName: *const u16, dwFileAttributes: u32) -> i32 {
    // SAFETY: passed on.
    set(
        text::path(unsafe { text::wide(lpFileName) }),
        dwFileAttributes,
    )
}

/// GetFileInformationByHandle.
///
/// # Safety
///
/// `lpFileInformation` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileInformationByHandle(
    hFile: usize,
    lpFileInformation: *mut BY_HANDLE_FILE_INFORMATION,
) -> i32 {
    let result = reference_file(Handle::from_value(hFile), AccessMask::FILE_READ_ATTRIBUTES)
        .and_then(|(file, _)| file.information())
        .and_then(|information| {
            let data = WIN32_FILE_ATTRIBUTE_DATA::from(&information);
            let identity = information.identity;
            let answer = BY_HANDLE_FILE_INFORMATION {
                dwFileAttributes: data.dwFileAttributes,
                ftCreationTime: data.ftCreationTime,
                ftLastAccessTime: data.ftLastAccessTime,
                ftLastWriteTime: data.ftLastWriteTime,
                dwVolumeSerialNumber: (identity.device ^ (identity.device >> 32)) as u32,
                nFileSizeHigh: data.nFileSizeHigh,
                nFileSizeLow: data.nFileSizeLow,
                nNumberOfLinks: information.links,
                nFileIndexHigh: (identity.inode >> 32) as u32,
                nFileIndexLow: identity.inode as u32,
            };
            // SAFETY: as the caller vouches.
            unsafe { fault::write(lpFileInformation, &answer) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)
        });
    last_error::boolean(result)
}

/// GetFileType: FILE_TYPE_DISK, FILE_TYPE_CHAR, FILE_TYPE_PIPE; FILE_TYPE_UNKNOWN for no file.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileType(hFile: usize) -> u32 {
    match reference_file(Handle::from_value(hFile), AccessMask::empty()) {
        Ok((file, _)) => match file.kind() {
            Kind::Disk | Kind::Directory => 1,
            Kind::Character => 2,
            Kind::Pipe => 3,
        },
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}
