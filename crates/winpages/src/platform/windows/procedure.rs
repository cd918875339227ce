//! Functions that not every version of Windows has.

use core::ffi::CStr;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use winpages_error::error_code::ERROR_CALL_NOT_IMPLEMENTED;

use super::super::Code;

/// A function that is looked for when it is first called: a program that merely could call it starts
/// without.
pub(super) struct Procedure {
    library: &'static CStr,
    name: &'static CStr,
    found: AtomicPtr<()>,
}

impl Procedure {
    pub(super) const fn new(library: &'static CStr, name: &'static CStr) -> Self {
        Self {
            library,
            name,
            found: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Where it is; ERROR_CALL_NOT_IMPLEMENTED where Windows does not have it.
    pub(super) fn address(&self) -> Result<*const (), Code> {
        let known = self.found.load(Ordering::Relaxed);
        if !known.is_null() {
            return Ok(known);
        }
        // SAFETY: the names are terminated; kernelbase.dll and ntdll.dll are loaded into every process.
        let address = unsafe {
            GetProcAddress(
                GetModuleHandleA(self.library.as_ptr().cast()),
                self.name.as_ptr().cast(),
            )
        };
        let address = address.ok_or(ERROR_CALL_NOT_IMPLEMENTED)? as *mut ();
        self.found.store(address, Ordering::Relaxed);
        Ok(address)
    }
}
