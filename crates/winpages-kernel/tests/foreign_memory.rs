//! Memory of processes that know nothing of this library: what is allocated there is as it would be here, and they
//! go on as if nothing had been.

mod common;

use std::os::unix::process::CommandExt;
use std::process::Command;

use common::foreign::*;
use common::{close, map, request};
use winpages_kernel::address_space::{AddressRequirements, MemoryKind, MemoryState, Protection};
use winpages_kernel::process::{
    Target, free_virtual_memory, map_view, protect_virtual_memory, query_virtual_memory, unmap_view,
};
use winpages_kernel::section::{CreateSection, MapView, ViewType, create_section};
use winpages_kernel::{Handle, NtStatus};

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

fn view(section: Handle, offset: u64, protection: Protection) -> MapView {
    MapView {
        section,
        base: 0,
        offset,
        size: 0,
        protection,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    }
}

#[test]
fn sections_are_seen_there_and_here() {
    let shell = Foreign::start("bash", &["-c", "read line; echo $line"]);
    shell.settle();
    let (before, had) = (shell.maps(), descriptors(shell.number()));
    let target = &shell.target;
    let (section, _) = create_section(&CreateSection {
        name: None,
        ..request("none", 0x3_0000)
    })
    .unwrap();
    let here = map(section);
    let map_there = |offset, protection| {
        map_view(target, &view(section, offset, protection)).map(|(range, _)| range.base)
    };
    let there = map_there(0, Protection::READWRITE).unwrap();
    let part = map_there(0x2_0000, Protection::READONLY).unwrap();
    let copy = map_there(0, Protection::WRITECOPY).unwrap();
    assert_eq!(descriptors(shell.number()), had);
    // SAFETY: the view is this test's own, and long enough.
    unsafe { here.copy_from_nonoverlapping(b"from here".as_ptr(), 9) };
    assert_eq!(read(target, there), Ok(*b"from here"));
    write(target, there + 0x2_0010, b"from there").unwrap();
    // SAFETY: as above; nobody writes meanwhile.
    let found = unsafe { core::slice::from_raw_parts(here.add(0x2_0010), 10) };
    assert_eq!(found, b"from there");
    assert_eq!(read(target, part + 0x10), Ok(*b"from there"));
    // What is written to a copy stays there.
    write(target, copy, b"COPY").unwrap();
    assert_eq!(read(target, copy), Ok(*b"COPY here"));
    assert_eq!(read(target, there), Ok(*b"from here"));
    for (base, offset, size, protection) in [
        (there, 0, 0x3_0000, Protection::READWRITE),
        (part, 0, 0x1_0000, Protection::READONLY),
        // What has been written is the process's own, and plainly writable.
        (copy, 0, 0x1000, Protection::READWRITE),
        (copy, 0x1000, 0x2_F000, Protection::WRITECOPY),
    ] {
        let found = query_virtual_memory(target, base + offset).unwrap();
        assert_eq!((found.allocation_base, found.region_size), (base, size));
        assert_eq!(
            (found.kind, found.state),
            (MemoryKind::Mapped, MemoryState::Commit)
        );
        assert_eq!(found.protection, Some(protection));
        let freed = free_virtual_memory(target, base, 0, RELEASE).map(drop);
        assert_eq!(freed, Err(NtStatus::INVALID_PARAMETER));
    }
    // A view can become what it was mapped for, and no more.
    let refused = Err(NtStatus::INVALID_PAGE_PROTECTION);
    assert_eq!(
        protect_virtual_memory(target, part, 1, 0x04).map(drop),
        refused
    );
    protect_virtual_memory(target, there + 0x1000, 1, 0x02).unwrap();
    assert_eq!(
        write(target, there + 0x1000, b"no"),
        Err(NtStatus::ACCESS_VIOLATION)
    );
    let too_long = MapView {
        size: 0x4_0000,
        ..view(section, 0, Protection::READWRITE)
    };
    let refused = map_view(target, &too_long).map(drop);
    assert_eq!(refused, Err(NtStatus::INVALID_VIEW_SIZE));
    let executed = map_there(0, Protection::EXECUTE_READ);
    assert_eq!(executed, Err(NtStatus::ACCESS_DENIED));
    let taken = MapView {
        base: there,
        ..view(section, 0, Protection::READWRITE)
    };
    let refused = map_view(target, &taken).map(drop);
    assert_eq!(refused, Err(NtStatus::CONFLICTING_ADDRESSES));
    // The view keeps the memory when nobody else does.
    close(section);
    winpages_kernel::section::unmap_view_of_section(here as usize).unwrap();
    assert_eq!(read(target, part + 0x10), Ok(*b"from there"));
    for address in [there + 0x1234, part, copy + 0x2_FFFF] {
        unmap_view(target, address, 0).unwrap();
        let again = unmap_view(target, address, 0);
        assert_eq!(again, Err(NtStatus::NOT_MAPPED_VIEW));
    }
    assert_eq!(shell.maps(), before);
    assert_eq!(descriptors(shell.number()), had);
    assert_eq!(shell.finish("well"), "well\n");
}

