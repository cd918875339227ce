//! What GlobalAlloc and LocalAlloc have in common, which is nearly everything: fixed blocks, which are
//! blocks of the process's heap, and movable ones, which are reached through handles.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::heap::movable::{self, Attributes};
use winpages_kernel::heap::{self, HeapOptions};
use winpages_kernel::sys::fault;

use crate::error_code::{ERROR_DISCARDED, ERROR_SUCCESS};
use crate::last_error;

/// GMEM_ZEROINIT and LMEM_ZEROINIT
const ZEROINIT: u32 = 0x40;
/// GMEM_MOVEABLE and LMEM_MOVEABLE
const MOVEABLE: u32 = 0x02;
/// GMEM_MODIFY and LMEM_MODIFY
const MODIFY: u32 = 0x80;
/// GMEM_DISCARDABLE, and the bit of LMEM_DISCARDABLE that both have.
const DISCARDABLE: u32 = 0x100;
/// LMEM_DISCARDABLE
const LOCAL_DISCARDABLE: u32 = 0xF00;
/// GMEM_DDESHARE
const SHARED: u32 = 0x2000;
/// GMEM_DISCARDED and LMEM_DISCARDED
const DISCARDED: u32 = 0x4000;
/// GMEM_INVALID_HANDLE and LMEM_INVALID_HANDLE
const INVALID_HANDLE: u32 = 0x8000;

/// Which of the two families of functions was called. They differ in what they say of fixed blocks and
/// of what is no block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// GlobalAlloc's.
    Global,
    /// LocalAlloc's.
    Local,
}

/// What a program hands in.
enum Argument {
    Null,
    /// What looks like the handle of a movable block.
    Handle(usize),
    /// What looks like a fixed block.
    Block(*mut u8),
}

fn argument(raw: *mut c_void) -> Argument {
    if raw.is_null() {
        Argument::Null
    } else if movable::is_handle(raw as usize) {
        Argument::Handle(raw as usize)
    } else {
        Argument::Block(raw.cast())
    }
}

const NO_FLAGS: HeapOptions = HeapOptions::empty();

fn is_readable(address: *const u8) -> bool {
    // SAFETY: any byte is a byte, and nothing is assumed of the pointer.
    unsafe { fault::read(address) }.is_ok()
}

/// The size of a fixed block.
///
/// # Errors
///
/// INVALID_HANDLE; ACCESS_VIOLATION if there is no memory.
fn fixed_size(block: *const u8) -> Result<usize, NtStatus> {
    let size = heap::size(heap::process_heap()?, NO_FLAGS, block);
    size.map_err(|_| refusal(block))
}

fn refusal(block: *const u8) -> NtStatus {
    if is_readable(block) {
        NtStatus::INVALID_HANDLE
    } else {
        NtStatus::ACCESS_VIOLATION
    }
}

fn attributes(family: Family, flags: u32) -> Attributes {
    let mut attributes = Attributes::empty();
    attributes.set(Attributes::DISCARDABLE, flags & DISCARDABLE != 0);
    let is_shared = family == Family::Global && flags & SHARED != 0;
    attributes.set(Attributes::SHARED, is_shared);
    attributes
}

fn heap_flags(flags: u32) -> HeapOptions {
    if flags & ZEROINIT != 0 {
        HeapOptions::ZERO_MEMORY
    } else {
        NO_FLAGS
    }
}

/// A handle or a fixed block; NULL, and the last error set, if there is none.
fn answer(result: Result<*mut c_void, NtStatus>) -> *mut c_void {
    result.unwrap_or_else(|status| {
        last_error::fail(status);
        core::ptr::null_mut()
    })
}

