//! The regions of another process: NtQueryVirtualMemory with a process handle.
//!
//! Of a winpages process, what its engine allocated is read out of its own map, and what others mapped there
//! the kernel is asked about, as it is for a process that knows nothing of us. Only views of sections are
//! left for the process itself to tell.

use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use rustix::fd::AsFd;

use super::remote::words;
use super::service::{Asked, QUERY, WATCH_MAP};
use super::{Process, Target};
use crate::NtStatus;
use crate::address_space::{
    self, FromMap, MemoryBasicInformation, MemoryKind, MemoryState, OtherMap, Protection,
};

/// A place for the map of a process, for one thread at a time. There is no lock that one waits for, and that a
/// fork could find held: who comes while another uses the map does without.
#[derive(Default)]
pub(super) struct MapPlace {
    is_used: AtomicBool,
    map: UnsafeCell<Option<Box<OtherMap>>>,
}

// SAFETY: the map is only reached by the one who has exchanged `is_used`.
unsafe impl Sync for MapPlace {}

impl MapPlace {
    /// Has `work` done with the place; `None` if it is in use.
    #[inline]
    fn with<T>(&self, work: impl FnOnce(&mut Option<Box<OtherMap>>) -> T) -> Option<T> {
        if self.is_used.swap(true, Ordering::Acquire) {
            return None;
        }
        // SAFETY: nobody else uses it until it is said below that this one does not any more.
        let answer = work(unsafe { &mut *self.map.get() });
        self.is_used.store(false, Ordering::Release);
        Some(answer)
    }
}

impl fmt::Debug for MapPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MapPlace").finish_non_exhaustive()
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
    #[inline]
    fn query(&self, address: usize) -> Result<MemoryBasicInformation, NtStatus> {
        match self.map.with(|map| self.known_map(map)?.look(address)) {
            Some(Some(FromMap::Region(region))) => Ok(region),
            Some(Some(FromMap::Outside)) => Err(NtStatus::INVALID_PARAMETER),
            Some(Some(FromMap::Elsewhere {
                previous_end,
                next_start,
            })) => self.describe_between(address, (previous_end, next_start)),
            _ => self.ask_about(address),
        }
    }

    fn ask_about(&self, address: usize) -> Result<MemoryBasicInformation, NtStatus> {
        if self.was_just_not_listening() {
            return self.describe(address);
        }
        match self.ask(QUERY, words(&[address])) {
            Ok(answer) => region(&answer.words).ok_or(NtStatus::UNSUCCESSFUL),
            Err(Asked::NotListening) => self.describe(address),
            // It is becoming another program.
            Err(Asked::Refused(NtStatus::PROCESS_IS_TERMINATING)) if !self.has_ended() => {
                self.describe(address)
            }
            Err(Asked::Refused(status)) => Err(status),
        }
    }

    /// The map that the process shows, if it does.
    #[inline]
    fn known_map<'a>(&self, map: &'a mut Option<Box<OtherMap>>) -> Option<&'a mut OtherMap> {
        if map.as_ref().is_none_or(|map| !map.is_alive()) {
            *map = self.open_map();
        }
        map.as_deref_mut()
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
