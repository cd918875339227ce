//! Two processes do at random what can be done with sections, and die at random; after each step all that
//! can be seen is what a model of bytes and lifetimes says.

#![allow(missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use common::random::Random;
use common::*;
use winpages_kernel::address_space::{
    self, AddressRequirements, MemoryState, PageRange, Protection, query_virtual_memory,
};
use winpages_kernel::section::{
    self, CreateSection, Disposition, MapView, ViewType, create_section,
};
use winpages_kernel::{Handle, NtStatus};

const TEST: &str = "two_processes_agree_with_a_model";
const PAGE: usize = 4096;
/// Pages between two offsets that a view can start at.
const STRIDE: usize = 16;
const SEC_COMMIT: u32 = 0x0800_0000;
const SEC_RESERVE: u32 = 0x0400_0000;
const STEPS: usize = 30_000;
const NAMES: usize = 3;

/// What a process is told to do. Pages of a view are counted from its start.
#[derive(Clone, Copy, Debug)]
enum Command {
    Create {
        name: usize,
        reserve: bool,
        pages: usize,
    },
    Open {
        name: usize,
    },
    Close {
        handle: usize,
    },
    Map {
        handle: usize,
        first: usize,
        protection: Protection,
    },
    Unmap {
        view: usize,
    },
    Write {
        view: usize,
        page: usize,
        value: u8,
    },
    Read {
        view: usize,
        page: usize,
    },
    Query {
        view: usize,
        page: usize,
    },
    Commit {
        view: usize,
        page: usize,
        count: usize,
        protection: Protection,
    },
    Protect {
        view: usize,
        page: usize,
        protection: Protection,
    },
}

/// What it answers: a number, or a status.
type Answer = Result<u64, NtStatus>;

impl Command {
    fn words(self) -> Vec<u64> {
        let word = |value: usize| value as u64;
        let bits = |protection: Protection| u64::from(protection.bits());
        match self {
            Self::Create {
                name,
                reserve,
                pages,
            } => vec![0, word(name), reserve.into(), word(pages)],
            Self::Open { name } => vec![1, word(name)],
            Self::Close { handle } => vec![2, word(handle)],
            Self::Map {
                handle,
                first,
                protection,
            } => vec![3, word(handle), word(first), bits(protection)],
            Self::Unmap { view } => vec![4, word(view)],
            Self::Write { view, page, value } => vec![5, word(view), word(page), value.into()],
            Self::Read { view, page } => vec![6, word(view), word(page)],
            Self::Query { view, page } => vec![7, word(view), word(page)],
            Self::Commit {
                view,
                page,
                count,
                protection,
            } => {
                vec![8, word(view), word(page), word(count), bits(protection)]
            }
            Self::Protect {
                view,
                page,
                protection,
            } => {
                vec![9, word(view), word(page), bits(protection)]
            }
        }
    }

    fn of(words: &[u64]) -> Self {
        let word = |index: usize| words[index] as usize;
        let bits = |index: usize| Protection::from_bits_retain(words[index] as u32);
        match words[0] {
            0 => Self::Create {
                name: word(1),
                reserve: words[2] != 0,
                pages: word(3),
            },
            1 => Self::Open { name: word(1) },
            2 => Self::Close { handle: word(1) },
            3 => Self::Map {
                handle: word(1),
                first: word(2),
                protection: bits(3),
            },
            4 => Self::Unmap { view: word(1) },
            5 => Self::Write {
                view: word(1),
                page: word(2),
                value: words[3] as u8,
            },
            6 => Self::Read {
                view: word(1),
                page: word(2),
            },
            7 => Self::Query {
                view: word(1),
                page: word(2),
            },
            8 => Self::Commit {
                view: word(1),
                page: word(2),
                count: word(3),
                protection: bits(4),
            },
            9 => Self::Protect {
                view: word(1),
                page: word(2),
                protection: bits(3),
            },
            other => panic!("command {other}"),
        }
    }
}

/// The process that does it.
#[derive(Default)]
struct Doer {
    handles: Vec<Option<Handle>>,
    views: Vec<Option<PageRange>>,
}

impl Doer {
    fn run() {
        let mut doer = Self::default();
        // The harness has begun a line of its own.
        println!("\nready");
        for line in std::io::stdin().lines() {
            let words: Vec<u64> = line
                .unwrap()
                .split_whitespace()
                .map(|word| word.parse().unwrap())
                .collect();
            match doer.execute(Command::of(&words)) {
                Ok(value) => println!("ok {value}"),
                Err(status) => println!("status {}", status.code()),
            }
        }
    }

