//! A supervisor that survives its worker's death.
//!
//! A worker moves money between two accounts that lie in shared memory, under a mutex. Now and then it
//! dies in the middle, with the mutex in its hands. The next to take the mutex, the supervisor, is told
//! so; it undoes the half-done transfer, which the worker had noted beforehand, and starts another
//! worker. No money is lost, and nobody waits for ever.
//!
//! ```text
//! cargo run --example surviving_supervisor
//! ```

use std::error::Error;
use std::process::Command;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use winpages::{Event, Mutex, Section, View};

/// What is shared: plain data, changed by whoever has the mutex.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct Bank {
    accounts: [u64; 2],
    /// What `accounts` was before the transfer that is being made.
    journal: [u64; 2],
    is_changing: u64,
    transfers: u64,
}

const MONEY: u64 = 1000;
const TRANSFERS: u64 = 300;
/// A worker dies in the middle of its transfer of this number.
const LIFE: u64 = 70;

struct Shared {
    mutex: Mutex,
    done: Event,
    /// Its name lives as long as somebody holds a handle: a view is none.
    _section: Section,
    view: View,
}

impl Shared {
    fn new(name: &str, create: bool) -> Result<Self, winpages::Error> {
        let mutex = Mutex::options().name(format!("{name}-mutex"));
        let done = Event::options()
            .name(format!("{name}-done"))
            .manual_reset(true);
        let section = Section::options().name(format!("{name}-bank")).size(4096);
        let (mutex, done, section) = if create {
            (mutex.create()?, done.create()?, section.create()?)
        } else {
            (mutex.open()?, done.open()?, section.open()?)
        };
        let view = section.view().map()?;
        if create {
            let accounts = [MONEY, 0];
            view.write(
                0,
                &Bank {
                    accounts,
                    ..Bank::default()
                },
            )?;
        }
        Ok(Self {
            mutex,
            done,
            _section: section,
            view,
        })
    }

    /// A step at a time, as real work would be, so that dying in between leaves it half done.
    fn transfer(&self, dies: bool) -> Result<(), winpages::Error> {
        let mut bank: Bank = self.view.read(0)?;
        bank.journal = bank.accounts;
        bank.is_changing = 1;
        self.view.write(0, &bank)?;
        let amount = bank.transfers % 7;
        let (from, to) = if bank.accounts[0] >= amount {
            (0, 1)
        } else {
            (1, 0)
        };
        bank.accounts[from] -= amount;
        self.view.write(0, &bank)?;
        if dies {
            // The mutex is not let go of.
            std::process::exit(1);
        }
        bank.accounts[to] += amount;
        bank.transfers += 1;
        bank.is_changing = 0;
        self.view.write(0, &bank)
    }
}

fn work(name: &str) -> Result<(), winpages::Error> {
    let shared = Shared::new(name, false)?;
    for number in 1.. {
        let _guard = shared.mutex.lock()?;
        if shared.view.read::<Bank>(0)?.transfers == TRANSFERS {
            break;
        }
        shared.transfer(number == LIFE)?;
    }
    shared.done.set()
}

fn supervise(name: &str) -> Result<(), Box<dyn Error>> {
    let shared = Shared::new(name, true)?;
    let mut deaths = 0;
    loop {
        let mut worker = Command::new(std::env::current_exe()?).arg(name).spawn()?;
        let status = worker.wait()?;
        let guard = shared.mutex.lock()?;
        if guard.was_abandoned() {
            deaths += 1;
            let mut bank: Bank = shared.view.read(0)?;
            if bank.is_changing != 0 {
                bank.accounts = bank.journal;
                bank.is_changing = 0;
                shared.view.write(0, &bank)?;
            }
        } else if !status.success() {
            return Err(format!("the worker failed: {status}").into());
        }
        let bank: Bank = shared.view.read(0)?;
        assert_eq!(bank.accounts.iter().sum::<u64>(), MONEY, "{bank:?}");
        drop(guard);
        if shared.done.wait_timeout(Duration::ZERO)? {
            println!(
                "{} transfers; {deaths} workers died in the middle of one; all {MONEY} are there",
                bank.transfers
            );
            return Ok(());
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(name) => Ok(work(&name)?),
        None => supervise(&format!(r"Local\supervisor-{}", std::process::id())),
    }
}
