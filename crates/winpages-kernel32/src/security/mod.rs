//! advapi32: security identifiers, access control lists, security descriptors, tokens and accounts.
//!
//! All structures are a program's own, laid out as on Windows. They are read and written under guard:
//! what Windows would end the program for is ERROR_NOACCESS here.

pub mod access_check;
pub mod account;
pub mod acl;
pub mod descriptor;
pub mod explicit_access;
pub mod object_security;
pub mod sddl;
pub mod sid;
pub mod structures;
pub mod token;
