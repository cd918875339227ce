//! Windows' MEM_ constants, which both systems take as they are.

pub(crate) const MEM_PRESERVE_PLACEHOLDER: u32 = 0x2;
pub(crate) const MEM_COMMIT: u32 = 0x1000;
pub(crate) const MEM_RESERVE: u32 = 0x2000;
pub(crate) const MEM_REPLACE_PLACEHOLDER: u32 = 0x4000;
pub(crate) const MEM_RESERVE_PLACEHOLDER: u32 = 0x4_0000;
pub(crate) const MEM_RESET: u32 = 0x8_0000;
pub(crate) const MEM_TOP_DOWN: u32 = 0x10_0000;
pub(crate) const MEM_WRITE_WATCH: u32 = 0x20_0000;
pub(crate) const MEM_PHYSICAL: u32 = 0x40_0000;
pub(crate) const MEM_RESET_UNDO: u32 = 0x100_0000;
pub(crate) const MEM_LARGE_PAGES: u32 = 0x2000_0000;

/// Flags with one of them set or cleared.
pub(crate) fn with(flags: u32, flag: u32, on: bool) -> u32 {
    if on { flags | flag } else { flags & !flag }
}
