//! Nothing: the package is for its bench, `cargo bench -p winpages-bench`.
