//! Whether this is at least, or exactly, some version of Windows: VerSetConditionMask, VerifyVersionInfo.

use core::cmp::Ordering;
use core::ffi::c_void;

use crate::error_code::{ERROR_BAD_ARGUMENTS, ERROR_NOACCESS, ERROR_OLD_WIN_VERSION};
use crate::last_error;
use crate::nt::argument::read;
use crate::process::{VersionInformation, version_information};

/// VER_ bits of what is compared: the place of each is that of its condition in a mask.
mod kind {
    pub const MINOR: u32 = 0x01;
    pub const MAJOR: u32 = 0x02;
    pub const BUILD: u32 = 0x04;
    pub const PLATFORM: u32 = 0x08;
    pub const SERVICE_PACK_MINOR: u32 = 0x10;
    pub const SERVICE_PACK_MAJOR: u32 = 0x20;
    pub const SUITE: u32 = 0x40;
    pub const PRODUCT: u32 = 0x80;
    pub const ALL: u32 = 0xFF;
}

/// How many bits of a mask a condition takes.
const CONDITION_BITS: u32 = 3;
const CONDITION: u64 = (1 << CONDITION_BITS) - 1;

/// VerSetConditionMask: adds the condition for one kind of comparison to a mask; of several kinds, for that with the
/// highest bit.
#[unsafe(no_mangle)]
pub extern "C" fn VerSetConditionMask(ConditionMask: u64, TypeMask: u32, Condition: u8) -> u64 {
    match (TypeMask & kind::ALL).checked_ilog2() {
        Some(place) => {
            ConditionMask | (u64::from(Condition) & CONDITION) << (place * CONDITION_BITS)
        }
        None => ConditionMask,
    }
}

/// Whether what there is compares with what is wanted as the condition asks for; `None` if it asks for nothing.
fn holds(condition: u64, ordering: Ordering) -> Option<bool> {
    /// VER_EQUAL, VER_GREATER and so on.
    const CONDITIONS: [fn(Ordering) -> bool; 5] = [
        Ordering::is_eq,
        Ordering::is_gt,
        Ordering::is_ge,
        Ordering::is_lt,
        Ordering::is_le,
    ];
    let index = (condition as usize).checked_sub(1)?;
    CONDITIONS.get(index).map(|condition| condition(ordering))
}

/// Whether every suite that is wanted, or, for VER_OR, any of them, is there.
fn suites_hold(condition: u64, there: u16, wanted: u16) -> Option<bool> {
    const VER_AND: u64 = 6;
    const VER_OR: u64 = 7;
    match condition {
        VER_AND => Some(there & wanted == wanted),
        VER_OR => Some(wanted == 0 || there & wanted != 0),
        _ => None,
    }
}

/// `None` if a condition is missing.
fn verify<T: Copy>(
    there: &VersionInformation<T>,
    wanted: &VersionInformation<T>,
    kinds: u32,
    mask: u64,
) -> Option<bool> {
    let condition = |kind: u32| mask >> (kind.ilog2() * CONDITION_BITS) & CONDITION;
    let has = |kind: u32| kinds & kind != 0;
    if !has(kind::ALL) {
        return None;
    }
    let mut all = true;
    for (kind, one, other) in [
        (kind::BUILD, there.build, wanted.build),
        (kind::PLATFORM, there.platform, wanted.platform),
        (
            kind::PRODUCT,
            there.product_type.into(),
            wanted.product_type.into(),
        ),
    ] {
        if has(kind) {
            all &= holds(condition(kind), one.cmp(&other))?;
        }
    }
    if has(kind::SUITE) {
        all &= suites_hold(condition(kind::SUITE), there.suite_mask, wanted.suite_mask)?;
    }
    // These are one number in four parts: the first that differs decides.
    let parts = [
        (kind::MAJOR, there.major, wanted.major),
        (kind::MINOR, there.minor, wanted.minor),
        (
            kind::SERVICE_PACK_MAJOR,
            there.service_pack_major.into(),
            wanted.service_pack_major.into(),
        ),
        (
            kind::SERVICE_PACK_MINOR,
            there.service_pack_minor.into(),
            wanted.service_pack_minor.into(),
        ),
    ];
    let mut decided = true;
    for (kind, one, other) in parts.into_iter().filter(|(kind, ..)| has(*kind)) {
        let ordering = one.cmp(&other);
        decided = holds(condition(kind), ordering)?;
        if ordering.is_ne() {
            break;
        }
    }
    Some(all && decided)
}

/// # Safety
///
/// `information` must be a C program's to read.
unsafe fn verify_information<T: Copy + Default>(
    information: *const c_void,
    kinds: u32,
    mask: u64,
) -> i32 {
    // SAFETY: passed on; any bytes are numbers and characters.
    let wanted = unsafe { read(information.cast::<VersionInformation<T>>()) };
    let result = wanted.map_err(|_| ERROR_NOACCESS).and_then(|wanted| {
        match verify(&version_information(), &wanted, kinds, mask) {
            Some(true) => Ok(()),
            Some(false) => Err(ERROR_OLD_WIN_VERSION),
            None => Err(ERROR_BAD_ARGUMENTS),
        }
    });
    last_error::boolean_of_code(result)
}

/// VerifyVersionInfoW: compares the version that this library answers (GetVersionEx) with OSVERSIONINFOEXW.
/// ERROR_OLD_WIN_VERSION if a condition does not hold, ERROR_BAD_ARGUMENTS if one is missing.
///
/// # Safety
///
/// `lpVersionInformation` must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VerifyVersionInfoW(
    lpVersionInformation: *const c_void,
    dwTypeMask: u32,
    dwlConditionMask: u64,
) -> i32 {
    // SAFETY: passed on.
    unsafe { verify_information::<u16>(lpVersionInformation, dwTypeMask, dwlConditionMask) }
}

/// VerifyVersionInfoA: the same with OSVERSIONINFOEXA.
///
/// # Safety
///
/// As [`VerifyVersionInfoW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VerifyVersionInfoA(
    lpVersionInformation: *const c_void,
    dwTypeMask: u32,
    dwlConditionMask: u64,
) -> i32 {
    // SAFETY: passed on.
    unsafe { verify_information::<u8>(lpVersionInformation, dwTypeMask, dwlConditionMask) }
}
