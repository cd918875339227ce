//! Whom a process that answers others does what for: those whom the kernel lets trace it, and nobody else, whatever
//! they send. Only root can become all those users, so that others skip this.

mod common;

use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use common::asked::{Asked, reach, say};
use common::credentials::{Credentials, alone_as_root, command, set_capabilities};
use common::foreign::allocate;
use common::{request, role, service, whole_view};
use rustix::io::Errno;
use winpages_kernel::address_space::Protection;
use winpages_kernel::object::DuplicateObject;
use winpages_kernel::process::{self, Target};
use winpages_kernel::section::{CreateSection, create_section};
use winpages_kernel::sys::local_socket;
use winpages_kernel::thread::CreateThread;
use winpages_kernel::{Handle, NtStatus};

const NUMBER: &str = "WINPAGES_TEST_TARGET";
const FIRST: u32 = 60_001;
const SECOND: u32 = 60_002;
const QUERY: u32 = 4;
const LEND_BACKING: u32 = 10;
const LAST_OPERATION: u32 = 21;

/// Somebody who asks or is asked, if this is one.
#[test]
fn helper() {
    let number = || std::env::var(NUMBER).unwrap().parse().unwrap();
    match role().as_deref() {
        Some("target") => target(),
        Some("served") => is_served(number()),
        Some("refused") => {
            assert_eq!(service::number(number()), Err(Errno::PERM));
            is_refused(number(), [0; 16]);
        }
        Some("refused without capabilities") => {
            set_capabilities(0).unwrap();
            assert_eq!(service::number(number()), Err(Errno::PERM));
            is_refused(number(), [0; 16]);
        }
        Some("refused in spite of the number") => {
            let shown = service::number(number()).unwrap();
            is_refused(number(), shown);
            let lending = service::request(LEND_BACKING, &[]);
            let connection = service::connect(number());
            let answer = service::answer(&connection, [&shown, &lending]);
            assert_eq!(answer, service::ACCESS_DENIED);
        }
        Some("flood") => flood(number()),
        _ => {}
    }
}

/// Somebody with such credentials asks.
fn asks(target: &Asked, role: &str, credentials: Credentials) -> Command {
    let mut command = command(role, credentials);
    command.env(NUMBER, target.number().to_string());
    command
}

/// That user is refused everything, and who may ask gets everything afterwards.
#[track_caller]
fn refuses(target: &Asked, role: &str, refused: Credentials, served: Credentials) {
    for (role, credentials) in [(role, refused), ("served", served)] {
        let status = asks(target, role, credentials).status().unwrap();
        assert!(status.success(), "{role}: {credentials:?}: {status}");
    }
}

fn target() {
    if std::env::var_os("WINPAGES_TEST_UNDUMPABLE").is_some() {
        // SAFETY: says that this process is not to be dumped.
        assert_eq!(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) }, 0);
    }
    process::serve_requests();
    say("ready");
    // It answers until the test lets go of it.
    std::io::stdin().lines().next();
}

/// Whoever connects with a process that has such rights is served.
fn is_served(number: u32) {
    let target = reach(number);
    for _ in 0..3 {
        let there = allocate(&target, 0, 0x1_0000, 0x3000, 4).unwrap();
        process::protect_virtual_memory(&target, there, 0x1000, 2).unwrap();
        let region = process::query_virtual_memory(&target, there).unwrap();
        assert_eq!(region.protection, Some(Protection::READONLY));
        process::free_virtual_memory(&target, there, 0, 0x8000).unwrap();
    }
    process::heaps(&target).unwrap();
}

