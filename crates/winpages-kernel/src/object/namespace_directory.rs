//! The two directories that the names live in.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::name::Scope;
use crate::NtStatus;
use crate::sys::directory as sys;
use crate::sys::lock::Lock;

/// The environment variable that says where the directories lie, instead of in /dev/shm.
pub const NAMESPACE_VARIABLE: &str = "WINPAGES_NAMESPACE";

/// An open directory of the namespace.
#[derive(Debug)]
pub struct NamespaceDirectory {
    descriptor: OwnedFd,
    /// Where it is.
    pub path: PathBuf,
    is_on_tmpfs: bool,
}

/// What this process has opened: the local and the global one.
static OPENED: Lock<[Option<Arc<NamespaceDirectory>>; 2]> = Lock::new([None, None]);

impl NamespaceDirectory {
    /// The directory of a scope, created if it is not there; the first use in a process also sweeps
    /// it.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::ACCESS_DENIED`]: what is there is a link, no directory, another user's (for
    ///   `Local\`), or not open to all (for `Global\`).
    /// * [`NtStatus::OBJECT_PATH_NOT_FOUND`]: the directory it should lie in does not exist.
    /// * [`NtStatus::INSUFFICIENT_RESOURCES`], [`NtStatus::TOO_MANY_OPENED_FILES`].
    pub fn of(scope: Scope) -> Result<Arc<Self>, NtStatus> {
        let index = scope as usize;
        if let Some(open) = &OPENED.lock()[index] {
            return Ok(Arc::clone(open));
        }
        let opened = Arc::new(Self::open(scope, true)?);
        let mut kept = OPENED.lock();
        let kept = kept[index].get_or_insert_with(|| Arc::clone(&opened));
        let (kept, is_first) = (Arc::clone(kept), Arc::ptr_eq(kept, &opened));
        if is_first {
            super::namespace::sweep_briefly(&kept);
        }
        Ok(kept)
    }

    /// The directory of a scope if it exists; `None` if nobody has used it yet.
    ///
    /// # Errors
    ///
    /// As [`NamespaceDirectory::of`].
    pub fn existing(scope: Scope) -> Result<Option<Self>, NtStatus> {
        match Self::open(scope, false) {
            Ok(directory) => Ok(Some(directory)),
            Err(NtStatus::OBJECT_PATH_NOT_FOUND) => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Whether its files are memory. There, a file to which pages are added gets its length when it has all of
    /// them; elsewhere it may grow piece by piece.
    pub fn is_on_tmpfs(&self) -> bool {
        self.is_on_tmpfs
    }

    /// Forgets a directory that has been deleted under this process.
    pub fn forget(scope: Scope) {
        OPENED.lock()[scope as usize] = None;
    }

    /// Where the directory of a scope lies.
    pub fn path_of(scope: Scope) -> PathBuf {
        let base = std::env::var_os(NAMESPACE_VARIABLE).filter(|given| !given.is_empty());
        let base = base.map_or_else(|| PathBuf::from("/dev/shm"), PathBuf::from);
        match scope {
            // Keyed by the user, never by a session: session ids are used again by others.
            Scope::Local => base.join(format!("winpages-{}", sys::effective_user())),
            Scope::Global => base.join("winpages-global"),
        }
    }

    fn open(scope: Scope, create: bool) -> Result<Self, NtStatus> {
        let path = Self::path_of(scope);
        let name =
            CString::new(path.as_os_str().as_bytes()).map_err(|_| NtStatus::OBJECT_NAME_INVALID)?;
        let mode = match scope {
            Scope::Local => 0o700,
            Scope::Global => 0o1777,
        };
        let descriptor = match sys::open(&name) {
            Err(Errno::NOENT) if create => {
                sys::create(&name, mode).map_err(status)?;
                sys::open(&name).map_err(status)?
            }
            answer => answer.map_err(status)?,
        };
        let found = sys::owner_and_mode(descriptor.as_fd()).map_err(status)?;
        let is_sound = match scope {
            Scope::Local => found.0 == sys::effective_user() && found.1 & 0o077 == 0,
            // Sticky: whoever made it, nobody but an object's owner (or the directory's) can take
            // the object's name away.
            Scope::Global => found.1 & 0o1777 == 0o1777,
        };
        if is_sound {
            let is_on_tmpfs = sys::is_on_tmpfs(descriptor.as_fd());
            Ok(Self {
                descriptor,
                path,
                is_on_tmpfs,
            })
        } else {
            Err(NtStatus::ACCESS_DENIED)
        }
    }
}

impl AsFd for NamespaceDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn status(errno: Errno) -> NtStatus {
    match errno {
        Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NOSPC | Errno::NOMEM => NtStatus::INSUFFICIENT_RESOURCES,
        _ => NtStatus::ACCESS_DENIED,
    }
}

/// For fork: see [`crate::sys::fork`].
pub(crate) fn lock_for_fork() {
    OPENED.lock_for_fork();
}

/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(crate) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe { OPENED.unlock_after_fork() };
}
