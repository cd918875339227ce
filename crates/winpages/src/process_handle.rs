//! The handles of other processes: giving them some, and taking theirs.

use crate::error::{Error, Operation};
use crate::object_options::Object;
use crate::object_options::sealed::Kind;
use crate::platform::{self, ObjectHandle, SECTION_TYPE, SectionHandle};
use crate::process::Process;
use crate::protection::Protection;
use crate::section::Section;
use crate::wait::Waitable;
use crate::wait::sealed::Handle as _;

impl Process {
    /// Gives it a handle of its own to an event or the like, and answers the value by which it can take it
    /// over: see [`Event::from_inherited`](crate::Event::from_inherited). Mirrors DuplicateHandle.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it was not opened for
    /// [`ProcessAccess::DUPLICATE`](crate::ProcessAccess::DUPLICATE), or has ended; on Linux also one that does
    /// not [serve requests](crate::serve_requests).
    pub fn duplicate(&self, object: &impl Waitable) -> Result<usize, Error> {
        platform::duplicate_into(self.handle(), object.handle())
            .map_err(self.error(Operation::Duplicate))
    }

    /// The same of a section: see [`Section::from_inherited`].
    ///
    /// # Errors
    ///
    /// As [`Process::duplicate`].
    pub fn duplicate_section(&self, section: &Section) -> Result<usize, Error> {
        platform::duplicate_into(self.handle(), section.handle().object())
            .map_err(self.error(Operation::Duplicate))
    }

    /// The event, mutex, semaphore or timer that it has a handle of that value to: it keeps its own, and this
    /// process has one more, which may do what that one may. It tells the value that it knows the object by,
    /// which is what [`Event::inherited_value`](crate::Event::inherited_value) answers there. Mirrors
    /// DuplicateHandle.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_HANDLE: it has no handle of that value, or to an object of another kind.
    /// * ERROR_ACCESS_DENIED: as [`Process::duplicate`].
    ///
    /// ```
    /// use winpages::{Event, Process, ProcessAccess};
    ///
    /// // This could be another process, and it would have told the value.
    /// let there = Event::new()?;
    /// let value = there.inherited_value();
    ///
    /// let process = Process::open(std::process::id(), ProcessAccess::DUPLICATE)?;
    /// let here: Event = process.duplicate_from(value)?;
    /// here.set()?;
    /// there.wait()?;
    /// # Ok::<(), winpages::Error>(())
    /// ```
    pub fn duplicate_from<T: Kind>(&self, value: usize) -> Result<T, Error> {
        let kind = T::request(T::Settings::default());
        self.take(value, kind.type_name())
            .map(|handle| T::of(Object::unnamed(handle)))
    }

    /// The same of a section; `protection` is what it was created or opened with there.
    ///
    /// # Errors
    ///
    /// As [`Process::duplicate_from`].
    pub fn duplicate_section_from(
        &self,
        value: usize,
        protection: Protection,
    ) -> Result<Section, Error> {
        self.take(value, SECTION_TYPE)
            .map(|handle| Section::of(SectionHandle::of(handle), protection))
    }

    fn take(&self, value: usize, type_name: &str) -> Result<ObjectHandle, Error> {
        platform::duplicate_from(self.handle(), value, type_name)
            .map_err(self.error(Operation::DuplicateFrom))
    }

    /// Closes a handle of it. Mirrors DuplicateHandle with DUPLICATE_CLOSE_SOURCE.
    ///
    /// # Safety
    ///
    /// The process does not use the handle any more, which may be another's by the next moment.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_HANDLE: it has no handle of that value.
    /// * ERROR_ACCESS_DENIED: as [`Process::duplicate`].
    pub unsafe fn close_handle(&self, value: usize) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { platform::close_in_process(self.handle(), value) }
            .map_err(self.error(Operation::CloseHandle))
    }
}
