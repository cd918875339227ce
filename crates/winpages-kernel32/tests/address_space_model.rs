//! The engine against the reference model: random calls, and a whole walk of VirtualQuery after each.
//!
//! `conformance/model/windows` has the same calls judged by the Windows API.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

#[path = "address_space_model/generator.rs"]
mod generator;
#[path = "address_space_model/model.rs"]
mod model;
#[path = "address_space_model/script.rs"]
mod script;

use core::ffi::c_void;

use generator::{Generator, Random};
use kernel32::extended_parameter::{MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER};
use kernel32::last_error::{GetLastError, SetLastError};
use kernel32::virtual_memory::{
    MEMORY_BASIC_INFORMATION, VirtualAlloc, VirtualAlloc2, VirtualFree, VirtualProtect,
    VirtualQuery,
};
use kernel32::write_watch::{GetWriteWatch, ResetWriteWatch};
use model::{Address, Answer, Call, Model, Region, WINDOW};

/// Where nobody else maps anything: the engine's own zone begins above.
const WINDOWS_START: usize = 0x0800_0000_0000;

/// How far apart the windows of two threads are.
const WINDOW_DISTANCE: usize = 1 << 40;

/// How many threads share the work, each with a window of its own.
const THREADS: u64 = 2;

const CALLS: usize = 100_000;
/// So many calls begin from an empty window, so that a failure can be told from few.
const CALLS_PER_SEED: usize = 5_000;

/// What a failed call must leave alone, or overwrite.
const NO_ERROR_YET: u32 = 0xABCD;

fn pointer(start: usize, address: Address) -> *mut c_void {
    match address {
        Address::Window(offset) => (start + offset as usize) as *mut c_void,
        Address::Absolute(address) => address as *mut c_void,
    }
}

fn call(start: usize, call: &Call, model: &Model) -> Answer {
    SetLastError(NO_ERROR_YET);
    // SAFETY: the calls reach only the window, which nobody uses, and addresses nobody can have.
    let answer = unsafe {
        match *call {
            Call::Allocate {
                address,
                size,
                kind,
                protection,
            } => {
                let got = VirtualAlloc(pointer(start, address), size as usize, kind, protection);
                (!got.is_null()).then(|| got as u64 - start as u64)
            }
            Call::Allocate2 {
                address,
                size,
                kind,
                protection,
            } => {
                let (base, size) = (pointer(start, address), size as usize);
                let none = core::ptr::null();
                let got = VirtualAlloc2(0, base, size, kind, protection, none, 0);
                (!got.is_null()).then(|| got as u64 - start as u64)
            }
            Call::AllocateAnywhere {
                size,
                alignment,
                kind,
                protection,
            } => {
                let requirements = MEM_ADDRESS_REQUIREMENTS {
                    LowestStartingAddress: start,
                    HighestEndingAddress: start + WINDOW as usize - 1,
                    Alignment: alignment as usize,
                };
                let parameter = MEM_EXTENDED_PARAMETER {
                    Type: 1,
                    Value: (&raw const requirements).addr() as u64,
                };
                let (null, parameter) = (core::ptr::null_mut(), &raw const parameter);
                let got = VirtualAlloc2(0, null, size as usize, kind, protection, parameter, 1);
                (!got.is_null()).then(|| got as u64 - start as u64)
            }
            Call::Write { offset } => {
                if model.can_write(offset) {
                    pointer(start, Address::Window(offset))
                        .cast::<u8>()
                        .write_volatile(1);
                }
                Some(0)
            }
            Call::GetWriteWatch {
                address,
                size,
                flags,
                count,
            } => {
                let mut addresses = [core::ptr::null_mut(); (WINDOW / model::PAGE) as usize];
                let (mut count, mut granularity) = (count as usize, 0);
                let (base, room) = (pointer(start, address), addresses.as_mut_ptr());
                let (count, granularity) = (&raw mut count, &raw mut granularity);
                let done = GetWriteWatch(flags, base, size as usize, room, count, granularity) == 0;
                let written = addresses.iter().take(*count).map(|address| {
                    let offset = address.addr() - start;
                    offset as u64
                });
                done.then(|| written.fold(model::WRITTEN_DIGEST_START, model::add_to_digest))
            }
            Call::ResetWriteWatch { address, size } => {
                (ResetWriteWatch(pointer(start, address), size as usize) == 0).then_some(0)
            }
            Call::Free {
                address,
                size,
                kind,
            } => (VirtualFree(pointer(start, address), size as usize, kind) != 0).then_some(0),
            Call::Protect {
                address,
                size,
                protection,
                wants_old,
            } => {
                let mut old = 0;
                let place = if wants_old {
                    &raw mut old
                } else {
                    core::ptr::null_mut()
                };
                let done =
                    VirtualProtect(pointer(start, address), size as usize, protection, place);
                (done != 0).then(|| u64::from(old))
            }
        }
    };
    match answer {
        Some(value) => {
            assert_eq!(GetLastError(), NO_ERROR_YET, "success sets no error");
            Ok(value)
        }
        None => Err(GetLastError()),
    }
}

