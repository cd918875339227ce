//! The layout of a 32-bit program, in a process of its own.

#[path = "common/watchdog.rs"]
mod watchdog;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::layout::{self, AddressLayout};
use winpages_kernel::address_space::{
    allocate_virtual_memory, free_virtual_memory, protect_virtual_memory, query_virtual_memory,
};

const RESERVE: u32 = 0x2000;
const TOP_DOWN: u32 = 0x10_0000;
const READWRITE: u32 = 4;
const RELEASE: u32 = 0x8000;
const END: usize = 0x7FFF_0000;

#[test]
fn everything_lies_in_two_gib() {
    layout::choose(AddressLayout::Bits32).unwrap();
    assert_eq!(
        layout::choose(AddressLayout::Bits64),
        Err(AddressLayout::Bits32)
    );
    layout::choose(AddressLayout::Bits32).unwrap();
    assert_eq!(layout::maximum_application_address(), 0x7FFE_FFFF);

    let mut got = Vec::new();
    for kind in [RESERVE, RESERVE | TOP_DOWN] {
        for _ in 0..100 {
            let range = allocate_virtual_memory(0, 0x10_0000, kind, READWRITE).unwrap();
            assert!(range.base >= 0x1_0000 && range.base + range.size <= END);
            got.push(range.base);
        }
    }
    // It is full before 2 GiB are in use.
    let full = (0..2048).find_map(|_| {
        let answer = allocate_virtual_memory(0, 0x10_0000, RESERVE, READWRITE);
        got.extend(answer.as_ref().map(|range| range.base));
        answer.err()
    });
    assert_eq!(full, Some(NtStatus::NO_MEMORY));
    for base in got {
        free_virtual_memory(base, 0, RELEASE).unwrap();
    }

    // The partitions where nobody may have memory: null pointers, no man's land, the kernel's half.
    let refused = Err(NtStatus::INVALID_PARAMETER);
    for base in [
        0x1000,
        0xFFFF,
        END,
        END + 0x1_0000,
        0x7FFF_F000,
        0x8000_0000,
        0xFFFF_0000,
        1 << 40,
    ] {
        assert_eq!(
            allocate_virtual_memory(base, 0x1000, RESERVE, READWRITE),
            refused,
            "{base:#x}"
        );
    }
    assert_eq!(
        allocate_virtual_memory(END - 0x1_0000, 0x1_1000, RESERVE, READWRITE),
        refused
    );
    assert_eq!(
        allocate_virtual_memory(0, 0x8000_0000, RESERVE, READWRITE),
        refused
    );
    let last = allocate_virtual_memory(END - 0x1_0000, 0x1_0000, RESERVE, READWRITE).unwrap();
    assert_eq!(last.base + last.size, END);
    free_virtual_memory(last.base, 0, RELEASE).unwrap();

    // The walk ends where the application's part does.
    let mut at = 0;
    while at < END {
        let region = query_virtual_memory(at).unwrap();
        assert_eq!(region.base_address, at);
        at += region.region_size;
    }
    assert_eq!(at, END);
    assert_eq!(
        query_virtual_memory(END).map(|_| ()),
        Err(NtStatus::INVALID_PARAMETER)
    );
    let local = 0u8;
    let stack = &raw const local as usize;
    assert_eq!(
        query_virtual_memory(stack).map(|_| ()),
        Err(NtStatus::INVALID_PARAMETER)
    );
    let answer = protect_virtual_memory(stack, 1, READWRITE);
    assert_eq!(answer.map(|_| ()), Err(NtStatus::INVALID_PARAMETER));
}
