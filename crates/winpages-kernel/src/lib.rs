//! The engine of winpages: the Windows memory model on Linux system calls.
//!
//! NT-shaped: objects, handles, an address space, sections and files, with calls named after those
//! of ntdll, and every call answers `Result<_, NtStatus>`. The engine knows nothing of Win32 error
//! codes, of A and W strings, or of C; the faces above it do.

#![cfg(target_os = "linux")]

pub mod address_space;
pub mod exception;
pub mod file;
pub mod heap;
pub mod object;
pub mod process;
pub mod residency;
pub mod section;
pub mod security;
mod status;
pub mod synchronization;
pub mod sys;
pub mod thread;
pub mod token;
pub mod wait;

pub use object::handle_table::Handle;
pub use status::NtStatus;

#[cfg(test)]
#[path = "../tests/common/random.rs"]
mod random;
#[cfg(all(test, not(miri)))]
#[path = "../tests/common/watchdog.rs"]
mod watchdog;
