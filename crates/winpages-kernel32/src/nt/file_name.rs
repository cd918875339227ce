//! Names of files as the object manager knows them.

use std::path::Path;

use winpages_kernel::NtStatus;
use winpages_kernel::file::drive::Letter;
use winpages_kernel::file::path;

/// The longest name that a UNICODE_STRING holds with a NUL behind it, in UTF-16 units.
const LONGEST: usize = 32_766;

/// What the object manager calls a Linux file: `\Device\HarddiskVolume3\…` for one on `C:`, and so on
/// in the order of the drive letters.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if no drive reaches the file, [`NtStatus::NAME_TOO_LONG`].
pub fn device_path(file: &Path) -> Result<Vec<u16>, NtStatus> {
    let full = path::from_linux(file).ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let (drive, rest) = full
        .split_once(':')
        .ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let letter = drive.chars().next().and_then(Letter::new);
    let letter = letter.ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)?;
    let name = device_of(letter) + rest;
    let units: Vec<u16> = name.encode_utf16().collect();
    if units.len() > LONGEST {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    Ok(units)
}

/// The device that a drive letter stands for.
pub fn device_of(letter: Letter) -> String {
    let volume = u32::from(letter.as_char()) - u32::from('A') + 1;
    format!(r"\Device\HarddiskVolume{volume}")
}
