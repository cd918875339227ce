//! Creating and opening sections: NtCreateSection, NtOpenSection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::image::Image;
use super::new_file::Filling;
use super::open::existing;
use super::payload::Payload;
use super::{SECTION_GENERIC_MAPPING, Section, SectionFlags, Storage, held, image_sharing};
use crate::address_space::layout::PAGE_SIZE;
use crate::address_space::{CommitMap, LARGE_PAGE_SIZE, Protection, check_large_page_privilege};
use crate::file::{File, MappingGuard, Purpose};
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::namespace::{self, Found};
use crate::object::{
    AccessMask, Mark, NamedFile, Object, ObjectKind, ObjectName, ObjectSecurity, object_type,
};
use crate::security::{Assigned, SecurityDescriptor};
use crate::sys::memory::commit_would_be_granted;
use crate::sys::shared_file;
use crate::{NtStatus, object};

/// What NtCreateSection is told.
#[derive(Clone, Debug)]
pub struct CreateSection {
    /// The name, for one that others are to find.
    pub name: Option<ObjectName>,
    /// The rights of the handle.
    pub access: AccessMask,
    /// What is remembered of the handle besides.
    pub attributes: HandleAttributes,
    /// Who may do what with the section, if it is new; without, it is the user's alone. Others find it
    /// only under a name in `Global\`.
    pub security: Option<SecurityDescriptor>,
    /// The size in bytes; 0 for the size of the file.
    pub size: u64,
    /// The page protection, one of Windows' PAGE_ constants.
    pub protection: u32,
    /// Windows' SEC_ constants.
    pub flags: u32,
    /// The file whose pages the section has; `None` for memory.
    pub file: Option<Handle>,
}

/// Whether a section was made or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is new.
    Created,
    /// The name was in use by a section, and the handle leads to that one.
    Existing,
}

