//! A checkpoint that saves only what changed: the system says which pages were written.
//!
//! The first checkpoint saves all pages in use, each further one only those that were written since. To
//! restore is to lay the checkpoints over one another.
//!
//! ```text
//! cargo run --example incremental_checkpoint
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};

use winpages::Reservation;

/// A program's state: memory that lives at one place and is written at random.
struct State {
    memory: Reservation,
}

impl State {
    const SIZE: usize = 64 << 20;

    fn new() -> Result<Self, winpages::Error> {
        let memory = Reservation::options()
            .size(Self::SIZE)
            .commit(true)
            .watch_writes(true)
            .reserve()?;
        Ok(Self { memory })
    }

    /// Appends what was written since the last time to a file; answers how many bytes.
    ///
    /// What another thread wrote meanwhile would be in this checkpoint or the next: a program with
    /// several stops them here for a moment.
    fn checkpoint(&mut self, file: &mut File) -> Result<usize, Box<dyn Error>> {
        let mut file = BufWriter::new(file);
        let mut saved = 0;
        for run in self.memory.take_written(..)? {
            file.write_all(&(run.start as u64).to_le_bytes())?;
            file.write_all(&(run.len() as u64).to_le_bytes())?;
            saved += run.len();
            file.write_all(self.memory.slice(run)?)?;
        }
        file.flush()?;
        Ok(saved)
    }

    fn restore(file: &mut File) -> Result<Self, Box<dyn Error>> {
        let mut state = Self::new()?;
        file.rewind()?;
        let mut file = BufReader::new(file);
        let mut word = [0; 8];
        while !file.fill_buf()?.is_empty() {
            file.read_exact(&mut word)?;
            let start = u64::from_le_bytes(word) as usize;
            file.read_exact(&mut word)?;
            let size = u64::from_le_bytes(word) as usize;
            file.read_exact(state.memory.slice_mut(start..start + size)?)?;
        }
        // What has been restored needs no saving.
        state.memory.forget_written(..)?;
        Ok(state)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = tempfile::tempfile()?;
    let mut state = State::new()?;
    for page in 0..1000 {
        state.memory.write(page * 4096, &(page as u64))?;
    }
    let first = state.checkpoint(&mut file)?;
    for page in (0..1000).step_by(100) {
        state.memory.write(page * 4096 + 8, &1u64)?;
    }
    let second = state.checkpoint(&mut file)?;
    let third = state.checkpoint(&mut file)?;
    println!(
        "of {} KiB, the first checkpoint saved {} KiB, the second {} KiB, the third {third}",
        State::SIZE / 1024,
        first / 1024,
        second / 1024,
    );

    let restored = State::restore(&mut file)?;
    assert_eq!(restored.memory.slice(..)?, state.memory.slice(..)?);
    Ok(())
}
