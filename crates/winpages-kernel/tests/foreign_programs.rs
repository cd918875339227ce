//! Real programs in which memory is allocated by others hundreds of times: they do what they would have done. And
//! those in which it cannot be are left as they are.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::foreign::*;
use winpages_kernel::NtStatus;
use winpages_kernel::process::{free_virtual_memory, protect_virtual_memory, query_virtual_memory};

/// Four threads, a timer that goes off every five milliseconds, a child process, and a sum of all that was done.
const PYTHON: &str = r"
import hashlib, os, queue, select, signal, subprocess, sys, threading, time
ticks = 0
def tick(number, frame):
    global ticks
    ticks += 1
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
waiting, done = queue.Queue(), queue.Queue()
def work():
    while (item := waiting.get()) is not None:
        done.put((item, hashlib.sha256(b'%d' % item * 1000).hexdigest()))
workers = [threading.Thread(target=work) for _ in range(4)]
for worker in workers: worker.start()
print('ready', flush=True)
item = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    for _ in range(20):
        waiting.put(item); item += 1
    before = time.monotonic(); time.sleep(0.01)
    assert time.monotonic() - before >= 0.01
    if item % 400 == 0:
        assert subprocess.check_output(['echo', str(item)]) == b'%d\n' % item
for _ in workers: waiting.put(None)
for worker in workers: worker.join()
results = dict(done.get() for _ in range(item))
for number, found in results.items():
    assert found == hashlib.sha256(b'%d' % number * 1000).hexdigest()
assert ticks > 5 and sorted(results) == list(range(item))
signal.setitimer(signal.ITIMER_REAL, 0)
print('well', sys.stdin.readline().strip())
";

const ROUNDS: usize = 200;

#[test]
fn python_keeps_its_threads_timers_and_children() {
    let mut python = Foreign::start("python3", &["-c", PYTHON]);
    let mut output = BufReader::new(python.child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    for _ in 0..ROUNDS {
        change_memory(&python.target).unwrap();
    }
    python.assert_at_large();
    assert!(!python.maps().contains("0fff00000000-"));
    writeln!(python.child.stdin.take().unwrap(), "done").unwrap();
    line.clear();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "well done\n");
    assert!(python.child.wait().unwrap().success());
}

#[test]
fn bash_keeps_reading() {
    let mut bash = Foreign::start(
        "bash",
        &["-c", "while read a b; do echo $((a + b)); done; echo end"],
    );
    let mut output = BufReader::new(bash.child.stdout.take().unwrap());
    let mut input = bash.child.stdin.take().unwrap();
    for number in 0..ROUNDS {
        change_memory(&bash.target).unwrap();
        write!(input, "{number} ").unwrap();
        change_memory(&bash.target).unwrap();
        writeln!(input, "1").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{}\n", number + 1));
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "end\n");
    assert!(bash.child.wait().unwrap().success());
}