/// Nobody there would see that pages have been committed meanwhile. What has been before stays so.
#[test]
fn pages_that_are_committed_later_are_seen_when_all_are() {
    const LATER: u32 = 0x0400_0000;
    let shell = Foreign::start("bash", &["-c", "read line; echo $line"]);
    shell.settle();
    let before = shell.maps();
    let (section, _) = create_section(&CreateSection {
        name: None,
        flags: LATER,
        ..request("none", 0x3_0000)
    })
    .unwrap();
    let here = map(section) as usize;
    let map_there = |size| {
        let request = MapView {
            size,
            ..view(section, 0x1_0000, Protection::READWRITE)
        };
        map_view(&shell.target, &request).map(|(range, _)| range.base)
    };
    let commit = |page: usize| allocate(&Target::Own, here + page, 0x1000, COMMIT, 0x04).unwrap();
    assert_eq!(map_there(0x2000), Err(NtStatus::NOT_SUPPORTED));
    commit(0x1_1000);
    assert_eq!(map_there(0x2000), Err(NtStatus::NOT_SUPPORTED));
    commit(0x1_0000);
    let there = map_there(0x2000).unwrap();
    assert_eq!(map_there(0x2001), Err(NtStatus::NOT_SUPPORTED));
    // SAFETY: the page is of this test's own view, and committed.
    unsafe { (here as *mut u8).add(0x1_1000).write(7) };
    assert_eq!(read(&shell.target, there + 0x1000), Ok([7]));
    unmap_view(&shell.target, there, 0).unwrap();
    assert_eq!(shell.maps(), before);
    winpages_kernel::section::unmap_view_of_section(here).unwrap();
    close(section);
    assert_eq!(shell.finish("well"), "well\n");
}

/// Who may trace may do it all, also where the process could open nothing of the caller's.
#[test]
fn root_reaches_the_processes_of_others() {
    if !common::is_root() {
        return;
    }
    const SECOND: u32 = 65534;
    let mut command = Command::new("bash");
    command.args(["-c", "read line; echo $line"]).uid(SECOND);
    let shell = Foreign::spawn(&mut command);
    shell.settle();
    change_memory(&shell.target).unwrap();
    let (section, _) = create_section(&CreateSection {
        name: None,
        ..request("none", 0x1000)
    })
    .unwrap();
    let request = view(section, 0, Protection::READWRITE);
    let there = map_view(&shell.target, &request).unwrap().0.base;
    write(&shell.target, there, b"seen").unwrap();
    let here = map(section);
    // SAFETY: the view is this test's own; nobody writes meanwhile.
    assert_eq!(unsafe { core::slice::from_raw_parts(here, 4) }, b"seen");
    unmap_view(&shell.target, there, 0).unwrap();
    close(section);
    assert_eq!(shell.finish("well"), "well\n");
}
