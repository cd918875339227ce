//! Share modes: who may have a file open beside whom, across all processes of the machine.
//!
//! An open file tells the others what it does and what it denies by shared byte-range locks of its
//! open file description, one byte for each fact, at offsets no file has data at. The kernel drops
//! them when the description goes, however its process ends. What another does not allow is then a
//! question of who holds which byte.

use core::time::Duration;
use std::os::fd::BorrowedFd;

use crate::NtStatus;
use crate::object::AccessMask;
use crate::sys::clock;
use crate::sys::file::{self as sys, Errno, FlockOperation, RangeLock};

bitflags::bitflags! {
    /// What other opens of the file are allowed to do while this one stands: FILE_SHARE_ of
    /// CreateFile.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ShareAccess: u32 {
        /// FILE_SHARE_READ
        const READ = 1;
        /// FILE_SHARE_WRITE
        const WRITE = 2;
        /// FILE_SHARE_DELETE
        const DELETE = 4;
    }
}

/// The first of the bytes that stand for facts about an open file. No file can reach so far.
pub(super) const FIRST_BYTE: u64 = i64::MAX as u64 - 15;
/// Offsets from [`FIRST_BYTE`]: three for what is done, in the order of the bits of
/// [`ShareAccess`], three for what is denied.
const USES: u64 = 0;
const DENIES: u64 = 3;
/// Held while a section or a view exists through which the file can be written: Windows then lets
/// nobody open it who denies writing, though the file's own handle be closed.
pub(super) const WRITABLY_MAPPED_BYTE: u64 = FIRST_BYTE + 6;
/// Held while a section or a view exists that the file is laid out in as a program image: nobody may
/// open it for writing then.
pub(super) const IMAGE_BYTE: u64 = FIRST_BYTE + 7;
/// Held while a section or a view of the file exists.
pub(super) const MAPPED_BYTE: u64 = FIRST_BYTE + 8;

/// How often [`take_turn`] tries, with pauses that double up to 5 ms: some 50 ms in all.
const ATTEMPTS: u32 = 16;

/// What access counts as reading, writing and deleting for the sharing rules.
fn uses_of(access: AccessMask) -> ShareAccess {
    let mut uses = ShareAccess::empty();
    uses.set(
        ShareAccess::READ,
        access.intersects(AccessMask::FILE_READ_DATA | AccessMask::FILE_EXECUTE),
    );
    uses.set(
        ShareAccess::WRITE,
        access.intersects(AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA),
    );
    uses.set(ShareAccess::DELETE, access.contains(AccessMask::DELETE));
    uses
}

fn bytes_of(facts: ShareAccess, first: u64) -> impl Iterator<Item = u64> {
    (0..3u64)
        .filter(move |bit| facts.bits() & (1 << bit) != 0)
        .map(move |bit| FIRST_BYTE + first + bit)
}

/// Sets this open file's bytes and looks at those of others.
fn announce(file: BorrowedFd<'_>, uses: ShareAccess, denies: ShareAccess) -> Result<bool, Errno> {
    for byte in bytes_of(uses, USES).chain(bytes_of(denies, DENIES)) {
        sys::lock_range(file, RangeLock::Shared, byte, 1, false)?;
    }
    // Most files are open once: one question covers all bytes.
    if !sys::is_range_locked(file, FIRST_BYTE, MAPPED_BYTE - FIRST_BYTE) {
        return Ok(true);
    }
    let is_denied = bytes_of(uses, DENIES).any(|byte| sys::is_range_locked(file, byte, 1));
    let is_in_use = bytes_of(denies, USES).any(|byte| sys::is_range_locked(file, byte, 1));
    let is_writably_mapped =
        denies.contains(ShareAccess::WRITE) && sys::is_range_locked(file, WRITABLY_MAPPED_BYTE, 1);
    let is_image = uses.contains(ShareAccess::WRITE) && sys::is_range_locked(file, IMAGE_BYTE, 1);
    Ok(!is_denied && !is_in_use && !is_writably_mapped && !is_image)
}

/// Enters an open file into the books, if what it does and denies agrees with everybody else.
///
/// An open for attributes only takes no part. Where the file system or the way the descriptor is
/// open allows no locks, everything is allowed: sharing is then as it is on Linux.
///
/// # Errors
///
/// [`NtStatus::SHARING_VIOLATION`] if it does not agree.
pub(super) fn acquire(
    file: BorrowedFd<'_>,
    access: AccessMask,
    share: ShareAccess,
) -> Result<(), NtStatus> {
    let uses = uses_of(access);
    if uses.is_empty() {
        return Ok(());
    }
    let denies = share.complement();
    match announce(file, uses, denies) {
        Ok(true) | Err(_) => return Ok(()),
        Ok(false) => {}
    }
    // Two opens that exclude each other may each have seen the other's attempt. Taking turns, the
    // last of them succeeds; a real conflict is still there afterwards.
    release(file);
    let has_turn = take_turn(file);
    let outcome = announce(file, uses, denies);
    if has_turn {
        let _ = sys::flock(file, FlockOperation::Unlock);
    }
    match outcome {
        Ok(true) | Err(_) => Ok(()),
        Ok(false) => {
            release(file);
            Err(NtStatus::SHARING_VIOLATION)
        }
    }
}

/// Waits until no other open is having its second look. Gives up after a while: a program may use
/// this lock for something of its own.
fn take_turn(file: BorrowedFd<'_>) -> bool {
    let mut pause = Duration::from_micros(50);
    for _ in 0..ATTEMPTS {
        if sys::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return true;
        }
        clock::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
    false
}

/// Takes an open file out of the books.
pub(super) fn release(file: BorrowedFd<'_>) {
    let _ = sys::unlock_range(file, FIRST_BYTE, 6);
}
