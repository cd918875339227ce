//! The pages of a view of a program image: each part of it with a protection of its own.

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::region_map::Writer;
use super::run::PageState;
use super::{PageRange, Protection};
use crate::NtStatus;
use crate::sys::memory::{self, Access};

/// A part of an image whose pages are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImagePart {
    /// Where in the image it begins, whole pages.
    pub start: u64,
    /// Where it ends, whole pages.
    pub end: u64,
    /// The protection of its pages; `None` if there are none, and only the addresses are taken.
    pub protection: Option<Protection>,
    /// Whether what is written is seen by all who have the image mapped.
    pub is_shared: bool,
}

/// The parts of an image that a view shows.
#[derive(Clone, Copy)]
pub struct ImageParts<'a> {
    /// All parts of the image, in ascending order and without a gap.
    pub parts: &'a [ImagePart],
    /// Where the pages of shared parts are, from byte 0 on.
    pub shared: BorrowedFd<'a>,
    /// Where in the image the view begins.
    pub start: u64,
    /// Whether nothing of it is to be executed.
    pub no_execute: bool,
}

impl ImageParts<'_> {
    /// The part that lies at an offset in the image.
    pub(super) fn part_at(&self, offset: u64) -> Option<&ImagePart> {
        self.parts
            .iter()
            .find(|part| (part.start..part.end).contains(&offset))
    }

    /// The parts, cut to a view of `size` bytes at `base`.
    pub(crate) fn within(
        &self,
        base: usize,
        size: usize,
    ) -> impl Iterator<Item = (PageRange, ImagePart)> {
        let (low, high) = (self.start, self.start + size as u64);
        let no_execute = self.no_execute;
        self.parts.iter().filter_map(move |part| {
            let (start, end) = (part.start.max(low), part.end.min(high));
            let range = PageRange {
                base: base + start.checked_sub(low)? as usize,
                size: end.checked_sub(start).filter(|size| *size > 0)? as usize,
            };
            let protection = part.protection.map(|protection| {
                if no_execute {
                    without_execution(protection)
                } else {
                    protection
                }
            });
            let part = ImagePart {
                start,
                end,
                protection,
                ..*part
            };
            Some((range, part))
        })
    }

    /// Maps the view at a free place.
    ///
    /// # Safety
    ///
    /// As [`memory::map_file`].
    pub(super) unsafe fn map(
        &self,
        base: usize,
        size: usize,
        pages: BorrowedFd<'_>,
        offset: u64,
    ) -> Result<(), Errno> {
        // SAFETY: the caller vouches for it.
        unsafe { memory::map_file(base, size, Access::READ, false, pages, offset)? };
        for (range, part) in self.within(base, size) {
            let access = part.protection.map_or(Access::empty(), Protection::access);
            // SAFETY: part of what was mapped above, of which nobody knows yet.
            let mapped = unsafe {
                if part.is_shared {
                    memory::map_file_over(
                        range.base,
                        range.size,
                        access,
                        true,
                        self.shared,
                        part.start,
                    )
                } else if access != Access::READ {
                    memory::protect(range.base, range.size, access)
                } else {
                    Ok(())
                }
            };
            if let Err(errno) = mapped {
                // SAFETY: as above.
                let _ = unsafe { memory::unmap(base, size) };
                return Err(errno);
            }
        }
        Ok(())
    }

    /// Enters into the map what the pages of a view are that has been added to it. Pages that are not
    /// shared count as the process's own: that is how they are mapped.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_MEMORY`].
    pub(super) fn enter(
        &self,
        writer: &mut Writer<'_>,
        base: usize,
        size: usize,
    ) -> Result<(), NtStatus> {
        for (range, part) in self.within(base, size) {
            let state = match part.protection {
                Some(protection) => {
                    PageState::committed(protection).with_own_pages(!part.is_shared)
                }
                None => PageState::RESERVED,
            };
            writer.ensure_records()?;
            writer.set_states(range.base, range.end(), |_| state);
        }
        Ok(())
    }
}

fn without_execution(protection: Protection) -> Protection {
    match protection.base() {
        Protection::EXECUTE | Protection::EXECUTE_READ => Protection::READONLY,
        Protection::EXECUTE_READWRITE => Protection::READWRITE,
        Protection::EXECUTE_WRITECOPY => Protection::WRITECOPY,
        other => other,
    }
}

/// The protection that pages of an image get when another is asked for: what is not shared is never
/// plainly writable, but copied when it is written.
pub(crate) fn copying(protection: Protection) -> Protection {
    let base = match protection.base() {
        Protection::READWRITE => Protection::WRITECOPY,
        Protection::EXECUTE_READWRITE => Protection::EXECUTE_WRITECOPY,
        other => other,
    };
    base | protection.difference(protection.base())
}
