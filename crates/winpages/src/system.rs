//! Constants of the system.

use std::ops::RangeInclusive;

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
