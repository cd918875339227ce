//! Arbitrary arguments to the functions of threads and of their storage: an answer, never a crash.

#[path = "../../winpages-kernel/tests/common/random.rs"]
mod random;
#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use core::ffi::c_void;

use kernel32::address_wait::{RtlWaitOnAddress, WaitOnAddress, WakeByAddressAll};
use kernel32::fiber_local_storage::{FlsFree, FlsGetValue, FlsSetValue};
use kernel32::handle::CloseHandle;
use kernel32::nt::thread::{NtQueueApcThread, NtResumeThread, NtSuspendThread};
use kernel32::nt::thread_create::{NtCreateThreadEx, RtlCreateUserThread};
use kernel32::process_times::GetProcessTimes;
use kernel32::processor_affinity::*;
use kernel32::thread::*;
use kernel32::thread_context::{GetThreadContext, NtGetContextThread};
use kernel32::thread_information::*;
use kernel32::thread_local_storage::{TlsFree, TlsGetValue, TlsSetValue};
use random::Random;
use winpages_kernel::thread::StartRoutine;

impl Random {
    /// A pointer to memory that may be written, or to none.
    fn pointer<T>(&mut self, memory: &mut [u64; 512]) -> *mut T {
        let memory = memory.as_mut_ptr() as usize;
        let address = self.one_of(&[
            memory,
            memory + 8,
            memory + 3,
            0,
            0x10,
            usize::MAX - 3,
            0xFFFF_8000_0000_0000,
            0x8000_0000_0000_0000,
        ]);
        address as *mut T
    }
}

unsafe extern "C-unwind" fn nothing(_: usize) -> u32 {
    0
}

