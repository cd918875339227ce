//! Which heaps there are, and which threads have a cache of which.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::HeapOptions;
use super::body::Heap;
use super::cache::{Cache, Entered};
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::sys::lock::{Guard, Lock};
use crate::sys::{barrier, fault, futex, memory, thread, thread_word};

pub(super) struct Registry {
    first: *const Heap,
    /// The caches of the threads there are.
    caches: *mut Cache,
    /// Those of threads that have ended.
    free_caches: *mut Cache,
}

// SAFETY: all that it points to is changed under its lock or as `Cache` and `Heap` say.
unsafe impl Send for Registry {}

static REGISTRY: Lock<Registry> = Lock::new(Registry {
    first: core::ptr::null(),
    caches: core::ptr::null_mut(),
    free_caches: core::ptr::null_mut(),
});

/// The heap that GetProcessHeap answers, or 0.
static PROCESS_HEAP: AtomicUsize = AtomicUsize::new(0);

/// Counts what those who wait for a locked heap wait for.
static CHANGES: AtomicU32 = AtomicU32::new(0);
static WAITING: AtomicU32 = AtomicU32::new(0);

pub(super) fn registry() -> Guard<'static, Registry> {
    REGISTRY.lock()
}

impl Registry {
    pub fn heaps(&self) -> impl Iterator<Item = &'static Heap> {
        let mut next = self.first;
        core::iter::from_fn(move || {
            // SAFETY: a heap on the list is there as long as the registry's lock is held.
            let heap = unsafe { next.as_ref() }?;
            next = heap.next.load(Ordering::Relaxed);
            Some(heap)
        })
    }

    fn caches(&self) -> impl Iterator<Item = &'static Cache> {
        let mut next = self.caches;
        core::iter::from_fn(move || {
            // SAFETY: the memory of caches stays.
            let cache = unsafe { next.as_ref() }?;
            next = cache.next.get();
            Some(cache)
        })
    }

    /// The heap that a handle means.
    pub fn find(&self, key: usize) -> Result<&'static Heap, NtStatus> {
        let mut heaps = self.heaps();
        heaps
            .find(|heap| heap.key() == key)
            .ok_or(NtStatus::INVALID_HANDLE)
    }

    /// The process's heap comes first, the others in the order of their making.
    fn add(&mut self, heap: &'static Heap, is_process_heap: bool) {
        if is_process_heap || self.first.is_null() {
            let first = self.first.cast_mut();
            heap.next.store(first, Ordering::Relaxed);
            self.first = heap;
        } else if let Some(last) = self.heaps().last() {
            let heap = core::ptr::from_ref(heap).cast_mut();
            last.next.store(heap, Ordering::Relaxed);
        }
    }

    fn remove(&mut self, heap: &'static Heap) {
        let next = heap.next.load(Ordering::Relaxed);
        let previous = self
            .heaps()
            .find(|other| other.next.load(Ordering::Relaxed) as usize == heap.key());
        match previous {
            Some(previous) => previous.next.store(next, Ordering::Relaxed),
            None => self.first = next,
        }
    }

    /// Waits until each of those threads, but for the calling one, has been seen outside its slots.
    fn quiesce(&self, key: Option<usize>) {
        let own = thread_word::get();
        let concerned = || {
            self.caches().filter(|cache| {
                core::ptr::from_ref(*cache) as usize != own
                    && key.is_none_or(|key| cache.slot_of(key).is_some())
            })
        };
        if concerned().next().is_some() {
            barrier::rare();
            concerned().for_each(Cache::wait_until_outside);
        }
    }

    /// How many blocks the threads' caches hold of a locked heap.
    pub fn cached(&self, heap: &Heap) -> usize {
        let caches = self.caches();
        let slots = caches.filter_map(|cache| Some((cache, cache.slot_of(heap.key())?)));
        // SAFETY: the heap is locked, so every thread is outside its slot of it.
        slots
            .map(|(cache, slot)| unsafe { cache.slot(slot) }.count())
            .sum()
    }

    /// Gives the blocks in all threads' caches of a locked heap back.
    pub fn drain(&self, heap: &Heap) {
        for cache in self.caches() {
            if let Some(slot) = cache.slot_of(heap.key()) {
                // SAFETY: as in `cached`.
                drain(unsafe { cache.slot(slot) }, heap);
            }
        }
    }
}

