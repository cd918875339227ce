//! Huge pages for tests.

#![allow(dead_code, missing_docs)]

use std::fs;

/// How many huge pages the machine has set aside; more while the test runs, where it may ask for them.
pub struct SetAside(String);

impl SetAside {
    const PATH: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    pub const FREE: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

    pub fn count(path: &str) -> usize {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    pub fn more(pages: usize) -> Option<Self> {
        let before = Self(fs::read_to_string(Self::PATH).ok()?);
        fs::write(Self::PATH, (Self::count(Self::PATH) + pages).to_string()).ok()?;
        (Self::count(Self::FREE) >= pages).then_some(before)
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        fs::write(Self::PATH, &self.0).unwrap();
    }
}
