//! Everybody else's memory: what the kernel, the loader and malloc mapped.

use core::ffi::{c_int, c_void};
use core::ops::Range;

use super::PageRange;
use super::layout::{PAGE_SIZE, page_down, page_up};
use super::protection::Protection;
use super::query::{MemoryBasicInformation, MemoryKind, MemoryState};
use crate::NtStatus;
use crate::sys::memory::{self, Access};
use crate::sys::procmap::{self, Mapping};

/// The part of a range that somebody else's first mapping in it takes, or its first page if the
/// kernel does not say: a place to go past.
pub(super) fn extent_within(start: usize, end: usize) -> PageRange {
    let first_page = PageRange {
        base: start,
        size: PAGE_SIZE,
    };
    match procmap::covering_or_next(start) {
        Ok(Some(mapping)) if mapping.start < end => {
            let base = mapping.start.max(start);
            PageRange {
                base,
                size: mapping.end.min(end) - base,
            }
        }
        _ => first_page,
    }
}

/// Describes a page that is not the engine's, between the end of the run of ours below and the start
/// of the one above. The kernel merges mappings that are alike, ours with others', so what it answers
/// is cut to that gap.
pub(super) fn describe(
    page: usize,
    previous_end: usize,
    next_start: usize,
) -> MemoryBasicInformation {
    let Ok(answer) = procmap::covering_or_next(page) else {
        // No /proc, or no descriptor left: what nobody can tell is free to no one's harm, for the
        // kernel refuses a reservation there if it is not.
        return MemoryBasicInformation::free(page, next_start);
    };
    let Some(mapping) = answer.filter(|mapping| mapping.start < next_start) else {
        return MemoryBasicInformation::free(page, next_start);
    };
    if mapping.start > page {
        return MemoryBasicInformation::free(page, mapping.start);
    }
    MemoryBasicInformation::foreign(
        page,
        &mapping,
        image_around(page, &mapping),
        (previous_end, next_start),
    )
}

impl MemoryBasicInformation {
    /// A page of somebody else's mapping, as far as it lies between two addresses. The mapping may begin in a
    /// program or library, `image`, and end behind it.
    pub(crate) fn foreign(
        page: usize,
        mapping: &Mapping,
        image: Option<Range<usize>>,
        (mut previous_end, mut next_start): (usize, usize),
    ) -> Self {
        let protection = protection_of(mapping);
        let image_base = match image {
            Some(image) if image.contains(&page) => {
                next_start = next_start.min(image.end);
                Some(image.start)
            }
            Some(image) => {
                previous_end = previous_end.max(image.end);
                None
            }
            None => None,
        };
        let (kind, allocation_base, allocation_protection) = match image_base {
            Some(base) => (MemoryKind::Image, base, Protection::EXECUTE_WRITECOPY),
            None => {
                let kind = if mapping.inode != 0 || mapping.shared {
                    MemoryKind::Mapped
                } else {
                    MemoryKind::Private
                };
                (kind, mapping.start.max(previous_end), protection)
            }
        };
        // Nobody knows what others have set aside for later; what cannot be touched looks so.
        let reserved = mapping.access.is_empty() && kind == MemoryKind::Private;
        Self {
            base_address: page,
            allocation_base,
            allocation_protection: Some(allocation_protection),
            region_size: mapping.end.min(next_start) - page,
            state: if reserved {
                MemoryState::Reserve
            } else {
                MemoryState::Commit
            },
            protection: (!reserved).then_some(protection),
            kind,
        }
    }
}

/// What Windows would call what the kernel allows. A private mapping of a file that may be written is
/// copied on write.
pub(crate) fn protection_of(mapping: &Mapping) -> Protection {
    let write = mapping.access.contains(Access::WRITE);
    let read = mapping.access.contains(Access::READ);
    let copies = write && mapping.inode != 0 && !mapping.shared;
    if mapping.access.contains(Access::EXEC) {
        match (copies, write, read) {
            (true, ..) => Protection::EXECUTE_WRITECOPY,
            (_, true, _) => Protection::EXECUTE_READWRITE,
            (.., true) => Protection::EXECUTE_READ,
            _ => Protection::EXECUTE,
        }
    } else {
        match (copies, write, read) {
            (true, ..) => Protection::WRITECOPY,
            (_, true, _) => Protection::READWRITE,
            (.., true) => Protection::READONLY,
            _ => Protection::NOACCESS,
        }
    }
}

/// Changes the protection of pages that are not the engine's; answers what the first page had.
pub(super) fn protect(
    range: PageRange,
    protection: Protection,
    previous_end: usize,
    next_start: usize,
) -> Result<Protection, NtStatus> {
    let first = describe(range.base, previous_end, next_start);
    let mut at = range.base;
    while at < range.end() {
        let here = describe(at, previous_end, next_start);
        // Nobody knows where others' allocations end, but for images: the kernel parts what has been
        // given two protections.
        let is_other = here.kind != first.kind
            || (here.kind == MemoryKind::Image && here.allocation_base != first.allocation_base);
        if here.state == MemoryState::Free || is_other {
            return Err(NtStatus::NOT_COMMITTED);
        }
        at += here.region_size;
    }
    let old = first.protection.unwrap_or(Protection::NOACCESS);
    if protection.is_copy_on_write() && first.kind == MemoryKind::Private {
        return Err(NtStatus::INVALID_PAGE_PROTECTION);
    }
    // SAFETY: the caller of VirtualProtect answers for memory that is not ours, as on Windows.
    match unsafe { memory::protect(range.base, range.size, protection.access()) } {
        Ok(()) => Ok(old),
        Err(rustix::io::Errno::ACCESS) => Err(NtStatus::INVALID_PAGE_PROTECTION),
        Err(_) => Err(NtStatus::COMMITMENT_LIMIT),
    }
}

