//! advapi32: security identifiers, access control lists, security descriptors, tokens and accounts.
//!
//! All structures are a program's own, laid out as on Windows. They are read and written under guard:
//! what Windows would end the program for is ERROR_NOACCESS here.

pub mod acl;
pub mod descriptor;
pub mod object_security;
pub mod sddl;
pub mod sid;
pub mod structures;
