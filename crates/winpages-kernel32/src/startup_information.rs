//! What a process is started with, as far as it concerns windows and standard streams: STARTUPINFO.

use core::ffi::c_void;

use winpages_kernel::{Handle, process, sys::fault};

/// STARTF_USESTDHANDLES: the members for standard streams count.
pub(crate) const STARTF_USESTDHANDLES: u32 = 0x100;

/// STARTUPINFOA and STARTUPINFOW as C programs lay them out: they differ in what the texts are.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct STARTUPINFO {
    /// The size of this structure in bytes.
    pub cb: u32,
    /// NULL.
    pub lpReserved: *mut c_void,
    /// The desktop: there is one.
    pub lpDesktop: *mut c_void,
    /// A console's title: there is none.
    pub lpTitle: *mut c_void,
    /// Where a window opens, and what else concerns windows.
    pub dwX: u32,
    /// As above.
    pub dwY: u32,
    /// As above.
    pub dwXSize: u32,
    /// As above.
    pub dwYSize: u32,
    /// As above.
    pub dwXCountChars: u32,
    /// As above.
    pub dwYCountChars: u32,
    /// As above.
    pub dwFillAttribute: u32,
    /// STARTF_ constants: which members count.
    pub dwFlags: u32,
    /// As above.
    pub wShowWindow: u16,
    /// 0.
    pub cbReserved2: u16,
    /// NULL.
    pub lpReserved2: *mut u8,
    /// Standard input, with STARTF_USESTDHANDLES.
    pub hStdInput: usize,
    /// Standard output.
    pub hStdOutput: usize,
    /// Standard error.
    pub hStdError: usize,
}

/// # Safety
///
/// `information` must be a C program's to write.
unsafe fn startup_information(information: *mut STARTUPINFO) {
    let given = process::startup().and_then(|startup| startup.standard);
    let standard = given.unwrap_or([Handle::from_value(0); 3]);
    let nothing = core::ptr::null_mut();
    let answer = STARTUPINFO {
        cb: size_of::<STARTUPINFO>() as u32,
        lpReserved: nothing,
        lpDesktop: nothing,
        lpTitle: nothing,
        dwX: 0,
        dwY: 0,
        dwXSize: 0,
        dwYSize: 0,
        dwXCountChars: 0,
        dwYCountChars: 0,
        dwFillAttribute: 0,
        dwFlags: given.map_or(0, |_| STARTF_USESTDHANDLES),
        wShowWindow: 0,
        cbReserved2: 0,
        lpReserved2: nothing.cast(),
        hStdInput: standard[0].value(),
        hStdOutput: standard[1].value(),
        hStdError: standard[2].value(),
    };
    // SAFETY: as the caller vouches. The function answers nothing, so a wild pointer has no other answer.
    let _ = unsafe { fault::write(information, &answer) };
}

/// GetStartupInfoA: what the process was started with, as far as it concerns its standard streams.
///
/// # Safety
///
/// `lpStartupInfo` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetStartupInfoA(lpStartupInfo: *mut STARTUPINFO) {
    // SAFETY: passed on.
    unsafe { startup_information(lpStartupInfo) };
}

/// GetStartupInfoW: as [`GetStartupInfoA`].
///
/// # Safety
///
/// As [`GetStartupInfoA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetStartupInfoW(lpStartupInfo: *mut STARTUPINFO) {
    // SAFETY: passed on.
    unsafe { startup_information(lpStartupInfo) };
}
