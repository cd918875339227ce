//! What the engine keeps for each attached thread, in pages of its own.

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use super::environment_block::EnvironmentBlock;
use super::object::Thread;
use crate::NtStatus;
use crate::address_space::layout::page_up;
use crate::sys::lock::Lock;
use crate::sys::{self, fault, memory, procmap};

/// TlsAlloc's indexes beyond those in the environment block.
pub(super) const TLS_EXPANSION_SLOTS: usize = 1024;

/// FlsAlloc's indexes, one page of pointers for each 512.
pub(super) const FLS_SLOTS: usize = 4096;

/// One thread's pages. Blocks are never unmapped: a block whose thread has ended serves the next one,
/// so a pointer to a block is good for ever.
#[repr(C)]
pub(super) struct Block {
    pub(super) environment: EnvironmentBlock,
    pub(super) tls_expansion: [AtomicUsize; TLS_EXPANSION_SLOTS],
    pub(super) fls: [AtomicUsize; FLS_SLOTS],
    /// The object of the thread, once somebody has asked for it: what `Arc::into_raw` answered.
    thread: AtomicPtr<Thread>,
    /// [`RUNNING`] or [`ENDED`].
    state: AtomicU32,
    /// How often the C library has said that the thread ends.
    end_rounds: AtomicU32,
    /// The kernel's number of the thread: the environment block's is the program's to change.
    kernel_id: AtomicU32,
    /// Where the thread began, while it runs what it was started for: see [`super::start`].
    pub(super) way_back: AtomicUsize,
    /// What the thread ends with.
    pub(super) exit_status: AtomicU32,
    /// Not 0 once the thread is on its way out.
    pub(super) is_leaving: AtomicU32,
    /// Not 0 if it was ended by another.
    pub(super) was_terminated: AtomicU32,
    /// Where the stack for the thread's signals begins, 0 if it has none of the engine's, and its size.
    signal_stack: AtomicUsize,
    signal_stack_size: AtomicUsize,
    /// The next of all blocks.
    next: AtomicPtr<Block>,
    /// The next of those whose threads have ended, the longest ago first.
    next_ended: AtomicPtr<Block>,
}

const RUNNING: u32 = 1;
const ENDED: u32 = 2;

struct Blocks {
    all: *mut Block,
    first_ended: *mut Block,
    last_ended: *mut Block,
}

// SAFETY: blocks are never unmapped, and all their fields are atomic.
unsafe impl Send for Blocks {}

static BLOCKS: Lock<Blocks> = Lock::new(Blocks {
    all: ptr::null_mut(),
    first_ended: ptr::null_mut(),
    last_ended: ptr::null_mut(),
});

thread_local! {
    // A plain word: reading it neither allocates nor registers a destructor, so the engine can be
    // called from inside an allocator.
    static CURRENT: Cell<*const Block> = const { Cell::new(ptr::null()) };

    /// The last error of a thread that is not attached: setting it must not fail, as attaching can.
    static EARLY_LAST_ERROR: Cell<u32> = const { Cell::new(0) };
}

/// The calling thread's last error.
#[inline]
pub(super) fn last_error() -> u32 {
    match existing() {
        Some(block) => block.environment.last_error.load(Ordering::Relaxed),
        None => EARLY_LAST_ERROR.get(),
    }
}

/// Sets the calling thread's last error.
#[inline]
pub(super) fn set_last_error(code: u32) {
    match existing() {
        Some(block) => block.environment.last_error.store(code, Ordering::Relaxed),
        None => EARLY_LAST_ERROR.set(code),
    }
}

/// The calling thread's block, if it is attached.
#[inline]
pub(super) fn existing() -> Option<&'static Block> {
    // SAFETY: the word is NULL or a block, and those are never unmapped.
    unsafe { CURRENT.get().as_ref() }
}

/// The calling thread's block. Attaches the thread if this is its first call.
#[inline]
pub(super) fn current() -> &'static Block {
    match existing() {
        Some(block) => block,
        None => attach(),
    }
}

/// How many threads are attached, or about to be.
static ATTACHED: AtomicUsize = AtomicUsize::new(0);

/// Counts a thread that is about to be started.
pub(super) fn count_in() {
    ATTACHED.fetch_add(1, Ordering::Relaxed);
}