/// Creates a section, or opens the one that has the name already; mirrors NtCreateSection with
/// OBJ_OPENIF. Size, file and flags then count for nothing, but are still checked for form.
///
/// # Errors
///
/// * [`NtStatus::INVALID_PAGE_PROTECTION`], [`NtStatus::INVALID_PARAMETER`]: an argument is not one
///   of those documented, or memory of size 0 or beyond 2^63 bytes is asked for.
/// * [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`]: the handle is none of a file.
/// * [`NtStatus::ACCESS_DENIED`]: the file is not open for what the protection allows.
/// * [`NtStatus::MAPPED_FILE_SIZE_ZERO`]: an empty file, and no size.
/// * [`NtStatus::SECTION_TOO_BIG`]: larger than a file that may not be written.
/// * [`NtStatus::DISK_FULL`]: the file cannot grow to the size.
/// * [`NtStatus::COMMITMENT_LIMIT`]: the memory cannot be promised.
/// * for large pages [`NtStatus::PRIVILEGE_NOT_HELD`]: SeLockMemoryPrivilege is not enabled, or nobody has set
///   any aside on this machine; [`NtStatus::INVALID_PARAMETER`]: a size that is no multiple of theirs;
///   [`NtStatus::INVALID_PAGE_PROTECTION`]: copies of them; [`NtStatus::INSUFFICIENT_RESOURCES`]: those set
///   aside are all in use.
/// * [`NtStatus::INVALID_OWNER`], [`NtStatus::PRIVILEGE_NOT_HELD`]: the security descriptor is not one that
///   this user may give.
/// * for SEC_IMAGE [`NtStatus::INVALID_FILE_FOR_SECTION`] (an empty file),
///   [`NtStatus::INVALID_IMAGE_NOT_MZ`], [`NtStatus::INVALID_IMAGE_PROTECT`],
///   [`NtStatus::INVALID_IMAGE_NE_FORMAT`], [`NtStatus::INVALID_IMAGE_LE_FORMAT`] and
///   [`NtStatus::INVALID_IMAGE_FORMAT`]: the file is no image, or a damaged one.
/// * what [`namespace::create_or_open`] answers for the name.
pub fn create_section(request: &CreateSection) -> Result<(Handle, Disposition), NtStatus> {
    let protection = parse_protection(request.protection)?;
    let flags = parse_flags(request.flags, request.file.is_some())?;
    let no_execute = SectionFlags::IMAGE | SectionFlags::NOCACHE;
    if flags.contains(no_execute) && protection != Protection::READONLY {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    if request.file.is_none() && (request.size == 0 || request.size > i64::MAX as u64) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if flags.contains(SectionFlags::LARGE_PAGES) {
        if protection.is_copy_on_write() {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        if !request.size.is_multiple_of(LARGE_PAGE_SIZE as u64) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
    }
    let security = request.security.as_ref();
    let security = security.map(|given| Assigned::to_new_object(given, &object_type::SECTION));
    let maker = Maker {
        request,
        protection,
        flags,
        security: security.transpose()?.flatten(),
    };
    let made = match &request.name {
        None => Made {
            section: Arc::new(maker.unnamed()?),
            disposition: Disposition::Created,
            access: granted_to_creator(request.access)?,
        },
        Some(name) => maker.named(name)?,
    };
    let handle = enter(made.section, made.access, request.attributes)?;
    Ok((handle, made.disposition))
}

/// A handle to a section; one that has a name is remembered for those who open it once more.
pub(super) fn enter(
    section: Arc<Section>,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    let note = held::Note::of(&section);
    let handle = handle_table::insert(Entry {
        object: Object::Section(section),
        access,
        attributes,
    })?;
    if let Some(note) = note {
        note.keep();
    }
    Ok(handle)
}

/// What the creator of a section gets: whatever he asks for.
fn granted_to_creator(desired: AccessMask) -> Result<AccessMask, NtStatus> {
    let mapped = object_type::SECTION.map(desired)?;
    Ok(SECTION_GENERIC_MAPPING.apply(mapped))
}

pub(super) fn parse_protection(bits: u32) -> Result<Protection, NtStatus> {
    let valid = Protection::READONLY
        | Protection::READWRITE
        | Protection::WRITECOPY
        | Protection::EXECUTE_READ
        | Protection::EXECUTE_READWRITE
        | Protection::EXECUTE_WRITECOPY;
    let protection = Protection::from_bits(bits).ok_or(NtStatus::INVALID_PAGE_PROTECTION)?;
    if bits.is_power_of_two() && valid.contains(protection) {
        Ok(protection)
    } else {
        Err(NtStatus::INVALID_PAGE_PROTECTION)
    }
}

/// Whether views of a section of this protection may write to it.
pub(super) fn writes(protection: Protection) -> bool {
    protection.is_written_through()
}

fn parse_flags(bits: u32, has_file: bool) -> Result<SectionFlags, NtStatus> {
    let flags = SectionFlags::from_bits(bits).ok_or(NtStatus::INVALID_PARAMETER)?;
    let caching = SectionFlags::NOCACHE | SectionFlags::WRITECOMBINE;
    let kinds = SectionFlags::IMAGE | SectionFlags::RESERVE | SectionFlags::COMMIT;
    let has_image = flags.contains(SectionFlags::IMAGE);
    let image_takes = SectionFlags::IMAGE | SectionFlags::NOCACHE;
    let large = flags.contains(SectionFlags::LARGE_PAGES);
    let is_valid = !flags.contains(SectionFlags::FILE)
        && flags.intersection(kinds).bits().count_ones() == 1
        && (!has_image || image_takes.contains(flags))
        && flags.intersection(caching) != caching
        && (!large || (flags.contains(SectionFlags::COMMIT) && !has_file));
    if !is_valid {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if large {
        check_large_page_privilege()?;
    }
    if has_image && !has_file {
        return Err(NtStatus::INVALID_FILE_FOR_SECTION);
    }
    Ok(flags)
}

/// A section that is to get its handle.
struct Made {
    section: Arc<Section>,
    disposition: Disposition,
    access: AccessMask,
}

/// The making of one section.
pub(super) struct Maker<'a> {
    pub request: &'a CreateSection,
    pub protection: Protection,
    pub flags: SectionFlags,
    pub security: Option<Assigned>,
}

impl Maker<'_> {
    fn unnamed(&self) -> Result<Section, NtStatus> {
        if let Some(handle) = self.request.file {
            let file = self.file(handle)?;
            return self.section_of_file(file, None);
        }
        if self.flags.contains(SectionFlags::LARGE_PAGES) {
            let (pages, size) = (self.large_pages()?, self.request.size);
            return Ok(self.section(Storage::Memory { pages, name: None }, size, None));
        }
        let room = self.memory();
        let file = shared_file::create_in_memory(c"winpages section").map_err(descriptor_status)?;
        // Charged by the kernel's overcommit policy, not to /dev/shm, and not set aside page by page:
        // the promise is as good as that of private memory.
        let is_promised = !self.flags.contains(SectionFlags::COMMIT)
            || commit_would_be_granted(room.data as usize);
        let size = room.data + room.table;
        if !is_promised || shared_file::set_size(file.as_fd(), size).is_err() {
            return Err(NtStatus::COMMITMENT_LIMIT);
        }
        let commit_map = room.commit_map(false);
        let storage = Storage::Memory {
            pages: file,
            name: None,
        };
        Ok(Section {
            commit_map,
            ..self.section(storage, room.data, None)
        })
    }

    fn named(&self, name: &ObjectName) -> Result<Made, NtStatus> {
        let plain = self.plain(name);
        // Whether the file behind the section will do matters only if the name is new: `fill` is called
        // only then.
        let mut filling = Filling::default();
        let fill = |file: BorrowedFd<'_>| match (self.request.file, plain) {
            (Some(behind), _) => self.fill_for_file(&mut filling, name, self.file(behind)?, file),
            (None, _) if self.flags.contains(SectionFlags::LARGE_PAGES) => {
                self.fill_for_large_pages(&mut filling, name, file)
            }
            (None, Some(plain)) => self.fill_plain(plain, file),
            (None, None) => self.fill_for_memory(&mut filling, name, file),
        };
        let security = self.security.as_ref();
        let security = security.map(|assigned| (assigned, &object_type::SECTION));
        match namespace::create_or_open(name, ObjectKind::Section, plain, security, fill)? {
            Found::Existing(file, descriptor) => {
                let desired = self.request.access;
                let access = file.grant(&descriptor.security, desired, &object_type::SECTION)?;
                let section = existing(name.clone(), file, descriptor)?;
                Ok(Made {
                    section,
                    disposition: Disposition::Existing,
                    access,
                })
            }
            Found::Created(file) => {
                let mut section = match (filling.behind, filling.large_pages) {
                    (Some(behind), _) => self.section_of_file(behind, Some((name, file)))?,
                    (None, Some(pages)) => {
                        let storage = Storage::Memory {
                            pages,
                            name: Some(file),
                        };
                        self.section(storage, self.request.size, Some(name))
                    }
                    (None, None) => {
                        let room = self.memory();
                        let commit_map = room.commit_map(true);
                        let storage = Storage::Named(file);
                        Section {
                            commit_map,
                            ..self.section(storage, room.data, Some(name))
                        }
                    }
                };
                section.stored_security = filling.stored_security;
                Ok(Made {
                    section: Arc::new(section),
                    disposition: Disposition::Created,
                    access: granted_to_creator(self.request.access)?,
                })
            }
        }
    }

    /// As many large pages as the section is to have.
    pub(super) fn large_pages(&self) -> Result<OwnedFd, NtStatus> {
        let created =
            shared_file::create_of_huge_pages(c"winpages large section", self.request.size);
        let pages = created.map_err(|errno| match errno {
            Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
            _ => NtStatus::INSUFFICIENT_RESOURCES,
        })?;
        // Nobody who opens the section can cut it short under the others' views.
        shared_file::seal_size(pages.as_fd());
        Ok(pages)
    }

    fn section_of_file(
        &self,
        behind: Behind,
        name: Option<(&ObjectName, NamedFile)>,
    ) -> Result<Section, NtStatus> {
        let (name, named_file) = name.unzip();
        let storage = match behind.image {
            Some(image) => Storage::Image {
                image: Box::new(image),
                file: Some(MappingGuard::new(behind.file, Purpose::Image)),
                name: named_file,
            },
            None => Storage::File {
                file: MappingGuard::new(behind.file, purpose(self.protection)),
                name: named_file,
            },
        };
        Ok(self.section(storage, behind.size, name))
    }

    fn section(&self, storage: Storage, size: u64, name: Option<&ObjectName>) -> Section {
        Section {
            flags: reported_flags(self.flags, self.request.file.is_some()),
            storage,
            size: AtomicU64::new(size),
            protection: self.protection,
            commit_map: None,
            name: name.cloned(),
            stored_security: Vec::new(),
            security: ObjectSecurity::new(self.security.as_ref()),
            handles: AtomicUsize::new(0),
            mark: Mark::default(),
        }
    }

    /// How much memory the section takes.
    pub(super) fn memory(&self) -> Room {
        let page = PAGE_SIZE as u64;
        let data = self.request.size.next_multiple_of(page);
        let table = if self.flags.contains(SectionFlags::RESERVE) {
            (data / page).next_multiple_of(page)
        } else {
            0
        };
        Room { data, table }
    }

    /// The file the section is to have its pages from, long enough, and how much of it the section
    /// has; laid out, if it is to be an image.
    fn file(&self, handle: Handle) -> Result<Behind, NtStatus> {
        let (file, granted) = object::reference_file(handle, AccessMask::empty())?;
        let writes = self.protection.is_written_through();
        let mut needed = AccessMask::FILE_READ_DATA;
        needed.set(AccessMask::FILE_WRITE_DATA, writes);
        needed.set(AccessMask::FILE_EXECUTE, self.protection.is_executable());
        if !granted.contains(needed) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if !shared_file::is_regular(file.as_fd()) {
            return Err(NtStatus::INVALID_FILE_FOR_SECTION);
        }
        let size = file.size()?;
        if self.flags.contains(SectionFlags::IMAGE) {
            let image = image_sharing::find_or_lay_out(&file)?;
            if self.request.size > image.layout.size {
                return Err(NtStatus::SECTION_TOO_BIG);
            }
            return Ok(Behind {
                size: image.layout.size,
                file,
                image: Some(image),
            });
        }
        let wanted = self.request.size;
        if wanted == 0 && size == 0 {
            return Err(NtStatus::MAPPED_FILE_SIZE_ZERO);
        }
        if wanted > size {
            if !writes {
                return Err(NtStatus::SECTION_TOO_BIG);
            }
            grow(file.as_fd(), size, wanted)?;
        }
        Ok(Behind {
            size: if wanted == 0 { size } else { wanted },
            file,
            image: None,
        })
    }
}

