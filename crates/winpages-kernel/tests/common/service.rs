//! What goes over the socket of a process that answers others, written by hand.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use winpages_kernel::sys::{local_socket, process_memory};

pub const ACCESS_DENIED: u32 = 0xC000_0022;

/// What its socket is called.
pub fn name(process: u32) -> Vec<u8> {
    format!("winpages-3-{process}").into_bytes()
}

/// Connects with it; nobody is kept waiting for ever, however many others wait.
pub fn connect(process: u32) -> OwnedFd {
    for _ in 0..5000 {
        if let Ok(connection) = local_socket::connect(&name(process)) {
            return connection;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it does not listen");
}

/// The number that it shows to those whom the kernel lets read it; what the kernel answers to others.
pub fn number(process: u32) -> Result<[u8; 16], rustix::io::Errno> {
    const PLACE: usize = 0x52F0_0000_0000;
    const MAGIC: &[u8] = b"winproof";
    const NUMBER_AT: usize = 24;
    let mut shown = [0; NUMBER_AT + 16];
    // It listens a moment before it shows it.
    loop {
        // SAFETY: this function's own bytes.
        let read =
            unsafe { process_memory::read_memory(process, PLACE, shown.as_mut_ptr(), shown.len()) };
        match read {
            Ok(read) if read == shown.len() && shown.starts_with(MAGIC) => break,
            Ok(_) | Err(rustix::io::Errno::FAULT) => std::thread::yield_now(),
            Err(errno) => return Err(errno),
        }
    }
    Ok(*shown.last_chunk().unwrap())
}

/// A request as bytes, without an object.
pub fn request(operation: u32, arguments: &[u64]) -> Vec<u8> {
    let count = arguments.len() as u64;
    let words = [&[u64::from(operation), count], arguments, &[0]].concat();
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The status that is answered to a message.
pub fn answer(connection: &OwnedFd, parts: [&[u8]; 2]) -> u32 {
    local_socket::send(connection.as_fd(), parts, &[]).unwrap();
    let limit = Duration::from_secs(60);
    assert!(
        local_socket::wait_readable(connection.as_fd(), limit),
        "no answer"
    );
    let answer = local_socket::receive(connection.as_fd(), &mut []).unwrap();
    u64::from_ne_bytes(*answer.bytes.first_chunk().unwrap()) as u32
}
