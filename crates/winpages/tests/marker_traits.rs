//! What may be sent to other threads, and survive a panic: checked when this is compiled.

use std::panic::{RefUnwindSafe, UnwindSafe};

use static_assertions::assert_impl_all;
use winpages::{
    Error, ExceptionHandler, MemoryNotification, MirroredView, PhysicalPages, PhysicalWindow,
    Placeholder, Region, Regions, Reservation, ReservationOptions, Section, SectionOptions, View,
    ViewOptions,
};

// All of them hold handles or addresses of their own, which any thread may use and close; none has a
// state that a panic could leave half changed.
assert_impl_all!(Reservation: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ReservationOptions: Send, Sync, Clone, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Placeholder: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(PhysicalPages: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(PhysicalWindow: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Section: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(SectionOptions<'static>: Send, Sync, Clone, UnwindSafe, RefUnwindSafe);
assert_impl_all!(View: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ViewOptions<'static>: Send, Sync, Clone, UnwindSafe, RefUnwindSafe);
assert_impl_all!(MirroredView: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(MemoryNotification: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ExceptionHandler: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Region: Send, Sync, Copy, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Regions: Send, Sync, Clone, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Error: Send, Sync, Clone, UnwindSafe, RefUnwindSafe, std::error::Error);

#[test]
fn a_panic_leaves_what_was_written() {
    let mut reservation = Reservation::options()
        .size(4096)
        .commit(true)
        .reserve()
        .unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        reservation.write(0, &1u8).unwrap();
        panic!("as expected");
    }));
    assert!(panicked.is_err());
    assert_eq!(reservation.read::<u8>(0).unwrap(), 1);
}

#[test]
fn another_thread_may_drop_it() {
    let section = Section::options().size(4096).create().unwrap();
    let view = section.view().map().unwrap();
    std::thread::spawn(move || {
        view.write(0, &1u8).unwrap();
        drop(section);
    })
    .join()
    .unwrap();
}
