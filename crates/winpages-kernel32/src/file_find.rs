//! FindFirstFile, FindFirstFileEx, FindNextFile, FindClose.

use core::ffi::{c_char, c_void};
use std::collections::BTreeMap;
use std::vec::IntoIter;

use winpages_kernel::NtStatus;
use winpages_kernel::file::directory::{self, Entry};
use winpages_kernel::sys::fault;
use winpages_kernel::sys::lock::Lock;

use crate::file_attributes::WIN32_FILE_ATTRIBUTE_DATA;
use crate::file_open::INVALID_HANDLE_VALUE;
use crate::time::FILETIME;
use crate::{last_error, text};

/// WIN32_FIND_DATAA and WIN32_FIND_DATAW as C programs lay them out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WIN32_FIND_DATA<T> {
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
    /// Nothing, as no file here is a reparse point.
    pub dwReserved0: u32,
    /// Nothing.
    pub dwReserved1: u32,
    /// The name, and a NUL.
    pub cFileName: [T; 260],
    /// A short name, which no file here has.
    pub cAlternateFileName: [T; 14],
}

/// The searches there are, by their handles. These are no handles of the handle table: CloseHandle
/// does not close them, on Windows either.
static SEARCHES: Lock<Searches> = Lock::new(Searches {
    open: BTreeMap::new(),
    next: 0,
});

struct Searches {
    open: BTreeMap<usize, IntoIter<Entry>>,
    next: usize,
}

/// Where the handles of searches begin: far from those of objects.
const FIRST_HANDLE: usize = 0x5000_0000;

/// What an entry's name is in the strings of one of the two faces.
trait Unit: Copy + Default {
    fn name(name: &str) -> Vec<Self>;
}

impl Unit for u8 {
    fn name(name: &str) -> Vec<Self> {
        name.as_bytes().to_vec()
    }
}

impl Unit for u16 {
    fn name(name: &str) -> Vec<Self> {
        name.encode_utf16().collect()
    }
}

/// # Safety
///
/// `to` must be a C program's to write.
unsafe fn hand_out<T: Unit>(entry: &Entry, to: *mut WIN32_FIND_DATA<T>) -> Result<(), NtStatus> {
    let data = WIN32_FILE_ATTRIBUTE_DATA::from(&entry.information);
    let mut found = WIN32_FIND_DATA {
        dwFileAttributes: data.dwFileAttributes,
        ftCreationTime: data.ftCreationTime,
        ftLastAccessTime: data.ftLastAccessTime,
        ftLastWriteTime: data.ftLastWriteTime,
        nFileSizeHigh: data.nFileSizeHigh,
        nFileSizeLow: data.nFileSizeLow,
        dwReserved0: 0,
        dwReserved1: 0,
        cFileName: [T::default(); 260],
        cAlternateFileName: [T::default(); 14],
    };
    // No name on Linux is longer than 255 bytes.
    for (unit, place) in T::name(&entry.name)
        .into_iter()
        .zip(&mut found.cFileName[..259])
    {
        *place = unit;
    }
    // SAFETY: as the caller vouches.
    unsafe { fault::write(to, &found) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// # Safety
///
/// As [`hand_out`].
unsafe fn find_first<T: Unit>(
    path: Result<String, NtStatus>,
    data: *mut WIN32_FIND_DATA<T>,
) -> usize {
    let result = path.and_then(|path| {
        if path.is_empty() {
            return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
        }
        let mut entries = directory::find(&path)?.into_iter();
        let first = entries.next().ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        // SAFETY: passed on.
        unsafe { hand_out(&first, data) }?;
        Ok(entries)
    });
    match result {
        Ok(entries) => {
            let mut searches = SEARCHES.lock();
            let handle = FIRST_HANDLE + searches.next * 4;
            searches.next += 1;
            searches.open.insert(handle, entries);
            handle
        }
        Err(status) => {
            last_error::fail(status);
            INVALID_HANDLE_VALUE
        }
    }
}

/// # Safety
///
/// As [`hand_out`].
unsafe fn find_next<T: Unit>(handle: usize, data: *mut WIN32_FIND_DATA<T>) -> i32 {
    let next = match SEARCHES.lock().open.get_mut(&handle) {
        None => Err(NtStatus::INVALID_HANDLE),
        Some(entries) => entries.next().ok_or(NtStatus::NO_MORE_FILES),
    };
    // SAFETY: passed on.
    last_error::boolean(next.and_then(|entry| unsafe { hand_out(&entry, data) }))
}

/// FindFirstFileA: the entries of a directory that match a pattern with `*` and `?`, in the order of
/// their names.
///
/// # Safety
///
/// `lpFileName` must be a C program's to read, `lpFindFileData` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileA(
    lpFileName: *const c_char,
    lpFindFileData: *mut WIN32_FIND_DATA<u8>,
) -> usize {
    // SAFETY: passed on.
    unsafe { find_first(text::path(text::ansi(lpFileName)), lpFindFileData) }
}

/// FindFirstFileW: as [`FindFirstFileA`].
///
/// # Safety
///
/// As [`FindFirstFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileW(
    lpFileName: *const u16,
    lpFindFileData: *mut WIN32_FIND_DATA<u16>,
) -> usize {
    // SAFETY: passed on.
    unsafe { find_first(text::path(text::wide(lpFileName)), lpFindFileData) }
}

