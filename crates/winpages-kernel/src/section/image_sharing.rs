//! One image for all who map one file: as on Windows, sections of a program image share its pages, and what
//! they have relocated of it, whoever made them.
//!
//! A laid-out image stands in the namespace, under a name that no program can give: it is made of the file's
//! identity and of when the file last changed. Whoever makes a section of the file finds it there, through
//! those who hold it; the name goes with the last of them. It is the user's own, for it is in `Local\`. Where
//! anything is in the way the section has an image of its own, as if the file had been changed.

use std::os::fd::AsRawFd;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::fd::{AsFd, BorrowedFd};

use super::image::{FileVersion, Image};
use super::image_layout::ImageHeaders;
use super::payload::Payload;
use super::{SectionFlags, backing};
use crate::NtStatus;
use crate::address_space::Protection;
use crate::file::{File, Identity};
use crate::object::namespace::{self, Found};
use crate::object::{Descriptor, NamedFile, ObjectKind, ObjectName};
use crate::sys::lock::Lock;
use crate::sys::{clock, descriptors};

/// How long a file must have been left alone before the time of its last change tells what is in it: twice
/// what the kernel's clock for such times can be late.
const SETTLED: Duration = Duration::from_millis(20);

/// The image of a file: the one that others have, if there is one.
///
/// # Errors
///
/// As [`Image::lay_out`].
pub(super) fn find_or_lay_out(file: &File) -> Result<Image, NtStatus> {
    let version = FileVersion::of(file.as_fd())?;
    let lay_out = || Image::lay_out(file.as_fd(), version);
    if !is_settled(file.as_fd(), &version)? {
        return lay_out();
    }
    let name = name_of(&version);
    let mut laid_out = None;
    let fill = |named: BorrowedFd<'_>| {
        let image = lay_out();
        let written = image.as_ref().map_err(|status| *status).and_then(|image| {
            // What was read must be what the name says.
            if FileVersion::of(file.as_fd())? != version {
                return Err(NtStatus::FILE_INVALID);
            }
            describe(image, &name, file.as_fd()).write(named)
        });
        laid_out = Some(image);
        written
    };
    let held = namespace::create_or_open(&name, ObjectKind::Section, None, None, fill);
    match (held, laid_out) {
        (Ok(Found::Created(held)), Some(Ok(image))) => Ok(hold(image, held)),
        (_, Some(own)) => own,
        (Ok(Found::Existing(held, descriptor)), None) => {
            let opened = opened(&descriptor, &held, &name).filter(|image| image.file == version);
            opened.map_or_else(lay_out, |image| Ok(hold(image, held)))
        }
        (_, None) => lay_out(),
    }
}

/// An image that came from another process: if it is the one that its file is known by, this process holds
/// it, too, and leads others there.
pub(super) fn join(image: Image) -> Image {
    let Ok((held, descriptor)) = namespace::open(&name_of(&image.file), ObjectKind::Section, true)
    else {
        return image;
    };
    let is_that_one = Payload::of(&descriptor).is_ok_and(|payload| {
        File::identity_of(image.as_fd())
            .is_ok_and(|own| (own.device, own.inode) == (payload.device, payload.inode))
    });
    if is_that_one {
        hold(image, held)
    } else {
        image
    }
}

/// The names of this process's images, so that they are given up also by one that ends with views mapped.
static NAMES: Lock<Vec<Weak<NamedFile>>> = Lock::new(Vec::new());

/// The image, whose name lasts as long as it does.
fn hold(image: Image, name: NamedFile) -> Image {
    let name = Arc::new(name);
    let mut names = NAMES.lock();
    names.retain(|held| held.strong_count() != 0);
    names.push(Arc::downgrade(&name));
    drop(names);
    image.held_by(name)
}

/// Gives the names up, at the end of the process.
pub(super) fn run_down() {
    let names = core::mem::take(&mut *NAMES.lock());
    for name in names.iter().filter_map(Weak::upgrade) {
        name.release();
    }
}

/// For fork: see [`crate::sys::fork`].
pub(super) fn lock_for_fork() {
    NAMES.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { NAMES.unlock_after_fork() };
}

fn name_of(version: &FileVersion) -> ObjectName {
    let Identity { device, inode } = version.identity;
    ObjectName::of_image(device, inode, version.size, version.changed)
}

/// Whether the time of the file's last change can be relied upon. An image that has parts which all who map
/// it are to share is waited for.
fn is_settled(file: BorrowedFd<'_>, version: &FileVersion) -> Result<bool, NtStatus> {
    let (seconds, nanoseconds) = version.changed;
    let changed = Duration::new(seconds, nanoseconds);
    let Some(age) = clock::since_unix_epoch().checked_sub(changed) else {
        // By somebody else's clock.
        return Ok(false);
    };
    if age >= SETTLED {
        return Ok(true);
    }
    let layout = ImageHeaders::read(file, version.size)?.layout()?;
    let is_shared = layout.parts.iter().any(|part| part.is_shared);
    if is_shared {
        clock::sleep(SETTLED - age);
    }
    Ok(is_shared)
}

fn describe(image: &Image, name: &ObjectName, file: BorrowedFd<'_>) -> Descriptor {
    let pages = image.as_fd();
    let identity = File::identity_of(pages).ok();
    let payload = Payload {
        size: image.layout.size,
        protection: Protection::EXECUTE_WRITECOPY.bits(),
        flags: (SectionFlags::IMAGE | SectionFlags::FILE).bits(),
        device: identity.map_or(0, |identity| identity.device),
        inode: identity.map_or(0, |identity| identity.inode),
        holder: std::process::id(),
        descriptor: pages.as_raw_fd() as u32,
        ..Payload::default()
    };
    let path = descriptors::path_of(file)
        .unwrap_or_default()
        .into_os_string()
        .into_encoded_bytes();
    Descriptor {
        kind: ObjectKind::Section,
        plain: None,
        data_size: 0,
        name: name.leaf().to_vec(),
        payload: payload.to_bytes(),
        extra: path,
        security: Vec::new(),
        creator: std::process::id(),
    }
}

/// The image that a name describes, if any of those who hold it leads there.
fn opened(descriptor: &Descriptor, held: &NamedFile, name: &ObjectName) -> Option<Image> {
    let mut payload = Payload::of(descriptor).ok()?;
    let pages = backing::open(&mut payload, held, name, true).ok()?;
    Image::from_pages(pages).ok()
}