/// The program or library whose pages surround an address, else the one that its mapping begins in. The kernel's
/// own, which has no file, is none.
fn image_around(address: usize, mapping: &Mapping) -> Option<Range<usize>> {
    struct Search {
        address: usize,
        mapping_start: usize,
        found: Option<Range<usize>>,
    }

    unsafe extern "C" fn visit(
        image: *mut libc::dl_phdr_info,
        _size: usize,
        search: *mut c_void,
    ) -> c_int {
        // SAFETY: dl_iterate_phdr passes a valid description, and the pointer given below.
        let (image, search) = unsafe { (&*image, &mut *search.cast::<Search>()) };
        // SAFETY: it only reads what the kernel handed to the process.
        let of_kernel = unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) };
        if image.dlpi_phdr.is_null() || image.dlpi_addr == of_kernel {
            return 0;
        }
        // SAFETY: the loader's description names its own table and its length.
        let headers =
            unsafe { core::slice::from_raw_parts(image.dlpi_phdr, usize::from(image.dlpi_phnum)) };
        let loaded = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD);
        let bounds = loaded.fold(None, |bounds: Option<(usize, usize)>, header| {
            let start = (image.dlpi_addr).wrapping_add(header.p_vaddr) as usize;
            let end = start.wrapping_add(header.p_memsz as usize);
            let (low, high) = bounds.unwrap_or((start, end));
            Some((low.min(start), high.max(end)))
        });
        let pages = bounds.and_then(|(low, high)| Some(page_down(low)..page_up(high)?));
        let Some(pages) = pages else {
            return 0;
        };
        let is_around = pages.contains(&search.address);
        if is_around || pages.contains(&search.mapping_start) {
            search.found = Some(pages);
        }
        c_int::from(is_around)
    }

    let mut search = Search {
        address,
        mapping_start: mapping.start,
        found: None,
    };
    // SAFETY: `visit` has the type asked for and keeps nothing; `search` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.found
}

#[cfg(test)]
mod tests {
    use super::super::{
        AllocationType, allocate_virtual_memory, protect_virtual_memory, query_virtual_memory,
    };
    use super::*;

    #[test]
    fn describes_the_program_and_its_stack() {
        let code =
            query_virtual_memory(describes_the_program_and_its_stack as fn() as usize).unwrap();
        assert_eq!(code.kind, MemoryKind::Image);
        assert_eq!(code.protection, Some(Protection::EXECUTE_READ));
        assert_ne!(code.allocation_base, 0);
        let local = 0u8;
        let stack = query_virtual_memory(&raw const local as usize).unwrap();
        assert_eq!(stack.state, MemoryState::Commit);
        assert_eq!(stack.protection, Some(Protection::READWRITE));
        assert_eq!(stack.kind, MemoryKind::Private);
    }

    #[test]
    fn what_was_parted_is_protected_together() {
        let memory = memory::map_anywhere(4 * PAGE_SIZE).unwrap() as usize;
        let protect = |page: usize, pages: usize, protection: Protection| {
            let (base, size) = (memory + page * PAGE_SIZE, pages * PAGE_SIZE);
            protect_virtual_memory(base, size, protection.bits()).map(|(_, old)| old)
        };
        let [none, read, write] = [
            Protection::NOACCESS,
            Protection::READONLY,
            Protection::READWRITE,
        ];
        assert_eq!(protect(1, 1, none), Ok(write));
        assert_eq!(protect(2, 1, read), Ok(write));
        assert_eq!(protect(1, 2, read), Ok(none));
        assert_eq!(protect(0, 4, write), Ok(write));
        assert_eq!(protect(1, 1, write), Ok(write));
        // SAFETY: mapped above, and by nobody else known.
        unsafe { memory::unmap(memory, 4 * PAGE_SIZE).unwrap() };
    }

    #[test]
    fn the_walk_has_no_hole() {
        let ours = allocate_virtual_memory(
            0,
            0x5000,
            (AllocationType::RESERVE | AllocationType::COMMIT).bits(),
            4,
        )
        .unwrap();
        let mut at = 0;
        let mut met = false;
        while let Ok(region) = query_virtual_memory(at) {
            assert_eq!(region.base_address, at);
            assert!(region.region_size >= PAGE_SIZE);
            met |= region.base_address == ours.base && region.region_size == ours.size;
            at += region.region_size;
        }
        assert!(met);
        assert_eq!(at, super::super::layout::application_end());
    }
}
