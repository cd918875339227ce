//! The shape of a Windows address space, and where in Linux's it lies.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::sys::environment;

/// The size of a page, in bytes.
pub const PAGE_SIZE: usize = 0x1000;

/// What the addresses of allocations and views are multiples of, in bytes: 64 KiB.
pub const ALLOCATION_GRANULARITY: usize = 0x1_0000;

/// The lowest address a program may have memory at; below lies the null-pointer partition.
pub const MINIMUM_APPLICATION_ADDRESS: usize = 0x1_0000;

/// The shape of a process's address space: Windows' for 64-bit or for 32-bit programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressLayout {
    /// Of a 64-bit program: 128 TiB.
    Bits64,
    /// Of a 32-bit program: 2 GiB. The program's own code and stack lie above all the same, for it is a
    /// 64-bit one; what it allocates and views does not.
    Bits32,
}

impl AddressLayout {
    /// The first address above the application's. The 64 KiB from here on belong to nobody, and behind
    /// them is the kernel's half.
    pub const fn application_end(self) -> usize {
        match self {
            Self::Bits64 => 0x7FFF_FFFF_0000,
            Self::Bits32 => 0x7FFF_0000,
        }
    }

    /// The highest address a program may have memory at.
    pub const fn maximum_application_address(self) -> usize {
        self.application_end() - 1
    }

    /// The zone in which the engine chooses addresses itself, and how far above its start a process's
    /// first allocation may lie, at random: how many bits of it, in units of the allocation granularity.
    ///
    /// In 64 bits that is away from where the kernel puts programs (0x55…), their heaps behind them, and
    /// libraries, stacks and everybody's mmap (0x7f…), and above the shadow memory of address
    /// sanitizers. In 32 bits it is all there is.
    pub(crate) const fn zone(self) -> (usize, usize, u32) {
        match self {
            Self::Bits64 => (0x1000_0000_0000, 0x5000_0000_0000, 28),
            Self::Bits32 => (MINIMUM_APPLICATION_ADDRESS, self.application_end(), 11),
        }
    }

    /// Whether a range lies in that zone.
    pub(super) const fn is_in_zone(self, start: usize, end: usize) -> bool {
        let (zone_start, zone_end, _) = self.zone();
        zone_start <= start && end <= zone_end
    }
}

/// Where a process that is to have another layout than its own bits call for says so: set to 32.
const LAYOUT_VARIABLE: &core::ffi::CStr = c"WINPAGES_LAYOUT";

/// The layout's end, or 0 until it is first asked for: one word, for every call looks at it.
static END: AtomicUsize = AtomicUsize::new(0);

/// The layout of this process. Who asks first has it chosen: by the environment variable
/// `WINPAGES_LAYOUT`, else for 64 bits.
#[inline]
pub fn current() -> AddressLayout {
    match END.load(Ordering::Relaxed) {
        END_64 => AddressLayout::Bits64,
        END_32 => AddressLayout::Bits32,
        _ => from_environment(),
    }
}

const END_64: usize = AddressLayout::Bits64.application_end();
const END_32: usize = AddressLayout::Bits32.application_end();

#[cold]
fn from_environment() -> AddressLayout {
    let wanted = match environment::variable(LAYOUT_VARIABLE) {
        Some(value) if value == c"32" => AddressLayout::Bits32,
        _ => AddressLayout::Bits64,
    };
    choose(wanted).err().unwrap_or(wanted)
}

/// Gives this process a layout, before it has one.
///
/// # Errors
///
/// The layout it has, if that is another: it is in use since the first call that allocated, described
/// or changed memory.
pub fn choose(layout: AddressLayout) -> Result<(), AddressLayout> {
    let end = layout.application_end();
    match END.compare_exchange(0, end, Ordering::Relaxed, Ordering::Relaxed) {
        Err(other) if other != end => Err(current()),
        _ => Ok(()),
    }
}

/// The highest address this process may have memory at.
#[inline]
pub fn maximum_application_address() -> usize {
    current().maximum_application_address()
}

/// The first address above this process's.
#[inline]
pub fn application_end() -> usize {
    current().application_end()
}

/// The page that an address lies in.
pub const fn page_down(address: usize) -> usize {
    address & !(PAGE_SIZE - 1)
}

/// The first page boundary at or above an address, or `None` past the end of the address space.
pub const fn page_up(address: usize) -> Option<usize> {
    match address.checked_add(PAGE_SIZE - 1) {
        Some(sum) => Some(page_down(sum)),
        None => None,
    }
}

/// The 64 KiB boundary at or below an address.
pub const fn granularity_down(address: usize) -> usize {
    address & !(ALLOCATION_GRANULARITY - 1)
}

/// The 64 KiB boundary at or above an address of an application.
pub const fn granularity_up(address: usize) -> usize {
    granularity_down(address.saturating_add(ALLOCATION_GRANULARITY - 1))
}
