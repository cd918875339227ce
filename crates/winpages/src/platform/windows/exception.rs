//! Exception handlers.

use core::ffi::c_void;

use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredContinueHandler, AddVectoredExceptionHandler, LPTOP_LEVEL_EXCEPTION_FILTER,
    PVECTORED_EXCEPTION_HANDLER, RaiseException, RemoveVectoredContinueHandler,
    RemoveVectoredExceptionHandler, SetUnhandledExceptionFilter,
};
use winpages_error::error_code::ERROR_NOT_ENOUGH_MEMORY;

use super::super::{Code, RawHandler, Turn};

/// # Safety
///
/// The handler must stay callable until it is removed.
pub(crate) unsafe fn add_vectored(turn: Turn, handler: RawHandler) -> Result<usize, Code> {
    // SAFETY: on x86-64 Windows both are functions of the one convention there is, and the structures
    // that they are given have one layout.
    let handler =
        unsafe { core::mem::transmute::<RawHandler, PVECTORED_EXCEPTION_HANDLER>(handler) };
    // SAFETY: the caller keeps the handler callable.
    let identity = unsafe {
        match turn {
            Turn::First => AddVectoredExceptionHandler(1, handler),
            Turn::Last => AddVectoredExceptionHandler(0, handler),
            Turn::Continue => AddVectoredContinueHandler(1, handler),
        }
    };
    if identity.is_null() {
        Err(ERROR_NOT_ENOUGH_MEMORY)
    } else {
        Ok(identity as usize)
    }
}

pub(crate) fn remove_vectored(turn: Turn, identity: usize) {
    let identity = identity as *const c_void;
    // SAFETY: what is not registered is answered with 0.
    unsafe {
        match turn {
            Turn::First | Turn::Last => RemoveVectoredExceptionHandler(identity),
            Turn::Continue => RemoveVectoredContinueHandler(identity),
        }
    };
}

/// Answers the one before, as an address or 0.
///
/// # Safety
///
/// The filter must be 0, or the address of one that stays callable while it is set.
pub(crate) unsafe fn set_unhandled_filter(filter: usize) -> usize {
    // SAFETY: the caller's: 0, which is None, or such a function.
    let before = unsafe {
        SetUnhandledExceptionFilter(core::mem::transmute::<usize, LPTOP_LEVEL_EXCEPTION_FILTER>(
            filter,
        ))
    };
    before.map_or(0, |filter| filter as usize)
}

/// # Safety
///
/// No handler up the stack may leave frames of Rust's that have something to clean up.
pub(crate) unsafe fn raise(code: u32, flags: u32, parameters: &[usize]) {
    // SAFETY: the parameters have the length given; the caller vouches for the handlers.
    unsafe { RaiseException(code, flags, parameters.len() as u32, parameters.as_ptr()) };
}
