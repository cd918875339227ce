//! What mutexes, events and waits cost beside what Linux offers, in one run.
//!
//! `cargo bench -p winpages-kernel32 --bench waits`. Figures are nanoseconds of processor time per
//! operation, the least and the median of 31 turns; the ratio is the median of the pairs. Of the
//! ping-pongs between two processes they are of the clock on the wall, as of Wine, if that is here.
//! Beside iceoryx2, which needs more than this workspace has: `cargo run --release` in `peers/iceoryx2`.

mod on_wine;
mod paired;

use core::hint::spin_loop;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicU32, Ordering};
use std::process::{Child, Command};
use std::time::Instant;

use kernel32::event::*;
use kernel32::file_mapping::*;
use kernel32::file_view::*;
use kernel32::handle::CloseHandle;
use kernel32::mutex::*;
use kernel32::wait::*;
use on_wine::OnWine;
use paired::{compare, measure};
use rustix::mm::{MapFlags, ProtFlags};

const INFINITE: u32 = u32::MAX;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, number] = &arguments[..]
        && role == "partner"
    {
        return partner(number.parse().unwrap());
    }
    println!("nanoseconds of processor time per operation: least and median");
    mutexes();
    many_objects();
    creation();
    ping_pong();
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn event(name: &str) -> usize {
    // SAFETY: the name is NUL-terminated.
    let handle = unsafe { CreateEventW(null(), 0, 0, wide(name).as_ptr()) };
    assert_ne!(handle, 0);
    handle
}

/// A mutex of the C library's, as a program would share it between processes.
fn robust_mutex() -> *mut libc::pthread_mutex_t {
    // SAFETY: fresh shared memory, used as one mutex.
    unsafe {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let page = rustix::mm::mmap_anonymous(null_mut(), 4096, access, MapFlags::SHARED).unwrap();
        let mutex = page.cast::<libc::pthread_mutex_t>();
        let mut attributes: libc::pthread_mutexattr_t = core::mem::zeroed();
        libc::pthread_mutexattr_init(&raw mut attributes);
        libc::pthread_mutexattr_setpshared(&raw mut attributes, libc::PTHREAD_PROCESS_SHARED);
        libc::pthread_mutexattr_setrobust(&raw mut attributes, libc::PTHREAD_MUTEX_ROBUST);
        assert_eq!(libc::pthread_mutex_init(mutex, &raw const attributes), 0);
        mutex
    }
}

fn mutexes() {
    // SAFETY: the name is NUL-terminated.
    let ours = unsafe { CreateMutexW(null(), 0, wide("bench mutex").as_ptr()) };
    let theirs = robust_mutex();
    let name = "WaitForSingleObject+ReleaseMutex, named";
    let median = compare(
        name,
        100_000,
        || {
            assert_eq!(WaitForSingleObject(ours, INFINITE), 0);
            assert_eq!(ReleaseMutex(ours), 1);
        },
        "pthread_mutex_lock+unlock, robust, shared",
        // SAFETY: the mutex lives as long as the program.
        || unsafe {
            assert_eq!(libc::pthread_mutex_lock(theirs), 0);
            assert_eq!(libc::pthread_mutex_unlock(theirs), 0);
        },
    );
    OnWine::run("wait_speed.c").beside(name, median);
    let signal = event("bench event");
    measure(
        "SetEvent+WaitForSingleObject, nobody waits",
        100_000,
        || {
            assert_eq!(SetEvent(signal), 1);
            assert_eq!(WaitForSingleObject(signal, 0), 0);
        },
    );
    CloseHandle(ours);
    CloseHandle(signal);
}

fn many_objects() {
    // SAFETY: no names.
    let events: Vec<usize> = (0..64)
        .map(|_| unsafe { CreateEventW(null(), 1, 0, null()) })
        .collect();
    let wait = |all, timeout| {
        // SAFETY: as many handles as it says.
        unsafe { WaitForMultipleObjects(64, events.as_ptr(), all, timeout) }
    };
    measure("WaitForMultipleObjects, none of 64", 10_000, || {
        assert_eq!(wait(0, 0), 258);
    });
    SetEvent(events[63]);
    measure("WaitForMultipleObjects, the last of 64", 10_000, || {
        assert_eq!(wait(0, INFINITE), 63);
    });
    SetEvent(events[0]);
    measure("WaitForMultipleObjects, the first of 64", 10_000, || {
        assert_eq!(wait(0, INFINITE), 0);
    });
    for event in &events {
        SetEvent(*event);
    }
    measure("WaitForMultipleObjects, all of 64", 10_000, || {
        assert_eq!(wait(1, INFINITE), 0);
    });
    for event in events {
        CloseHandle(event);
    }
}

