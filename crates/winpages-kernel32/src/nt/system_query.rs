//! What can be asked of the system: NtQuerySystemInformation, NtQuerySystemTime.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::layout;
use winpages_kernel::residency::system_memory;
use winpages_kernel::sys::{clock, processors};

use super::argument::{status, write};
use super::dispatcher_object::Answer;
use crate::time::{FILETIME, file_time};

/// SystemBasicInformation, the one class there is.
const SYSTEM_BASIC_INFORMATION_CLASS: u32 = 0;

/// How long a tick of the system's clock is, in units of 100 ns: what Windows has, for Linux has none.
const TIMER_RESOLUTION: u32 = 156_250;

/// SYSTEM_BASIC_INFORMATION as C programs lay it out. Of its fields Microsoft names the last.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SYSTEM_BASIC_INFORMATION {
    /// 0.
    pub Reserved: u32,
    /// How long a tick of the system's clock is, in units of 100 ns.
    pub TimerResolution: u32,
    /// The page size in bytes.
    pub PageSize: u32,
    /// How much memory there is, in pages.
    pub NumberOfPhysicalPages: u32,
    /// The number of the first page.
    pub LowestPhysicalPageNumber: u32,
    /// The number of the last.
    pub HighestPhysicalPageNumber: u32,
    /// What the addresses of allocations and views are multiples of, in bytes.
    pub AllocationGranularity: u32,
    /// The lowest address of an application.
    pub MinimumUserModeAddress: usize,
    /// The highest.
    pub MaximumUserModeAddress: usize,
    /// One bit for each processor of the group.
    pub ActiveProcessorsAffinityMask: usize,
    /// How many processors there are in the group.
    pub NumberOfProcessors: u8,
}

/// NtQuerySystemInformation: what GetSystemInfo answers, and how much memory there is.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySystemInformation(
    SystemInformationClass: u32,
    SystemInformation: *mut c_void,
    SystemInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    if SystemInformationClass != SYSTEM_BASIC_INFORMATION_CLASS {
        return status(Err(NtStatus::INVALID_INFO_CLASS));
    }
    let to = Answer {
        buffer: SystemInformation,
        length: SystemInformationLength,
        returned: ReturnLength,
    };
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe { to.give(|| Ok(basic())) }
}

fn basic() -> SYSTEM_BASIC_INFORMATION {
    let processors = processors::given();
    let mask = processors.0[processors.first_group()];
    let pages = system_memory().physical_total / layout::PAGE_SIZE as u64;
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    SYSTEM_BASIC_INFORMATION {
        Reserved: 0,
        TimerResolution: TIMER_RESOLUTION,
        PageSize: layout::PAGE_SIZE as u32,
        NumberOfPhysicalPages: pages,
        LowestPhysicalPageNumber: 1,
        HighestPhysicalPageNumber: pages,
        AllocationGranularity: layout::ALLOCATION_GRANULARITY as u32,
        MinimumUserModeAddress: layout::MINIMUM_APPLICATION_ADDRESS,
        MaximumUserModeAddress: layout::maximum_application_address(),
        ActiveProcessorsAffinityMask: mask,
        NumberOfProcessors: mask.count_ones() as u8,
    }
}

/// NtQuerySystemTime: as GetSystemTimeAsFileTime.
///
/// # Safety
///
/// `SystemTime` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQuerySystemTime(SystemTime: *mut FILETIME) -> i32 {
    // SAFETY: passed on.
    status(unsafe { write(SystemTime, file_time(clock::since_unix_epoch())) })
}
