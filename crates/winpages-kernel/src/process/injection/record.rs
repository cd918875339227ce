//! What others have allocated in a process that knows nothing of it.
//!
//! The kernel merges mappings that are alike, knows no reserved pages and no guard pages, and forgets how a mapping
//! began. So what it does not know stands in the process itself, in memory at an address that is the same
//! everywhere: whoever comes later finds it, it is copied by a fork, and it goes with the program.
//!
//! | at | what |
//! | --- | --- |
//! | 0 | [`MAGIC`] |
//! | 16 | how often the record was changed; the lowest bit says in which half it stands |
//! | 24 | where in the zone the first allocation was put |
//! | 4096 | one half: how many runs there are, and 32 bytes for each |
//! | 4096 + [`HALF`] | the other |
//!
//! A change writes the other half and then the count, so that who reads it, or is killed while he writes, leaves or
//! finds it whole.

use rustix::io::Errno;

use crate::NtStatus;
use crate::address_space::layout::{PAGE_SIZE, application_end};
use crate::address_space::{MemoryKind, PageRange, Protection};
use crate::sys::memory::Access;
use crate::sys::process_memory;

/// The name of the record and of its form.
const MAGIC: &[u8; 16] = b"winpages region2";

/// Where it is: the first of these that was free.
pub(in crate::process) const PLACES: [usize; 2] = [0x0FFF_0000_0000, 0x0FFE_0000_0000];

const HALF: usize = 512 << 10;
/// How much it takes, of which only what is written needs memory.
pub(in crate::process) const SIZE: usize = PAGE_SIZE + 2 * HALF;
const RUN_SIZE: usize = 32;
const MOST_RUNS: usize = HALF / RUN_SIZE - 1;

const COUNT_AT: usize = 16;

/// Pages that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) struct Run {
    pub start: usize,
    pub end: usize,
    /// Their protection, if they are committed.
    pub protection: Option<Protection>,
    pub allocation: Allocation,
}

impl Run {
    /// Its pages.
    pub fn range(&self) -> PageRange {
        PageRange {
            base: self.start,
            size: self.end - self.start,
        }
    }

    /// What they are to the processor.
    pub fn access(&self) -> Access {
        self.protection
            .map_or(Access::empty(), |given| given.access())
    }
}

/// What the pages were allocated as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) struct Allocation {
    pub base: usize,
    pub protection: Protection,
    pub made_of: MadeOf,
    /// Whether it took the place of a placeholder, and can become one again.
    pub is_in_placeholder: bool,
}

/// What an allocation is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) enum MadeOf {
    /// Memory of the process alone.
    PrivatePages,
    /// A view of memory.
    ViewOfMemory,
    /// A view of a file.
    ViewOfFile,
    /// Nothing: the place is kept for what will be.
    Placeholder,
    /// A view of a program image.
    Image,
    /// One of which nothing may be executed.
    ImageAsData,
}

impl Allocation {
    pub fn is_view(self) -> bool {
        self.kind() != MemoryKind::Private
    }

    pub fn kind(self) -> MemoryKind {
        match self.made_of {
            MadeOf::PrivatePages | MadeOf::Placeholder => MemoryKind::Private,
            MadeOf::ViewOfMemory | MadeOf::ViewOfFile => MemoryKind::Mapped,
            MadeOf::Image | MadeOf::ImageAsData => MemoryKind::Image,
        }
    }
}

/// What is recorded of a process.
#[derive(Clone, Debug, Default)]
pub(in crate::process) struct Record {
    /// Where in the process it stands; 0 if it has none yet.
    pub place: usize,
    count: u64,
    /// Where its allocations begin.
    pub zone_start: usize,
    /// In ascending order.
    pub runs: Vec<Run>,
}

impl Record {
    /// Reads a process's record; an empty one if it has none.
    ///
    /// # Errors
    ///
    /// [`NtStatus::UNSUCCESSFUL`] if what stands there is none any more,
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if the process has no memory any more, [`NtStatus::ACCESS_DENIED`].
    pub fn of(process: u32) -> Result<Self, NtStatus> {
        /// A change takes far less than reading does.
        const MOST_ATTEMPTS: usize = 100;
        for place in PLACES {
            for _ in 0..MOST_ATTEMPTS {
                let Some((count, zone_start)) = header(process, place)? else {
                    break;
                };
                let runs = runs(process, half(place, count))?;
                if header(process, place)? == Some((count, zone_start)) {
                    return Ok(Self {
                        place,
                        count,
                        zone_start,
                        runs: runs.ok_or(NtStatus::UNSUCCESSFUL)?,
                    });
                }
            }
        }
        Ok(Self::default())
    }