/// Counts a thread that has ended, or has not been started; answers whether none is left.
pub(super) fn count_out() -> bool {
    ATTACHED.fetch_sub(1, Ordering::AcqRel) == 1
}

/// The number of the thread that answers other processes: the engine's own, and none of the program's.
static SERVICE: AtomicU32 = AtomicU32::new(0);

/// Says that the calling thread is the engine's own: the process ends without it.
pub(crate) fn serve_engine() {
    SERVICE.store(sys::thread::id(), Ordering::Relaxed);
}

fn is_service(id: u32) -> bool {
    SERVICE.load(Ordering::Relaxed) == id
}

#[cold]
fn attach() -> &'static Block {
    if !is_service(sys::thread::id()) {
        count_in();
    }
    attach_block(take_block())
}

/// Attaches a thread that has an object already, and is counted.
pub(super) fn attach_as(thread: Arc<Thread>) -> &'static Block {
    let block = take_block();
    let id = block.kernel_id.load(Ordering::Relaxed);
    let object = Arc::into_raw(thread);
    block.thread.store(object.cast_mut(), Ordering::Release);
    let block = attach_block(block);
    // SAFETY: the block holds the object until this thread's end.
    unsafe { &*object }.set_id(id);
    block
}

fn attach_block(block: &'static Block) -> &'static Block {
    block
        .environment
        .last_error
        .store(EARLY_LAST_ERROR.get(), Ordering::Relaxed);
    CURRENT.set(block);
    // Without one, a stack that runs over ends the process with nobody told.
    let _ = block.give_signal_stack(fault::SIGNAL_STACK_SIZE);
    let address = block.environment.address();
    if may_take_gs() {
        // SAFETY: nobody else uses the segment in this thread.
        unsafe { sys::thread::set_gs_base(address) };
    }
    // Last: if the C library must allocate for it, the allocator may call back, and finds the thread
    // attached.
    sys::thread::at_end(on_end, NonNull::from(block).cast());
    block
}

/// Whether the gs segment is free. A new thread has its creator's, which is replaced; one that a
/// runtime of its own uses is left alone, and so is another copy of this library's.
fn may_take_gs() -> bool {
    let base = sys::thread::gs_base();
    if base == 0 {
        return true;
    }
    let environment = base as *const EnvironmentBlock;
    let word = |offset: usize| {
        let address = environment.wrapping_byte_add(offset).cast::<usize>();
        // SAFETY: any bytes are a number.
        unsafe { fault::read(address) }.ok()
    };
    let is_block = word(core::mem::offset_of!(EnvironmentBlock, own_address)) == Some(base);
    let is_of_this_thread = word(core::mem::offset_of!(EnvironmentBlock, thread_id))
        == Some(sys::thread::id() as usize);
    is_block && !is_of_this_thread
}

/// A block with this thread's numbers in it.
fn take_block() -> &'static Block {
    let id = sys::thread::id();
    let (deallocation_stack, stack_limit, stack_base) = stack();
    let mut blocks = BLOCKS.lock();
    let block = blocks.reuse().or_else(|| blocks.map());
    let Some(block) = block else {
        // Where Windows has no memory for a block, there is no thread.
        // SAFETY: ends the process.
        unsafe { libc::abort() };
    };
    block.kernel_id.store(id, Ordering::Relaxed);
    let environment = &block.environment;
    for (field, value) in [
        (&environment.stack_base, stack_base),
        (&environment.stack_limit, stack_limit),
        (&environment.deallocation_stack, deallocation_stack),
        (&environment.own_address, environment.address()),
        (&environment.process_id, std::process::id() as usize),
        (&environment.thread_id, id as usize),
    ] {
        field.store(value, Ordering::Relaxed);
    }
    block.state.store(RUNNING, Ordering::Release);
    block
}

/// What the thread's stack takes: the mapping that it is in, and for the first thread, whose mapping
/// grows, as much below as it may grow to.
fn stack() -> (usize, usize, usize) {
    let here = 0u8;
    let Ok(Some(mapping)) = procmap::covering_or_next((&raw const here).addr()) else {
        return (0, 0, 0);
    };
    let lowest = if sys::thread::id() == std::process::id() {
        let most = sys::thread::stack_size_limit();
        mapping.start.min(mapping.end.saturating_sub(most))
    } else {
        mapping.start
    };
    (lowest, mapping.start, mapping.end)
}

