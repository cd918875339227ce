//! The second name of each call: what Windows' own code calls ZwClose is NtClose.
//!
//! Written by the build script, from the sources of the calls.

#![allow(non_snake_case)]

include!(concat!(env!("OUT_DIR"), "/zw.rs"));
