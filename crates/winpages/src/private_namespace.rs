//! Private namespaces: names that are not in the way of others'.

use winpages_error::error_code::ERROR_INVALID_NAME;

use crate::error::{Error, Operation};
use crate::platform::{BoundaryRequest, Code, NamespaceHandle};
use crate::security_descriptor::Trustee;

/// What a [`PrivateNamespace`] is found by: a name, and the groups that whoever creates it belongs to. Boundaries
/// with the same name and other groups are others. Mirrors CreateBoundaryDescriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    name: String,
    groups: Vec<Trustee>,
}

impl Boundary {
    /// A boundary of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            groups: Vec::new(),
        }
    }

    /// Whoever creates the namespace belongs to this group, too. Mirrors AddSIDToBoundaryDescriptor.
    pub fn group(mut self, group: Trustee) -> Self {
        self.groups.push(group);
        self
    }
}

/// A directory of names, which is there as long as somebody has it open. Mirrors CreatePrivateNamespace and its
/// family.
///
/// Each process that has it open calls it by a prefix of its own choice: the name of an object in it is the
/// prefix, a backslash and the rest. Microsoft counts the prefix, too, among what a namespace is found by: programs
/// that are to meet do well to choose the same. Objects stay when it is dropped, and are found by whoever has it
/// open still. On Linux it is this user's alone, whatever the groups are.
///
/// ```
/// # if std::env::var_os("WINEPREFIX").is_some() { return Ok(()); }
/// use winpages::{Boundary, Event, PrivateNamespace, Trustee};
///
/// let boundary = Boundary::new("org.example.player").group(Trustee::Everyone);
/// let namespace = PrivateNamespace::create("player", &boundary)?;
/// let ready = Event::options().name(r"player\ready").create()?;
///
/// // This could be another process.
/// let same = PrivateNamespace::open("its", &boundary)?;
/// Event::options().name(r"its\ready").open()?.set()?;
/// ready.wait()?;
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct PrivateNamespace {
    handle: NamespaceHandle,
    prefix: String,
}

impl PrivateNamespace {
    /// Creates one that was not there, which this process calls `prefix`. Mirrors CreatePrivateNamespace.
    ///
    /// # Errors
    ///
    /// * ERROR_ALREADY_EXISTS: somebody has one with that boundary open.
    /// * ERROR_DUP_NAME: this process calls another so already.
    /// * ERROR_ACCESS_DENIED: this user does not belong to all groups of the boundary.
    /// * ERROR_INVALID_PARAMETER: the prefix is empty, or holds a backslash.
    /// * ERROR_INVALID_NAME: the boundary's name is empty, or one of the two holds a NUL.
    pub fn create(prefix: impl Into<String>, boundary: &Boundary) -> Result<Self, Error> {
        Self::make(prefix.into(), boundary, NamespaceHandle::create)
    }

    /// Opens one that is there, and calls it `prefix`. Mirrors OpenPrivateNamespace.
    ///
    /// # Errors
    ///
    /// * ERROR_PATH_NOT_FOUND: nobody has one with that boundary open.
    /// * otherwise as [`PrivateNamespace::create`]; but Windows does not ask who opens one whether he belongs to
    ///   the groups.
    pub fn open(prefix: impl Into<String>, boundary: &Boundary) -> Result<Self, Error> {
        Self::make(prefix.into(), boundary, NamespaceHandle::open)
    }

    fn make(
        prefix: String,
        boundary: &Boundary,
        call: impl FnOnce(&[u16], &BoundaryRequest) -> Result<NamespaceHandle, Code>,
    ) -> Result<Self, Error> {
        // Windows would take a name to end at a NUL.
        let made = if prefix.contains('\0') || boundary.name.contains('\0') {
            Err(ERROR_INVALID_NAME)
        } else {
            let units: Vec<u16> = prefix.encode_utf16().collect();
            let groups = boundary.groups.iter();
            let request = BoundaryRequest {
                name: boundary.name.encode_utf16().collect(),
                sids: groups.map(|group| group.sid_words()).collect(),
            };
            call(&units, &request)
        };
        match made {
            Ok(handle) => Ok(Self { handle, prefix }),
            Err(code) => {
                Err(Error::new(Operation::PrivateNamespace, code).of(Some(&boundary.name)))
            }
        }
    }

    /// What this process calls it.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Closes it, and has its boundary lead to a new one from now on, whoever has this one open. Mirrors
    /// ClosePrivateNamespace with PRIVATE_NAMESPACE_FLAG_DESTROY.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn destroy(self) -> Result<(), Error> {
        let Self { handle, prefix } = self;
        let fail = |code| Error::new(Operation::PrivateNamespace, code).of(Some(&prefix));
        handle.destroy().map_err(fail)
    }
}
