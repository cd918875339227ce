//! No test hangs for ever: whoever waits for what never comes ends the process, with a word about it.
//!
//! Every process of a test program has its own limit, from its start or its `fork` on: those that the
//! tests start as helpers, too.

#![allow(missing_docs)]

use core::ffi::c_int;

/// In seconds: far more than any of the programs needs on a machine with much else to do.
const LIMIT: u32 = 900;

unsafe extern "C" {
    fn pthread_atfork(
        before: Option<extern "C" fn()>,
        in_parent: Option<extern "C" fn()>,
        in_child: Option<extern "C" fn()>,
    ) -> c_int;
    fn alarm(seconds: u32) -> u32;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn write(descriptor: c_int, text: *const u8, size: usize) -> isize;
    fn _exit(status: c_int) -> !;
}

const SIGALRM: c_int = 14;

extern "C" fn give_up(_: c_int) {
    let text =
        b"\nout of time: a test hangs (the ones that run for over 60 seconds are named above)\n";
    // SAFETY: what signal handlers may call.
    unsafe {
        write(2, text.as_ptr(), text.len());
        _exit(124);
    }
}

/// A child of `fork` has the handler, but not the alarm.
extern "C" fn set() {
    // SAFETY: asks for a signal.
    unsafe { alarm(LIMIT) };
}

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = {
    extern "C" fn start() {
        // SAFETY: the handler does what handlers may do.
        unsafe {
            signal(SIGALRM, give_up);
            pthread_atfork(None, None, Some(set));
        }
        set();
    }
    start
};
