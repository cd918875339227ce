//! Memory of processes that know nothing of this library: what is allocated there is as it would be here, and they
//! go on as if nothing had been.

mod common;

use common::foreign::*;
use winpages_kernel::NtStatus;
use winpages_kernel::address_space::{MemoryKind, MemoryState, Protection};
use winpages_kernel::process::{free_virtual_memory, protect_virtual_memory, query_virtual_memory};

#[test]
fn what_is_allocated_is_as_it_would_be_here() {
    let shell = Foreign::start("bash", &["-c", "read line; echo $line"]);
    shell.settle();
    let before = shell.maps();
    let target = &shell.target;
    let base = allocate(target, 0, 0x3_0000, RESERVE, 0x04).unwrap();
    assert_eq!(base % 0x1_0000, 0);
    let reserved = query_virtual_memory(target, base + 0x1_2345).unwrap();
    assert_eq!(
        (
            reserved.base_address,
            reserved.allocation_base,
            reserved.region_size
        ),
        (base + 0x1_2000, base, 0x1_E000)
    );
    assert_eq!(
        (reserved.state, reserved.protection, reserved.kind),
        (MemoryState::Reserve, None, MemoryKind::Private)
    );
    assert_eq!(reserved.allocation_protection, Some(Protection::READWRITE));
    // In the middle, by no more than a byte.
    assert_eq!(
        allocate(target, base + 0x1_0FFF, 2, COMMIT, 0x02),
        Ok(base + 0x1_0000)
    );
    let committed = query_virtual_memory(target, base + 0x1_0000).unwrap();
    assert_eq!(
        (committed.region_size, committed.state, committed.protection),
        (0x2000, MemoryState::Commit, Some(Protection::READONLY))
    );
    assert_eq!(
        query_virtual_memory(target, base).unwrap().region_size,
        0x1_0000
    );
    assert_eq!(
        write(target, base + 0x1_0000, b"no"),
        Err(NtStatus::ACCESS_VIOLATION)
    );
    assert_eq!(write(target, base, b"no"), Err(NtStatus::ACCESS_VIOLATION));
    let (range, old) = protect_virtual_memory(target, base + 0x1_1000, 1, 0x04).unwrap();
    assert_eq!(
        (range.base, range.size, old),
        (base + 0x1_1000, 0x1000, Protection::READONLY)
    );
    write(target, base + 0x1_1000, b"there").unwrap();
    assert_eq!(read::<5>(target, base + 0x1_1000), Ok(*b"there"));
    // A guard is remembered, and keeps everybody out.
    protect_virtual_memory(target, base + 0x1_1000, 1, 0x104).unwrap();
    assert_eq!(
        read::<5>(target, base + 0x1_1000),
        Err(NtStatus::PARTIAL_COPY)
    );
    let guarded = query_virtual_memory(target, base + 0x1_1000).unwrap();
    assert_eq!(
        guarded.protection,
        Some(Protection::READWRITE | Protection::GUARD)
    );
    // Decommitted, it is empty when it is committed again.
    let freed = free_virtual_memory(target, base + 0x1_1000, 0x1000, DECOMMIT).unwrap();
    assert_eq!((freed.base, freed.size), (base + 0x1_1000, 0x1000));
    let not_committed = Err(NtStatus::NOT_COMMITTED);
    assert_eq!(
        protect_virtual_memory(target, base + 0x1_1000, 1, 0x04).map(drop),
        not_committed
    );
    allocate(target, base + 0x1_1000, 1, COMMIT, 0x04).unwrap();
    assert_eq!(read::<5>(target, base + 0x1_1000), Ok([0; 5]));
    let released = free_virtual_memory(target, base, 0, RELEASE).unwrap();
    assert_eq!((released.base, released.size), (base, 0x3_0000));
    assert_eq!(
        query_virtual_memory(target, base).unwrap().state,
        MemoryState::Free
    );
    assert_eq!(shell.maps(), before);
    assert_eq!(shell.finish("well"), "well\n");
}

