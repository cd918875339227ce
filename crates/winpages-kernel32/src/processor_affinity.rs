//! Which processors threads run on.

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{Target, reference_process};
use winpages_kernel::sys::processors::{self, GROUP, Processors};
use winpages_kernel::{Handle, NtStatus};

use crate::last_error;
use crate::nt::argument::{read, write, write_if_wanted};
use crate::process_attribute::Wishes;
use crate::process_open::reference_limited;
use crate::processor::PROCESSOR_NUMBER;
use crate::thread::{Either, reference, reference_either};

/// GROUP_AFFINITY
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GROUP_AFFINITY {
    /// Processors of the group.
    pub Mask: usize,
    /// The group of sixty-four.
    pub Group: u16,
    /// 0.
    pub Reserved: [u16; 3],
}

/// ALL_PROCESSOR_GROUPS
const ALL_PROCESSOR_GROUPS: u16 = 0xFFFF;
/// MAXIMUM_PROCESSORS
const MAXIMUM_PROCESSORS: u32 = GROUP as u32;

const QUERY: AccessMask =
    AccessMask::THREAD_QUERY_INFORMATION.union(AccessMask::THREAD_QUERY_LIMITED_INFORMATION);
const SET: AccessMask =
    AccessMask::THREAD_SET_INFORMATION.union(AccessMask::THREAD_SET_LIMITED_INFORMATION);

fn processors_of_process(handle: usize) -> Result<Processors, NtStatus> {
    reference_limited(handle)?.processors()
}

fn set_processors_of_thread(
    handle: usize,
    wanted: impl FnOnce(Processors) -> Processors,
) -> Result<Processors, NtStatus> {
    match reference_either(handle, SET)? {
        Either::Own(thread) => thread.set_processors(wanted(Target::Own.processors()?)),
        Either::Foreign(thread) => {
            let process = Target::Other(std::sync::Arc::clone(thread.process()));
            thread.set_processors(wanted(process.processors()?))
        }
    }
}

/// Has a thread run where it is wished to before it has made a step. An ideal processor is remembered of threads
/// of this process.
pub(crate) fn move_new_thread(handle: usize, wishes: &Wishes) -> Result<(), NtStatus> {
    if let Some(processors) = wishes.processors {
        set_processors_of_thread(handle, |_| processors)?;
    }
    if let (Some(number), Either::Own(thread)) =
        (wishes.ideal_processor, reference_either(handle, SET)?)
    {
        thread.set_ideal_processor(number)?;
    }
    Ok(())
}

/// GetProcessAffinityMask: of the processors in the group that the process runs in. The system's are
/// those that this process was given when it was started.
///
/// # Safety
///
/// The pointers must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessAffinityMask(
    hProcess: usize,
    lpProcessAffinityMask: *mut usize,
    lpSystemAffinityMask: *mut usize,
) -> i32 {
    let result = processors_of_process(hProcess).and_then(|processors| {
        let group = processors.first_group();
        // SAFETY: passed on.
        unsafe {
            write(lpProcessAffinityMask, processors.0[group])?;
            write(lpSystemAffinityMask, processors::given().0[group])
        }
    });
    last_error::boolean(result)
}

/// SetProcessAffinityMask: for all threads there are, and those that CreateThread makes.
#[unsafe(no_mangle)]
pub extern "C" fn SetProcessAffinityMask(hProcess: usize, dwProcessAffinityMask: usize) -> i32 {
    let handle = Handle::from_value(hProcess);
    let process = reference_process(handle, AccessMask::PROCESS_SET_INFORMATION);
    last_error::boolean(process.and_then(|process| {
        let group = process.processors()?.first_group();
        process.set_processors(Processors::of_group(group, dwProcessAffinityMask))
    }))
}

/// SetThreadAffinityMask: the processors before; 0 if it fails.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadAffinityMask(hThread: usize, dwThreadAffinityMask: usize) -> usize {
    let before = set_processors_of_thread(hThread, |process| {
        Processors::of_group(process.first_group(), dwThreadAffinityMask)
    });
    match before {
        Ok(before) => before.0[before.first_group()],
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

pub(crate) fn affinity(processors: Processors) -> GROUP_AFFINITY {
    let group = processors.first_group();
    GROUP_AFFINITY {
        Mask: processors.0[group],
        Group: group as u16,
        Reserved: [0; 3],
    }
}

/// GetThreadGroupAffinity.
///
/// # Safety
///
/// `GroupAffinity` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadGroupAffinity(
    hThread: usize,
    GroupAffinity: *mut GROUP_AFFINITY,
) -> i32 {
    let processors = reference_either(hThread, QUERY).and_then(|thread| match thread {
        Either::Own(thread) => thread.processors(),
        Either::Foreign(thread) => thread.processors(),
    });
    // SAFETY: passed on.
    let result = processors.and_then(|found| unsafe { write(GroupAffinity, affinity(found)) });
    last_error::boolean(result)
}

