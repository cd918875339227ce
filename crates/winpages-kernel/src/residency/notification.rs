//! Notifications of how scarce memory is: Windows' LowMemoryCondition and HighMemoryCondition.

use core::sync::atomic::AtomicUsize;
use std::sync::Arc;

use super::system_memory::{SystemMemory, system_memory};
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, GenericMapping, Object};
use crate::sys::proc_text::{self, word};

/// Which of the two: Windows' MEMORY_RESOURCE_NOTIFICATION_TYPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MemoryNotificationKind {
    /// Signalled while memory is scarce.
    Low = 0,
    /// Signalled while memory is plenty.
    High = 1,
}

impl MemoryNotificationKind {
    /// The kind of a number.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`].
    pub fn from_number(number: u32) -> Result<Self, NtStatus> {
        match number {
            0 => Ok(Self::Low),
            1 => Ok(Self::High),
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }
}

impl AccessMask {
    /// The right to ask whether a notification is signalled: Windows' EVENT_QUERY_STATE.
    pub const MEMORY_NOTIFICATION_QUERY: Self = Self::from_bits_retain(1);
}

/// What the generic rights mean for a notification.
pub const MEMORY_NOTIFICATION_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0001),
    write: AccessMask::from_bits_retain(0x0002_0002),
    execute: AccessMask::from_bits_retain(0x0012_0000),
    all: AccessMask::from_bits_retain(0x001F_0003),
};

/// A notification object.
#[derive(Debug)]
pub struct MemoryNotification {
    kind: MemoryNotificationKind,
    handles: AtomicUsize,
}

impl MemoryNotification {
    /// A notification of the kind of that number.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`].
    pub(crate) fn from_number(number: u32) -> Result<Self, NtStatus> {
        Ok(Self {
            kind: MemoryNotificationKind::from_number(number)?,
            handles: AtomicUsize::new(0),
        })
    }

    /// Which of the two it is.
    pub fn kind(&self) -> MemoryNotificationKind {
        self.kind
    }

    /// Whether it is signalled now.
    pub fn is_signalled(&self) -> bool {
        let memory = system_memory();
        let stalled = stalled_percentage() >= STALLED_LOW;
        match self.kind {
            MemoryNotificationKind::Low => {
                stalled || memory.physical_available < threshold(&memory)
            }
            MemoryNotificationKind::High => {
                !stalled && memory.physical_available > 3 * threshold(&memory)
            }
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }
}

/// Memory is scarce, however much of it is said to be available, when all processes together stood
/// still for want of it this part of the last ten seconds, in percent.
const STALLED_LOW: u64 = 10;

/// Below how many available bytes memory is scarce: 32 MiB for each 4 GiB of the machine's, at most 64,
/// as on Windows.
fn threshold(memory: &SystemMemory) -> u64 {
    const GREATEST: u64 = 64 << 20;
    (memory.physical_total / 128).min(GREATEST)
}

/// The kernel's pressure stall information; 0 where it keeps none.
fn stalled_percentage() -> u64 {
    let mut buffer = [0; 512];
    let text = proc_text::read(c"/proc/pressure/memory", &mut buffer).unwrap_or_default();
    percentage(text).unwrap_or(0)
}

/// `full avg10=1.23 avg60=… avg300=… total=…`, the whole percents of the first average.
fn percentage(text: &[u8]) -> Option<u64> {
    let line = text
        .split(|byte| *byte == b'\n')
        .find(|line| line.starts_with(b"full "))?;
    let average = word(line, 1)?.strip_prefix(b"avg10=")?;
    proc_text::number(average.split(|byte| *byte == b'.').next()?)
}

/// Creates a notification and answers its handle, which may be waited on and asked.
///
/// # Errors
///
/// [`NtStatus::INSUFFICIENT_RESOURCES`] when the handle table is full.
pub fn create_memory_notification(kind: MemoryNotificationKind) -> Result<Handle, NtStatus> {
    let notification = Arc::new(MemoryNotification {
        kind,
        handles: AtomicUsize::new(0),
    });
    handle_table::insert(Entry {
        object: Object::MemoryNotification(notification),
        access: AccessMask::MEMORY_NOTIFICATION_QUERY | AccessMask::SYNCHRONIZE,
        attributes: HandleAttributes::empty(),
    })
}

/// Whether the notification that a handle leads to is signalled.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`] if there is no such handle, [`NtStatus::OBJECT_TYPE_MISMATCH`] if it is
/// of another kind.
pub fn query_memory_notification(handle: Handle) -> Result<bool, NtStatus> {
    match handle_table::lookup(handle)?.object {
        Object::MemoryNotification(notification) => Ok(notification.is_signalled()),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_long_processes_stood_still() {
        let text = b"some avg10=12.00 avg60=3.00 avg300=1.00 total=99\n\
                     full avg10=10.49 avg60=1.00 avg300=0.00 total=42\n";
        assert_eq!(percentage(text), Some(10));
        assert_eq!(percentage(b""), None);
    }

    #[test]
    fn is_never_both() {
        let notification = |kind| MemoryNotification {
            kind,
            handles: AtomicUsize::new(0),
        };
        let low = notification(MemoryNotificationKind::Low);
        let high = notification(MemoryNotificationKind::High);
        assert!(!(low.is_signalled() && high.is_signalled()));
    }
}