impl Blocks {
    fn map(&mut self) -> Option<&'static Block> {
        let block = memory::map_anywhere(size_of::<Block>())
            .ok()?
            .cast::<Block>();
        // SAFETY: fresh pages, of which zeroes are a valid block, and which are never unmapped.
        let mapped = unsafe { &*block };
        mapped.next.store(self.all, Ordering::Relaxed);
        self.all = block;
        Some(mapped)
    }

    /// The block of the thread that ended first, if the kernel has let go of that.
    fn reuse(&mut self) -> Option<&'static Block> {
        // SAFETY: NULL or a block.
        let block = unsafe { self.first_ended.as_ref() }?;
        // A thread may still call the engine after it has told its end, from the last of its
        // destructors.
        if sys::thread::exists(block.kernel_id.load(Ordering::Relaxed)) {
            return None;
        }
        self.first_ended = block.next_ended.load(Ordering::Relaxed);
        if self.first_ended.is_null() {
            self.last_ended = ptr::null_mut();
        }
        block.clear();
        Some(block)
    }

    fn iter(&self) -> impl Iterator<Item = &'static Block> + use<> {
        // SAFETY: NULL or a block, and those are never unmapped.
        let mut next = unsafe { self.all.as_ref() };
        core::iter::from_fn(move || {
            let block = next?;
            // SAFETY: as above.
            next = unsafe { block.next.load(Ordering::Relaxed).as_ref() };
            Some(block)
        })
    }

    fn add_ended(&mut self, block: &'static Block) {
        block.next_ended.store(ptr::null_mut(), Ordering::Relaxed);
        let pointer = ptr::from_ref(block).cast_mut();
        // SAFETY: NULL or a block.
        match unsafe { self.last_ended.as_ref() } {
            Some(last) => last.next_ended.store(pointer, Ordering::Relaxed),
            None => self.first_ended = pointer,
        }
        self.last_ended = pointer;
    }
}

