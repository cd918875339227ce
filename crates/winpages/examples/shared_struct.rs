//! Two processes share a struct.
//!
//! The first creates a named section and starts this program once more; the second opens the section
//! by its name. A sequence number tells the reader when it has copied a struct that was whole: odd
//! while it is being written, and the same before and after a good copy.
//!
//! ```text
//! cargo run --example shared_struct
//! ```

use std::error::Error;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::thread;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use winpages::{Section, View};

/// What is shared: plain data of a fixed layout, without pointers.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
struct Telemetry {
    tick: u64,
    temperature: f32,
    pressure: f32,
}

/// Where in the section things are.
const SEQUENCE: usize = 0;
const TELEMETRY: usize = 64;

const LAST_TICK: u64 = 1000;

/// What a tick's telemetry is, so that the reader can tell a whole struct from a torn one.
fn telemetry(tick: u64) -> Telemetry {
    Telemetry {
        tick,
        temperature: 20.0 + tick as f32 / 10.0,
        pressure: 1013.0 - tick as f32 / 10.0,
    }
}

fn publish(view: &View, sequence: &AtomicU32, data: &Telemetry) -> Result<(), winpages::Error> {
    let before = sequence.load(Ordering::Relaxed);
    sequence.store(before + 1, Ordering::Relaxed);
    fence(Ordering::Release);
    view.write(TELEMETRY, data)?;
    sequence.store(before + 2, Ordering::Release);
    Ok(())
}

fn latest(view: &View, sequence: &AtomicU32) -> Result<Telemetry, winpages::Error> {
    loop {
        let before = sequence.load(Ordering::Acquire);
        let data = view.read(TELEMETRY)?;
        fence(Ordering::Acquire);
        if before.is_multiple_of(2) && sequence.load(Ordering::Relaxed) == before {
            return Ok(data);
        }
        std::hint::spin_loop();
    }
}

fn write(name: &str) -> Result<(), Box<dyn Error>> {
    let section = Section::options().name(name).size(4096).create()?;
    let view = section.view().map()?;
    publish(&view, view.atomic_u32(SEQUENCE)?, &telemetry(0))?;
    let mut reader = Command::new(std::env::current_exe()?).arg(name).spawn()?;
    // Goes on until the reader has seen enough.
    let mut tick = 0;
    let status = loop {
        tick = (tick + 1).min(LAST_TICK);
        publish(&view, view.atomic_u32(SEQUENCE)?, &telemetry(tick))?;
        thread::sleep(Duration::from_micros(50));
        if let Some(status) = reader.try_wait()? {
            break status;
        }
    };
    if status.success() {
        Ok(())
    } else {
        Err(format!("the reader failed: {status}").into())
    }
}

fn read(name: &str) -> Result<(), Box<dyn Error>> {
    let view = Section::options().name(name).open()?.view().map()?;
    let sequence = view.atomic_u32(SEQUENCE)?;
    let mut copies = 0;
    loop {
        let data = latest(&view, sequence)?;
        assert_eq!(data, telemetry(data.tick), "a torn copy");
        copies += 1;
        if data.tick == LAST_TICK {
            println!(
                "process {} read {copies} whole copies, last {data:?}",
                std::process::id()
            );
            return Ok(());
        }
        thread::sleep(Duration::from_micros(50));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(name) => read(&name),
        None => write(&format!(r"Local\shared-struct-{}", std::process::id())),
    }
}
