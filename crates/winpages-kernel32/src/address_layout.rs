//! Choosing the layout of the address space.

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::layout::{self, AddressLayout};

use crate::last_error;

/// Has every allocation and view of this process lie where a 32-bit process of Windows has them, from 0x10000 to
/// 0x7FFEFFFF. To be called before anything else is: the first call that allocates or describes memory settles the
/// layout, and if that was another, this answers FALSE, ERROR_ACCESS_DENIED. The environment variable
/// `WINPAGES_LAYOUT=32` does the same from outside. Windows has no such function: there the program file says it.
#[unsafe(no_mangle)]
pub extern "C" fn WinpagesUse32BitLayout() -> i32 {
    let chosen = layout::choose(AddressLayout::Bits32);
    last_error::boolean(chosen.map_err(|_| NtStatus::ACCESS_DENIED))
}
