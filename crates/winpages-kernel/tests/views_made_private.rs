//! Pages of a shared view that are made copy-on-write and shared again while other threads write them.

#![allow(missing_docs)]

mod common;

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use common::{close, map, request};
use winpages_kernel::address_space::layout::PAGE_SIZE;
use winpages_kernel::address_space::protect_virtual_memory;
use winpages_kernel::section::{self, CreateSection, create_section};

const PAGES: usize = 2_000;
const READWRITE: u32 = 4;
const WRITECOPY: u32 = 8;

/// A write that meets a page on its way back to the section is never lost and never refused: it comes
/// before, and the page is a copy, or after, and goes through.
#[test]
fn no_write_is_lost_on_the_way_back() {
    let request = CreateSection {
        name: None,
        ..request("unused", (PAGES * PAGE_SIZE) as u64)
    };
    let (section, _) = create_section(&request).unwrap();
    let (view, other) = (map(section) as usize, map(section) as usize);
    close(section);
    let byte = |base: usize, page: usize| {
        // SAFETY: the page is part of a view that stays mapped to the end of the test.
        unsafe { AtomicU8::from_ptr((base + page * PAGE_SIZE) as *mut u8) }
    };
    protect_virtual_memory(view, PAGES * PAGE_SIZE, WRITECOPY).unwrap();
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for page in 0..PAGES {
                while turn.load(Ordering::Acquire) < page {
                    std::hint::spin_loop();
                }
                byte(view, page).store(7, Ordering::SeqCst);
            }
        });
        for page in 0..PAGES {
            turn.store(page, Ordering::Release);
            for _ in 0..page % 50 {
                std::hint::spin_loop();
            }
            protect_virtual_memory(view + page * PAGE_SIZE, PAGE_SIZE, READWRITE).unwrap();
        }
        turn.store(PAGES, Ordering::Release);
    });
    let mut shared = 0;
    for page in 0..PAGES {
        assert_eq!(byte(view, page).load(Ordering::SeqCst), 7, "page {page}");
        let through = byte(other, page).load(Ordering::SeqCst) == 7;
        // What went through goes on going through, and a copy stays one.
        byte(view, page).store(9, Ordering::SeqCst);
        let expected = if through { 9 } else { 0 };
        assert_eq!(
            byte(other, page).load(Ordering::SeqCst),
            expected,
            "page {page}"
        );
        shared += usize::from(through);
    }
    println!("{shared} of {PAGES} writes came after");
    section::unmap_view_of_section(view).unwrap();
    section::unmap_view_of_section(other).unwrap();
}
