//! MEM_EXTENDED_PARAMETER, which VirtualAlloc2 and its relatives take any number of.

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::AddressRequirements;
use winpages_kernel::sys::fault;

/// MEM_EXTENDED_PARAMETER as C programs lay it out.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
pub struct MEM_EXTENDED_PARAMETER {
    /// MEM_EXTENDED_PARAMETER_TYPE in the lowest eight bits.
    pub Type: u64,
    /// A pointer, a number or a handle, as the type says.
    pub Value: u64,
}

/// MEM_ADDRESS_REQUIREMENTS as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MEM_ADDRESS_REQUIREMENTS {
    /// The lowest first byte.
    pub LowestStartingAddress: usize,
    /// The highest last byte.
    pub HighestEndingAddress: usize,
    /// What the address is a multiple of.
    pub Alignment: usize,
}

const TYPE_BITS: u64 = 0xFF;

const ADDRESS_REQUIREMENTS: u64 = 1;
const NUMA_NODE: u64 = 2;
const PARTITION_HANDLE: u64 = 3;
const USER_PHYSICAL_HANDLE: u64 = 4;
const ATTRIBUTE_FLAGS: u64 = 5;
const IMAGE_MACHINE: u64 = 6;

/// Reads the parameters of one call. A NUMA node and attributes are hints, which are not followed.
///
/// # Errors
///
/// * [`NtStatus::ACCESS_VIOLATION`]: a pointer leads nowhere.
/// * [`NtStatus::INVALID_PARAMETER`]: no array, a type that is unknown or there twice, or requirements
///   that are not well formed.
/// * [`NtStatus::INVALID_HANDLE`]: a memory partition or a physical address space, of which this
///   system has none.
///
/// # Safety
///
/// `parameters` must be what a C program passes.
pub unsafe fn address_requirements(
    parameters: *const MEM_EXTENDED_PARAMETER,
    count: u32,
) -> Result<AddressRequirements, NtStatus> {
    let mut requirements = AddressRequirements::default();
    if count > 0 && parameters.is_null() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut seen = 0u64;
    for index in 0..count as usize {
        // SAFETY: the caller's pointer; any bytes are integers.
        let parameter = unsafe { fault::read(parameters.wrapping_add(index)) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        let kind = parameter.Type & TYPE_BITS;
        // More parameters than there are types cannot all be different ones: this ends the loop.
        if kind == 0 || kind > IMAGE_MACHINE || seen & (1 << kind) != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        seen |= 1 << kind;
        match kind {
            ADDRESS_REQUIREMENTS => {
                // SAFETY: as above.
                let given = unsafe {
                    fault::read(parameter.Value as *const MEM_ADDRESS_REQUIREMENTS)
                        .map_err(|_| NtStatus::ACCESS_VIOLATION)?
                };
                requirements = AddressRequirements {
                    lowest: given.LowestStartingAddress,
                    highest: given.HighestEndingAddress,
                    alignment: given.Alignment,
                };
                requirements.check()?;
            }
            PARTITION_HANDLE | USER_PHYSICAL_HANDLE => return Err(NtStatus::INVALID_HANDLE),
            NUMA_NODE | ATTRIBUTE_FLAGS => {}
            // IMAGE_MACHINE, which is for sections of images.
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
    }
    Ok(requirements)
}
