//! What the headers of a program image (Microsoft's "PE/COFF") say of where its parts go.

use object::LittleEndian as LE;
use object::pe;
use object::read::ReadRef;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader};
use rustix::fd::BorrowedFd;

use crate::NtStatus;
use crate::address_space::layout::{ALLOCATION_GRANULARITY, PAGE_SIZE};
use crate::address_space::{ImagePart, Protection};
use crate::sys::shared_file;

/// The most sections that Windows takes.
const MOST_SECTIONS: u16 = 96;
/// The largest image that Windows takes, in bytes.
const LARGEST_IMAGE: u32 = 0x7700_0000;
/// Signature and file header.
const FIXED_HEADERS: usize = 24;
/// Where raw data start is rounded down to a multiple of this.
const SECTOR: u64 = 512;

/// Where the parts of an image come from, and go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLayout {
    /// Where it would like to be, a multiple of 64 KiB.
    pub base: u64,
    /// How many bytes it takes, whole pages.
    pub size: u64,
    /// Its parts in ascending order, without a gap between them.
    pub parts: Vec<ImagePart>,
    /// What is to be read from the file, part by part.
    pub contents: Vec<Contents>,
    /// Where in the image its table of base relocations lies, and how long that is; `None` if it
    /// cannot be relocated.
    pub relocations: Option<(u64, u64)>,
    /// Where in the image its base is written down, and in how many bytes.
    pub base_field: (u64, usize),
    /// What NtQuerySection tells.
    pub information: ImageInformation,
}

/// Bytes of the file that go into the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Where they go.
    pub image_offset: u64,
    /// Where they come from.
    pub file_offset: u64,
    /// How many.
    pub size: u64,
}

/// What an image's headers say besides: most of Windows' SECTION_IMAGE_INFORMATION.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageInformation {
    /// Where execution starts, from the base on.
    pub entry: u32,
    /// The stack to be reserved for the first thread.
    pub stack_reserve: u64,
    /// The stack to be committed for it.
    pub stack_commit: u64,
    /// IMAGE_SUBSYSTEM_
    pub subsystem: u16,
    /// The subsystem's version, major and minor.
    pub subsystem_version: (u16, u16),
    /// The operating system's version, major and minor.
    pub system_version: (u16, u16),
    /// IMAGE_FILE_ characteristics.
    pub characteristics: u16,
    /// IMAGE_DLLCHARACTERISTICS_
    pub dll_characteristics: u16,
    /// IMAGE_FILE_MACHINE_
    pub machine: u16,
    /// Whether any of it is code.
    pub has_code: bool,
    /// Whether its sections lie in memory as they lie in the file.
    pub is_flat: bool,
    /// LoaderFlags.
    pub loader_flags: u32,
    /// The file's size.
    pub file_size: u64,
    /// CheckSum.
    pub checksum: u32,
}

impl ImageInformation {
    /// Whether the image is for another processor than this one.
    pub fn is_foreign(&self) -> bool {
        self.machine != pe::IMAGE_FILE_MACHINE_AMD64.0
    }
}