/// Nothing that is asked for is done; `number` is what is shown, among others.
fn is_refused(target: u32, number: [u8; 16]) {
    let connection = service::connect(target);
    for operation in (1..=LAST_OPERATION + 1).filter(|number| *number != LEND_BACKING) {
        for number in [number, [0; 16], [0xA5; 16]] {
            for arguments in [&[][..], &[0x1_0000, 0x1000, 0x3000, 4, 0, 0, 0]] {
                let request = service::request(operation, arguments);
                let answer = service::answer(&connection, [&number, &request]);
                assert_eq!(answer, service::ACCESS_DENIED, "{operation}");
            }
        }
    }
    let target = &reach(target);
    let Target::Other(process) = target else {
        panic!("it is another process");
    };
    let (section, _) = create_section(&CreateSection {
        name: None,
        ..request("unnamed", 0x1000)
    })
    .unwrap();
    let duplicate = DuplicateObject {
        source: section,
        access: None,
        attributes: None,
        close_source: false,
    };
    let thread = CreateThread {
        routine: unreachable_thread,
        parameter: 0,
        stack_size: 0,
        stack_size_is_reservation: false,
        suspended: false,
    };
    let view = whole_view(section, Protection::READWRITE);
    let (base, size) = (0x1_0000, 0x1000);
    let theirs = Handle::from_value(4);
    let asked = [
        allocate(target, 0, size, 0x3000, 4).map(drop),
        process::free_virtual_memory(target, base, 0, 0x8000).map(drop),
        process::protect_virtual_memory(target, base, size, 4).map(drop),
        process::lock_virtual_memory(target, base, size, true).map(drop),
        process::lock_virtual_memory(target, base, size, false).map(drop),
        process::query_virtual_memory(target, base).map(drop),
        process::heaps(target).map(drop),
        process::duplicate_handle(&Target::Own, target, &duplicate).map(drop),
        process::duplicate_handle(target, &Target::Own, &duplicate).map(drop),
        process::close_handle(target, theirs),
        process::create_thread(process, &thread).map(drop),
        process::map_view(target, &view).map(drop),
        process::unmap_view(target, base, 0),
    ];
    for (index, answer) in asked.into_iter().enumerate() {
        assert_eq!(answer, Err(NtStatus::ACCESS_DENIED), "{index}");
    }
}

unsafe extern "C-unwind" fn unreachable_thread(_: usize) -> u32 {
    std::process::abort();
}

#[test]
fn who_may_not_trace_may_not_ask() {
    if !alone_as_root("who_may_not_trace_may_not_ask") {
        return;
    }
    let first = Credentials::of(FIRST, FIRST);
    let root = Credentials::of(0, 0);
    let target = Asked::start(first);
    refuses(&target, "refused", Credentials::of(SECOND, SECOND), first);
    refuses(&target, "refused", Credentials::of(FIRST, SECOND), first);
    refuses(
        &target,
        "refused",
        Credentials {
            is_apart: true,
            ..first
        },
        root,
    );

    let capable = Credentials {
        has_capability: true,
        ..first
    };
    let target = Asked::start(capable);
    refuses(&target, "refused", first, capable);

    let target = Asked::start(root);
    refuses(&target, "refused without capabilities", root, root);
    refuses(
        &target,
        "refused",
        Credentials {
            is_apart: true,
            ..root
        },
        root,
    );

    let mut undumpable = command("target", first);
    let target = Asked::spawn(undumpable.env("WINPAGES_TEST_UNDUMPABLE", "1"));
    refuses(&target, "refused", first, root);
}

#[test]
fn who_may_trace_is_refused_where_all_are() {
    if !alone_as_root("who_may_trace_is_refused_where_all_are") {
        return;
    }
    let first = Credentials::of(FIRST, FIRST);
    let mut refusing = command("target", first);
    let target = Asked::spawn(refusing.env("WINPAGES_REMOTE", "refuse"));
    for credentials in [first, Credentials::of(0, 0)] {
        let asks = asks(&target, "refused in spite of the number", credentials).status();
        assert!(asks.unwrap().success(), "{credentials:?}");
    }
}

/// Connects and says nothing, half of something or what is wrong, and leaves or stays.
fn flood(target: u32) {
    let mut kept = Vec::new();
    let wrong = service::request(QUERY, &[0x1_0000]);
    let lending = service::request(LEND_BACKING, &[0]);
    for turn in 0.. {
        let Ok(connection) = local_socket::connect(&service::name(target)) else {
            continue;
        };
        let parts: [&[u8]; 2] = match turn % 5 {
            0 => [&[], &[]],
            1 => [b"half", &[]],
            2 => [&[0; 16], &wrong],
            3 => [&[1; 16], &[0xFF; 5000]],
            _ => [&[0; 16], &lending],
        };
        let _ = local_socket::send(connection.as_fd(), parts, &[]);
        if turn % 3 != 0 {
            kept.push(connection);
        }
        if kept.len() > 100 {
            kept.clear();
        }
    }
}

#[test]
fn strangers_without_end_are_in_nobodys_way() {
    if !alone_as_root("strangers_without_end_are_in_nobodys_way") {
        return;
    }
    let target = Asked::start(Credentials::of(FIRST, FIRST));
    let flood = |user| {
        asks(&target, "flood", Credentials::of(user, user))
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut strangers = [flood(SECOND), flood(SECOND + 1)];
    for turn in 0..100 {
        // With a connection of its own each time.
        is_served(target.number());
        if turn % 10 == 0 {
            let dies = &mut strangers[turn / 10 % 2];
            dies.kill().unwrap();
            dies.wait().unwrap();
            *dies = flood(SECOND);
        }
    }
    for mut stranger in strangers {
        // None has come to an end by itself.
        assert_eq!(stranger.try_wait().unwrap(), None);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
    is_served(target.number());
}
