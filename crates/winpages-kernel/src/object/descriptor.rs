//! What stands in a named object's file behind its data.
//!
//! The data come first, from byte 0, so that any program that maps the file sees them as they are.
//! Behind them, at the very end of the file, stands a fixed trailer that says what the object is;
//! before it the object's full name, and what its kind wants to add.

use rustix::fd::{AsFd, BorrowedFd};

use super::name::{ObjectName, Scope};
use super::patience::Patience;
use super::plain_section::PlainSection;
use crate::NtStatus;
use crate::sys::file::{RangeLock, lock_range};
use crate::sys::shared_file::{self, Stat};

/// The kinds of object that share the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum ObjectKind {
    /// A section: CreateFileMapping.
    Section = 1,
    /// A mutant: CreateMutex.
    Mutant = 2,
    /// An event: CreateEvent.
    Event = 3,
    /// A semaphore: CreateSemaphore.
    Semaphore = 4,
    /// A timer: CreateWaitableTimer.
    Timer = 5,
    /// A keyed event: NtCreateKeyedEvent.
    KeyedEvent = 6,
    /// A directory: CreatePrivateNamespace.
    Directory = 7,
}

impl ObjectKind {
    /// What NtQueryDirectoryObject calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Section => "Section",
            Self::Mutant => "Mutant",
            Self::Event => "Event",
            Self::Semaphore => "Semaphore",
            Self::Timer => "Timer",
            Self::KeyedEvent => "KeyedEvent",
            Self::Directory => "Directory",
        }
    }

    /// The kind of a number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Section),
            2 => Some(Self::Mutant),
            3 => Some(Self::Event),
            4 => Some(Self::Semaphore),
            5 => Some(Self::Timer),
            6 => Some(Self::KeyedEvent),
            7 => Some(Self::Directory),
            _ => None,
        }
    }
}

/// Why a file's descriptor could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It does not hold together, as one does not that is being written; if it stays so, this is what
    /// is wrong: [`NtStatus::OBJECT_TYPE_MISMATCH`], it is the file of no object;
    /// [`NtStatus::REVISION_MISMATCH`], it has been cut short or is laid out otherwise.
    Unfinished(NtStatus),
    /// It is whole, and not for this process: [`NtStatus::REVISION_MISMATCH`], it is one of another
    /// version of this library or of another word width.
    Refused(NtStatus),
}

/// "WINPAGES", in the byte order of the machine: one of the other order does not read it so.
const MAGIC: u64 = 0x5749_4E50_4147_4553;

/// Changes whenever anything about the file does that a process of the other version would misread.
const VERSION: u32 = 3;

/// How many bytes a kind has for itself.
pub const PAYLOAD_SIZE: usize = 64;

/// The end of every object's file.
#[repr(C)]
#[derive(Clone, Copy)]
struct Trailer {
    magic: u64,
    version: u32,
    trailer_size: u32,
    word_bits: u32,
    kind: u32,
    file_size: u64,
    data_size: u64,
    name_size: u32,
    extra_size: u32,
    creator: u32,
    /// Of all that stands behind the data, with this field 0. A descriptor that is read while it is
    /// being written does not have the right one.
    checksum: u32,
    security_size: u32,
    plain: u32,
    payload: [u8; PAYLOAD_SIZE],
}

const TRAILER_SIZE: usize = size_of::<Trailer>();
const _: () = assert!(TRAILER_SIZE == 128);

/// The longest name in bytes: a UNICODE_STRING's.
const LONGEST_NAME: u32 = 65534;
/// More than the longest path.
const LONGEST_EXTRA: u32 = 1 << 16;
/// More than a security descriptor with two of the longest lists.
const LONGEST_SECURITY: u32 = 1 << 18;

/// What a named object's file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// Which kind of plain section it is; then `payload` is empty, and all there is to know follows from
    /// this and from `data_size`.
    pub plain: Option<PlainSection>,
    /// How many bytes of the file are its data and whatever tables its kind keeps behind them.
    pub data_size: u64,
    /// The object's name without its scope; none where the file's name is all there is.
    pub name: Vec<u16>,
    /// What its kind wants remembered in a fixed place.
    pub payload: [u8; PAYLOAD_SIZE],
    /// What its kind wants remembered besides: a path, for instance.
    pub extra: Vec<u8>,
    /// Its security descriptor in self-relative form, with zeroes behind it if there was a longer one;
    /// empty if it was created without.
    pub security: Vec<u8>,
    /// The process that created it; 0 where nobody has noted it.
    pub creator: u32,
}

