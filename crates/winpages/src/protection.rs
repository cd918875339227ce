//! Page protections.

bitflags::bitflags! {
    /// What may be done with a page: exactly one of the first eight values, and for private memory
    /// perhaps a modifier. Windows' PAGE_ constants, by their values.
    ///
    /// What is no protection at all, such as two values at once, is answered with
    /// ERROR_INVALID_PARAMETER by whatever it is given to.
    ///
    /// ```
    /// use winpages::Protection;
    /// assert!(Protection::EXECUTE_READ.is_executable());
    /// assert!((Protection::READWRITE | Protection::NOCACHE).is_writable());
    /// assert!(!(Protection::READWRITE | Protection::GUARD).is_readable());
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Protection: u32 {
        /// PAGE_NOACCESS: nothing.
        const NOACCESS = 0x01;
        /// PAGE_READONLY: reading.
        const READONLY = 0x02;
        /// PAGE_READWRITE: reading and writing.
        const READWRITE = 0x04;
        /// PAGE_WRITECOPY: reading and writing; what is written is the process's own. Sections only.
        const WRITECOPY = 0x08;
        /// PAGE_EXECUTE: running code; on x86-64 reading, too.
        const EXECUTE = 0x10;
        /// PAGE_EXECUTE_READ: running code and reading.
        const EXECUTE_READ = 0x20;
        /// PAGE_EXECUTE_READWRITE: everything.
        const EXECUTE_READWRITE = 0x40;
        /// PAGE_EXECUTE_WRITECOPY: everything; what is written is the process's own. Sections only.
        const EXECUTE_WRITECOPY = 0x80;
        /// PAGE_GUARD, a modifier: the first touch is a fault and takes the modifier away.
        const GUARD = 0x100;
        /// PAGE_NOCACHE, a modifier, for drivers. Without effect on Linux, but answered by queries.
        const NOCACHE = 0x200;
        /// PAGE_WRITECOMBINE, a modifier, for drivers. Without effect on Linux, but answered by
        /// queries.
        const WRITECOMBINE = 0x400;
        /// Systems answer bits that this list does not name.
        const _ = !0;
    }
}

impl Protection {
    /// Whether a page may be read.
    pub const fn is_readable(self) -> bool {
        self.bits() & 0xFE != 0 && !self.contains(Self::GUARD)
    }

    /// Whether a page may be written, to itself or to a copy.
    pub const fn is_writable(self) -> bool {
        self.bits() & 0xCC != 0 && !self.contains(Self::GUARD)
    }

    /// Whether code in a page may be run.
    pub const fn is_executable(self) -> bool {
        self.bits() & 0xF0 != 0 && !self.contains(Self::GUARD)
    }
}