    fn at(&self, view: usize, page: usize) -> usize {
        self.views[view].unwrap().base + page * PAGE
    }

    fn execute(&mut self, command: Command) -> Answer {
        match command {
            Command::Create {
                name,
                reserve,
                pages,
            } => {
                let flags = if reserve { SEC_RESERVE } else { SEC_COMMIT };
                let size = (pages * PAGE) as u64;
                let (handle, disposition) = create_section(&CreateSection {
                    flags,
                    ..request(&format!("model {name}"), size)
                })?;
                self.handles.push(Some(handle));
                Ok((disposition == Disposition::Existing).into())
            }
            Command::Open { name } => {
                self.handles.push(Some(open(&format!("model {name}"))?));
                Ok(0)
            }
            Command::Close { handle } => {
                close(self.handles[handle].take().unwrap());
                Ok(0)
            }
            Command::Map {
                handle,
                first,
                protection,
            } => {
                let range = section::map_view_of_section(&MapView {
                    section: self.handles[handle].unwrap(),
                    base: 0,
                    offset: (first * PAGE) as u64,
                    size: 0,
                    protection,
                    requirements: AddressRequirements::default(),
                    kind: ViewType::empty(),
                })?;
                self.views.push(Some(range));
                Ok((range.size / PAGE) as u64)
            }
            Command::Unmap { view } => {
                let range = self.views[view].take().unwrap();
                section::unmap_view_of_section(range.base + 5)?;
                Ok(0)
            }
            Command::Write { view, page, value } => {
                // SAFETY: the conductor knows by its model that the page can be written.
                unsafe { ((self.at(view, page) + 7) as *mut u8).write_volatile(value) };
                Ok(0)
            }
            Command::Read { view, page } => {
                // SAFETY: the same for reading.
                Ok(unsafe { ((self.at(view, page) + 7) as *const u8).read_volatile() }.into())
            }
            Command::Query { view, page } => {
                let region = query_virtual_memory(self.at(view, page))?;
                Ok(match region.state {
                    MemoryState::Commit => u64::from(region.protection.unwrap().bits()),
                    MemoryState::Reserve => 0,
                    MemoryState::Free => u64::MAX,
                })
            }
            Command::Commit {
                view,
                page,
                count,
                protection,
            } => {
                let (at, size) = (self.at(view, page), count * PAGE);
                address_space::allocate_virtual_memory(at, size, 0x1000, protection.bits())?;
                Ok(0)
            }
            Command::Protect {
                view,
                page,
                protection,
            } => {
                let at = self.at(view, page);
                let (_, old) = address_space::protect_virtual_memory(at, PAGE, protection.bits())?;
                Ok(old.bits().into())
            }
        }
    }
}

/// A process of that kind, and the pipes to it.
struct Worker {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start() -> Self {
        let mut child = helper(TEST, "does")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut worker = Self {
            commands: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        while worker.line() != "ready" {}
        worker
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(
            self.answers.read_line(&mut line).unwrap(),
            0,
            "a process has ended"
        );
        line.trim().to_owned()
    }

