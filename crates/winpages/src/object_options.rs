//! Which mutex, event, semaphore or timer shall be created or opened.

use winpages_error::error_code::{
    ERROR_ALREADY_EXISTS, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER,
};

use crate::error::{Error, Operation};
use crate::platform::{self, Code, Dispatcher, ObjectHandle};
use crate::section::Opened;
use crate::security_descriptor::SecurityDescriptor;

/// A handle to a mutex, an event, a semaphore or a timer, and the name it was created or opened by.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) handle: ObjectHandle,
    name: Option<String>,
}

impl Object {
    /// One whose name, if it has one, is not known here.
    pub(crate) fn unnamed(handle: ObjectHandle) -> Self {
        Self { handle, name: None }
    }

    #[inline]
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    #[inline]
    pub(crate) fn error(&self, operation: Operation) -> impl FnOnce(Code) -> Error + '_ {
        move |code| Error::new(operation, code).of(self.name())
    }
}

pub(crate) mod sealed {
    use super::{Dispatcher, Object};

    /// What [`super::ObjectOptions`] can make.
    pub trait Kind: Sized {
        #[doc(hidden)]
        type Settings: Copy + core::fmt::Debug + Default;
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "nobody outside can name or call it")]
        fn request(settings: Self::Settings) -> Dispatcher;
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "nobody outside can name or call it")]
        fn of(object: Object) -> Self;
    }
}

use sealed::Kind;

/// Which [`Mutex`](crate::Mutex), [`Event`](crate::Event), [`Semaphore`](crate::Semaphore) or
/// [`Timer`](crate::Timer) shall be created or opened; made by their `options`.
///
/// Names are as those of sections, and share one namespace with them: `Local\ready`, or `ready` for
/// short, or `Global\ready`, or one in a [`PrivateNamespace`](crate::PrivateNamespace). A name lives as long as
/// somebody holds a handle.
#[derive(Debug)]
#[must_use = "nothing is created before `create`, `open` or `create_or_open` is called"]
pub struct ObjectOptions<T: Kind> {
    name: Option<String>,
    security: Option<SecurityDescriptor>,
    pub(crate) settings: T::Settings,
}

impl<T: Kind> Clone for ObjectOptions<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            security: self.security.clone(),
            settings: self.settings,
        }
    }
}

impl<T: Kind> ObjectOptions<T> {
    pub(crate) fn new() -> Self {
        Self {
            name: None,
            security: None,
            settings: T::Settings::default(),
        }
    }

    /// The name by which others find it.
    #[inline]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// Who may do what with it. This user alone, if not given.
    pub fn security(self, security: &SecurityDescriptor) -> Self {
        Self {
            security: Some(security.clone()),
            ..self
        }
    }

    /// Creates one that did not exist before. Mirrors CreateMutex, CreateEvent, CreateSemaphore and
    /// CreateWaitableTimer.
    ///
    /// # Errors
    ///
    /// * ERROR_ALREADY_EXISTS: somebody holds one of that name.
    /// * ERROR_INVALID_HANDLE: the name belongs to an object of another kind.
    /// * ERROR_INVALID_PARAMETER: a semaphore whose initial count is not among 0 and its maximum.
    /// * for names that cannot be, as [`SectionOptions::create`](crate::SectionOptions::create).
    /// * ERROR_NO_SYSTEM_RESOURCES, ERROR_TOO_MANY_OPEN_FILES: no room for one handle more.
    pub fn create(self) -> Result<T, Error> {
        let fail = self.fail(Operation::CreateObject);
        match self.create_or_open()? {
            (object, Opened::Created) => Ok(object),
            (_, Opened::Existing) => Err(fail(ERROR_ALREADY_EXISTS)),
        }
    }

    /// Creates one, or opens the one of that name, and says which. Of an existing one, the settings
    /// count for nothing.
    ///
    /// # Errors
    ///
    /// As [`ObjectOptions::create`], but for ERROR_ALREADY_EXISTS.
    pub fn create_or_open(self) -> Result<(T, Opened), Error> {
        let fail = self.fail(Operation::CreateObject);
        let name = self.units(Operation::CreateObject)?;
        let security = self.security.as_ref().map(SecurityDescriptor::bytes);
        let (handle, is_new) =
            platform::create_dispatcher(T::request(self.settings), name.as_deref(), security)
                .map_err(fail)?;
        let opened = if is_new {
            Opened::Created
        } else {
            Opened::Existing
        };
        let name = self.name;
        Ok((T::of(Object { handle, name }), opened))
    }

    /// Opens the one of the name. Mirrors OpenMutex, OpenEvent, OpenSemaphore and OpenWaitableTimer.
    ///
    /// # Errors
    ///
    /// * ERROR_FILE_NOT_FOUND: nobody holds one of that name.
    /// * ERROR_INVALID_HANDLE: the name belongs to an object of another kind.
    /// * ERROR_INVALID_PARAMETER: no name.
    /// * ERROR_ACCESS_DENIED: its creator does not let this user change it.
    pub fn open(self) -> Result<T, Error> {
        let fail = self.fail(Operation::OpenObject);
        let opened = match self.units(Operation::OpenObject)? {
            Some(name) => platform::open_dispatcher(T::request(self.settings), &name),
            None => Err(ERROR_INVALID_PARAMETER),
        };
        let handle = opened.map_err(fail)?;
        let name = self.name;
        Ok(T::of(Object { handle, name }))
    }

    fn units(&self, operation: Operation) -> Result<Option<Vec<u16>>, Error> {
        match &self.name {
            // Windows would take the name to end there.
            Some(name) if name.contains('\0') => Err(self.fail(operation)(ERROR_INVALID_NAME)),
            Some(name) => Ok(Some(name.encode_utf16().collect())),
            None => Ok(None),
        }
    }

    fn fail(&self, operation: Operation) -> impl Fn(Code) -> Error + use<T> {
        let name = self.name.clone();
        move |code| Error::new(operation, code).of(name.as_deref())
    }
}
