//! Sections: memory that can be shared.

use std::fs::File;

use winpages_error::error_code::{
    ERROR_ALREADY_EXISTS, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER,
};

use crate::error::{Error, Operation};
use crate::memory_flag::with;
use crate::platform::{Code, SectionHandle, SectionRequest};
use crate::protection::Protection;
use crate::security_descriptor::SecurityDescriptor;
use crate::view::ViewOptions;

/// A handle to a section: memory, or a file's pages, that any number of [`View`](crate::View)s show,
/// here and in other processes. Windows calls it a file mapping object.
///
/// A section with a name can be opened by every process that knows it. The name lives exactly as long
/// as somebody, anywhere, has a handle; then it is gone, however the last holder ended, and creating it
/// anew gives fresh, zeroed memory. The memory lives as long as there are handles or views: a view
/// needs no handle.
///
/// A name is `Local\telemetry`, or `telemetry` for short, for the processes of one user (on Windows: of
/// one session), or `Global\telemetry` for all. Upper and lower case differ, and there is no other
/// backslash in it. On Linux the object is a file under `/dev/shm`, where the environment variable
/// WINPAGES_NAMESPACE can name another place; programs for Windows that were compiled with
/// `winpages cc` open the same sections by the same names.
///
/// ```
/// use winpages::Section;
///
/// let writer = Section::options().name(r"Local\winpages-doc").size(64 << 10).create()?;
/// writer.view().map()?.write_at(0, b"hello")?;
///
/// // This could be another process.
/// let reader = Section::options().name(r"Local\winpages-doc").open()?;
/// let mut greeting = [0; 5];
/// reader.view().map()?.read_at(0, &mut greeting)?;
/// assert_eq!(&greeting, b"hello");
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Section {
    handle: SectionHandle,
    name: Option<String>,
    protection: Protection,
}

/// Whether [`SectionOptions::create_or_open`] made a section or found one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opened {
    /// It is new, and its memory zero.
    Created,
    /// Somebody had created it; its size and protection are as they were given then.
    Existing,
}

impl Section {
    /// Starts to say which section shall be created or opened.
    pub fn options<'a>() -> SectionOptions<'a> {
        SectionOptions {
            name: None,
            file: None,
            size: 0,
            protection: Protection::READWRITE,
            flags: 0,
            security: None,
        }
    }

    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its size in bytes: whole pages of memory, but of a file exactly as much as it was created with.
    /// Mirrors NtQuerySection.
    ///
    /// # Errors
    ///
    /// None that a section of this crate's making has.
    pub fn size(&self) -> Result<u64, Error> {
        self.handle
            .size()
            .map_err(|code| self.error(Operation::QuerySection, code))
    }

    /// Starts to say what part of it a view shall show, and how.
    pub fn view(&self) -> ViewOptions<'_> {
        ViewOptions::new(self)
    }

    /// One whose name, if it has one, is not known here.
    pub(crate) fn of(handle: SectionHandle, protection: Protection) -> Self {
        Self {
            handle,
            name: None,
            protection,
        }
    }

    pub(crate) fn handle(&self) -> &SectionHandle {
        &self.handle
    }

    /// What it was created or opened for.
    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }

    pub(crate) fn error(&self, operation: Operation, code: Code) -> Error {
        Error::new(operation, code).of(self.name())
    }
}

const SEC_IMAGE: u32 = 0x0100_0000;
const SEC_IMAGE_NO_EXECUTE: u32 = 0x1100_0000;
const SEC_RESERVE: u32 = 0x0400_0000;
const SEC_COMMIT: u32 = 0x0800_0000;
const SEC_NOCACHE: u32 = 0x1000_0000;
const SEC_WRITECOMBINE: u32 = 0x4000_0000;
const SEC_LARGE_PAGES: u32 = 0x8000_0000;

/// Which section shall be created or opened; made by [`Section::options`].
#[derive(Clone, Debug)]
#[must_use = "nothing is created before `create`, `open` or `create_or_open` is called"]
pub struct SectionOptions<'a> {
    name: Option<String>,
    file: Option<&'a File>,
    size: u64,
    protection: Protection,
    flags: u32,
    security: Option<&'a SecurityDescriptor>,
}

impl<'a> SectionOptions<'a> {
    /// The name by which others find it. See [`Section`] for what names there are.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// How many bytes. Memory is rounded up to whole pages and must have a size; a file's section has
    /// the file's size if none is given, and a larger one makes the file longer at once.
    pub fn size(self, size: u64) -> Self {
        Self { size, ..self }
    }