impl Descriptor {
    /// How long a file with this descriptor is, in bytes.
    pub fn file_size(&self) -> u64 {
        let variable = self.security.len() + self.extra.len() + self.name.len() * 2;
        self.data_size + (variable + TRAILER_SIZE) as u64
    }

    /// Writes the descriptor behind the data.
    ///
    /// # Errors
    ///
    /// [`NtStatus::COMMITMENT_LIMIT`] if there is no room.
    pub fn write(&self, file: BorrowedFd<'_>) -> Result<(), NtStatus> {
        write_all(file, &self.bytes(), self.data_size)
    }

    /// Writes the data of a small object, and the descriptor behind them, with one call.
    ///
    /// # Errors
    ///
    /// As [`Descriptor::write`].
    pub fn write_behind(&self, file: BorrowedFd<'_>, data: &[u8]) -> Result<(), NtStatus> {
        debug_assert_eq!(data.len() as u64, self.data_size);
        let mut bytes = data.to_vec();
        bytes.extend(self.bytes());
        write_all(file, &bytes, 0)
    }

    /// All that stands behind the data.
    fn bytes(&self) -> Vec<u8> {
        let mut trailer = Trailer {
            magic: MAGIC,
            version: VERSION,
            trailer_size: TRAILER_SIZE as u32,
            word_bits: usize::BITS,
            kind: self.kind as u32,
            file_size: self.file_size(),
            data_size: self.data_size,
            name_size: (self.name.len() * 2) as u32,
            extra_size: self.extra.len() as u32,
            creator: self.creator,
            checksum: 0,
            security_size: self.security.len() as u32,
            plain: self.plain.map_or(0, |plain| plain as u32),
            payload: self.payload,
        };
        let mut bytes: Vec<u8> = self.security.clone();
        bytes.extend_from_slice(&self.extra);
        bytes.extend(self.name.iter().flat_map(|unit| unit.to_ne_bytes()));
        trailer.checksum = checksum(&bytes, &trailer);
        bytes.extend_from_slice(trailer.as_bytes());
        bytes
    }

    /// What an object's file says of it: by its mode and size, as `found`, or in the descriptor behind the
    /// data.
    ///
    /// # Errors
    ///
    /// See [`Unreadable`].
    pub fn of(file: BorrowedFd<'_>, found: &Stat) -> Result<Self, Unreadable> {
        match PlainSection::of(found) {
            Some((plain, data_size)) => Ok(plain.descriptor(data_size)),
            None => Self::read(file, found.st_size as u64),
        }
    }

    /// Reads the descriptor that stands behind the data.
    fn read(file: BorrowedFd<'_>, file_size: u64) -> Result<Self, Unreadable> {
        // Almost always the name is in this, too.
        const WINDOW: usize = 1024;
        const PAGE: u64 = 4096;
        let mut window = [0u8; WINDOW];
        // Data mostly end at a page boundary: what stands behind it is enough, and costs less to read.
        let in_last_page = (file_size % PAGE) as usize;
        let length = if (TRAILER_SIZE..=WINDOW).contains(&in_last_page) {
            in_last_page
        } else {
            file_size.min(WINDOW as u64) as usize
        };
        let tail = &mut window[..length];
        read_all(file, tail, file_size - length as u64)?;
        let foreign = Unreadable::Unfinished(NtStatus::OBJECT_TYPE_MISMATCH);
        let at = length.checked_sub(TRAILER_SIZE).ok_or(foreign)?;
        // SAFETY: these are as many bytes as a trailer has, and any bytes are integers.
        let mut trailer = unsafe { tail[at..].as_ptr().cast::<Trailer>().read_unaligned() };
        if trailer.magic != MAGIC {
            return Err(foreign);
        }
        let variable = u64::from(trailer.name_size)
            + u64::from(trailer.extra_size)
            + u64::from(trailer.security_size);
        let has_sound_sizes = trailer.trailer_size as usize == TRAILER_SIZE
            && trailer.file_size == file_size
            && trailer.name_size <= LONGEST_NAME
            && trailer.extra_size <= LONGEST_EXTRA
            && trailer.security_size <= LONGEST_SECURITY
            && trailer
                .data_size
                .checked_add(variable + TRAILER_SIZE as u64)
                == Some(file_size);
        let unfinished = Unreadable::Unfinished(NtStatus::REVISION_MISMATCH);
        if !has_sound_sizes {
            return Err(unfinished);
        }
        let variable = variable as usize;
        let mut long;
        let variable = match at.checked_sub(variable) {
            Some(start) => &tail[start..at],
            None => {
                long = vec![0u8; variable];
                read_all(file, &mut long, trailer.data_size)?;
                &long[..]
            }
        };
        let written = core::mem::take(&mut trailer.checksum);
        if written != checksum(variable, &trailer) {
            return Err(unfinished);
        }
        let kind = ObjectKind::from_number(trailer.kind);
        let is_of_this_version = trailer.version == VERSION && trailer.word_bits == usize::BITS;
        let plain = PlainSection::from_number(trailer.plain);
        let is_of_this_version = is_of_this_version && (plain.is_some() || trailer.plain == 0);
        let (true, Some(kind)) = (is_of_this_version, kind) else {
            return Err(Unreadable::Refused(NtStatus::REVISION_MISMATCH));
        };
        let (security, rest) = variable.split_at(trailer.security_size as usize);
        let (extra, name) = rest.split_at(trailer.extra_size as usize);
        Ok(Self {
            kind,
            plain,
            data_size: trailer.data_size,
            name: name
                .chunks_exact(2)
                .map(|pair| u16::from_ne_bytes([pair[0], pair[1]]))
                .collect(),
            payload: trailer.payload,
            extra: extra.to_vec(),
            security: security.to_vec(),
            creator: trailer.creator,
        })
    }

