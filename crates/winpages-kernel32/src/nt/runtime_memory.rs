//! RtlCompareMemory, RtlFillMemory and their kin. In C most of them are macros over memcpy and its
//! like; these are for programs that look them up by name, and for other languages.

use core::ffi::c_void;

/// RtlCompareMemory: how many bytes are alike before the first that differs.
///
/// # Safety
///
/// Both must have `Length` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCompareMemory(
    Source1: *const c_void,
    Source2: *const c_void,
    Length: usize,
) -> usize {
    let (one, other) = (Source1.cast::<u8>(), Source2.cast::<u8>());
    // SAFETY: inside the bytes that the caller vouches for.
    let differs = |at: &usize| unsafe { one.add(*at).read() != other.add(*at).read() };
    (0..Length).find(differs).unwrap_or(Length)
}

/// RtlCompareMemoryUlong: how many bytes, in whole ULONGs, are `Pattern` before the first that is not.
/// 0 if `Source` is not aligned to four bytes.
///
/// # Safety
///
/// `Source` must have `Length` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCompareMemoryUlong(
    Source: *const c_void,
    Length: usize,
    Pattern: u32,
) -> usize {
    let source = Source.cast::<u32>();
    if !source.is_aligned() {
        return 0;
    }
    let count = Length / size_of::<u32>();
    // SAFETY: inside the bytes that the caller vouches for.
    let differs = |at: &usize| unsafe { source.add(*at).read() != Pattern };
    (0..count).find(differs).unwrap_or(count) * size_of::<u32>()
}

/// RtlMoveMemory: copies bytes, which may overlap.
///
/// # Safety
///
/// `Source` must have `Length` bytes to read, `Destination` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlMoveMemory(
    Destination: *mut c_void,
    Source: *const c_void,
    Length: usize,
) {
    // SAFETY: as the caller vouches.
    unsafe { Source.cast::<u8>().copy_to(Destination.cast(), Length) };
}

/// RtlCopyMemory: as RtlMoveMemory.
///
/// # Safety
///
/// As [`RtlMoveMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCopyMemory(
    Destination: *mut c_void,
    Source: *const c_void,
    Length: usize,
) {
    // SAFETY: as the caller vouches.
    unsafe { RtlMoveMemory(Destination, Source, Length) };
}

/// RtlFillMemory: writes one byte everywhere.
///
/// # Safety
///
/// `Destination` must have `Length` bytes to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFillMemory(Destination: *mut c_void, Length: usize, Fill: u8) {
    // SAFETY: as the caller vouches.
    unsafe { Destination.cast::<u8>().write_bytes(Fill, Length) };
}

/// RtlFillMemoryUlong: writes one ULONG everywhere, as often as it fits.
///
/// # Safety
///
/// As [`RtlFillMemory`], and `Destination` must be aligned to four bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFillMemoryUlong(Destination: *mut c_void, Length: usize, Pattern: u32) {
    for at in 0..Length / size_of::<u32>() {
        // SAFETY: as the caller vouches.
        unsafe { Destination.cast::<u32>().add(at).write_unaligned(Pattern) };
    }
}

/// RtlZeroMemory: writes zeroes everywhere.
///
/// # Safety
///
/// As [`RtlFillMemory`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlZeroMemory(Destination: *mut c_void, Length: usize) {
    // SAFETY: as the caller vouches.
    unsafe { RtlFillMemory(Destination, Length, 0) };
}
