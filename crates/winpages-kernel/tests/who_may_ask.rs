//! Whom a process that answers others does what for: those whom the kernel lets trace it, and nobody else, whatever
//! they send. Only root can become all those users, so that others skip this.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::credentials::{Credentials, alone_as_root, command, program, set_capabilities};
use common::foreign::allocate;
use common::{request, role, service};
use rustix::io::Errno;
use winpages_kernel::address_space::{AddressRequirements, Protection};
use winpages_kernel::object::DuplicateObject;
use winpages_kernel::process::{self, Process, Target};
use winpages_kernel::section::{CreateSection, MapView, ViewType, create_section};
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
        Some("impostor") => impostor(),
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

/// A process that answers.
struct Asked {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Asked {
    fn start(credentials: Credentials) -> Self {
        Self::spawn(&mut command("target", credentials))
    }

    fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut asked = Self {
            child,
            input,
            output,
        };
        assert_eq!(asked.says(), "ready");
        asked
    }

    /// The next thing it says that is meant for the test.
    fn says(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0);
            if let Some(said) = line.strip_prefix("says: ") {
                return said.trim_end().to_owned();
            }
        }
    }

    fn told(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        self.says()
    }

    fn number(&self) -> u32 {
        self.child.id()
    }

    /// Somebody with such credentials asks.
    fn by(&self, role: &str, credentials: Credentials) -> Command {
        let mut command = command(role, credentials);
        command.env(NUMBER, self.number().to_string());
        command
    }

    /// That user is refused everything, and who may ask gets everything afterwards.
    #[track_caller]
    fn refuses(&self, role: &str, refused: Credentials, served: Credentials) {
        for (role, credentials) in [(role, refused), ("served", served)] {
            let status = self.by(role, credentials).status().unwrap();
            assert!(status.success(), "{role}: {credentials:?}: {status}");
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn target() {
    if std::env::var_os("WINPAGES_TEST_UNDUMPABLE").is_some() {
        // SAFETY: says that this process is not to be dumped.
        assert_eq!(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) }, 0);
    }
    process::serve_requests();
    println!("\nsays: ready");
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "become another" => {
                let arguments = std::env::args_os().skip(1);
                panic!("{}", Command::new(program()).args(arguments).exec());
            }
            "fork" => println!("says: {}", fork()),
            line => panic!("{line}"),
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
        let sockets = std::fs::read_dir("/proc/self/fd").unwrap().filter(|entry| {
            let leads_to = std::fs::read_link(entry.as_ref().unwrap().path());
            leads_to.is_ok_and(|path| {
                path.starts_with("socket:") || path.to_string_lossy().starts_with("socket:")
            })
        });
        let has_nothing = !maps.contains("52f000000000-") && sockets.count() == 0;
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

fn other(number: u32) -> Arc<Process> {
    Arc::new(Process::find(number).unwrap())
}

/// Whoever connects with a process that has such rights is served.
fn is_served(number: u32) {
    let target = Target::Other(other(number));
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
    let process = other(target);
    let target = &Target::Other(Arc::clone(&process));
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
    let view = MapView {
        section,
        base: 0,
        offset: 0,
        size: 0,
        protection: Protection::READWRITE,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    };
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
        process::create_thread(&process, &thread).map(drop),
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
    target.refuses("refused", Credentials::of(SECOND, SECOND), first);
    target.refuses("refused", Credentials::of(FIRST, SECOND), first);
    target.refuses(
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
    target.refuses("refused", first, capable);

    let target = Asked::start(root);
    target.refuses("refused without capabilities", root, root);
    target.refuses(
        "refused",
        Credentials {
            is_apart: true,
            ..root
        },
        root,
    );

    let mut undumpable = command("target", first);
    let target = Asked::spawn(undumpable.env("WINPAGES_TEST_UNDUMPABLE", "1"));
    target.refuses("refused", first, root);
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
        let asks = target
            .by("refused in spite of the number", credentials)
            .status();
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
        target
            .by("flood", Credentials::of(user, user))
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

#[test]
fn another_program_and_a_fork_have_other_numbers() {
    if !alone_as_root("another_program_and_a_fork_have_other_numbers") {
        return;
    }
    let mut target = Asked::start(Credentials::of(FIRST, FIRST));
    let known = Target::Other(other(target.number()));
    let ask = || {
        let there = allocate(&known, 0, 0x1000, 0x3000, 4).unwrap();
        process::free_virtual_memory(&known, there, 0, 0x8000).unwrap();
    };
    ask();
    let before = service::number(target.number()).unwrap();
    assert_eq!(target.told("become another"), "ready");
    ask();
    let after = service::number(target.number()).unwrap();
    assert_ne!(before, after);
    let connection = service::connect(target.number());
    let query = service::request(QUERY, &[0x1_0000]);
    let answers = [before, after].map(|number| service::answer(&connection, [&number, &query]));
    assert_eq!(answers, [service::ACCESS_DENIED, 0]);
    // With the connection from above open.
    assert_eq!(target.told("fork"), "true");
    ask();
}

/// Has a socket of the right name, but not what shows that it is its process's own.
fn impostor() {
    let becomes = std::env::var("WINPAGES_TEST_BECOMES").unwrap();
    let becomes = becomes.parse().unwrap();
    // SAFETY: changes whom the threads of this process act for.
    let act_for = |real, effective, saved| unsafe { libc::setresuid(real, effective, saved) };
    assert_eq!(act_for(FIRST, FIRST, 0), 0);
    let socket = local_socket::listen(&service::name(std::process::id())).unwrap();
    assert_eq!(act_for(0, 0, 0) + act_for(becomes, becomes, becomes), 0);
    println!("\nsays: ready");
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
    let root = Credentials::of(0, 0);
    for (becomes, expected) in [
        (FIRST, NtStatus::IO_TIMEOUT),
        (SECOND, NtStatus::ACCESS_DENIED),
    ] {
        let mut impostor = command("impostor", root);
        let mut target = Asked::spawn(impostor.env("WINPAGES_TEST_BECOMES", becomes.to_string()));
        let known = Target::Other(other(target.number()));
        assert_eq!(allocate(&known, 0, 0x1000, 0x3000, 4), Err(expected));
        assert!(target.child.try_wait().unwrap().is_none());
    }
}
