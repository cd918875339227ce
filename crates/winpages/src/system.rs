//! Constants of the system.

use std::ops::RangeInclusive;

use winpages_error::error_code::ERROR_NOT_SUPPORTED;

use crate::error::{Error, Operation};
use crate::platform;

/// The size of a page, in bytes: what committing and protecting are rounded to. Windows' dwPageSize;
/// 4096 on x86-64.
///
/// ```
/// assert!(winpages::page_size().is_power_of_two());
/// ```
pub fn page_size() -> usize {
    platform::page_size()
}

/// What the addresses of reservations and views, and the offsets of views, are multiples of, in bytes.
/// Windows' dwAllocationGranularity: 65536, on Linux too.
///
/// ```
/// assert_eq!(winpages::allocation_granularity() % winpages::page_size(), 0);
/// ```
pub fn allocation_granularity() -> usize {
    platform::allocation_granularity()
}

/// The addresses at which a program may have memory. Windows' lpMinimumApplicationAddress and
/// lpMaximumApplicationAddress.
///
/// ```
/// let local = 5;
/// assert!(winpages::application_addresses().contains(&(&raw const local as usize)));
/// ```
pub fn application_addresses() -> RangeInclusive<usize> {
    platform::application_addresses()
}

/// How much of the address space a program has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressLayout {
    /// That of a 64-bit program: 128 TiB.
    Bits64,
    /// That of a 32-bit program: 2 GiB. All reservations and views lie there; the program itself does
    /// not, for it is a 64-bit one.
    Bits32,
}

/// The layout of this process.
pub fn address_layout() -> AddressLayout {
    if platform::has_small_layout() {
        AddressLayout::Bits32
    } else {
        AddressLayout::Bits64
    }
}

/// Gives this process the 32-bit layout, as the environment variable `WINPAGES_LAYOUT=32` does. On Linux
/// only, and before the first call that allocates or asks for memory.
///
/// # Errors
///
/// ERROR_NOT_SUPPORTED: the layout is in use, or this is Windows, where a program's own format decides.
pub fn use_32_bit_layout() -> Result<(), Error> {
    if platform::choose_small_layout() {
        Ok(())
    } else {
        Err(Error::new(Operation::ChooseLayout, ERROR_NOT_SUPPORTED))
    }
}
