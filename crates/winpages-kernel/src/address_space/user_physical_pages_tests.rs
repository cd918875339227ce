use super::super::{
    MemoryState, allocate_virtual_memory, free_virtual_memory, protect_virtual_memory,
    query_virtual_memory,
};
use super::*;

const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const PHYSICAL: u32 = 0x40_0000;
const READONLY: u32 = 2;
const READWRITE: u32 = 4;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;

fn allocate(count: usize) -> Vec<usize> {
    let mut numbers = vec![0; count];
    let got = allocate_user_physical_pages(count, |index, page| {
        numbers[index] = page;
        Ok(())
    });
    assert_eq!(got, Ok(count));
    numbers
}

fn map(base: usize, pages: &[usize]) -> Result<(), NtStatus> {
    map_user_physical_pages(base, pages.len(), |index| Ok(Some(pages[index])))
}

fn unmap(base: usize, count: usize) -> Result<(), NtStatus> {
    map_user_physical_pages(base, count, |_| Ok(None))
}

fn state(address: usize) -> (MemoryState, usize) {
    let region = query_virtual_memory(address).unwrap();
    (region.state, region.region_size / PAGE_SIZE)
}

fn word(address: usize) -> *mut u64 {
    address as *mut u64
}

#[test]
fn pages_move_between_windows() {
    let size = 16 * PAGE_SIZE;
    let window = allocate_virtual_memory(0, size, RESERVE | PHYSICAL, READWRITE).unwrap();
    let other = allocate_virtual_memory(0, size, RESERVE | PHYSICAL, READWRITE).unwrap();
    let base = window.base;
    assert_eq!(state(base), (MemoryState::Reserve, 16));
    let pages = allocate(4);
    assert!(!pages.contains(&0));
    map(base + PAGE_SIZE, &pages).unwrap();
    assert_eq!(state(base + PAGE_SIZE), (MemoryState::Commit, 4));
    for index in 0..4 {
        // SAFETY: the pages have just been mapped there, zeroed.
        unsafe {
            let word = word(base + (1 + index) * PAGE_SIZE);
            assert_eq!(*word, 0);
            *word = 100 + index as u64;
        }
    }
    // A page is in one place at a time.
    assert_eq!(
        map(other.base, &pages[..1]),
        Err(NtStatus::INVALID_PARAMETER)
    );
    assert_eq!(
        map(base + PAGE_SIZE, &pages),
        Err(NtStatus::INVALID_PARAMETER)
    );
    unmap(base + PAGE_SIZE, 2).unwrap();
    assert_eq!(state(base), (MemoryState::Reserve, 3));
    map(other.base, &[pages[1], pages[0]]).unwrap();
    // SAFETY: mapped one line above.
    unsafe {
        assert_eq!(*word(other.base), 101);
        assert_eq!(*word(other.base + PAGE_SIZE), 100);
    }
    // What was there before goes out.
    let more = allocate(1);
    map(other.base, &more).unwrap();
    map(base, &[pages[1]]).unwrap();
    // SAFETY: mapped one line above.
    unsafe { assert_eq!(*word(base), 101) };
    // Nothing changes if anything is wrong.
    let free = [pages[0], pages[0]];
    unmap(other.base + PAGE_SIZE, 1).unwrap();
    assert_eq!(
        map(other.base + 4 * PAGE_SIZE, &free),
        Err(NtStatus::INVALID_PARAMETER)
    );
    assert_eq!(
        map(other.base + 4 * PAGE_SIZE, &[pages[0], 0xFFFF_FFFF]),
        Err(NtStatus::CONFLICTING_ADDRESSES)
    );
    assert_eq!(
        map(other.base + 15 * PAGE_SIZE, &free),
        Err(NtStatus::INVALID_PARAMETER)
    );
    assert_eq!(state(other.base + PAGE_SIZE), (MemoryState::Reserve, 15));
    map(other.base + 4 * PAGE_SIZE, &[pages[0]]).unwrap();
    // Releasing a window leaves its pages allocated, with what they hold.
    free_virtual_memory(other.base, 0, RELEASE).unwrap();
    map(base + 8 * PAGE_SIZE, &[pages[0]]).unwrap();
    // SAFETY: mapped one line above.
    unsafe { assert_eq!(*word(base + 8 * PAGE_SIZE), 100) };
    // Freeing a page takes it out of its window, and zeroes it for the next.
    for page in pages.iter().chain(&more) {
        free_user_physical_page(*page).unwrap();
        assert_eq!(
            free_user_physical_page(*page),
            Err(NtStatus::CONFLICTING_ADDRESSES)
        );
    }
    assert_eq!(state(base), (MemoryState::Reserve, 16));
    let again = allocate(5);
    map(base, &again).unwrap();
    for index in 0..5 {
        // SAFETY: mapped one line above.
        unsafe { assert_eq!(*word(base + index * PAGE_SIZE), 0) };
    }
    for page in again {
        free_user_physical_page(page).unwrap();
    }
    free_virtual_memory(base, 0, RELEASE).unwrap();
}

#[test]
fn a_window_holds_nothing_else() {
    let size = 16 * PAGE_SIZE;
    for (kind, protection) in [
        (PHYSICAL, READWRITE),
        (PHYSICAL | COMMIT, READWRITE),
        (PHYSICAL | RESERVE | COMMIT, READWRITE),
        (PHYSICAL | RESERVE, READONLY),
    ] {
        let answer = allocate_virtual_memory(0, size, kind, protection);
        assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER), "{kind:#x}");
    }
    let window = allocate_virtual_memory(0, size, RESERVE | PHYSICAL, READWRITE).unwrap();
    let page = allocate(1)[0];
    map(window.base, &[page]).unwrap();
    let conflict = Err(NtStatus::CONFLICTING_ADDRESSES);
    let answer = allocate_virtual_memory(window.base, size, COMMIT, READWRITE);
    assert_eq!(answer, conflict);
    let answer = protect_virtual_memory(window.base, PAGE_SIZE, READONLY);
    assert_eq!(answer.map(|_| ()), Err(NtStatus::CONFLICTING_ADDRESSES));
    let answer = free_virtual_memory(window.base, PAGE_SIZE, DECOMMIT);
    assert_eq!(answer, Err(NtStatus::MEMORY_NOT_ALLOCATED));
    let plain = allocate_virtual_memory(0, size, RESERVE, READWRITE).unwrap();
    assert_eq!(unmap(plain.base, 1), Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(unmap(window.base, 0), Err(NtStatus::INVALID_PARAMETER));
    assert_eq!(unmap(window.base, 17), Err(NtStatus::INVALID_PARAMETER));
    free_virtual_memory(plain.base, 0, RELEASE).unwrap();
    free_virtual_memory(window.base, 0, RELEASE).unwrap();
    free_user_physical_page(page).unwrap();
}
