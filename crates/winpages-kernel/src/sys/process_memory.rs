//! Reading and writing the memory of other processes.

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::io::Errno;

use super::process::living_thread;

/// Copies from another process's memory, as far as its protections allow; answers how many bytes.
///
/// # Errors
///
/// `EFAULT` if not one byte could be copied, be it for the one side or the other; `EPERM` if this
/// process may not look into that one; `ESRCH` if it has ended.
///
/// # Safety
///
/// `to` must be `size` bytes that nobody relies on meanwhile; a wild pointer is `EFAULT`.
pub unsafe fn read_memory(
    process: u32,
    from: usize,
    to: *mut u8,
    size: usize,
) -> Result<usize, Errno> {
    // SAFETY: passed on.
    by_living_thread(process, |thread| unsafe {
        read_memory_of(thread, from, to, size)
    })
}

/// The same by the number of a thread that has not ended. Allocates nothing.
///
/// # Errors
///
/// As [`read_memory`].
///
/// # Safety
///
/// As [`read_memory`].
pub(super) unsafe fn read_memory_of(
    thread: u32,
    from: usize,
    to: *mut u8,
    size: usize,
) -> Result<usize, Errno> {
    // SAFETY: passed on.
    unsafe { transfer(libc::SYS_process_vm_readv, thread, to, from, size) }
}

/// To how many places [`gather_memory`] goes at most.
pub const MOST_PLACES: usize = 48;

/// Copies as many bytes from each of several places of another process's memory, one behind the other;
/// answers whether all could be.
///
/// # Safety
///
/// `to` may be written for `size` bytes from each place.
pub unsafe fn gather_memory(process: u32, from: &[usize], size: usize, to: *mut u8) -> bool {
    let nowhere = libc::iovec {
        iov_base: core::ptr::null_mut(),
        iov_len: 0,
    };
    let mut remote = [nowhere; MOST_PLACES];
    if from.len() > MOST_PLACES {
        return false;
    }
    for (remote, place) in remote.iter_mut().zip(from) {
        remote.iov_base = *place as *mut libc::c_void;
        remote.iov_len = size;
    }
    let local = libc::iovec {
        iov_base: to.cast(),
        iov_len: size * from.len(),
    };
    // SAFETY: the caller vouches for what is written; the kernel checks what is read.
    let moved = unsafe {
        libc::syscall(
            libc::SYS_process_vm_readv,
            process as libc::c_ulong,
            &raw const local,
            1usize,
            remote.as_ptr(),
            from.len(),
            0usize,
        )
    };
    usize::try_from(moved) == Ok(local.iov_len)
}

/// Copies into another process's memory, as far as its protections allow; answers how many bytes.
///
/// # Errors
///
/// As [`read_memory`].
///
/// # Safety
///
/// `from` may be read for `size` bytes, or is wild, which is `EFAULT`; what the other process relies on
/// is not overwritten without its wish.
pub unsafe fn write_memory(
    process: u32,
    to: usize,
    from: *const u8,
    size: usize,
) -> Result<usize, Errno> {
    // SAFETY: passed on.
    by_living_thread(process, |thread| unsafe {
        write_memory_of(thread, to, from, size)
    })
}

/// The same by the number of a thread that has not ended. Allocates nothing.
///
/// # Errors
///
/// As [`read_memory`].
///
/// # Safety
///
/// As [`write_memory`].
pub(super) unsafe fn write_memory_of(
    thread: u32,
    to: usize,
    from: *const u8,
    size: usize,
) -> Result<usize, Errno> {
    let call = libc::SYS_process_vm_writev;
    // SAFETY: passed on; the call does not write to what it copies from.
    unsafe { transfer(call, thread, from.cast_mut(), to, size) }
}

/// Has something done to a process's memory by its number, or, if its first thread has ended and others have not,
/// by that of another.
fn by_living_thread<R>(process: u32, work: impl Fn(u32) -> Result<R, Errno>) -> Result<R, Errno> {
    work(process).or_else(|errno| match errno {
        Errno::SRCH => work(living_thread(process).ok_or(errno)?),
        errno => Err(errno),
    })
}

/// # Safety
///
/// As the two above, depending on `call`.
unsafe fn transfer(
    call: libc::c_long,
    process: u32,
    local: *mut u8,
    remote: usize,
    size: usize,
) -> Result<usize, Errno> {
    // One transfer moves at most this much, so that a count always fits.
    const MOST: usize = 0x7FFF_F000;
    let mut done = 0;
    while done < size {
        let local = libc::iovec {
            iov_base: local.wrapping_add(done).cast(),
            iov_len: (size - done).min(MOST),
        };
        let remote = libc::iovec {
            iov_base: remote.wrapping_add(done) as *mut libc::c_void,
            iov_len: local.iov_len,
        };
        // SAFETY: one range on each side; the kernel checks both.
        let moved = unsafe {
            libc::syscall(
                call,
                process as libc::c_ulong,
                &raw const local,
                1usize,
                &raw const remote,
                1usize,
                0usize,
            )
        };
        match usize::try_from(moved) {
            Ok(0) => break,
            Ok(moved) => {
                done += moved;
                if moved < local.iov_len {
                    break;
                }
            }
            Err(_) if done > 0 => break,
            Err(_) => return Err(super::last_errno()),
        }
    }
    Ok(done)
}

/// The descriptor of a process's memory, through which protections do not count: `/proc/PID/mem`.
///
/// # Errors
///
/// `EACCES` or `EPERM` if this process may not trace that one, `ENOENT` if it has ended.
pub fn open_memory(process: u32) -> Result<OwnedFd, Errno> {
    let thread = living_thread(process).unwrap_or(process);
    rustix::fs::open(
        format!("/proc/{thread}/mem"),
        rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
}

/// Writes where the other process itself could not: private pages that it may execute or only read,
/// which become its own copies. Answers how many bytes.
///
/// # Errors
///
/// `EIO` where nothing can be written even so; `EFAULT` if `from` is wild.
///
/// # Safety
///
/// As [`write_memory`].
pub unsafe fn write_forced(
    memory: &OwnedFd,
    to: usize,
    from: *const u8,
    size: usize,
) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the range that is read from.
    let written = unsafe {
        libc::syscall(
            libc::SYS_pwrite64,
            memory.as_fd().as_raw_fd(),
            from,
            size,
            to,
        )
    };
    usize::try_from(written).map_err(|_| super::last_errno())
}
