//! What can be asked of a thread: NtQueryInformationThread.

use core::ffi::c_void;

use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{STILL_ACTIVE, Target};
use winpages_kernel::{NtStatus, thread};

use super::argument::status;
use super::dispatcher_object::Answer;
use super::process_query::base_priority;
use super::thread_create::CLIENT_ID;
use crate::thread::{Either, reference, reference_either};
use crate::thread_information::times;

/// THREADINFOCLASS, as far as it is known here.
mod class {
    pub const BASIC: u32 = 0;
    pub const TIMES: u32 = 1;
}

/// THREAD_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct THREAD_BASIC_INFORMATION {
    /// What it ended with; STATUS_PENDING while it runs.
    pub ExitStatus: u32,
    /// The environment block of the calling thread; NULL of others.
    pub TebBaseAddress: usize,
    /// The numbers of its process and of itself.
    pub ClientId: CLIENT_ID,
    /// Which processors of its group it runs on.
    pub AffinityMask: usize,
    /// Its priority.
    pub Priority: i32,
    /// How far that is above what its process's class gives.
    pub BasePriority: i32,
}

const QUERY: AccessMask =
    AccessMask::THREAD_QUERY_INFORMATION.union(AccessMask::THREAD_QUERY_LIMITED_INFORMATION);

/// NtQueryInformationThread: what GetExitCodeThread, GetThreadId, GetThreadPriority and GetThreadTimes answer.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryInformationThread(
    ThreadHandle: usize,
    ThreadInformationClass: u32,
    ThreadInformation: *mut c_void,
    ThreadInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let to = Answer {
        buffer: ThreadInformation,
        length: ThreadInformationLength,
        returned: ReturnLength,
    };
    // SAFETY: the caller's pointers, for the caller's answer.
    unsafe {
        match ThreadInformationClass {
            class::BASIC => to.give(|| basic(ThreadHandle)),
            class::TIMES => to.give(|| reference(ThreadHandle, QUERY).map(|found| times(&found))),
            _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
        }
    }
}

fn basic(handle: usize) -> Result<THREAD_BASIC_INFORMATION, NtStatus> {
    let (process, number, exit_status, processors, relative) =
        match reference_either(handle, QUERY)? {
            Either::Own(found) => {
                let exit_status = match found.has_ended() {
                    true => found.exit_status(),
                    false => STILL_ACTIVE,
                };
                let processors = found.processors();
                (
                    Target::Own,
                    found.id(),
                    exit_status,
                    processors,
                    found.priority(),
                )
            }
            Either::Foreign(found) => {
                let process = Target::Other(std::sync::Arc::clone(found.process()));
                let processors = found.processors();
                (process, found.number(), found.exit_code(), processors, 0)
            }
        };
    let is_current = matches!(process, Target::Own) && number == thread::current_id();
    Ok(THREAD_BASIC_INFORMATION {
        ExitStatus: exit_status,
        TebBaseAddress: match is_current {
            true => thread::environment_block().address(),
            false => 0,
        },
        ClientId: CLIENT_ID {
            UniqueProcess: process.number() as usize,
            UniqueThread: number as usize,
        },
        // Linux forgets it with the thread.
        AffinityMask: processors.map_or(0, |processors| processors.0[processors.first_group()]),
        Priority: process.priority_class().map_or(0, base_priority) + relative,
        BasePriority: relative,
    })
}
