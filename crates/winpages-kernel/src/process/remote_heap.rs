//! The heaps of another process, which walks them itself.

use super::Target;
use super::remote::{status, words};
use super::service::{LIST_HEAPS, Parcel, WALK_HEAP};
use crate::NtStatus;
use crate::heap::{self, Entry, EntryKind, HeapHandle};

/// The heaps of a process; the one that GetProcessHeap answers there comes first.
///
/// # Errors
///
/// [`NtStatus::PROCESS_IS_TERMINATING`] for a process that has ended, [`NtStatus::ACCESS_DENIED`] for one that
/// is no winpages process, or that refuses, [`NtStatus::IO_TIMEOUT`] for one that stands still.
pub fn heaps(target: &Target) -> Result<Vec<HeapHandle>, NtStatus> {
    let raw = match target {
        Target::Own => list(),
        Target::Other(other) => other.ask(LIST_HEAPS, Vec::new()).map_err(status)?.words,
    };
    let handles = raw
        .into_iter()
        .map(|raw| HeapHandle::from_raw(raw as usize));
    Ok(handles.collect())
}

/// The heaps of this process, as an answer.
pub(super) fn list() -> Vec<u64> {
    /// As many as an answer has room for.
    const MOST: usize = 4000;
    let default = heap::process_heap().ok();
    let mut heaps: Vec<u64> = default.iter().map(|heap| heap.as_raw() as u64).collect();
    heap::for_each(|one| {
        if Some(one) != default && heaps.len() < MOST {
            heaps.push(one.as_raw() as u64);
        }
    });
    heaps
}

/// The next block, live or free, of a heap of a process, behind another; `None` behind the last.
///
/// # Errors
///
/// As [`heaps`], and as [`heap::walk`].
pub fn next_block(
    target: &Target,
    heap: HeapHandle,
    after: Option<&Entry>,
) -> Result<Option<Entry>, NtStatus> {
    let Target::Other(other) = target else {
        return next_own_block(heap, after.copied());
    };
    let mut question = words(&[heap.as_raw()]);
    question.extend(after.into_iter().flat_map(packed));
    let answer = other.ask(WALK_HEAP, question).map_err(status)?;
    Ok(unpacked(&answer.words))
}

/// The same of this process for another; no words for `None`.
pub(super) fn answer_walk(request: &Parcel) -> Result<Vec<u64>, NtStatus> {
    let heap = HeapHandle::from_raw(request.address(0));
    let after = unpacked(request.words.get(1..).unwrap_or_default());
    let found = next_own_block(heap, after)?;
    Ok(found.iter().flat_map(packed).collect())
}

fn next_own_block(heap: HeapHandle, mut after: Option<Entry>) -> Result<Option<Entry>, NtStatus> {
    loop {
        match heap::walk(heap, after)? {
            Some(next) if matches!(next.kind, EntryKind::Busy | EntryKind::Free) => {
                return Ok(Some(next));
            }
            Some(next) => after = Some(next),
            None => return Ok(None),
        }
    }
}

/// A live or a free block as words.
fn packed(entry: &Entry) -> [u64; 5] {
    [
        u64::from(entry.kind == EntryKind::Free),
        entry.address as u64,
        entry.size as u64,
        entry.overhead as u64,
        u64::from(entry.region),
    ]
}

fn unpacked(words: &[u64]) -> Option<Entry> {
    let &[is_free, address, size, overhead, region] = words.first_chunk::<5>()?;
    Some(Entry {
        kind: if is_free == 0 {
            EntryKind::Busy
        } else {
            EntryKind::Free
        },
        address: address as usize,
        size: size as usize,
        overhead: overhead as usize,
        region: region as u8,
    })
}
