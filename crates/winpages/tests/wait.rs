//! Mutexes, events, semaphores, timers and waiting, on both systems.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::{is_wine, unique_name};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use winpages::{
    AccessRights, Event, MemoryNotification, Mutex, MutexGuard, ObjectOptions, Opened, Operation,
    Section, SecurityDescriptor, Semaphore, Signalled, Timer, Trustee, Waitable, wait_all,
    wait_any,
};

assert_impl_all!(Mutex: Send, Sync, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Event: Send, Sync, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Semaphore: Send, Sync, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Timer: Send, Sync, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(ObjectOptions<Mutex>: Send, Sync, Clone);
// A thread lets go of what it took itself.
assert_not_impl_any!(MutexGuard<'static>: Send, Sync);
assert_not_impl_any!(Signalled<'static>: Send, Sync);

/// Nothing here takes so long.
const LONG: Option<Duration> = Some(Duration::from_secs(60));
const NOW: Option<Duration> = Some(Duration::ZERO);
const SHORT: Duration = Duration::from_millis(20);

#[test]
fn a_mutex_keeps_others_out() {
    let mutex = Mutex::new().unwrap();
    let mut counter = 0u64;
    let address = &raw mut counter as usize;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let guard = mutex.lock().unwrap();
                    assert!(!guard.was_abandoned());
                    let counter = address as *mut u64;
                    // SAFETY: the mutex keeps the other threads out.
                    unsafe { *counter += 1 };
                    drop(guard);
                }
            });
        }
    });
    assert_eq!(counter, 4000);
}

#[test]
fn a_mutex_is_taken_again_by_its_owner() {
    let mutex = Mutex::new().unwrap();
    let one = mutex.lock().unwrap();
    let two = mutex.try_lock().unwrap().unwrap();
    let elsewhere = || {
        thread::scope(|scope| {
            scope
                .spawn(|| mutex.try_lock().unwrap().is_some())
                .join()
                .unwrap()
        })
    };
    assert!(!elsewhere());
    drop(one);
    assert!(!elsewhere());
    drop(two);
    assert!(elsewhere());
}

#[test]
fn a_limit_is_kept() {
    let mutex = Mutex::new().unwrap();
    let _guard = mutex.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            assert!(mutex.lock_timeout(SHORT).unwrap().is_none());
            assert!(start.elapsed() >= SHORT);
        });
    });
    let event = Event::new().unwrap();
    let start = Instant::now();
    assert!(!event.wait_timeout(SHORT).unwrap());
    assert!(start.elapsed() >= SHORT);
    assert!(wait_any(&[&event], Some(SHORT)).unwrap().is_none());
}

#[test]
fn a_thread_that_ends_abandons_its_mutex() {
    let mutex = Mutex::new().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| std::mem::forget(mutex.lock().unwrap()));
    });
    let guard = mutex.lock().unwrap();
    assert!(guard.was_abandoned());
    drop(guard);
    assert!(!mutex.lock().unwrap().was_abandoned());
}

#[test]
fn a_wait_for_several_tells_of_abandonment_too() {
    let (mutex, event) = (Mutex::new().unwrap(), Event::new().unwrap());
    let abandon = || {
        thread::scope(|scope| {
            scope.spawn(|| std::mem::forget(mutex.lock().unwrap()));
        });
    };
    abandon();
    let signalled = wait_any(&[&event, &mutex], LONG).unwrap().unwrap();
    assert_eq!(signalled.index(), 1);
    assert!(signalled.into_guard().unwrap().was_abandoned());
    abandon();
    event.set().unwrap();
    let guards = wait_all(&[&event, &mutex], LONG).unwrap().unwrap();
    assert!(guards[0].was_abandoned());
    drop(guards);
    assert!(!mutex.lock().unwrap().was_abandoned());
}

#[test]
fn guards_of_a_wait_let_go() {
    let (one, two) = (Mutex::new().unwrap(), Mutex::new().unwrap());
    let is_free = |mutex: &Mutex| {
        thread::scope(|scope| {
            scope
                .spawn(|| mutex.try_lock().unwrap().is_some())
                .join()
                .unwrap()
        })
    };
    let guards = wait_all(&[&one, &two], LONG).unwrap().unwrap();
    assert_eq!(guards.len(), 2);
    assert!(!is_free(&one) && !is_free(&two));
    drop(guards);
    assert!(is_free(&one) && is_free(&two));
    let signalled = wait_any(&[&one, &two], LONG).unwrap().unwrap();
    assert_eq!(signalled.index(), 0);
    assert!(!is_free(&one) && is_free(&two));
    drop(signalled);
    assert!(is_free(&one));
}

