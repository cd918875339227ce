//! The pages of an image section: a file laid out as its headers say, in memory that all who have
//! the section share.
//!
//! The memory holds, one behind the other: the image as it is at the base it would like; room for the
//! image relocated to one other base, for those who found the first one taken; and a record from
//! which a process that opens the section by its name learns the rest. An image that has to be at
//! still another base is relocated for that view alone.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::image_layout::{ImageHeaders, ImageLayout};
use super::relocation::{self, WINDOW};
use crate::NtStatus;
use crate::address_space::image_label;
use crate::file::Identity;
use crate::object::NamedFile;
use crate::sys::shared_file;

/// What the word in the record says: nobody has relocated the image yet. What is neither this nor
/// [`BEING_RELOCATED`] is the base that it has been relocated to.
const NOT_RELOCATED: u64 = 0;
/// Somebody is about to, or has died meanwhile.
const BEING_RELOCATED: u64 = 1;

/// How much is copied at once.
const CHUNK: u64 = 1 << 20;

/// How much of the memory's end can be the record: its fixed part and the longest headers.
const LONGEST_RECORD: u64 = 1 << 17;

/// The fixed part of the record: the base that the image has been relocated to, the file's size,
/// device and inode number, the seconds and nanoseconds of its last change, where in the file its headers
/// are, and how long. The headers follow.
type Record = [u64; 8];

/// An image, laid out.
#[derive(Debug)]
pub struct Image {
    pages: OwnedFd,
    /// Where its parts are.
    pub layout: ImageLayout,
    /// The file it came from.
    pub file: FileVersion,
    /// The name by which others find it; see [`super::image_sharing`].
    #[allow(dead_code, reason = "it is held, and let go of with the image")]
    held: Option<Arc<NamedFile>>,
}

/// A file, as it was at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Which file.
    pub identity: Identity,
    /// Its size in bytes.
    pub size: u64,
    /// When it had last changed, in seconds and nanoseconds since 1970.
    pub changed: (u64, u32),
}

impl FileVersion {
    /// What an open file is now.
    ///
    /// # Errors
    ///
    /// [`NtStatus::FILE_INVALID`] if that cannot be told.
    pub fn of(file: BorrowedFd<'_>) -> Result<Self, NtStatus> {
        let found = shared_file::stat(file).map_err(|_| NtStatus::FILE_INVALID)?;
        Ok(Self {
            identity: Identity {
                device: found.st_dev,
                inode: found.st_ino,
            },
            size: found.st_size as u64,
            changed: (found.st_ctime as u64, found.st_ctime_nsec as u32),
        })
    }
}

/// Pages that show an image as it is at one base.
#[derive(Debug)]
pub enum Placed {
    /// Those of the section, from an offset on.
    Shared(u64),
    /// Those of one view.
    Own(OwnedFd),
}

impl Image {
    /// Lays a file out.
    ///
    /// # Errors
    ///
    /// Those of [`ImageHeaders::read`] and [`ImageHeaders::layout`]; [`NtStatus::COMMITMENT_LIMIT`] if
    /// there is not enough memory, [`NtStatus::IN_PAGE_ERROR`] if the file cannot be read.
    pub fn lay_out(file: BorrowedFd<'_>, version: FileVersion) -> Result<Self, NtStatus> {
        let headers = ImageHeaders::read(file, version.size)?;
        let layout = headers.layout()?;
        let pages = shared_file::create_sealable(&image_label::of_file(file))
            .map_err(out_of_descriptors)?;
        let record: Record = [
            NOT_RELOCATED,
            version.size,
            version.identity.device,
            version.identity.inode,
            version.changed.0,
            version.changed.1.into(),
            headers.offset.into(),
            headers.bytes.len() as u64,
        ];
        let at = record_offset(&layout);
        let mut bytes: Vec<u8> = record.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend_from_slice(&headers.bytes);
        let end = (at + bytes.len() as u64).next_multiple_of(0x1000);
        shared_file::set_size(pages.as_fd(), end).map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
        write(pages.as_fd(), &bytes, at)?;
        for part in &layout.contents {
            copy(
                file,
                part.file_offset,
                pages.as_fd(),
                part.image_offset,
                part.size,
            )?;
        }
        // Nobody who is handed the memory can cut it short under the others' views.
        shared_file::seal_size(pages.as_fd());
        Ok(Self {
            pages,
            layout,
            file: version,
            held: None,
        })
    }

