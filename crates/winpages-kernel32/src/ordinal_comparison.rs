//! Comparing texts by the numbers of their characters: CompareStringOrdinal.

use winpages_kernel::NtStatus;

use crate::last_error;
use crate::nt::argument::read;
use crate::text;

/// CSTR_EQUAL; CSTR_LESS_THAN is one less and CSTR_GREATER_THAN one more.
const CSTR_EQUAL: i32 = 2;

/// The capital of a character that takes one unit, if that takes one too.
fn capital(unit: u16) -> u16 {
    let Some(character) = char::from_u32(unit.into()) else {
        return unit;
    };
    let mut capitals = character.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => u16::try_from(u32::from(capital)).unwrap_or(unit),
        _ => unit,
    }
}

/// # Safety
///
/// `from` must be a C program's to read.
unsafe fn units(from: *const u16, count: i32) -> Result<Vec<u16>, NtStatus> {
    if from.is_null() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // SAFETY: passed on.
    unsafe {
        match usize::try_from(count) {
            Ok(count) => (0..count)
                .map(|index| read(from.wrapping_add(index)))
                .collect(),
            Err(_) => Ok(text::wide(from)?.unwrap_or_default()),
        }
    }
}

/// CompareStringOrdinal: compares unit by unit, as file names and names of objects are compared; with `bIgnoreCase`,
/// their capitals. A negative count is up to a NUL. 0 if it fails.
///
/// # Safety
///
/// The strings must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CompareStringOrdinal(
    lpString1: *const u16,
    cchCount1: i32,
    lpString2: *const u16,
    cchCount2: i32,
    bIgnoreCase: i32,
) -> i32 {
    // SAFETY: passed on.
    let strings = unsafe { units(lpString1, cchCount1) }
        // SAFETY: passed on.
        .and_then(|one| Ok((one, unsafe { units(lpString2, cchCount2)? })));
    match strings {
        Ok((one, other)) if bIgnoreCase != 0 => {
            let [one, other] = [one, other].map(|string| string.into_iter().map(capital));
            CSTR_EQUAL + one.cmp(other) as i32
        }
        Ok((one, other)) => CSTR_EQUAL + one.cmp(&other) as i32,
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}
