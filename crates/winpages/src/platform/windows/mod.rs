//! Windows: over the operating system's own functions.

mod exception;
mod extended_parameter;
mod guarded_copy;
mod handle;
mod heap;
mod memory;
mod physical_pages;
mod private_namespace;
mod procedure;
mod process;
mod process_handle;
mod process_heap;
mod process_list;
mod process_start;
mod residency;
mod section;
mod security;
mod thread;
mod wait;

pub(crate) use exception::*;
pub(crate) use guarded_copy::copy;
pub(crate) use handle::ObjectHandle;
pub(crate) use heap::*;
pub(crate) use memory::*;
pub(crate) use physical_pages::*;
pub(crate) use private_namespace::*;
pub(crate) use process::*;
pub(crate) use process_handle::*;
pub(crate) use process_heap::*;
pub(crate) use process_list::*;
pub(crate) use process_start::*;
pub(crate) use residency::*;
pub(crate) use section::*;
pub(crate) use security::*;
pub(crate) use thread::*;
pub(crate) use wait::*;

use windows_sys::Win32::Foundation::GetLastError;

use super::Code;

fn last_error() -> Code {
    // SAFETY: it takes nothing and answers the thread's own value.
    unsafe { GetLastError() }
}

fn succeeded(answer: i32) -> Result<(), Code> {
    if answer == 0 {
        Err(last_error())
    } else {
        Ok(())
    }
}
