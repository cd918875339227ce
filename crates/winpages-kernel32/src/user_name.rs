//! The user that the process acts for: GetUserName.

use winpages_kernel::NtStatus;
use winpages_kernel::sys::account;

use crate::nt::argument::{read, write};
use crate::{last_error, text};

/// The user's name, or the number of one that has none.
fn user_name() -> Vec<u8> {
    let (number, _) = account::effective();
    match account::user(number) {
        Some(user) => user.name,
        None => number.to_string().into_bytes(),
    }
}

/// Hands out a name, and its size with the NUL.
///
/// # Safety
///
/// `buffer` must be NULL or writable for as many elements as `size` says, which must be a C program's to write.
unsafe fn hand_out<T: Copy + Default>(name: &[T], buffer: *mut T, size: *mut u32) -> i32 {
    // SAFETY: passed on.
    let told = unsafe { read(size) }.and_then(|room| {
        // SAFETY: passed on.
        let told = unsafe { text::hand_out(name, buffer, room) };
        // SAFETY: passed on.
        unsafe { write(size, name.len() as u32 + 1) }?;
        if told as usize == name.len() {
            Ok(())
        } else {
            Err(NtStatus::BUFFER_TOO_SMALL)
        }
    });
    last_error::boolean(told)
}

/// GetUserNameW: ERROR_INSUFFICIENT_BUFFER, and the size needed, if the buffer is too small.
///
/// # Safety
///
/// `lpBuffer` must be NULL or writable for as many characters as `pcbBuffer` says, which must be a C program's to
/// write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetUserNameW(lpBuffer: *mut u16, pcbBuffer: *mut u32) -> i32 {
    // SAFETY: passed on.
    unsafe { hand_out(&text::from_utf8(&user_name()), lpBuffer, pcbBuffer) }
}

/// GetUserNameA: as [`GetUserNameW`].
///
/// # Safety
///
/// As [`GetUserNameW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetUserNameA(lpBuffer: *mut u8, pcbBuffer: *mut u32) -> i32 {
    // SAFETY: passed on.
    unsafe { hand_out(&user_name(), lpBuffer, pcbBuffer) }
}
