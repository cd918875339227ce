//! The engine against the reference model: random calls, and a whole walk of VirtualQuery after each.
//!
//! `conformance/model/windows` has the same calls judged by the Windows API.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "address_space_model/generator.rs"]
mod generator;
#[path = "address_space_model/model.rs"]
mod model;
#[path = "address_space_model/script.rs"]
mod script;

use core::ffi::c_void;

use generator::{Generator, Random};
use kernel32::last_error::{GetLastError, SetLastError};
use kernel32::virtual_memory::{
    MEMORY_BASIC_INFORMATION, VirtualAlloc, VirtualAlloc2, VirtualFree, VirtualProtect,
    VirtualQuery,
};
use model::{Address, Answer, Call, Model, Region, WINDOW};

/// Where nobody else maps anything: the engine's own zone begins above.
const WINDOW_START: usize = 0x0800_0000_0000;

const CALLS: usize = 100_000;
/// So many calls begin from an empty window, so that a failure can be told from few.
const CALLS_PER_SEED: usize = 5_000;

/// What a failed call must leave alone, or overwrite.
const NO_ERROR_YET: u32 = 0xABCD;

fn pointer(address: Address) -> *mut c_void {
    match address {
        Address::Window(offset) => (WINDOW_START + offset as usize) as *mut c_void,
        Address::Absolute(address) => address as *mut c_void,
    }
}

fn call(call: &Call) -> Answer {
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
                let got = VirtualAlloc(pointer(address), size as usize, kind, protection);
                (!got.is_null()).then(|| got as u64 - WINDOW_START as u64)
            }
            Call::Allocate2 {
                address,
                size,
                kind,
                protection,
            } => {
                let (base, size) = (pointer(address), size as usize);
                let none = core::ptr::null();
                let got = VirtualAlloc2(0, base, size, kind, protection, none, 0);
                (!got.is_null()).then(|| got as u64 - WINDOW_START as u64)
            }
            Call::Free {
                address,
                size,
                kind,
            } => (VirtualFree(pointer(address), size as usize, kind) != 0).then_some(0),
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
                let done = VirtualProtect(pointer(address), size as usize, protection, place);
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

fn walk() -> Vec<Region> {
    let mut regions = Vec::new();
    let mut at = 0;
    while at < WINDOW {
        let mut answer = core::mem::MaybeUninit::<MEMORY_BASIC_INFORMATION>::uninit();
        let size = size_of::<MEMORY_BASIC_INFORMATION>();
        // SAFETY: the buffer is as long as it is said to be, and filled when the size is answered.
        let answer = unsafe {
            let address = (WINDOW_START as u64 + at) as *const c_void;
            assert_eq!(VirtualQuery(address, answer.as_mut_ptr(), size), size);
            answer.assume_init()
        };
        assert_eq!(answer.BaseAddress as u64, WINDOW_START as u64 + at);
        let region = Region {
            base: at,
            // Free memory reaches out of the window.
            size: (answer.RegionSize as u64).min(WINDOW - at),
            allocation_base: match answer.AllocationBase {
                0 => u64::MAX,
                base => base as u64 - WINDOW_START as u64,
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

fn empty_window(model: &Model) {
    for (base, _) in model.allocations() {
        let release = Call::Free {
            address: Address::Window(base),
            size: 0,
            kind: model::MEM_RELEASE,
        };
        assert_eq!(call(&release), Ok(0));
    }
}

#[test]
fn agrees_with_the_model() {
    for seed in 0..(CALLS / CALLS_PER_SEED) as u64 {
        println!("seed {seed}");
        let mut model = Model::new(WINDOW_START as u64);
        let mut generator = Generator {
            random: Random(seed),
        };
        for step in 0..CALLS_PER_SEED {
            let next = generator.next(&model);
            let expected = model.apply(&next);
            let answer = call(&next);
            assert_eq!(answer, expected, "seed {seed}, call {step}: {next:x?}");
            assert_eq!(
                walk(),
                model.walk(),
                "seed {seed}, after call {step}: {next:x?}"
            );
        }
        empty_window(&model);
    }
}

/// Writes the calls and the model's answers, for `conformance/model/windows`, to the directory that
/// WINPAGES_MODEL_SCRIPT names.
#[test]
#[ignore = "conformance/model/windows asks for it"]
fn write_script() {
    let directory = std::env::var_os("WINPAGES_MODEL_SCRIPT").expect("a directory to write to");
    script::write(directory.as_ref()).expect("the script is written");
}
