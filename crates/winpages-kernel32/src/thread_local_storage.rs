//! Thread-local storage.

use winpages_kernel::thread::local_storage;

use crate::error_code::{ERROR_NO_MORE_ITEMS, ERROR_SUCCESS};
use crate::last_error;

/// TLS_OUT_OF_INDEXES
const TLS_OUT_OF_INDEXES: u32 = u32::MAX;

/// TlsAlloc: an index whose slot is NULL in every thread. There are 1,088, of which none is 0.
#[unsafe(no_mangle)]
pub extern "C" fn TlsAlloc() -> u32 {
    match local_storage::allocate() {
        Some(index) => index as u32,
        None => {
            last_error::set(ERROR_NO_MORE_ITEMS);
            TLS_OUT_OF_INDEXES
        }
    }
}

/// TlsFree.
#[unsafe(no_mangle)]
pub extern "C" fn TlsFree(dwTlsIndex: u32) -> i32 {
    last_error::boolean(local_storage::free(dwTlsIndex as usize))
}

/// TlsGetValue: sets the last error to 0 when it succeeds, since NULL is a value too.
#[unsafe(no_mangle)]
pub extern "C" fn TlsGetValue(dwTlsIndex: u32) -> usize {
    match local_storage::get(dwTlsIndex as usize) {
        Ok(value) => {
            last_error::set(ERROR_SUCCESS);
            value
        }
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

/// TlsSetValue.
#[unsafe(no_mangle)]
pub extern "C" fn TlsSetValue(dwTlsIndex: u32, lpTlsValue: usize) -> i32 {
    last_error::boolean(local_storage::set(dwTlsIndex as usize, lpTlsValue))
}
