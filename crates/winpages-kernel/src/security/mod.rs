//! Security: who somebody is, what an object allows whom, and how the kernel is made to enforce it.
//!
//! Users and groups of the machine have security identifiers of their own: S-1-22-1-UID and
//! S-1-22-2-GID, the scheme that Samba has for them. A descriptor's list of access is kept with the
//! object, and answers each opening as on Windows; what of it the file system can express stands as
//! mode and POSIX access control list on the object's file, so that the kernel refuses what the list
//! does, whoever asks by whatever means.

mod access_check;
pub mod account;
mod acl;
mod assignment;
mod permissions;

pub mod sddl;
mod security_descriptor;
mod sid;
mod subject;
pub mod well_known;

pub use access_check::{Checked, access_check};
pub use acl::{ACE_HEADER_SIZE, ACL_HEADER_SIZE, Ace, AceType, Acl};
pub use assignment::{Assigned, default_dacl, default_descriptor};
pub use permissions::Permissions;
pub use security_descriptor::{Control, Dacl, SecurityDescriptor, SecurityInformation};
pub use sid::Sid;
pub use subject::{GroupAttributes, Subject};