    /// What has to be written, and where, so that other runs stand in it: first the runs, then the header.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INSUFFICIENT_RESOURCES`] if there are too many.
    pub fn changed_to(&self, runs: &[Run]) -> Result<[(usize, Vec<u8>); 2], NtStatus> {
        if runs.len() > MOST_RUNS {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        let count = self.count.wrapping_add(1);
        let mut text = vec![0; RUN_SIZE];
        text[..8].copy_from_slice(&(runs.len() as u64).to_ne_bytes());
        for run in runs {
            for word in words(run) {
                text.extend(word.to_ne_bytes());
            }
        }
        let mut header = MAGIC.to_vec();
        header.extend(count.to_ne_bytes());
        header.extend(self.zone_start.to_ne_bytes());
        Ok([(half(self.place, count), text), (self.place, header)])
    }

    /// Where the count stands, and what it says.
    pub fn version(&self) -> (usize, [u8; 8]) {
        (self.place + COUNT_AT, self.count.to_ne_bytes())
    }

    /// The run that a page lies in.
    pub fn run_at(&self, page: usize) -> Option<&Run> {
        let next = self.runs.partition_point(|run| run.end <= page);
        self.runs.get(next).filter(|run| run.start <= page)
    }

    /// Where the run before a page that lies in none ends, and the next begins.
    pub fn gap_around(&self, page: usize) -> (usize, usize) {
        let next = self.runs.partition_point(|run| run.end <= page);
        let before = next
            .checked_sub(1)
            .map_or(0, |before| self.runs[before].end);
        let after = self.runs.get(next).map_or(usize::MAX, |run| run.start);
        (before, after)
    }

    /// All pages of the allocation that a run is of.
    pub fn range_of(&self, allocation: Allocation) -> PageRange {
        let runs = self.runs.iter();
        let of_it = runs.filter(|run| run.allocation.base == allocation.base);
        let end = of_it.map(|run| run.end).max().unwrap_or(allocation.base);
        PageRange {
            base: allocation.base,
            size: end - allocation.base,
        }
    }

    /// The runs of a range, cut to it, if it lies in one allocation.
    pub fn within_one(&self, range: PageRange) -> Option<Vec<Run>> {
        let allocation = self.run_at(range.base)?.allocation;
        let mut parts = Vec::new();
        let mut at = range.base;
        while at < range.end() {
            let run = self.run_at(at)?;
            if run.allocation != allocation {
                return None;
            }
            let end = run.end.min(range.end());
            parts.push(Run {
                start: at,
                end,
                ..*run
            });
            at = end;
        }
        Some(parts)
    }

    /// The runs without those of a range. What is left of an allocation that is cut in pieces is as many
    /// allocations.
    pub fn without(&self, range: PageRange) -> Vec<Run> {
        let mut rest = Vec::with_capacity(self.runs.len() + 2);
        for run in &self.runs {
            if run.start < range.base {
                let end = run.end.min(range.base);
                rest.push(Run { end, ..*run });
            }
            if run.end > range.end() {
                let start = run.start.max(range.end());
                let mut allocation = run.allocation;
                allocation.base = allocation.base.max(range.end());
                rest.push(Run {
                    start,
                    allocation,
                    ..*run
                });
            }
        }
        rest
    }

    /// The runs with others in the place of whatever lay there.
    pub fn with(&self, range: PageRange, protection: Option<Protection>) -> Vec<Run> {
        let mut all = Vec::with_capacity(self.runs.len() + 2);
        for run in &self.runs {
            let cut = |start: usize, end: usize| {
                let start = run.start.max(start);
                let end = run.end.min(end);
                (start < end).then_some(Run { start, end, ..*run })
            };
            all.extend(cut(0, range.base));
            all.extend(cut(range.base, range.end()).map(|run| Run { protection, ..run }));
            all.extend(cut(range.end(), usize::MAX));
        }
        joined(all)
    }

    /// The runs with a new allocation.
    pub fn with_allocation(
        &self,
        range: PageRange,
        protection: Option<Protection>,
        allocation: Allocation,
    ) -> Vec<Run> {
        self.with_parts(range, [(range, protection)], allocation)
    }

    /// The runs with a new allocation of parts that are not alike.
    pub fn with_parts(
        &self,
        range: PageRange,
        parts: impl IntoIterator<Item = (PageRange, Option<Protection>)>,
        allocation: Allocation,
    ) -> Vec<Run> {
        // What was recorded there the process has unmapped itself, or the place would not have been free.
        let mut all = self.without(range);
        all.extend(parts.into_iter().map(|(part, protection)| Run {
            start: part.base,
            end: part.end(),
            protection,
            allocation,
        }));
        all.sort_unstable_by_key(|run| run.start);
        joined(all)
    }
}

/// Neighbours that are alike, made one.
fn joined(runs: Vec<Run>) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        match all.last_mut() {
            Some(last)
                if last.end == run.start
                    && (last.protection, last.allocation) == (run.protection, run.allocation) =>
            {
                last.end = run.end;
            }
            _ => all.push(run),
        }
    }
    all
}

