//! Parameters and packed objects as bytes, as they travel between processes.

use rustix::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::object::Package;

/// Puts values one behind the other.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn double_word(&mut self, value: u64) {
        self.0.extend(value.to_ne_bytes());
    }

    pub fn units(&mut self, units: &[u16]) {
        self.double_word(units.len() as u64);
        self.0
            .extend(units.iter().flat_map(|unit| unit.to_ne_bytes()));
    }

    /// An object; of its descriptors, the numbers.
    pub fn package(&mut self, kind: u32, package: &Package) {
        self.double_word(u64::from(kind));
        self.double_word(package.words.len() as u64);
        for word in &package.words {
            self.double_word(*word);
        }
        self.units(&package.name);
        self.double_word(package.descriptors.len() as u64);
        for descriptor in &package.descriptors {
            self.double_word(descriptor.as_raw_fd() as u64);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Takes them out again; everything is `None` behind the end.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn double_word(&mut self) -> Option<u64> {
        let bytes = self.take(size_of::<u64>())?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// A count of things of which each takes at least `size` bytes.
    fn count(&mut self, size: usize) -> Option<usize> {
        let count = usize::try_from(self.double_word()?).ok()?;
        (count.checked_mul(size)? <= self.0.len()).then_some(count)
    }

    pub fn units(&mut self) -> Option<Vec<u16>> {
        let count = self.count(2)?;
        let bytes = self.take(count * 2)?;
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
        Some(units.collect())
    }

    /// An object whose descriptors this process has under the numbers it was packed with.
    pub fn package(&mut self) -> Option<(u32, Package)> {
        let kind = self.double_word()? as u32;
        let count = self.count(8)?;
        let words = (0..count)
            .map(|_| self.double_word())
            .collect::<Option<_>>()?;
        let name = self.units()?;
        let count = self.count(8)?;
        let mut descriptors = Vec::with_capacity(count);
        for _ in 0..count {
            let number = i32::try_from(self.double_word()?).ok()?;
            // SAFETY: the parent gave the number to this process for this object, and names it once.
            let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
            crate::sys::descriptors::close_at_exec(&descriptor);
            descriptors.push(descriptor);
        }
        let package = Package {
            words,
            name,
            descriptors,
        };
        Some((kind, package))
    }
}