#[test]
fn the_rules_are_those_of_windows() {
    let shell = Foreign::start("bash", &["-c", "read line; echo $line"]);
    let target = &shell.target;
    let first = allocate(target, 0, 0x1_0000, RESERVE | COMMIT, 0x04).unwrap();
    let second = allocate(target, 0, 0x1_0000, RESERVE | COMMIT, 0x04).unwrap();
    // The kernel has made one mapping of the two.
    assert_eq!(second, first + 0x1_0000);
    let of = |address| {
        let found = query_virtual_memory(target, address).unwrap();
        (found.allocation_base, found.region_size)
    };
    assert_eq!(of(first), (first, 0x1_0000));
    assert_eq!(of(second + 0x4000), (second, 0xC000));
    for (result, expected) in [
        (
            allocate(target, first, 0x2_0000, COMMIT, 0x04),
            NtStatus::CONFLICTING_ADDRESSES,
        ),
        (
            allocate(target, first, 0x1000, RESERVE, 0x04),
            NtStatus::CONFLICTING_ADDRESSES,
        ),
        (
            allocate(target, second + 0x1_0000, 0x1000, COMMIT, 0x04),
            NtStatus::CONFLICTING_ADDRESSES,
        ),
        (
            allocate(target, 0, 0, RESERVE, 0x04),
            NtStatus::INVALID_PARAMETER,
        ),
        (
            allocate(target, 0, 1, RESERVE, 0x08),
            NtStatus::INVALID_PAGE_PROTECTION,
        ),
        (
            allocate(target, 0, 1 << 47, RESERVE, 0x04),
            NtStatus::INVALID_PARAMETER,
        ),
        (
            allocate(target, 0, 1, RESERVE | LARGE_PAGES, 0x04),
            NtStatus::NOT_SUPPORTED,
        ),
    ] {
        assert_eq!(result, Err(expected));
    }
    for (base, size, kind, expected) in [
        (first + 0x1000, 0, RELEASE, NtStatus::FREE_VM_NOT_AT_BASE),
        (first, 0x1_1000, RELEASE, NtStatus::UNABLE_TO_FREE_VM),
        (first, 0, RELEASE | DECOMMIT, NtStatus::INVALID_PARAMETER_4),
        (
            second + 0x1_0000,
            0,
            RELEASE,
            NtStatus::MEMORY_NOT_ALLOCATED,
        ),
    ] {
        assert_eq!(
            free_virtual_memory(target, base, size, kind).map(drop),
            Err(expected)
        );
    }
    let both = protect_virtual_memory(target, first, 0x2_0000, 0x02).map(drop);
    assert_eq!(both, Err(NtStatus::CONFLICTING_ADDRESSES));
    free_virtual_memory(target, first, 0, RELEASE).unwrap();
    // The lowest place is taken again, and a high one if that is wanted.
    assert_eq!(allocate(target, 0, 0x1000, RESERVE, 0x04), Ok(first));
    let high = allocate(target, 0, 0x1000, RESERVE | TOP_DOWN, 0x04).unwrap();
    assert!(high > second);
    let below = below(target, 0xFFFF_FFFF, 0x2_0000).unwrap();
    assert!(below > 0 && below + 0x2_0000 <= 0x1_0000_0000 && below.is_multiple_of(0x2_0000));
    // Where the program itself is nothing can be reserved.
    let own = shell.maps().lines().next().unwrap().to_owned();
    let own = usize::from_str_radix(own.split('-').next().unwrap(), 16).unwrap();
    let there = allocate(target, own, 0x1000, RESERVE, 0x04);
    assert_eq!(there, Err(NtStatus::CONFLICTING_ADDRESSES));
    // Part of an allocation can be released, and leaves two.
    let three = allocate(target, 0, 0x3_0000, RESERVE | COMMIT, 0x04).unwrap();
    free_virtual_memory(target, three + 0x1_0000, 0x1_0000, RELEASE).unwrap();
    assert_eq!(of(three + 0x2_1000), (three + 0x2_0000, 0xF000));
    for base in [first, second, high, below, three, three + 0x2_0000] {
        free_virtual_memory(target, base, 0, RELEASE).unwrap();
    }
    assert_eq!(shell.finish("well"), "well\n");
}