/// GlobalAlloc and LocalAlloc.
pub fn allocate(family: Family, flags: u32, size: usize) -> *mut c_void {
    let work = || {
        if flags & MOVEABLE != 0 {
            let is_zero = flags & ZEROINIT != 0;
            let handle = movable::allocate_movable(size, is_zero, attributes(family, flags))?;
            return Ok(handle as *mut c_void);
        }
        // Of the two, one says that no block is empty.
        let size = if family == Family::Global {
            size.max(1)
        } else {
            size
        };
        let block = heap::allocate(heap::process_heap()?, heap_flags(flags), size)?;
        Ok(block.as_ptr().cast())
    };
    answer(work().map_err(|_: NtStatus| NtStatus::NO_MEMORY))
}

/// GlobalFree and LocalFree: NULL, or what could not be freed.
pub fn free(memory: *mut c_void) -> *mut c_void {
    let freed = match argument(memory) {
        Argument::Null => Ok(()),
        // SAFETY: a C program answers for its blocks.
        Argument::Handle(handle) => unsafe { movable::free_movable(handle) },
        Argument::Block(block) => heap::process_heap().and_then(|heap| {
            // SAFETY: a C program answers for its blocks.
            let freed = unsafe { heap::free(heap, NO_FLAGS, block) };
            freed.map_err(|_| refusal(block))
        }),
    };
    match freed {
        Ok(()) => core::ptr::null_mut(),
        Err(status) => {
            last_error::fail(status);
            memory
        }
    }
}

/// GlobalLock and LocalLock.
pub fn lock(family: Family, memory: *mut c_void) -> *mut c_void {
    match argument(memory) {
        Argument::Null => memory,
        Argument::Handle(handle) => match movable::lock_movable(handle) {
            Ok(Some(block)) => block.as_ptr().cast(),
            Ok(None) => {
                last_error::set(ERROR_DISCARDED);
                core::ptr::null_mut()
            }
            Err(status) => answer(Err(status)),
        },
        Argument::Block(block) if is_readable(block) => memory,
        Argument::Block(_) if family == Family::Local => core::ptr::null_mut(),
        Argument::Block(_) => answer(Err(NtStatus::INVALID_HANDLE)),
    }
}

/// GlobalUnlock and LocalUnlock: whether it is still locked.
pub fn unlock(family: Family, memory: *mut c_void) -> i32 {
    match argument(memory) {
        Argument::Null => last_error::boolean(Err(NtStatus::INVALID_HANDLE)),
        Argument::Handle(handle) => match movable::unlock_movable(handle) {
            Ok(0) => {
                last_error::set(ERROR_SUCCESS);
                0
            }
            Ok(_) => 1,
            Err(status) => {
                last_error::fail(status);
                i32::from(family == Family::Global && status == NtStatus::INVALID_HANDLE)
            }
        },
        Argument::Block(_) if family == Family::Global => 1,
        Argument::Block(_) => last_error::boolean(Err(NtStatus::NOT_LOCKED)),
    }
}

/// GlobalSize and LocalSize.
pub fn size(memory: *mut c_void) -> usize {
    let size = match argument(memory) {
        Argument::Null => Err(NtStatus::INVALID_HANDLE),
        Argument::Handle(handle) => movable::movable_size(handle),
        Argument::Block(block) => fixed_size(block).map_err(|_| NtStatus::INVALID_HANDLE),
    };
    size.unwrap_or_else(|status| {
        last_error::fail(status);
        0
    })
}

/// GlobalFlags and LocalFlags.
pub fn flags(family: Family, memory: *mut c_void) -> u32 {
    let flags = match argument(memory) {
        Argument::Null => Err(NtStatus::INVALID_HANDLE),
        Argument::Handle(handle) => movable::describe_movable(handle).map(|description| {
            let mut flags = u32::from(description.lock_count);
            let attributes = description.attributes;
            if attributes.contains(Attributes::DISCARDABLE) {
                flags |= match family {
                    Family::Global => DISCARDABLE,
                    Family::Local => LOCAL_DISCARDABLE,
                };
            }
            if attributes.contains(Attributes::DISCARDED) {
                flags |= DISCARDED;
            }
            if family == Family::Global && attributes.contains(Attributes::SHARED) {
                flags |= SHARED;
            }
            flags
        }),
        Argument::Block(block) => match fixed_size(block) {
            Ok(_) => Ok(0),
            Err(status) if family == Family::Local => Err(status),
            Err(_) => Err(NtStatus::INVALID_HANDLE),
        },
    };
    flags.unwrap_or_else(|status| {
        last_error::fail(status);
        INVALID_HANDLE
    })
}

