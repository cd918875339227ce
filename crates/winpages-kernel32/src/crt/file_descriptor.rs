//! The C library's file descriptors: their handles, and their size.
//!
//! On Windows a descriptor owns its handle, and `_close` closes both. Here `close` is Linux' own and knows of no
//! handle, so a descriptor's handle lives until its number is used for another file.

use core::ffi::{c_int, c_long, c_longlong};
use std::collections::HashMap;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};

use winpages_kernel::file::File;
use winpages_kernel::object::Object;
use winpages_kernel::object::handle_table::{self, Entry, Handle, HandleAttributes};

use crate::file_open::INVALID_HANDLE_VALUE;

/// The handles that were given out, by descriptor.
static HANDLES: Mutex<Option<HashMap<c_int, Handle>>> = Mutex::new(None);

fn fail(error: c_int) {
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() = error };
}

fn file_of(handle: Handle) -> Option<Arc<File>> {
    match handle_table::lookup(handle).ok()?.object {
        Object::File(file) => Some(file),
        _ => None,
    }
}

/// _get_osfhandle: the handle of a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn _get_osfhandle(descriptor: c_int) -> usize {
    let Ok((file, access)) = File::from_number(descriptor) else {
        fail(libc::EBADF);
        return INVALID_HANDLE_VALUE;
    };
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    let handles = handles.get_or_insert_default();
    if let Some(&known) = handles.get(&descriptor) {
        match file_of(known) {
            Some(same) if same.identity() == file.identity() => return known.value(),
            // The descriptor was closed and its number used again.
            Some(_) => drop(handle_table::close(known)),
            None => {}
        }
    }
    let entry = Entry {
        object: Object::File(Arc::new(file)),
        access,
        attributes: HandleAttributes::INHERIT,
    };
    match handle_table::insert(entry) {
        Ok(handle) => {
            handles.insert(descriptor, handle);
            handle.value()
        }
        Err(_) => {
            fail(libc::EMFILE);
            INVALID_HANDLE_VALUE
        }
    }
}

/// _open_osfhandle: a descriptor for the file of a handle, which then counts as the descriptor's.
#[unsafe(no_mangle)]
pub extern "C" fn _open_osfhandle(handle: usize, _flags: c_int) -> c_int {
    let handle = Handle::from_value(handle);
    let Some(file) = file_of(handle) else {
        fail(libc::EBADF);
        return -1;
    };
    // SAFETY: the file keeps its descriptor open.
    let descriptor = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_DUPFD_CLOEXEC, 0) };
    if descriptor >= 0 {
        HANDLES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default()
            .insert(descriptor, handle);
    }
    descriptor
}

/// _filelengthi64.
#[unsafe(no_mangle)]
pub extern "C" fn _filelengthi64(descriptor: c_int) -> c_longlong {
    // SAFETY: zero is a value of every member.
    let mut attributes: libc::stat = unsafe { core::mem::zeroed() };
    // SAFETY: the structure is ours to write.
    if unsafe { libc::fstat(descriptor, &mut attributes) } < 0 {
        -1
    } else {
        attributes.st_size
    }
}

/// _filelength.
#[unsafe(no_mangle)]
pub extern "C" fn _filelength(descriptor: c_int) -> c_long {
    _filelengthi64(descriptor)
}

/// _chsize_s: cuts or lengthens a file; answers errno.
#[unsafe(no_mangle)]
pub extern "C" fn _chsize_s(descriptor: c_int, size: c_longlong) -> c_int {
    // SAFETY: it takes any numbers.
    if unsafe { libc::ftruncate(descriptor, size) } == 0 {
        return 0;
    }
    // SAFETY: it is the calling thread's own errno.
    unsafe { *libc::__errno_location() }
}

/// _chsize.
#[unsafe(no_mangle)]
pub extern "C" fn _chsize(descriptor: c_int, size: c_long) -> c_int {
    if _chsize_s(descriptor, size) == 0 {
        0
    } else {
        -1
    }
}

/// _O_BINARY as it is in the headers: text and binary are the same.
const BINARY: c_int = 0;

/// _setmode: nothing translates line ends, so nothing changes.
#[unsafe(no_mangle)]
pub extern "C" fn _setmode(descriptor: c_int, _mode: c_int) -> c_int {
    // SAFETY: it takes any number.
    if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } < 0 {
        -1
    } else {
        BINARY
    }
}
