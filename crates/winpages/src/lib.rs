#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod address_range;
mod error;
mod event;
mod exception;
mod heap;
mod hint;
mod memory;
mod memory_flag;
mod memory_notification;
mod memory_status;
mod mutex;
mod object_options;
mod physical_pages;
mod placeholder;
mod platform;
mod private_namespace;
mod process;
mod process_allocation;
mod process_handle;
mod process_heap;
mod process_list;
mod process_start;
mod protection;
mod region;
mod remote_thread;
mod reservation;
mod section;
mod security_descriptor;
mod semaphore;
mod shared;
mod signal_and_wait;
mod system;
mod timer;
mod view;
mod wait;
#[cfg(feature = "async")]
mod wait_async;
mod working_set;

#[cfg(feature = "allocator-api2")]
pub use allocator_api2;
pub use bytemuck;

pub use address_range::{lock, prefetch, protect, unlock};
pub use error::{Error, Operation};
pub use event::Event;
pub use exception::{
    Attempt, Disposition, Exception, ExceptionHandler, ExceptionKind, Registers, exception_code,
    raise_exception,
};
pub use heap::{Heap, HeapOptions, HeapSummary};
pub use memory_notification::MemoryNotification;
pub use memory_status::{
    MemoryStatus, PerformanceInformation, ProcessMemory, installed_memory, large_page_minimum,
    memory_status, performance_information, process_memory,
};
pub use mutex::{Mutex, MutexGuard};
pub use object_options::ObjectOptions;
pub use physical_pages::{PhysicalPages, PhysicalWindow};
pub use placeholder::Placeholder;
pub use private_namespace::{Boundary, PrivateNamespace};
pub use process::{Process, ProcessAccess, ProcessRegions, serve_requests};
pub use process_heap::{HeapBlock, HeapBlocks, ProcessHeap};
pub use process_list::{ListedProcess, LoadedModule, processes};
pub use process_start::{ProcessOptions, SuspendedProcess};
pub use protection::Protection;
pub use region::{
    AllocationInformation, Region, RegionKind, RegionState, Regions, allocation, mapped_file,
    query, regions,
};
pub use remote_thread::RemoteThread;
pub use reservation::{Contents, OfferPriority, Reservation, ReservationOptions};
pub use section::{Opened, Section, SectionOptions};
pub use security_descriptor::{AccessRights, SecurityDescriptor, Trustee};
pub use semaphore::Semaphore;
pub use shared::Shared;
pub use signal_and_wait::{Signal, signal_and_wait};
pub use system::{
    AddressLayout, address_layout, allocation_granularity, application_addresses, page_size,
    use_32_bit_layout,
};
pub use timer::Timer;
pub use view::{Access, MirroredView, View, ViewOptions};
pub use wait::{Signalled, Waitable, wait_all, wait_any};
#[cfg(feature = "async")]
pub use wait_async::{AsyncWait, AsyncWaitable, wait_async};
pub use working_set::{
    PageInformation, WorkingSetLimits, WorkingSetPage, empty_working_set, pages,
    set_working_set_limits, working_set, working_set_limits,
};
