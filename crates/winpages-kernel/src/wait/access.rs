//! The rights that handles to dispatcher objects can have.

use crate::object::{AccessMask, GenericMapping};

impl AccessMask {
    /// EVENT_QUERY_STATE, MUTANT_QUERY_STATE, SEMAPHORE_QUERY_STATE, TIMER_QUERY_STATE
    pub const DISPATCHER_QUERY_STATE: Self = Self::from_bits_retain(0x1);
    /// EVENT_MODIFY_STATE, SEMAPHORE_MODIFY_STATE, TIMER_MODIFY_STATE; a mutant has no such right
    pub const DISPATCHER_MODIFY_STATE: Self = Self::from_bits_retain(0x2);
}

/// What the generic rights mean for an event, a semaphore or a timer.
pub const DISPATCHER_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0001),
    write: AccessMask::from_bits_retain(0x0002_0002),
    execute: AccessMask::from_bits_retain(0x0012_0000),
    all: AccessMask::from_bits_retain(0x001F_0003),
};

/// What the generic rights mean for a mutant.
pub const MUTANT_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0001),
    write: AccessMask::from_bits_retain(0x0002_0000),
    execute: AccessMask::from_bits_retain(0x0012_0000),
    all: AccessMask::from_bits_retain(0x001F_0001),
};
