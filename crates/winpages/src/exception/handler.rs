//! Callbacks for exceptions.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use winpages_error::error_code::ERROR_NOT_ENOUGH_MEMORY;

use super::Exception;
use crate::error::{Error, Operation};
use crate::platform::{self, RawException, RawHandler, Turn};

/// What a handler decides about an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// The thread goes on where it stopped, and does the same again, with the registers that the
    /// handler leaves: EXCEPTION_CONTINUE_EXECUTION.
    Continue,
    /// It is somebody else's: EXCEPTION_CONTINUE_SEARCH.
    Search,
}

type Callback = dyn Fn(&mut Exception<'_>) -> Disposition + Send + Sync;

/// A callback that is asked about exceptions of all threads, until it is dropped. Mirrors
/// AddVectoredExceptionHandler.
///
/// ```
/// use std::sync::Mutex;
/// use winpages::{Disposition, ExceptionHandler, ExceptionKind, Reservation};
///
/// // Pages are committed when they are first touched.
/// static SPARSE: Mutex<Option<Reservation>> = Mutex::new(None);
/// let mut reservation = Reservation::new(1 << 30)?;
/// let memory = reservation.as_mut_ptr();
/// *SPARSE.lock().unwrap() = Some(reservation);
/// // SAFETY: the callback allocates nothing, and nobody touches the pages while they hold the lock.
/// let handler = unsafe {
///     ExceptionHandler::first(|exception| {
///         let ExceptionKind::AccessViolation { address, .. } = exception.kind() else {
///             return Disposition::Search;
///         };
///         let mut sparse = SPARSE.lock().unwrap();
///         let Some(reservation) = sparse.as_mut() else { return Disposition::Search };
///         let offset = address.wrapping_sub(reservation.as_ptr() as usize);
///         if offset < reservation.len() && reservation.commit(offset..offset + 1).is_ok() {
///             Disposition::Continue
///         } else {
///             Disposition::Search
///         }
///     })?
/// };
/// // SAFETY: nobody else uses the memory.
/// unsafe { memory.add(12_345_678).write_volatile(7) };
/// # drop(handler);
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// Who handles faults on Linux: handlers of this crate and of programs for Windows come first, then a
/// signal handler that was installed before them, such as that of Rust's own stack guard. Copies such as
/// [`View::read_at`](crate::View::read_at) answer an error where memory cannot be used, and ask no
/// handler but for guard pages.
#[derive(Debug)]
#[must_use = "the handler is taken away again when this is dropped"]
pub struct ExceptionHandler {
    slot: usize,
    registered: Registered,
}

#[derive(Debug)]
enum Registered {
    Vectored(Turn, usize),
    /// With the filter before it.
    Filter(usize),
}

impl ExceptionHandler {
    /// Has a callback asked before all others that there are by now.
    ///
    /// # Safety
    ///
    /// The callback runs in any thread, wherever that touches memory it may not, or raises an exception.
    /// So it must not rely on what that thread was just doing being complete: it must not use what is
    /// not made for being entered twice, such as an allocator that touches guarded memory itself.
    ///
    /// A callback that panics ends the process, and one that takes a lock which the thread holds waits
    /// forever; neither is unsound.
    ///
    /// # Errors
    ///
    /// ERROR_NOT_ENOUGH_MEMORY: there are 64 callbacks of this crate.
    pub unsafe fn first(
        callback: impl Fn(&mut Exception<'_>) -> Disposition + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // SAFETY: passed on.
        unsafe { Self::vectored(Turn::First, Box::new(callback)) }
    }

    /// Has a callback asked behind all others that there are by now.
    ///
    /// # Safety
    ///
    /// As [`ExceptionHandler::first`].
    ///
    /// # Errors
    ///
    /// As [`ExceptionHandler::first`].
    pub unsafe fn last(
        callback: impl Fn(&mut Exception<'_>) -> Disposition + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // SAFETY: passed on.
        unsafe { Self::vectored(Turn::Last, Box::new(callback)) }
    }

    /// Has a callback told when another has decided that the thread goes on. Mirrors
    /// AddVectoredContinueHandler.
    ///
    /// # Safety
    ///
    /// As [`ExceptionHandler::first`].
    ///
    /// # Errors
    ///
    /// As [`ExceptionHandler::first`].
    pub unsafe fn on_continue(
        callback: impl Fn(&mut Exception<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let callback = move |exception: &mut Exception<'_>| {
            callback(exception);
            Disposition::Search
        };
        // SAFETY: passed on.
        unsafe { Self::vectored(Turn::Continue, Box::new(callback)) }
    }

    /// Has a callback asked when nobody else takes an exception, in place of the one before, which comes
    /// back when this is dropped. Mirrors SetUnhandledExceptionFilter.
    ///
    /// On Linux, Rust's own handler of faults, which looks for stacks that overflow, comes before it:
    /// what is left for it is exceptions that were raised.
    ///
    /// # Safety
    ///
    /// As [`ExceptionHandler::first`].
    ///
    /// # Errors
    ///
    /// As [`ExceptionHandler::first`].
    pub unsafe fn unhandled(
        callback: impl Fn(&mut Exception<'_>) -> Disposition + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let slot = take_slot(Box::new(callback))?;
        // SAFETY: the trampoline is a function of the program.
        let before = unsafe { platform::set_unhandled_filter(TRAMPOLINES[slot] as usize) };
        Ok(Self {
            slot,
            registered: Registered::Filter(before),
        })
    }

    /// # Safety
    ///
    /// As [`ExceptionHandler::first`].
    unsafe fn vectored(turn: Turn, callback: Box<Callback>) -> Result<Self, Error> {
        let slot = take_slot(callback)?;
        // SAFETY: the trampoline is a function of the program.
        match unsafe { platform::add_vectored(turn, TRAMPOLINES[slot]) } {
            Ok(identity) => Ok(Self {
                slot,
                registered: Registered::Vectored(turn, identity),
            }),
            Err(code) => {
                give_slot(slot);
                Err(Error::new(Operation::HandleExceptions, code))
            }
        }
    }
}

impl Drop for ExceptionHandler {
    fn drop(&mut self) {
        match self.registered {
            Registered::Vectored(turn, identity) => platform::remove_vectored(turn, identity),
            Registered::Filter(before) => {
                // SAFETY: it was the filter before, and whoever set it keeps it callable.
                unsafe { platform::set_unhandled_filter(before) };
            }
        }
        give_slot(self.slot);
    }
}

/// The system calls a function without telling it for whom. So there is a function for each callback,
/// and a place that it looks into.
struct Slot {
    state: AtomicUsize,
    /// How many threads are looking into it.
    looking: AtomicUsize,
    /// Changed while `state` is FREE or RETIRED and nobody looks, under the lock of `CHANGING`.
    callback: UnsafeCell<Option<Box<Callback>>>,
}

const FREE: usize = 0;
const LIVE: usize = 1;
/// Not to be called again; the callback is dropped when nobody looks any more, by whoever needs a slot.
/// It is not dropped by the last that looks, for that one is in the middle of an exception.
const RETIRED: usize = 2;

// SAFETY: the callback may be called by, and dropped on, any thread, and is changed only while nobody
// looks.
unsafe impl Sync for Slot {}

const SLOT_COUNT: usize = 64;

static SLOTS: [Slot; SLOT_COUNT] = [const {
    Slot {
        state: AtomicUsize::new(FREE),
        looking: AtomicUsize::new(0),
        callback: UnsafeCell::new(None),
    }
}; SLOT_COUNT];

static CHANGING: Mutex<()> = Mutex::new(());

fn take_slot(callback: Box<Callback>) -> Result<usize, Error> {
    let _changing = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    for (index, slot) in SLOTS.iter().enumerate() {
        sweep(slot);
        if slot.state.load(Ordering::SeqCst) == FREE {
            // SAFETY: nobody uses the callback of a free slot, and the lock keeps others from it.
            unsafe { *slot.callback.get() = Some(callback) };
            slot.state.store(LIVE, Ordering::SeqCst);
            return Ok(index);
        }
    }
    Err(Error::new(
        Operation::HandleExceptions,
        ERROR_NOT_ENOUGH_MEMORY,
    ))
}

fn give_slot(index: usize) {
    let _changing = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = &SLOTS[index];
    slot.state.store(RETIRED, Ordering::SeqCst);
    sweep(slot);
}

/// Frees a slot that is retired, if nobody looks into it. The lock is held.
fn sweep(slot: &Slot) {
    if slot.state.load(Ordering::SeqCst) == RETIRED && slot.looking.load(Ordering::SeqCst) == 0 {
        // SAFETY: whoever looks from now on sees that it is not live.
        drop(unsafe { (*slot.callback.get()).take() });
        slot.state.store(FREE, Ordering::SeqCst);
    }
}

/// # Safety
///
/// To be called by the system, with pointers that are good until it returns.
unsafe extern "C" fn trampoline<const SLOT: usize>(pointers: *mut RawException) -> i32 {
    const CONTINUE_EXECUTION: i32 = -1;
    const CONTINUE_SEARCH: i32 = 0;
    let slot = &SLOTS[SLOT];
    // Before the state is read: who retires the slot either sees this, or is seen.
    slot.looking.fetch_add(1, Ordering::SeqCst);
    let mut disposition = Disposition::Search;
    if slot.state.load(Ordering::SeqCst) == LIVE {
        // SAFETY: it stays as it is while somebody looks.
        if let Some(callback) = unsafe { &*slot.callback.get() } {
            disposition = callback(&mut Exception {
                pointers,
                lifetime: PhantomData,
            });
        }
    }
    slot.looking.fetch_sub(1, Ordering::SeqCst);
    match disposition {
        Disposition::Continue => CONTINUE_EXECUTION,
        Disposition::Search => CONTINUE_SEARCH,
    }
}

macro_rules! trampolines {
    ($($eight:literal)*) => {
        [$(
            trampoline::<{ 8 * $eight }>,
            trampoline::<{ 8 * $eight + 1 }>,
            trampoline::<{ 8 * $eight + 2 }>,
            trampoline::<{ 8 * $eight + 3 }>,
            trampoline::<{ 8 * $eight + 4 }>,
            trampoline::<{ 8 * $eight + 5 }>,
            trampoline::<{ 8 * $eight + 6 }>,
            trampoline::<{ 8 * $eight + 7 }>,
        )*]
    };
}

static TRAMPOLINES: [RawHandler; SLOT_COUNT] = trampolines![0 1 2 3 4 5 6 7];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::platform::{RawContext, RawRecord};

    const CONTINUE: i32 = -1;
    const SEARCH: i32 = 0;

    /// Calls a slot's function as the system does.
    fn call(slot: usize, code: u32) -> i32 {
        let mut record = RawRecord {
            code,
            flags: 0,
            chained: core::ptr::null_mut(),
            address: 0x1234,
            parameter_count: 2,
            parameters: [7; 15],
        };
        let mut context = RawContext {
            home: [0; 6],
            context_flags: 0,
            mx_csr: 0,
            segments: [0; 6],
            e_flags: 2,
            debug: [0; 6],
            general: core::array::from_fn(|number| number as u64),
            rip: 0x1234,
        };
        let mut pointers = RawException {
            record: &raw mut record,
            context: &raw mut context,
        };
        // SAFETY: the pointers are good until it returns.
        let answer = unsafe { TRAMPOLINES[slot](&raw mut pointers) };
        if answer == CONTINUE {
            assert_eq!(context.general[8], 42);
        }
        answer
    }

    #[test]
    fn a_slot_calls_its_callback_until_it_is_given_back() {
        let owned = Arc::new(5u32);
        let kept = Arc::clone(&owned);
        let slot = take_slot(Box::new(move |exception| {
            assert_eq!(*kept, 5);
            assert_eq!(exception.parameters(), [7, 7]);
            assert_eq!(exception.instruction(), 0x1234);
            let mut registers = exception.registers();
            assert_eq!((registers.rsp, registers.r8, registers.r15), (4, 8, 15));
            registers.r8 = 42;
            // SAFETY: nobody goes on with them.
            unsafe { exception.set_registers(&registers) };
            match exception.code() {
                1 => Disposition::Continue,
                _ => Disposition::Search,
            }
        }))
        .unwrap();
        assert_eq!(call(slot, 1), CONTINUE);
        assert_eq!(call(slot, 2), SEARCH);
        give_slot(slot);
        assert_eq!(call(slot, 1), SEARCH);
        assert_eq!(Arc::strong_count(&owned), 1);
    }

    #[test]
    fn a_slot_is_given_back_while_others_call_it() {
        for _ in 0..20 {
            let owned = Box::new([7u8; 16]);
            let slot = take_slot(Box::new(move |_| {
                assert_eq!(owned[15], 7);
                Disposition::Search
            }))
            .unwrap();
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..5 {
                            assert_eq!(call(slot, 2), SEARCH);
                        }
                    });
                }
                give_slot(slot);
            });
        }
    }
}
