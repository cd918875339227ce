//! What a listing of the namespace tells about a section.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::SectionFlags;
use super::payload::Payload;
use crate::NtStatus;
use crate::address_space::Protection;
use crate::object::Descriptor;

/// A named section, as its descriptor tells it to those who do not hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionDescription {
    /// Its size in bytes.
    pub size: u64,
    /// The protection it was created with.
    pub protection: Protection,
    /// How it was made.
    pub flags: SectionFlags,
    /// The file whose pages it shares, if they are not its own.
    pub file: Option<DescribedFile>,
}

/// The file behind a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedFile {
    /// Its device.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
    /// Where it was when the section was created; empty for large pages, which were nowhere.
    pub path: PathBuf,
}

impl SectionDescription {
    /// Reads a section's descriptor.
    ///
    /// # Errors
    ///
    /// [`NtStatus::REVISION_MISMATCH`] if it cannot be true of any section.
    pub fn of(descriptor: &Descriptor) -> Result<Self, NtStatus> {
        let payload = Payload::of(descriptor)?;
        Ok(Self {
            size: payload.size,
            protection: Protection::from_bits(payload.protection)
                .ok_or(NtStatus::REVISION_MISMATCH)?,
            flags: SectionFlags::from_bits(payload.flags).ok_or(NtStatus::REVISION_MISMATCH)?,
            file: payload.has_file().then(|| DescribedFile {
                device: payload.device,
                inode: payload.inode,
                path: OsString::from_vec(descriptor.extra.clone()).into(),
            }),
        })
    }
}
