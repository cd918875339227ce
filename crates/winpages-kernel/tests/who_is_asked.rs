//! That it is the very process, with the program it has, that is asked: no number holds for another program or for the
//! child of a fork, and who has merely got hold of the socket's name is told nothing.

mod common;

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use common::asked::{Asked, reach, say};
use common::credentials::{Credentials, alone_as_root, command, program};
use common::foreign::allocate;
use common::{role, service};
use winpages_kernel::NtStatus;
use winpages_kernel::process;
use winpages_kernel::sys::local_socket;

const FIRST: u32 = 60_001;
const SECOND: u32 = 60_002;
const QUERY: u32 = 4;

/// A process that is asked, if this is one.
#[test]
fn helper() {
    match role().as_deref() {
        Some("target") => target(),
        Some("impostor") => impostor(),
        _ => {}
    }
}

fn target() {
    process::serve_requests();
    say("ready");
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            told @ ("become another" | "become another and leave connections open") => {
                if told != "become another" {
                    leave_connections_open();
                }
                let arguments = std::env::args_os().skip(1);
                panic!("{}", Command::new(program()).args(arguments).exec());
            }
            "fork" => say(&fork().to_string()),
            line => panic!("{line}"),
        }
    }
}

/// The numbers of the descriptors of this process's sockets.
fn sockets() -> Vec<i32> {
    let is_socket = |path: &std::path::Path| {
        let leads_to = std::fs::read_link(path);
        leads_to.is_ok_and(|path| path.to_string_lossy().starts_with("socket:"))
    };
    let all = std::fs::read_dir("/proc/self/fd").unwrap();
    let sockets = all
        .map(|entry| entry.unwrap())
        .filter(|entry| is_socket(&entry.path()));
    sockets
        .map(|entry| entry.file_name().to_str().unwrap().parse().unwrap())
        .collect()
}

/// Has the next program of this process keep all its sockets but the one that others connect with.
fn leave_connections_open() {
    for socket in sockets() {
        // SAFETY: the descriptor stays open as long as this process has this program.
        let socket = unsafe { BorrowedFd::borrow_raw(socket) };
        if !rustix::net::sockopt::socket_acceptconn(socket).unwrap() {
            rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::empty()).unwrap();
        }
    }
}

/// Whether a child of a fork has nothing of what its parent answers with, and another number when it answers itself.
fn fork() -> bool {
    let parent = std::process::id();
    // SAFETY: the child calls what the library and the C library keep in order for it, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let has_nothing = !maps.contains("52f000000000-") && sockets().is_empty();
        process::serve_requests();
        let is_another = service::number(std::process::id()) != service::number(parent);
        // SAFETY: ends the process without what the test's own end would do.
        unsafe { libc::_exit(i32::from(!has_nothing) + 2 * i32::from(!is_another)) };
    }
    let mut status = 0;
    // SAFETY: the child that was started above.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    status == 0
}

#[test]
fn another_program_and_a_fork_have_other_numbers() {
    if !alone_as_root("another_program_and_a_fork_have_other_numbers") {
        return;
    }
    let mut target = Asked::start(Credentials::of(FIRST, FIRST));
    let known = reach(target.number());
    let ask = || {
        let there = allocate(&known, 0, 0x1000, 0x3000, 4).unwrap();
        process::free_virtual_memory(&known, there, 0, 0x8000).unwrap();
    };
    ask();
    // While it has that connection.
    assert_eq!(target.told("fork"), "true");
    let before = service::number(target.number()).unwrap();
    for told in [
        "become another and leave connections open",
        "become another",
    ] {
        assert_eq!(target.told(told), "ready");
        ask();
    }
    let after = service::number(target.number()).unwrap();
    assert_ne!(before, after);
    let connection = service::connect(target.number());
    let query = service::request(QUERY, &[0x1_0000]);
    let answers = [before, after].map(|number| service::answer(&connection, [&number, &query]));
    assert_eq!(answers, [service::ACCESS_DENIED, 0]);
}

/// Has a socket of the right name, but not what shows that it is its process's own, or one that it answers on in
/// another network namespace.
fn impostor() {
    let becomes = std::env::var("WINPAGES_TEST_BECOMES").unwrap();
    let becomes = becomes.parse().unwrap();
    // SAFETY: changes whom the threads of this process act for.
    let act_for = |real, effective, saved| unsafe { libc::setresuid(real, effective, saved) };
    if std::env::var_os("WINPAGES_TEST_ELSEWHERE").is_some() {
        let serve = || {
            // SAFETY: gives the calling thread a network of its own.
            assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNET) }, 0);
            process::serve_requests();
        };
        std::thread::spawn(serve).join().unwrap();
    }
    assert_eq!(act_for(FIRST, FIRST, 0), 0);
    let socket = local_socket::listen(&service::name(std::process::id())).unwrap();
    assert_eq!(act_for(0, 0, 0) + act_for(becomes, becomes, becomes), 0);
    say("ready");
    loop {
        local_socket::wait_any(&[socket.as_fd()]);
        let connection = local_socket::accept(socket.as_fd()).unwrap();
        // Who asks drops the connection, and has said nothing.
        assert!(local_socket::wait_readable(
            connection.as_fd(),
            Duration::from_secs(60)
        ));
        let said = local_socket::receive(connection.as_fd(), &mut []).unwrap();
        assert_eq!(said.bytes, b"");
    }
}

#[test]
fn who_only_has_the_name_is_told_nothing() {
    if !alone_as_root("who_only_has_the_name_is_told_nothing") {
        return;
    }
    for (becomes, is_elsewhere, expected) in [
        (FIRST, false, NtStatus::IO_TIMEOUT),
        (FIRST, true, NtStatus::ACCESS_DENIED),
        (SECOND, false, NtStatus::ACCESS_DENIED),
    ] {
        let mut impostor = command("impostor", Credentials::of(0, 0));
        impostor.env("WINPAGES_TEST_BECOMES", becomes.to_string());
        if is_elsewhere {
            impostor.env("WINPAGES_TEST_ELSEWHERE", "1");
        }
        let mut target = Asked::spawn(&mut impostor);
        let known = reach(target.number());
        assert_eq!(allocate(&known, 0, 0x1000, 0x3000, 4), Err(expected));
        assert!(target.child.try_wait().unwrap().is_none());
    }
}