fn half(place: usize, count: u64) -> usize {
    place + PAGE_SIZE + HALF * (count & 1) as usize
}

/// Whether there was something to be read.
fn read(process: u32, from: usize, to: &mut [u8]) -> Result<bool, NtStatus> {
    // SAFETY: a buffer of this function's caller.
    match unsafe { process_memory::read_memory(process, from, to.as_mut_ptr(), to.len()) } {
        Ok(copied) => Ok(copied == to.len()),
        Err(Errno::SRCH) => Err(NtStatus::PROCESS_IS_TERMINATING),
        Err(Errno::PERM) => Err(NtStatus::ACCESS_DENIED),
        Err(_) => Ok(false),
    }
}

fn header(process: u32, place: usize) -> Result<Option<(u64, usize)>, NtStatus> {
    let mut header = [0; 32];
    let is_there = read(process, place, &mut header)?;
    let (words, _) = header.as_chunks::<8>();
    let (count, start) = (u64::from_ne_bytes(words[2]), usize::from_ne_bytes(words[3]));
    Ok((is_there && header.starts_with(MAGIC)).then_some((count, start)))
}

/// The runs in a half, if they are well formed: the process can write what it likes there.
fn runs(process: u32, half: usize) -> Result<Option<Vec<Run>>, NtStatus> {
    let mut count = [0; 8];
    let is_there = read(process, half, &mut count)?;
    let count = usize::try_from(u64::from_ne_bytes(count)).unwrap_or(usize::MAX);
    if !is_there || count > MOST_RUNS {
        return Ok(None);
    }
    let mut text = vec![0; count * RUN_SIZE];
    if !read(process, half + RUN_SIZE, &mut text)? {
        return Ok(None);
    }
    let (texts, _) = text.as_chunks::<RUN_SIZE>();
    let runs = texts.iter().map(run).collect::<Option<Vec<_>>>();
    let are_in_order = |runs: &Vec<Run>| runs.windows(2).all(|pair| pair[0].end <= pair[1].start);
    Ok(runs.filter(are_in_order))
}

const IS_COMMITTED: u64 = 1 << 32;
const IS_IN_PLACEHOLDER: u64 = 1 << 33;
const MADE_OF: u32 = 34;

fn words(run: &Run) -> [u64; RUN_SIZE / 8] {
    let mut facts = u64::from(run.allocation.protection.bits());
    facts |= (run.allocation.made_of as u64) << MADE_OF;
    let protection = run.protection.map_or(0, |given| u64::from(given.bits()));
    // A protection has no more than sixteen bits.
    facts |= protection << 16;
    facts |= u64::from(run.protection.is_some()) * IS_COMMITTED;
    facts |= u64::from(run.allocation.is_in_placeholder) * IS_IN_PLACEHOLDER;
    [
        run.start as u64,
        run.end as u64,
        run.allocation.base as u64,
        facts,
    ]
}

