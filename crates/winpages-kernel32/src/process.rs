//! The calling process and thread.

use core::ffi::{c_char, c_void};
use std::sync::OnceLock;

use winpages_kernel::{Handle, NtStatus};

use crate::error_code::ERROR_INSUFFICIENT_BUFFER;
use crate::nt::argument::status;
use crate::{last_error, text};

/// GetCurrentProcess: the pseudo handle -1.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcess() -> usize {
    Handle::CURRENT_PROCESS.value()
}

/// GetCurrentThread: the pseudo handle -2.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThread() -> usize {
    Handle::CURRENT_THREAD.value()
}

/// GetCurrentProcessId: Linux's own number of the process, which need not be a multiple of four.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessId() -> u32 {
    std::process::id()
}

/// GetCurrentThreadId: Linux's own number of the thread.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThreadId() -> u32 {
    winpages_kernel::thread::current_id()
}

/// ExitProcess: runs what is to run at exit. Of the exit code, Linux keeps the lowest eight bits; a
/// winpages program that has started this one is told all of it.
#[unsafe(no_mangle)]
pub extern "C" fn ExitProcess(uExitCode: u32) -> ! {
    winpages_kernel::process::record_exit_code(uExitCode);
    std::process::exit(uExitCode as i32)
}

/// Appends an argument as CommandLineToArgvW and the C run time read it back: quoted if it holds
/// white space or is empty; a quotation mark, and backslashes before one, escaped.
fn append_quoted(line: &mut Vec<u8>, argument: &[u8]) {
    let needs_quotes =
        argument.is_empty() || argument.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    let mut backslashes = 0;
    if needs_quotes {
        line.push(b'"');
    }
    for &byte in argument {
        if byte == b'"' {
            line.extend(std::iter::repeat_n(b'\\', backslashes + 1));
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
        line.push(byte);
    }
    if needs_quotes {
        line.extend(std::iter::repeat_n(b'\\', backslashes));
        line.push(b'"');
    }
}

fn command_line() -> &'static (Vec<u8>, Vec<u16>) {
    static LINE: OnceLock<(Vec<u8>, Vec<u16>)> = OnceLock::new();
    LINE.get_or_init(|| {
        if let Some(startup) = winpages_kernel::process::startup() {
            let mut wide = startup.command_line.clone();
            let mut line = text::to_utf8(&wide);
            line.push(0);
            wide.push(0);
            return (line, wide);
        }
        // The kernel's copy: a library gets no arguments in every C library.
        let arguments = std::fs::read("/proc/self/cmdline").unwrap_or_default();
        let arguments = arguments.strip_suffix(b"\0").unwrap_or(&arguments);
        let mut line = Vec::new();
        for (index, argument) in arguments.split(|byte| *byte == 0).enumerate() {
            if index > 0 {
                line.push(b' ');
            }
            append_quoted(&mut line, argument);
        }
        let mut wide = text::from_utf8(&line);
        line.push(0);
        wide.push(0);
        (line, wide)
    })
}

/// GetCommandLineA: the arguments, quoted, in one line.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineA() -> *const c_char {
    command_line().0.as_ptr().cast()
}

/// GetCommandLineW: the arguments, quoted, in one line.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineW() -> *const u16 {
    command_line().1.as_ptr()
}

/// The version this library answers: Windows 10, 22H2.
const VERSION: (u32, u32, u32) = (10, 0, 19_045);

/// GetVersion: major and minor version in the lower half, the build in the upper.
#[unsafe(no_mangle)]
pub extern "C" fn GetVersion() -> u32 {
    VERSION.2 << 16 | VERSION.1 << 8 | VERSION.0
}

/// OSVERSIONINFOEX with a text of `T`s as C programs lay it out; OSVERSIONINFO is its beginning.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VersionInformation<T> {
    size: u32,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) build: u32,
    pub(crate) platform: u32,
    service_pack: [T; 128],
    pub(crate) service_pack_major: u16,
    pub(crate) service_pack_minor: u16,
    pub(crate) suite_mask: u16,
    pub(crate) product_type: u8,
    reserved: u8,
}