fn drain(slot: &mut super::cache::Slot, heap: &Heap) {
    let mut memory = heap.memory.lock();
    // SAFETY: the cache hands out free blocks of the heap with whole ends.
    slot.drain(|block, units| unsafe { memory.free(block, units) });
}

/// Makes a heap and enters it.
pub(super) fn create(
    options: HeapOptions,
    initial: usize,
    maximum: usize,
) -> Result<usize, NtStatus> {
    let heap = Heap::create(options, initial, maximum)?;
    registry().add(heap, false);
    Ok(heap.key())
}

/// The process's heap, made when it is first asked for; 0 if there is no memory for it.
#[inline]
pub(super) fn process_heap() -> usize {
    match PROCESS_HEAP.load(Ordering::Acquire) {
        0 => create_process_heap(),
        heap => heap,
    }
}

#[cold]
fn create_process_heap() -> usize {
    let Ok(heap) = Heap::create(HeapOptions::GROWABLE, 0, 0) else {
        return PROCESS_HEAP.load(Ordering::Acquire);
    };
    let mut registry = registry();
    let there = PROCESS_HEAP.load(Ordering::Acquire);
    if there != 0 {
        drop(registry);
        // SAFETY: the other thread's is used; nobody knows of this one.
        unsafe { heap.release() };
        return there;
    }
    registry.add(heap, true);
    PROCESS_HEAP.store(heap.key(), Ordering::Release);
    heap.key()
}

/// Takes a heap out and gives its memory back, whatever lives in it.
pub(super) fn destroy(key: usize) -> Result<(), NtStatus> {
    let mut registry = registry();
    let heap = registry.find(key)?;
    if PROCESS_HEAP.load(Ordering::Relaxed) == key {
        return Err(NtStatus::INVALID_HANDLE);
    }
    registry.remove(heap);
    let own = thread_word::get();
    let mut others = false;
    for cache in registry.caches() {
        let had = cache.forget(key);
        others |= had && core::ptr::from_ref(cache) as usize != own;
    }
    if others {
        // They are told; those who had looked before are waited for.
        registry.quiesce(None);
    }
    drop(registry);
    // SAFETY: it is on no list and in no thread's cache.
    unsafe { heap.release() };
    wake();
    Ok(())
}

/// Locks a heap for the calling thread, or fails at once if it is told not to wait.
pub(super) fn lock(key: usize) -> Result<(), NtStatus> {
    let thread = own_cache()?.thread();
    loop {
        let registry = registry();
        let heap = registry.find(key)?;
        let owner = heap.owner.load(Ordering::Relaxed);
        if owner == thread {
            heap.depth.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        if owner == 0 {
            heap.owner.store(thread, Ordering::Relaxed);
            heap.depth.store(1, Ordering::Relaxed);
            registry.quiesce(Some(key));
            return Ok(());
        }
        wait(registry);
    }
}

/// Undoes one [`lock`] of the calling thread.
pub(super) fn unlock(key: usize) -> Result<(), NtStatus> {
    let thread = own_cache()?.thread();
    let registry = registry();
    let heap = registry.find(key)?;
    if heap.owner.load(Ordering::Relaxed) != thread {
        return Err(NtStatus::RESOURCE_NOT_OWNED);
    }
    if heap.depth.fetch_sub(1, Ordering::Relaxed) == 1 {
        heap.owner.store(0, Ordering::Relaxed);
        drop(registry);
        wake();
    }
    Ok(())
}

/// Waits until some heap has been unlocked or destroyed.
fn wait(registry: Guard<'_, Registry>) {
    let seen = CHANGES.load(Ordering::SeqCst);
    WAITING.fetch_add(1, Ordering::SeqCst);
    drop(registry);
    futex::wait(&CHANGES, seen, futex::ANY, None);
    WAITING.fetch_sub(1, Ordering::SeqCst);
}

fn wake() {
    CHANGES.fetch_add(1, Ordering::SeqCst);
    if WAITING.load(Ordering::SeqCst) != 0 {
        futex::wake_all(&CHANGES);
    }
}

/// The calling thread's cache, if it has one yet.
#[inline(always)]
pub(super) fn present_cache() -> Option<&'static Cache> {
    let word = thread_word::get();
    // SAFETY: the word is 0 or the address of this thread's cache, whose memory stays.
    unsafe { (word as *const Cache).as_ref() }
}