/// What is behind a section that is not memory alone.
pub(super) struct Behind {
    pub file: Arc<File>,
    /// The section's size.
    pub size: u64,
    image: Option<Image>,
}

impl Behind {
    /// What the section's pages are those of.
    pub fn pages(&self) -> BorrowedFd<'_> {
        match &self.image {
            Some(image) => image.as_fd(),
            None => self.file.as_fd(),
        }
    }
}

/// What a section of a protection has its file mapped for.
pub(super) fn purpose(protection: Protection) -> Purpose {
    if writes(protection) {
        Purpose::Writing
    } else {
        Purpose::Reading
    }
}

/// Makes a file longer, with room for what is added where the file system can tell.
pub(super) fn grow(file: BorrowedFd<'_>, size: u64, wanted: u64) -> Result<(), NtStatus> {
    match shared_file::allocate(file, size, wanted - size) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP) => {
            shared_file::set_size(file, wanted).map_err(|_| NtStatus::DISK_FULL)
        }
        Err(Errno::FBIG) => Err(NtStatus::SECTION_TOO_BIG),
        Err(_) => Err(NtStatus::DISK_FULL),
    }
}

/// How much memory a section without a file takes.
pub(super) struct Room {
    /// Its pages, in bytes.
    pub data: u64,
    /// Its table of committed pages, in bytes.
    pub table: u64,
}

impl Room {
    pub fn table_start(&self) -> u64 {
        if self.table == 0 { 0 } else { self.data }
    }

    fn commit_map(&self, set_aside: bool) -> Option<CommitMap> {
        (self.table != 0).then_some(CommitMap {
            table: self.data,
            set_aside,
        })
    }
}

pub(super) fn commit_map_of(payload: &Payload) -> Option<CommitMap> {
    (payload.commit_table != 0).then_some(CommitMap {
        table: payload.commit_table,
        set_aside: true,
    })
}

/// The flags as NtQuerySection reports them: of a file's pages it makes no difference whether they
/// are committed or reserved.
pub(super) fn reported_flags(flags: SectionFlags, has_file: bool) -> SectionFlags {
    if has_file {
        flags.difference(SectionFlags::COMMIT | SectionFlags::RESERVE) | SectionFlags::FILE
    } else {
        flags
    }
}

fn descriptor_status(errno: Errno) -> NtStatus {
    match errno {
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        _ => NtStatus::NO_MEMORY,
    }
}
