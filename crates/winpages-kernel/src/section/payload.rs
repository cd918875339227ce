//! What a named section's file says of it, besides what it says of every object.

use super::SectionFlags;
use crate::NtStatus;
use crate::address_space::Protection;
use crate::object::{Descriptor, PAYLOAD_SIZE, PlainSection};

/// The section's part of its descriptor.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The section's size in bytes.
    pub size: u64,
    /// Its page protection.
    pub protection: u32,
    /// Its SEC_ flags.
    pub flags: u32,
    /// Where its table of committed pages starts, in bytes; 0 if it has none.
    pub commit_table: u64,
    /// The device of the file behind it; 0, with inode 0, if its pages are its own.
    pub device: u64,
    /// The inode number of that file.
    pub inode: u64,
    /// A process that has that file open, and under which number: where to look first.
    pub holder: u32,
    /// See `holder`.
    pub descriptor: u32,
    /// Zero.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<Payload>() == PAYLOAD_SIZE);

impl Payload {
    /// Whether the section's pages are those of a file.
    pub fn has_file(&self) -> bool {
        self.inode != 0
    }

    /// The bytes that go into the descriptor.
    pub fn to_bytes(self) -> [u8; PAYLOAD_SIZE] {
        // SAFETY: integers without a gap between them, of exactly this size.
        unsafe { core::mem::transmute(self) }
    }

    /// What a descriptor says.
    ///
    /// # Errors
    ///
    /// [`NtStatus::REVISION_MISMATCH`] if it cannot be true.
    pub fn of(descriptor: &Descriptor) -> Result<Self, NtStatus> {
        match descriptor.plain {
            Some(plain) => Self::of_plain(plain, descriptor.data_size),
            None => Self::from_bytes(descriptor.payload, descriptor.data_size),
        }
    }

    fn of_plain(plain: PlainSection, data_size: u64) -> Result<Self, NtStatus> {
        let size = plain.section_size(data_size);
        let (flags, commit_table) = match plain {
            PlainSection::Committed => (SectionFlags::COMMIT, 0),
            PlainSection::Reserved => (SectionFlags::RESERVE, size),
        };
        if size == 0 {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        Ok(Self {
            size,
            protection: Protection::READWRITE.bits(),
            flags: flags.bits(),
            commit_table,
            ..Self::default()
        })
    }

    /// What the bytes of a descriptor say, if they can be true of a file that has `data_size` bytes
    /// before its descriptor.
    fn from_bytes(bytes: [u8; PAYLOAD_SIZE], data_size: u64) -> Result<Self, NtStatus> {
        // SAFETY: any bytes are integers.
        let payload: Self = unsafe { core::mem::transmute(bytes) };
        let pages_end = payload.size.checked_next_multiple_of(0x1000);
        let fits = payload.has_file()
            || (pages_end.is_some_and(|end| end <= data_size) && payload.commit_table <= data_size);
        if payload.size == 0 || !fits {
            Err(NtStatus::REVISION_MISMATCH)
        } else {
            Ok(payload)
        }
    }
}