fn own_cache() -> Result<&'static Cache, NtStatus> {
    match present_cache() {
        Some(cache) => Ok(cache),
        None => create_cache(),
    }
}

#[cold]
fn create_cache() -> Result<&'static Cache, NtStatus> {
    barrier::prepare();
    fault::ensure_handler();
    let mut registry = registry();
    let mut cache = registry.free_caches;
    if cache.is_null() {
        let size = size_of::<Cache>().next_multiple_of(PAGE_SIZE);
        cache = memory::map_anywhere(size)
            .map_err(|_| NtStatus::NO_MEMORY)?
            .cast();
    } else {
        // SAFETY: caches on the list are nobody's, and their memory stays.
        registry.free_caches = unsafe { (*cache).next.get() };
    }
    // SAFETY: fresh zeroes, or the cache of a thread that has ended and left no slots.
    let cache = unsafe {
        Cache::begin(cache, thread::id());
        (*cache).next.set(registry.caches);
        registry.caches = cache;
        &*cache
    };
    drop(registry);
    // Last: it may call malloc, which may be what called.
    thread_word::set(core::ptr::from_ref(cache) as usize);
    Ok(cache)
}

/// Gives the calling thread a slot for a heap, waiting while another thread has it locked.
#[cold]
fn attach(key: usize, is_serialized: bool) -> Result<(), NtStatus> {
    let cache = own_cache()?;
    loop {
        let registry = registry();
        let heap = registry.find(key)?;
        let owner = heap.owner.load(Ordering::Relaxed);
        if is_serialized && owner != 0 && owner != cache.thread() {
            wait(registry);
            continue;
        }
        if cache.slot_of(key).is_none() {
            let (slot, given_up) = cache.make_room();
            if let Some(given_up) = given_up
                && let Ok(other) = registry.find(given_up)
            {
                // SAFETY: the calling thread's own slot.
                drain(unsafe { cache.slot(slot) }, other);
            }
            cache.fill(slot, heap);
        }
        return Ok(());
    }
}

/// The calling thread's slot for the heap it used last. `None` if that is another, or somebody has
/// locked it.
#[inline(always)]
pub(super) fn enter_last(key: usize) -> Option<Entered<'static>> {
    // SAFETY: the calling thread's own; nothing that is done inside comes back here.
    let entered = unsafe { present_cache()?.enter_last(key) }?;
    let is_open = entered.heap().owner.load(Ordering::Relaxed) == 0;
    is_open.then_some(entered)
}

/// The calling thread's slot for a heap. `None` if it has none, or must wait.
fn try_enter(key: usize, flags: HeapOptions) -> Option<Entered<'static>> {
    let cache = present_cache()?;
    // SAFETY: as above.
    let entered = unsafe { cache.enter(key) }?;
    let heap = entered.heap();
    let owner = heap.owner.load(Ordering::Relaxed);
    let may_enter = owner == 0 || owner == cache.thread() || !is_serialized(heap, flags);
    may_enter.then_some(entered)
}

fn is_serialized(heap: &Heap, flags: HeapOptions) -> bool {
    !(heap.options | flags).contains(HeapOptions::NO_SERIALIZE)
}

/// The calling thread's slot for a heap, which it gets if it has none; waits while another thread has
/// the heap locked.
pub(super) fn enter(key: usize, flags: HeapOptions) -> Result<Entered<'static>, NtStatus> {
    loop {
        if let Some(entered) = try_enter(key, flags) {
            return Ok(entered);
        }
        let is_serialized = {
            let registry = registry();
            is_serialized(registry.find(key)?, flags)
        };
        attach(key, is_serialized)?;
    }
}

