//! Standard input, output and error as handles.

use std::sync::Arc;

use winpages_kernel::file::File;
use winpages_kernel::object::Object;
use winpages_kernel::object::handle_table::{self, Entry, HandleAttributes};
use winpages_kernel::process;
use winpages_kernel::sys::lock::Lock;

use crate::error_code::ERROR_INVALID_HANDLE;
use crate::file_open::INVALID_HANDLE_VALUE;
use crate::last_error;

/// What is known of one of the three.
#[derive(Clone, Copy)]
enum Standard {
    /// Nobody has asked: it is what the process's descriptor is open on.
    Inherited,
    /// A handle was made for it, or set.
    Handle(usize),
}

static HANDLES: Lock<[Standard; 3]> = Lock::new([Standard::Inherited; 3]);

/// Which of the three one of the constants STD_INPUT_HANDLE (-10), STD_OUTPUT_HANDLE (-11) and
/// STD_ERROR_HANDLE (-12) means.
fn index_of(constant: u32) -> Option<usize> {
    match constant as i32 {
        -10 => Some(0),
        -11 => Some(1),
        -12 => Some(2),
        _ => None,
    }
}

fn open(index: usize) -> Option<usize> {
    // What the process that started this one named for it has that value here, too.
    if let Some(standard) = process::startup().and_then(|startup| startup.standard) {
        let named = standard[index];
        if named.value() == 0 {
            return None;
        }
        if handle_table::lookup(named).is_ok() {
            return Some(named.value());
        }
    }
    let (file, access) = File::from_number(index as i32).ok()?;
    let entry = Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes: HandleAttributes::INHERIT,
    };
    handle_table::insert(entry)
        .ok()
        .map(|handle| handle.value())
}

/// GetStdHandle: 0 if the process has no such stream.
///
/// The handle is of a second descriptor; closing it leaves the C library's own alone.
#[unsafe(no_mangle)]
pub extern "C" fn GetStdHandle(nStdHandle: u32) -> usize {
    let Some(index) = index_of(nStdHandle) else {
        last_error::set(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    };
    let mut handles = HANDLES.lock();
    match handles[index] {
        Standard::Handle(handle) => handle,
        Standard::Inherited => {
            let handle = open(index).unwrap_or(0);
            handles[index] = Standard::Handle(handle);
            handle
        }
    }
}

/// SetStdHandle: what GetStdHandle answers from now on.
#[unsafe(no_mangle)]
pub extern "C" fn SetStdHandle(nStdHandle: u32, hHandle: usize) -> i32 {
    let Some(index) = index_of(nStdHandle) else {
        last_error::set(ERROR_INVALID_HANDLE);
        return 0;
    };
    HANDLES.lock()[index] = Standard::Handle(hHandle);
    1
}

/// If `handle` is one of the constants, the handle it stands for, which it stops standing for.
pub(crate) fn take(handle: usize) -> Option<usize> {
    // The constants reach CloseHandle with or without their sign extended.
    if handle as isize != handle as i32 as isize && handle != handle as u32 as usize {
        return None;
    }
    let index = index_of(handle as u32)?;
    let current = GetStdHandle(handle as u32);
    HANDLES.lock()[index] = Standard::Handle(0);
    Some(current)
}
