//! Which drives there are: GetLogicalDrives, GetLogicalDriveStrings.

use winpages_kernel::file::drive;

use crate::text;

/// GetLogicalDrives: a bit for each drive there is, A: the lowest.
#[unsafe(no_mangle)]
pub extern "C" fn GetLogicalDrives() -> u32 {
    drive::list()
        .iter()
        .map(|drive| 1 << (u32::from(drive.letter.as_char()) - u32::from('A')))
        .sum()
}

/// The roots of all drives, with a NUL behind each.
fn roots() -> String {
    drive::list()
        .iter()
        .map(|drive| format!("{}:\\\0", drive.letter.as_char()))
        .collect()
}

/// GetLogicalDriveStringsW: the roots of all drives, with a NUL behind each and another one at the end. Answers how
/// many characters they take without the last, or the size needed with it.
///
/// # Safety
///
/// `lpBuffer` must be NULL or writable for `nBufferLength` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalDriveStringsW(nBufferLength: u32, lpBuffer: *mut u16) -> u32 {
    // SAFETY: passed on.
    unsafe {
        text::hand_out(
            &text::from_utf8(roots().as_bytes()),
            lpBuffer,
            nBufferLength,
        )
    }
}

/// GetLogicalDriveStringsA: as [`GetLogicalDriveStringsW`].
///
/// # Safety
///
/// As [`GetLogicalDriveStringsW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalDriveStringsA(nBufferLength: u32, lpBuffer: *mut u8) -> u32 {
    // SAFETY: passed on.
    unsafe { text::hand_out(roots().as_bytes(), lpBuffer, nBufferLength) }
}
