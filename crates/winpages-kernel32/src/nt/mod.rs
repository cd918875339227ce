//! ntdll: the calls that kernel32 stands on. They answer NTSTATUS, and leave the last error alone.

mod answer_handle;
pub(crate) mod argument;
pub mod directory;
mod dispatcher_object;
pub mod event;
pub mod file_name;
pub mod heap;
pub mod keyed_event;
pub mod mutant;
pub mod object;
pub mod object_attributes;
pub mod residency;
pub mod runtime_memory;
pub mod section;
pub mod section_query;
pub mod security;
pub mod semaphore;
pub mod thread;
pub mod thread_create;
pub mod timer;
pub mod view;
pub mod virtual_memory;
pub mod virtual_memory_query;
pub mod wait;
pub mod write_watch;
pub(crate) mod zw;
