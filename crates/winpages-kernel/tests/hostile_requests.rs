//! What may be sent to a process that answers others, however malformed, by those who may ask it and by those who
//! may not: the process goes on and answers.

mod common;

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::time::Duration;

use common::asked::{Asked, say};
use common::random::Random;
use common::service;
use winpages_kernel::address_space::Allocate;
use winpages_kernel::object::AccessMask;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::process::{
    self, Target, allocate_virtual_memory, free_virtual_memory, open_process, reference_process,
};
use winpages_kernel::sys::local_socket;

const CHILD: &str = "WINPAGES_TEST_HOSTILE_REQUESTS";

/// The process that is asked, if this is it.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    process::serve_requests();
    say("ready");
    // Tests of the harness that has started this wait no longer.
    std::thread::sleep(Duration::from_secs(600));
}

/// A process that answers, and what it shows to those who may ask it.
struct Listening {
    asked: Asked,
    number: [u8; 16],
}

impl Listening {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, "1");
        let asked = Asked::spawn(&mut command);
        let number = service::number(asked.number()).unwrap();
        Self { asked, number }
    }

    fn connect(&self) -> OwnedFd {
        service::connect(self.asked.number())
    }

    /// It still does what it is asked to.
    fn is_well(&self) {
        let connection = self.connect();
        assert_eq!(service::answer(&connection, [&self.number, &query()]), 0);
        let rights = AccessMask::PROCESS_ALL_ACCESS;
        let handle = open_process(self.asked.number(), rights, HandleAttributes::empty()).unwrap();
        let target = reference_process(handle, rights).unwrap();
        assert!(matches!(target, Target::Other(_)));
        let there = allocate_virtual_memory(&target, &Allocate::new(0, 0x1000, 0x3000, 4)).unwrap();
        free_virtual_memory(&target, there.base, 0, 0x8000).unwrap();
        process::close_handle(&Target::Own, handle).unwrap();
    }
}

/// What lies at an address?
fn query() -> Vec<u8> {
    service::request(4, &[0x1_0000])
}

