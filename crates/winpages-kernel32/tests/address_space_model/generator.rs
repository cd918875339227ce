//! Random calls: mostly sensible ones, near what is there, and every kind of wrong one among them.

use super::model::*;

/// SplitMix64: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

const SENSIBLE_PROTECTIONS: [u32; 6] = [0x01, 0x02, 0x04, 0x10, 0x20, 0x40];
const ODD_PROTECTIONS: [u32; 16] = [
    0x00,
    0x03,
    0x06,
    0x08,
    0x0C,
    0x80,
    0xFF,
    0x100,
    0x101,
    0x201,
    0x304,
    0x604,
    0x800,
    0x804,
    0x2000_0004,
    0x8000_0002,
];
const MODIFIED_PROTECTIONS: [u32; 6] = [0x102, 0x104, 0x140, 0x204, 0x202, 0x404];

const ODD_ALLOCATIONS: [u32; 10] = [
    0,
    MEM_TOP_DOWN,
    MEM_RESET,
    MEM_RESET | MEM_COMMIT,
    MEM_COMMIT | 0x80,
    MEM_DECOMMIT,
    MEM_RELEASE,
    MEM_COMMIT | 0x4000_0000,
    MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
    MEM_RESERVE | MEM_REPLACE_PLACEHOLDER,
];
const ODD_PLACEHOLDERS: [u32; 6] = [
    MEM_RESERVE_PLACEHOLDER,
    MEM_REPLACE_PLACEHOLDER,
    MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
    MEM_RESERVE | MEM_COMMIT | MEM_RESERVE_PLACEHOLDER,
    MEM_RESERVE | MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER,
    MEM_RESERVE | MEM_RESET | MEM_REPLACE_PLACEHOLDER,
];
const ODD_FREES: [u32; 9] = [
    MEM_PRESERVE_PLACEHOLDER,
    MEM_DECOMMIT | MEM_COALESCE_PLACEHOLDERS,
    MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS | MEM_PRESERVE_PLACEHOLDER,
    0,
    MEM_DECOMMIT | MEM_RELEASE,
    MEM_FREE,
    MEM_COMMIT,
    MEM_RESET,
    0x1_0000_u32 | MEM_RELEASE,
];
const ODD_SIZES: [u64; 5] = [0, 1 << 47, 1 << 62, u64::MAX, u64::MAX - 0xFFFF];
const ODD_ADDRESSES: [u64; 5] = [
    0x1000,
    0xFFFF,
    0x7FFF_FFFF_0000,
    0xFFFF_8000_0000_0000,
    u64::MAX,
];

pub struct Generator {
    pub random: Random,
}

impl Generator {
    pub fn next(&mut self, model: &Model) -> Call {
        let random = &mut self.random;
        if random.one_in(3) {
            return placeholder_call(random, model);
        }
        if random.one_in(4) {
            return watched_call(random, model);
        }
        let (address, size) = range(random, model);
        match random.below(10) {
            0 => anywhere(random, size),
            1..4 => Call::Allocate {
                address,
                size,
                kind: allocation_type(random),
                protection: protection(random),
            },
            4..7 => Call::Protect {
                address,
                size,
                protection: protection(random),
                wants_old: !random.one_in(60),
            },
            _ => {
                let kind = match random.below(12) {
                    0 => random.pick(&ODD_FREES),
                    1..6 => MEM_RELEASE,
                    _ => MEM_DECOMMIT,
                };
                let size = if kind == MEM_RELEASE && !random.one_in(8) {
                    0
                } else {
                    size
                };
                Call::Free {
                    address,
                    size,
                    kind,
                }
            }
        }
    }
}

/// A call that has to do with placeholders, or that nearly has.
fn placeholder_call(random: &mut Random, model: &Model) -> Call {
    let (mut address, mut size) = range(random, model);
    let allocations = model.allocations();
    let whole = !allocations.is_empty() && !random.one_in(8);
    let first = random.below(allocations.len().max(1) as u64) as usize;
    if whole {
        // What is split, joined or replaced is mostly exactly what is there.
        let (base, length) = allocations[first];
        (address, size) = (Address::Window(base), length);
    }
    let within = |random: &mut Random, size: u64| {
        let start = random.below(size / PAGE + 1) * PAGE;
        (start, (1 + random.below(size / PAGE + 1)) * PAGE)
    };
    match random.below(10) {
        0..3 => {
            let start = random.below(WINDOW);
            let size = 1 + random.below(4 * GRANULARITY);
            Call::Allocate2 {
                address: Address::Window(start),
                size: size.min(WINDOW - start),
                kind: MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
                protection: match random.below(12) {
                    0 => protection(random),
                    _ => PAGE_NOACCESS,
                },
            }
        }
        3..6 => Call::Allocate2 {
            address,
            size,
            kind: match random.below(10) {
                0 => random.pick(&ODD_PLACEHOLDERS),
                1..5 => MEM_RESERVE | MEM_REPLACE_PLACEHOLDER,
                _ => MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
            },
            protection: protection(random),
        },
        6..8 => {
            if let (Address::Window(base), false) = (address, random.one_in(3)) {
                let (start, part) = within(random, size);
                (address, size) = (Address::Window(base + start), part);
            }
            Call::Free {
                address,
                size,
                kind: MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER,
            }
        }
        _ => {
            // Two side by side, or what lies between any two.
            let neighbours: Vec<_> = allocations
                .windows(2)
                .filter(|pair| pair[0].0 + pair[0].1 == pair[1].0)
                .collect();
            let last = first + random.below(4) as usize;
            if !neighbours.is_empty() && !random.one_in(4) {
                let pair = random.pick(&neighbours);
                (address, size) = (Address::Window(pair[0].0), pair[0].1 + pair[1].1);
            } else if whole && let Some((base, length)) = allocations.get(last) {
                size = base + length - allocations[first].0;
            }
            Call::Free {
                address,
                size,
                kind: MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS,
            }
        }
    }
}

