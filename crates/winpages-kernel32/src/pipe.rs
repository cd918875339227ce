//! Pipes without a name: CreatePipe.

use winpages_kernel::file::create_pipe;
use winpages_kernel::object::handle_table;

use crate::last_error;
use crate::nt::argument::write;
use crate::security_attributes::{self, SECURITY_ATTRIBUTES};

/// CreatePipe: two handles, one to read what is written by the other. A read waits for something to be written, and
/// is ERROR_BROKEN_PIPE when no handle to write is left.
///
/// # Safety
///
/// The first two pointers must be a C program's to write, the third to read, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreatePipe(
    hReadPipe: *mut usize,
    hWritePipe: *mut usize,
    lpPipeAttributes: *const SECURITY_ATTRIBUTES,
    nSize: u32,
) -> i32 {
    let create = || {
        // SAFETY: passed on.
        let attributes = unsafe { security_attributes::given(lpPipeAttributes)? }.attributes;
        let (reader, writer) = create_pipe(nSize, attributes)?;
        // SAFETY: passed on.
        let written = unsafe {
            write(hReadPipe, reader.value()).and_then(|()| write(hWritePipe, writer.value()))
        };
        if written.is_err() {
            let _ = handle_table::close(reader);
            let _ = handle_table::close(writer);
        }
        written
    };
    last_error::boolean(create())
}
