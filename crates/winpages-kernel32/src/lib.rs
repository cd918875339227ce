//! kernel32 for Linux.
//!
//! The functions here have the names, the arguments and the answers Microsoft documents for them;
//! that documentation is theirs. What is said beside each is what differs on Linux.

#![cfg(target_os = "linux")]
// Win32's own names, which C programs and GetProcAddress look for.
#![allow(non_snake_case)]

pub mod dos_error;
pub mod error_code;
pub mod last_error;
pub mod text;
