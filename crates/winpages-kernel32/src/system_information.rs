//! What the machine is: GetSystemInfo.

use winpages_kernel::address_space::layout;
use winpages_kernel::sys::processors;

const PROCESSOR_ARCHITECTURE_AMD64: u16 = 9;
const PROCESSOR_AMD_X8664: u32 = 8664;

/// SYSTEM_INFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SYSTEM_INFO {
    /// PROCESSOR_ARCHITECTURE_AMD64.
    pub wProcessorArchitecture: u16,
    /// Nothing.
    pub wReserved: u16,
    /// The page size in bytes.
    pub dwPageSize: u32,
    /// The lowest address of an application.
    pub lpMinimumApplicationAddress: usize,
    /// The highest.
    pub lpMaximumApplicationAddress: usize,
    /// One bit for each processor, as far as there are bits.
    pub dwActiveProcessorMask: usize,
    /// How many processors there are.
    pub dwNumberOfProcessors: u32,
    /// PROCESSOR_AMD_X8664.
    pub dwProcessorType: u32,
    /// What the addresses of allocations and views are multiples of, in bytes.
    pub dwAllocationGranularity: u32,
    /// The processor's family.
    pub wProcessorLevel: u16,
    /// The processor's model and stepping.
    pub wProcessorRevision: u16,
}

/// GetSystemInfo: the page size, the granularity, the bounds of the address space, the processors.
///
/// # Safety
///
/// `lpSystemInfo` must be writable. (Windows faults too if it is not.)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSystemInfo(lpSystemInfo: *mut SYSTEM_INFO) {
    let processors = processors::given();
    let mask = processors.0[processors.first_group()];
    let signature = core::arch::x86_64::__cpuid(1).eax;
    let family = match (signature >> 8) & 0xF {
        0xF => 0xF + ((signature >> 20) & 0xFF),
        family => family,
    };
    let model = ((signature >> 4) & 0xF) | ((signature >> 12) & 0xF0);
    let information = SYSTEM_INFO {
        wProcessorArchitecture: PROCESSOR_ARCHITECTURE_AMD64,
        wReserved: 0,
        dwPageSize: layout::PAGE_SIZE as u32,
        lpMinimumApplicationAddress: layout::MINIMUM_APPLICATION_ADDRESS,
        lpMaximumApplicationAddress: layout::maximum_application_address(),
        dwActiveProcessorMask: mask,
        dwNumberOfProcessors: mask.count_ones(),
        dwProcessorType: PROCESSOR_AMD_X8664,
        dwAllocationGranularity: layout::ALLOCATION_GRANULARITY as u32,
        wProcessorLevel: family as u16,
        wProcessorRevision: ((model << 8) | (signature & 0xF)) as u16,
    };
    // SAFETY: the caller says that it is writable.
    unsafe { lpSystemInfo.write_unaligned(information) };
}

/// GetNativeSystemInfo: the same, for there is no emulation here.
///
/// # Safety
///
/// As [`GetSystemInfo`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNativeSystemInfo(lpSystemInfo: *mut SYSTEM_INFO) {
    // SAFETY: passed on.
    unsafe { GetSystemInfo(lpSystemInfo) };
}
