//! The nodes of the machine's memory: GetNumaHighestNodeNumber and its family.

use winpages_kernel::NtStatus;
use winpages_kernel::residency::system_memory;
use winpages_kernel::sys::numa;
use winpages_kernel::sys::processors::{GROUP, Processors, given};

use crate::last_error;
use crate::nt::argument::{read, write};
use crate::processor::PROCESSOR_NUMBER;
use crate::processor_affinity::{GROUP_AFFINITY, affinity};

fn processors(node: u32) -> Result<Processors, NtStatus> {
    numa::processors(node).ok_or(NtStatus::INVALID_PARAMETER)
}

/// GetNumaHighestNodeNumber: 0 on a machine with one node.
///
/// # Safety
///
/// `HighestNodeNumber` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaHighestNodeNumber(HighestNodeNumber: *mut u32) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe { write(HighestNodeNumber, numa::highest_node()) })
}

/// GetNumaNodeProcessorMask: the processors of a node, of those that this process was given, as far as they are in
/// the group that it runs in. ERROR_INVALID_PARAMETER if there is no such node.
///
/// # Safety
///
/// `ProcessorMask` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaNodeProcessorMask(Node: u8, ProcessorMask: *mut u64) -> i32 {
    let result = processors(Node.into()).and_then(|processors| {
        let mask = processors.0[given().first_group()];
        // SAFETY: passed on.
        unsafe { write(ProcessorMask, mask as u64) }
    });
    last_error::boolean(result)
}

/// GetNumaNodeProcessorMaskEx: the same in the first group that has any.
///
/// # Safety
///
/// As [`GetNumaNodeProcessorMask`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaNodeProcessorMaskEx(
    Node: u16,
    ProcessorMask: *mut GROUP_AFFINITY,
) -> i32 {
    // SAFETY: passed on.
    let result = processors(Node.into())
        .and_then(|processors| unsafe { write(ProcessorMask, affinity(processors)) });
    last_error::boolean(result)
}

/// GetNumaProcessorNode: the node of a processor of the group that this process runs in; 0xFF and
/// ERROR_INVALID_PARAMETER if this process was not given it.
///
/// # Safety
///
/// `NodeNumber` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaProcessorNode(Processor: u8, NodeNumber: *mut u8) -> i32 {
    let is_in_group = usize::from(Processor) < GROUP;
    let number = given().first_group() * GROUP + usize::from(Processor);
    let node = numa::node_of_processor(number).filter(|_| is_in_group);
    let told = node.map_or(u8::MAX, |node| node as u8);
    // SAFETY: passed on.
    let written = unsafe { write(NodeNumber, told) };
    last_error::boolean(written.and(node.map(|_| ()).ok_or(NtStatus::INVALID_PARAMETER)))
}

/// GetNumaProcessorNodeEx: the same of a processor of any group; 0xFFFF if there is none.
///
/// # Safety
///
/// `Processor` must be a C program's to read, `NodeNumber` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaProcessorNodeEx(
    Processor: *const PROCESSOR_NUMBER,
    NodeNumber: *mut u16,
) -> i32 {
    // SAFETY: passed on.
    let result = unsafe { read(Processor) }.and_then(|processor| {
        let is_one = usize::from(processor.Number) < GROUP && processor.Reserved == 0;
        let number = usize::from(processor.Group) * GROUP + usize::from(processor.Number);
        let node = numa::node_of_processor(number).filter(|_| is_one);
        let told = node.map_or(u16::MAX, |node| node as u16);
        // SAFETY: passed on.
        unsafe { write(NodeNumber, told) }?;
        node.map(|_| ()).ok_or(NtStatus::INVALID_PARAMETER)
    });
    last_error::boolean(result)
}

fn available(node: u32) -> Result<u64, NtStatus> {
    processors(node)?;
    // A kernel that knows of no nodes has one.
    Ok(numa::available_memory(node).unwrap_or_else(|| system_memory().physical_available))
}

/// GetNumaAvailableMemoryNode: how many bytes of a node can be had without paging.
/// ERROR_INVALID_PARAMETER if there is no such node.
///
/// # Safety
///
/// `AvailableBytes` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaAvailableMemoryNode(Node: u8, AvailableBytes: *mut u64) -> i32 {
    // SAFETY: passed on.
    unsafe { GetNumaAvailableMemoryNodeEx(Node.into(), AvailableBytes) }
}

/// GetNumaAvailableMemoryNodeEx: the same.
///
/// # Safety
///
/// As [`GetNumaAvailableMemoryNode`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNumaAvailableMemoryNodeEx(Node: u16, AvailableBytes: *mut u64) -> i32 {
    // SAFETY: passed on.
    let result = available(Node.into()).and_then(|bytes| unsafe { write(AvailableBytes, bytes) });
    last_error::boolean(result)
}