/// Whether the arguments of FindFirstFileEx that are numbers are known.
fn check_search(level: u32, operation: u32) -> Result<(), NtStatus> {
    /// FindExInfoBasic, and FindExSearchLimitToDirectories, which is advice.
    const LAST: u32 = 1;
    if level > LAST || operation > LAST {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(())
}

/// FindFirstFileExA: as [`FindFirstFileA`]. That directories alone are wanted is advice, as on Windows, and so are the
/// flags.
///
/// # Safety
///
/// As [`FindFirstFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExA(
    lpFileName: *const c_char,
    fInfoLevelId: u32,
    lpFindFileData: *mut c_void,
    fSearchOp: u32,
    _lpSearchFilter: *mut c_void,
    _dwAdditionalFlags: u32,
) -> usize {
    let path = check_search(fInfoLevelId, fSearchOp)
        // SAFETY: passed on.
        .and_then(|()| text::path(unsafe { text::ansi(lpFileName) }));
    // SAFETY: passed on.
    unsafe { find_first(path, lpFindFileData.cast::<WIN32_FIND_DATA<u8>>()) }
}

/// FindFirstFileExW: as [`FindFirstFileExA`].
///
/// # Safety
///
/// As [`FindFirstFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExW(
    lpFileName: *const u16,
    fInfoLevelId: u32,
    lpFindFileData: *mut c_void,
    fSearchOp: u32,
    _lpSearchFilter: *mut c_void,
    _dwAdditionalFlags: u32,
) -> usize {
    let path = check_search(fInfoLevelId, fSearchOp)
        // SAFETY: passed on.
        .and_then(|()| text::path(unsafe { text::wide(lpFileName) }));
    // SAFETY: passed on.
    unsafe { find_first(path, lpFindFileData.cast::<WIN32_FIND_DATA<u16>>()) }
}

/// FindNextFileA.
///
/// # Safety
///
/// `lpFindFileData` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileA(
    hFindFile: usize,
    lpFindFileData: *mut WIN32_FIND_DATA<u8>,
) -> i32 {
    // SAFETY: passed on.
    unsafe { find_next(hFindFile, lpFindFileData) }
}

/// FindNextFileW.
///
/// # Safety
///
/// `lpFindFileData` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileW(
    hFindFile: usize,
    lpFindFileData: *mut WIN32_FIND_DATA<u16>,
) -> i32 {
    // SAFETY: passed on.
    unsafe { find_next(hFindFile, lpFindFileData) }
}

/// FindClose.
#[unsafe(no_mangle)]
pub extern "C" fn FindClose(hFindFile: usize) -> i32 {
    let closed = SEARCHES.lock().open.remove(&hFindFile);
    last_error::boolean(closed.map(drop).ok_or(NtStatus::INVALID_HANDLE))
}
