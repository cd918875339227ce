//! Memory of processes that know nothing of this library, changed by several processes at once, while they and those
//! that change it are killed, stopped and become other programs: nobody hangs, nobody is left stopped or traced, and
//! who is left alone by the killing ends well. And who may not is refused.

mod common;

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::foreign::*;
use common::random::Random;
use winpages_kernel::NtStatus;
use winpages_kernel::process::{free_virtual_memory, protect_virtual_memory};

/// Where the numbers of the processes are whose memory is to be changed.
const TARGETS: &str = "WINPAGES_TEST_TARGETS";

/// Has threads that come and go.
fn starts_threads() {
    while !is_to_end() {
        let threads: Vec<_> = (0..3)
            .map(|number| std::thread::spawn(move || Duration::from_micros(number * 300)))
            .collect();
        for thread in threads {
            std::thread::sleep(thread.join().unwrap());
        }
    }
}

/// Becomes the same program again and again.
fn begins_anew() {
    std::thread::sleep(Duration::from_millis(20));
    if !is_to_end() {
        panic!("{}", again_as("begins anew").exec());
    }
}

/// Changes the memory of one process after the other.
fn calls() {
    let list = std::env::var(TARGETS).unwrap();
    let mut random = Random(u64::from(std::process::id()) | 1 << 32);
    let mut done = 0;
    while !is_to_end() {
        let numbers = fs::read_to_string(&list).unwrap();
        let numbers: Vec<u32> = numbers
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect();
        let Some(number) = numbers.get(random.below(numbers.len().max(1))) else {
            continue;
        };
        let result = target_of(*number).and_then(|target| change_memory(&target));
        match result {
            Ok(()) => done += 1,
            // It has ended, or is about to.
            Err(
                NtStatus::INVALID_CID
                | NtStatus::PROCESS_IS_TERMINATING
                | NtStatus::ACCESS_DENIED
                | NtStatus::PARTIAL_COPY
                | NtStatus::ACCESS_VIOLATION,
            ) => {}
            // It has become another program, which has none of the memory.
            Err(
                NtStatus::UNSUCCESSFUL
                | NtStatus::MEMORY_NOT_ALLOCATED
                | NtStatus::CONFLICTING_ADDRESSES
                | NtStatus::NOT_COMMITTED,
            ) => {}
            Err(status) => panic!("{status:?}"),
        }
    }
    println!("{done}");
}

fn start(role: &str, list: &Path) -> Child {
    let mut command = again_as(role);
    command.env(TARGETS, list);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn signal(child: &Child, number: i32) {
    // SAFETY: a signal to a child of this test.
    unsafe { libc::kill(child.id() as i32, number) };
}

fn storm() {
    const ROLES: [&str; 6] = [
        "watches itself",
        "starts threads",
        "begins anew",
        "watches itself",
        "starts threads",
        "watches itself",
    ];
    let scratch = common::Scratch::new();
    let list = scratch.0.join("targets");
    let write_list = |targets: &[Child]| {
        let numbers: Vec<_> = targets.iter().map(|child| child.id().to_string()).collect();
        let new = scratch.0.join("new");
        fs::write(&new, numbers.join("\n")).unwrap();
        fs::rename(new, &list).unwrap();
    };
    let mut targets: Vec<_> = ROLES.iter().map(|role| start(role, &list)).collect();
    write_list(&targets);
    let mut callers: Vec<_> = (0..3).map(|_| start("calls", &list)).collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let start_time = Instant::now();
    let mut events = 0;
    while start_time.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(random.below(12) as u64));
        // The last ones are left to end by themselves.
        let which = random.below(3);
        events += 1;
        match random.below(8) {
            0 | 1 => {
                kill(&mut targets[which]);
                targets[which] = start(ROLES[which], &list);
                write_list(&targets);
            }
            2 => {
                assert_eq!(callers[which].try_wait().unwrap(), None);
                kill(&mut callers[which]);
                callers[which] = start("calls", &list);
            }
            3..=5 => {
                let target = &targets[random.below(ROLES.len())];
                signal(target, libc::SIGSTOP);
                std::thread::sleep(Duration::from_millis(random.below(5) as u64));
                signal(target, libc::SIGCONT);
            }
            _ => signal(&targets[random.below(ROLES.len())], libc::SIGWINCH),
        }
    }
    let mut done = 0;
    for mut caller in callers {
        drop(caller.stdin.take());
        wait_until("the caller ends", || caller.try_wait().unwrap().is_some());
        assert!(caller.wait().unwrap().success());
        let mut said = String::new();
        caller
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        done += said.trim().parse::<u32>().unwrap();
    }
    for (mut target, role) in targets.into_iter().zip(ROLES) {
        wait_until("nobody traces it", || {
            status(target.id(), "TracerPid:") == "0"
                && !status(target.id(), "State:").starts_with(['T', 't'])
        });
        drop(target.stdin.take());
        wait_until("the target ends", || target.try_wait().unwrap().is_some());
        assert!(target.wait().unwrap().success(), "{role}");
    }
    assert!(done > 0);
    println!("{events} events, {done} changes by those that were not killed");
}

