//! Windows' page protections, and what they are on Linux.

use crate::NtStatus;
use crate::sys::fault;
use crate::sys::memory::Access;

bitflags::bitflags! {
    /// A page protection: one of the eight base values, with modifiers. Windows' PAGE_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[repr(transparent)]
    pub struct Protection: u32 {
        /// PAGE_NOACCESS
        const NOACCESS = 0x01;
        /// PAGE_READONLY
        const READONLY = 0x02;
        /// PAGE_READWRITE
        const READWRITE = 0x04;
        /// PAGE_WRITECOPY
        const WRITECOPY = 0x08;
        /// PAGE_EXECUTE
        const EXECUTE = 0x10;
        /// PAGE_EXECUTE_READ
        const EXECUTE_READ = 0x20;
        /// PAGE_EXECUTE_READWRITE
        const EXECUTE_READWRITE = 0x40;
        /// PAGE_EXECUTE_WRITECOPY
        const EXECUTE_WRITECOPY = 0x80;
        /// PAGE_GUARD
        const GUARD = 0x100;
        /// PAGE_NOCACHE
        const NOCACHE = 0x200;
        /// PAGE_WRITECOMBINE
        const WRITECOMBINE = 0x400;
        /// PAGE_TARGETS_INVALID and PAGE_TARGETS_NO_UPDATE: control flow guard, accepted and ignored.
        const TARGETS = 0x4000_0000;
    }
}

impl Protection {
    /// All that says how a page may be used; the rest modifies.
    const BASE: Self = Self::from_bits_retain(0xFF);

    /// Checks a protection as the memory calls take it: exactly one base value, modifiers only where
    /// Windows documents them.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PAGE_PROTECTION`].
    pub fn parse(bits: u32) -> Result<Self, NtStatus> {
        let given = Self::from_bits(bits).ok_or(NtStatus::INVALID_PAGE_PROTECTION)?;
        let given = given.difference(Self::TARGETS);
        let base = given.base();
        let modifiers = given.difference(Self::BASE);
        let one_base = base.bits().is_power_of_two();
        let at_most_one_modifier = modifiers.bits().count_ones() <= 1;
        if !one_base || !at_most_one_modifier || (base == Self::NOACCESS && !modifiers.is_empty()) {
            return Err(NtStatus::INVALID_PAGE_PROTECTION);
        }
        Ok(given)
    }

    /// Makes sure that what pages of this protection need is there: whoever touches a guard page is to
    /// be told so.
    pub(super) fn prepare(self) {
        if self.contains(Self::GUARD) {
            fault::ensure_handler();
        }
    }

    /// The base value without modifiers.
    pub fn base(self) -> Self {
        self.intersection(Self::BASE)
    }

    /// Whether this is one of the two copy-on-write protections.
    pub fn is_copy_on_write(self) -> bool {
        self.intersects(Self::WRITECOPY | Self::EXECUTE_WRITECOPY)
    }

    /// Whether what is written to pages with this protection reaches those who share them: a
    /// copy-on-write page is written for its writer alone.
    pub fn is_written_through(self) -> bool {
        self.intersects(Self::READWRITE | Self::EXECUTE_READWRITE)
    }

    /// Whether pages with this protection can be executed.
    pub fn is_executable(self) -> bool {
        self.intersects(
            Self::EXECUTE | Self::EXECUTE_READ | Self::EXECUTE_READWRITE | Self::EXECUTE_WRITECOPY,
        )
    }

    /// Whether pages of a view that was mapped with this protection may be given another: what reads, writes or
    /// executes more than the view was mapped for may not.
    pub(crate) fn allows_in_view(self, new: Self) -> bool {
        let base = self.base();
        let reads = base != Self::NOACCESS;
        let writes = base.is_written_through();
        let executes = base.is_executable();
        match new.base() {
            Self::NOACCESS => true,
            Self::READONLY | Self::WRITECOPY => reads,
            Self::READWRITE => writes,
            Self::EXECUTE_READWRITE => writes && executes,
            _ => executes,
        }
    }

    /// This protection for pages of an allocation made with another. PAGE_NOCACHE is an attribute of
    /// the whole allocation: it cannot be set later, nor taken away.
    pub fn with_caching_of(self, allocation: Self) -> Self {
        self.difference(Self::NOCACHE) | allocation.intersection(Self::NOCACHE)
    }

    /// What the processor is told to allow.
    ///
    /// PAGE_EXECUTE reads too, as it does on Windows: x86-64 page tables know no execute-only page.
    /// A guard page allows nothing, until it has been touched.
    pub fn access(self) -> Access {
        if self.contains(Self::GUARD) {
            return Access::empty();
        }
        let base = self.base();
        let mut access = Access::empty();
        if base != Self::NOACCESS {
            access |= Access::READ;
        }
        if base.is_written_through() || base.is_copy_on_write() {
            access |= Access::WRITE;
        }
        if base.is_executable() {
            access |= Access::EXEC;
        }
        access
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_base_value() {
        for bits in 0..0x100u32 {
            assert_eq!(
                Protection::parse(bits).is_ok(),
                bits.is_power_of_two(),
                "{bits:#x}"
            );
        }
    }

    #[test]
    fn takes_modifiers_where_documented() {
        for (bits, taken) in [
            (0x104, true),
            (0x204, true),
            (0x404, true),
            (0x101, false),
            (0x201, false),
            (0x401, false),
            (0x304, false),
            (0x604, false),
            (0x100, false),
            (0x804, false),
            (0x4000_0004, true),
        ] {
            assert_eq!(Protection::parse(bits).is_ok(), taken, "{bits:#x}");
        }
    }

    #[test]
    fn execute_reads_too() {
        assert_eq!(Protection::EXECUTE.access(), Access::READ | Access::EXEC);
        assert_eq!(
            (Protection::READWRITE | Protection::GUARD).access(),
            Access::empty()
        );
    }
}
