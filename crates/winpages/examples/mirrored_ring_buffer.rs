//! A ring buffer without a seam: its bytes are mapped twice, side by side.
//!
//! A record that runs past the end of the ring is in one piece all the same, so it is written and read
//! as it is, without a case for the two parts. One thread writes, another reads; each knows how far the
//! other is from a counter that lies in the section, too, so this works between two processes as well.
//!
//! ```text
//! cargo run --example mirrored_ring_buffer
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use winpages::{Error, MirroredView, Section, Shared, View};

/// How far the two have come since the beginning, in bytes.
#[repr(C)]
struct Counters {
    written: AtomicU64,
    read: AtomicU64,
}

// SAFETY: it consists of atomic numbers, and has C's layout.
unsafe impl Shared for Counters {}

struct Ring {
    bytes: MirroredView,
    control: View,
}

impl Ring {
    /// The first 64 KiB of the section are for the counters, the rest for the bytes.
    const CONTROL: usize = 64 << 10;

    fn new(section: &Section) -> Result<Self, Error> {
        Ok(Self {
            bytes: section.view().offset(Self::CONTROL as u64).map_mirrored()?,
            control: section.view().size(4096).map()?,
        })
    }

    fn counters(&self) -> Result<&Counters, Error> {
        self.control.shared(0)
    }

    /// Appends a record, and waits for room.
    fn push(&self, record: &[u8]) -> Result<(), Error> {
        let counters = self.counters()?;
        let written = counters.written.load(Ordering::Relaxed);
        let size = 4 + record.len() as u64;
        let capacity = self.bytes.len() as u64;
        while written + size - counters.read.load(Ordering::Acquire) > capacity {
            thread::yield_now();
        }
        let at = (written % capacity) as usize;
        self.bytes.write(at, &(record.len() as u32))?;
        self.bytes.write_at(at + 4, record)?; // however near the end
        counters.written.store(written + size, Ordering::Release);
        Ok(())
    }

    /// Takes the next record, and waits for one.
    fn pop(&self, record: &mut Vec<u8>) -> Result<(), Error> {
        let counters = self.counters()?;
        let read = counters.read.load(Ordering::Relaxed);
        while counters.written.load(Ordering::Acquire) == read {
            thread::yield_now();
        }
        let at = (read % self.bytes.len() as u64) as usize;
        let size = self.bytes.read::<u32>(at)? as usize;
        record.resize(size, 0);
        self.bytes.read_at(at + 4, record)?;
        counters
            .read
            .store(read + 4 + size as u64, Ordering::Release);
        Ok(())
    }
}

const RECORDS: u32 = 20_000;

fn record(number: u32) -> Vec<u8> {
    let size = 1 + number.wrapping_mul(2_654_435_761) % 1000;
    vec![number as u8; size as usize]
}

fn main() -> Result<(), Error> {
    let section = Section::options().size(128 << 10).create()?;
    // Each of the two maps it for itself, as two processes would.
    let (writer, reader) = (Ring::new(&section)?, Ring::new(&section)?);
    let bytes = thread::scope(|scope| {
        scope.spawn(move || -> Result<(), Error> {
            (0..RECORDS).try_for_each(|number| writer.push(&record(number)))
        });
        let mut taken = Vec::new();
        let mut bytes = 0;
        for number in 0..RECORDS {
            reader.pop(&mut taken)?;
            assert_eq!(taken, record(number));
            bytes += taken.len();
        }
        Ok::<_, Error>(bytes)
    })?;
    println!(
        "{RECORDS} records of {bytes} bytes in all went through a ring of {} bytes",
        reader.bytes.len()
    );
    Ok(())
}
