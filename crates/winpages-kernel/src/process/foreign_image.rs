//! Programs and libraries in a process that does not tell them itself: what of its mappings belongs to one.

use core::ops::Range;

use object::Endianness;
use object::elf::{FileHeader32, FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use rustix::io::Errno;

use crate::address_space::layout::{PAGE_SIZE, page_down, page_up};
use crate::sys::memory::Access;
use crate::sys::process_memory::read_memory;
use crate::sys::procmap::{Mapping, Maps};

/// No linker makes more pieces than this.
const MOST_PIECES: usize = 16;

/// The mapping that covers an address.
pub(super) fn covering(maps: &Maps, address: usize) -> Result<Option<Mapping>, Errno> {
    let found = maps.covering_or_next(address)?;
    Ok(found.filter(|mapping| mapping.start <= address))
}

/// The program or library that a mapping of a process begins in: a file that is mapped privately, from its start
/// on, in pieces side by side of which one may be executed; and the zeroed memory right behind it. The mapping may
/// end behind it, for the kernel merges that memory with what others map there.
pub(super) fn image_around(
    process: u32,
    maps: &Maps,
    mapping: &Mapping,
) -> Result<Option<Range<usize>>, Errno> {
    if mapping.shared {
        return Ok(None);
    }
    if mapping.inode != 0 {
        return Ok(image_of(maps, *mapping)?.map(|base| base..mapping.end));
    }
    let Some(before) = mapping.start.checked_sub(1) else {
        return Ok(None);
    };
    let piece = covering(maps, before)?.filter(|before| {
        before.inode != 0 && !before.shared && before.access.contains(Access::WRITE)
    });
    let Some(piece) = piece else {
        return Ok(None);
    };
    let image = image_of(maps, piece)?.map(|base| {
        // Where the headers cannot be read, what can be written is taken for zeroed memory.
        let guess = if mapping.access.contains(Access::WRITE) {
            mapping.end
        } else {
            mapping.start
        };
        base..end_of(process, base).unwrap_or(guess)
    });
    Ok(image.filter(|image| image.contains(&mapping.start)))
}

/// The base of the image of which a mapping is a piece.
fn image_of(maps: &Maps, part: Mapping) -> Result<Option<usize>, Errno> {
    let is_same_file = |other: &Mapping| {
        (other.device, other.inode, other.shared) == (part.device, part.inode, false)
    };
    // A piece lies as far from the base as in the file, or a few pages farther: going down by that leads to
    // an earlier piece, and at last to the first.
    let mut first = part;
    for _ in 0..MOST_PIECES {
        if first.offset == 0 {
            break;
        }
        let below = usize::try_from(first.offset)
            .ok()
            .and_then(|offset| first.start.checked_sub(offset));
        let below = below.map_or(Ok(None), |below| covering(maps, below))?;
        match below.filter(|below| is_same_file(below) && below.start < first.start) {
            Some(below) => first = below,
            None => return Ok(None),
        }
    }
    let mut piece = first;
    for _ in 0..MOST_PIECES {
        if piece.access.contains(Access::EXEC) {
            return Ok(Some(first.start));
        }
        match covering(maps, piece.end)?.filter(is_same_file) {
            Some(next) => piece = next,
            None => break,
        }
    }
    Ok(None)
}

/// Where the image at an address ends, by its own headers: with the zeroed memory behind its file.
fn end_of(process: u32, base: usize) -> Option<usize> {
    let mut page = [0u8; PAGE_SIZE];
    // SAFETY: the buffer is this function's own.
    let read = unsafe { read_memory(process, base, page.as_mut_ptr(), page.len()) }.ok()?;
    let headers = page.get(..read)?;
    let extent = extent::<FileHeader64<Endianness>>(headers)
        .or_else(|| extent::<FileHeader32<Endianness>>(headers))?;
    let size = extent.end - page_down(extent.start);
    page_up(base.checked_add(size)?)
}

/// The addresses that an image is linked for.
fn extent<Header: FileHeader<Endian = Endianness>>(headers: &[u8]) -> Option<Range<usize>> {
    let header = Header::parse(headers).ok()?;
    let endian = header.endian().ok()?;
    let mut extent: Option<Range<usize>> = None;
    for segment in header.program_headers(endian, headers).ok()? {
        if segment.p_type(endian) != PT_LOAD {
            continue;
        }
        let start = usize::try_from(segment.p_vaddr(endian).into()).ok()?;
        let size = usize::try_from(segment.p_memsz(endian).into()).ok()?;
        let end = start.checked_add(size)?;
        extent = Some(match extent {
            Some(known) => known.start.min(start)..known.end.max(end),
            None => start..end,
        });
    }
    extent
}
