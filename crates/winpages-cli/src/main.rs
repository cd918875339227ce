//! The `winpages` command.

fn main() {}
