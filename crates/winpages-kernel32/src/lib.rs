//! kernel32 for Linux.
