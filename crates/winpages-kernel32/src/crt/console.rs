//! Single key presses from the terminal, and text to it.

use core::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

const INPUT: c_int = libc::STDIN_FILENO;

/// Switches the terminal to single key presses while `read` runs; a pipe or a file needs no switching.
fn key_by_key<T>(echo: bool, read: impl FnOnce() -> T) -> T {
    let mut before = MaybeUninit::<libc::termios>::uninit();
    // SAFETY: the structure is ours to write.
    if unsafe { libc::tcgetattr(INPUT, before.as_mut_ptr()) } < 0 {
        return read();
    }
    // SAFETY: it was filled in.
    let before = unsafe { before.assume_init() };
    let mut during = before;
    during.c_lflag &= !libc::ICANON;
    if !echo {
        during.c_lflag &= !libc::ECHO;
    }
    // SAFETY: both are the terminal's own settings, changed in two flags.
    unsafe { libc::tcsetattr(INPUT, libc::TCSANOW, &during) };
    let value = read();
    // SAFETY: as above.
    unsafe { libc::tcsetattr(INPUT, libc::TCSANOW, &before) };
    value
}

/// The next byte. Enter is a carriage return, as it is from Windows' console.
fn next_byte() -> c_int {
    super::wide_stream::flush_standard_output();
    // What getchar and its like have already read comes first.
    // SAFETY: standard input is a FILE.
    match unsafe { libc::fgetc(super::wide_stream::standard_input()) } {
        key if key == c_int::from(b'\n') => b'\r'.into(),
        key => key,
    }
}

/// _getch: a key, without showing it.
#[unsafe(no_mangle)]
pub extern "C" fn _getch() -> c_int {
    key_by_key(false, next_byte)
}

/// _getche: a key, which is shown.
#[unsafe(no_mangle)]
pub extern "C" fn _getche() -> c_int {
    key_by_key(true, next_byte)
}

/// _kbhit: whether a key waits.
#[unsafe(no_mangle)]
pub extern "C" fn _kbhit() -> c_int {
    key_by_key(false, || {
        let mut waiting = libc::pollfd {
            fd: INPUT,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: it is one structure, ours to write.
        (unsafe { libc::poll(&mut waiting, 1, 0) } > 0).into()
    })
}

/// _putch.
#[unsafe(no_mangle)]
pub extern "C" fn _putch(character: c_int) -> c_int {
    // SAFETY: it takes any number.
    let written = unsafe { libc::putchar(character) };
    super::wide_stream::flush_standard_output();
    written
}

/// _cputs.
///
/// # Safety
///
/// `text` ends in a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _cputs(text: *const c_char) -> c_int {
    // SAFETY: as the caller vouches; standard output is a FILE.
    let written = unsafe { libc::fputs(text, super::wide_stream::standard_output()) };
    super::wide_stream::flush_standard_output();
    if written < 0 { -1 } else { 0 }
}
