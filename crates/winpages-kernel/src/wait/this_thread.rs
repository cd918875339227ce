//! What the calling thread needs for waiting, and what it owns.

use core::cell::{Cell, RefCell};
use core::ptr;
use core::time::Duration;
use std::sync::Arc;

use super::dispatcher_state::DispatcherState;
use super::record_memory::RecordMemory;
use crate::object::handle_table::{self, Handle};
use crate::object::{AccessMask, Object};
use crate::sys::robust_list::RobustList;
use crate::sys::shared_futex::Awoken;
use crate::sys::{self, shared_futex};
use crate::{NtStatus, thread};

/// A thread as it waits.
pub(super) struct ThisThread {
    /// The kernel's number of the thread, which is what a mutant's owner is known by.
    pub(super) id: Cell<u32>,
    pub(super) robust: RobustList,
    /// Handles this thread has used last, each in the place that its value gives it.
    known: RefCell<[Option<Known>; KNOWN]>,
    /// Records of mutants that the thread owns and that are in no place of `known`: they must stay
    /// mapped as long as the kernel may look at them.
    owned: RefCell<Vec<Arc<RecordMemory>>>,
    owned_count: Cell<u32>,
    /// How often to look before sleeping.
    patience: Cell<u32>,
}

/// A dispatcher object that a handle was seen to lead to. It still does, if the table has not
/// changed that slot since.
struct Known {
    handle: Handle,
    sequence: u32,
    access: AccessMask,
    object: DispatcherState,
}

const KNOWN: usize = 8;

/// The kernel lets go of 2048 words of a thread that dies, the C library's own among them; the rest
/// would be owned by nobody for ever.
const MOST_OWNED: u32 = 2000;

/// How often a waiter looks again before it sleeps: waking another processor costs as much as some
/// thousand looks, and a look is wasted if the wait is long.
const MOST_LOOKS: u32 = 4000;
const FEWEST_LOOKS: u32 = 60;

thread_local! {
    // A plain word without a destructor, so that finding it costs next to nothing.
    static CURRENT: Cell<*mut ThisThread> = const { Cell::new(ptr::null_mut()) };
}

