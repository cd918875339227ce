//! Random numbers from the kernel.

use rustix::rand::{GetRandomFlags, getrandom};

/// Fills a buffer with random bytes.
pub fn fill(bytes: &mut [u8; 16]) {
    let (first, second) = bytes.split_at_mut(8);
    first.copy_from_slice(&number().to_ne_bytes());
    second.copy_from_slice(&number().to_ne_bytes());
}

/// A random number, or one made of the clock while the kernel has none yet at boot.
pub fn number() -> u64 {
    let mut bytes = [0u8; 8];
    match getrandom(&mut bytes, GetRandomFlags::NONBLOCK) {
        Ok(8) => u64::from_ne_bytes(bytes),
        _ => {
            let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
            (now.tv_nsec as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        }
    }
}
