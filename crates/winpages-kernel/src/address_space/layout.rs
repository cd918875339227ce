//! The shape of a 64-bit Windows address space, and where in Linux's it lies.

/// The size of a page, in bytes.
pub const PAGE_SIZE: usize = 0x1000;

/// What the addresses of allocations and views are multiples of, in bytes: 64 KiB.
pub const ALLOCATION_GRANULARITY: usize = 0x1_0000;

/// The lowest address a program may have memory at; below lies the null-pointer partition.
pub const MINIMUM_APPLICATION_ADDRESS: usize = 0x1_0000;

/// The highest address a program may have memory at.
pub const MAXIMUM_APPLICATION_ADDRESS: usize = 0x7FFF_FFFE_FFFF;

/// The first address above the application's.
pub const APPLICATION_END: usize = MAXIMUM_APPLICATION_ADDRESS + 1;

/// The zone in which the engine chooses addresses itself, away from where the kernel puts programs
/// (0x55…), their heaps behind them, and libraries, stacks and everybody's mmap (0x7f…); above the
/// shadow memory of address sanitizers.
pub const ZONE_START: usize = 0x1000_0000_0000;

/// The end of the zone, below the lowest address at which Linux loads position-independent programs.
pub const ZONE_END: usize = 0x5000_0000_0000;

/// How far above [`ZONE_START`] a process's first allocation may lie, at random: 28 bits of it, in
/// units of the allocation granularity.
pub const ZONE_RANDOM_BITS: u32 = 28;

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