impl ThisThread {
    /// The calling thread's.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NOT_SUPPORTED`] with a C library whose mutexes are laid out otherwise than the GNU
    /// one's.
    #[inline]
    pub(super) fn current() -> Result<&'static Self, NtStatus> {
        // SAFETY: NULL or what `make` has left, which stays until the thread's end.
        match unsafe { CURRENT.get().as_ref() } {
            Some(this) => Ok(this),
            None => Self::make(),
        }
    }

    #[cold]
    fn make() -> Result<&'static Self, NtStatus> {
        // Attaches the thread, so that its end is told.
        thread::current_id();
        let this = Box::new(Self {
            id: Cell::new(sys::thread::id()),
            robust: RobustList::of_this_thread().ok_or(NtStatus::NOT_SUPPORTED)?,
            known: RefCell::default(),
            owned: RefCell::default(),
            owned_count: Cell::new(0),
            patience: Cell::new(if sys::processors::given().count() > 1 {
                MOST_LOOKS
            } else {
                0
            }),
        });
        CURRENT.set(Box::into_raw(this));
        // SAFETY: set one line above.
        Ok(unsafe { &*CURRENT.get() })
    }

    /// Has `work` done with the dispatcher object of a handle, and what the handle grants.
    ///
    /// Finding a handle that this thread has used before takes no lock and counts nothing: that would
    /// cost more than taking a mutant does.
    #[inline]
    pub(super) fn with_object<T>(
        &self,
        handle: Handle,
        work: impl FnOnce(&DispatcherState, AccessMask) -> Result<T, NtStatus>,
    ) -> Result<T, NtStatus> {
        let place = (handle.value() >> 2) % KNOWN;
        // An exception handler may have interrupted this thread in here.
        if let Ok(known) = self.known.try_borrow()
            && let Some(known) = &known[place]
            && known.handle == handle
            && known.sequence == handle_table::sequence(handle)
        {
            return work(&known.object, known.access);
        }
        self.with_unknown_object(handle, place, work)
    }

    #[cold]
    fn with_unknown_object<T>(
        &self,
        handle: Handle,
        place: usize,
        work: impl FnOnce(&DispatcherState, AccessMask) -> Result<T, NtStatus>,
    ) -> Result<T, NtStatus> {
        let sequence = handle_table::sequence(handle);
        let entry = handle_table::lookup(handle)?;
        let Object::Dispatcher(object) = entry.object else {
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        };
        let object = object.state()?;
        if let Ok(mut known) = self.known.try_borrow_mut() {
            let former = known[place].replace(Known {
                handle,
                sequence,
                access: entry.access,
                object: object.clone(),
            });
            drop(known);
            if let Some(former) = former {
                self.forget(former);
            }
        } else {
            self.keep(object.memory());
        }
        work(object, entry.access)
    }

    fn forget(&self, known: Known) {
        let memory = known.object.memory();
        if memory.record().load().owner() == self.id.get() {
            self.keep(memory);
        }
    }

    /// Lets go of what this thread knows of handles that have been closed, so that their memory goes,
    /// too.
    pub(super) fn forget_closed(&self) {
        let Ok(mut places) = self.known.try_borrow_mut() else {
            return;
        };
        let mut closed = [const { None }; KNOWN];
        for (place, closed) in places.iter_mut().zip(&mut closed) {
            if place
                .as_ref()
                .is_some_and(|known| known.sequence != handle_table::sequence(known.handle))
            {
                *closed = place.take();
            }
        }
        drop(places);
        for known in closed.into_iter().flatten() {
            self.forget(known);
        }
    }

    /// Keeps the record of a mutant that this thread owns mapped.
    pub(super) fn keep(&self, memory: &Arc<RecordMemory>) {
        match self.owned.try_borrow_mut() {
            Ok(mut owned) => {
                if !owned.iter().any(|kept| Arc::ptr_eq(kept, memory)) {
                    owned.push(Arc::clone(memory));
                }
            }
            // For ever, rather than not long enough.
            Err(_) => core::mem::forget(Arc::clone(memory)),
        }
    }

    /// The same of an object, if it is a mutant that this thread owns.
    pub(super) fn keep_if_owned(&self, object: &DispatcherState) {
        if object.record().load().owner() == self.id.get() {
            self.keep(object.memory());
        }
    }

    /// Counts a mutant that the thread is about to own.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INSUFFICIENT_RESOURCES`] if it owns as many as the kernel would let go of.
    #[inline]
    pub(super) fn may_own_one_more(&self) -> Result<(), NtStatus> {
        if self.owned_count.get() < MOST_OWNED {
            Ok(())
        } else {
            Err(NtStatus::INSUFFICIENT_RESOURCES)
        }
    }

    #[inline]
    pub(super) fn owns_one_more(&self) {
        self.owned_count.set(self.owned_count.get() + 1);
    }

    /// The thread has let go of a mutant.
    #[inline]
    pub(super) fn owns_one_less(&self, memory: &RecordMemory) {
        self.owned_count
            .set(self.owned_count.get().saturating_sub(1));
        if let Ok(mut owned) = self.owned.try_borrow_mut()
            && !owned.is_empty()
        {
            owned.retain(|kept| !ptr::eq(Arc::as_ptr(kept), memory));
        }
    }

    /// Looks a while whether `is_worth` becomes true, as long as that has paid lately.
    pub(super) fn look_a_while(&self, mut is_worth: impl FnMut() -> bool) -> bool {
        let looks = self.patience.get();
        for _ in 0..looks {
            if is_worth() {
                self.patience.set((looks * 2).min(MOST_LOOKS));
                return true;
            }
            core::hint::spin_loop();
        }
        // Not less than a few: the next wait may be a short one, and how should one know?
        if looks > 0 {
            self.patience.set((looks * 3 / 4).max(FEWEST_LOOKS));
        }
        false
    }

    /// Waits until nobody holds an object for a moment any more: that is over in less than a
    /// microsecond, unless the kernel has put the holder aside.
    #[cold]
    pub(super) fn wait_until_let_go(&self, object: &DispatcherState) {
        const LOOKS: u32 = 200;
        const MOST: Duration = Duration::from_millis(20);
        let (record, discipline) = (object.record(), object.discipline());
        for _ in 0..LOOKS {
            if !record.load().is_held(discipline) {
                return;
            }
            core::hint::spin_loop();
        }
        loop {
            let word = record.load();
            if !word.is_held(discipline) {
                return;
            }
            let asleep = word.asleep(discipline);
            if asleep == word || record.exchange(word, asleep).is_ok() {
                // The holder, or the kernel if he dies, may wake one alone: the others look again
                // after a while.
                let until = sys::clock::monotonic() + MOST;
                if shared_futex::wait(record.word(), asleep.lower(), Some(until)) == Awoken::Woken {
                    record.has_looked();
                }
            }
        }
    }
}

/// The end of the calling thread: whatever it owns is abandoned.
pub(crate) fn thread_ends() {
    let this = CURRENT.replace(ptr::null_mut());
    if this.is_null() {
        return;
    }
    // SAFETY: what `make` has left, and nobody finds any more.
    let this = unsafe { Box::from_raw(this) };
    let known = this.known.take().into_iter().flatten();
    let owned: Vec<_> = known
        .map(|known| Arc::clone(known.object.memory()))
        .chain(this.owned.take())
        .collect();
    for memory in owned {
        super::mutant::abandon(&this, &memory);
    }
}

/// The one thread of a child process owns nothing, and has another number.
pub(crate) fn after_fork_in_child() {
    // SAFETY: NULL or what `make` has left.
    if let Some(this) = unsafe { CURRENT.get().as_ref() } {
        this.id.set(sys::thread::id());
        this.owned_count.set(0);
        if let Ok(mut owned) = this.owned.try_borrow_mut() {
            owned.clear();
        }
    }
}
