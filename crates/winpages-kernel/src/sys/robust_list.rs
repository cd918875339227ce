//! The list of words that the kernel lets go of when a thread dies, in any way.
//!
//! Each thread has one list, and the C library has registered its head: what
//! `PTHREAD_MUTEX_ROBUST` stands on. The engine's words are entries of the same list, laid out as
//! the library's own: a doubly linked list in which each link leads to the `next` of a node, with
//! `prev` one word before it, and the word itself a fixed distance away.

use core::ffi::c_void;
use core::sync::atomic::{AtomicIsize, AtomicUsize, Ordering, compiler_fence};

/// The kernel's `struct robust_list_head`.
#[repr(C)]
struct Head {
    list: AtomicUsize,
    futex_offset: AtomicIsize,
    pending: AtomicUsize,
}

/// How far behind its word an entry's `next` lies in the GNU C library.
const NEXT_BEHIND_WORD: usize = 32;

/// The links of an entry: 24 bytes behind the start of its word.
#[repr(C)]
#[derive(Debug)]
pub struct Link {
    previous: AtomicUsize,
    next: AtomicUsize,
}

/// The calling thread's list.
#[derive(Clone, Copy, Debug)]
pub struct RobustList {
    head: *const Head,
}

/// Links to the C library's mutexes for priority inheritance are marked in the lowest bit.
const MARK: usize = 1;

/// Where `next` lies in a [`Link`].
const NEXT: usize = 8;

impl RobustList {
    /// The calling thread's list; `None` with a C library that lays its entries out otherwise.
    pub fn of_this_thread() -> Option<Self> {
        let mut head: *const Head = core::ptr::null();
        let mut size = 0usize;
        // SAFETY: the kernel writes the address and the size to two locals.
        let answer =
            unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &raw mut head, &raw mut size) };
        if answer != 0 || head.is_null() || size != size_of::<Head>() {
            return None;
        }
        // SAFETY: the head is part of this thread's control block, which lives as long as the thread.
        let offset = unsafe { (*head).futex_offset.load(Ordering::Relaxed) };
        (offset == -(NEXT_BEHIND_WORD as isize)).then_some(Self { head })
    }

    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: as above; the list is only used by its own thread.
        unsafe { &*self.head }
    }

    /// Announces that the word which `link` belongs to is about to be taken, let go of, or waited for.
    /// If the thread dies before [`RobustList::done`], the kernel looks at that word, too: it lets go
    /// of it if it is this thread's, and wakes a sleeper if it is nobody's.
    #[inline]
    pub fn announce(&self, link: &Link) {
        let entry = entry(link);
        self.head().pending.store(entry, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }

    /// Takes the announcement back.
    #[inline]
    pub fn done(&self) {
        compiler_fence(Ordering::SeqCst);
        self.head().pending.store(0, Ordering::Relaxed);
    }

    /// Enters a word that this thread has taken.
    #[inline]
    pub fn enter(&self, link: &Link) {
        let head = self.head();
        let first = head.list.load(Ordering::Relaxed);
        let own = entry(link);
        link.next.store(first, Ordering::Relaxed);
        link.previous.store(self.head as usize, Ordering::Relaxed);
        // SAFETY: the list's entries are nodes of this thread's, or its head.
        unsafe { node(first) }
            .previous
            .store(own, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        head.list.store(own, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }

    /// Takes a word out that this thread is about to let go of.
    ///
    /// The links of a shared object lie in memory that another process may write. So they are believed
    /// only if both neighbours lead back here; otherwise the process ends, as a Windows process does
    /// when it finds a corrupt list.
    #[inline]
    pub fn leave(&self, link: &Link) {
        let previous = link.previous.load(Ordering::Relaxed);
        let next = link.next.load(Ordering::Relaxed);
        let own = entry(link);
        let is_linked = |entry: usize| entry & !MARK & 7 == 0 && entry & !MARK > 0xFFFF;
        // SAFETY: what is no address of a list's node can at worst be one that cannot be read: the
        // kernel refuses addresses of its own half, and the process ends, too.
        let is_sound = is_linked(previous)
            && is_linked(next)
            && unsafe {
                node(previous).next.load(Ordering::Relaxed) & !MARK == own
                    && node(next).previous.load(Ordering::Relaxed) & !MARK == own
            };
        if !is_sound {
            std::process::abort();
        }
        // SAFETY: both lead back here, so they are this entry's neighbours.
        unsafe {
            node(next).previous.store(previous, Ordering::Relaxed);
            node(previous).next.store(next, Ordering::Relaxed);
        }
        compiler_fence(Ordering::SeqCst);
    }
}

/// What stands for a node in the list: the address of its `next`.
#[inline]
fn entry(link: &Link) -> usize {
    (&raw const link.next) as usize
}

/// The node that an entry stands for. The head has a word for `prev` before it, too.
///
/// # Safety
///
/// The entry must be one of a list of this thread's.
#[inline]
unsafe fn node<'a>(entry: usize) -> &'a Link {
    // SAFETY: the caller vouches for the entry, and all of a node is atomic.
    unsafe { &*(((entry & !MARK) - NEXT) as *const c_void).cast::<Link>() }
}
