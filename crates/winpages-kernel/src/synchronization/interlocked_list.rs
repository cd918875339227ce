//! Lock-free lists: SLIST_HEADER.
//!
//! The head is sixteen bytes that change at once: how many entries there are, how often the list has
//! changed, and the first entry. The count of changes keeps a thread that was interrupted between
//! reading the first entry's successor and taking it from taking it after others have come and gone.

use core::arch::asm;

use crate::sys::fault;

/// An entry: its first field leads to the next one. Sixteen-byte aligned.
#[repr(C, align(16))]
pub struct Entry {
    next: *mut Entry,
}

/// The head of a list, laid out as Windows' own on x86-64.
#[repr(C, align(16))]
pub struct Head {
    /// Bits 0 to 15: how many entries. The others: how many changes.
    depth_and_sequence: u64,
    /// The first entry, and bit 0 set in a list that was initialised with a version.
    next: u64,
}

const DEPTH: u64 = 0xFFFF;
const CHANGE: u64 = 0x1_0000;
/// The bits of `next` that are no address.
const RESERVED: u64 = 0xF;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Value {
    low: u64,
    high: u64,
}

impl Value {
    fn first(self) -> *mut Entry {
        (self.high & !RESERVED) as *mut Entry
    }

    /// With another first entry, and so many more entries.
    fn with(self, first: *mut Entry, more: u16) -> Self {
        let depth = (self.low as u16).wrapping_add(more);
        Self {
            low: (self.low & !DEPTH).wrapping_add(CHANGE) | u64::from(depth),
            high: first as u64 | self.high & RESERVED,
        }
    }
}

/// Exchanges the head if it is `current`.
///
/// # Safety
///
/// `head` leads to a list's head.
unsafe fn compare_exchange(head: *mut Head, current: Value, new: Value) -> Result<(), Value> {
    let (low, high): (u64, u64);
    let exchanged: u8;
    // SAFETY: sixteen aligned bytes, as the caller vouches. LLVM keeps rbx to itself, so it is
    // exchanged around the instruction. Every x86-64 processor that Windows 8.1 or a kernel of
    // today runs on has the instruction.
    unsafe {
        asm!(
            "xchg rbx, {new_low}",
            "lock cmpxchg16b [{head}]",
            "sete {exchanged}",
            "mov rbx, {new_low}",
            new_low = inout(reg) new.low => _,
            head = in(reg) head,
            exchanged = out(reg_byte) exchanged,
            in("rcx") new.high,
            inout("rax") current.low => low,
            inout("rdx") current.high => high,
            options(nostack),
        );
    }
    if exchanged != 0 {
        Ok(())
    } else {
        Err(Value { low, high })
    }
}

/// The head as it may be now: the two halves of it can be of different times, which the exchange
/// that follows finds out.
///
/// # Safety
///
/// As [`compare_exchange`].
unsafe fn load(head: *mut Head) -> Value {
    // SAFETY: two aligned words; volatile, since others change them meanwhile.
    unsafe {
        Value {
            low: (&raw const (*head).depth_and_sequence).read_volatile(),
            high: (&raw const (*head).next).read_volatile(),
        }
    }
}

/// Changes the head; answers its value before.
///
/// # Safety
///
/// As [`compare_exchange`].
unsafe fn change(head: *mut Head, mut to: impl FnMut(Value) -> Option<Value>) -> Value {
    // SAFETY: passed on.
    let mut current = unsafe { load(head) };
    loop {
        // Two halves of different times can look like a list that need not change.
        let new = to(current).unwrap_or(current);
        // SAFETY: passed on.
        match unsafe { compare_exchange(head, current, new) } {
            Ok(()) => return current,
            Err(seen) => current = seen,
        }
    }
}

/// Makes the list empty; mirrors RtlInitializeSListHead.
///
/// # Safety
///
/// `head` leads to sixteen aligned bytes that nobody uses yet.
pub unsafe fn initialize(head: *mut Head) {
    // SAFETY: as the caller vouches.
    unsafe {
        head.write(Head {
            depth_and_sequence: 0,
            next: 0,
        });
    }
}

/// Puts an entry in front; answers the one that was there. Mirrors RtlInterlockedPushEntrySList.
///
/// # Safety
///
/// `head` is a list's, and `entry` an aligned entry that is in no list.
pub unsafe fn push(head: *mut Head, entry: *mut Entry) -> *mut Entry {
    // SAFETY: a list of one.
    unsafe { push_list(head, entry, entry, 1) }
}