    /// The file whose pages it shall have, instead of memory.
    ///
    /// The section needs the file open for reading, and for [`Protection::READWRITE`] for writing as
    /// well; it keeps what it needs, so the [`File`] may be closed.
    pub fn file(self, file: &'a File) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }

    /// What views of it may do at most, without modifiers; [`Protection::READWRITE`] if not given.
    ///
    /// For opening: what views made through this handle may do at most. Ask for
    /// [`Protection::READONLY`] to open what another user lets this one only read.
    pub fn protection(self, protection: Protection) -> Self {
        Self { protection, ..self }
    }

    /// Who may do what with it, if it is new and has a name. This user alone, if not given.
    pub fn security(self, security: &'a SecurityDescriptor) -> Self {
        Self {
            security: Some(security),
            ..self
        }
    }

    /// Whether pages are only reserved, and committed later with [`View::commit`](crate::View::commit):
    /// SEC_RESERVE. Means nothing for a file.
    pub fn reserve(self, reserve: bool) -> Self {
        self.flag(SEC_RESERVE, reserve)
    }

    /// Sets SEC_NOCACHE, for drivers. Without effect on Linux, but answered by queries.
    pub fn no_cache(self, no_cache: bool) -> Self {
        self.flag(SEC_NOCACHE, no_cache)
    }

    /// Sets SEC_WRITECOMBINE, for drivers. Without effect on Linux, but answered by queries.
    pub fn write_combine(self, write_combine: bool) -> Self {
        self.flag(SEC_WRITECOMBINE, write_combine)
    }

    /// The file is a program or library of Windows' (a portable executable), to be laid out as its
    /// headers say: each part at its place, with its protection. SEC_IMAGE. Sets the protection to
    /// [`Protection::READONLY`], from which what a part of the image may do does not depend.
    ///
    /// Nothing in it is run or resolved: it is for looking at, or for a loader.
    ///
    /// ```no_run
    /// use std::fs::File;
    /// use winpages::{RegionKind, Section};
    ///
    /// let library = File::open("plugin.dll")?;
    /// let view = Section::options().file(&library).image().create()?.view().map()?;
    /// assert_eq!(view.query(0)?.kind, Some(RegionKind::Image));
    /// assert_eq!(&view.read::<[u8; 2]>(0)?, b"MZ");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn image(self) -> Self {
        self.image_as(SEC_IMAGE)
    }

    /// As [`SectionOptions::image`], and nothing in it can be run: SEC_IMAGE_NO_EXECUTE.
    pub fn image_without_execution(self) -> Self {
        self.image_as(SEC_IMAGE_NO_EXECUTE)
    }

    fn image_as(self, flag: u32) -> Self {
        Self {
            flags: self.flags | flag,
            protection: Protection::READONLY,
            ..self
        }
    }

    /// Whether it has the processor's larger pages: SEC_LARGE_PAGES. The size is a multiple of
    /// [`large_page_minimum`](crate::large_page_minimum). Takes a privilege, and memory that is not in
    /// pieces.
    pub fn large_pages(self, large_pages: bool) -> Self {
        self.flag(SEC_LARGE_PAGES, large_pages)
    }

    fn flag(self, flag: u32, on: bool) -> Self {
        Self {
            flags: with(self.flags, flag, on),
            ..self
        }
    }

