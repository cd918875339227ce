//! What the tests share.

#[cfg(target_os = "linux")]
#[path = "../../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A name that no other test, and no other run of this one, uses.
#[allow(dead_code, reason = "not every test needs it")]
pub fn unique_name(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(r"Local\winpages-{what}-{}-{number}", std::process::id())
}

/// The program that cargo made of an example.
#[allow(dead_code, reason = "not every test needs it")]
pub fn example(name: &str) -> PathBuf {
    // …/debug/deps/this-test and …/debug/examples/name
    let test = std::env::current_exe().unwrap();
    let directory = test.parent().unwrap().parent().unwrap().join("examples");
    let path = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{path:?} is not built: run `cargo build --examples` first"
    );
    path
}

/// Whether Windows' part is played by Wine, of which a test knows that it differs.
#[allow(dead_code, reason = "not every test needs it")]
pub fn is_wine() -> bool {
    std::env::consts::OS == "windows" && std::env::var_os("WINEPREFIX").is_some()
}

/// Takes something at an address where there is room, although other threads look for room, too.
#[allow(dead_code, reason = "not every test needs it")]
pub fn where_there_is_room<T>(take: impl Fn(usize) -> Result<T, winpages::Error>) -> (usize, T) {
    const ENOUGH: usize = 1 << 20;
    loop {
        let probe = winpages::Reservation::options()
            .size(ENOUGH)
            .top_down(true)
            .reserve();
        let address = probe.unwrap().as_ptr() as usize;
        match take(address) {
            Ok(taken) => return (address, taken),
            Err(error) if error.code_name() == Some("ERROR_INVALID_ADDRESS") => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Asserts that a call failed with the code of this name.
#[macro_export]
macro_rules! assert_code {
    ($result:expr, $($name:literal)|+) => {
        match $result {
            Ok(_) => panic!("expected {}, but it succeeded", concat!($($name, " "),+)),
            Err(error) => {
                let error: winpages::Error = error;
                assert!(matches!(error.code_name(), Some($($name)|+)), "{error}");
                error
            }
        }
    };
}
