//! kernel32 for Linux.
//!
//! The functions here have the names, the arguments and the answers Microsoft documents for them;
//! that documentation is theirs. What is said beside each is what differs on Linux.

#![cfg(target_os = "linux")]
// Win32's own names, which C programs and GetProcAddress look for.
#![allow(non_snake_case, non_camel_case_types)]

pub mod dos_error;
pub mod error_code;
pub mod file_mapping;
pub mod last_error;
pub mod system_information;
pub mod text;
pub mod virtual_memory;
