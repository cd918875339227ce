//! kernel32 for Linux.
//!
//! The functions here have the names, the arguments and the answers Microsoft documents for them;
//! that documentation is theirs. What is said beside each is what differs on Linux.

#![cfg(target_os = "linux")]
// Win32's own names, which C programs and GetProcAddress look for.
#![allow(non_snake_case, non_camel_case_types)]

pub mod address_wait;
pub mod code_page;
mod command_line;
pub mod condition_variable;
pub mod console;
pub mod critical_section;
mod crt;
pub mod debugger;
mod dispatcher_object;
pub mod dos_device;
pub mod dos_error;
pub mod drive_type;
pub mod environment;
pub mod event;
pub mod exception;
mod export_table;
pub mod extended_parameter;
pub mod fiber_local_storage;
pub mod file_attributes;
pub mod file_find;
pub mod file_lock;
pub mod file_mapping;
pub mod file_name;
pub mod file_open;
pub mod file_position;
pub mod file_transfer;
pub mod file_view;
pub mod from_app;
pub mod global_memory;
pub mod handle;
pub mod heap;
pub mod heap_walk;
pub mod interlocked_list;
pub mod last_error;
pub mod local_memory;
pub mod mapped_file_name;
pub mod memory_resource_notification;
pub mod memory_status;
pub mod message;
mod message_insert;
pub mod module;
mod movable_memory;
pub mod mutex;
pub mod nt;
mod object_name;
pub mod offer;
pub mod one_time_initialization;
pub mod overlapped;
pub mod path;
pub mod pointer_probe;
pub mod prefetch;
pub mod private_namespace;
pub mod privilege;
pub mod process;
pub mod process_attribute_list;
pub mod process_create;
pub mod process_enumeration;
pub mod process_memory;
pub mod process_memory_transfer;
pub mod process_open;
pub mod process_times;
pub mod processor;
pub mod remote_requests;
pub mod security;
pub mod security_attributes;
pub mod semaphore;
pub mod srw_lock;
pub mod standard_handle;
pub mod string;
pub mod synchronization_barrier;
pub mod system_information;
pub mod temporary_file;
pub mod text;
pub mod thread;
pub mod thread_context;
pub mod thread_environment;
pub mod thread_information;
pub mod thread_local_storage;
pub mod time;
pub mod timeout;
pub mod toolhelp;
pub mod user_physical_pages;
pub mod virtual_lock;
pub mod virtual_memory;
pub mod wait;
pub mod waitable_timer;
pub mod working_set;
pub mod write_watch;

pub use winpages_error::error_code;
