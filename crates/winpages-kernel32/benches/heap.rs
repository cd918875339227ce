//! What a heap costs beside malloc, and beside mimalloc, in one run.
//!
//! `cargo bench -p winpages-kernel32 --bench heap`. Figures are nanoseconds for a hundred operations
//! (of processor time; of elapsed time where there are several threads), the least and the median of
//! 31 turns; the ratio is the median of the pairs. `heap_speed.c` beside this file has the same loops in
//! C, for running them on another Windows API.

mod on_wine;
mod paired;

use core::ffi::c_void;
use core::hint::black_box;
use std::time::Instant;

use kernel32::heap::*;
use on_wine::OnWine;
use paired::compare;

/// A way to allocate and free.
trait Allocator: Sync {
    fn allocate(&self, size: usize) -> *mut c_void;
    fn free(&self, block: *mut c_void);
}

struct Heap(usize);

impl Allocator for Heap {
    fn allocate(&self, size: usize) -> *mut c_void {
        HeapAlloc(self.0 as *mut c_void, 0, size)
    }

    fn free(&self, block: *mut c_void) {
        // SAFETY: every block freed here was allocated here, and is freed once.
        unsafe { HeapFree(self.0 as *mut c_void, 0, block) };
    }
}

struct Glibc;

impl Allocator for Glibc {
    fn allocate(&self, size: usize) -> *mut c_void {
        // SAFETY: no precondition.
        unsafe { libc::malloc(size) }
    }

    fn free(&self, block: *mut c_void) {
        // SAFETY: as above.
        unsafe { libc::free(block) }
    }
}

struct Mimalloc;

impl Allocator for Mimalloc {
    fn allocate(&self, size: usize) -> *mut c_void {
        // SAFETY: no precondition.
        unsafe { libmimalloc_sys::mi_malloc(size) }
    }

    fn free(&self, block: *mut c_void) {
        // SAFETY: as above.
        unsafe { libmimalloc_sys::mi_free(block) }
    }
}

/// A hundred small blocks, each freed at once.
fn pairs(allocator: &impl Allocator) {
    for _ in 0..100 {
        let block = black_box(allocator.allocate(black_box(64)));
        // SAFETY: it has 64 bytes.
        unsafe { block.cast::<u8>().write(1) };
        allocator.free(block);
    }
}

/// A hundred small blocks, then all freed.
fn burst(allocator: &impl Allocator) {
    let blocks: [*mut c_void; 100] = core::array::from_fn(|_| allocator.allocate(black_box(64)));
    for block in black_box(blocks) {
        allocator.free(block);
    }
}

/// A thousand blocks of 16 to 512 bytes, of which one chosen at random is exchanged at a time.
struct Population {
    blocks: Vec<usize>,
    random: u64,
}

impl Population {
    fn new() -> Self {
        Self {
            blocks: vec![0; 1000],
            random: 0x5EED,
        }
    }

    fn exchange_a_hundred(&mut self, allocator: &impl Allocator) {
        for _ in 0..100 {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            let block = &mut self.blocks[(self.random % 1000) as usize];
            if *block != 0 {
                allocator.free(*block as *mut c_void);
            }
            *block = allocator.allocate(16 + ((self.random >> 32) % 497) as usize) as usize;
        }
    }

    fn clear(&mut self, allocator: &impl Allocator) {
        for block in self.blocks.drain(..).filter(|block| *block != 0) {
            allocator.free(block as *mut c_void);
        }
    }
}

/// Nanoseconds for a hundred operations on each of eight threads, by the clock.
fn on_eight_threads(work: &(impl Fn() + Sync)) -> f64 {
    const ROUNDS: u32 = 400;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..ROUNDS).for_each(|_| work()));
        }
    });
    started.elapsed().as_nanos() as f64 / f64::from(8 * ROUNDS)
}

fn compare_threads(name: &str, ours: impl Fn() + Sync, reference: &str, theirs: impl Fn() + Sync) {
    let mut turns: Vec<(f64, f64)> = (0..32)
        .map(|round| {
            if round % 2 == 0 {
                let first = on_eight_threads(&ours);
                (first, on_eight_threads(&theirs))
            } else {
                let first = on_eight_threads(&theirs);
                (on_eight_threads(&ours), first)
            }
        })
        .skip(1)
        .collect();
    turns.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, theirs) = turns[turns.len() / 2];
    let ratio = |index: usize| turns[index].0 / turns[index].1;
    println!(
        "{name:<46} {:>9} {ours:>9.1}   {reference:<40} {:>9} {theirs:>9.1}   ratio {:.2} (p10 {:.2}, p90 {:.2})",
        "",
        "",
        ratio(15),
        ratio(3),
        ratio(27),
    );
}

fn main() {
    println!("nanoseconds for a hundred operations: least and median");
    let heap = Heap(GetProcessHeap() as usize);
    let pair = compare(
        "HeapAlloc+HeapFree 64",
        3000,
        || pairs(&heap),
        "malloc+free",
        || pairs(&Glibc),
    );
    compare(
        "HeapAlloc+HeapFree 64",
        3000,
        || pairs(&heap),
        "mi_malloc+mi_free",
        || pairs(&Mimalloc),
    );
    compare(
        "100 HeapAlloc, 100 HeapFree",
        3000,
        || burst(&heap),
        "malloc, free",
        || burst(&Glibc),
    );
    compare(
        "100 HeapAlloc, 100 HeapFree",
        3000,
        || burst(&heap),
        "mi_malloc, mi_free",
        || burst(&Mimalloc),
    );
    let mut blocks = vec![core::ptr::null_mut(); 1000];
    let mut others = blocks.clone();
    let thousand = compare(
        "1000 HeapAlloc, 1000 HeapFree",
        300,
        || wave(&heap, &mut blocks),
        "malloc, free",
        || wave(&Glibc, &mut others),
    );
    against("malloc", &heap, &Glibc);
    against("mimalloc", &heap, &Mimalloc);
    compare_threads(
        "HeapAlloc+HeapFree 64, 8 threads",
        || pairs(&heap),
        "malloc+free",
        || pairs(&Glibc),
    );
    compare_threads(
        "HeapAlloc+HeapFree 64, 8 threads",
        || pairs(&heap),
        "mi_malloc+mi_free",
        || pairs(&Mimalloc),
    );
    compare_threads(
        "100 HeapAlloc, 100 HeapFree, 8 threads",
        || burst(&heap),
        "malloc, free",
        || burst(&Glibc),
    );
    println!("nanoseconds for one operation");
    let wine = OnWine::run("heap_speed.c");
    wine.beside("HeapAlloc+HeapFree 64", pair / 100.0);
    wine.beside("1000 HeapAlloc, 1000 HeapFree", thousand / 1000.0);
    paired::measure("HeapCreate+HeapDestroy", 500, || {
        let heap = HeapCreate(0, 0, 0);
        assert_eq!(HeapDestroy(heap), 1);
    });
}

fn against(reference: &str, heap: &Heap, theirs: &impl Allocator) {
    let (mut one, mut other) = (Population::new(), Population::new());
    compare(
        "exchange one of 1000 blocks of 16 to 512",
        1000,
        || one.exchange_a_hundred(heap),
        reference,
        || other.exchange_a_hundred(theirs),
    );
    one.clear(heap);
    other.clear(theirs);
}

/// A thousand small blocks, then all freed.
fn wave(allocator: &impl Allocator, blocks: &mut [*mut c_void]) {
    for block in &mut *blocks {
        *block = allocator.allocate(black_box(64));
    }
    for block in blocks {
        allocator.free(*block);
    }
}