    /// Creates a section that did not exist before. Mirrors CreateFileMapping.
    ///
    /// # Errors
    ///
    /// * ERROR_ALREADY_EXISTS: somebody holds a section of that name.
    /// * ERROR_INVALID_HANDLE: the name belongs to an object of another kind, or is `Local` or
    ///   `Global` itself.
    /// * ERROR_INVALID_NAME: nothing behind the prefix, or a NUL in the name; ERROR_PATH_NOT_FOUND,
    ///   ERROR_BAD_PATHNAME: a backslash where none may be.
    /// * ERROR_INVALID_PARAMETER: memory of no size, or a protection that no section can have.
    /// * ERROR_ACCESS_DENIED: the file is not open for what the protection allows, or the name is in a
    ///   namespace that this user may not write to.
    /// * ERROR_FILE_INVALID: an empty file, and no size.
    /// * ERROR_BAD_EXE_FORMAT: the file is to be an image, and is none.
    /// * ERROR_NOT_ENOUGH_MEMORY: larger than a file that may not be written.
    /// * ERROR_DISK_FULL: the file cannot grow so much.
    /// * ERROR_COMMITMENT_LIMIT: not so much memory.
    /// * ERROR_PRIVILEGE_NOT_HELD: large pages, and not the privilege to lock pages in memory.
    ///
    /// ```
    /// use winpages::Section;
    ///
    /// let first = Section::options().name("winpages-doc-one").size(4096);
    /// let section = first.clone().create()?;
    /// assert_eq!(first.create().unwrap_err().code_name(), Some("ERROR_ALREADY_EXISTS"));
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn create(self) -> Result<Section, Error> {
        match self.create_or_open()? {
            (section, Opened::Created) => Ok(section),
            (section, Opened::Existing) => {
                Err(section.error(Operation::CreateSection, ERROR_ALREADY_EXISTS))
            }
        }
    }

    /// Creates a section, or opens the one of that name, and says which: of any number of processes
    /// that do this at once, one creates. Mirrors CreateFileMapping.
    ///
    /// Of an existing section, size and file count for nothing. A view must not ask for more than what
    /// the section was created with.
    ///
    /// # Errors
    ///
    /// As [`SectionOptions::create`], but for ERROR_ALREADY_EXISTS.
    ///
    /// ```
    /// use winpages::{Opened, Section};
    ///
    /// let both = Section::options().name("winpages-doc-two").size(4096);
    /// let (first, created) = both.clone().create_or_open()?;
    /// let (second, existing) = both.create_or_open()?;
    /// assert_eq!((created, existing), (Opened::Created, Opened::Existing));
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn create_or_open(self) -> Result<(Section, Opened), Error> {
        let name = self.units(Operation::CreateSection)?;
        let kind = if self.flags & (SEC_RESERVE | SEC_IMAGE) == 0 {
            SEC_COMMIT
        } else {
            0
        };
        // Its SEC_ bits stand beside a protection's PAGE_ bits in one argument: no stranger must be
        // taken for one of the others.
        let is_plain = self.protection.bits() <= 0xFF;
        let created = if is_plain {
            SectionHandle::create(&SectionRequest {
                name: name.as_deref(),
                file: self.file,
                size: self.size,
                protection: self.protection.bits(),
                flags: self.flags | kind,
                security: self.security.map(SecurityDescriptor::bytes),
            })
        } else {
            Err(ERROR_INVALID_PARAMETER)
        };
        let (handle, is_new) =
            created.map_err(|code| self.error(Operation::CreateSection, code))?;
        let opened = if is_new {
            Opened::Created
        } else {
            Opened::Existing
        };
        Ok((self.section(handle), opened))
    }

    /// Opens the section of the name. Mirrors OpenFileMapping. Size, file and the other options count
    /// for nothing, but the protection says what the handle may do.
    ///
    /// # Errors
    ///
    /// * ERROR_FILE_NOT_FOUND: nobody holds a section of that name.
    /// * ERROR_INVALID_HANDLE: the name belongs to an object of another kind, or is empty.
    /// * ERROR_INVALID_PARAMETER: no name.
    /// * ERROR_ACCESS_DENIED: its creator does not let this user do what the protection says.
    /// * as [`SectionOptions::create`] for names that cannot be.
    pub fn open(self) -> Result<Section, Error> {
        let opened = match self.units(Operation::OpenSection)? {
            Some(name) => SectionHandle::open(&name, self.protection.bits()),
            None => Err(ERROR_INVALID_PARAMETER),
        };
        let handle = opened.map_err(|code| self.error(Operation::OpenSection, code))?;
        Ok(self.section(handle))
    }

    /// The name in UTF-16.
    fn units(&self, operation: Operation) -> Result<Option<Vec<u16>>, Error> {
        match &self.name {
            // Windows would take the name to end there.
            Some(name) if name.contains('\0') => Err(self.error(operation, ERROR_INVALID_NAME)),
            Some(name) => Ok(Some(name.encode_utf16().collect())),
            None => Ok(None),
        }
    }

    fn error(&self, operation: Operation, code: Code) -> Error {
        Error::new(operation, code).of(self.name.as_deref())
    }

    fn section(self, handle: SectionHandle) -> Section {
        Section {
            handle,
            name: self.name,
            protection: self.protection,
        }
    }
}
