//! Exceptions as callbacks, on both systems.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::is_wine;
use winpages::{
    Attempt, Disposition, ExceptionHandler, ExceptionKind, Protection, Reservation, exception_code,
    raise_exception,
};

const PAGE: usize = 4096;

/// What programs raise has this bit set, and these codes are the tests' own.
const RAISED: u32 = 0xE000_0000;

#[test]
fn pages_are_committed_on_demand() {
    let mut reservation = Reservation::new(1 << 30).unwrap();
    let memory = reservation.as_mut_ptr();
    let (start, size) = (memory as usize, reservation.len());
    let sparse = Mutex::new(reservation);
    let faults = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&faults);
    let callback = move |exception: &mut winpages::Exception<'_>| {
        let ExceptionKind::AccessViolation { attempt, address } = exception.kind() else {
            return Disposition::Search;
        };
        if !(start..start + size).contains(&address) {
            return Disposition::Search;
        }
        assert_eq!(attempt, Attempt::Write);
        assert_eq!(exception.code(), exception_code::ACCESS_VIOLATION);
        assert_eq!(exception.parameters()[..2], [1, address]);
        assert!(exception.is_continuable());
        assert_eq!(exception.registers().rip as usize, exception.instruction());
        counted.fetch_add(1, Ordering::Relaxed);
        let offset = address - start;
        sparse.lock().unwrap().commit(offset..=offset).unwrap();
        Disposition::Continue
    };
    // SAFETY: nobody holds the lock where pages are touched, and committing allocates nothing.
    let handler = unsafe { ExceptionHandler::first(callback) }.unwrap();
    for offset in [0, 5, 77 * PAGE, size - 1, 77 * PAGE + 1] {
        // SAFETY: the page is committed by the handler, and nobody else uses the memory.
        unsafe { memory.add(offset).write_volatile(offset as u8) };
    }
    assert_eq!(faults.load(Ordering::Relaxed), 3);
    // SAFETY: the reservation lives as long as the handler.
    assert_eq!(unsafe { memory.add(5).read_volatile() }, 5);
    drop(handler);
}

#[test]
fn guard_pages_raise_once() {
    let mut reservation = Reservation::options()
        .size(PAGE)
        .commit(true)
        .protection(Protection::READWRITE | Protection::GUARD)
        .reserve()
        .unwrap();
    let memory = reservation.as_mut_ptr();
    let page = memory as usize;
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    // SAFETY: it allocates nothing.
    let handler = unsafe {
        ExceptionHandler::first(move |exception| match exception.kind() {
            ExceptionKind::GuardPage { attempt, address } if address == page + 7 => {
                assert_eq!(attempt, Attempt::Read);
                counted.fetch_add(1, Ordering::Relaxed);
                Disposition::Continue
            }
            _ => Disposition::Search,
        })
    }
    .unwrap();
    for _ in 0..3 {
        // SAFETY: the handler goes on, and the page is a plain one then.
        assert_eq!(unsafe { memory.add(7).read_volatile() }, 0);
    }
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    assert_eq!(
        reservation.query(0).unwrap().protection,
        Some(Protection::READWRITE)
    );
    drop(handler);
}

#[test]
fn handlers_are_asked_in_their_order() {
    const CODE: u32 = RAISED + 1;
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str, disposition| {
        let order = Arc::clone(&order);
        move |exception: &mut winpages::Exception<'_>| {
            if exception.code() != CODE {
                return Disposition::Search;
            }
            assert_eq!(exception.parameters(), [3, 4, 5]);
            assert_eq!(exception.kind(), ExceptionKind::Other);
            order.lock().unwrap().push(name);
            disposition
        }
    };
    let told = note("continue", Disposition::Search);
    // SAFETY: exceptions are raised where this thread holds no lock.
    let handlers = unsafe {
        [
            ExceptionHandler::last(note("last", Disposition::Continue)).unwrap(),
            ExceptionHandler::first(note("second", Disposition::Search)).unwrap(),
            ExceptionHandler::first(note("first", Disposition::Search)).unwrap(),
            ExceptionHandler::on_continue(move |exception| {
                told(exception);
            })
            .unwrap(),
        ]
    };
    // SAFETY: nobody here catches it otherwise.
    unsafe { raise_exception(CODE, &[3, 4, 5]) };
    let mut expected = vec!["first", "second", "last"];
    // Wine 8.0 calls no continue handlers.
    if !is_wine() {
        expected.push("continue");
    }
    assert_eq!(*order.lock().unwrap(), expected);
    drop(handlers);
}

