//! What the machine is called: GetComputerName, GetComputerNameEx.

use crate::error_code::{
    ERROR_BUFFER_OVERFLOW, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA, ERROR_NOACCESS,
};
use crate::last_error;
use crate::nt::argument::{read, write};
use crate::text;

/// MAX_COMPUTERNAME_LENGTH, in characters.
const LONGEST: usize = 15;

/// The machine's name on Linux, which may hold its domain.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => String::from("localhost"),
        name => name.to_owned(),
    }
}

/// The name as NetBIOS has it: capitals, and no longer than it takes.
fn short_name() -> String {
    let name = host_name().to_ascii_uppercase();
    let first = name.split('.').next().unwrap_or_default();
    first.chars().take(LONGEST).collect()
}

/// COMPUTER_NAME_FORMAT: what the machine is called, and what it is called in a cluster, which are the same.
fn name_of(format: u32) -> Option<String> {
    let host = host_name();
    let (first, domain) = host.split_once('.').unwrap_or((&host, ""));
    match format % 4 {
        _ if format >= 8 => None,
        0 => Some(short_name()),
        1 => Some(first.to_owned()),
        2 => Some(domain.to_owned()),
        _ => Some(host),
    }
}

/// Hands out a name. The size counts the NUL on the way in, and on the way out only if it was too small: that is the
/// error `too_small`.
///
/// # Safety
///
/// `buffer` must be NULL or writable for as many elements as `size` says, which must be a C program's to write.
unsafe fn hand_out<T: Copy + Default>(
    name: &[T],
    buffer: *mut T,
    size: *mut u32,
    too_small: u32,
) -> Result<(), u32> {
    // SAFETY: passed on.
    unsafe {
        let room = read(size).map_err(|_| ERROR_NOACCESS)?;
        let told = text::hand_out(name, buffer, room);
        write(size, told).map_err(|_| ERROR_NOACCESS)?;
        if told as usize == name.len() {
            Ok(())
        } else {
            Err(too_small)
        }
    }
}

/// GetComputerNameW: the machine's name in capitals, without its domain and up to 15 characters.
///
/// # Safety
///
/// `lpBuffer` must be NULL or writable for as many characters as `nSize` says, which must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameW(lpBuffer: *mut u16, nSize: *mut u32) -> i32 {
    let name = text::from_utf8(short_name().as_bytes());
    // SAFETY: passed on.
    let told = unsafe { hand_out(&name, lpBuffer, nSize, ERROR_BUFFER_OVERFLOW) };
    last_error::boolean_of_code(told)
}

/// GetComputerNameA: as [`GetComputerNameW`].
///
/// # Safety
///
/// As [`GetComputerNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameA(lpBuffer: *mut u8, nSize: *mut u32) -> i32 {
    let name = short_name();
    // SAFETY: passed on.
    let told = unsafe { hand_out(name.as_bytes(), lpBuffer, nSize, ERROR_BUFFER_OVERFLOW) };
    last_error::boolean_of_code(told)
}

/// GetComputerNameExW: the same name, the machine's name as Linux has it, its domain, or both.
///
/// # Safety
///
/// As [`GetComputerNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameExW(
    NameType: u32,
    lpBuffer: *mut u16,
    nSize: *mut u32,
) -> i32 {
    let told = name_of(NameType).ok_or(ERROR_INVALID_PARAMETER);
    // SAFETY: passed on.
    last_error::boolean_of_code(told.and_then(|name| unsafe {
        hand_out(
            &text::from_utf8(name.as_bytes()),
            lpBuffer,
            nSize,
            ERROR_MORE_DATA,
        )
    }))
}

/// GetComputerNameExA: as [`GetComputerNameExW`].
///
/// # Safety
///
/// As [`GetComputerNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetComputerNameExA(
    NameType: u32,
    lpBuffer: *mut u8,
    nSize: *mut u32,
) -> i32 {
    let told = name_of(NameType).ok_or(ERROR_INVALID_PARAMETER);
    // SAFETY: passed on.
    last_error::boolean_of_code(
        told.and_then(|name| unsafe {
            hand_out(name.as_bytes(), lpBuffer, nSize, ERROR_MORE_DATA)
        }),
    )
}
