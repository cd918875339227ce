//! ntdll: the calls that kernel32 stands on. They answer NTSTATUS, and leave the last error alone.

pub(crate) mod argument;
pub mod file_name;
pub mod object;
pub mod object_attributes;
pub mod residency;
pub mod section;
pub mod section_query;
pub mod view;
pub mod virtual_memory;
pub mod virtual_memory_query;
pub mod write_watch;