    /// Changes the descriptor of an object's file. Whoever reads it meanwhile sees it as it was or as it
    /// will be, or sees that it is being written; and of those who change it at the same time, each
    /// starts from what the other has left. `leaf` is the object's name, for a file that has none yet.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the file may not be written, [`NtStatus::COMMITMENT_LIMIT`] if there
    /// is no room for a longer one, [`NtStatus::LOCK_NOT_GRANTED`] if somebody has been changing it for
    /// five seconds; what `change` answers.
    pub fn update(
        file: BorrowedFd<'_>,
        leaf: &[u16],
        change: impl FnOnce(&mut Self) -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        /// A place no file has bytes at.
        const PLACE: u64 = i64::MAX as u64 - 1;
        const PAGE: u64 = 4096;
        // Of an opening of its own, whose lock excludes other threads of this process, too.
        let file = shared_file::open_writable(file).map_err(|_| NtStatus::ACCESS_DENIED)?;
        let file = file.as_fd();
        let mut patience = Patience::new();
        while lock_range(file, RangeLock::Exclusive, PLACE, 1, false).is_err() {
            patience.pause().map_err(|_| NtStatus::LOCK_NOT_GRANTED)?;
        }
        let found = shared_file::stat(file).map_err(|_| NtStatus::ACCESS_DENIED)?;
        let mut descriptor = Self::of(file, &found).map_err(|unreadable| match unreadable {
            Unreadable::Unfinished(status) | Unreadable::Refused(status) => status,
        })?;
        if descriptor.plain.is_some() {
            descriptor.name = leaf.to_vec();
        }
        let room = descriptor.security.len();
        let end = found.st_size as u64;
        change(&mut descriptor)?;
        // The file gets no shorter, so that one write does all of it.
        if descriptor.security.len() < room {
            descriptor.security.resize(room, 0);
        }
        if PlainSection::is_told_by(descriptor.file_size()).is_some() {
            // The mode may still say that a file of such a length has no descriptor.
            descriptor.security.resize(descriptor.security.len() + 8, 0);
        }
        let new_end = descriptor.file_size();
        if new_end > end {
            let start = end.min(descriptor.data_size);
            shared_file::allocate_keeping_size(file, start, new_end - start)
                .map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
        }
        if PlainSection::of(&found).is_some() && new_end > descriptor.data_size + PAGE {
            // What is written grows page by page, and must not pass for a longer section meanwhile.
            shared_file::set_size(file, new_end).map_err(|_| NtStatus::COMMITMENT_LIMIT)?;
        }
        descriptor.write(file)
    }

    /// The object's whole name.
    pub fn object_name(&self, scope: Scope) -> ObjectName {
        ObjectName::from_parts(scope, self.name.clone())
    }
}

fn write_all(file: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < bytes.len() {
        match shared_file::write_at(file, &bytes[done..], offset + done as u64) {
            Ok(written) if written > 0 => done += written,
            _ => return Err(NtStatus::COMMITMENT_LIMIT),
        }
    }
    Ok(())
}

