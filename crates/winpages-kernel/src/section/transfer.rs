//! Sections on their way to another process.

use core::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::Arc;

use rustix::fd::AsFd;

use super::create::{parse_protection, purpose};
use super::image::Image;
use super::open::find;
use super::{Section, SectionFlags, Storage, image_sharing};
use crate::NtStatus;
use crate::address_space::CommitMap;
use crate::file::{File, MappingGuard, Purpose};
use crate::object::{Mark, ObjectSecurity, Package};

/// Where an unnamed section has its pages, as it travels.
mod storage {
    pub const MEMORY: u64 = 0;
    pub const FILE: u64 = 1;
    pub const IMAGE: u64 = 2;
}

impl Section {
    /// What the other process needs: the name, or all there is to know and the pages.
    pub(crate) fn pack(&self) -> Result<Package, NtStatus> {
        let mut package = Package::default();
        if let Some((name, file)) = self.name().zip(self.named_file()) {
            package.hold_name(name, file)?;
            return Ok(package);
        }
        let (kind, guard) = match &self.storage {
            Storage::File { file, .. } => (storage::FILE, Some(file)),
            Storage::Image { file, .. } => (storage::IMAGE, file.as_ref()),
            Storage::Named(_) | Storage::Memory { .. } => (storage::MEMORY, None),
        };
        package.words = vec![
            kind,
            self.size(),
            u64::from(self.protection.bits()),
            u64::from(self.flags.bits()),
            self.commit_map.as_ref().map_or(0, |map| map.table),
            self.mark.leaving(),
        ];
        if let Some(guard) = guard {
            guard.file().share();
            package.put(guard.file().as_fd())?;
        }
        if kind != storage::FILE {
            package.put(self.as_fd())?;
        }
        Ok(package)
    }

    /// The same section in this process.
    pub(crate) fn unpack(mut package: Package) -> Result<Arc<Self>, NtStatus> {
        if let Some(name) = package.name()? {
            return find(&name);
        }
        let protection = parse_protection(package.word(2)? as u32)?;
        let flags =
            SectionFlags::from_bits(package.word(3)? as u32).ok_or(NtStatus::INVALID_PARAMETER)?;
        let table = package.word(4)?;
        let guard = |descriptor, purpose| {
            let file = Arc::new(File::shared(descriptor)?);
            Ok(MappingGuard::new(file, purpose))
        };
        let storage = match package.word(0)? {
            storage::MEMORY => Storage::Memory {
                pages: package.take()?,
                name: None,
            },
            storage::FILE => Storage::File {
                file: guard(package.take()?, purpose(protection))?,
                name: None,
            },
            storage::IMAGE => {
                let image = image_sharing::join(Image::from_pages(package.take()?)?);
                let file = package.take().ok();
                Storage::Image {
                    image: Box::new(image),
                    file: file.map(|file| guard(file, Purpose::Image)).transpose()?,
                    name: None,
                }
            }
            _ => return Err(NtStatus::INVALID_PARAMETER),
        };
        Ok(Arc::new(Self {
            storage,
            size: AtomicU64::new(package.word(1)?),
            protection,
            flags,
            commit_map: (table != 0).then_some(CommitMap {
                table,
                set_aside: false,
            }),
            name: None,
            stored_security: Vec::new(),
            security: ObjectSecurity::new(None),
            handles: AtomicUsize::new(0),
            mark: Mark::arriving(package.word(5)?),
        }))
    }
}
