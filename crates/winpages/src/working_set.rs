//! What of a process is in memory.

use crate::error::{Error, Operation};
use crate::platform;
use crate::process::Process;
use crate::protection::Protection;
use crate::system::page_size;
use crate::wait::sealed::Handle as _;

/// How much of a process is to be in memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkingSetLimits {
    /// The least; decides how much can be locked.
    pub minimum: usize,
    /// The most.
    pub maximum: usize,
    /// Whether it never has less: QUOTA_LIMITS_HARDWS_MIN_ENABLE.
    pub hard_minimum: bool,
    /// Whether it never has more: QUOTA_LIMITS_HARDWS_MAX_ENABLE.
    pub hard_maximum: bool,
}

/// The limits of the working set. Mirrors GetProcessWorkingSetSizeEx.
///
/// Linux shares memory out between processes by its own lights: there the minimum decides how much
/// can be locked, and the rest is remembered and answered.
///
/// # Errors
///
/// None that a program has to expect.
pub fn working_set_limits() -> Result<WorkingSetLimits, Error> {
    platform::working_set_limits().map_err(fail)
}

/// Sets the limits of the working set. Mirrors SetProcessWorkingSetSizeEx.
///
/// # Errors
///
/// * ERROR_INVALID_PARAMETER: a limit is 0, or the minimum above the maximum.
/// * ERROR_PRIVILEGE_NOT_HELD: more than a process may have that holds no privilege, on Windows.
/// * ERROR_NO_SYSTEM_RESOURCES: the machine has no memory for that minimum.
///
/// ```
/// use winpages::{WorkingSetLimits, set_working_set_limits, working_set_limits};
///
/// // Room to lock a megabyte more.
/// let limits = working_set_limits()?;
/// set_working_set_limits(&WorkingSetLimits {
///     minimum: limits.minimum + (1 << 20),
///     maximum: limits.maximum + (2 << 20),
///     ..limits
/// })?;
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn set_working_set_limits(limits: &WorkingSetLimits) -> Result<(), Error> {
    const HARD_MINIMUM_ENABLE: u32 = 1;
    const HARD_MINIMUM_DISABLE: u32 = 2;
    const HARD_MAXIMUM_ENABLE: u32 = 4;
    const HARD_MAXIMUM_DISABLE: u32 = 8;
    let minimum = if limits.hard_minimum {
        HARD_MINIMUM_ENABLE
    } else {
        HARD_MINIMUM_DISABLE
    };
    let maximum = if limits.hard_maximum {
        HARD_MAXIMUM_ENABLE
    } else {
        HARD_MAXIMUM_DISABLE
    };
    platform::set_working_set_limits(limits.minimum, limits.maximum, minimum | maximum)
        .map_err(fail)
}

/// Takes out of memory what can be paged out. Mirrors EmptyWorkingSet. On Linux, private memory needs
/// swap to go to; without, it stays.
///
/// # Errors
///
/// None that a program has to expect.
pub fn empty_working_set() -> Result<(), Error> {
    platform::empty_working_set().map_err(fail)
}

/// A page of the working set. Windows' PSAPI_WORKING_SET_BLOCK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WorkingSetPage {
    /// The address of its first byte.
    pub address: usize,
    /// What may be done with it; `None` if that is not told.
    pub protection: Option<Protection>,
    /// Whether it is one that can be shared: of a section, an image or a file.
    pub shared: bool,
    /// How many processes share it, at most 7; 0 if it cannot be shared.
    pub share_count: u8,
}

impl WorkingSetPage {
    fn from_block(block: u64) -> Self {
        let page = page_size();
        Self {
            address: (block as usize) / page * page,
            protection: protection_of_code(block as u32 & 0x1F),
            shared: block & 0x100 != 0,
            share_count: (block >> 5 & 7) as u8,
        }
    }
}

/// The five bits that stand for a protection in a PSAPI_WORKING_SET_BLOCK.
fn protection_of_code(code: u32) -> Option<Protection> {
    let plain = match code & 7 {
        1 => Protection::READONLY,
        2 => Protection::EXECUTE,
        3 => Protection::EXECUTE_READ,
        4 => Protection::READWRITE,
        5 => Protection::WRITECOPY,
        6 => Protection::EXECUTE_READWRITE,
        7 => Protection::EXECUTE_WRITECOPY,
        _ => return None,
    };
    Some(match code >> 3 {
        1 => plain | Protection::NOCACHE,
        2 => plain | Protection::GUARD,
        3 => plain | Protection::WRITECOMBINE,
        _ => plain,
    })
}