/// SetThreadGroupAffinity.
///
/// # Safety
///
/// The pointers must be a C program's; the last can be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadGroupAffinity(
    hThread: usize,
    GroupAffinity: *const GROUP_AFFINITY,
    PreviousGroupAffinity: *mut GROUP_AFFINITY,
) -> i32 {
    // SAFETY: passed on.
    let wanted = unsafe { read(GroupAffinity) };
    let result = wanted.and_then(|wanted| {
        if wanted.Reserved != [0; 3] {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let processors = Processors::of_group(wanted.Group.into(), wanted.Mask);
        let before = set_processors_of_thread(hThread, |_| processors)?;
        // SAFETY: passed on.
        unsafe { write_if_wanted(PreviousGroupAffinity, affinity(before)) }
    });
    last_error::boolean(result)
}

/// GetProcessGroupAffinity: the groups that the process has processors of.
///
/// # Safety
///
/// The pointers must be a C program's; `GroupArray` has as many places as `GroupCount` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcessGroupAffinity(
    hProcess: usize,
    GroupCount: *mut u16,
    GroupArray: *mut u16,
) -> i32 {
    let result = processors_of_process(hProcess).and_then(|processors| {
        let groups = (0..).zip(processors.0).filter(|(_, mask)| *mask != 0);
        let groups: Vec<u16> = groups.map(|(group, _)| group).collect();
        // SAFETY: passed on.
        let room = unsafe { read(GroupCount)? };
        // SAFETY: passed on.
        unsafe { write(GroupCount, groups.len() as u16)? };
        if usize::from(room) < groups.len() {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        for (place, group) in groups.into_iter().enumerate() {
            // SAFETY: passed on: there is room for as many.
            unsafe { write(GroupArray.wrapping_add(place), group)? };
        }
        Ok(())
    });
    last_error::boolean(result)
}

/// What GetThreadIdealProcessorEx answers of a processor.
fn number(processor: usize) -> PROCESSOR_NUMBER {
    PROCESSOR_NUMBER {
        Group: (processor / GROUP) as u16,
        Number: (processor % GROUP) as u8,
        Reserved: 0,
    }
}

/// SetThreadIdealProcessor: the one before, or 0xFFFFFFFF. It is remembered; Linux' scheduler has no
/// such wish. MAXIMUM_PROCESSORS only asks.
#[unsafe(no_mangle)]
pub extern "C" fn SetThreadIdealProcessor(hThread: usize, dwIdealProcessor: u32) -> u32 {
    let before = reference(hThread, SET).and_then(|thread| {
        let group = thread.ideal_processor() / GROUP;
        match dwIdealProcessor {
            MAXIMUM_PROCESSORS => Ok(thread.ideal_processor()),
            number if number > MAXIMUM_PROCESSORS => Err(NtStatus::INVALID_PARAMETER),
            number => thread.set_ideal_processor(group * GROUP + number as usize),
        }
    });
    match before {
        Ok(before) => (before % GROUP) as u32,
        Err(status) => {
            last_error::fail(status);
            u32::MAX
        }
    }
}

/// SetThreadIdealProcessorEx: remembered, as [`SetThreadIdealProcessor`].
///
/// # Safety
///
/// The pointers must be a C program's; the last can be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadIdealProcessorEx(
    hThread: usize,
    lpIdealProcessor: *mut PROCESSOR_NUMBER,
    lpPreviousIdealProcessor: *mut PROCESSOR_NUMBER,
) -> i32 {
    let result = reference(hThread, SET).and_then(|thread| {
        // SAFETY: passed on.
        let wanted = unsafe { read(lpIdealProcessor)? };
        if wanted.Reserved != 0 || usize::from(wanted.Number) >= GROUP {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let wanted = usize::from(wanted.Group) * GROUP + usize::from(wanted.Number);
        let before = thread.set_ideal_processor(wanted)?;
        // SAFETY: passed on.
        unsafe { write_if_wanted(lpPreviousIdealProcessor, number(before)) }
    });
    last_error::boolean(result)
}

/// GetThreadIdealProcessorEx.
///
/// # Safety
///
/// `lpIdealProcessor` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadIdealProcessorEx(
    hThread: usize,
    lpIdealProcessor: *mut PROCESSOR_NUMBER,
) -> i32 {
    let result = reference(hThread, QUERY).and_then(|thread| {
        // SAFETY: passed on.
        unsafe { write(lpIdealProcessor, number(thread.ideal_processor())) }
    });
    last_error::boolean(result)
}

/// GetActiveProcessorGroupCount: up to the last that this process has processors of.
#[unsafe(no_mangle)]
pub extern "C" fn GetActiveProcessorGroupCount() -> u16 {
    let given = processors::given();
    let last = given.0.iter().rposition(|mask| *mask != 0);
    last.map_or(1, |last| last as u16 + 1)
}

/// GetMaximumProcessorGroupCount: those that are there; none is added while a process runs.
#[unsafe(no_mangle)]
pub extern "C" fn GetMaximumProcessorGroupCount() -> u16 {
    GetActiveProcessorGroupCount()
}

/// GetActiveProcessorCount: in a group, or in all; 0 if there is no such group.
#[unsafe(no_mangle)]
pub extern "C" fn GetActiveProcessorCount(GroupNumber: u16) -> u32 {
    let given = processors::given();
    if GroupNumber == ALL_PROCESSOR_GROUPS {
        return given.count() as u32;
    }
    if GroupNumber >= GetActiveProcessorGroupCount() {
        last_error::fail(NtStatus::INVALID_PARAMETER);
        return 0;
    }
    given.0[usize::from(GroupNumber)].count_ones()
}

/// GetMaximumProcessorCount: those that are there.
#[unsafe(no_mangle)]
pub extern "C" fn GetMaximumProcessorCount(GroupNumber: u16) -> u32 {
    GetActiveProcessorCount(GroupNumber)
}