/// Sends every line back, turned round, in a thread for each connection.
const SERVER: &str = r"
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line[:-1][::-1] + b'\n')
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
server = Server(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever(poll_interval=0.05)
";

#[test]
fn a_server_under_load_loses_no_request() {
    let mut server = Foreign::start("python3", &["-c", SERVER]);
    let mut output = BufReader::new(server.child.stdout.take().unwrap());
    let mut port = String::new();
    output.read_line(&mut port).unwrap();
    let port: u16 = port.trim().parse().unwrap();
    let is_over = AtomicBool::new(false);
    let requests = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for client in 0..4 {
            let (is_over, requests) = (&is_over, &requests);
            scope.spawn(move || {
                for connection in 0.. {
                    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    let mut replies = BufReader::new(stream.try_clone().unwrap());
                    for number in 0..50 {
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                        let request =
                            format!("{client} {connection} {number} ").repeat(1 + number * 7);
                        writeln!(&stream, "{request}").unwrap();
                        let mut reply = String::new();
                        replies.read_line(&mut reply).unwrap();
                        assert!(
                            request
                                .chars()
                                .rev()
                                .eq(reply.trim_end_matches('\n').chars())
                        );
                        requests.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let mut rounds = 0;
        wait_until("the clients have asked", || {
            rounds += 1;
            change_memory(&server.target).unwrap();
            rounds >= ROUNDS && requests.load(Ordering::Relaxed) >= 500
        });
        is_over.store(true, Ordering::Relaxed);
    });
    server.assert_at_large();
    assert!(server.child.try_wait().unwrap().is_none());
}

#[test]
fn a_stopped_process_is_served_and_stays_stopped() {
    let bash = Foreign::start("bash", &["-c", "read line; echo $line"]);
    bash.settle();
    let number = bash.number() as i32;
    // SAFETY: a signal to a child of this test.
    unsafe { libc::kill(number, libc::SIGSTOP) };
    let is_stopped = || status(bash.number(), "State:").starts_with('T');
    wait_until("it stops", is_stopped);
    for _ in 0..20 {
        change_memory(&bash.target).unwrap();
        wait_until("it is stopped again", is_stopped);
        assert_eq!(status(bash.number(), "TracerPid:"), "0");
    }
    // SAFETY: as above.
    unsafe { libc::kill(number, libc::SIGCONT) };
    wait_until("it goes on", || {
        status(bash.number(), "State:").starts_with('S')
    });
    assert_eq!(bash.finish("well"), "well\n");
}

/// What is refused where nothing can be done.
fn assert_refused(foreign: &Foreign, status: NtStatus) {
    let target = &foreign.target;
    let own = foreign.maps();
    let own = usize::from_str_radix(own.split('-').next().unwrap(), 16).unwrap();
    assert_eq!(allocate(target, 0, 1, RESERVE, 0x04), Err(status));
    assert_eq!(
        protect_virtual_memory(target, own, 1, 0x02).map(drop),
        Err(status)
    );
    // There is nothing to be freed, so nothing has to be done.
    let freed = free_virtual_memory(target, own, 0, RELEASE).map(drop);
    assert_eq!(freed, Err(NtStatus::MEMORY_NOT_ALLOCATED));
    assert!(query_virtual_memory(target, own).is_ok());
}

#[test]
fn who_is_traced_by_others_is_left_to_them() {
    let bash = Foreign::start("bash", &["-c", "read line; echo $line"]);
    bash.settle();
    let number = bash.number();
    let trace = |request, data: usize| {
        // SAFETY: numbers only, to a child of this test.
        unsafe { libc::ptrace(request, number as libc::pid_t, 0usize, data) }
    };
    assert_eq!(trace(libc::PTRACE_SEIZE, 0), 0);
    assert_refused(&bash, NtStatus::ACCESS_DENIED);
    // Running or stopped.
    assert_eq!(trace(libc::PTRACE_INTERRUPT, 0), 0);
    wait_until("it stops", || trace(libc::PTRACE_DETACH, 0) == 0);
    change_memory(&bash.target).unwrap();
    assert_eq!(bash.finish("well"), "well\n");
}

/// A program of 32 bits that waits for ever: `pause` in a loop.
fn program_of_32_bits() -> Vec<u8> {
    const BASE: u32 = 0x0804_8000;
    // mov eax, 29; int 0x80; jmp back
    const CODE: [u8; 9] = [0xB8, 29, 0, 0, 0, 0xCD, 0x80, 0xEB, 0xF7];
    const HEADERS: u32 = 52 + 32;
    let mut file = vec![0x7F, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let half = |file: &mut Vec<u8>, numbers: &[u16]| {
        file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    };
    let words = |file: &mut Vec<u8>, numbers: &[u32]| {
        file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    };
    half(&mut file, &[2, 3]);
    words(&mut file, &[1, BASE + HEADERS, 52, 0, 0]);
    half(&mut file, &[52, 32, 1, 40, 0, 0]);
    let size = HEADERS + CODE.len() as u32;
    words(&mut file, &[1, 0, BASE, BASE, size, size, 5, 0x1000]);
    file.extend(CODE);
    file
}

#[test]
fn programs_of_32_bits_are_refused() {
    let scratch = common::Scratch::new();
    let path = scratch.0.join("program");
    fs::write(&path, program_of_32_bits()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    if Command::new(&path)
        .spawn()
        .map(|mut child| child.kill())
        .is_err()
    {
        // This kernel runs no such programs.
        return;
    }
    let foreign = Foreign::start(path.to_str().unwrap(), &[]);
    wait_until("it runs", || {
        status(foreign.number(), "State:").starts_with('S')
    });
    assert_refused(&foreign, NtStatus::NOT_SUPPORTED);
    foreign.assert_at_large();
}