/// A call that leaves the address to the system.
fn anywhere(random: &mut Random, size: u64) -> Call {
    Call::AllocateAnywhere {
        size,
        alignment: match random.below(10) {
            0 => random.pick(&[1, 0x8000, 0x3_0000, 3 << 20]),
            1..5 => GRANULARITY << random.below(6),
            _ => 0,
        },
        kind: match random.below(12) {
            0 => random.pick(&ODD_ALLOCATIONS[..7]),
            1..3 => MEM_COMMIT,
            3..6 => MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN,
            6 => MEM_COMMIT | MEM_WRITE_WATCH,
            7 => MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
            _ => MEM_RESERVE,
        },
        protection: protection(random),
    }
}

/// A call that has to do with the watch on written pages.
fn watched_call(random: &mut Random, model: &Model) -> Call {
    let (address, size) = range(random, model);
    let allocations = model.allocations();
    match random.below(10) {
        0 => Call::Allocate {
            address,
            size,
            kind: MEM_RESERVE | MEM_WRITE_WATCH | random.pick(&[0, MEM_COMMIT, MEM_COMMIT]),
            protection: random.pick(&[0x04, 0x04, 0x40, 0x02, 0x104]),
        },
        1..6 => Call::Write {
            offset: match random.below(6) {
                0 => random.below(WINDOW),
                _ if allocations.is_empty() => 0,
                _ => {
                    let (base, length) = random.pick(&allocations);
                    base + random.below(length)
                }
            },
        },
        6 => Call::ResetWriteWatch { address, size },
        _ => {
            let (address, size) = match allocations.is_empty() || random.one_in(3) {
                true => (address, size),
                false => {
                    let (base, length) = random.pick(&allocations);
                    (Address::Window(base), length)
                }
            };
            Call::GetWriteWatch {
                address,
                size,
                flags: random.pick(&[0, 0, 0, 1, 1, 2]),
                count: random.pick(&[1, 2, 5, 2048, 2048, 2048, 0]),
            }
        }
    }
}

fn protection(random: &mut Random) -> u32 {
    match random.below(20) {
        0 => random.pick(&ODD_PROTECTIONS),
        1 => random.pick(&MODIFIED_PROTECTIONS),
        _ => random.pick(&SENSIBLE_PROTECTIONS),
    }
}

fn allocation_type(random: &mut Random) -> u32 {
    match random.below(16) {
        0 => random.pick(&ODD_ALLOCATIONS),
        1 => random.pick(&[MEM_RESERVE | MEM_TOP_DOWN, MEM_RESET]),
        2..6 => MEM_RESERVE,
        6..9 => MEM_RESERVE | MEM_COMMIT,
        _ => MEM_COMMIT,
    }
}

/// A range in the window, mostly one that has to do with an allocation.
fn range(random: &mut Random, model: &Model) -> (Address, u64) {
    if random.one_in(60) {
        let size = 1 + random.below(4 * PAGE);
        return (Address::Absolute(random.pick(&ODD_ADDRESSES)), size);
    }
    let allocations = model.allocations();
    let near = !allocations.is_empty() && random.below(5) > 0;
    let (start, size) = if near {
        let (base, length) = random.pick(&allocations);
        let start = match random.below(4) {
            0 => base,
            _ => base + random.below(length),
        };
        let rest = base + length - start;
        let size = match random.below(6) {
            0 => rest,
            1 => rest + 1 + random.below(2 * GRANULARITY),
            _ => 1 + random.below(rest),
        };
        (start, size)
    } else {
        let scale = random.pick(&[PAGE, 4 * PAGE, GRANULARITY, 4 * GRANULARITY]);
        let size = 1 + random.below(scale);
        (random.below(WINDOW), size)
    };
    let start = match random.below(3) {
        0 => start,
        _ => start / PAGE * PAGE,
    };
    if random.one_in(40) {
        return (Address::Window(start), random.pick(&ODD_SIZES));
    }
    (Address::Window(start), size.min(WINDOW - start))
}