/// The version that this library answers, in full.
pub(crate) fn version_information<T: Copy + Default>() -> VersionInformation<T> {
    const VER_PLATFORM_WIN32_NT: u32 = 2;
    const VER_NT_WORKSTATION: u8 = 1;
    VersionInformation {
        size: size_of::<VersionInformation<T>>() as u32,
        major: VERSION.0,
        minor: VERSION.1,
        build: VERSION.2,
        platform: VER_PLATFORM_WIN32_NT,
        service_pack: [T::default(); 128],
        service_pack_major: 0,
        service_pack_minor: 0,
        suite_mask: 0,
        product_type: VER_NT_WORKSTATION,
        reserved: 0,
    }
}

/// # Safety
///
/// `information` must be writable for the size it begins with.
unsafe fn get_version<T: Copy + Default>(information: *mut c_void) -> bool {
    // SAFETY: the structure begins with its size.
    let size = unsafe { information.cast::<u32>().read_unaligned() } as usize;
    let whole = size_of::<VersionInformation<T>>();
    let short = core::mem::offset_of!(VersionInformation<T>, service_pack_major);
    if size != whole && size != short {
        return false;
    }
    let answer = VersionInformation {
        size: size as u32,
        ..version_information::<T>()
    };
    // SAFETY: both are at least `size` bytes long.
    unsafe {
        core::ptr::copy_nonoverlapping(
            (&raw const answer).cast::<u8>(),
            information.cast::<u8>(),
            size,
        );
    }
    true
}

fn version_answer(told: bool) -> i32 {
    last_error::boolean_of_code(told.then_some(()).ok_or(ERROR_INSUFFICIENT_BUFFER))
}

/// GetVersionExA, for OSVERSIONINFOA and OSVERSIONINFOEXA.
///
/// # Safety
///
/// `lpVersionInformation` must be writable for the size it begins with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVersionExA(lpVersionInformation: *mut c_void) -> i32 {
    // SAFETY: passed on.
    version_answer(unsafe { get_version::<u8>(lpVersionInformation) })
}

/// GetVersionExW, for OSVERSIONINFOW and OSVERSIONINFOEXW.
///
/// # Safety
///
/// As [`GetVersionExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVersionExW(lpVersionInformation: *mut c_void) -> i32 {
    // SAFETY: passed on.
    version_answer(unsafe { get_version::<u16>(lpVersionInformation) })
}

/// RtlGetVersion: as [`GetVersionExW`].
///
/// # Safety
///
/// As [`GetVersionExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlGetVersion(lpVersionInformation: *mut c_void) -> i32 {
    // SAFETY: passed on.
    let told = unsafe { get_version::<u16>(lpVersionInformation) };
    status(told.then_some(()).ok_or(NtStatus::INVALID_PARAMETER))
}

/// FlushInstructionCache: the processor keeps its caches coherent by itself.
#[unsafe(no_mangle)]
pub extern "C" fn FlushInstructionCache(
    _hProcess: usize,
    _lpBaseAddress: *const c_void,
    _dwSize: usize,
) -> i32 {
    core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    1
}

/// FlushProcessWriteBuffers: what any thread of this process had written before is seen by this one from here on.
#[unsafe(no_mangle)]
pub extern "C" fn FlushProcessWriteBuffers() {
    winpages_kernel::sys::barrier::everywhere();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_as_they_are_read() {
        let quoted = |argument: &str| {
            let mut line = Vec::new();
            append_quoted(&mut line, argument.as_bytes());
            String::from_utf8(line).unwrap()
        };
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a b"), "\"a b\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("c\"d"), "c\\\"d");
        assert_eq!(quoted("e\\"), "e\\");
        assert_eq!(quoted("f g\\"), "\"f g\\\\\"");
        assert_eq!(quoted("h\\\"i"), "h\\\\\\\"i");
    }
}