fn run(text: &[u8; RUN_SIZE]) -> Option<Run> {
    let (words, _) = text.as_chunks::<8>();
    let word = |index: usize| words.get(index).map(|word| u64::from_ne_bytes(*word));
    let address = |index| usize::try_from(word(index)?).ok();
    let (start, end, base, facts) = (address(0)?, address(1)?, address(2)?, word(3)?);
    let protection = |bits: u64| Protection::parse(bits as u32 & 0xFFFF).ok();
    let is_well_formed = base <= start
        && start < end
        && end <= application_end()
        && [start, end, base]
            .iter()
            .all(|at| at.is_multiple_of(PAGE_SIZE));
    if !is_well_formed {
        return None;
    }
    Some(Run {
        start,
        end,
        protection: match facts & IS_COMMITTED {
            0 => None,
            _ => Some(protection(facts >> 16)?),
        },
        allocation: Allocation {
            base,
            protection: protection(facts)?,
            made_of: match facts >> MADE_OF {
                0 => MadeOf::PrivatePages,
                1 => MadeOf::ViewOfMemory,
                2 => MadeOf::ViewOfFile,
                3 => MadeOf::Placeholder,
                4 => MadeOf::Image,
                5 => MadeOf::ImageAsData,
                _ => return None,
            },
            is_in_placeholder: facts & IS_IN_PLACEHOLDER != 0,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOCATION: Allocation = Allocation {
        base: 0x1_0000,
        protection: Protection::READWRITE,
        made_of: MadeOf::PrivatePages,
        is_in_placeholder: true,
    };

    fn range(base: usize, end: usize) -> PageRange {
        PageRange {
            base,
            size: end - base,
        }
    }

    fn record() -> Record {
        let mut record = Record::default();
        record.runs = record.with_allocation(range(0x1_0000, 0x2_0000), None, ALLOCATION);
        record
    }

    #[test]
    fn what_is_written_is_read() {
        let mut record = record();
        let guard = Some(Protection::READWRITE | Protection::GUARD);
        record.runs = record.with(range(0x1_2000, 0x1_4000), guard);
        let [(_, text), _] = record.changed_to(&record.runs).unwrap();
        let place = text.as_ptr() as usize;
        let read = runs(std::process::id(), place).unwrap().unwrap();
        assert_eq!(read, record.runs);
        assert_eq!(read.len(), 3);
        assert_eq!(read[1].protection, guard);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let good = words(&record().runs[0]);
        let parse = |words: [u64; 4]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            run(bytes.first_chunk().unwrap())
        };
        assert!(parse(good).is_some());
        for (index, word) in [
            (0, 0x1_0001),
            (0, 0x2_0000),
            (1, 0x1_0000),
            (1, u64::MAX),
            (2, 0x1_1000),
            (3, 0),
            (3, IS_COMMITTED | 0x04),
            (3, 6 << MADE_OF | 0x04),
        ] {
            let mut bad = good;
            bad[index] = word;
            assert_eq!(parse(bad), None, "{index} {word:#x}");
        }
    }

    #[test]
    fn a_piece_cut_out_leaves_two_allocations() {
        let record = record();
        let rest = record.without(range(0x1_4000, 0x1_8000));
        let bases: Vec<_> = rest.iter().map(|run| run.allocation.base).collect();
        assert_eq!(bases, [0x1_0000, 0x1_8000]);
        assert_eq!((rest[0].end, rest[1].start), (0x1_4000, 0x1_8000));
        assert!(record.without(range(0x1_0000, 0x2_0000)).is_empty());
    }

    #[test]
    fn runs_alike_are_joined() {
        let mut record = record();
        let committed = Some(Protection::READONLY);
        record.runs = record.with(range(0x1_2000, 0x1_4000), committed);
        record.runs = record.with(range(0x1_4000, 0x1_6000), committed);
        assert_eq!(record.runs.len(), 3);
        assert_eq!(record.run_at(0x1_5000).unwrap().start, 0x1_2000);
        record.runs = record.with(range(0x1_2000, 0x1_6000), None);
        assert_eq!(record.runs.len(), 1);
        assert_eq!(record.gap_around(0x3_0000), (0x2_0000, usize::MAX));
        assert_eq!(record.within_one(range(0x1_F000, 0x2_1000)), None);
    }
}
