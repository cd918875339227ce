//! One process visits another.
//!
//! The visitor starts this program once more. The host only says at which address it has a function that reads a
//! note, and how it knows an event. The visitor looks around there, puts a note into the host's memory, makes it
//! read-only, has a thread of the host's read it, waits for the event, and takes the note away again.
//!
//! ```text
//! cargo run --example visit_another_process
//! ```

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use winpages::{Event, Process, Protection, Section, serve_requests};

/// What the host says of itself.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Host {
    /// The address of its function.
    read_note: u64,
    /// The value by which it knows its event.
    was_read: u64,
}

/// What the visitor leaves there.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Note {
    length: u64,
    text: [u8; 64],
}

impl Note {
    fn new(text: &str) -> Self {
        let mut note = Self::zeroed();
        note.length = text.len() as u64;
        note.text[..text.len()].copy_from_slice(text.as_bytes());
        note
    }
}

const LONG: Duration = Duration::from_secs(60);

static WAS_READ: OnceLock<Event> = OnceLock::new();

/// What a thread of the host's is to do: answers how long the note is.
extern "system" fn read_note(address: usize) -> u32 {
    // SAFETY: the visitor has put a note there, and takes it away when this has answered.
    let note = unsafe { core::ptr::with_exposed_provenance::<Note>(address).read() };
    let text = &note.text[..note.length as usize];
    println!("host: \"{}\"", String::from_utf8_lossy(text));
    match WAS_READ.get().map(Event::set) {
        Some(Ok(())) => note.length as u32,
        _ => 0,
    }
}

fn be_the_host(values: &[usize]) -> Result<(), Box<dyn Error>> {
    let &[section, ready, leave] = values else {
        return Err("what is inherited?".into());
    };
    // On Linux, handles and threads are for those who serve requests. A program compiled with `winpages cc` does.
    serve_requests(true);
    // SAFETY: the visitor's values, of objects of these kinds, taken over once.
    let (section, ready, leave) = unsafe {
        (
            Section::from_inherited(section, Protection::READWRITE)?,
            Event::from_inherited(ready)?,
            Event::from_inherited(leave)?,
        )
    };
    let was_read = WAS_READ.get_or_init(|| Event::new().expect("an event can be created"));
    let host = Host {
        read_note: read_note as extern "system" fn(usize) -> u32 as usize as u64,
        was_read: was_read.inherited_value() as u64,
    };
    section.view().map()?.write(0, &host)?;
    ready.set()?;
    leave.wait()?;
    Ok(())
}

fn visit() -> Result<(), Box<dyn Error>> {
    let section = Section::options().size(4096).create()?;
    let (ready, leave) = (Event::new()?, Event::new()?);
    let values = [
        section.inherited_value(),
        ready.inherited_value(),
        leave.inherited_value(),
    ];
    let host = Process::options(std::env::current_exe()?)
        .argument("host")
        .argument(values.map(|value| value.to_string()).join(" "))
        .inherit_section(&section)
        .inherit(&ready)
        .inherit(&leave)
        .start()?;
    if !ready.wait_timeout(LONG)? {
        return Err("the host does not answer".into());
    }
    let told: Host = section.view().map()?.read(0)?;

    // Looking around.
    println!(
        "visitor: {} has {} threads and {} modules, and {} KiB of it are in memory",
        host.program()?.display(),
        host.threads()?.len(),
        host.modules()?.len(),
        host.memory()?.working_set / 1024,
    );

    // A note that nobody changes any more.
    let there = host.allocate(size_of::<Note>(), Protection::READWRITE)?;
    // SAFETY: the host does not know of the memory yet.
    unsafe {
        host.write(there.start, &Note::new("Hello from the other side"))?;
        host.protect(there.clone(), Protection::READONLY)?;
    }
    println!(
        "visitor: {} bytes are {:?} there",
        there.len(),
        host.query(there.start)?.protection
    );

    // A thread of its own reads it, and says so by an event of its own.
    let was_read: Event = host.duplicate_from(told.was_read as usize)?;
    // SAFETY: it is the host's function for such a thread, and the note is where it is told.
    let thread = unsafe { host.start_thread(told.read_note as usize, there.start)? };
    if !was_read.wait_timeout(LONG)? || !thread.wait_timeout(LONG)? {
        return Err("the note was not read".into());
    }
    println!(
        "visitor: it has read {} letters",
        thread.exit_code()?.ok_or("it reads still")?
    );

    // SAFETY: the thread that has read it has ended.
    unsafe { host.release(there.start)? };
    leave.set()?;
    host.wait()?;
    println!("visitor: it ended with {:?}", host.exit_code()?);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("host"), Some(values)) => {
            let values: Result<Vec<_>, _> = values.split(' ').map(str::parse).collect();
            be_the_host(&values?)
        }
        _ => visit(),
    }
}
