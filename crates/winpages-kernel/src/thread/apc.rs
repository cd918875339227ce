//! The calls that are queued to a thread (user APCs): it runs them itself, when it says that it can.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::NtStatus;
use crate::sys::futex;

/// A call that is queued to a thread: QueueUserAPC's function has one argument, NtQueueApcThread's
/// three.
#[derive(Clone, Copy, Debug)]
pub struct Apc {
    /// What is called.
    pub routine: unsafe extern "C-unwind" fn(usize, usize, usize),
    /// What it is called with.
    pub arguments: [usize; 3],
}

struct Node {
    apc: Apc,
    next: *mut Node,
}

/// Calls in the order in which they were queued. Anybody puts in, only the thread itself takes out:
/// so it needs no lock, and is whole after `fork`.
pub(super) struct ApcQueue {
    /// Newest first; [`CLOSED`] once the thread has ended.
    newest: AtomicPtr<Node>,
    /// Oldest first: what the thread has taken out and not run yet. Only the thread uses it.
    oldest: AtomicPtr<Node>,
    /// Changes with each call that is put in.
    word: AtomicU32,
}

/// The address of no node.
const CLOSED: *mut Node = ptr::without_provenance_mut(1);

impl ApcQueue {
    pub(super) const fn new() -> Self {
        Self {
            newest: AtomicPtr::new(ptr::null_mut()),
            oldest: AtomicPtr::new(ptr::null_mut()),
            word: AtomicU32::new(0),
        }
    }

    pub(super) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    /// Puts a call in.
    ///
    /// # Errors
    ///
    /// [`NtStatus::UNSUCCESSFUL`] if the thread has ended.
    pub(super) fn push(&self, apc: Apc) -> Result<(), NtStatus> {
        let node = Box::into_raw(Box::new(Node {
            apc,
            next: ptr::null_mut(),
        }));
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            if newest == CLOSED {
                // SAFETY: made above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(node) });
                return Err(NtStatus::UNSUCCESSFUL);
            }
            // SAFETY: as above.
            unsafe { (*node).next = newest };
            match self.newest.compare_exchange_weak(
                newest,
                node,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(seen) => newest = seen,
            }
        }
        self.word.fetch_add(1, Ordering::Release);
        futex::wake_all(&self.word);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        let newest = self.newest.load(Ordering::Acquire);
        (newest.is_null() || newest == CLOSED) && self.oldest.load(Ordering::Relaxed).is_null()
    }

    /// Takes the oldest call out.
    ///
    /// # Safety
    ///
    /// Only in the thread that the queue is of.
    pub(super) unsafe fn pop(&self) -> Option<Apc> {
        let mut oldest = self.oldest.load(Ordering::Relaxed);
        if oldest.is_null() {
            oldest = self.take_all(ptr::null_mut());
        }
        if oldest.is_null() {
            return None;
        }
        // SAFETY: only this thread takes nodes out, so this one is still there, and from here on
        // this function's own.
        let node = unsafe { Box::from_raw(oldest) };
        self.oldest.store(node.next, Ordering::Relaxed);
        Some(node.apc)
    }

    /// Takes everything out that others have put in, and leaves `instead`. Oldest first.
    fn take_all(&self, instead: *mut Node) -> *mut Node {
        if self.newest.load(Ordering::Relaxed) == CLOSED {
            return ptr::null_mut();
        }
        let mut newest = self.newest.swap(instead, Ordering::Acquire);
        let mut oldest = ptr::null_mut();
        while !newest.is_null() {
            // SAFETY: the swap made all of these this thread's own.
            let next = unsafe { core::mem::replace(&mut (*newest).next, oldest) };
            oldest = newest;
            newest = next;
        }
        oldest
    }

    /// Refuses calls from now on, and drops those that have not run.
    ///
    /// # Safety
    ///
    /// Only in the thread that the queue is of, or when that has ended or will never be.
    pub(super) unsafe fn close(&self) {
        // SAFETY: passed on.
        while unsafe { self.pop() }.is_some() {}
        let mut late = self.take_all(CLOSED);
        while !late.is_null() {
            // SAFETY: as in `pop`.
            late = unsafe { Box::from_raw(late) }.next;
        }
    }
}

impl Drop for ApcQueue {
    fn drop(&mut self) {
        // SAFETY: nobody else has it any more.
        unsafe { self.close() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C-unwind" fn nothing(_: usize, _: usize, _: usize) {}

    fn numbered(number: usize) -> Apc {
        Apc {
            routine: nothing,
            arguments: [number, 0, 0],
        }
    }

    #[test]
    fn the_oldest_comes_first() {
        let queue = ApcQueue::new();
        // SAFETY: the queue is this test's own.
        let pop = || unsafe { queue.pop() }.map(|apc| apc.arguments[0]);
        assert!(queue.is_empty());
        for number in 0..3 {
            queue.push(numbered(number)).unwrap();
        }
        assert_eq!(pop(), Some(0));
        queue.push(numbered(3)).unwrap();
        assert!(!queue.is_empty());
        for number in 1..4 {
            assert_eq!(pop(), Some(number));
        }
        assert_eq!(pop(), None);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_closed_queue_refuses() {
        let queue = ApcQueue::new();
        queue.push(numbered(0)).unwrap();
        // SAFETY: the queue is this test's own.
        unsafe { queue.close() };
        assert!(queue.is_empty());
        assert_eq!(queue.push(numbered(1)), Err(NtStatus::UNSUCCESSFUL));
        // SAFETY: as above.
        assert!(unsafe { queue.pop() }.is_none());
    }

    #[test]
    fn none_is_lost_and_none_runs_twice() {
        const EACH: usize = 20_000;
        let queue = ApcQueue::new();
        let mut seen = [0; 3];
        std::thread::scope(|scope| {
            for thread in 0..seen.len() {
                let queue = &queue;
                scope.spawn(move || {
                    for number in 0..EACH {
                        queue.push(numbered(number * 3 + thread)).unwrap();
                    }
                });
            }
            while seen.iter().any(|count| *count < EACH) {
                // SAFETY: only this thread takes out.
                if let Some(apc) = unsafe { queue.pop() } {
                    let number = apc.arguments[0];
                    assert_eq!(seen[number % 3], number / 3);
                    seen[number % 3] += 1;
                }
            }
        });
        assert!(queue.is_empty());
    }
}
