//! Programs of other users, and of users who may less.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use super::{alone, is_root, namespace, role};

const CAP_NET_ADMIN: usize = 12;

/// What a program is started with by root.
#[derive(Clone, Copy, Debug)]
pub struct Credentials {
    pub user: u32,
    pub group: u32,
    /// Whether a user who is not root may administrate the network nevertheless.
    pub has_capability: bool,
    /// Whether it is in a user namespace of its own.
    pub is_apart: bool,
}

impl Credentials {
    pub const fn of(user: u32, group: u32) -> Self {
        Self {
            user,
            group,
            has_capability: false,
            is_apart: false,
        }
    }

    pub fn apply(self, command: &mut Command) {
        // SAFETY: only system calls, which allocate nothing.
        unsafe { command.pre_exec(move || self.take_on()) };
    }

    fn take_on(self) -> std::io::Result<()> {
        let succeeds = |answer: libc::c_long| match answer {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        };
        // SAFETY: system calls on this process, which has one thread.
        unsafe {
            if self.user != 0 {
                succeeds(libc::syscall(libc::SYS_setgroups, 0, 0))?;
                let keep = libc::c_ulong::from(self.has_capability);
                succeeds(libc::prctl(libc::PR_SET_KEEPCAPS, keep).into())?;
                let group = self.group;
                succeeds(libc::syscall(libc::SYS_setresgid, group, group, group))?;
                let user = self.user;
                succeeds(libc::syscall(libc::SYS_setresuid, user, user, user))?;
            }
            if self.has_capability {
                set_capabilities(1 << CAP_NET_ADMIN)?;
                let (raise, which) = (libc::PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN);
                succeeds(libc::prctl(libc::PR_CAP_AMBIENT, raise, which, 0, 0).into())?;
            }
            if self.is_apart {
                succeeds(libc::unshare(libc::CLONE_NEWUSER).into())?;
            }
        }
        Ok(())
    }
}

/// Runs the test in a process of its own, if this is root.
pub fn alone_as_root(test: &str) -> bool {
    if role().is_some() || !alone(test) {
        return false;
    }
    if !is_root() {
        println!("skipped: only root can become another user");
        return false;
    }
    std::fs::copy(std::env::current_exe().unwrap(), program()).unwrap();
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(program(), all).unwrap();
    true
}

/// This program, where every user can start it.
pub fn program() -> PathBuf {
    namespace().join("test")
}

/// A helper process with such credentials; it runs the test `helper`, which looks at [`role`].
pub fn command(role: &str, credentials: Credentials) -> Command {
    let mut command = Command::new(program());
    command
        .args(["--exact", "helper", "--nocapture", "--test-threads=1"])
        .env("WINPAGES_TEST_ROLE", role)
        .env("WINPAGES_NAMESPACE", namespace())
        .current_dir("/");
    credentials.apply(&mut command);
    command
}

/// Leaves the calling thread just these capabilities.
pub fn set_capabilities(kept: u32) -> std::io::Result<()> {
    const VERSION: u32 = 0x2008_0522;
    let header = [VERSION, 0];
    // Effective, permitted and inheritable: the lower halves, then the upper ones.
    let sets = [kept, kept, kept, 0, 0, 0];
    // SAFETY: the kernel reads so much of both.
    match unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