    /// An image that another process has laid out.
    ///
    /// # Errors
    ///
    /// [`NtStatus::REVISION_MISMATCH`] if the memory does not hold one.
    pub fn from_pages(pages: OwnedFd) -> Result<Self, NtStatus> {
        let foreign = NtStatus::REVISION_MISMATCH;
        let size = shared_file::stat(&pages).map_err(|_| foreign)?.st_size as u64;
        // The record begins at the last page boundary from which it fits: there are few to try.
        let mut at = size.saturating_sub(0x1000);
        while size - at <= LONGEST_RECORD {
            if let Some(image) = read_record(pages.as_fd(), at) {
                let (layout, file) = image;
                return Ok(Self {
                    pages,
                    layout,
                    file,
                    held: None,
                });
            }
            at = at.checked_sub(0x1000).ok_or(foreign)?;
        }
        Err(foreign)
    }

    /// The image, under a name that lasts as long as it does.
    pub fn held_by(self, name: Arc<NamedFile>) -> Self {
        let held = Some(name);
        Self { held, ..self }
    }

    /// The pages of the image as it is at a base, which is not the one it would like: those that are
    /// shared, if nobody else has had them relocated to another base before.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_IMAGE_FORMAT`] if its relocations do not make sense,
    /// [`NtStatus::COMMITMENT_LIMIT`].
    pub fn relocated(&self, base: u64) -> Result<Placed, NtStatus> {
        let slot = self.layout.size;
        let word = record_offset(&self.layout);
        let exchange = |old, new| shared_file::compare_exchange(self.pages.as_fd(), word, old, new);
        match exchange(NOT_RELOCATED, BEING_RELOCATED) {
            Ok(Ok(_)) => match self.relocate(self.pages.as_fd(), slot, base) {
                Ok(()) => {
                    let _ = exchange(BEING_RELOCATED, base);
                    Ok(Placed::Shared(slot))
                }
                Err(status) => {
                    let _ = exchange(BEING_RELOCATED, NOT_RELOCATED);
                    Err(status)
                }
            },
            Ok(Err(there)) if there == base => Ok(Placed::Shared(slot)),
            _ => {
                let label = image_label::of_pages(self.pages.as_fd());
                let own = shared_file::create_in_memory(&label).map_err(out_of_descriptors)?;
                shared_file::set_size(own.as_fd(), self.layout.size)
                    .map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
                self.relocate(own.as_fd(), 0, base)?;
                Ok(Placed::Own(own))
            }
        }
    }

    /// The base that the shared pages have been relocated to, if they have, and where they are.
    pub fn shared_base(&self) -> Option<(u64, u64)> {
        let word = record_offset(&self.layout);
        let mut bytes = [0u8; 8];
        let read = shared_file::read_at(self.pages.as_fd(), &mut bytes, word);
        let base = u64::from_ne_bytes(bytes);
        (read == Ok(8) && base != NOT_RELOCATED && base != BEING_RELOCATED)
            .then_some((base, self.layout.size))
    }