#[test]
fn arbitrary_arguments_get_an_answer() {
    const CREATE_SUSPENDED: u32 = 4;
    let mut id = 0;
    // SAFETY: a thread's function, and a local.
    let thread = unsafe {
        CreateThread(
            core::ptr::null(),
            0,
            nothing,
            0,
            CREATE_SUSPENDED,
            &raw mut id,
        )
    };
    let limited = OpenThread(0x0800, 0, id);
    let closed = OpenThread(0x001F_FFFF, 0, id);
    assert!(thread != 0 && limited != 0 && closed != 0);
    CloseHandle(closed);
    let handles = [
        thread,
        limited,
        closed,
        0,
        3,
        0xDEAD_BEEF,
        1 << 40,
        -1isize as usize,
    ];
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let mut memory = [0u64; 512];
    for _ in 0..30_000 {
        let handle = random.one_of(&handles);
        let number = random.next() as u32;
        let small = number % 1100;
        // SAFETY: every pointer leads to the local or to nothing; functions are none.
        unsafe {
            match random.next() % 33 {
                26 => drop(SetThreadAffinityMask(handle, number as usize % 8)),
                27 => drop(GetThreadGroupAffinity(handle, random.pointer(&mut memory))),
                28 => {
                    let affinity: *mut GROUP_AFFINITY = random.pointer(&mut memory);
                    SetThreadGroupAffinity(handle, affinity, random.pointer(&mut memory));
                }
                29 => drop(SetThreadIdealProcessor(handle, number % 70)),
                30 => {
                    let wanted = random.pointer(&mut memory);
                    SetThreadIdealProcessorEx(handle, wanted, random.pointer(&mut memory));
                    GetThreadIdealProcessorEx(handle, random.pointer(&mut memory));
                }
                31 => {
                    let (first, second) =
                        (random.pointer(&mut memory), random.pointer(&mut memory));
                    GetProcessAffinityMask(handle, first, second);
                    SetProcessAffinityMask(handle, number as usize % 8);
                    let (count, groups) =
                        (random.pointer(&mut memory), random.pointer(&mut memory));
                    GetProcessGroupAffinity(handle, count, groups);
                    GetActiveProcessorCount(number as u16);
                }
                0 => drop(GetExitCodeThread(handle, random.pointer(&mut memory))),
                1 => {
                    let [first, second, third, fourth] =
                        core::array::from_fn(|_| random.pointer(&mut memory));
                    GetThreadTimes(handle, first, second, third, fourth);
                }
                2 => drop(GetThreadPriority(handle)),
                3 => drop(SetThreadPriority(handle, number as i32 % 20)),
                4 => drop(GetThreadPriorityBoost(handle, random.pointer(&mut memory))),
                5 => drop(SetThreadPriorityBoost(handle, number as i32)),
                6 => drop(SetThreadDescription(
                    handle,
                    random.pointer::<u16>(&mut memory),
                )),
                7 => {
                    let mut text = core::ptr::null_mut();
                    if GetThreadDescription(handle, &raw mut text) >= 0 {
                        kernel32::local_memory::LocalFree(text.cast());
                    }
                }
                8 => drop(QueueUserAPC(None, handle, number as usize)),
                9 => drop(NtQueueApcThread(handle, None, 1, 2, 3)),
                10 => drop(GetThreadId(handle)),
                11 => drop(GetProcessIdOfThread(handle)),
                12 => drop(CloseHandle(OpenThread(
                    number,
                    0,
                    random.one_of(&[0, 1, id, number]),
                ))),
                13 => drop(SuspendThread(handle)),
                // Never as often as it is suspended: the thread does not begin.
                14 if number.is_multiple_of(2) => {
                    if SuspendThread(handle) != u32::MAX {
                        ResumeThread(handle);
                    }
                }
                15 => drop(NtSuspendThread(handle, random.pointer(&mut memory))),
                16 => drop(GetThreadContext(handle, random.pointer(&mut memory))),
                17 => drop(NtGetContextThread(handle, random.pointer(&mut memory))),
                18 => drop(TlsGetValue(small)),
                19 => drop(TlsSetValue(random.one_of(&[small, number, u32::MAX]), 1)),
                20 => drop(TlsFree(random.one_of(&[1088, number | 0x1000, u32::MAX]))),
                21 => {
                    FlsGetValue(random.one_of(&[0, small, number, u32::MAX]));
                    FlsSetValue(random.one_of(&[0, small, number, u32::MAX]), 0);
                    FlsFree(random.one_of(&[0, 4080, number | 0x1000, u32::MAX]));
                }
                22 => {
                    let (address, compare): (*mut c_void, *mut c_void) =
                        (random.pointer(&mut memory), random.pointer(&mut memory));
                    WaitOnAddress(address, compare, random.next() as usize % 10, 0);
                    WakeByAddressAll(address);
                }
                23 => {
                    let timeout = 0i64;
                    let timeout = random.one_of(&[&raw const timeout, 0x10 as *const i64]);
                    let pointer: *mut c_void = random.pointer(&mut memory);
                    RtlWaitOnAddress(pointer, pointer, random.next() as usize % 10, timeout);
                }
                24 => {
                    let [first, second, third, fourth] =
                        core::array::from_fn(|_| random.pointer(&mut memory));
                    GetProcessTimes(handle, first, second, third, fourth);
                }
                25 => drop(NtCreateThreadEx(
                    random.pointer(&mut memory),
                    number,
                    random.pointer(&mut memory),
                    random.one_of(&[thread, closed, 0, 7]),
                    None,
                    0,
                    number % 4,
                    0,
                    0,
                    0,
                    random.pointer::<c_void>(&mut memory),
                )),
                32 => drop(RtlCreateUserThread(
                    random.one_of(&[thread, closed, 0, 7]),
                    random.pointer::<c_void>(&mut memory),
                    1,
                    0,
                    0,
                    0,
                    random.one_of(&[None, Some(nothing as StartRoutine)]),
                    0,
                    random.pointer(&mut memory),
                    random.pointer(&mut memory),
                )),
                _ => drop(NtResumeThread(
                    random.one_of(&[limited, closed, 0, 7]),
                    random.pointer(&mut memory),
                )),
            }
        }
    }
    assert_eq!(GetThreadId(thread), id);
    while ResumeThread(thread) > 1 {}
    assert_eq!(kernel32::wait::WaitForSingleObject(thread, 20_000), 0);
    CloseHandle(thread);
    CloseHandle(limited);
}