/// Whom the user who asks may not trace.
fn asks_as_another_user() {
    let number = std::env::var(TARGETS).unwrap().parse().unwrap();
    let before = target_of(number).unwrap();
    const SECOND: u32 = 65534;
    // SAFETY: changes this process's own user.
    assert_eq!(unsafe { libc::setuid(SECOND) }, 0);
    let refused = Err(NtStatus::ACCESS_DENIED);
    assert_eq!(target_of(number).map(drop), refused);
    // Neither does a handle help that was opened before.
    assert_eq!(allocate(&before, 0, 1, RESERVE, 0x04).map(drop), refused);
    assert_eq!(
        protect_virtual_memory(&before, 0x40_0000, 1, 0x04).map(drop),
        refused
    );
    assert_eq!(
        free_virtual_memory(&before, 0x40_0000, 0, RELEASE).map(drop),
        refused
    );
}

fn another_user_is_refused() {
    if !common::is_root() {
        println!("only root can become another user");
        return;
    }
    let sleep = Foreign::start("sleep", &["60"]);
    let mut command: Command = again_as("asks as another user");
    let asked = command.env(TARGETS, sleep.number().to_string()).status();
    assert!(asked.unwrap().success());
    sleep.assert_at_large();
}

/// Lets its system calls be filtered, by a filter that allows them all.
fn is_confined() {
    const ALLOW: u32 = 0x7FFF_0000;
    let filter = [libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: ALLOW,
    }];
    let program = libc::sock_fprog {
        len: 1,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: the filter outlives the call that reads it.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, 2, &raw const program), 0);
    }
    let mut rest = String::new();
    std::io::stdin().read_to_string(&mut rest).unwrap();
    println!("{rest}");
}

fn who_has_limited_its_calls_is_left_alone() {
    let confined = Foreign::spawn(&mut again_as("is confined"));
    confined.settle();
    let denied = Err(NtStatus::ACCESS_DENIED);
    for _ in 0..20 {
        assert_eq!(change_memory(&confined.target), denied);
    }
    assert_eq!(confined.finish("well"), "well\n\n");
}

/// Has a thread that answers, and ends its first one.
fn loses_its_first_thread() {
    std::thread::spawn(|| {
        let mut rest = String::new();
        std::io::stdin().read_to_string(&mut rest).unwrap();
        println!("{rest}");
        std::process::exit(0);
    });
    // SAFETY: ends a thread that nobody joins.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

fn who_has_lost_his_first_thread_is_reached_by_another() {
    let foreign = Foreign::spawn(&mut again_as("loses its first thread"));
    wait_until("the first thread ends", || {
        status(foreign.number(), "State:").starts_with('Z')
    });
    let target = target_of(foreign.number()).unwrap();
    for _ in 0..20 {
        change_memory(&target).unwrap();
    }
    assert_eq!(foreign.finish("well"), "well\n\n");
}

/// Waits, as who starts a program does, for a child that has its memory: nothing stops it meanwhile.
fn stands_still() {
    let time = libc::timespec {
        tv_sec: 4,
        tv_nsec: 0,
    };
    // SAFETY: a system call on a local.
    let slept = unsafe {
        winpages_kernel::sys::apart::in_child(|| {
            libc::syscall(libc::SYS_nanosleep, &raw const time, 0)
        })
    };
    assert_eq!(slept.unwrap(), Some(0));
}

fn who_cannot_be_stopped_is_let_go() {
    let mut foreign = Foreign::spawn(&mut again_as("stands still"));
    wait_until("it stands still", || {
        status(foreign.number(), "State:").starts_with('D')
    });
    let timed_out = Err(NtStatus::IO_TIMEOUT);
    assert_eq!(allocate(&foreign.target, 0, 1, RESERVE, 0x04), timed_out);
    foreign.assert_at_large();
    assert!(foreign.child.wait().unwrap().success());
}

fn main() {
    match foreign_role().as_deref() {
        Some("watches itself") => watches_itself(),
        Some("starts threads") => starts_threads(),
        Some("begins anew") => begins_anew(),
        Some("calls") => calls(),
        Some("asks as another user") => asks_as_another_user(),
        Some("is confined") => is_confined(),
        Some("loses its first thread") => loses_its_first_thread(),
        Some("stands still") => stands_still(),
        Some(role) => panic!("{role}"),
        None => run_tests(&[
            ("storm", storm),
            ("another user is refused", another_user_is_refused),
            (
                "who has limited its calls is left alone",
                who_has_limited_its_calls_is_left_alone,
            ),
            (
                "who has lost his first thread is reached by another",
                who_has_lost_his_first_thread_is_reached_by_another,
            ),
            (
                "who cannot be stopped is let go",
                who_cannot_be_stopped_is_let_go,
            ),
        ]),
    }
}
