//! Handles: NtClose.

use winpages_kernel::Handle;
use winpages_kernel::object::handle_table;

use super::argument::status;

/// NtClose: closes a handle.
#[unsafe(no_mangle)]
pub extern "C" fn NtClose(Handle: usize) -> i32 {
    status(handle_table::close(self::Handle::from_value(Handle)))
}
