//! Fiber-local storage: FlsAlloc's indexes, with a function that is told of each value's end. A
//! thread is one fiber here, as it is on Windows until it makes others.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::block::{self, Block, FLS_SLOTS};
use super::local_storage::Indexes;
use crate::NtStatus;

/// How many indexes there are, and one: FLS_MAXIMUM_AVAILABLE.
const INDEXES: usize = 4080;

static IN_USE: Indexes<{ INDEXES.div_ceil(64) }> = Indexes::new(INDEXES);

/// What is called with a value that is not 0 when its thread ends or its index is freed; 0 for
/// nothing.
static CALLBACKS: [AtomicUsize; INDEXES] = [const { AtomicUsize::new(0) }; INDEXES];

/// PFLS_CALLBACK_FUNCTION
pub type Callback = unsafe extern "C-unwind" fn(usize);

const _: () = assert!(INDEXES <= FLS_SLOTS);

/// Takes an index; mirrors FlsAlloc. `None` if all are in use.
pub fn allocate(callback: Option<Callback>) -> Option<usize> {
    let index = IN_USE.take()?;
    let callback = callback.map_or(0, |callback| callback as usize);
    CALLBACKS[index].store(callback, Ordering::Release);
    Some(index)
}

/// Gives an index back, after its function has been called for the values of all threads, here;
/// mirrors FlsFree.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if it is not in use.
pub fn free(index: usize) -> Result<(), NtStatus> {
    if !IN_USE.contains(index) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    block::for_each(|block| block.end_value(index));
    CALLBACKS[index].store(0, Ordering::Release);
    if IN_USE.give_back(index) {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

/// The value in the calling thread's slot; mirrors FlsGetValue.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] if there is no such index.
pub fn get(index: usize) -> Result<usize, NtStatus> {
    if index == 0 || index >= INDEXES {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(block::current().fls[index].load(Ordering::Relaxed))
}

/// Sets the value in the calling thread's slot; mirrors FlsSetValue.
///
/// # Errors
///
/// As [`get`].
pub fn set(index: usize, value: usize) -> Result<(), NtStatus> {
    if index == 0 || index >= INDEXES {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let block = block::current();
    let address = block.fls.as_ptr().addr();
    block.environment.fls_data.store(address, Ordering::Relaxed);
    block.fls[index].store(value, Ordering::Relaxed);
    Ok(())
}

impl Block {
    fn end_value(&self, index: usize) {
        if self.fls[index].load(Ordering::Relaxed) == 0 {
            return;
        }
        let value = self.fls[index].swap(0, Ordering::AcqRel);
        let callback = CALLBACKS[index].load(Ordering::Acquire);
        // SAFETY: 0, which is None, or a function that `allocate` was given.
        let callback = unsafe { core::mem::transmute::<usize, Option<Callback>>(callback) };
        if let Some(callback) = callback
            && value != 0
        {
            // SAFETY: the program wants it called with its value.
            unsafe { callback(value) };
        }
    }

    /// Calls the functions of all indexes for the thread's values, at the end of the thread.
    pub(super) fn end_fiber(&self) {
        if self.environment.fls_data.load(Ordering::Relaxed) == 0 {
            return;
        }
        for index in (1..INDEXES).filter(|index| IN_USE.contains(*index)) {
            self.end_value(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ENDED: AtomicUsize = AtomicUsize::new(0);

    unsafe extern "C-unwind" fn note(value: usize) {
        ENDED.fetch_add(value, Ordering::Relaxed);
    }

    #[test]
    fn the_end_of_each_value_is_told_once() {
        let index = allocate(Some(note)).unwrap();
        std::thread::spawn(move || set(index, 1).unwrap())
            .join()
            .unwrap();
        assert_eq!(ENDED.load(Ordering::Relaxed), 1);
        set(index, 10).unwrap();
        assert_eq!(get(index), Ok(10));
        free(index).unwrap();
        assert_eq!(ENDED.load(Ordering::Relaxed), 11);
        assert_eq!(get(index), Ok(0));
        assert_eq!(free(index), Err(NtStatus::INVALID_PARAMETER));
        for index in [0, INDEXES] {
            assert_eq!(get(index), Err(NtStatus::INVALID_PARAMETER));
            assert_eq!(set(index, 1), Err(NtStatus::INVALID_PARAMETER));
        }
    }
}
