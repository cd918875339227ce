//! How much room there is on a disk: GetDiskFreeSpace, GetDiskFreeSpaceEx.

use core::ffi::c_char;

use winpages_kernel::NtStatus;
use winpages_kernel::file::{DiskSpace, disk_space};

use crate::nt::argument::write_if_wanted;
use crate::{last_error, text};

/// What a sector of a disk has, in bytes, whatever its file system gives out at a time.
const SECTOR: u64 = 512;

/// The room where a path leads; NULL is the current directory.
fn space(path: Result<Option<Vec<u16>>, NtStatus>) -> Result<DiskSpace, NtStatus> {
    match path? {
        None => disk_space("."),
        Some(path) => disk_space(&text::path(Ok(Some(path)))?),
    }
}

/// # Safety
///
/// The pointers must be a C program's to write, or NULL.
unsafe fn tell_clusters(
    space: Result<DiskSpace, NtStatus>,
    sectors: *mut u32,
    bytes: *mut u32,
    free: *mut u32,
    total: *mut u32,
) -> i32 {
    let told = space.and_then(|space| {
        let unit = space.unit.max(SECTOR);
        // What takes more than 32 bits to count is as much as they can.
        let clusters = |bytes: u64| u32::try_from(bytes / unit).unwrap_or(u32::MAX);
        // SAFETY: passed on.
        unsafe {
            write_if_wanted(sectors, (unit / SECTOR) as u32)?;
            write_if_wanted(bytes, SECTOR as u32)?;
            write_if_wanted(free, clusters(space.available))?;
            write_if_wanted(total, clusters(space.total))
        }
    });
    last_error::boolean(told)
}

/// GetDiskFreeSpaceW: in clusters, which are what the file system gives out at a time.
///
/// # Safety
///
/// `lpRootPathName` must be a C program's to read, or NULL; the others to write, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceW(
    lpRootPathName: *const u16,
    lpSectorsPerCluster: *mut u32,
    lpBytesPerSector: *mut u32,
    lpNumberOfFreeClusters: *mut u32,
    lpTotalNumberOfClusters: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        tell_clusters(
            space(text::wide(lpRootPathName)),
            lpSectorsPerCluster,
            lpBytesPerSector,
            lpNumberOfFreeClusters,
            lpTotalNumberOfClusters,
        )
    }
}

/// GetDiskFreeSpaceA: as [`GetDiskFreeSpaceW`].
///
/// # Safety
///
/// As [`GetDiskFreeSpaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceA(
    lpRootPathName: *const c_char,
    lpSectorsPerCluster: *mut u32,
    lpBytesPerSector: *mut u32,
    lpNumberOfFreeClusters: *mut u32,
    lpTotalNumberOfClusters: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        tell_clusters(
            space(text::ansi(lpRootPathName)),
            lpSectorsPerCluster,
            lpBytesPerSector,
            lpNumberOfFreeClusters,
            lpTotalNumberOfClusters,
        )
    }
}

/// # Safety
///
/// The pointers must be a C program's to write, or NULL.
unsafe fn tell_bytes(
    space: Result<DiskSpace, NtStatus>,
    available: *mut u64,
    total: *mut u64,
    free: *mut u64,
) -> i32 {
    // SAFETY: passed on.
    let told = space.and_then(|space| unsafe {
        write_if_wanted(available, space.available)?;
        write_if_wanted(total, space.total)?;
        write_if_wanted(free, space.free)
    });
    last_error::boolean(told)
}

/// GetDiskFreeSpaceExW: in bytes: what this user may have, what there is, and what is free.
///
/// # Safety
///
/// As [`GetDiskFreeSpaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceExW(
    lpDirectoryName: *const u16,
    lpFreeBytesAvailableToCaller: *mut u64,
    lpTotalNumberOfBytes: *mut u64,
    lpTotalNumberOfFreeBytes: *mut u64,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        tell_bytes(
            space(text::wide(lpDirectoryName)),
            lpFreeBytesAvailableToCaller,
            lpTotalNumberOfBytes,
            lpTotalNumberOfFreeBytes,
        )
    }
}

/// GetDiskFreeSpaceExA: as [`GetDiskFreeSpaceExW`].
///
/// # Safety
///
/// As [`GetDiskFreeSpaceW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceExA(
    lpDirectoryName: *const c_char,
    lpFreeBytesAvailableToCaller: *mut u64,
    lpTotalNumberOfBytes: *mut u64,
    lpTotalNumberOfFreeBytes: *mut u64,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        tell_bytes(
            space(text::ansi(lpDirectoryName)),
            lpFreeBytesAvailableToCaller,
            lpTotalNumberOfBytes,
            lpTotalNumberOfFreeBytes,
        )
    }
}
