//! The functions of residency, of physical pages and of exceptions, and the younger ones of private memory.

use core::ffi::c_void;

use kernel32::dos_error::RtlNtStatusToDosError;
use kernel32::exception::*;
use kernel32::from_app::{VirtualAllocFromApp, VirtualProtectFromApp};
use kernel32::memory_resource_notification::*;
use kernel32::memory_status::*;
use kernel32::offer::*;
use kernel32::prefetch::PrefetchVirtualMemory;
use kernel32::process_memory::GetProcessMemoryInfo;
use kernel32::thread_environment::SetThreadStackGuarantee;
use kernel32::user_physical_pages::*;
use kernel32::virtual_lock::*;
use kernel32::virtual_memory_information::QueryVirtualMemoryInformation;
use kernel32::working_set::*;
use winpages_kernel::exception::ExceptionPointers;

use super::arguments::Arguments;

/// The code of the exceptions that this test raises, but for the low bits.
const RAISED: u32 = 0xE000_0000;

unsafe extern "C" fn go_on(pointers: *mut ExceptionPointers) -> i32 {
    // SAFETY: the dispatcher passes valid pointers.
    let code = unsafe { (*(*pointers).record).code };
    if code & RAISED == RAISED { -1 } else { 0 }
}

/// Has raised exceptions come back.
pub fn begin() {
    // SAFETY: the handler stays.
    unsafe { AddVectoredExceptionHandler(1, Some(go_on)) };
}

/// Calls one function.
///
/// # Safety
///
/// See [`Arguments`].
pub unsafe fn one_call(from: &Arguments) {
    // How many entries or pages there are said to be: no more than the scratch memory has.
    let few = from.below(100);
    let mut count = few;
    let counts = [&raw mut count, core::ptr::null_mut(), 0x10 as *mut usize];
    let process = from.process();
    // SAFETY: the caller vouches for the arguments.
    unsafe {
        match from.below(16) {
            0 => {
                VirtualLock(from.address(), from.size());
                VirtualUnlock(from.address(), from.size());
            }
            1 => {
                OfferVirtualMemory(from.address(), from.size(), from.bits());
                OfferVirtualMemory(from.address(), from.size(), 1);
                ReclaimVirtualMemory(from.address(), from.size());
                DiscardVirtualMemory(from.address(), from.size());
            }
            2 => {
                PrefetchVirtualMemory(process, few, from.pointer(), from.bits());
                PrefetchVirtualMemory(usize::MAX, few, from.pointer(), 0);
            }
            3 => {
                let (minimum, maximum) = (from.size_or_zero(), from.size_or_zero());
                SetProcessWorkingSetSize(process, minimum, maximum);
                SetProcessWorkingSetSizeEx(process, minimum, maximum, from.bits());
                let (minimum, maximum) = (from.pointer(), from.pointer());
                GetProcessWorkingSetSize(process, minimum, maximum);
                GetProcessWorkingSetSizeEx(process, minimum, maximum, from.pointer());
            }
            4 => {
                QueryWorkingSet(process, from.pointer(), from.length() as u32);
                QueryWorkingSetEx(process, from.pointer(), from.length() as u32);
            }
            5 => {
                GlobalMemoryStatus(from.pointer());
                GlobalMemoryStatusEx(from.pointer());
                GetPhysicallyInstalledSystemMemory(from.pointer());
            }
            6 => {
                GetPerformanceInfo(from.pointer(), from.length() as u32);
                GetProcessMemoryInfo(process, from.pointer(), from.length() as u32);
            }
            7 => {
                from.opened(CreateMemoryResourceNotification(from.pick(&[0, 1, 2])));
                QueryMemoryResourceNotification(from.handle(), from.pointer());
            }
            8 => {
                AllocateUserPhysicalPages(process, from.pick(&counts), from.pointer());
                FreeUserPhysicalPages(process, from.pick(&counts), from.pointer());
            }
            9 => {
                let pages = from.scratch([0usize; 100]).cast::<usize>();
                AllocateUserPhysicalPages(usize::MAX, &raw mut count, pages);
                MapUserPhysicalPages(from.address(), count, pages);
                MapUserPhysicalPages(
                    from.address(),
                    few,
                    from.pick(&[core::ptr::null_mut(), pages]),
                );
                FreeUserPhysicalPages(usize::MAX, &raw mut count, pages);
            }
            10 => {
                MapUserPhysicalPages(from.address(), few, from.pointer());
                let three = [from.address(), from.address(), from.address()];
                let addresses = from.scratch(three).cast::<*mut c_void>();
                MapUserPhysicalPagesScatter(addresses, from.below(4), from.pointer());
                MapUserPhysicalPagesScatter(from.pointer(), few, core::ptr::null());
            }
            11 => {
                RaiseException(RAISED | from.bits(), 0, from.bits(), from.pointer());
            }
            12 => {
                // Its own handler has a small number, and is needed.
                RemoveVectoredExceptionHandler(from.word() | 0x100);
                RemoveVectoredContinueHandler(from.word());
                AddVectoredExceptionHandler(from.bits(), None);
                AddVectoredContinueHandler(from.bits(), None);
            }
            13 => {
                EmptyWorkingSet(process);
                VirtualUnlockEx(process, from.address(), from.size());
                AllocateUserPhysicalPagesNuma(
                    process,
                    from.pick(&counts),
                    from.pointer(),
                    from.bits(),
                );
                SetUnhandledExceptionFilter(None);
                RtlNtStatusToDosError(from.bits() as i32);
            }
            14 => {
                let address = from.word() as *const c_void;
                let (class, length) = (from.pick(&[0, 0, 0, 1, u32::MAX]), from.length());
                let (buffer, told) = (from.pointer(), from.pointer());
                QueryVirtualMemoryInformation(process, address, class, buffer, length, told);
                let (size, kind, protection) = (from.size(), from.kind(), from.protection());
                let got = VirtualAllocFromApp(from.address(), size, kind, protection);
                from.allocated(got as usize);
                VirtualProtectFromApp(from.address(), size, protection, from.pointer());
            }
            _ => {
                SetThreadStackGuarantee(from.pointer());
            }
        }
    }
}