fn walk(start: usize) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut at = 0;
    while at < WINDOW {
        let mut answer = core::mem::MaybeUninit::<MEMORY_BASIC_INFORMATION>::uninit();
        let size = size_of::<MEMORY_BASIC_INFORMATION>();
        // SAFETY: the buffer is as long as it is said to be, and filled when the size is answered.
        let answer = unsafe {
            let address = (start as u64 + at) as *const c_void;
            assert_eq!(VirtualQuery(address, answer.as_mut_ptr(), size), size);
            answer.assume_init()
        };
        assert_eq!(answer.BaseAddress as u64, start as u64 + at);
        let region = Region {
            base: at,
            // Free memory reaches out of the window.
            size: (answer.RegionSize as u64).min(WINDOW - at),
            allocation_base: match answer.AllocationBase {
                0 => u64::MAX,
                base => base as u64 - start as u64,
            },
            allocation_protection: answer.AllocationProtect,
            state: answer.State,
            protection: answer.Protect,
            kind: answer.Type,
        };
        at += region.size;
        regions.push(region);
    }
    regions
}

fn empty_window(start: usize, model: &Model) {
    for (base, _) in model.allocations() {
        let release = Call::Free {
            address: Address::Window(base),
            size: 0,
            kind: model::MEM_RELEASE,
        };
        assert_eq!(call(start, &release, model), Ok(0));
    }
}

#[test]
fn agrees_with_the_model() {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let start = WINDOWS_START + thread as usize * WINDOW_DISTANCE;
                let seeds = 0..(CALLS / CALLS_PER_SEED) as u64;
                for seed in seeds.filter(|seed| seed % THREADS == thread) {
                    agrees_from(start, seed);
                }
            });
        }
    });
}

fn agrees_from(start: usize, seed: u64) {
    let mut model = Model::new(start as u64);
    let mut generator = Generator {
        random: Random(seed),
    };
    for step in 0..CALLS_PER_SEED {
        let next = generator.next(&model);
        let answer = call(start, &next, &model);
        let expected = model.apply(&next);
        assert_eq!(answer, expected, "seed {seed}, call {step}: {next:x?}");
        assert_eq!(
            walk(start),
            model.walk(),
            "seed {seed}, after call {step}: {next:x?}"
        );
    }
    empty_window(start, &model);
}

/// Writes the calls and the model's answers, for `conformance/model/windows`, to the directory that
/// WINPAGES_MODEL_SCRIPT names.
#[test]
#[ignore = "conformance/model/windows asks for it"]
fn write_script() {
    let directory = std::env::var_os("WINPAGES_MODEL_SCRIPT").expect("a directory to write to");
    script::write(directory.as_ref()).expect("the script is written");
}