/// The headers of an image, from the signature to the end of its table of sections, and what else
/// there is to be known to lay it out.
#[derive(Clone, Debug)]
pub struct ImageHeaders {
    /// Where in the file the signature stands.
    pub offset: u32,
    /// The size of the file.
    pub file_size: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl ImageHeaders {
    /// Reads them from a file.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_IMAGE_NOT_MZ`] and its kin: see [`super::create_section`].
    pub fn read(file: BorrowedFd<'_>, file_size: u64) -> Result<Self, NtStatus> {
        let read = |offset: u64, buffer: &mut [u8]| -> Result<(), NtStatus> {
            match shared_file::read_at(file, buffer, offset) {
                Ok(read) if read == buffer.len() => Ok(()),
                _ => Err(NtStatus::INVALID_IMAGE_FORMAT),
            }
        };
        if file_size == 0 {
            return Err(NtStatus::INVALID_FILE_FOR_SECTION);
        }
        let mut dos = [0u8; size_of::<pe::ImageDosHeader>()];
        read(0, &mut dos).map_err(|_| NtStatus::INVALID_IMAGE_NOT_MZ)?;
        if dos[..2] != *b"MZ" {
            return Err(NtStatus::INVALID_IMAGE_NOT_MZ);
        }
        let offset = u32::from_le_bytes([dos[60], dos[61], dos[62], dos[63]]);
        let mut start = [0u8; FIXED_HEADERS];
        let known = file_size
            .saturating_sub(u64::from(offset))
            .min(FIXED_HEADERS as u64) as usize;
        read(u64::from(offset), &mut start[..known])
            .map_err(|_| NtStatus::INVALID_IMAGE_PROTECT)?;
        match &start[..4] {
            b"PE\0\0" if known > 4 => {}
            [b'N', b'E', ..] => return Err(NtStatus::INVALID_IMAGE_NE_FORMAT),
            [b'L', b'E', ..] => return Err(NtStatus::INVALID_IMAGE_LE_FORMAT),
            _ => return Err(NtStatus::INVALID_IMAGE_PROTECT),
        }
        let sections = u16::from_le_bytes([start[6], start[7]]);
        let optional_size = u16::from_le_bytes([start[20], start[21]]);
        if known < FIXED_HEADERS || sections > MOST_SECTIONS {
            return Err(NtStatus::INVALID_IMAGE_FORMAT);
        }
        let table = usize::from(sections) * size_of::<pe::ImageSectionHeader>();
        let mut bytes = vec![0u8; FIXED_HEADERS + usize::from(optional_size) + table];
        read(u64::from(offset), &mut bytes)?;
        Ok(Self {
            offset,
            file_size,
            bytes,
        })
    }

    /// Works out where everything goes.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_IMAGE_FORMAT`] if that cannot be told, or is not possible.
    pub fn layout(&self) -> Result<ImageLayout, NtStatus> {
        let bytes = &self.bytes[..];
        let header = bytes
            .read_at::<pe::ImageFileHeader>(4)
            .map_err(|()| NtStatus::INVALID_IMAGE_FORMAT)?;
        // A machine of 64 bits has the wide headers, and the others do not.
        let layout = match header.machine.get(LE) {
            pe::IMAGE_FILE_MACHINE_AMD64 | pe::IMAGE_FILE_MACHINE_ARM64 => {
                self.layout_of::<pe::ImageNtHeaders64>()
            }
            pe::IMAGE_FILE_MACHINE_I386 | pe::IMAGE_FILE_MACHINE_ARMNT => {
                self.layout_of::<pe::ImageNtHeaders32>()
            }
            _ => None,
        };
        layout.ok_or(NtStatus::INVALID_IMAGE_FORMAT)
    }

    fn layout_of<Headers: ImageNtHeaders>(&self) -> Option<ImageLayout> {
        let bytes = &self.bytes[..];
        let mut at = 0;
        let headers = bytes.read::<Headers>(&mut at).ok()?;
        let (file_header, optional) = (headers.file_header(), headers.optional_header());
        let sections_at =
            FIXED_HEADERS as u64 + u64::from(file_header.size_of_optional_header.get(LE));
        if !headers.is_valid_optional_magic() || at > sections_at {
            return None;
        }
        let directories = u64::from(optional.number_of_rva_and_sizes())
            .min((sections_at - at) / size_of::<pe::ImageDataDirectory>() as u64);
        let directories = bytes
            .read_slice_at::<pe::ImageDataDirectory>(at, directories as usize)
            .ok()?;
        let count = usize::from(file_header.number_of_sections.get(LE));
        let sections = bytes
            .read_slice_at::<pe::ImageSectionHeader>(sections_at, count)
            .ok()?;
        let characteristics = file_header.characteristics.get(LE).0;
        let information = ImageInformation {
            entry: optional.address_of_entry_point(),
            stack_reserve: optional.size_of_stack_reserve(),
            stack_commit: optional.size_of_stack_commit(),
            subsystem: optional.subsystem().0,
            subsystem_version: (
                optional.major_subsystem_version(),
                optional.minor_subsystem_version(),
            ),
            system_version: (
                optional.major_operating_system_version(),
                optional.minor_operating_system_version(),
            ),
            characteristics,
            dll_characteristics: optional.dll_characteristics().0,
            machine: file_header.machine.get(LE).0,
            has_code: optional.size_of_code() != 0
                || sections.iter().any(|section| {
                    section.characteristics.get(LE).0 & (CONTAINS_CODE | EXECUTE) != 0
                }),
            is_flat: u64::from(optional.section_alignment()) < PAGE_SIZE as u64,
            loader_flags: optional.loader_flags(),
            file_size: self.file_size,
            checksum: optional.check_sum(),
        };
        let size = u64::from(optional.size_of_image());
        let header_size = u64::from(optional.size_of_headers());
        let is_sound = characteristics & pe::IMAGE_FILE_EXECUTABLE_IMAGE.0 != 0
            && are_sound_alignments(optional.section_alignment(), optional.file_alignment())
            && optional
                .image_base()
                .is_multiple_of(ALLOCATION_GRANULARITY as u64)
            && optional.size_of_image() <= LARGEST_IMAGE
            && header_size < size
            && header_size <= self.file_size;
        if !is_sound {
            return None;
        }
        let size = size.next_multiple_of(PAGE_SIZE as u64);
        let (parts, contents) = if information.is_flat {
            flat_parts(sections, size, self.file_size)?
        } else {
            let alignment = u64::from(optional.section_alignment());
            parts(sections, header_size, size, alignment, self.file_size)?
        };
        let can_be_relocated = characteristics & pe::IMAGE_FILE_RELOCS_STRIPPED.0 == 0;
        let table = directories
            .get(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC)
            .filter(|_| can_be_relocated)
            .map(|entry| (entry.virtual_address.get(LE), entry.size.get(LE)))
            .filter(|(start, length)| *start != 0 && *length != 0)
            .map(|(start, length)| (u64::from(start), u64::from(length)));
        let is_wide = headers.is_type_64();
        let base_field =
            FIXED_HEADERS as u64 + u64::from(self.offset) + if is_wide { 24 } else { 28 };
        Some(ImageLayout {
            base: optional.image_base(),
            size,
            parts,
            contents,
            relocations: table,
            base_field: (base_field, if is_wide { 8 } else { 4 }),
            information,
        })
    }
}

const CONTAINS_CODE: u32 = pe::IMAGE_SCN_CNT_CODE.0;
const EXECUTE: u32 = pe::IMAGE_SCN_MEM_EXECUTE.0;

fn are_sound_alignments(section: u32, file: u32) -> bool {
    file.is_power_of_two()
        && section.is_power_of_two()
        && section >= file
        && (file.is_multiple_of(512) || file == section)
}

/// The parts of an image whose sections are aligned to less than a page: it lies in memory as it lies
/// in the file.
fn flat_parts(
    sections: &[pe::ImageSectionHeader],
    size: u64,
    file_size: u64,
) -> Option<(Vec<ImagePart>, Vec<Contents>)> {
    for section in sections {
        let length = u64::from(section.size_of_raw_data.get(LE));
        let start = section.pointer_to_raw_data.get(LE);
        let end = u64::from(start) + length;
        if length != 0 && (start != section.virtual_address.get(LE) || end > size.min(file_size)) {
            return None;
        }
    }
    let part = ImagePart {
        start: 0,
        end: size,
        protection: Some(Protection::EXECUTE_WRITECOPY),
        is_shared: false,
    };
    let contents = Contents {
        image_offset: 0,
        file_offset: 0,
        size: size.min(file_size),
    };
    Some((vec![part], vec![contents]))
}

/// The parts of an image as its sections say: each begins where the one before ends, the first behind
/// the headers, and all have room in the image.
fn parts(
    sections: &[pe::ImageSectionHeader],
    header_size: u64,
    size: u64,
    alignment: u64,
    file_size: u64,
) -> Option<(Vec<ImagePart>, Vec<Contents>)> {
    let page = PAGE_SIZE as u64;
    let mut parts = Vec::with_capacity(sections.len() + 2);
    let mut contents = Vec::with_capacity(sections.len() + 1);
    // What lies between the end of a part and the next multiple of the alignment is reserved.
    let mut end = 0;
    let mut add = |start: u64, length: u64, protection, is_shared| {
        let next = start + length.next_multiple_of(alignment);
        if start != end || next > size.next_multiple_of(alignment) {
            return None;
        }
        end = next;
        let filled = (start + length.next_multiple_of(page)).min(size);
        for (start, end, protection, is_shared) in [
            (start, filled, Some(protection), is_shared),
            (filled, next.min(size), None, false),
        ] {
            if start < end {
                parts.push(ImagePart {
                    start,
                    end,
                    protection,
                    is_shared,
                });
            }
        }
        Some(filled - start)
    };
    add(0, header_size, Protection::READONLY, false)?;
    contents.push(Contents {
        image_offset: 0,
        file_offset: 0,
        size: header_size
            .next_multiple_of(SECTOR)
            .min(page_up(header_size))
            .min(file_size),
    });
    for section in sections {
        let start = u64::from(section.virtual_address.get(LE));
        let file_offset = u64::from(section.pointer_to_raw_data.get(LE));
        let stored = match file_offset {
            0 => 0,
            _ => u64::from(section.size_of_raw_data.get(LE)),
        };
        let length = match section.virtual_size.get(LE) {
            0 => stored,
            length => u64::from(length),
        };
        if stored != 0 && file_offset + stored > file_size {
            return None;
        }
        let characteristics = section.characteristics.get(LE).0;
        let is_shared = characteristics & pe::IMAGE_SCN_MEM_SHARED.0 != 0;
        let room = add(start, length, protection_of(characteristics), is_shared)?;
        let file_offset = file_offset - file_offset % SECTOR;
        if stored != 0 {
            contents.push(Contents {
                image_offset: start,
                file_offset,
                size: stored.min(room),
            });
        }
    }
    if end < size {
        parts.push(ImagePart {
            start: end,
            end: size,
            protection: None,
            is_shared: false,
        });
    }
    Some((parts, contents))
}

fn page_up(size: u64) -> u64 {
    size.next_multiple_of(PAGE_SIZE as u64)
}

/// The protection of a section's pages: what is written is copied, unless all are to see it.
fn protection_of(characteristics: u32) -> Protection {
    let has = |flag: pe::SectionFlags| characteristics & flag.0 != 0;
    let is_shared = has(pe::IMAGE_SCN_MEM_SHARED);
    let writes = has(pe::IMAGE_SCN_MEM_WRITE);
    let reads = has(pe::IMAGE_SCN_MEM_READ);
    match (has(pe::IMAGE_SCN_MEM_EXECUTE), writes, reads) {
        (true, true, _) if is_shared => Protection::EXECUTE_READWRITE,
        (true, true, _) => Protection::EXECUTE_WRITECOPY,
        (true, false, true) => Protection::EXECUTE_READ,
        (true, false, false) => Protection::EXECUTE,
        (false, true, _) if is_shared => Protection::READWRITE,
        (false, true, _) => Protection::WRITECOPY,
        (false, false, true) => Protection::READONLY,
        (false, false, false) => Protection::NOACCESS,
    }
}