#[test]
fn events_reset_themselves_or_not() {
    let once = Event::new().unwrap();
    once.set().unwrap();
    once.set().unwrap();
    assert!(once.wait_timeout(Duration::ZERO).unwrap());
    assert!(!once.wait_timeout(Duration::ZERO).unwrap());
    let stays = Event::options().manual_reset(true).signalled(true);
    let stays = stays.create().unwrap();
    for _ in 0..3 {
        stays.wait().unwrap();
    }
    stays.reset().unwrap();
    assert!(!stays.wait_timeout(Duration::ZERO).unwrap());
    stays.pulse().unwrap();
    assert!(!stays.wait_timeout(Duration::ZERO).unwrap());
}

#[test]
fn an_event_wakes_who_waits() {
    let (request, reply) = (Event::new().unwrap(), Event::new().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200 {
                request.wait().unwrap();
                reply.set().unwrap();
            }
        });
        for _ in 0..200 {
            request.set().unwrap();
            reply.wait().unwrap();
        }
    });
}

#[test]
fn semaphores_count() {
    let semaphore = Semaphore::options().initial(1).maximum(3);
    let semaphore = semaphore.create().unwrap();
    semaphore.wait().unwrap();
    assert!(!semaphore.wait_timeout(Duration::ZERO).unwrap());
    assert_eq!(semaphore.release(2).unwrap(), 0);
    assert_eq!(semaphore.release(1).unwrap(), 2);
    let error = assert_code!(semaphore.release(1), "ERROR_TOO_MANY_POSTS");
    assert_eq!(error.operation(), Operation::Signal);
    assert!(error.hint().is_some());
    // Wine 8.0 adds nothing.
    if !is_wine() {
        assert_code!(semaphore.release(0), "ERROR_INVALID_PARAMETER");
    }
    assert_code!(semaphore.release(u32::MAX), "ERROR_INVALID_PARAMETER");
    for _ in 0..3 {
        assert!(semaphore.wait_timeout(Duration::ZERO).unwrap());
    }
    for wrong in [
        Semaphore::options().initial(2).maximum(1),
        Semaphore::options().maximum(0),
        Semaphore::options().maximum(u32::MAX),
    ] {
        assert_code!(wrong.create(), "ERROR_INVALID_PARAMETER");
    }
}

#[test]
fn timers_come_when_they_are_due() {
    let timer = Timer::new().unwrap();
    assert!(!timer.wait_timeout(Duration::ZERO).unwrap());
    let start = Instant::now();
    timer.set_after(SHORT).unwrap();
    timer.wait().unwrap();
    assert!(start.elapsed() >= SHORT);
    assert!(!timer.wait_timeout(Duration::ZERO).unwrap());
    timer.set_at(SystemTime::now() + SHORT).unwrap();
    timer.wait().unwrap();
    timer.set_at(SystemTime::UNIX_EPOCH).unwrap();
    timer.wait().unwrap();
    timer
        .set_periodic(Duration::ZERO, Duration::from_millis(1))
        .unwrap();
    for _ in 0..3 {
        timer.wait().unwrap();
    }
    timer.set_after(Duration::from_secs(3600)).unwrap();
    // Wine 8.0 leaves a timer signalled that is set anew after it came once more.
    let is_signalled = timer.wait_timeout(Duration::ZERO).unwrap();
    assert!(is_wine() || !is_signalled);
    timer.cancel().unwrap();
    let wrong = timer.set_periodic(SHORT, Duration::from_micros(5));
    assert_code!(wrong, "ERROR_INVALID_PARAMETER");
    let stays = Timer::options().manual_reset(true).create().unwrap();
    stays.set_after(Duration::ZERO).unwrap();
    stays.wait().unwrap();
    stays.wait().unwrap();
}

#[test]
fn the_first_of_several_is_taken() {
    let events: Vec<_> = (0..64).map(|_| Event::new().unwrap()).collect();
    let objects: Vec<&dyn Waitable> = events.iter().map(|event| event as _).collect();
    events[63].set().unwrap();
    events[17].set().unwrap();
    let index = || {
        wait_any(&objects, NOW)
            .unwrap()
            .map(|signalled| signalled.index())
    };
    assert_eq!(index(), Some(17));
    assert_eq!(index(), Some(63));
    assert_eq!(index(), None);
    thread::scope(|scope| {
        scope.spawn(|| events[40].set().unwrap());
        let signalled = wait_any(&objects, LONG).unwrap().unwrap();
        assert_eq!(signalled.index(), 40);
        assert!(signalled.into_guard().is_none());
    });
}

#[test]
fn all_are_taken_or_none() {
    let event = Event::new().unwrap();
    let semaphore = Semaphore::options().initial(1).create().unwrap();
    assert!(wait_all(&[&semaphore, &event], NOW).unwrap().is_none());
    // It has not been taken meanwhile.
    assert!(semaphore.wait_timeout(Duration::ZERO).unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            semaphore.release(1).unwrap();
            event.set().unwrap();
        });
        let guards = wait_all(&[&semaphore, &event], LONG).unwrap().unwrap();
        assert_eq!(guards.len(), 0);
    });
    assert!(!event.wait_timeout(Duration::ZERO).unwrap());
}

