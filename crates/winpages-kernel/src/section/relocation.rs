//! Base relocations: what has to be added where, when an image is not where it would like to be.

use object::LittleEndian as LE;
use object::endian::U16;
use object::pe;
use object::read::ReadRef;

use crate::NtStatus;

/// A window of bytes that a block of relocations may change: a page, and as far as the last field of
/// one can reach into the next.
pub const WINDOW: u64 = 0x1000 + 7;

/// The relocations of one page of an image.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Where in the image the page begins.
    pub page: u64,
    entries: &'a [U16<LE>],
}

/// The blocks of a table of relocations.
///
/// # Errors
///
/// [`NtStatus::INVALID_IMAGE_FORMAT`] in the place of a block that does not lie within the table.
pub fn blocks(table: &[u8]) -> impl Iterator<Item = Result<Block<'_>, NtStatus>> {
    let mut at = 0u64;
    let header_size = size_of::<pe::ImageBaseRelocation>() as u32;
    core::iter::from_fn(move || {
        let header = table.read::<pe::ImageBaseRelocation>(&mut at).ok()?;
        let size = header.size_of_block.get(LE);
        if size == 0 {
            // Padding.
            return None;
        }
        let entries = size.checked_sub(header_size).and_then(|length| {
            let count = length as usize / size_of::<U16<LE>>();
            table.read_slice::<U16<LE>>(&mut at, count).ok()
        });
        let Some(entries) = entries else {
            at = table.len() as u64;
            return Some(Err(NtStatus::INVALID_IMAGE_FORMAT));
        };
        Some(Ok(Block {
            page: header.virtual_address.get(LE).into(),
            entries,
        }))
    })
}

impl Block<'_> {
    /// Adds `delta` to all that the block tells of in the bytes of its page. A kind that processors of
    /// this family do not have is left as it is.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_IMAGE_FORMAT`] if a field does not lie within the bytes.
    pub fn apply(&self, page: &mut [u8], delta: u64) -> Result<(), NtStatus> {
        for entry in self.entries {
            let entry = entry.get(LE);
            let at = usize::from(entry & 0xFFF);
            match pe::BaseRelocationType(entry >> 12) {
                pe::IMAGE_REL_BASED_DIR64 => change(page, at, |field| {
                    u64::from_le_bytes(field).wrapping_add(delta).to_le_bytes()
                }),
                pe::IMAGE_REL_BASED_HIGHLOW => change(page, at, |field| {
                    u32::from_le_bytes(field)
                        .wrapping_add(delta as u32)
                        .to_le_bytes()
                }),
                pe::IMAGE_REL_BASED_HIGH => change(page, at, |field| {
                    let whole = u32::from(u16::from_le_bytes(field)) << 16;
                    ((whole.wrapping_add(delta as u32) >> 16) as u16).to_le_bytes()
                }),
                pe::IMAGE_REL_BASED_LOW => change(page, at, |field| {
                    u16::from_le_bytes(field)
                        .wrapping_add(delta as u16)
                        .to_le_bytes()
                }),
                _ => Some(()),
            }
            .ok_or(NtStatus::INVALID_IMAGE_FORMAT)?;
        }
        Ok(())
    }
}

fn change<const SIZE: usize>(
    page: &mut [u8],
    at: usize,
    new: impl FnOnce([u8; SIZE]) -> [u8; SIZE],
) -> Option<()> {
    let field = page.get_mut(at..)?.first_chunk_mut::<SIZE>()?;
    *field = new(*field);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(page: u32, entries: &[u16]) -> Vec<u8> {
        let size = 8 + entries.len() as u32 * 2;
        let mut bytes = [page.to_le_bytes(), size.to_le_bytes()].concat();
        bytes.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
        bytes
    }

    #[test]
    fn adds_the_distance() {
        let table = [
            table(0x1000, &[0xA004, 0x3010, 0x1020, 0x2022, 0]),
            table(0x3000, &[]),
        ]
        .concat();
        let mut page = vec![0u8; WINDOW as usize];
        page[4..12].copy_from_slice(&0x1_5000_1234u64.to_le_bytes());
        page[16..20].copy_from_slice(&0x5000_1234u32.to_le_bytes());
        page[32..34].copy_from_slice(&0x5000u16.to_le_bytes());
        page[34..36].copy_from_slice(&0x1234u16.to_le_bytes());
        let blocks: Vec<_> = blocks(&table).map(Result::unwrap).collect();
        assert_eq!(
            blocks.iter().map(|block| block.page).collect::<Vec<_>>(),
            [0x1000, 0x3000]
        );
        blocks[0].apply(&mut page, 0x10_0007_0000).unwrap();
        assert_eq!(page[4..12], 0x11_5007_1234u64.to_le_bytes());
        assert_eq!(page[16..20], 0x5007_1234u32.to_le_bytes());
        assert_eq!(page[32..34], 0x5007u16.to_le_bytes());
        assert_eq!(page[34..36], 0x1234u16.to_le_bytes());
    }

    #[test]
    fn refuses_what_lies_outside() {
        let mut short = table(0x1000, &[0xA000; 4]);
        short[4] = 0x40;
        assert!(blocks(&short).any(|block| block.is_err()));
        let last = table(0x1000, &[0xAFFF]);
        let block = blocks(&last).next().unwrap().unwrap();
        assert!(block.apply(&mut [0; WINDOW as usize - 1], 1).is_err());
        assert!(block.apply(&mut [0; WINDOW as usize], 1).is_ok());
    }

    #[test]
    fn ends_at_padding() {
        let padded = [table(0, &[0]), vec![0; 20]].concat();
        assert_eq!(blocks(&padded).count(), 1);
        assert_eq!(blocks(&[1, 2, 3]).count(), 0);
    }
}
