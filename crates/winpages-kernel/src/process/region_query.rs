//! The regions of another process: NtQueryVirtualMemory with a process handle.
//!
//! Of a winpages process, what its engine allocated is read out of its own map, and what others mapped there
//! the kernel is asked about, as it is for a process that knows nothing of us. Only views of sections are
//! left for the process itself to tell.

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use rustix::fd::AsFd;

use super::remote::words;
use super::service::{Asked, QUERY, WATCH_MAP};
use super::{Process, Target};
use crate::NtStatus;
use crate::address_space::{
    self, FromMap, MemoryBasicInformation, MemoryKind, MemoryState, OtherMap, Protection,
};

/// A place for the map of a process. Who needs it takes it out, and puts it back; there is no lock that a
/// fork could find held.
#[derive(Debug, Default)]
pub(super) struct MapPlace(AtomicPtr<OtherMap>);

impl MapPlace {
    #[inline]
    fn take(&self) -> Option<Box<OtherMap>> {
        let kept = self.0.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: what `keep` put there, and the swap took out for this caller alone.
        (!kept.is_null()).then(|| unsafe { Box::from_raw(kept) })
    }

    #[inline]
    fn keep(&self, map: Box<OtherMap>) {
        let map = Box::into_raw(map);
        let there = self.0.swap(map, Ordering::AcqRel);
        if !there.is_null() {
            // SAFETY: as above.
            drop(unsafe { Box::from_raw(there) });
        }
    }
}

impl Drop for MapPlace {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Describes the pages of a process from an address on that are alike; see
/// [`address_space::query_virtual_memory`].
///
/// # Errors
///
/// As [`super::allocate_virtual_memory`].
#[inline]
pub fn query_virtual_memory(
    target: &Target,
    address: usize,
) -> Result<MemoryBasicInformation, NtStatus> {
    match target {
        Target::Own => address_space::query_virtual_memory(address),
        Target::Other(other) => other.query(address),
    }
}

impl Process {
    fn query(&self, address: usize) -> Result<MemoryBasicInformation, NtStatus> {
        if let Some(mut map) = self.known_map() {
            let answer = map.look(address);
            self.map.keep(map);
            match answer {
                Some(FromMap::Region(region)) => return Ok(region),
                Some(FromMap::Outside) => return Err(NtStatus::INVALID_PARAMETER),
                Some(FromMap::Elsewhere {
                    previous_end,
                    next_start,
                }) => return self.describe_between(address, (previous_end, next_start)),
                Some(FromMap::View) | None => {}
            }
        }
        if self.was_just_not_listening() {
            return self.describe(address);
        }
        match self.ask(QUERY, words(&[address])) {
            Ok(answer) => region(&answer.words).ok_or(NtStatus::UNSUCCESSFUL),
            Err(Asked::NotListening) => self.describe(address),
            Err(Asked::Refused(status)) => Err(status),
        }
    }

    /// The map that the process shows, if it does.
    #[inline]
    fn known_map(&self) -> Option<Box<OtherMap>> {
        match self.map.take() {
            Some(map) if map.is_alive() => Some(map),
            _ => self.open_map(),
        }
    }

    #[cold]
    fn open_map(&self) -> Option<Box<OtherMap>> {
        if self.was_just_not_listening() {
            return None;
        }
        let mut answer = self.ask(WATCH_MAP, Vec::new()).ok()?;
        let (_, mut package) = answer.object.take()?;
        let page = package.take().ok()?;
        OtherMap::open(self.number, page.as_fd()).map(Box::new)
    }
}

/// A region out of seven words.
fn region(words: &[u64]) -> Option<MemoryBasicInformation> {
    let &[
        base_address,
        allocation_base,
        allocation_protection,
        region_size,
        state,
        protection,
        kind,
    ] = words.first_chunk::<7>()?;
    let protection_of = |bits: u64| {
        let protection = Protection::from_bits_retain(bits as u32);
        (!protection.is_empty()).then_some(protection)
    };
    Some(MemoryBasicInformation {
        base_address: base_address as usize,
        allocation_base: allocation_base as usize,
        allocation_protection: protection_of(allocation_protection),
        region_size: region_size as usize,
        state: MemoryState::from_number(state as u32)?,
        protection: protection_of(protection),
        kind: MemoryKind::from_number(kind as u32)?,
    })
}