fn creation() {
    let (event_name, section_name) = (wide("bench created"), wide("bench section"));
    compare(
        "CreateEvent+CloseHandle, named",
        2000,
        // SAFETY: the names are NUL-terminated.
        || unsafe {
            let handle = CreateEventW(null(), 0, 0, event_name.as_ptr());
            assert_eq!(CloseHandle(handle), 1);
        },
        "CreateFileMapping+CloseHandle, named, 4 KiB",
        // SAFETY: likewise.
        || unsafe {
            let memory = usize::MAX;
            let handle = CreateFileMappingW(memory, null(), 4, 0, 4096, section_name.as_ptr());
            assert_eq!(CloseHandle(handle), 1);
        },
    );
}

/// Two words that two processes pass a turn with: what somebody would write by hand.
struct Words {
    there: &'static AtomicU32,
    back: &'static AtomicU32,
}

const SPINS: u32 = 2000;

impl Words {
    fn map() -> Self {
        // SAFETY: the name is NUL-terminated, and the view stays mapped.
        unsafe {
            let name = wide("bench words");
            let section = CreateFileMappingW(usize::MAX, null(), 4, 0, 4096, name.as_ptr());
            let view = MapViewOfFile(section, 0xF001F, 0, 0, 4096).cast::<AtomicU32>();
            Self {
                there: &*view,
                back: &*view.add(16),
            }
        }
    }

    fn set(word: &AtomicU32) {
        // 2: somebody sleeps.
        if word.swap(1, Ordering::Release) == 2 {
            futex(word, libc::FUTEX_WAKE, 1);
        }
    }

    fn wait(word: &AtomicU32) {
        for _ in 0..SPINS {
            if word.load(Ordering::Relaxed) == 1 && word.swap(0, Ordering::Acquire) == 1 {
                return;
            }
            spin_loop();
        }
        loop {
            match word.compare_exchange(0, 2, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) | Err(2) => futex(word, libc::FUTEX_WAIT, 2),
                Err(_) => {
                    word.store(0, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    // SAFETY: the word lives as long as the program.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            operation,
            value,
            null::<u8>(),
        )
    };
}

const ROUNDS: u32 = 2000;
const TURNS: u32 = 31;

/// What happens in the other process.
fn partner(turns: u32) {
    let (there, back) = (event("bench there"), event("bench back"));
    let words = Words::map();
    for _ in 0..turns {
        for _ in 0..ROUNDS {
            assert_eq!(WaitForSingleObject(there, INFINITE), 0);
            SetEvent(back);
        }
        for _ in 0..ROUNDS {
            Words::wait(words.there);
            Words::set(words.back);
        }
    }
}

fn start_partner() -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["partner", &TURNS.to_string()])
        .spawn()
        .unwrap()
}

fn ping_pong() {
    let (there, back) = (event("bench there"), event("bench back"));
    let words = Words::map();
    let mut partner = start_partner();
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            SetEvent(there);
            assert_eq!(WaitForSingleObject(back, INFINITE), 0);
        }
        let our_time = start.elapsed().as_nanos() as f64 / f64::from(ROUNDS);
        let start = Instant::now();
        for _ in 0..ROUNDS {
            Words::set(words.there);
            Words::wait(words.back);
        }
        let their_time = start.elapsed().as_nanos() as f64 / f64::from(ROUNDS);
        ours.push(our_time);
        theirs.push(their_time);
        ratios.push(our_time / their_time);
    }
    assert!(partner.wait().unwrap().success());
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[0], values[values.len() / 2])
    };
    let (ours, theirs, ratio) = (median(ours), median(theirs), median(ratios));
    println!(
        "{:<46} {:>9.1} {:>9.1}   {:<40} {:>9.1} {:>9.1}   ratio {:.2}",
        "SetEvent there and back, two processes",
        ours.0,
        ours.1,
        "spin, then futex, by hand",
        theirs.0,
        theirs.1,
        ratio.1
    );
}
