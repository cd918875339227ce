//! What the memory of an image is called: the kernel shows that to whoever looks at the mappings of a process, and
//! so it says of which file the image is.

use core::ffi::CStr;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fd::BorrowedFd;

use crate::sys::descriptors;

const START: &[u8] = b"winpages image ";
/// Of an image whose file's path is too long.
const PLAIN: &CStr = c"winpages image";
/// The kernel takes no longer names, in bytes.
const LONGEST: usize = 249;
/// How the kernel shows memory that has no file.
const MEMORY: &[u8] = b"/memfd:";
const DELETED: &[u8] = b" (deleted)";

/// What to call the memory of the image of a file.
pub(crate) fn of_file(file: BorrowedFd<'_>) -> CString {
    let path = descriptors::path_of(file).unwrap_or_default();
    let label = [START, path.as_os_str().as_bytes()].concat();
    let fitting = Some(label).filter(|label| label.len() > START.len() && label.len() <= LONGEST);
    let label = fitting.and_then(|label| CString::new(label).ok());
    label.unwrap_or_else(|| PLAIN.into())
}

/// What to call more memory of the image that some is of.
pub(crate) fn of_pages(pages: BorrowedFd<'_>) -> CString {
    let link = descriptors::path_of(pages).unwrap_or_default();
    let label = label(&link).and_then(|label| CString::new(label.as_bytes()).ok());
    label.unwrap_or_else(|| PLAIN.into())
}

/// The file behind what the kernel shows as mapped: that itself, or the one that an image is of; `None` for other
/// memory.
pub(crate) fn mapped_file(link: PathBuf) -> Option<PathBuf> {
    match label(&link) {
        None => Some(link),
        Some(label) => {
            let path = label.as_bytes().strip_prefix(START)?;
            Some(OsString::from_vec(path.to_vec()).into())
        }
    }
}

fn label(link: &Path) -> Option<&OsStr> {
    let label = link.as_os_str().as_bytes().strip_prefix(MEMORY)?;
    Some(OsStr::from_bytes(
        label.strip_suffix(DELETED).unwrap_or(label),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_behind_its_image() {
        let found = |link: &str| mapped_file(link.into());
        assert_eq!(found("/lib/a.dll"), Some("/lib/a.dll".into()));
        let image = found("/memfd:winpages image /lib/a.dll (deleted)");
        assert_eq!(image, Some("/lib/a.dll".into()));
        assert_eq!(found("/memfd:winpages image (deleted)"), None);
        assert_eq!(found("/memfd:winpages section (deleted)"), None);
    }
}
