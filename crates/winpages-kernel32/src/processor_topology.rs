//! How the processors belong together: GetLogicalProcessorInformation, GetLogicalProcessorInformationEx.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::sys::processors::{GROUP, Processors, given};
use winpages_kernel::sys::topology::{Cache, CacheKind, Common, Part, parts};

use crate::last_error;
use crate::nt::argument::{read, write};
use crate::processor_affinity::GROUP_AFFINITY;

/// LOGICAL_PROCESSOR_RELATIONSHIP
mod relation {
    pub const CORE: u32 = 0;
    pub const NODE: u32 = 1;
    pub const CACHE: u32 = 2;
    pub const PACKAGE: u32 = 3;
    pub const GROUP: u32 = 4;
    pub const ALL: u32 = 0xFFFF;
}

/// LTP_PC_SMT: the core runs several threads at once.
const LTP_PC_SMT: u8 = 1;

/// An entry that grows byte by byte, as the structures of variable size do.
#[derive(Default)]
struct Entry(Vec<u8>);

impl Entry {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn zeroes(mut self, count: usize) -> Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    fn word(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    fn double_word(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    fn mask(self, value: usize) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// CACHE_DESCRIPTOR, which is how CACHE_RELATIONSHIP begins, too.
    fn cache(self, cache: &Cache) -> Self {
        let kind = match cache.kind {
            CacheKind::Unified => 0,
            CacheKind::Instructions => 1,
            CacheKind::Data => 2,
        };
        self.bytes(&[cache.level as u8, cache.ways.min(0xFF) as u8])
            .word(cache.line as u16)
            .double_word(cache.size)
            .double_word(kind)
    }

    /// A count of groups, and a GROUP_AFFINITY for each that has any of the processors.
    fn groups(self, processors: &Processors) -> Self {
        let groups: Vec<(usize, usize)> = groups_of(processors);
        let counted = self.word(groups.len() as u16);
        groups.into_iter().fold(counted, |entry, (group, mask)| {
            entry
                .mask(mask)
                .word(group as u16)
                .zeroes(size_of::<GROUP_AFFINITY>() - size_of::<usize>() - size_of::<u16>())
        })
    }
}

/// The groups that have any of the processors, and which.
fn groups_of(processors: &Processors) -> Vec<(usize, usize)> {
    let masks = processors.0.into_iter().enumerate();
    masks.filter(|(_, mask)| *mask != 0).collect()
}

fn relation_of(part: &Part) -> u32 {
    match part.common {
        Common::Core => relation::CORE,
        Common::Package => relation::PACKAGE,
        Common::Node(_) => relation::NODE,
        Common::Cache(_) => relation::CACHE,
    }
}

fn flags_of(part: &Part) -> u8 {
    match part.common {
        Common::Core if part.processors.count() > 1 => LTP_PC_SMT,
        _ => 0,
    }
}

/// SYSTEM_LOGICAL_PROCESSOR_INFORMATION, of the processors in one group.
fn plain(part: &Part, group: usize) -> Option<Entry> {
    let mask = part.processors.0[group];
    let entry = Entry::default()
        .mask(mask)
        .double_word(relation_of(part))
        .zeroes(4);
    let entry = match &part.common {
        Common::Node(number) => entry.double_word(*number).zeroes(12),
        Common::Cache(cache) => entry.cache(cache).zeroes(4),
        Common::Core | Common::Package => entry.bytes(&[flags_of(part)]).zeroes(15),
    };
    (mask != 0).then_some(entry)
}

/// SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX with its size.
fn extended(relation: u32, rest: Entry) -> Entry {
    let size = 2 * size_of::<u32>() + rest.0.len();
    Entry::default()
        .double_word(relation)
        .double_word(size as u32)
        .bytes(&rest.0)
}

fn extended_part(part: &Part) -> Entry {
    let rest = Entry::default();
    let rest = match &part.common {
        Common::Node(number) => rest.double_word(*number).zeroes(18),
        Common::Cache(cache) => rest.cache(cache).zeroes(18),
        // The flags, and how efficient the core is among the others.
        Common::Core | Common::Package => rest.bytes(&[flags_of(part), 0]).zeroes(20),
    };
    extended(relation_of(part), rest.groups(&part.processors))
}

/// The groups there are: GROUP_RELATIONSHIP.
fn groups() -> Entry {
    let groups = groups_of(&given());
    let count = groups.len() as u16;
    let rest = Entry::default().word(count).word(count).zeroes(20);
    let rest = groups.into_iter().fold(rest, |entry, (_, mask)| {
        let active = mask.count_ones() as u8;
        entry
            .bytes(&[active.max(GROUP as u8), active])
            .zeroes(38)
            .mask(mask)
    });
    extended(relation::GROUP, rest)
}

/// Hands out entries: ERROR_INSUFFICIENT_BUFFER, and the size needed, if they do not fit.
///
/// # Safety
///
/// `buffer` must be a C program's to write for as many bytes as `length` says, which must be its to write.
unsafe fn hand_out(entries: Vec<Entry>, buffer: *mut c_void, length: *mut u32) -> i32 {
    let bytes: Vec<u8> = entries.into_iter().flat_map(|entry| entry.0).collect();
    // SAFETY: as the caller vouches.
    let told = unsafe { read(length) }.and_then(|room| unsafe {
        write(length, bytes.len() as u32)?;
        if (room as usize) < bytes.len() {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        for (index, byte) in bytes.iter().enumerate() {
            write(buffer.cast::<u8>().wrapping_add(index), *byte)?;
        }
        Ok(())
    });
    last_error::boolean(told)
}

/// GetLogicalProcessorInformation: the cores, packages, caches and memory nodes of the processors that this process
/// was given, in the group that it runs in.
///
/// # Safety
///
/// `Buffer` must be a C program's to write for as many bytes as `ReturnedLength` says, which must be its to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalProcessorInformation(
    Buffer: *mut c_void,
    ReturnedLength: *mut u32,
) -> i32 {
    let group = given().first_group();
    let entries = parts()
        .iter()
        .filter_map(|part| plain(part, group))
        .collect();
    // SAFETY: passed on.
    unsafe { hand_out(entries, Buffer, ReturnedLength) }
}

/// GetLogicalProcessorInformationEx: the same in all groups, those of one kind or all, and the groups.
/// ERROR_INVALID_PARAMETER for kinds that are not known here.
///
/// # Safety
///
/// As [`GetLogicalProcessorInformation`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalProcessorInformationEx(
    RelationshipType: u32,
    Buffer: *mut c_void,
    ReturnedLength: *mut u32,
) -> i32 {
    let is_wanted = |relation| RelationshipType == relation || RelationshipType == relation::ALL;
    if RelationshipType > relation::GROUP && RelationshipType != relation::ALL {
        return last_error::boolean(Err(NtStatus::INVALID_PARAMETER));
    }
    let parts = parts();
    let wanted = parts.iter().filter(|part| is_wanted(relation_of(part)));
    let mut entries: Vec<Entry> = wanted.map(extended_part).collect();
    if is_wanted(relation::GROUP) {
        entries.push(groups());
    }
    // SAFETY: passed on.
    unsafe { hand_out(entries, Buffer, ReturnedLength) }
}
