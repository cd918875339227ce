//! What is written into the file of a section's new name.

use std::os::fd::AsRawFd;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::SectionFlags;
use super::create::{Behind, Maker, reported_flags};
use super::payload::Payload;
use crate::NtStatus;
use crate::address_space::Protection;
use crate::file::File;
use crate::object::{Descriptor, NamespaceDirectory, ObjectKind, ObjectName, PlainSection};
use crate::sys::{descriptors, shared_file};

/// What has been found and written while a section's new file was being filled.
#[derive(Default)]
pub(super) struct Filling {
    /// What the section's pages are those of, if not the file's own.
    pub behind: Option<Behind>,
    /// The section's pages, if they are large.
    pub large_pages: Option<OwnedFd>,
    /// The security descriptor that the file holds, if any.
    pub stored_security: Vec<u8>,
}

impl Maker<'_> {
    /// Whether a section needs no descriptor, and which kind it is then.
    pub(super) fn plain(&self, name: &ObjectName) -> Option<PlainSection> {
        let kind = match self.flags {
            SectionFlags::COMMIT => PlainSection::Committed,
            SectionFlags::RESERVE => PlainSection::Reserved,
            _ => return None,
        };
        let is_plain = self.request.file.is_none()
            && self.protection == Protection::READWRITE
            && self.security.is_none()
            && name.is_spelled_out()
            && NamespaceDirectory::of(name.scope()).is_ok_and(|there| there.is_on_tmpfs());
        is_plain.then_some(kind)
    }

    /// Sets the pages aside: the file's length is the last thing it gets, and all it needs.
    pub(super) fn fill_plain(
        &self,
        plain: PlainSection,
        file: BorrowedFd<'_>,
    ) -> Result<(), NtStatus> {
        let room = self.memory();
        let data_size = room.data + room.table;
        let size = plain.file_size(data_size);
        match plain {
            PlainSection::Committed => shared_file::allocate(file, 0, size),
            PlainSection::Reserved => shared_file::set_size(file, size),
        }
        .map_err(|_| NtStatus::COMMITMENT_LIMIT)
    }

    /// Sets the pages aside, and writes the descriptor behind them.
    pub(super) fn fill_for_memory(
        &self,
        filling: &mut Filling,
        name: &ObjectName,
        file: BorrowedFd<'_>,
    ) -> Result<(), NtStatus> {
        let room = self.memory();
        let payload = Payload {
            size: room.data,
            commit_table: room.table_start(),
            ..self.payload()
        };
        let data_size = room.data + room.table;
        let descriptor = self.descriptor(name, data_size, &payload, Vec::new());
        let end = descriptor.file_size();
        // A page that is promised is set aside now: a full file system is an error here, not a SIGBUS at
        // the first touch.
        let promised = if self.flags.contains(SectionFlags::COMMIT) {
            0
        } else {
            data_size
        };
        shared_file::allocate(file, promised, end - promised)
            .map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
        descriptor.write(file)?;
        filling.stored_security = descriptor.security;
        Ok(())
    }

    /// Writes where the file behind the section is to be found.
    pub(super) fn fill_for_file(
        &self,
        filling: &mut Filling,
        name: &ObjectName,
        behind: Behind,
        file: BorrowedFd<'_>,
    ) -> Result<(), NtStatus> {
        let payload = self.payload_of_pages(behind.pages(), behind.size)?;
        let path = descriptors::path_of(behind.file.as_fd())
            .unwrap_or_default()
            .into_os_string()
            .into_encoded_bytes();
        let descriptor = self.descriptor(name, 0, &payload, path);
        descriptor.write(file)?;
        filling.stored_security = descriptor.security;
        filling.behind = Some(behind);
        Ok(())
    }

    /// Sets large pages aside, which no file of a name can have, and writes where they are to be found.
    pub(super) fn fill_for_large_pages(
        &self,
        filling: &mut Filling,
        name: &ObjectName,
        file: BorrowedFd<'_>,
    ) -> Result<(), NtStatus> {
        let pages = self.large_pages()?;
        let payload = self.payload_of_pages(pages.as_fd(), self.request.size)?;
        let descriptor = self.descriptor(name, 0, &payload, Vec::new());
        descriptor.write(file)?;
        filling.stored_security = descriptor.security;
        filling.large_pages = Some(pages);
        Ok(())
    }

    /// What is to be said of a section whose pages are elsewhere: in what this process has open.
    fn payload_of_pages(&self, pages: BorrowedFd<'_>, size: u64) -> Result<Payload, NtStatus> {
        let identity = File::identity_of(pages)?;
        Ok(Payload {
            size,
            device: identity.device,
            inode: identity.inode,
            holder: std::process::id(),
            descriptor: pages.as_raw_fd() as u32,
            ..self.payload()
        })
    }

    fn payload(&self) -> Payload {
        let flags = reported_flags(self.flags, self.request.file.is_some());
        Payload {
            protection: self.protection.bits(),
            flags: flags.bits(),
            ..Payload::default()
        }
    }

    fn descriptor(
        &self,
        name: &ObjectName,
        data_size: u64,
        payload: &Payload,
        extra: Vec<u8>,
    ) -> Descriptor {
        Descriptor {
            kind: ObjectKind::Section,
            plain: None,
            data_size,
            name: name.leaf().to_vec(),
            payload: payload.to_bytes(),
            extra,
            security: self
                .security
                .as_ref()
                .map(|assigned| assigned.descriptor().to_self_relative())
                .unwrap_or_default(),
            creator: std::process::id(),
        }
    }
}