impl Random {
    fn count(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A number as one meets them in requests.
    fn word(&mut self) -> u64 {
        const KNOWN: [u64; 12] = [
            0,
            1,
            2,
            4,
            7,
            0x1000,
            0x1_0000,
            0x7FFF_FFFE_FFFF,
            0x7FFF_FFFF_FFFF_FFFF,
            u64::MAX,
            1 << 32,
            0x3000,
        ];
        match self.below(3) {
            0 => self.next(),
            1 => self.count(64),
            _ => self.one_of(&KNOWN),
        }
    }
}

/// The operations that change nothing that the process's own code stands on; whoever may ask for the others has
/// the right to.
const OPERATIONS: [u64; 16] = [
    0,
    1,
    4,
    5,
    7,
    8,
    9,
    10,
    11,
    13,
    15,
    18,
    20,
    21,
    22,
    0xFFFF_FFFF,
];
const CREATE_THREAD: u64 = 12;
const LAST_KIND: u64 = 8;

fn request(random: &mut Random) -> Vec<u8> {
    let mut words = vec![random.one_of(&OPERATIONS)];
    let count = random.count(12);
    words.push(count);
    words.extend((0..count).map(|_| random.word()));
    let has_object = random.count(2);
    words.push(has_object);
    if has_object != 0 {
        words.push(random.count(LAST_KIND + 2));
        let count = random.count(8);
        words.push(count);
        words.extend((0..count).map(|_| random.word()));
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let units = if random.below(3) == 0 {
            random.count(20)
        } else {
            0
        };
        bytes.extend(units.to_ne_bytes());
        bytes.extend((0..units * 2).map(|_| random.next() as u8));
        let descriptors = random.count(5);
        bytes.extend(descriptors.to_ne_bytes());
        bytes.extend((0..descriptors * 8).map(|_| random.next() as u8));
        return bytes;
    }
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// Descriptors of all kinds, few of them what they should be.
fn descriptors(random: &mut Random, scratch: &std::path::Path) -> Vec<OwnedFd> {
    let open = |random: &mut Random| -> OwnedFd {
        match random.below(8) {
            0 => File::open("/dev/null").unwrap().into(),
            1 => File::open("/").unwrap().into(),
            2 => std::io::pipe().unwrap().0.into(),
            3 => File::open("/proc/self/maps").unwrap().into(),
            4 => rustix::fs::memfd_create("short", rustix::fs::MemfdFlags::CLOEXEC).unwrap(),
            5 => {
                let memory = rustix::fs::memfd_create("long", rustix::fs::MemfdFlags::CLOEXEC);
                let memory = memory.unwrap();
                rustix::fs::ftruncate(&memory, random.count(5) * 0x1000).unwrap();
                rustix::io::pwrite(&memory, &random.next().to_ne_bytes(), 0).unwrap();
                memory
            }
            6 => std::os::unix::net::UnixStream::pair().unwrap().0.into(),
            _ => {
                let path = scratch.join("file");
                let file = File::options()
                    .create(true)
                    .append(true)
                    .read(true)
                    .open(path);
                file.unwrap().into()
            }
        }
    };
    (0..random.below(5)).map(|_| open(random)).collect()
}

#[test]
fn arbitrary_requests_get_an_answer() {
    let scratch = common::Scratch::new();
    let asked = Listening::start();
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let mut connection = asked.connect();
    for turn in 0..20_000 {
        // Some do not know the number.
        let mut number = asked.number;
        if random.below(4) == 0 {
            number[random.below(16)] ^= 1 << random.below(8);
        }
        let mut bytes = request(&mut random);
        if random.below(4) == 0 {
            let length = random.below(bytes.len() + 1);
            bytes.truncate(length);
        }
        if random.below(8) == 0 && bytes.len() > 8 {
            let at = 8 + random.below(bytes.len() - 8);
            bytes[at] ^= 1 << random.below(8);
        }
        // What is no request ends the connection.
        if bytes.is_empty() || bytes.get(..8) == Some(&CREATE_THREAD.to_ne_bytes()) {
            continue;
        }
        let descriptors = descriptors(&mut random, &scratch.0);
        let sent = local_socket::send(connection.as_fd(), [&number, &bytes], &descriptors);
        // Some are sent and not waited for.
        let is_over = sent.is_err()
            || random.below(16) == 0
            || !local_socket::wait_readable(connection.as_fd(), Duration::from_secs(60))
            || local_socket::receive(connection.as_fd(), &mut [])
                .map_or(true, |got| got.bytes.is_empty());
        if is_over {
            connection = asked.connect();
        }
        if turn % 1000 == 0 {
            asked.is_well();
        }
    }
    asked.is_well();
}

#[test]
fn many_who_connect_and_say_nothing_are_in_nobodys_way() {
    let asked = Listening::start();
    let lasting = asked.connect();
    let ask = || service::answer(&lasting, [&asked.number, &query()]);
    assert_eq!(ask(), 0);
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(asked.connect());
        if idle.len() % 50 == 0 {
            asked.is_well();
        }
    }
    // Those who have shown that they may ask are not closed out, and the others have not all found room.
    assert_eq!(ask(), 0);
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", asked.asked.number()));
    assert!(descriptors.unwrap().count() < 100);
    for connection in &idle {
        let _ = local_socket::send(connection.as_fd(), [b"half", &[]], &[]);
    }
    asked.is_well();
}

/// Those who do not take their answers get no more; the others do.
#[test]
fn who_takes_no_answer_stops_nobody() {
    let asked = Listening::start();
    let connection = asked.connect();
    for _ in 0..5000 {
        if local_socket::send(connection.as_fd(), [&asked.number, &query()], &[]).is_err() {
            std::thread::yield_now();
        }
    }
    asked.is_well();
}