    /// Writes the image as it is at a base.
    fn relocate(&self, to: BorrowedFd<'_>, offset: u64, base: u64) -> Result<(), NtStatus> {
        let layout = &self.layout;
        let (start, length) = layout.relocations.ok_or(NtStatus::INVALID_IMAGE_FORMAT)?;
        let stored: u64 = layout.contents.iter().map(|part| part.size).sum();
        if length > stored || start + length > layout.size {
            return Err(NtStatus::INVALID_IMAGE_FORMAT);
        }
        for part in &layout.contents {
            let pages = self.pages.as_fd();
            copy(
                pages,
                part.image_offset,
                to,
                offset + part.image_offset,
                part.size,
            )?;
        }
        let mut table = vec![0u8; length as usize];
        read(self.pages.as_fd(), &mut table, start)?;
        let delta = base.wrapping_sub(layout.base);
        let mut window = [0u8; WINDOW as usize];
        for block in relocation::blocks(&table) {
            let block = block?;
            let size = layout.size.saturating_sub(block.page).min(WINDOW);
            let window = &mut window[..size as usize];
            read(to, window, offset + block.page)?;
            block.apply(window, delta)?;
            write(to, window, offset + block.page)?;
        }
        // The headers say where the image is, as Windows has them do.
        let (field, size) = layout.base_field;
        if field + size as u64 <= layout.parts[0].end {
            write(to, &base.to_le_bytes()[..size], offset + field)?;
        }
        Ok(())
    }
}

impl AsFd for Image {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pages.as_fd()
    }
}

fn record_offset(layout: &ImageLayout) -> u64 {
    2 * layout.size
}

/// The record at an offset, if it is one.
fn read_record(pages: BorrowedFd<'_>, at: u64) -> Option<(ImageLayout, FileVersion)> {
    let mut record: Record = [0; 8];
    for (index, word) in record.iter_mut().enumerate() {
        let mut bytes = [0u8; 8];
        read(pages, &mut bytes, at + index as u64 * 8).ok()?;
        *word = u64::from_ne_bytes(bytes);
    }
    let [
        _,
        size,
        device,
        inode,
        seconds,
        nanoseconds,
        header_offset,
        header_size,
    ] = record;
    if header_size > LONGEST_RECORD {
        return None;
    }
    let mut headers = ImageHeaders {
        offset: u32::try_from(header_offset).ok()?,
        file_size: size,
        bytes: vec![0; header_size as usize],
    };
    read(pages, &mut headers.bytes, at + size_of::<Record>() as u64).ok()?;
    let layout = headers.layout().ok()?;
    let file = FileVersion {
        identity: Identity { device, inode },
        size,
        changed: (seconds, nanoseconds.try_into().ok()?),
    };
    (record_offset(&layout) == at).then_some((layout, file))
}

fn copy(
    from: BorrowedFd<'_>,
    from_offset: u64,
    to: BorrowedFd<'_>,
    to_offset: u64,
    size: u64,
) -> Result<(), NtStatus> {
    let mut buffer = vec![0u8; size.min(CHUNK) as usize];
    let mut done = 0;
    while done < size {
        let chunk = &mut buffer[..(size - done).min(CHUNK) as usize];
        read(from, chunk, from_offset + done)?;
        write(to, chunk, to_offset + done)?;
        done += chunk.len() as u64;
    }
    Ok(())
}

/// Reads all of a buffer; zeroes behind the end of the file.
fn read(file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < buffer.len() {
        match shared_file::read_at(file, &mut buffer[done..], offset + done as u64) {
            Ok(0) => {
                buffer[done..].fill(0);
                break;
            }
            Ok(read) => done += read,
            Err(_) => return Err(NtStatus::IN_PAGE_ERROR),
        }
    }
    Ok(())
}

fn write(file: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < bytes.len() {
        match shared_file::write_at(file, &bytes[done..], offset + done as u64) {
            Ok(written) if written > 0 => done += written,
            _ => return Err(NtStatus::COMMITMENT_LIMIT),
        }
    }
    Ok(())
}

fn out_of_descriptors(errno: rustix::io::Errno) -> NtStatus {
    match errno {
        rustix::io::Errno::MFILE | rustix::io::Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        _ => NtStatus::NO_MEMORY,
    }
}