#[test]
fn what_cannot_be_waited_for() {
    let event = Event::new().unwrap();
    let error = assert_code!(wait_any(&[], NOW), "ERROR_INVALID_PARAMETER");
    assert_eq!(error.operation(), Operation::Wait);
    let many = [&event as &dyn Waitable; 65];
    assert_code!(wait_any(&many, NOW), "ERROR_INVALID_PARAMETER");
    // Wine 8.0 waits for all of one.
    if !is_wine() {
        assert_code!(wait_all(&[&event, &event], NOW), "ERROR_INVALID_PARAMETER");
    }
}

#[test]
fn scarce_memory_can_be_waited_for() {
    let (low, event) = (MemoryNotification::low().unwrap(), Event::new().unwrap());
    event.set().unwrap();
    assert!(wait_any(&[&event, &low], LONG).unwrap().is_some());
}

#[test]
fn names_are_shared_among_kinds() {
    let name = unique_name("kinds");
    let (event, opened) = Event::options().name(&name).create_or_open().unwrap();
    assert_eq!(
        (opened, event.name()),
        (Opened::Created, Some(name.as_str()))
    );
    let (same, opened) = Event::options()
        .name(&name)
        .manual_reset(true)
        .create_or_open()
        .unwrap();
    assert_eq!(opened, Opened::Existing);
    event.set().unwrap();
    same.wait().unwrap();
    // It resets itself, as it was created.
    assert!(!event.wait_timeout(Duration::ZERO).unwrap());
    Event::options().name(&name).open().unwrap().set().unwrap();
    event.wait().unwrap();
    let error = assert_code!(
        Event::options().name(&name).create(),
        "ERROR_ALREADY_EXISTS"
    );
    assert_eq!(error.name(), Some(name.as_str()));
    assert_code!(
        Mutex::options().name(&name).create(),
        "ERROR_INVALID_HANDLE"
    );
    assert_code!(Mutex::options().name(&name).open(), "ERROR_INVALID_HANDLE");
    assert_code!(
        Section::options().name(&name).open(),
        "ERROR_INVALID_HANDLE"
    );
    drop((event, same));
    let error = assert_code!(Event::options().name(&name).open(), "ERROR_FILE_NOT_FOUND");
    assert_eq!(error.operation(), Operation::OpenObject);
    assert_code!(Timer::options().open(), "ERROR_INVALID_PARAMETER");
    assert_code!(Timer::options().name("a\0b").open(), "ERROR_INVALID_NAME");
}

#[test]
fn named_ones_of_every_kind_are_opened() {
    let mutex = Mutex::options()
        .name(unique_name("mutex"))
        .create()
        .unwrap();
    let same = Mutex::options().name(mutex.name().unwrap()).open().unwrap();
    let guard = mutex.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| assert!(same.try_lock().unwrap().is_none()));
    });
    drop(guard);
    let semaphore = Semaphore::options().name(unique_name("semaphore"));
    let semaphore = semaphore.create().unwrap();
    let same = Semaphore::options()
        .name(semaphore.name().unwrap())
        .open()
        .unwrap();
    same.release(1).unwrap();
    semaphore.wait().unwrap();
    let timer = Timer::options()
        .name(unique_name("timer"))
        .create()
        .unwrap();
    let same = Timer::options().name(timer.name().unwrap()).open().unwrap();
    same.set_after(Duration::ZERO).unwrap();
    timer.wait().unwrap();
}

#[test]
fn objects_are_for_those_whom_their_creator_names() {
    let everybody = SecurityDescriptor::new().allow(Trustee::Everyone, AccessRights::ALL);
    let section = Section::options().name(unique_name("open")).size(4096);
    let section = section.security(&everybody).create().unwrap();
    let name = section.name().unwrap();
    let same = Section::options().name(name).open().unwrap();
    same.view().map().unwrap().write(0, &1u8).unwrap();
    let event = Event::options().name(unique_name("open-event"));
    let event = event.security(&everybody).create().unwrap();
    event.set().unwrap();
    Event::options()
        .name(event.name().unwrap())
        .open()
        .unwrap()
        .wait()
        .unwrap();
}

#[test]
fn many_threads_share_a_few() {
    let semaphore = Semaphore::options().create().unwrap();
    let stop = Event::options().manual_reset(true).create().unwrap();
    let taken = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while wait_any(&[&semaphore, &stop], LONG)
                    .unwrap()
                    .unwrap()
                    .index()
                    == 0
                {
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..500 {
            semaphore.release(2).unwrap();
        }
        while taken.load(Ordering::Relaxed) < 1000 {
            thread::yield_now();
        }
        stop.set().unwrap();
    });
    assert_eq!(taken.load(Ordering::Relaxed), 1000);
}
