//! Processes in which memory is allocated, protected and freed all the time by others, and which look closely at
//! whether they notice: no call is cut short, no time begins anew, no signal is lost, late or in another order, and
//! what they compute is right.

mod common;

use std::io::{Read, Write};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::foreign::*;
use winpages_kernel::NtStatus;

/// Changes the memory of a process in several threads while `meanwhile` runs, which is told how often so far; answers how
/// often in all.
fn disturbed_as_told<R>(
    foreign: &mut Foreign,
    meanwhile: impl FnOnce(&mut Foreign, &AtomicUsize) -> R,
) -> (R, usize) {
    let is_over = AtomicBool::new(false);
    let count = AtomicUsize::new(0);
    let target = foreign.target.clone();
    let result = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    match change_memory(&target) {
                        Ok(()) => count.fetch_add(1, Ordering::Relaxed),
                        Err(NtStatus::PROCESS_IS_TERMINATING) => break,
                        Err(status) => panic!("{status:?}"),
                    };
                }
            });
        }
        let result = meanwhile(foreign, &count);
        is_over.store(true, Ordering::Relaxed);
        result
    });
    (result, count.into_inner())
}

/// The same, without being told.
fn disturbed<R>(foreign: &mut Foreign, meanwhile: impl FnOnce(&mut Foreign) -> R) -> (R, usize) {
    disturbed_as_told(foreign, |foreign, _| meanwhile(foreign))
}

/// Waits for a process's end, which must come by itself and be a good one.
fn end(foreign: &mut Foreign) {
    let mut status: Option<ExitStatus> = None;
    wait_until("it ends", || {
        status = foreign.child.try_wait().unwrap();
        status.is_some()
    });
    assert!(status.unwrap().success());
}

fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap()
}

/// Waits for as long as it says, in every way there is.
fn sleeps() {
    const TIME: Duration = Duration::from_millis(20);
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: TIME.as_nanos() as i64,
    };
    let mut ends = [0; 2];
    // SAFETY: two descriptors' worth of space.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let word = 0u32;
    for round in 0..60 {
        let start = Instant::now();
        // SAFETY: system calls on locals.
        unsafe {
            match round % 6 {
                0 => assert_eq!(libc::nanosleep(&raw const time, core::ptr::null_mut()), 0),
                1 => {
                    let clock = libc::CLOCK_MONOTONIC;
                    let mut until = time;
                    libc::clock_gettime(clock, &raw mut until);
                    until.tv_nsec += time.tv_nsec;
                    until.tv_sec += until.tv_nsec / 1_000_000_000;
                    until.tv_nsec %= 1_000_000_000;
                    let absolute = libc::TIMER_ABSTIME;
                    let none = core::ptr::null_mut();
                    assert_eq!(
                        libc::clock_nanosleep(clock, absolute, &raw const until, none),
                        0
                    );
                }
                2 => {
                    let mut polled = libc::pollfd {
                        fd: ends[0],
                        events: libc::POLLIN,
                        revents: 0,
                    };
                    assert_eq!(libc::poll(&raw mut polled, 1, 20), 0);
                }
                3 => {
                    let mut set = core::mem::zeroed();
                    libc::FD_SET(ends[0], &raw mut set);
                    let mut time = libc::timeval {
                        tv_sec: 0,
                        tv_usec: 20_000,
                    };
                    let none = core::ptr::null_mut();
                    let found = libc::select(ends[0] + 1, &raw mut set, none, none, &raw mut time);
                    assert_eq!(found, 0);
                }
                4 => {
                    let wait = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
                    let woken =
                        libc::syscall(libc::SYS_futex, &raw const word, wait, 0, &raw const time);
                    assert_eq!((woken, last_errno()), (-1, libc::ETIMEDOUT));
                }
                _ => {
                    let mut polled = libc::pollfd {
                        fd: ends[0],
                        events: libc::POLLIN,
                        revents: 0,
                    };
                    let none = core::ptr::null();
                    assert_eq!(libc::ppoll(&raw mut polled, 1, &raw const time, none), 0);
                }
            }
        }
        assert!(start.elapsed() >= TIME, "{round}");
    }
}

/// Gets what is sent to it by each way of waiting without a time limit, and never EINTR.
fn receives() {
    // SAFETY: system calls on locals.
    unsafe {
        let poll = libc::epoll_create1(0);
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: 0,
        };
        assert_eq!(
            libc::epoll_ctl(poll, libc::EPOLL_CTL_ADD, 0, &raw mut event),
            0
        );
        let mut expected = 0u8;
        for round in 0.. {
            match round % 3 {
                0 => assert_eq!(
                    libc::epoll_wait(poll, &raw mut event, 1, -1),
                    1,
                    "{}",
                    last_errno()
                ),
                1 => {
                    let mut polled = libc::pollfd {
                        fd: 0,
                        events: libc::POLLIN,
                        revents: 0,
                    };
                    assert_eq!(libc::poll(&raw mut polled, 1, -1), 1);
                }
                _ => {}
            }
            let mut byte = 0u8;
            match libc::read(0, (&raw mut byte).cast(), 1) {
                0 => break,
                got => assert_eq!(got, 1, "{}", last_errno()),
            }
            assert_eq!(byte, expected);
            expected = expected.wrapping_add(1);
        }
    }
}

static LAST_SIGNAL: AtomicI32 = AtomicI32::new(-1);

extern "C" fn note(_: i32, information: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel's, of a signal that was queued with a value.
    let value = unsafe { (*information).si_value().sival_ptr } as usize as i32;
    let before = LAST_SIGNAL.swap(value, Ordering::Relaxed);
    assert_eq!(before + 1, value);
}