fn read_all(file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<(), Unreadable> {
    let mut done = 0;
    while done < buffer.len() {
        match shared_file::read_at(file, &mut buffer[done..], offset + done as u64) {
            Ok(read) if read > 0 => done += read,
            // Cut short between the question for its size and now.
            _ => return Err(Unreadable::Unfinished(NtStatus::REVISION_MISMATCH)),
        }
    }
    Ok(())
}

impl Trailer {
    fn as_bytes(&self) -> &[u8] {
        // SAFETY: the trailer is made of integers without a gap between them.
        unsafe { core::slice::from_raw_parts((&raw const *self).cast::<u8>(), TRAILER_SIZE) }
    }
}

/// FNV-1a, 32 bits.
fn checksum(variable: &[u8], trailer: &Trailer) -> u32 {
    let bytes = variable.iter().chain(trailer.as_bytes());
    bytes.fold(0x811C_9DC5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use rustix::fd::AsFd;

    use super::*;

    fn example() -> Descriptor {
        Descriptor {
            kind: ObjectKind::Section,
            plain: None,
            data_size: 4096,
            name: "共享".encode_utf16().collect(),
            payload: [7; PAYLOAD_SIZE],
            extra: b"/tmp/x".to_vec(),
            security: vec![9; 40],
            creator: 1,
        }
    }

    #[test]
    fn reads_what_was_written() {
        let file = shared_file::create_in_memory(c"test").unwrap();
        for name_units in [2, 5000] {
            let mut written = example();
            written.name = vec![0x754C; name_units];
            shared_file::set_size(file.as_fd(), 0).unwrap();
            written.write(file.as_fd()).unwrap();
            let size = shared_file::stat(&file).unwrap().st_size as u64;
            assert_eq!(size, written.file_size());
            assert_eq!(Descriptor::read(file.as_fd(), size), Ok(written));
        }
    }

    /// A trailer whose field at `offset` is not what this version writes, with the right checksum.
    fn read_altered(offset: usize) -> Result<Descriptor, Unreadable> {
        let file = shared_file::create_in_memory(c"test").unwrap();
        let mut bytes = example().bytes();
        let at = bytes.len() - TRAILER_SIZE;
        // SAFETY: as many bytes as a trailer has.
        let mut trailer = unsafe { bytes[at..].as_ptr().cast::<Trailer>().read_unaligned() };
        trailer.checksum = 0;
        let mut altered = trailer.as_bytes().to_vec();
        altered[offset] ^= 0x55;
        // SAFETY: as above.
        trailer = unsafe { altered.as_ptr().cast::<Trailer>().read_unaligned() };
        trailer.checksum = checksum(&bytes[..at], &trailer);
        bytes.truncate(at);
        bytes.extend_from_slice(trailer.as_bytes());
        write_all(file.as_fd(), &bytes, 4096).unwrap();
        Descriptor::read(file.as_fd(), 4096 + bytes.len() as u64)
    }

    #[test]
    fn refuses_what_differs() {
        // The version, the word width, the kind.
        for offset in [8, 16, 20] {
            let refused = Err(Unreadable::Refused(NtStatus::REVISION_MISMATCH));
            assert_eq!(read_altered(offset), refused, "{offset}");
        }
        // The trailer's size, the file's, the name's.
        for offset in [12, 24, 40] {
            let unfinished = Err(Unreadable::Unfinished(NtStatus::REVISION_MISMATCH));
            assert_eq!(read_altered(offset), unfinished, "{offset}");
        }
        let foreign = Err(Unreadable::Unfinished(NtStatus::OBJECT_TYPE_MISMATCH));
        assert_eq!(read_altered(0), foreign);
    }

    #[test]
    fn tells_a_descriptor_that_is_being_written() {
        let file = shared_file::create_in_memory(c"test").unwrap();
        assert!(matches!(
            Descriptor::read(file.as_fd(), 0),
            Err(Unreadable::Unfinished(_))
        ));
        let bytes = example().bytes();
        let size = example().file_size();
        shared_file::set_size(file.as_fd(), size).unwrap();
        for written in 0..bytes.len() {
            write_all(file.as_fd(), &bytes[..written], 4096).unwrap();
            let read = Descriptor::read(file.as_fd(), size);
            // The last bytes of the payload may be what they were before: zeroes.
            let same = bytes[written..].iter().all(|byte| *byte == 0);
            assert!(
                same || matches!(read, Err(Unreadable::Unfinished(_))),
                "{written}: {read:?}"
            );
        }
    }
}
