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

    pub fn double_words(&mut self, values: &[u64]) {
        self.double_word(values.len() as u64);
        for value in values {
            self.double_word(*value);
        }
    }

    pub fn units(&mut self, units: &[u16]) {
        self.double_word(units.len() as u64);
        self.0
            .extend(units.iter().flat_map(|unit| unit.to_ne_bytes()));
    }

    /// An object; of its descriptors, the numbers.
    pub fn package(&mut self, kind: u32, package: &Package) {
        self.double_word(u64::from(kind));
        self.double_words(&package.words);
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

/// How the descriptors of objects reached this process.
#[derive(Debug)]
enum Arrival {
    /// Under the numbers that the text names.
    Inherited,
    /// With the text, in its order; the next one last.
    Sent(Vec<OwnedFd>),
}

/// Takes them out again; everything is `None` behind the end.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    arrival: Arrival,
}

impl<'a> Reader<'a> {
    /// Of what was inherited: every descriptor that is named is this process's, and is named once.
    pub fn of_inherited(bytes: &'a [u8]) -> Self {
        let arrival = Arrival::Inherited;
        Self { bytes, arrival }
    }

    /// Of what was sent with those descriptors.
    pub fn of_sent(bytes: &'a [u8], mut descriptors: Vec<OwnedFd>) -> Self {
        descriptors.reverse();
        let arrival = Arrival::Sent(descriptors);
        Self { bytes, arrival }
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(size)?;
        self.bytes = rest;
        Some(taken)
    }

    pub fn double_word(&mut self) -> Option<u64> {
        let bytes = self.take(size_of::<u64>())?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// A count of things of which each takes at least `size` bytes.
    fn count(&mut self, size: usize) -> Option<usize> {
        let count = usize::try_from(self.double_word()?).ok()?;
        (count.checked_mul(size)? <= self.bytes.len()).then_some(count)
    }

    pub fn units(&mut self) -> Option<Vec<u16>> {
        let count = self.count(2)?;
        let bytes = self.take(count * 2)?;
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
        Some(units.collect())
    }

    pub fn double_words(&mut self) -> Option<Vec<u64>> {
        let count = self.count(size_of::<u64>())?;
        (0..count).map(|_| self.double_word()).collect()
    }

    /// An object, and its kind.
    pub fn package(&mut self) -> Option<(u32, Package)> {
        let kind = self.double_word()? as u32;
        let words = self.double_words()?;
        let name = self.units()?;
        let count = self.count(size_of::<u64>())?;
        let descriptors = (0..count)
            .map(|_| self.descriptor())
            .collect::<Option<_>>()?;
        let package = Package {
            words,
            name,
            descriptors,
        };
        Some((kind, package))
    }

    fn descriptor(&mut self) -> Option<OwnedFd> {
        let number = i32::try_from(self.double_word()?).ok()?;
        match &mut self.arrival {
            Arrival::Inherited => {
                // SAFETY: the parent gave the number to this process for this object, and names it once.
                let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
                crate::sys::descriptors::close_at_exec(&descriptor);
                Some(descriptor)
            }
            Arrival::Sent(descriptors) => descriptors.pop(),
        }
    }
}