/// GlobalHandle and LocalHandle.
pub fn handle_of(family: Family, block: *const c_void) -> *mut c_void {
    let block = block.cast::<u8>();
    if block.is_null() {
        return answer(Err(NtStatus::INVALID_PARAMETER));
    }
    let found = match fixed_size(block) {
        Ok(_) => Ok(block as usize),
        Err(status) => movable::handle_of_block(block).map_err(|bad| match family {
            Family::Global => bad,
            Family::Local => status,
        }),
    };
    answer(found.map(|handle| handle as *mut c_void))
}

/// GlobalReAlloc and LocalReAlloc.
pub fn reallocate(family: Family, memory: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    let result = match argument(memory) {
        Argument::Null => Err(Some(NtStatus::INVALID_HANDLE)),
        Argument::Handle(handle) => {
            reallocate_movable(family, handle, size, flags).map(|()| memory)
        }
        Argument::Block(block) => reallocate_fixed(family, block, size, flags).map_err(Some),
    };
    match result {
        Ok(memory) => memory,
        Err(status) => {
            if let Some(status) = status {
                last_error::fail(status);
            }
            core::ptr::null_mut()
        }
    }
}

/// `Err(None)` is a failure that leaves the last error alone.
fn reallocate_movable(
    family: Family,
    handle: usize,
    size: usize,
    flags: u32,
) -> Result<(), Option<NtStatus>> {
    movable::describe_movable(handle)?;
    if flags & MODIFY != 0 {
        movable::modify_movable(handle, attributes(family, flags))?;
        return Ok(());
    }
    if flags & DISCARDABLE != 0 {
        return Err(Some(NtStatus::INVALID_PARAMETER));
    }
    let may_move = flags & MOVEABLE != 0;
    if size == 0 {
        if !may_move {
            return Err(Some(NtStatus::INVALID_PARAMETER));
        }
        // SAFETY: a C program answers for its blocks.
        return match unsafe { movable::discard_movable(handle)? } {
            true => Ok(()),
            false if family == Family::Global => Err(None),
            false => Err(Some(NtStatus::INVALID_PARAMETER)),
        };
    }
    // SAFETY: a C program answers for its blocks.
    unsafe { movable::reallocate_movable(handle, size, flags & ZEROINIT != 0, may_move)? };
    Ok(())
}

fn reallocate_fixed(
    family: Family,
    block: *mut u8,
    size: usize,
    flags: u32,
) -> Result<*mut c_void, NtStatus> {
    let old_size = fixed_size(block)?;
    if flags & MODIFY != 0 {
        if flags & MOVEABLE != 0 && family == Family::Global {
            // SAFETY: a C program answers for its blocks.
            let handle = unsafe { movable::make_movable(block, attributes(family, flags))? };
            return Ok(handle as *mut c_void);
        }
        return Ok(block.cast());
    }
    if flags & DISCARDABLE != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut options = heap_flags(flags);
    if flags & MOVEABLE == 0 {
        /// From this size on, Windows finds room behind a fixed block.
        const LARGE: usize = 128 << 10;
        /// What sizes are rounded to.
        const GRAIN: usize = 16;
        let fits = size <= old_size.next_multiple_of(GRAIN);
        if !fits && old_size < LARGE {
            return Err(NtStatus::NO_MEMORY);
        }
        options |= HeapOptions::REALLOC_IN_PLACE_ONLY;
    }
    // SAFETY: a C program answers for its blocks.
    let moved = unsafe { heap::reallocate(heap::process_heap()?, options, block, size) };
    let moved = moved.map_err(|_| NtStatus::NO_MEMORY)?;
    Ok(moved.as_ptr().cast())
}
