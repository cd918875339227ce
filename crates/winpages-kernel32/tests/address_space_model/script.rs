//! The calls as a script for a program on the Windows API, and what the model answers to them.

use std::fmt::Write as _;
use std::path::Path;

use super::generator::{Generator, Random};
use super::model::*;

const SEEDS: u64 = 4;
const CALLS_PER_SEED: usize = 5_000;

/// Where the model's window is taken to be: what is judged does not depend on it.
const WINDOW_START: u64 = 0x1000_0000;

/// Why Wine is no judge of a call: what Windows documents, or is known to do, is not what Wine does.
/// Such calls are left out of the script; everything else is in it.
fn fault_of_wine(call: &Call, model: &Model) -> Option<&'static str> {
    match *call {
        Call::Allocate2 { .. } => Some("Wine 8.0 has no placeholders"),
        Call::AllocateAnywhere { .. } => {
            Some("Wine does not look at the lowest address that is asked for")
        }
        Call::Free { kind, .. }
            if kind & (MEM_COALESCE_PLACEHOLDERS | MEM_PRESERVE_PLACEHOLDER) != 0 =>
        {
            Some("Wine 8.0 has no placeholders")
        }
        Call::Allocate { kind, .. } if kind & MEM_RESET != 0 && kind != MEM_RESET => {
            Some("MEM_RESET stands alone; Wine takes it for a reset whatever else is asked for")
        }
        Call::Allocate {
            kind, protection, ..
        } if kind == MEM_RESET && !is_protection(protection) => {
            Some("MEM_RESET takes a valid protection; Wine does not look at it")
        }
        Call::Allocate { protection, .. } | Call::Protect { protection, .. }
            if !is_protection(protection) && has_odd_modifiers(protection) =>
        {
            Some("modifiers that are documented not to go together; Wine takes them")
        }
        Call::Allocate { protection, .. } | Call::Protect { protection, .. }
            if protection & PAGE_WRITECOMBINE != 0 =>
        {
            Some("PAGE_WRITECOMBINE is reported as it was given; Wine forgets it")
        }
        Call::Protect { size, .. }
        | Call::Free { size, .. }
        | Call::GetWriteWatch { size, .. }
        | Call::ResetWriteWatch { size, .. }
            if size > 1 << 63 =>
        {
            Some("a size that wraps is ERROR_INVALID_PARAMETER; Wine adds it all the same")
        }
        Call::Protect { size: 0, .. } => {
            Some("a size of 0 is ERROR_INVALID_PARAMETER; Wine answers the old protection")
        }
        Call::Protect { address, size, .. } if is_not_of_one(model, address, size) => Some(
            "a range that is not of one allocation is ERROR_INVALID_ADDRESS; Wine: INVALID_PARAMETER",
        ),
        Call::Allocate { protection, .. } | Call::Protect { protection, .. }
            if !is_protection(protection) && model.would_fail_without_its_protection(call) =>
        {
            Some("a wrong protection is found before a wrong address; Wine does the reverse")
        }
        Call::Free { address, .. } if owner(model, address).is_none() => {
            Some("what is not allocated is ERROR_INVALID_ADDRESS; Wine: INVALID_PARAMETER")
        }
        _ => None,
    }
}

fn has_odd_modifiers(protection: u32) -> bool {
    (protection & 0xFF).count_ones() == 1 && protection & !0xFF != 0
}

fn owner(model: &Model, address: Address) -> Option<u64> {
    match address {
        Address::Window(offset) => model.owner(offset),
        Address::Absolute(_) => None,
    }
}

fn is_not_of_one(model: &Model, address: Address, size: u64) -> bool {
    let Address::Window(offset) = address else {
        return size < GRANULARITY;
    };
    let Some(end) = offset.checked_add(size).filter(|end| *end <= WINDOW) else {
        return false;
    };
    let owner = model.owner(offset);
    owner.is_none()
        || (offset / PAGE..end.div_ceil(PAGE)).any(|page| model.owner(page * PAGE) != owner)
}

fn argument(address: Address) -> String {
    match address {
        Address::Window(offset) => format!("w {offset:x}"),
        Address::Absolute(address) => format!("a {address:x}"),
    }
}

fn line(call: &Call) -> String {
    match *call {
        Call::Allocate {
            address,
            size,
            kind,
            protection,
        } => format!("A {} {size:x} {kind:x} {protection:x}", argument(address)),
        Call::Allocate2 { .. } | Call::AllocateAnywhere { .. } => {
            unreachable!("no call of these is written")
        }
        Call::Write { offset } => format!("T w {offset:x} 0 0 0"),
        Call::GetWriteWatch {
            address,
            size,
            flags,
            count,
        } => format!("G {} {size:x} {flags:x} {count:x}", argument(address)),
        Call::ResetWriteWatch { address, size } => {
            format!("R {} {size:x} 0 0", argument(address))
        }
        Call::Free {
            address,
            size,
            kind,
        } => format!("F {} {size:x} {kind:x} 0", argument(address)),
        Call::Protect {
            address,
            size,
            protection,
            wants_old,
        } => {
            let wants_old = u32::from(wants_old);
            format!(
                "P {} {size:x} {wants_old:x} {protection:x}",
                argument(address)
            )
        }
    }
}

/// FNV-1a over the walk, as the program computes it.
fn digest(regions: &[Region]) -> u64 {
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    for region in regions {
        for word in [
            region.base,
            region.size,
            region.allocation_base,
            u64::from(region.allocation_protection),
            u64::from(region.state),
            u64::from(region.protection),
            u64::from(region.kind),
        ] {
            hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    hash
}

pub fn write(directory: &Path) -> std::io::Result<()> {
    let (mut calls, mut answers) = (String::new(), String::new());
    let mut left_out = std::collections::BTreeMap::new();
    for seed in 0..SEEDS {
        let mut model = Model::new(WINDOW_START);
        let mut generator = Generator {
            random: Random(seed),
        };
        let mut written = 0;
        while written < CALLS_PER_SEED {
            let call = generator.next(&model);
            if let Some(reason) = fault_of_wine(&call, &model) {
                *left_out.entry(reason).or_insert(0) += 1;
                continue;
            }
            let answer = match model.apply(&call) {
                Ok(value) => format!("ok {value:x}"),
                Err(code) => format!("error {code}"),
            };
            let walk = model.walk();
            let _ = writeln!(calls, "{}", line(&call));
            let _ = writeln!(
                answers,
                "{}: {answer}, {} regions {:x}",
                line(&call),
                walk.len(),
                digest(&walk)
            );
            written += 1;
        }
        for (base, _) in model.allocations() {
            let _ = writeln!(calls, "F w {base:x} 0 {MEM_RELEASE:x} 0");
            let _ = model.apply(&Call::Free {
                address: Address::Window(base),
                size: 0,
                kind: MEM_RELEASE,
            });
            let walk = model.walk();
            let _ = writeln!(
                answers,
                "F w {base:x} 0 {MEM_RELEASE:x} 0: ok 0, {} regions {:x}",
                walk.len(),
                digest(&walk)
            );
        }
    }
    std::fs::write(directory.join("calls"), calls)?;
    std::fs::write(directory.join("answers"), answers)?;
    for (reason, count) in left_out {
        println!("{count:6} calls left out: {reason}");
    }
    Ok(())
}
