//! A memory barrier in all threads of the process at once, paid by the one who asks.
//!
//! What threads do all the time (an allocation) must not pay for what they hardly ever do (locking a
//! heap): the frequent side orders its accesses for the compiler only, and the rare side has the
//! kernel order them on every processor that runs a thread of this process.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence, fence};

use rustix::thread::{MembarrierCommand, membarrier};

use super::memory;

/// What the kernel protects at a time, in bytes.
const PAGE_SIZE: usize = 0x1000;

static IS_REFUSED: AtomicBool = AtomicBool::new(false);

static STATE: AtomicU32 = AtomicU32::new(0);

/// Registers the process with the kernel; before the first [`frequent`].
pub fn prepare() {
    if STATE.load(Ordering::Acquire) == 0 {
        if membarrier(MembarrierCommand::RegisterPrivateExpedited).is_err() {
            IS_REFUSED.store(true, Ordering::SeqCst);
        }
        STATE.store(1, Ordering::Release);
    }
}

/// Whether the kernel refuses, so that the frequent side has to pay after all.
pub fn is_refused() -> bool {
    IS_REFUSED.load(Ordering::Relaxed)
}

/// Orders the accesses of the frequent side before and after it; told what [`is_refused`] answers.
#[inline(always)]
pub fn frequent(is_refused: bool) {
    if is_refused {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
}

/// Orders the accesses of all threads: what another thread did before its [`frequent`] is seen from
/// here on, or that thread sees behind it what was done here before.
pub fn rare() {
    fence(Ordering::SeqCst);
    if !IS_REFUSED.load(Ordering::Relaxed)
        && membarrier(MembarrierCommand::PrivateExpedited).is_err()
    {
        // Registered, so this cannot fail; a process that was forked may have to register anew.
        let _ = membarrier(MembarrierCommand::RegisterPrivateExpedited);
        let _ = membarrier(MembarrierCommand::PrivateExpedited);
    }
}

/// Orders the accesses of all threads, whatever they do: what each had written before is seen from here on.
///
/// Where the kernel refuses, a page is taken from being writable, which every processor that runs this process
/// has to hear of, and hears as an interrupt.
pub fn everywhere() {
    prepare();
    rare();
    if !is_refused() {
        return;
    }
    let Ok(page) = memory::map_anywhere(PAGE_SIZE) else {
        return;
    };
    // SAFETY: the page is this function's own, and nobody else knows of it.
    unsafe {
        page.write_volatile(1);
        let _ = memory::protect(page as usize, PAGE_SIZE, memory::Access::READ);
        let _ = memory::unmap(page as usize, PAGE_SIZE);
    }
}

/// Lets other threads run.
pub fn give_way() {
    rustix::thread::sched_yield();
}
