//! Names of files as the object manager knows them.

use std::path::Path;

use winpages_kernel::NtStatus;
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
    let letter = drive.bytes().next().unwrap_or(b'Z').to_ascii_uppercase();
    let volume = u32::from(letter.saturating_sub(b'A')) + 1;
    let name = format!(r"\Device\HarddiskVolume{volume}{rest}");
    let units: Vec<u16> = name.encode_utf16().collect();
    if units.len() > LONGEST {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    Ok(units)
}
