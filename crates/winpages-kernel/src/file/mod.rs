//! Open files, and the paths that lead to them.

/// An open file.
#[derive(Debug)]
pub struct File {}
