//! A turn passed to another process and back: by two events, and by two channels of iceoryx2, in one run.

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use iceoryx2::prelude::*;
use kernel32::event::{CreateEventW, SetEvent};
use kernel32::wait::WaitForSingleObject;

const TURNS: u64 = 100;
const ROUNDS: u64 = 2000;

fn event(name: &str) -> usize {
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the name is NUL-terminated.
    unsafe { CreateEventW(std::ptr::null(), 0, 0, name.as_ptr()) }
}

fn main() -> Result<(), Box<dyn Error>> {
    let is_partner = std::env::args().nth(1).is_some();
    let (there, back) = (event("peer there"), event("peer back"));
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let channel = |name: &str| -> Result<_, Box<dyn Error>> {
        let builder = node.service_builder(&name.try_into()?);
        Ok(builder.publish_subscribe::<u64>().open_or_create()?)
    };
    let (out, home) = (channel("peer there")?, channel("peer back")?);
    if is_partner {
        let (subscriber, publisher) = (
            out.subscriber_builder().create()?,
            home.publisher_builder().create()?,
        );
        SetEvent(back);
        for _ in 0..TURNS {
            for _ in 0..ROUNDS {
                WaitForSingleObject(there, u32::MAX);
                SetEvent(back);
            }
            let mut passed = 0;
            while passed < ROUNDS {
                if let Some(sample) = subscriber.receive()? {
                    publisher.send_copy(*sample)?;
                    passed += 1;
                }
            }
        }
        return Ok(());
    }
    let (subscriber, publisher) = (
        home.subscriber_builder().create()?,
        out.publisher_builder().create()?,
    );
    let mut partner = Command::new(std::env::current_exe()?)
        .arg("partner")
        .spawn()?;
    WaitForSingleObject(back, u32::MAX);
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..TURNS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            SetEvent(there);
            WaitForSingleObject(back, u32::MAX);
        }
        ours.push(start.elapsed().as_nanos() as u64 / ROUNDS);
        let start = Instant::now();
        for round in 0..ROUNDS {
            publisher.send_copy(round)?;
            while subscriber.receive()?.is_none() {
                std::hint::spin_loop();
            }
        }
        theirs.push(start.elapsed().as_nanos() as u64 / ROUNDS);
    }
    partner.wait()?;
    for (name, mut times) in [("events", ours), ("iceoryx2", theirs)] {
        times.sort_unstable();
        println!(
            "{name}: least {} ns, median {} ns",
            times[0],
            times[times.len() / 2]
        );
    }
    Ok(())
}