/// A thread ends: its blocks go back to their heaps, and its cache to the next thread.
unsafe extern "C" fn at_thread_end(word: *mut c_void) {
    let cache: *mut Cache = word.cast();
    thread_word::set(0);
    let mut registry = registry();
    // SAFETY: the word is this thread's cache.
    let this = unsafe { &*cache };
    for (slot, key) in this.heaps() {
        if let Ok(heap) = registry.find(key) {
            // SAFETY: the calling thread's own slot.
            drain(unsafe { this.slot(slot) }, heap);
        }
    }
    this.end();
    unlink(&mut registry, cache);
}

/// Moves a cache to those of threads that have ended.
fn unlink(registry: &mut Registry, cache: *mut Cache) {
    // SAFETY: the memory of caches stays.
    let next = unsafe { (*cache).next.get() };
    let previous = registry.caches().find(|other| other.next.get() == cache);
    match previous {
        Some(previous) => previous.next.set(next),
        None => registry.caches = next,
    }
    // SAFETY: as above.
    unsafe { (*cache).next.set(registry.free_caches) };
    registry.free_caches = cache;
}

#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = {
    extern "C" fn register() {
        thread_word::at_thread_end(at_thread_end);
    }
    register
};

/// Takes the locks of all heaps ahead of a fork, and has every thread stay outside its cache: a block that one is just
/// about to take or to put back would be neither free nor anybody's in the child.
pub(crate) fn lock_for_fork() {
    super::movable::lock_for_fork();
    REGISTRY.lock_for_fork();
    let registry = in_fork();
    for heap in registry.heaps() {
        let owner = heap.owner.swap(thread::id(), Ordering::Relaxed);
        heap.owner_before_fork.store(owner, Ordering::Relaxed);
    }
    // Before the heaps' own locks are taken, which a thread that is inside may be waiting for.
    registry.quiesce(None);
    for heap in registry.heaps() {
        heap.memory.lock_for_fork();
    }
}

/// Frees them again, in parent and child.
///
/// # Safety
///
/// As [`Lock::unlock_after_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: as the caller vouches.
    unsafe {
        for heap in in_fork().heaps() {
            heap.memory.unlock_after_fork();
            let owner = heap.owner_before_fork.load(Ordering::Relaxed);
            heap.owner.store(owner, Ordering::Relaxed);
        }
        REGISTRY.unlock_after_fork();
        super::movable::unlock_after_fork();
    }
}

/// The registry, while the lock is held over a fork.
fn in_fork() -> Registry {
    // SAFETY: this thread holds the lock; the copy is read only.
    unsafe { core::ptr::read(REGISTRY.held_for_fork()) }
}

/// What the threads that do not exist in the child had in their caches goes back to the heaps, and
/// what they had locked is unlocked. Those that use a heap without HEAP_SERIALIZE may have been in the middle of
/// anything: a block that is not sealed as free stays where it is.
pub(crate) fn after_fork_in_child() {
    let mut registry = registry();
    let own = thread_word::get() as *mut Cache;
    let thread = thread::id();
    // SAFETY: the word is 0 or this thread's cache.
    let before = unsafe { own.as_ref() }.map_or(0, Cache::thread);
    for heap in registry.heaps() {
        let is_own = before != 0 && heap.owner.load(Ordering::Relaxed) == before;
        let owner = if is_own { thread } else { 0 };
        heap.owner.store(owner, Ordering::Relaxed);
    }
    // SAFETY: as above.
    if let Some(own) = unsafe { own.as_ref() } {
        own.set_thread(thread);
    }
    WAITING.store(0, Ordering::Relaxed);
    loop {
        let mut caches = registry.caches();
        let other = caches.find(|cache| !core::ptr::eq(*cache, own));
        drop(caches);
        let Some(other) = other else { break };
        for (slot, key) in other.heaps() {
            if let Ok(heap) = registry.find(key) {
                // SAFETY: its thread does not exist here.
                drain(unsafe { other.slot(slot) }, heap);
            }
        }
        other.end();
        unlink(&mut registry, core::ptr::from_ref(other).cast_mut());
    }
}
