//! The rights a handle to a file can have.

use crate::object::{AccessMask, GenericMapping};

impl AccessMask {
    /// FILE_READ_DATA; FILE_LIST_DIRECTORY of a directory.
    pub const FILE_READ_DATA: Self = Self::from_bits_retain(0x0001);
    /// FILE_WRITE_DATA; FILE_ADD_FILE of a directory.
    pub const FILE_WRITE_DATA: Self = Self::from_bits_retain(0x0002);
    /// FILE_APPEND_DATA: without FILE_WRITE_DATA, every write goes to the end.
    pub const FILE_APPEND_DATA: Self = Self::from_bits_retain(0x0004);
    /// FILE_EXECUTE
    pub const FILE_EXECUTE: Self = Self::from_bits_retain(0x0020);
    /// FILE_READ_ATTRIBUTES
    pub const FILE_READ_ATTRIBUTES: Self = Self::from_bits_retain(0x0080);
    /// FILE_WRITE_ATTRIBUTES
    pub const FILE_WRITE_ATTRIBUTES: Self = Self::from_bits_retain(0x0100);
}

/// What the generic rights mean for a file.
pub const FILE_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0012_0089),
    write: AccessMask::from_bits_retain(0x0012_0116),
    execute: AccessMask::from_bits_retain(0x0012_00A0),
    all: AccessMask::from_bits_retain(0x001F_01FF),
};
