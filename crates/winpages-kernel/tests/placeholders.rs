//! The addresses of a placeholder are never free between what is there and what takes its place.

#![allow(missing_docs)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{alone, close, request};
use winpages_kernel::address_space::layout::PAGE_SIZE;
use winpages_kernel::address_space::{
    AddressRequirements, Allocate, MemoryBasicInformation, MemoryState, Protection,
    allocate_virtual_memory_within, free_virtual_memory, query_virtual_memory,
};
use winpages_kernel::section::{self, CreateSection, MapView, UnmapType, ViewType, create_section};
use winpages_kernel::{Handle, NtStatus};

const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const REPLACE: u32 = 0x4000;
const RESERVE_PLACEHOLDER: u32 = 0x4_0000;
const RELEASE: u32 = 0x8000;
const COALESCE: u32 = RELEASE | 1;
const PRESERVE: u32 = RELEASE | 2;
const NOACCESS: u32 = 1;
const READWRITE: u32 = 4;

fn allocate(base: usize, size: usize, kind: u32, protection: u32) -> Result<usize, NtStatus> {
    allocate_virtual_memory_within(&Allocate::new(base, size, kind, protection))
        .map(|range| range.base)
}

fn placeholder(size: usize) -> usize {
    allocate(0, size, RESERVE | RESERVE_PLACEHOLDER, NOACCESS).unwrap()
}

fn memory(size: usize) -> Handle {
    let request = CreateSection {
        name: None,
        ..request("unused", size as u64)
    };
    create_section(&request).unwrap().0
}

fn map(section: Handle, base: usize, size: usize, protection: Protection) -> Result<(), NtStatus> {
    section::map_view_of_section(&MapView {
        section,
        base,
        offset: 0,
        size,
        protection,
        requirements: AddressRequirements::default(),
        kind: ViewType::REPLACE_PLACEHOLDER,
    })
    .map(|_| ())
}

fn unmap(base: usize) {
    let flags = UnmapType::PRESERVE_PLACEHOLDER.bits();
    section::unmap_view_of_section_ex(base, flags).unwrap();
}

/// Whether the kernel would give somebody else the pages at an address.
fn is_free(base: usize, size: usize) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: NOREPLACE takes nothing that is there, and what was free is given back at once.
    unsafe {
        let got = libc::mmap(base as *mut _, size, libc::PROT_NONE, flags, -1, 0);
        if got == libc::MAP_FAILED {
            return false;
        }
        libc::munmap(got, size);
        true
    }
}

/// Another thread tries for the pages all the time, and never gets one.
#[test]
fn nobody_gets_in_between() {
    const PAGES: usize = 16;
    const ROUNDS: usize = 1_000;
    let size = PAGES * PAGE_SIZE;
    let base = placeholder(size);
    let section = memory(size);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let thief = scope.spawn(|| {
            let mut stolen = 0;
            while !done.load(Ordering::Relaxed) {
                for page in 0..PAGES {
                    stolen += usize::from(is_free(base + page * PAGE_SIZE, PAGE_SIZE));
                }
            }
            stolen
        });
        for round in 0..ROUNDS {
            let split = (1 + round % (PAGES - 1)) * PAGE_SIZE;
            free_virtual_memory(base, split, PRESERVE).unwrap();
            map(section, base, split, Protection::READWRITE).unwrap();
            let rest = size - split;
            allocate(base + split, rest, RESERVE | COMMIT | REPLACE, READWRITE).unwrap();
            // SAFETY: the pages have just been committed.
            unsafe { ((base + split) as *mut u8).write(1) };
            unmap(base);
            free_virtual_memory(base + split, rest, PRESERVE).unwrap();
            free_virtual_memory(base, size, COALESCE).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(thief.join().unwrap(), 0);
    });
    close(section);
    free_virtual_memory(base, 0, RELEASE).unwrap();
    assert!(is_free(base, size));
}

fn is_placeholder(base: usize, size: usize) -> bool {
    let expected = MemoryBasicInformation {
        allocation_base: base,
        allocation_protection: Some(Protection::NOACCESS),
        region_size: size,
        state: MemoryState::Reserve,
        protection: None,
        ..query_virtual_memory(base).unwrap()
    };
    query_virtual_memory(base).unwrap() == expected && !is_free(base, size)
}

/// Where the kernel refuses what is to take the place, the placeholder is still there, and can be used
/// when the kernel has changed its mind.
#[test]
fn a_refusal_leaves_the_placeholder() {
    if !alone("a_refusal_leaves_the_placeholder") {
        return;
    }
    let size = 256 * PAGE_SIZE;
    let base = placeholder(size);
    let section = memory(size);
    let limit = |bytes| {
        let limit = libc::rlimit {
            rlim_cur: bytes,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: sets a limit of this process, which is the test's own.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) }, 0);
    };
    limit(PAGE_SIZE as libc::rlim_t);
    let commit = allocate(base, size, RESERVE | COMMIT | REPLACE, READWRITE);
    let copy = map(section, base, size, Protection::WRITECOPY);
    limit(libc::RLIM_INFINITY);
    assert_eq!(commit, Err(NtStatus::COMMITMENT_LIMIT));
    assert_eq!(copy, Err(NtStatus::NO_MEMORY));
    assert!(is_placeholder(base, size));
    assert_eq!(
        free_virtual_memory(base, size, PRESERVE),
        Err(NtStatus::CONFLICTING_ADDRESSES)
    );
    map(section, base, size, Protection::WRITECOPY).unwrap();
    unmap(base);
    assert!(is_placeholder(base, size));
    assert_eq!(
        allocate(base, size, RESERVE | COMMIT | REPLACE, READWRITE),
        Ok(base)
    );
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

/// A child gets the placeholders, and what took their places.
#[test]
fn a_child_has_them_too() {
    if !alone("a_child_has_them_too") {
        return;
    }
    let size = 32 * PAGE_SIZE;
    let base = placeholder(size);
    free_virtual_memory(base, size / 2, PRESERVE).unwrap();
    allocate(base, size / 2, RESERVE | COMMIT | REPLACE, READWRITE).unwrap();
    // SAFETY: the child makes engine calls alone, and leaves by _exit.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let turned = free_virtual_memory(base, size / 2, PRESERVE).is_ok();
        let joined = free_virtual_memory(base, size, COALESCE).is_ok();
        let code = i32::from(!(turned && joined && is_placeholder(base, size)));
        // SAFETY: ends the child without running the test harness's clean-up.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    assert!(is_placeholder(base + size / 2, size / 2));
    assert_eq!(
        query_virtual_memory(base).unwrap().state,
        MemoryState::Commit
    );
}
