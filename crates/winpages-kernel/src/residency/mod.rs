//! What is in memory, what has to stay there, and what may go: locked pages, the working set, pages
//! offered to the system, and what process and machine have of memory.
//!
//! Which pages are locked or present, the kernel alone knows: it is asked each time, so memory that
//! others mapped, locked or unmapped is answered for as truly as the engine's own.

mod lock;
mod notification;
mod offer;
mod page_information;
mod prefetch;
mod process_memory;
mod reset;
mod samples;
mod system_memory;
mod working_set;

pub use lock::{lock_virtual_memory, unlock_virtual_memory};
pub use notification::{
    MEMORY_NOTIFICATION_GENERIC_MAPPING, MemoryNotification, MemoryNotificationKind,
    create_memory_notification, query_memory_notification,
};
pub use offer::{
    OfferPriority, discard_virtual_memory, offer_virtual_memory, reclaim_virtual_memory,
};
pub use page_information::{FindRegion, PageInformation, PageReader};
pub use prefetch::prefetch_virtual_memory;
pub use process_memory::{ProcessMemory, memory_of_process, process_memory};
pub use samples::Reclaimed;
pub use system_memory::{SystemMemory, SystemObjects, system_memory, system_objects};
pub use working_set::{
    DEFAULT_MAXIMUM_PAGES, DEFAULT_MINIMUM_PAGES, WorkingSetFlags, WorkingSetLimits,
    empty_working_set, set_working_set_limits, walk_working_set, working_set_limits,
};

pub(crate) use reset::{reset, undo_reset};
pub(crate) use samples::{SAMPLES, forget_samples};
