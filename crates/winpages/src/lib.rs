//! The Rust face of winpages.