#[test]
fn registers_can_be_changed() {
    const CODE: u32 = RAISED + 2;
    // SAFETY: it allocates nothing.
    let handler = unsafe {
        ExceptionHandler::first(|exception| {
            if exception.code() != CODE {
                return Disposition::Search;
            }
            let registers = exception.registers();
            // As they are: what changes is seen below.
            exception.set_registers(&registers);
            assert_eq!(exception.registers(), registers);
            assert!(registers.rsp != 0 && registers.rip != 0);
            Disposition::Continue
        })
    }
    .unwrap();
    // SAFETY: nobody here catches it otherwise.
    unsafe { raise_exception(CODE, &[]) };
    drop(handler);

    // A fault is stepped over.
    let mut reservation = Reservation::new(PAGE).unwrap();
    let address = reservation.as_mut_ptr();
    let page = address as usize;
    // SAFETY: it allocates nothing; the thread goes on behind the instruction, which is 2 bytes long.
    let handler = unsafe {
        ExceptionHandler::first(move |exception| {
            if !matches!(exception.kind(), ExceptionKind::AccessViolation { address, .. } if address == page)
            {
                return Disposition::Search;
            }
            let mut registers = exception.registers();
            registers.rip += 2;
            registers.rcx = 42;
            exception.set_registers(&registers);
            Disposition::Continue
        })
    }
    .unwrap();
    let answer: u64;
    // SAFETY: the handler steps over the instruction and sets the register.
    unsafe {
        std::arch::asm!("mov cl, [rax]", in("rax") address, out("rcx") answer);
    }
    assert_eq!(answer, 42);
    drop(handler);
}

#[test]
fn a_dropped_handler_is_asked_no_more() {
    const CODE: u32 = RAISED + 3;
    let count = Arc::new(AtomicUsize::new(0));
    let handler = |disposition| {
        let count = Arc::clone(&count);
        // SAFETY: it allocates nothing.
        unsafe {
            ExceptionHandler::first(move |exception| {
                if exception.code() != CODE {
                    return Disposition::Search;
                }
                count.fetch_add(1, Ordering::Relaxed);
                disposition
            })
        }
    };
    let kept = handler(Disposition::Continue).unwrap();
    let dropped = handler(Disposition::Search).unwrap();
    // SAFETY: nobody here catches it otherwise.
    unsafe { raise_exception(CODE, &[]) };
    assert_eq!(count.load(Ordering::Relaxed), 2);
    drop(dropped);
    // SAFETY: as above.
    unsafe { raise_exception(CODE, &[]) };
    assert_eq!(count.load(Ordering::Relaxed), 3);
    drop(kept);
    // The callback has been dropped, too.
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn handlers_come_and_go_while_others_are_asked() {
    const CODE: u32 = RAISED + 4;
    // SAFETY: it allocates nothing.
    let kept = unsafe {
        ExceptionHandler::last(|exception| match exception.code() {
            CODE => Disposition::Continue,
            _ => Disposition::Search,
        })
    }
    .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..300 {
                    // SAFETY: nobody here catches it otherwise.
                    unsafe { raise_exception(CODE, &[]) };
                }
            });
            scope.spawn(|| {
                for _ in 0..300 {
                    let owned = Box::new([7u8; 100]);
                    // SAFETY: it allocates nothing.
                    let handler = unsafe {
                        ExceptionHandler::first(move |_| {
                            assert_eq!(owned[99], 7);
                            Disposition::Search
                        })
                    };
                    drop(handler.unwrap());
                }
            });
        }
    });
    drop(kept);
}

#[test]
fn what_nobody_takes_is_for_the_filter() {
    const CODE: u32 = RAISED + 5;
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    // SAFETY: it allocates nothing.
    let filter = unsafe {
        ExceptionHandler::unhandled(move |exception| {
            assert_eq!(exception.code(), CODE);
            counted.fetch_add(1, Ordering::Relaxed);
            Disposition::Continue
        })
    }
    .unwrap();
    // SAFETY: nobody here catches it otherwise.
    unsafe { raise_exception(CODE, &[]) };
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    drop(filter);
}
