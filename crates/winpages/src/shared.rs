//! What may be referred to in memory that everybody changes.

use core::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};

/// A type that can be referred to where others, in other processes too, change the bytes at any moment:
/// an atomic number, or what consists of such.
///
/// # Safety
///
/// All of the following:
///
/// * Any bytes make a value of the type: no references, no `bool`, no enumerations.
/// * Its bytes change by atomic operations only: every field is [`Shared`] itself. (Padding is allowed,
///   for nobody reads it.)
/// * Its layout is the same in all programs that share it: `#[repr(C)]`.
///
/// ```
/// use std::sync::atomic::{AtomicU32, AtomicU64};
///
/// #[repr(C)]
/// struct Header {
///     generation: AtomicU32,
///     slots: [AtomicU64; 16],
/// }
///
/// // SAFETY: it consists of atomic numbers, and has C's layout.
/// unsafe impl winpages::Shared for Header {}
/// ```
pub unsafe trait Shared: Sync + Sized + 'static {}

macro_rules! shared {
    ($($atomic:ty)*) => {
        // SAFETY: any bytes make an atomic number.
        $(unsafe impl Shared for $atomic {})*
    };
}

shared! {
    AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize
    AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicUsize
}

// SAFETY: as each of its elements.
unsafe impl<T: Shared, const LENGTH: usize> Shared for [T; LENGTH] {}
