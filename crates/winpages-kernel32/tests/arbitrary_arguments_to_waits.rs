//! Arbitrary arguments to the functions of mutexes, events, semaphores, timers, waits and names: an answer,
//! never a crash and never a hang, and nothing left over.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

#[allow(dead_code, reason = "another test uses the rest")]
#[path = "arbitrary_arguments/arguments.rs"]
mod arguments;
#[path = "arbitrary_arguments/seeds.rs"]
mod seeds;

use arguments::Arguments;
use kernel32::event::*;
use kernel32::handle::CloseHandle;
use kernel32::mutex::*;
use kernel32::nt::directory::*;
use kernel32::nt::event::*;
use kernel32::nt::keyed_event::*;
use kernel32::nt::mutant::*;
use kernel32::nt::object::NtClose;
use kernel32::nt::semaphore::*;
use kernel32::nt::timer::*;
use kernel32::nt::wait::*;
use kernel32::private_namespace::*;
use kernel32::semaphore::*;
use kernel32::wait::*;
use kernel32::waitable_timer::*;
use seeds::with_seeds;

const SEEDS: u64 = 4;
const CALLS: u32 = 60_000;

#[test]
fn arbitrary_arguments_get_an_answer() {
    with_seeds("wait-arguments", SEEDS, child);
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

fn child(seed: u64) {
    // SAFETY: alarm only asks for a signal, which ends a child that hangs.
    unsafe { libc::alarm(60) };
    let arguments = Arguments::new(seed);
    let before = threads();
    for number in 0..CALLS {
        one_call(&arguments);
        if number % 500 == 0 {
            arguments.forget();
        }
    }
    for handle in (4..0x8000).step_by(4) {
        NtClose(handle);
    }
    assert_eq!(threads(), before);
}

/// A handle: one of those made here, or none.
fn handle(from: &Arguments) -> usize {
    from.handle()
}

/// No time, or next to none: nobody else is here to signal anything.
fn milliseconds(from: &Arguments) -> u32 {
    from.pick(&[0, 0, 0, 0, 0, 0, 0, 1])
}

fn timeout(from: &Arguments) -> *const i64 {
    match from.below(6) {
        // NULL would be for ever.
        0 => core::ptr::dangling(),
        1 => from.scratch(-1000),
        2 => from.scratch(1),
        _ => from.scratch(0),
    }
}

fn due(from: &Arguments) -> *const i64 {
    match from.below(4) {
        0 => from.pointer(),
        1 => from.scratch(from.next() as i64),
        _ => from.scratch(from.pick(&[0, 1, -1, -1000, -100_000_000, i64::MAX, i64::MIN])),
    }
}

/// An array of handles, and how many it is said to have.
fn handles(from: &Arguments) -> (u32, *const usize) {
    let array: [usize; 65] = core::array::from_fn(|_| handle(from));
    let array = from.scratch(array).cast_const().cast::<usize>();
    let count = from.pick(&[0, 1, 2, 2, 3, 5, 64, 65, u32::MAX]);
    (
        count,
        from.pick(&[array, array, array, array, core::ptr::null()]),
    )
}

/// Calls one function.
fn one_call(from: &Arguments) {
    // SAFETY: see `Arguments`: pointers lead to scratch memory, or to memory that cannot be written.
    unsafe {
        let (bits, yes) = (from.bits(), from.below(2) as i32);
        let access = from.pick(&[0x1F_0003, 0x1F_0001, 0x10_0000, 1, 2, 0, 0x1000_0000, bits]);
        let attributes = from.pick(&[core::ptr::null(), core::ptr::null(), core::ptr::dangling()]);
        match from.below(30) {
            0 => from.opened(CreateMutexW(attributes, yes, from.name())),
            1 => from.opened(CreateEventW(
                attributes,
                yes,
                from.below(2) as i32,
                from.name(),
            )),
            2 => {
                let (initial, maximum) = (from.below(4) as i32 - 1, from.below(5) as i32);
                from.opened(CreateSemaphoreW(attributes, initial, maximum, from.name()));
            }
            3 => from.opened(CreateWaitableTimerW(attributes, yes, from.name())),
            4 => from.opened(CreateMutexExW(attributes, from.name(), bits & 3, access)),
            5 => from.opened(CreateEventExW(attributes, from.name(), bits & 7, access)),
            6 => from.opened(OpenMutexW(access, yes, from.name())),
            7 => from.opened(OpenEventW(access, yes, from.name())),
            8 => from.opened(OpenSemaphoreW(access, yes, from.name())),
            9 => from.opened(OpenWaitableTimerW(access, yes, from.name())),
            10 | 11 => {
                ReleaseMutex(handle(from));
            }
            12 => {
                SetEvent(handle(from));
                ResetEvent(handle(from));
                PulseEvent(handle(from));
            }
            13 => {
                ReleaseSemaphore(handle(from), bits as i32, from.pointer());
                ReleaseSemaphore(handle(from), 1, core::ptr::null_mut());
            }
            14 => {
                let period = from.pick(&[0, 0, 1, 1000, -1, i32::MAX]);
                let null = core::ptr::null_mut();
                SetWaitableTimer(handle(from), due(from), period, None, null, yes);
                CancelWaitableTimer(handle(from));
            }
            15..18 => {
                WaitForSingleObjectEx(handle(from), milliseconds(from), yes);
            }
            18..21 => {
                let (count, array) = handles(from);
                let alertable = from.below(2) as i32;
                WaitForMultipleObjectsEx(count, array, yes, milliseconds(from), alertable);
            }
            21 => {
                SignalObjectAndWait(handle(from), handle(from), milliseconds(from), yes);
            }
            22 => {
                let (count, array) = handles(from);
                NtWaitForMultipleObjects(count, array, bits & 3, 0, timeout(from));
                NtWaitForSingleObject(handle(from), 0, timeout(from));
                NtSignalAndWaitForSingleObject(handle(from), handle(from), 0, timeout(from));
            }
            23 => {
                NtQueryMutant(
                    handle(from),
                    bits & 1,
                    from.pointer(),
                    bits & 15,
                    from.pointer(),
                );
                NtQueryEvent(handle(from), bits & 1, from.pointer(), 8, from.pointer());
                NtQuerySemaphore(handle(from), 0, from.pointer(), 8, from.pointer());
                NtQueryTimer(handle(from), 0, from.pointer(), 16, from.pointer());
            }
            24 => {
                NtWaitForKeyedEvent(handle(from), from.word(), 0, timeout(from));
                NtReleaseKeyedEvent(handle(from), from.word(), 0, timeout(from));
            }
            25 => {
                let place = from.scratch(0usize);
                NtCreateKeyedEvent(place, access, core::ptr::null(), bits & 1);
                from.opened(place.read());
                NtCreateEvent(place, access, core::ptr::null(), bits & 3, 1);
                from.opened(place.read());
                NtOpenDirectoryObject(from.pointer(), access, from.pointer());
            }
            26 => {
                let place = from.scratch(0usize);
                NtCreateDirectoryObject(place, access, core::ptr::null());
                from.opened(place.read());
                let (buffer, context) = (from.pointer(), from.scratch(0u32));
                let length = from.pick(&[0, 8, 32, 100, 500]);
                NtQueryDirectoryObject(handle(from), buffer, length, 1, 1, context, context);
                NtQuerySymbolicLinkObject(handle(from), from.pointer(), from.pointer());
            }
            27 => {
                let boundary = from.pick(&[CreateBoundaryDescriptorW(from.name(), 0), 8, 0]);
                AddSIDToBoundaryDescriptor(from.pointer(), from.pointer());
                let space = CreatePrivateNamespaceW(attributes, boundary, from.name());
                ClosePrivateNamespace(space, bits & 3);
                if space != 0 {
                    ClosePrivateNamespace(space, 0);
                }
                OpenPrivateNamespaceW(boundary, from.name());
                DeleteBoundaryDescriptor(boundary);
            }
            _ => {
                CloseHandle(handle(from));
            }
        }
    }
}