    fn ask(&mut self, command: Command) -> Answer {
        let words: Vec<String> = command.words().iter().map(u64::to_string).collect();
        writeln!(self.commands, "{}", words.join(" ")).unwrap();
        let line = self.line();
        match line.split_once(' ') {
            Some(("ok", value)) => Ok(value.parse().unwrap()),
            Some(("status", code)) => Err(NtStatus::from_code(code.parse().unwrap())),
            _ => panic!("{line}"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A section as the model has it: a byte for each page.
struct ModelSection {
    bytes: Vec<u8>,
    committed: Vec<bool>,
}

struct ModelView {
    section: usize,
    first: usize,
    pages: usize,
    mapped: Protection,
    /// What a page of this view has been given.
    given: BTreeMap<usize, Protection>,
    /// Pages that have been copied, and what is in them.
    copies: BTreeMap<usize, u8>,
}

#[derive(Default)]
struct ModelProcess {
    /// What each handle leads to, and the name that it holds.
    handles: Vec<Option<(usize, usize)>>,
    views: Vec<Option<ModelView>>,
}

#[derive(Default)]
struct Model {
    sections: Vec<ModelSection>,
    processes: [ModelProcess; 2],
}

impl Model {
    /// The section that has a name: a handle anywhere keeps it.
    fn named(&self, name: usize) -> Option<usize> {
        let handles = self.processes.iter().flat_map(|process| &process.handles);
        handles
            .flatten()
            .find(|(_, held)| *held == name)
            .map(|(section, _)| *section)
    }

    fn view(&self, process: usize, view: usize) -> &ModelView {
        self.processes[process].views[view].as_ref().unwrap()
    }

    /// The protection of a page of a view; `None` if it is not committed.
    fn protection(&self, process: usize, view: usize, page: usize) -> Option<Protection> {
        let view = self.view(process, view);
        let is_committed = self.sections[view.section].committed[view.first + page];
        is_committed.then(|| view.given.get(&page).copied().unwrap_or(view.mapped))
    }

    /// The same as VirtualQuery says it: what has been copied is plainly writable.
    fn reported(&self, process: usize, view: usize, page: usize) -> Option<Protection> {
        let protection = self.protection(process, view, page)?;
        let is_copied = self.view(process, view).copies.contains_key(&page);
        Some(if is_copied && protection == Protection::WRITECOPY {
            Protection::READWRITE
        } else {
            protection
        })
    }

    fn allows(mapped: Protection, new: Protection) -> bool {
        match new {
            Protection::READWRITE => mapped == Protection::READWRITE,
            _ => true,
        }
    }

    /// What the process must answer; `None` for what it must not be asked, for it would not live.
    fn execute(&mut self, process: usize, command: Command) -> Option<Answer> {
        Some(match command {
            Command::Create {
                name,
                reserve,
                pages,
            } => {
                let existing = self.named(name);
                let section = existing.unwrap_or_else(|| {
                    self.sections.push(ModelSection {
                        bytes: vec![0; pages],
                        committed: vec![!reserve; pages],
                    });
                    self.sections.len() - 1
                });
                self.processes[process].handles.push(Some((section, name)));
                Ok(existing.is_some().into())
            }
            Command::Open { name } => match self.named(name) {
                Some(section) => {
                    self.processes[process].handles.push(Some((section, name)));
                    Ok(0)
                }
                None => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
            },
            Command::Close { handle } => {
                self.processes[process].handles[handle] = None;
                Ok(0)
            }
            Command::Map {
                handle,
                first,
                protection,
            } => {
                let (section, _) = self.processes[process].handles[handle].unwrap();
                let Some(pages) = self.sections[section].bytes.len().checked_sub(first) else {
                    return Some(Err(NtStatus::INVALID_VIEW_SIZE));
                };
                if pages == 0 {
                    return Some(Err(NtStatus::INVALID_VIEW_SIZE));
                }
                self.processes[process].views.push(Some(ModelView {
                    section,
                    first,
                    pages,
                    mapped: protection,
                    given: BTreeMap::new(),
                    copies: BTreeMap::new(),
                }));
                Ok(pages as u64)
            }
            Command::Unmap { view } => {
                self.processes[process].views[view] = None;
                Ok(0)
            }
            Command::Write { view, page, value } => {
                let protection = self.protection(process, view, page)?;
                let there = self.processes[process].views[view].as_mut().unwrap();
                match protection {
                    Protection::READWRITE => {
                        self.sections[there.section].bytes[there.first + page] = value;
                    }
                    Protection::WRITECOPY => {
                        there.copies.insert(page, value);
                    }
                    _ => return None,
                }
                Ok(0)
            }
            Command::Read { view, page } => {
                let protection = self.protection(process, view, page)?;
                if protection == Protection::NOACCESS {
                    return None;
                }
                let view = self.view(process, view);
                let shared = self.sections[view.section].bytes[view.first + page];
                Ok(view.copies.get(&page).copied().unwrap_or(shared).into())
            }
            Command::Query { view, page } => Ok(self
                .reported(process, view, page)
                .map_or(0, |protection| protection.bits().into())),
            Command::Commit {
                view,
                page,
                count,
                protection,
            } => {
                let there = self.processes[process].views[view].as_mut().unwrap();
                if !Self::allows(there.mapped, protection) {
                    return Some(Err(NtStatus::INVALID_PAGE_PROTECTION));
                }
                for page in page..page + count {
                    there.given.insert(page, protection);
                    self.sections[there.section].committed[there.first + page] = true;
                }
                Ok(0)
            }
            Command::Protect {
                view,
                page,
                protection,
            } => {
                if !Self::allows(self.view(process, view).mapped, protection) {
                    return Some(Err(NtStatus::INVALID_PAGE_PROTECTION));
                }
                let Some(old) = self.reported(process, view, page) else {
                    return Some(Err(NtStatus::NOT_COMMITTED));
                };
                let there = self.processes[process].views[view].as_mut().unwrap();
                there.given.insert(page, protection);
                Ok(old.bits().into())
            }
        })
    }
}

/// The places in a list that are in use.
fn living<T>(all: &[Option<T>]) -> Vec<usize> {
    let used = all.iter().enumerate().filter(|(_, one)| one.is_some());
    used.map(|(index, _)| index).collect()
}

/// Something that makes sense now, if there is.
fn choose(random: &mut Random, model: &Model, process: usize) -> Option<Command> {
    let here = &model.processes[process];
    let (handles, views) = (living(&here.handles), living(&here.views));
    let name = random.below(NAMES);
    match random.below(24) {
        0 | 1 if handles.len() < 6 => {
            return Some(Command::Create {
                name,
                reserve: random.below(2) == 0,
                pages: 1 + random.below(2 * STRIDE),
            });
        }
        2 | 3 if handles.len() < 6 => return Some(Command::Open { name }),
        4 if !handles.is_empty() => {
            return Some(Command::Close {
                handle: random.one_of(&handles),
            });
        }
        5 | 6 if !handles.is_empty() && views.len() < 8 => {
            return Some(Command::Map {
                handle: random.one_of(&handles),
                first: random.below(2) * STRIDE,
                protection: random.one_of(&[
                    Protection::READWRITE,
                    Protection::READWRITE,
                    Protection::READONLY,
                    Protection::WRITECOPY,
                ]),
            });
        }
        _ => {}
    }
    if views.is_empty() {
        return None;
    }
    let view = random.one_of(&views);
    let there = model.view(process, view);
    let page = random.below(there.pages);
    // What a page of a shared view keeps after it was copy-on-write is told elsewhere.
    let protections: &[Protection] = match there.mapped {
        Protection::WRITECOPY => &[
            Protection::WRITECOPY,
            Protection::READONLY,
            Protection::NOACCESS,
            Protection::READWRITE,
        ],
        _ => &[
            Protection::READWRITE,
            Protection::READONLY,
            Protection::NOACCESS,
        ],
    };
    Some(match random.below(16) {
        0 => Command::Unmap { view },
        1..=5 => Command::Write {
            view,
            page,
            value: random.below(256) as u8,
        },
        6..=9 => Command::Read { view, page },
        10..=12 => Command::Query { view, page },
        13 => Command::Protect {
            view,
            page,
            protection: random.one_of(protections),
        },
        _ => Command::Commit {
            view,
            page,
            count: 1 + random.below((there.pages - page).min(3)),
            protection: random.one_of(protections),
        },
    })
}

#[test]
fn two_processes_agree_with_a_model() {
    if role().is_some() {
        return Doer::run();
    }
    if !alone(TEST) {
        return;
    }
    for seed in [0x5EED_0001_0203_0405u64, 0xFACE_1122_3344_5566] {
        let mut random = Random(seed);
        let mut model = Model::default();
        let mut workers = [Worker::start(), Worker::start()];
        let mut done = 0;
        for step in 0..STEPS {
            let process = random.below(2);
            if random.below(300) == 0 {
                // It dies in the middle of things; what it had is gone, and nothing else.
                workers[process] = Worker::start();
                model.processes[process] = ModelProcess::default();
                continue;
            }
            let Some(command) = choose(&mut random, &model, process) else {
                continue;
            };
            let Some(expected) = model.execute(process, command) else {
                continue;
            };
            let answer = workers[process].ask(command);
            assert_eq!(
                answer, expected,
                "seed {seed:#x}, step {step}: process {process}, {command:x?}"
            );
            done += 1;
        }
        assert!(done > STEPS / 2);
        // The names go with the last handles, and so does what the dead have left.
        drop(workers);
        winpages_kernel::object::namespace::sweep().unwrap();
        assert!(files().is_empty(), "{:?}", files());
    }
}
