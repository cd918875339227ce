//! The address space of the process: reservations, committed pages, views, and everybody else's
//! memory described in the same terms.
//!
//! The engine keeps its own map of what it allocated, and answers queries from it without a system
//! call; what others mapped (stacks, malloc, the images of the program) it asks the kernel about.

mod address_requirements;
mod adopt;
mod allocate;
mod allocation_request;
mod commit_map;
mod digest;
mod fault;
mod foreign;
mod free;
pub(crate) mod image_label;
mod image_view;
mod inner;
mod large_pages;
pub mod layout;
mod leaf;
mod node;
mod other_map;
mod place;
mod placeholder;
mod pool;
mod protect;
mod protection;
mod published_map;
mod query;
mod region;
mod region_map;
mod reserving_view;
mod restore;
mod run;
mod tree;
mod user_physical_pages;
mod view;
mod view_protection;
pub(crate) mod write_watch;
mod written_page_query;
mod written_pages;

pub use address_requirements::AddressRequirements;
pub(crate) use adopt::{Adopted, adopt};
pub use allocate::{allocate_virtual_memory, allocate_virtual_memory_within};
pub(crate) use allocate::{charged, mapping_status};
pub use allocation_request::{Allocate, AllocationType};
pub(crate) use allocation_request::{AllocationRequest, Wanted};
pub use commit_map::CommitMap;
pub use fault::{Touched, take_guard, touched, touched_by_system_call};
pub(crate) use foreign::protection_of as foreign_protection;
pub use free::{FreeType, free_virtual_memory};
pub(crate) use free::{Task as FreeTask, range_within};
pub use image_view::ImagePart;
pub(crate) use image_view::copying;
pub use large_pages::LARGE_PAGE_SIZE;
pub(crate) use large_pages::check_privilege as check_large_page_privilege;
pub use protect::protect_virtual_memory;
pub use protection::Protection;
pub use query::{MemoryBasicInformation, MemoryKind, MemoryState, query_virtual_memory};
pub(crate) use region::file_of_mapping;
pub use region::{MemoryRegionInformation, mapped_file, query_region};
pub use user_physical_pages::{
    allocate_user_physical_pages, free_user_physical_page, map_user_physical_pages,
    map_user_physical_pages_scattered,
};
pub(crate) use view::reported;
pub use view::{Backing, Pages, View, ViewPlace, map_view, unmap_view, view_at};
pub use write_watch::mark_for_system_call;
pub use written_page_query::{get_write_watch, reset_write_watch};

pub(crate) use other_map::{FromMap, OtherMap};
pub(crate) use published_map::{
    forget_after_fork as forget_published_map_after_fork, publish as publish_map,
};
pub(crate) use region_map::REGIONS;

/// A range of whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRange {
    /// The first byte.
    pub base: usize,
    /// How many bytes, a multiple of the page size.
    pub size: usize,
}

impl PageRange {
    /// All pages that `size` bytes at `address` touch, if they lie below the end of the application's
    /// part of the address space.
    pub(crate) fn touching(address: usize, size: usize) -> Option<Self> {
        let base = layout::page_down(address);
        let end = layout::page_up(address.checked_add(size)?)?;
        (end <= layout::application_end()).then_some(Self {
            base,
            size: end - base,
        })
    }

    pub(crate) fn end(self) -> usize {
        self.base + self.size
    }
}