/// Says each signal's number when a call that waits was interrupted by it.
fn is_interrupted(by_suspending: bool) {
    let signal = libc::SIGRTMIN();
    // SAFETY: a handler that touches an atomic; system calls on locals.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = note as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaction(signal, &raw const action, core::ptr::null_mut());
        let (mut none, mut only) = (core::mem::zeroed(), core::mem::zeroed());
        libc::sigemptyset(&raw mut none);
        libc::sigemptyset(&raw mut only);
        libc::sigaddset(&raw mut only, signal);
        if by_suspending {
            libc::sigprocmask(libc::SIG_BLOCK, &raw const only, core::ptr::null_mut());
        }
        println!("ready");
        let mut byte = 0u8;
        loop {
            let before = LAST_SIGNAL.load(Ordering::Relaxed);
            let got = if by_suspending {
                libc::sigsuspend(&raw const none) as isize
            } else {
                libc::read(0, (&raw mut byte).cast(), 1)
            };
            if got >= 0 {
                break;
            }
            assert_eq!(last_errno(), libc::EINTR);
            let now = LAST_SIGNAL.load(Ordering::Relaxed);
            assert_eq!(now, before + 1);
            println!("{now}");
            if by_suspending && now == SIGNALS - 1 {
                break;
            }
        }
    }
}

const SIGNALS: i32 = 300;

fn be(role: &str) {
    match role {
        "sleeps" => sleeps(),
        "receives" => receives(),
        "computes" => computes(),
        "suspends" => is_interrupted(true),
        "is interrupted" => is_interrupted(false),
        role => panic!("{role}"),
    }
}

fn start(role: &str) -> Foreign {
    Foreign::spawn(&mut again_as(role))
}

/// All there is but what tests would start in threads of its own: what a role does it must do in the first one.
fn main() {
    if let Some(role) = foreign_role() {
        return be(&role);
    }
    run_tests(&[
        ("times do not begin anew", times_do_not_begin_anew),
        ("sleep ends", sleep_ends),
        (
            "nothing received is lost and no call is cut short",
            nothing_is_lost_or_cut_short,
        ),
        ("what is computed stays right", what_is_computed_stays_right),
        (
            "every signal ends its suspension",
            every_signal_ends_its_suspension,
        ),
        (
            "every signal interrupts the call it meets",
            every_signal_interrupts_the_call_it_meets,
        ),
    ]);
}

fn times_do_not_begin_anew() {
    let mut foreign = start("sleeps");
    let ((), count) = disturbed(&mut foreign, end);
    assert!(count > 50, "{count}");
}

fn sleep_ends() {
    let mut sleep = Foreign::start("sleep", &["2"]);
    let start = Instant::now();
    let ((), count) = disturbed(&mut sleep, end);
    assert!(start.elapsed() > Duration::from_millis(1500));
    assert!(count > 50, "{count}");
}

fn nothing_is_lost_or_cut_short() {
    let mut foreign = start("receives");
    let ((), count) = disturbed(&mut foreign, |foreign| {
        let mut input = foreign.child.stdin.take().unwrap();
        for number in 0..600u32 {
            input.write_all(&[number as u8]).unwrap();
            std::thread::sleep(Duration::from_millis(u64::from(number % 4)));
        }
        drop(input);
        end(foreign);
    });
    assert!(count > 50, "{count}");
}

fn what_is_computed_stays_right() {
    let mut foreign = start("computes");
    disturbed_as_told(&mut foreign, |foreign, count| {
        // It leaves the others as much of the processors as it likes, so that this takes as long as it takes.
        wait_until("it was disturbed often", || {
            count.load(Ordering::Relaxed) > 100
        });
        drop(foreign.child.stdin.take());
        end(foreign);
    });
}

/// Sends numbered signals, each when the last was answered.
fn converse_by_signals(foreign: &mut Foreign, is_ready: impl Fn(&Foreign) -> bool) {
    let mut output = foreign.child.stdout.take().unwrap();
    let mut line = || {
        let (mut said, mut byte) = (String::new(), [0]);
        while output.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            said.push(byte[0] as char);
        }
        said
    };
    assert_eq!(line(), "ready");
    for number in 0..SIGNALS {
        std::thread::sleep(Duration::from_millis(number as u64 % 4));
        wait_until("it waits", || is_ready(foreign));
        let value = libc::sigval {
            sival_ptr: number as usize as *mut libc::c_void,
        };
        // SAFETY: sends a signal to a child of this test.
        let sent = unsafe { libc::sigqueue(foreign.number() as i32, libc::SIGRTMIN(), value) };
        assert_eq!(sent, 0);
        assert_eq!(line(), number.to_string());
    }
    drop(foreign.child.stdin.take());
    end(foreign);
}

fn every_signal_ends_its_suspension() {
    let mut foreign = start("suspends");
    let ((), count) = disturbed(&mut foreign, |foreign| {
        converse_by_signals(foreign, |_| true);
    });
    assert!(count > 10, "{count}");
}

fn every_signal_interrupts_the_call_it_meets() {
    let mut foreign = start("is interrupted");
    let ((), count) = disturbed(&mut foreign, |foreign| {
        converse_by_signals(foreign, |foreign| {
            let call = std::fs::read_to_string(format!("/proc/{}/syscall", foreign.number()));
            call.is_ok_and(|call| call.starts_with("0 0x0 "))
        });
    });
    assert!(count > 10, "{count}");
}
