//! A word in shared memory that tells whether the thread that marked it still runs.
//!
//! The kernel itself takes the mark away when the thread ends, in any way, or its process becomes another
//! program: the word is an entry of the thread's robust list, as that of an owned mutex is.

use core::sync::atomic::{AtomicU64, Ordering};

use super::robust_list::{Link, RobustList};

/// The word, and the links behind it where the kernel and the C library expect them.
#[repr(C)]
#[derive(Debug)]
pub struct LifeMark {
    word: AtomicU64,
    reserved: [AtomicU64; 2],
    link: Link,
}

const _: () = assert!(core::mem::offset_of!(LifeMark, link) == 24);

impl LifeMark {
    /// Marks it for the calling thread; answers whether the kernel will take note of the thread's end.
    pub fn set(&'static self) -> bool {
        let Some(list) = RobustList::of_this_thread() else {
            return false;
        };
        self.word
            .store(u64::from(super::thread::id()), Ordering::Relaxed);
        list.enter(&self.link);
        true
    }
}
