//! A memory barrier in all threads of the process at once, paid by the one who asks.
//!
//! What threads do all the time (an allocation) must not pay for what they hardly ever do (locking a
//! heap): the frequent side orders its accesses for the compiler only, and the rare side has the
//! kernel order them on every processor that runs a thread of this process.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence, fence};

use rustix::thread::{MembarrierCommand, membarrier};

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

/// Lets other threads run.
pub fn give_way() {
    rustix::thread::sched_yield();
}
