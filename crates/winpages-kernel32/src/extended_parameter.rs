//! MEM_EXTENDED_PARAMETER, which VirtualAlloc2 and its relatives take any number of.

use winpages_kernel::NtStatus;
use winpages_kernel::address_space::AddressRequirements;
use winpages_kernel::sys::{fault, numa};

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

/// NUMA_NO_PREFERRED_NODE
pub const NUMA_NO_PREFERRED_NODE: u32 = u32::MAX;

/// Checks a preferred node: one that the machine has, or none. It is a hint, which is not followed:
/// Linux takes memory from the node of whoever touches it first, as Windows does without the hint.
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`].
pub fn check_node(node: u32) -> Result<(), NtStatus> {
    if node == NUMA_NO_PREFERRED_NODE || node <= numa::highest_node() {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

/// Has `take` see the parameters of one call: the type of each, and its value.
///
/// # Errors
///
/// * [`NtStatus::ACCESS_VIOLATION`]: the pointer leads nowhere.
/// * [`NtStatus::INVALID_PARAMETER`]: no array, or a type that is unknown or there twice.
/// * what `take` answers.
///
/// # Safety
///
/// `parameters` must be what a C program passes.
unsafe fn each(
    parameters: *const MEM_EXTENDED_PARAMETER,
    count: u32,
    mut take: impl FnMut(u64, u64) -> Result<(), NtStatus>,
) -> Result<(), NtStatus> {
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
        take(kind, parameter.Value)?;
    }
    Ok(())
}

/// Reads the parameters of an allocation. Attributes are hints, which are not followed.
///
/// # Errors
///
/// * [`NtStatus::ACCESS_VIOLATION`]: a pointer leads nowhere.
/// * [`NtStatus::INVALID_PARAMETER`]: no array, a type that is unknown, there twice or for sections of
///   images, requirements that are not well formed, or a node that the machine does not have.
/// * [`NtStatus::INVALID_HANDLE`]: a memory partition or a physical address space, of which this
///   system has none.
///
/// # Safety
///
/// `parameters` must be what a C program passes.
pub unsafe fn of_allocation(
    parameters: *const MEM_EXTENDED_PARAMETER,
    count: u32,
) -> Result<AddressRequirements, NtStatus> {
    let mut requirements = AddressRequirements::default();
    let take = |kind, value| {
        match kind {
            ADDRESS_REQUIREMENTS => {
                // SAFETY: the caller's pointer; any bytes are integers.
                let given = unsafe {
                    fault::read(value as *const MEM_ADDRESS_REQUIREMENTS)
                        .map_err(|_| NtStatus::ACCESS_VIOLATION)?
                };
                requirements = AddressRequirements {
                    lowest: given.LowestStartingAddress,
                    highest: given.HighestEndingAddress,
                    alignment: given.Alignment,
                };
                requirements.check()?;
            }
            NUMA_NODE => check_node(value as u32)?,
            PARTITION_HANDLE | USER_PHYSICAL_HANDLE => return Err(NtStatus::INVALID_HANDLE),
            ATTRIBUTE_FLAGS => {}
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
        Ok(())
    };
    // SAFETY: passed on.
    unsafe { each(parameters, count, take)? };
    Ok(requirements)
}

/// Reads the parameters of a view at `base`, or anywhere if that is NULL: as for an allocation, but an
/// alignment cannot be asked for, and where the caller chooses the address nothing can.
///
/// # Errors
///
/// As [`of_allocation`].
///
/// # Safety
///
/// As [`of_allocation`].
pub unsafe fn of_view(
    parameters: *const MEM_EXTENDED_PARAMETER,
    count: u32,
    base: usize,
) -> Result<AddressRequirements, NtStatus> {
    // SAFETY: passed on.
    let requirements = unsafe { of_allocation(parameters, count)? };
    if requirements.alignment != 0 || (base != 0 && !requirements.is_none()) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(requirements)
}

/// Checks the parameters of a section: there may be a preferred node.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`] and [`NtStatus::INVALID_PARAMETER`], as [`of_allocation`].
///
/// # Safety
///
/// As [`of_allocation`].
pub unsafe fn of_section(
    parameters: *const MEM_EXTENDED_PARAMETER,
    count: u32,
) -> Result<(), NtStatus> {
    let take = |kind, value| match kind {
        // MemSectionExtendedParameterNumaNode has the number of MemExtendedParameterNumaNode.
        NUMA_NODE => check_node(value as u32),
        // What is left is for sections of physical pages and of signed images.
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    // SAFETY: passed on.
    unsafe { each(parameters, count, take) }
}