/// All pages of this process that are in memory. Mirrors QueryWorkingSet.
///
/// # Errors
///
/// ERROR_NO_SYSTEM_RESOURCES: the kernel cannot be asked, on Linux for want of `/proc`.
pub fn working_set() -> Result<Vec<WorkingSetPage>, Error> {
    let blocks = platform::working_set().map_err(fail)?;
    Ok(working_set_pages(blocks))
}

fn working_set_pages(blocks: Vec<u64>) -> Vec<WorkingSetPage> {
    blocks.into_iter().map(WorkingSetPage::from_block).collect()
}

/// What is known of one page. Windows' PSAPI_WORKING_SET_EX_BLOCK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PageInformation {
    /// Whether it is in the working set: in memory, and used without a page fault. If not, no more is
    /// told than whether it can be shared.
    pub valid: bool,
    /// What may be done with it; `None` if that is not told.
    pub protection: Option<Protection>,
    /// Whether it is one that can be shared: of a section, an image or a file.
    pub shared: bool,
    /// How many processes share it, at most 7; 0 if it cannot be shared.
    pub share_count: u8,
    /// Whether it is locked in memory.
    pub locked: bool,
    /// Whether it is one of the processor's larger pages.
    pub large: bool,
    /// The NUMA node it is on; 0 on Linux, which does not tell.
    pub node: u8,
}

impl PageInformation {
    fn from_block(block: u64) -> Self {
        let protection = (block >> 4) as u32 & 0x7FF;
        Self {
            valid: block & 1 != 0,
            protection: (protection != 0).then(|| Protection::from_bits_retain(protection)),
            shared: block >> 15 & 1 != 0,
            share_count: (block >> 1 & 7) as u8,
            locked: block >> 22 & 1 != 0,
            large: block >> 23 & 1 != 0,
            node: (block >> 16 & 0x3F) as u8,
        }
    }
}

/// What is known of the pages at addresses. Mirrors QueryWorkingSetEx.
///
/// # Errors
///
/// ERROR_NO_SYSTEM_RESOURCES: the kernel cannot be asked, on Linux for want of `/proc`.
///
/// ```
/// let local = 5;
/// let page = winpages::pages(&[&raw const local as usize])?[0];
/// assert!(page.valid && !page.shared);
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn pages(addresses: &[usize]) -> Result<Vec<PageInformation>, Error> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let blocks = platform::page_blocks(addresses).map_err(fail)?;
    Ok(page_informations(blocks))
}

fn page_informations(blocks: Vec<u64>) -> Vec<PageInformation> {
    let blocks = blocks.into_iter();
    blocks.map(PageInformation::from_block).collect()
}

impl Process {
    /// All pages of it that are in memory. Mirrors QueryWorkingSet.
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY) and
    ///   [`ProcessAccess::READ`](crate::ProcessAccess::READ), or has ended.
    /// * ERROR_NO_SYSTEM_RESOURCES: as [`working_set`].
    pub fn working_set(&self) -> Result<Vec<WorkingSetPage>, Error> {
        platform::working_set_of_process(self.handle())
            .map(working_set_pages)
            .map_err(self.error(Operation::QueryProcess))
    }

    /// What is known of the pages at addresses of it. Mirrors QueryWorkingSetEx.
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: it was not opened for [`ProcessAccess::QUERY`](crate::ProcessAccess::QUERY), or
    ///   has ended.
    /// * ERROR_NO_SYSTEM_RESOURCES: as [`pages`].
    pub fn pages(&self, addresses: &[usize]) -> Result<Vec<PageInformation>, Error> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        platform::page_blocks_of_process(self.handle(), addresses)
            .map(page_informations)
            .map_err(self.error(Operation::QueryProcess))
    }
}

fn fail(code: platform::Code) -> Error {
    Error::new(Operation::WorkingSet, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_taken_apart() {
        let page = WorkingSetPage::from_block(0x1234_5000 | 0x100 | 2 << 5 | 4 | 8);
        assert_eq!(page.address, 0x1234_5000);
        assert_eq!(
            page.protection,
            Some(Protection::READWRITE | Protection::NOCACHE)
        );
        assert_eq!((page.shared, page.share_count), (true, 2));
        let page =
            PageInformation::from_block(1 | 3 << 1 | 0x20 << 4 | 1 << 15 | 5 << 16 | 1 << 22);
        assert!(page.valid && page.shared && page.locked && !page.large);
        assert_eq!((page.share_count, page.node), (3, 5));
        assert_eq!(page.protection, Some(Protection::EXECUTE_READ));
        assert_eq!(PageInformation::from_block(0).protection, None);
        assert_eq!(protection_of_code(0), None);
    }
}
