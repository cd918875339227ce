//! Asking what lies at an address: NtQueryVirtualMemory's basic information.

use super::layout::{
    MINIMUM_APPLICATION_ADDRESS, application_end, maximum_application_address, page_down,
};
use super::region_map::{REGIONS, Snapshot};
use super::run::{AllocationKind, PageState};
use super::{Protection, foreign, view};
use crate::NtStatus;

/// Windows' MEM_COMMIT, MEM_RESERVE and MEM_FREE as answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MemoryState {
    /// There is memory.
    Commit = 0x1000,
    /// The addresses are taken, there is no memory.
    Reserve = 0x2000,
    /// Nothing is there.
    Free = 0x1_0000,
}

impl MemoryState {
    /// The state of one of Windows' constants.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Commit, Self::Reserve, Self::Free]
            .into_iter()
            .find(|state| *state as u32 == number)
    }
}

/// Windows' MEM_PRIVATE, MEM_MAPPED and MEM_IMAGE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MemoryKind {
    /// Free memory has no kind.
    None = 0,
    /// Memory of this process alone.
    Private = 0x2_0000,
    /// A view of a section, or a shared or file mapping of others.
    Mapped = 0x4_0000,
    /// Part of a program or library.
    Image = 0x100_0000,
}

impl MemoryKind {
    /// The kind of one of Windows' constants.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::None, Self::Private, Self::Mapped, Self::Image]
            .into_iter()
            .find(|kind| *kind as u32 == number)
    }
}

/// What lies at an address: Windows' MEMORY_BASIC_INFORMATION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryBasicInformation {
    /// The page that was asked for.
    pub base_address: usize,
    /// The first byte of the allocation, 0 if free.
    pub allocation_base: usize,
    /// The protection given at allocation, `None` if free.
    pub allocation_protection: Option<Protection>,
    /// How many bytes from `base_address` on are in the same state, of the same allocation, with the
    /// same protection.
    pub region_size: usize,
    /// Committed, reserved or free.
    pub state: MemoryState,
    /// The protection of committed pages.
    pub protection: Option<Protection>,
    /// Private, mapped or image.
    pub kind: MemoryKind,
}

impl MemoryBasicInformation {
    /// A page of private memory, in a run of pages that ends at `end`.
    #[inline(always)] // As `query_virtual_memory`.
    pub(super) fn private(
        page: usize,
        end: usize,
        state: PageState,
        allocation_base: usize,
        allocation_protection: Protection,
    ) -> Self {
        Self {
            base_address: page,
            allocation_base,
            allocation_protection: Some(allocation_protection),
            region_size: end - page,
            state: if state.protection().is_some() {
                MemoryState::Commit
            } else {
                MemoryState::Reserve
            },
            protection: state.protection(),
            kind: MemoryKind::Private,
        }
    }

    /// Free memory from one address to another.
    pub(crate) fn free(base_address: usize, end: usize) -> Self {
        Self {
            base_address,
            allocation_base: 0,
            allocation_protection: None,
            region_size: end - base_address,
            state: MemoryState::Free,
            protection: Some(Protection::NOACCESS),
            kind: MemoryKind::None,
        }
    }
}

/// Describes the pages from `address` on that are alike; mirrors NtQueryVirtualMemory with
/// MemoryBasicInformation for the calling process.
///
/// Answers for every address from 0 to the maximum application address, without a system call where
/// the engine itself allocated the memory.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`] above the maximum application address.
// Handed over in memory, the answer costs the caller a wait: it reads in words of 16 bytes what was
// written in words of 8, and the processor forwards no such thing.
#[inline(always)]
pub fn query_virtual_memory(address: usize) -> Result<MemoryBasicInformation, NtStatus> {
    if address > maximum_application_address() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let page = page_down(address);
    match REGIONS.glance(page) {
        Some(run) => Ok(MemoryBasicInformation::private(
            page,
            run.end,
            run.state,
            run.base,
            run.protection,
        )),
        None => Ok(query_at_length(page)),
    }
}

/// Describes what is not told in brief.
#[cold]
fn query_at_length(page: usize) -> MemoryBasicInformation {
    match REGIONS.look(page) {
        Snapshot::Allocated {
            kind: AllocationKind::View,
            ..
        } => view::query(page),
        Snapshot::Allocated {
            end,
            base,
            protection,
            state,
            ..
        } => MemoryBasicInformation::private(page, end, state, base, protection),
        Snapshot::Elsewhere {
            previous_end,
            next_start,
        } => {
            if page < MINIMUM_APPLICATION_ADDRESS {
                let end = next_start.min(MINIMUM_APPLICATION_ADDRESS);
                return MemoryBasicInformation::free(page, end);
            }
            foreign::describe(page, previous_end, next_start.min(application_end()))
        }
    }
}