impl Block {
    /// Makes the block what it was when it was mapped, but for the list of all blocks.
    fn clear(&self) {
        // Most threads have used neither, and their pages are not there.
        let leads_to_expansion = &self.environment.tls_expansion_slots;
        if leads_to_expansion.load(Ordering::Relaxed) != 0 {
            clear_words(&self.tls_expansion);
        }
        if self.environment.fls_data.load(Ordering::Relaxed) != 0 {
            clear_words(&self.fls);
        }
        let environment = (&raw const self.environment).cast_mut();
        // SAFETY: all of it is atomic words, which nobody uses: the thread is gone, and whoever finds
        // the block in the list of all needs the lock that the caller holds. Zeroes are valid.
        unsafe { ptr::write_bytes(environment, 0, 1) };
        for word in [
            &self.end_rounds,
            &self.exit_status,
            &self.is_leaving,
            &self.was_terminated,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        self.way_back.store(0, Ordering::Relaxed);
    }

    /// Gives the calling thread, whose block this is, a stack for its signals of at least `size` bytes;
    /// the one that the block's last thread had, if it is large enough.
    pub(super) fn give_signal_stack(&self, size: usize) -> Result<(), NtStatus> {
        let (old, old_size) = (
            self.signal_stack.load(Ordering::Relaxed),
            self.signal_stack_size.load(Ordering::Relaxed),
        );
        if old_size >= size {
            // SAFETY: the pages were mapped for this block, whose thread this is.
            unsafe { fault::use_signal_stack(old, old_size) };
            return Ok(());
        }
        let new = memory::map_anywhere(size).map_err(|_| NtStatus::NO_MEMORY)? as usize;
        self.signal_stack.store(new, Ordering::Relaxed);
        self.signal_stack_size.store(size, Ordering::Relaxed);
        // SAFETY: fresh pages, which the block keeps.
        unsafe { fault::use_signal_stack(new, size) };
        if !fault::uses_signal_stack(old, old_size) && old != 0 {
            // SAFETY: the block has let go of the pages, and the thread's signals are elsewhere.
            let _ = unsafe { memory::unmap(old, old_size) };
        }
        Ok(())
    }

    pub(super) fn set_stack_guarantee(&self, bytes: usize) -> Result<usize, NtStatus> {
        let environment = &self.environment;
        let (low, high) = environment.stack_limits();
        let before = environment.guaranteed_stack.load(Ordering::Relaxed);
        let bytes = page_up(bytes)
            .filter(|bytes| *bytes < high - low)
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        if bytes > before {
            self.give_signal_stack(fault::SIGNAL_STACK_SIZE + bytes)?;
            environment.guaranteed_stack.store(bytes, Ordering::Relaxed);
        }
        Ok(before)
    }

    fn take_signal_stack(&self) {
        let start = self.signal_stack.load(Ordering::Relaxed);
        let size = self.signal_stack_size.load(Ordering::Relaxed);
        fault::stop_using_signal_stack(start, size);
    }

    /// The thread's object, made now if nobody has asked for it before.
    pub(super) fn thread(&self) -> Arc<Thread> {
        if let Some(thread) = self.existing_thread() {
            return thread;
        }
        let made = Arc::new(Thread::new(self.kernel_id.load(Ordering::Relaxed)));
        if self.state.load(Ordering::Relaxed) == ENDED {
            // A destructor that runs after the end was told.
            made.end(0);
        }
        let pointer = Arc::into_raw(Arc::clone(&made)).cast_mut();
        let null = ptr::null_mut();
        match self
            .thread
            .compare_exchange(null, pointer, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => made,
            Err(_) => {
                // SAFETY: the pointer that was made above and given to nobody.
                drop(unsafe { Arc::from_raw(pointer) });
                self.existing_thread().unwrap_or(made)
            }
        }
    }

    /// The same without a count of its own, for the thread's signal handler.
    pub(super) fn thread_without_count(&self) -> Option<&Thread> {
        // SAFETY: NULL, or an object that the block holds until the end of the thread, which the caller
        // is.
        unsafe { self.thread.load(Ordering::Acquire).as_ref() }
    }

    /// The thread's object, if somebody has asked for it.
    ///
    /// The caller is the thread itself, or holds the lock of the blocks: else the thread's end might
    /// take the object away meanwhile.
    pub(super) fn existing_thread(&self) -> Option<Arc<Thread>> {
        let pointer = self.thread.load(Ordering::Acquire);
        if pointer.is_null() {
            return None;
        }
        // SAFETY: the block holds a count of its own, until the end of the thread takes it away under
        // the lock of the blocks.
        unsafe {
            Arc::increment_strong_count(pointer);
            Some(Arc::from_raw(pointer))
        }
    }
}

fn clear_words(words: &[AtomicUsize]) {
    for word in words {
        word.store(0, Ordering::Relaxed);
    }
}

/// The C library says that the thread ends. It says so several times if asked to, and what others do
/// at the end of the thread comes in between: only the last time is the end told.
unsafe extern "C" fn on_end(value: *mut c_void) {
    // SAFETY: `attach` gave the thread's block.
    let block: &'static Block = unsafe { &*value.cast() };
    block.is_leaving.store(1, Ordering::Relaxed);
    if block.was_terminated.load(Ordering::Relaxed) == 0 {
        block.end_fiber();
    }
    let rounds = block.end_rounds.fetch_add(1, Ordering::Relaxed) + 1;
    if rounds < sys::thread::END_ROUNDS {
        sys::thread::at_end(on_end, NonNull::from(block).cast());
        return;
    }
    block.take_signal_stack();
    // Whoever sees the thread ended sees its mutants abandoned.
    crate::wait::thread_ends();
    let thread = {
        let mut blocks = BLOCKS.lock();
        block.state.store(ENDED, Ordering::Relaxed);
        blocks.add_ended(block);
        block.thread.swap(ptr::null_mut(), Ordering::AcqRel)
    };
    if !thread.is_null() {
        // SAFETY: the block's own count.
        let thread = unsafe { Arc::from_raw(thread) };
        thread.end(block.exit_status.load(Ordering::Relaxed));
    }
    if count_out() && !sys::thread::has_others(is_of_no_account) {
        // The process ends with its last thread, and as that does.
        let status = block.exit_status.load(Ordering::Relaxed);
        crate::process::record_exit_code(status);
        std::process::exit(status as i32);
    }
}

/// Whether the thread of that number has told its end, and is about to be gone, or is the engine's own.
fn is_of_no_account(id: u32) -> bool {
    if is_service(id) {
        return true;
    }
    let mut blocks = BLOCKS.lock().iter();
    blocks.any(|block| {
        block.state.load(Ordering::Relaxed) == ENDED
            && block.kernel_id.load(Ordering::Relaxed) == id
    })
}

/// Has `work` done while no other thread does such work, or is stopped within it.
pub(super) fn alone<T>(work: impl FnOnce() -> T) -> T {
    let _blocks = BLOCKS.lock();
    work()
}

/// The thread with that number, if it is attached and has not ended.
pub(super) fn find(id: u32) -> Option<Arc<Thread>> {
    let blocks = BLOCKS.lock();
    let block = blocks.iter().find(|block| {
        block.state.load(Ordering::Acquire) == RUNNING
            && block.kernel_id.load(Ordering::Relaxed) == id
    })?;
    Some(block.thread())
}

/// Calls `function` with each block there is, those of ended threads included.
pub(super) fn for_each(function: impl FnMut(&'static Block)) {
    // Blocks that are added from now on are not of interest, and none is ever taken off the list.
    let blocks = BLOCKS.lock().iter();
    blocks.for_each(function);
}

/// Does for the thread that ends the process what its own end would do.
pub(crate) fn end_process() {
    if let Some(block) = existing() {
        block.end_fiber();
    }
}

extern "C" fn at_load() {
    sys::thread::reserve_end_key(on_end);
}

/// Runs while the library is being loaded, so that the key is among the first: see
/// [`sys::thread::at_end`].
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    BLOCKS.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { BLOCKS.unlock_after_fork() };
}

/// In the child, the thread that forked has another number, and the others do not exist.
pub(crate) fn after_fork_in_child() {
    let this = CURRENT.get();
    ATTACHED.store(usize::from(!this.is_null()), Ordering::Relaxed);
    let mut blocks = BLOCKS.lock();
    for block in blocks.iter() {
        if ptr::eq(block, this) {
            let (process, thread) = (std::process::id(), sys::thread::id());
            block.kernel_id.store(thread, Ordering::Relaxed);
            let environment = &block.environment;
            let numbers = [
                (&environment.process_id, process),
                (&environment.thread_id, thread),
            ];
            for (field, number) in numbers {
                field.store(number as usize, Ordering::Relaxed);
            }
            if let Some(object) = block.existing_thread() {
                object.set_id(thread);
            }
        } else if block.state.load(Ordering::Relaxed) == RUNNING {
            block.state.store(ENDED, Ordering::Relaxed);
            // The number might be given to a new thread of the child.
            block.kernel_id.store(u32::MAX >> 1, Ordering::Relaxed);
            blocks.add_ended(block);
            let thread = block.thread.swap(ptr::null_mut(), Ordering::AcqRel);
            if !thread.is_null() {
                // SAFETY: the block's own count.
                let thread = unsafe { Arc::from_raw(thread) };
                thread.end(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segment_leads_to_the_block() {
        let address = current().environment.address();
        let found: usize;
        // SAFETY: reads the word at the segment's offset 0x30, which the block has.
        unsafe {
            core::arch::asm!("mov {}, gs:[0x30]", out(reg) found, options(nostack, readonly))
        };
        assert_eq!(found, address);
        assert_eq!(
            current().environment.thread_id(),
            sys::thread::id() as usize
        );
    }

    #[test]
    fn the_stack_is_where_locals_are() {
        let here = 0u8;
        let here = (&raw const here).addr();
        let (low, high) = current().environment.stack_limits();
        assert!((low..high).contains(&here));
    }

    #[test]
    fn an_ended_thread_is_told() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let this = current().thread();
            assert!(find(this.id()).is_some_and(|found| Arc::ptr_eq(&found, &this)));
            assert!(!this.has_ended());
            sender.send(this).unwrap();
        });
        let object = receiver.recv().unwrap();
        thread.join().unwrap();
        assert!(object.has_ended());
        assert!(find(object.id()).is_none());
        assert_eq!(object.exit_status(), 0);
    }

    #[test]
    fn blocks_are_used_again() {
        let count = || BLOCKS.lock().iter().count();
        let mut most = 0;
        for _ in 0..200 {
            std::thread::spawn(|| drop(current().thread()))
                .join()
                .unwrap();
            most = most.max(count());
        }
        // Those of the test harness's threads, and a few whose threads the kernel had not let go of.
        assert!(most < 100, "{most}");
    }
}
