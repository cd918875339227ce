//! Pages by number.

use winpages_kernel::address_space;

use super::super::Code;
use super::code;

/// Answers the numbers of as many as there were.
pub(crate) fn allocate_physical(count: usize) -> Result<Vec<usize>, Code> {
    let mut pages = Vec::with_capacity(count.min(1 << 16));
    address_space::allocate_user_physical_pages(count, |_, page| {
        pages.push(page);
        Ok(())
    })
    .map_err(code)?;
    Ok(pages)
}

/// # Safety
///
/// Nobody may rely on what the pages hold, wherever they are mapped.
pub(crate) unsafe fn free_physical(pages: &[usize]) -> Result<(), Code> {
    pages
        .iter()
        .try_for_each(|page| address_space::free_user_physical_page(*page))
        .map_err(code)
}

/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn map_physical(base: usize, pages: &[usize]) -> Result<(), Code> {
    address_space::map_user_physical_pages(base, pages.len(), |index| Ok(Some(pages[index])))
        .map_err(code)
}

/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn unmap_physical(base: usize, count: usize) -> Result<(), Code> {
    address_space::map_user_physical_pages(base, count, |_| Ok(None)).map_err(code)
}

/// Maps each page at the address of its own.
///
/// # Safety
///
/// Nobody may rely on what is mapped there.
pub(crate) unsafe fn map_physical_scattered(
    addresses: &[usize],
    pages: &[usize],
) -> Result<(), Code> {
    address_space::map_user_physical_pages_scattered(pages.len(), |index| {
        Ok((addresses[index], Some(pages[index])))
    })
    .map_err(code)
}
