//! An arena that grows in place: a vast reservation, committed as it fills.
//!
//! What was allocated never moves, so references to it stay good while more is allocated, and there is
//! no copying when it grows. Memory is taken a megabyte at a time, and all of it is given back at once.
//!
//! ```text
//! cargo run --example growing_arena
//! ```

use std::cell::{Cell, RefCell};

use winpages::{Error, RegionState, Reservation, query};

/// How much is committed at once.
const STEP: usize = 1 << 20;

/// Hands out memory for values that need no drop.
struct Arena {
    reservation: RefCell<Reservation>,
    used: Cell<usize>,
    committed: Cell<usize>,
}

impl Arena {
    /// An arena that may grow to `limit` bytes. Addresses are plenty: be generous.
    fn with_limit(limit: usize) -> Result<Self, Error> {
        Ok(Self {
            reservation: RefCell::new(Reservation::new(limit)?),
            used: Cell::new(0),
            committed: Cell::new(0),
        })
    }

    /// Moves a value into the arena.
    #[allow(clippy::mut_from_ref, reason = "each call hands out other bytes")]
    fn allocate<T: Copy>(&self, value: T) -> Result<&mut T, Error> {
        let start = self.used.get().next_multiple_of(align_of::<T>());
        let end = start + size_of::<T>();
        let mut reservation = self.reservation.borrow_mut();
        if end > self.committed.get() {
            // The limit is an error here: ERROR_INVALID_ADDRESS. So is a machine without memory.
            let target = end.next_multiple_of(STEP).min(reservation.len()).max(end);
            reservation.commit(self.committed.get()..target)?;
            self.committed.set(target);
        }
        self.used.set(end);
        // SAFETY: the bytes are committed and stay so, aligned (the reservation is to 64 KiB), and
        // nobody else has been or will be given them.
        unsafe {
            let place = reservation.as_mut_ptr().add(start).cast::<T>();
            place.write(value);
            Ok(&mut *place)
        }
    }
}

fn main() -> Result<(), Error> {
    let arena = Arena::with_limit(64 << 30)?;
    let first = arena.allocate(1u64)?;
    let address = &raw const *first as usize;
    for number in 2..=1_000_000u64 {
        arena.allocate(number)?;
    }
    // Still there, and still the same.
    *first += 41;
    assert_eq!(*first, 42);

    let committed = query(address)?;
    let reserved = query(committed.addresses().end)?;
    assert_eq!(reserved.state, RegionState::Reserved);
    println!(
        "{} KiB in use, {} KiB committed, {} GiB more to grow into",
        arena.used.get() / 1024,
        committed.size / 1024,
        reserved.size >> 30,
    );
    Ok(())
}
