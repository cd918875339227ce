//! EncodePointer and its kin: pointers kept where somebody may overwrite them, so that he does not know what he writes.

use std::sync::OnceLock;

use winpages_kernel::sys::random;

/// The process's own secret. What is encoded means nothing in another process, on Windows either.
fn secret() -> usize {
    static SECRET: OnceLock<usize> = OnceLock::new();
    *SECRET.get_or_init(|| random::number() as usize)
}

/// EncodePointer: another value, from which [`DecodePointer`] makes the pointer again.
#[unsafe(no_mangle)]
pub extern "C" fn EncodePointer(Ptr: usize) -> usize {
    (Ptr ^ secret()).rotate_right(secret() as u32 % usize::BITS)
}

/// DecodePointer: [`EncodePointer`] undone.
#[unsafe(no_mangle)]
pub extern "C" fn DecodePointer(Ptr: usize) -> usize {
    Ptr.rotate_left(secret() as u32 % usize::BITS) ^ secret()
}

/// EncodeSystemPointer: as [`EncodePointer`]. On Windows all processes share this secret, and here none do.
#[unsafe(no_mangle)]
pub extern "C" fn EncodeSystemPointer(Ptr: usize) -> usize {
    EncodePointer(Ptr)
}

/// DecodeSystemPointer: [`EncodeSystemPointer`] undone.
#[unsafe(no_mangle)]
pub extern "C" fn DecodeSystemPointer(Ptr: usize) -> usize {
    DecodePointer(Ptr)
}
