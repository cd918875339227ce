//! Answering what other processes ask this one to do: VirtualAllocEx, DuplicateHandle and their kin.

use winpages_kernel::process;

extern "C" fn at_load() {
    process::serve_requests();
}

/// Starts the thread that answers while the library is being loaded, so that a program can be reached before it
/// has made a call, as on Windows.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

/// Refuses what other processes ask for from now on, or, for FALSE, no more; they get ERROR_ACCESS_DENIED. The
/// environment variable `WINPAGES_REMOTE=refuse` does the same from the start. Windows has no such function: there
/// it is the security descriptor of the process.
#[unsafe(no_mangle)]
pub extern "C" fn WinpagesRefuseRemoteRequests(bRefuse: i32) {
    process::refuse_requests(bRefuse != 0);
}
