//! Opening sections that others, or this process, have given a name: NtOpenSection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use rustix::fd::OwnedFd;

use super::create::{commit_map_of, enter, parse_protection, purpose, writes};
use super::image::Image;
use super::payload::Payload;
use super::{Section, SectionFlags, Storage, backing, held, image_sharing};
use crate::NtStatus;
use crate::address_space::LARGE_PAGE_SIZE;
use crate::file::{File, MappingGuard, Purpose};
use crate::object::handle_table::{Handle, HandleAttributes};
use crate::object::{
    AccessMask, Descriptor, Mark, NamedFile, ObjectKind, ObjectName, ObjectSecurity, namespace,
    object_type,
};
use crate::sys::{descriptors, shared_file};

/// Opens a section by its name; mirrors NtOpenSection.
///
/// # Errors
///
/// * [`NtStatus::OBJECT_NAME_NOT_FOUND`]: no object has the name.
/// * [`NtStatus::ACCESS_DENIED`]: no right is asked for, or the section does not grant one.
/// * what [`namespace::open`] answers.
pub fn open_section(
    name: &ObjectName,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    if let Some(handle) = held::open(name, access, attributes) {
        return handle;
    }
    let (file, descriptor) = namespace::open(name, ObjectKind::Section, true)?;
    let access = file.grant(&descriptor.security, access, &object_type::SECTION)?;
    let section = existing(name.clone(), file, descriptor)?;
    enter(section, access, attributes)
}

/// The section of a name that this process is to have whatever its descriptor says, for another has it and
/// lets this one have it.
pub(super) fn find(name: &ObjectName) -> Result<Arc<Section>, NtStatus> {
    let (file, descriptor) = namespace::open(name, ObjectKind::Section, true)?;
    existing(name.clone(), file, descriptor)
}

/// The section that a named object's file describes.
pub(super) fn existing(
    name: ObjectName,
    file: NamedFile,
    descriptor: Descriptor,
) -> Result<Arc<Section>, NtStatus> {
    let mut payload = Payload::of(&descriptor)?;
    let protection =
        parse_protection(payload.protection).map_err(|_| NtStatus::REVISION_MISMATCH)?;
    let flags = SectionFlags::from_bits(payload.flags).ok_or(NtStatus::REVISION_MISMATCH)?;
    let commit_map = commit_map_of(&payload);
    let storage = if payload.has_file() {
        // Parts of an image can be written to by all who have it.
        let is_image = flags.contains(SectionFlags::IMAGE);
        let write = writes(protection) || is_image;
        let opened = backing::open(&mut payload, &file, &name, write)?;
        if is_image {
            opened_image(opened, payload.holder, file)?
        } else if flags.contains(SectionFlags::LARGE_PAGES) {
            opened_memory(opened, payload.size, file)?
        } else {
            let opened = Arc::new(File::from_descriptor(opened)?);
            Storage::File {
                file: MappingGuard::new(opened, purpose(protection)),
                name: Some(file),
            }
        }
    } else {
        Storage::Named(file)
    };
    Ok(Arc::new(Section {
        storage,
        size: AtomicU64::new(payload.size),
        protection,
        flags,
        commit_map,
        name: Some(name),
        stored_security: descriptor.security,
        security: ObjectSecurity::new(None),
        handles: AtomicUsize::new(0),
        mark: Mark::default(),
    }))
}

/// Large pages that another process has set aside.
fn opened_memory(pages: OwnedFd, size: u64, name: NamedFile) -> Result<Storage, NtStatus> {
    let found = shared_file::stat(&pages).map_err(|_| NtStatus::ACCESS_DENIED)?;
    if (found.st_size as u64) < size || !size.is_multiple_of(LARGE_PAGE_SIZE as u64) {
        return Err(NtStatus::REVISION_MISMATCH);
    }
    let name = Some(name);
    Ok(Storage::Memory { pages, name })
}

/// An image that another process has laid out; with the file it came from, if that process leads there.
fn opened_image(pages: OwnedFd, holder: u32, name: NamedFile) -> Result<Storage, NtStatus> {
    let image = image_sharing::join(Image::from_pages(pages)?);
    let identity = image.file.identity;
    let identity = (identity.device, identity.inode);
    let file = descriptors::numbers(holder)
        .find_map(|number| descriptors::open_through((holder, number), identity, false))
        .and_then(|file| File::from_descriptor(file).ok());
    Ok(Storage::Image {
        image: Box::new(image),
        file: file.map(|file| MappingGuard::new(Arc::new(file), Purpose::Image)),
        name: Some(name),
    })
}
