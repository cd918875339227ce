//! Win32 error codes: their names, their English texts, and the NTSTATUS codes that become them.
//!
//! The engine answers NTSTATUS and knows nothing of Win32; the C face and the Rust face both speak
//! Win32 codes, and neither stands on the other. So what the two must agree on is a crate of its
//! own: constants and tables, nothing else, and no system of its own.

pub mod error_code;
pub mod status;
