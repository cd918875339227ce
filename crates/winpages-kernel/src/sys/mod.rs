//! The floor of the house: the only place that names a system call.
//!
//! Everything here is thin: a name, an argument order, an errno. System calls are made raw, by
//! rustix's `linux_raw` back end or [`libc::syscall`], never through a libc symbol such as `mmap`
//! that a client program may define itself. Nothing here allocates from the heap.

pub mod account;
pub mod acl;
pub mod apart;
pub mod barrier;
pub mod clock;
pub mod descriptor_place;
pub mod descriptors;
pub mod directory;
pub mod environment;
pub mod fault;
pub mod file;
pub mod fork;
pub mod futex;
pub mod injection;
mod kept_descriptor;
pub mod lasting_descriptor;
pub mod life_mark;
pub mod local_socket;
pub mod lock;
pub mod memory;
#[cfg(test)]
pub mod model_word;
pub mod numa;
pub mod pagemap;
mod pagemap_scan;
pub mod poll;
pub mod proc_text;
pub mod process;
pub mod process_memory;
pub mod processor_time;
pub mod processors;
pub mod procmap;
pub mod random;
pub mod residency;
pub mod robust_list;
pub mod shared_file;
pub mod shared_futex;
pub mod shared_page;
pub mod signals;
pub mod spawn;
pub mod terminal;
pub mod thread;
pub mod thread_word;
pub mod topology;
pub mod trace;
pub mod tracee;
mod tracee_descriptor;
pub mod unshared_page;
pub mod watched_thread;
pub mod word;
pub mod write_watch;

/// What the last system call of this thread that failed answered, made through libc.
fn last_errno() -> rustix::io::Errno {
    let raw = std::io::Error::last_os_error().raw_os_error();
    rustix::io::Errno::from_raw_os_error(raw.unwrap_or(libc::EIO))
}
