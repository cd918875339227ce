//! Tests that need a second user.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{alone, is_root, namespace};

/// Runs the test again as another user, in the same namespace.
pub fn as_user(test: &str, role: &str, user: u32, group: u32) {
    // Where another user may execute it: the build directory may not be his to enter.
    let program = namespace().join("test");
    if !program.exists() {
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let status = Command::new(&program)
        .args(["--exact", test, "--nocapture"])
        .env("WINPAGES_TEST_ROLE", role)
        .env("WINPAGES_NAMESPACE", namespace())
        .current_dir("/")
        .uid(user)
        .gid(group)
        .status()
        .unwrap();
    assert!(status.success(), "{role}: {status}");
}

/// Whether this is the process that does the work, as root and alone.
pub fn is_first(test: &str) -> bool {
    if !alone(test) {
        return false;
    }
    if !is_root() {
        println!("skipped: only root can become another user");
        return false;
    }
    std::fs::set_permissions(namespace(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    true
}
