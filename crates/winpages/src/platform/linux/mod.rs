//! Linux: over the engine.

mod exception;
mod handle;
mod heap;
mod memory;
mod physical_pages;
mod private_namespace;
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

use winpages_error::status;
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::AddressRequirements;

use super::{Code, Requirements};

fn code(status: NtStatus) -> Code {
    status::to_win32(status.code())
}

fn requirements(given: Requirements) -> AddressRequirements {
    let Requirements {
        lowest,
        highest,
        alignment,
    } = given;
    AddressRequirements {
        lowest,
        highest,
        alignment,
    }
}
