//! The memory of another process, as the calls on this one's own have it: NtAllocateVirtualMemory and its
//! kin with a process handle.
//!
//! A winpages process does it itself, so that its map of regions stays true; any other is made to.

use core::sync::atomic::Ordering;

use super::service::{ALLOCATE, Asked, FREE, LOCK, PROTECT, Parcel, UNLOCK};
use super::{Process, Target, injection};
use crate::address_space::{self, AddressRequirements, Allocate, PageRange, Protection};
use crate::sys::clock;
use crate::{NtStatus, residency};

impl Process {
    /// Has the process do something itself.
    pub(super) fn ask(&self, operation: u32, words: Vec<u64>) -> Result<Parcel, Asked> {
        self.ask_with(Parcel {
            number: operation,
            words,
            object: None,
        })
    }

    pub(super) fn ask_with(&self, request: Parcel) -> Result<Parcel, Asked> {
        if self.has_ended() {
            return Err(Asked::Refused(NtStatus::PROCESS_IS_TERMINATING));
        }
        let asked = self.connection.ask(self.number, &request);
        let is_deaf = matches!(asked, Err(Asked::NotListening));
        let since = if is_deaf { now() } else { 0 };
        self.not_listening.store(since, Ordering::Relaxed);
        asked
    }

    /// Whether it was found not to listen so short a time ago that it need not be asked again for what others
    /// can find out without it. A program takes longer to be loaded.
    pub(super) fn was_just_not_listening(&self) -> bool {
        const SHORT: u64 = 1_000_000;
        now().saturating_sub(self.not_listening.load(Ordering::Relaxed)) < SHORT
    }
}

/// Nanoseconds of the monotonic clock.
fn now() -> u64 {
    u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn words(values: &[usize]) -> Vec<u64> {
    values.iter().map(|value| *value as u64).collect()
}

pub(super) fn range(answer: &Parcel) -> PageRange {
    PageRange {
        base: answer.address(0),
        size: answer.address(1),
    }
}

/// What is answered where the process cannot be asked and nothing else can be done.
pub(super) fn status(asked: Asked) -> NtStatus {
    match asked {
        Asked::Refused(status) => status,
        Asked::NotListening => NtStatus::ACCESS_DENIED,
    }
}

/// Allocates in a process; see [`address_space::allocate_virtual_memory_within`].
///
/// # Errors
///
/// What that answers; [`NtStatus::PROCESS_IS_TERMINATING`] for a process that has ended,
/// [`NtStatus::ACCESS_DENIED`] for one that refuses, that somebody else traces or that has limited its system calls,
/// [`NtStatus::IO_TIMEOUT`] for one that stands still, [`NtStatus::NOT_SUPPORTED`] for what only a winpages process
/// can do, and for 32-bit programs.
pub fn allocate_virtual_memory(target: &Target, asked: &Allocate) -> Result<PageRange, NtStatus> {
    match target {
        Target::Own => address_space::allocate_virtual_memory_within(asked),
        Target::Other(other) => match other.ask(ALLOCATE, allocation_words(asked)) {
            Err(Asked::NotListening) => injection::allocate(other, asked),
            answer => answer.map(|answer| range(&answer)).map_err(status),
        },
    }
}

fn allocation_words(asked: &Allocate) -> Vec<u64> {
    let Allocate {
        requirements,
        base,
        size,
        allocation_type,
        protection,
    } = *asked;
    words(&[
        base,
        size,
        allocation_type as usize,
        protection as usize,
        requirements.lowest,
        requirements.highest,
        requirements.alignment,
    ])
}

/// The allocation that another process has asked for.
pub(super) fn allocation(request: &Parcel) -> Allocate {
    Allocate {
        base: request.address(0),
        size: request.address(1),
        allocation_type: request.constant(2),
        protection: request.constant(3),
        requirements: AddressRequirements {
            lowest: request.address(4),
            highest: request.address(5),
            alignment: request.address(6),
        },
    }
}

/// Frees in a process; see [`address_space::free_virtual_memory`].
///
/// # Errors
///
/// As [`allocate_virtual_memory`].
pub fn free_virtual_memory(
    target: &Target,
    base: usize,
    size: usize,
    free_type: u32,
) -> Result<PageRange, NtStatus> {
    match target {
        Target::Own => address_space::free_virtual_memory(base, size, free_type),
        Target::Other(other) => match other.ask(FREE, words(&[base, size, free_type as usize])) {
            Err(Asked::NotListening) => injection::free(other, base, size, free_type),
            answer => answer.map(|answer| range(&answer)).map_err(status),
        },
    }
}

/// Changes protections in a process; see [`address_space::protect_virtual_memory`].
///
/// # Errors
///
/// As [`allocate_virtual_memory`].
pub fn protect_virtual_memory(
    target: &Target,
    base: usize,
    size: usize,
    protection: u32,
) -> Result<(PageRange, Protection), NtStatus> {
    match target {
        Target::Own => address_space::protect_virtual_memory(base, size, protection),
        Target::Other(other) => {
            let answer = match other.ask(PROTECT, words(&[base, size, protection as usize])) {
                Err(Asked::NotListening) => {
                    return injection::protect(other, base, size, protection);
                }
                answer => answer.map_err(status)?,
            };
            let old = Protection::from_bits_retain(answer.constant(2));
            Ok((range(&answer), old))
        }
    }
}

/// Keeps pages of a process in memory, or lets go of them; see [`residency::lock_virtual_memory`].
///
/// # Errors
///
/// As [`allocate_virtual_memory`].
pub fn lock_virtual_memory(
    target: &Target,
    base: usize,
    size: usize,
    lock: bool,
) -> Result<PageRange, NtStatus> {
    match (target, lock) {
        (Target::Own, true) => residency::lock_virtual_memory(base, size),
        (Target::Own, false) => residency::unlock_virtual_memory(base, size),
        (Target::Other(other), _) => other
            .ask(if lock { LOCK } else { UNLOCK }, words(&[base, size]))
            .map(|answer| range(&answer))
            .map_err(status),
    }
}
