//! Another process's memory: NtReadVirtualMemory and NtWriteVirtualMemory.

use rustix::io::Errno;

use super::Target;
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::sys::memory::Access;
use crate::sys::procmap::Maps;
use crate::sys::{fault, process_memory};

/// A copy that may have stopped on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many bytes were copied.
    pub bytes: usize,
    /// Success, or why not all were.
    pub result: Result<(), NtStatus>,
}

impl Copied {
    fn refused(status: NtStatus) -> Self {
        Self {
            bytes: 0,
            result: Err(status),
        }
    }
}

/// Copies `size` bytes at `from` in a process to `to` in this one; mirrors NtReadVirtualMemory.
///
/// The pages' protections hold, guard pages among them. Of a copy that meets memory of the other
/// process that cannot be read, what lies before is copied: [`NtStatus::PARTIAL_COPY`]. Where `to`
/// cannot be written, nothing counts: [`NtStatus::ACCESS_VIOLATION`]. A process that has ended is
/// [`NtStatus::PROCESS_IS_TERMINATING`], one that the kernel keeps to itself
/// [`NtStatus::ACCESS_DENIED`].
///
/// # Safety
///
/// `to` must be `size` bytes that nobody relies on meanwhile; it may be wild.
pub unsafe fn read_virtual_memory(
    target: &Target,
    from: usize,
    to: *mut u8,
    size: usize,
) -> Copied {
    let number = target.number();
    // SAFETY: passed on.
    let copied = unsafe { process_memory::read_memory(number, from, to, size) };
    if let Some(refusal) = is_gone(target, copied) {
        return refusal;
    }
    let bytes = copied.unwrap_or(0);
    if bytes == size {
        return Copied {
            bytes,
            result: Ok(()),
        };
    }
    // The kernel does not say on which side it stopped.
    let mut byte = 0;
    // SAFETY: one byte of this function's own.
    let is_readable =
        unsafe { process_memory::read_memory(number, from.wrapping_add(bytes), &raw mut byte, 1) }
            == Ok(1);
    if is_readable {
        return Copied::refused(NtStatus::ACCESS_VIOLATION);
    }
    Copied {
        bytes,
        result: Err(NtStatus::PARTIAL_COPY),
    }
}

/// Copies `size` bytes at `from` in this process to `to` in another; mirrors NtWriteVirtualMemory as
/// WriteProcessMemory uses it.
///
/// Pages of the other process that hold code (they may be executed, and read, but not written) are
/// written all the same, as debuggers expect, and keep their protection. Nothing is written and
/// [`NtStatus::ACCESS_VIOLATION`] the answer where the first page can only be read, or not even that, or
/// where `from` cannot be read; [`NtStatus::PARTIAL_COPY`] where there is no memory or a later page
/// stops the copy.
///
/// # Safety
///
/// `from` may be read for `size` bytes or is wild. What the other process relies on is not overwritten
/// without its wish.
pub unsafe fn write_virtual_memory(
    target: &Target,
    to: usize,
    from: *const u8,
    size: usize,
) -> Copied {
    let number = target.number();
    let mut bytes = 0;
    loop {
        let at = to.wrapping_add(bytes);
        let rest = from.wrapping_add(bytes);
        // SAFETY: passed on.
        let copied = unsafe { process_memory::write_memory(number, at, rest, size - bytes) };
        if let Some(refusal) = is_gone(target, copied) {
            return refusal;
        }
        bytes += copied.unwrap_or(0);
        if bytes == size {
            return Copied {
                bytes,
                result: Ok(()),
            };
        }
        let at = to.wrapping_add(bytes);
        let rest = from.wrapping_add(bytes);
        // SAFETY: one byte of this function's own, and the caller's, which may be wild.
        if unsafe { fault::read(rest) }.is_err() {
            return Copied::refused(NtStatus::ACCESS_VIOLATION);
        }
        let stop = |status| Copied {
            bytes,
            result: Err(status),
        };
        match write_obstacle(number, at) {
            Obstacle::NoMemory => return stop(NtStatus::PARTIAL_COPY),
            Obstacle::Protection if bytes == 0 => return stop(NtStatus::ACCESS_VIOLATION),
            Obstacle::Protection => return stop(NtStatus::PARTIAL_COPY),
            Obstacle::Code => {}
        }
        let in_page = (PAGE_SIZE - at % PAGE_SIZE).min(size - bytes);
        let forced = process_memory::open_memory(number).and_then(|memory| {
            // SAFETY: passed on.
            unsafe { process_memory::write_forced(&memory, at, rest, in_page) }
        });
        match forced {
            Ok(written) if written > 0 => bytes += written,
            _ if bytes == 0 => return stop(NtStatus::ACCESS_VIOLATION),
            _ => return stop(NtStatus::PARTIAL_COPY),
        }
        if bytes == size {
            return Copied {
                bytes,
                result: Ok(()),
            };
        }
    }
}

/// Why a page was not written to.
enum Obstacle {
    NoMemory,
    Protection,
    Code,
}

fn write_obstacle(process: u32, address: usize) -> Obstacle {
    let Ok(Some(mapping)) = Maps::of(process).and_then(|maps| maps.covering_or_next(address))
    else {
        return Obstacle::NoMemory;
    };
    if mapping.start > address {
        return Obstacle::NoMemory;
    }
    let is_code = mapping.access.contains(Access::READ | Access::EXEC)
        && !mapping.access.contains(Access::WRITE);
    if is_code {
        Obstacle::Code
    } else {
        Obstacle::Protection
    }
}

/// Whether the copy was not with the process that is meant, or was refused.
fn is_gone(target: &Target, copied: Result<usize, Errno>) -> Option<Copied> {
    match copied {
        Err(Errno::SRCH) => Some(Copied::refused(NtStatus::PROCESS_IS_TERMINATING)),
        Err(Errno::PERM) => Some(Copied::refused(NtStatus::ACCESS_DENIED)),
        _ => match target {
            Target::Other(other) if other.may_have_lost_number() => {
                Some(Copied::refused(NtStatus::PROCESS_IS_TERMINATING))
            }
            _ => None,
        },
    }
}
