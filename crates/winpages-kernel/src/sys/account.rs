//! Users and groups: as whom this process acts, and the machine's list of them.
//!
//! The list is the C library's to read: it may lie in files, in a directory service, or elsewhere.

use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;

/// The effective user and group of the process.
pub fn effective() -> (u32, u32) {
    (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    )
}

/// The other groups of the process.
pub fn supplementary_groups() -> Vec<u32> {
    let groups = rustix::process::getgroups().unwrap_or_default();
    groups.into_iter().map(|group| group.as_raw()).collect()
}

/// An entry of the list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub user: u32,
    /// The number of the group that new files belong to.
    pub group: u32,
    /// The name.
    pub name: Vec<u8>,
}

/// More than any entry takes.
const LARGEST_ENTRY: usize = 1 << 20;

/// Calls one of the `get…_r` functions with a buffer that is large enough.
fn with_buffer<T, R>(
    mut call: impl FnMut(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
    found: impl Fn(&T) -> R,
) -> Option<R> {
    let mut buffer: Vec<c_char> = vec![0; 1024];
    loop {
        let mut entry = MaybeUninit::<T>::uninit();
        let mut result = core::ptr::null_mut();
        let answer = call(
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut result,
        );
        if answer == libc::ERANGE && buffer.len() < LARGEST_ENTRY {
            buffer.resize(buffer.len() * 4, 0);
            continue;
        }
        // SAFETY: where the function answers an entry, it is ours, filled in, and leads into the buffer.
        return (!result.is_null()).then(|| found(unsafe { &*result }));
    }
}

fn text(string: *const c_char) -> Vec<u8> {
    // SAFETY: the names of an entry are strings in the caller's buffer.
    unsafe { CStr::from_ptr(string) }.to_bytes().to_vec()
}

fn user_of(entry: &libc::passwd) -> User {
    User {
        user: entry.pw_uid,
        group: entry.pw_gid,
        name: text(entry.pw_name),
    }
}

/// The user of a number.
pub fn user(number: u32) -> Option<User> {
    // SAFETY: the buffers are as long as they are said to be.
    with_buffer(
        |entry, buffer, size, result| unsafe {
            libc::getpwuid_r(number, entry, buffer, size, result)
        },
        user_of,
    )
}

/// The user of a name.
pub fn user_named(name: &CStr) -> Option<User> {
    // SAFETY: as above.
    with_buffer(
        |entry, buffer, size, result| unsafe {
            libc::getpwnam_r(name.as_ptr(), entry, buffer, size, result)
        },
        user_of,
    )
}

/// The name of a group.
pub fn group_name(number: u32) -> Option<Vec<u8>> {
    // SAFETY: as above.
    with_buffer(
        |entry, buffer, size, result| unsafe {
            libc::getgrgid_r(number, entry, buffer, size, result)
        },
        |entry: &libc::group| text(entry.gr_name),
    )
}

/// The number of the group of a name.
pub fn group_named(name: &CStr) -> Option<u32> {
    // SAFETY: as above.
    with_buffer(
        |entry, buffer, size, result| unsafe {
            libc::getgrnam_r(name.as_ptr(), entry, buffer, size, result)
        },
        |entry: &libc::group| entry.gr_gid,
    )
}

/// The primary group of a user of the machine, and all his groups; `None` if there is no such user.
pub fn groups_of(number: u32) -> Option<(u32, Vec<u32>)> {
    let user = user(number)?;
    let name = std::ffi::CString::new(user.name).ok()?;
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut count = groups.len() as c_int;
        // SAFETY: the buffer holds as many as it is said to.
        let answer = unsafe {
            libc::getgrouplist(
                name.as_ptr(),
                user.group,
                groups.as_mut_ptr(),
                &raw mut count,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        if answer >= 0 {
            groups.truncate(count);
            return Some((user.group, groups));
        }
        if count <= groups.len() {
            return Some((user.group, vec![user.group]));
        }
        groups.resize(count, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_on_every_machine() {
        let root = user(0).unwrap();
        assert_eq!(root.name, b"root");
        assert_eq!(user_named(c"root"), Some(root));
        assert_eq!(group_named(c"root"), Some(0));
        assert_eq!(group_name(0).as_deref(), Some(&b"root"[..]));
        assert!(groups_of(0).unwrap().1.contains(&0));
        assert_eq!(user(u32::MAX - 7), None);
        assert_eq!(user_named(c"nobody has this name"), None);
    }
}