/// Puts a chain of entries in front, whose number the caller says; answers the entry that was there.
/// Mirrors RtlInterlockedPushListSListEx.
///
/// # Safety
///
/// As [`push`]; `last` is what `first` leads to in the end.
pub unsafe fn push_list(
    head: *mut Head,
    first: *mut Entry,
    last: *mut Entry,
    count: u32,
) -> *mut Entry {
    // SAFETY: as the caller vouches; the last entry is the caller's until the exchange succeeds.
    unsafe {
        change(head, |current| {
            (&raw mut (*last).next).write_volatile(current.first());
            Some(current.with(first, count as u16))
        })
        .first()
    }
}

/// Takes the first entry out; NULL if there is none. Mirrors RtlInterlockedPopEntrySList.
///
/// # Safety
///
/// `head` is a list's.
pub unsafe fn pop(head: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe {
        change(head, |current| {
            let first = current.first();
            if first.is_null() {
                return None;
            }
            // Another thread may have taken the entry, and its memory may be anything by now, or
            // nothing: then the head has changed too, and what was read does not count.
            let next = fault::read(&raw const (*first).next).unwrap_or(core::ptr::null_mut());
            Some(current.with(next, u16::MAX))
        })
        .first()
    }
}

/// Takes all entries out; answers the first. Mirrors RtlInterlockedFlushSList.
///
/// # Safety
///
/// `head` is a list's.
pub unsafe fn flush(head: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe {
        change(head, |current| {
            let all = current.low as u16;
            (!current.first().is_null())
                .then(|| current.with(core::ptr::null_mut(), all.wrapping_neg()))
        })
        .first()
    }
}

/// The first entry, without taking it out. Mirrors RtlFirstEntrySList.
///
/// # Safety
///
/// `head` is a list's.
pub unsafe fn first(head: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { load(head).first() }
}

/// How many entries there are, modulo 65,536. Mirrors RtlQueryDepthSList.
///
/// # Safety
///
/// `head` is a list's.
pub unsafe fn depth(head: *mut Head) -> u16 {
    // SAFETY: as the caller vouches.
    unsafe { load(head).low as u16 }
}

#[cfg(test)]
mod tests {
    use core::cell::UnsafeCell;
    use core::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[repr(C)]
    struct Item {
        entry: Entry,
        holder: AtomicU32,
    }

    struct List(UnsafeCell<Head>);

    // SAFETY: used through the functions above only.
    unsafe impl Sync for List {}

    #[test]
    fn what_is_taken_is_taken_by_one() {
        let list = List(UnsafeCell::new(Head {
            depth_and_sequence: 0,
            next: 0,
        }));
        let items: Vec<Item> = (0..8)
            .map(|_| Item {
                entry: Entry {
                    next: core::ptr::null_mut(),
                },
                holder: AtomicU32::new(0),
            })
            .collect();
        // SAFETY: a list, and entries that outlive it.
        unsafe {
            for item in &items {
                push(list.0.get(), (&raw const item.entry).cast_mut());
            }
            assert_eq!(depth(list.0.get()), 8);
        }
        std::thread::scope(|scope| {
            for number in 1..=4 {
                let list = &list;
                scope.spawn(move || {
                    for _ in 0..50_000 {
                        // SAFETY: as above; every entry is an item's first field.
                        unsafe {
                            let entry = pop(list.0.get());
                            let Some(item) = entry.cast::<Item>().as_ref() else {
                                continue;
                            };
                            assert_eq!(item.holder.swap(number, Ordering::Relaxed), 0);
                            assert_eq!(item.holder.swap(0, Ordering::Relaxed), number);
                            push(list.0.get(), entry);
                        }
                    }
                });
            }
        });
        // SAFETY: as above.
        unsafe {
            assert_eq!(depth(list.0.get()), 8);
            let mut entry = flush(list.0.get());
            let mut count = 0;
            while let Some(found) = entry.as_ref() {
                entry = found.next;
                count += 1;
            }
            assert_eq!(count, 8);
            assert!(pop(list.0.get()).is_null());
            assert_eq!(depth(list.0.get()), 0);
        }
    }
}
