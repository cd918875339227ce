//! Where records lie: a named object's at the start of its file, the others' in memory of the
//! process that could be shared, too.

use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::record::{RECORD_SIZE, Record};
use crate::NtStatus;
use crate::address_space::layout::PAGE_SIZE;
use crate::object::NamedFile;
use crate::sys::lock::Lock;
use crate::sys::memory::Access;
use crate::sys::{fork, memory, shared_file};

/// Which object a record is of, on the whole machine: the file's device and inode number, and where
/// in the file it lies. Whoever needs several objects at once takes them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    device: u64,
    inode: u64,
    offset: u64,
}

impl Identity {
    /// Of a named object: its record is the first thing in its file.
    pub fn of_file(file: &NamedFile) -> Self {
        let (device, inode) = file.identity();
        Self {
            device,
            inode,
            offset: 0,
        }
    }
}

/// A mapped record. It stays mapped as long as anybody holds this: a handle, a wait, a thread that
/// owns the mutant.
pub struct RecordMemory {
    record: NonNull<Record>,
    identity: Identity,
    place: Place,
}

enum Place {
    /// A page of its own, which shows a named object's file.
    File {
        /// [`fork::generation`] when the description was made that the mapping keeps.
        generation: AtomicU64,
    },
    /// One of a chunk's.
    Chunk { chunk: Arc<Chunk>, index: u32 },
}

// SAFETY: a record is made of atomics, and stays mapped as long as this lives.
unsafe impl Send for RecordMemory {}
// SAFETY: as above.
unsafe impl Sync for RecordMemory {}

/// The files this process has mapped: two openings of one object share one mapping, so that a mutant
/// that was taken through one handle can be released through another.
static MAPPED: Lock<BTreeMap<Identity, Weak<RecordMemory>>> = Lock::new(BTreeMap::new());

impl RecordMemory {
    /// Maps the record at the start of a named object's file.
    ///
    /// # Errors
    ///
    /// As [`RecordMemory::map`].
    pub fn of_file(file: &NamedFile) -> Result<Arc<Self>, NtStatus> {
        Self::map(file.as_fd(), file.generation())
    }

    /// The same of a file that has been opened when [`fork::generation`] was `generation`.
    ///
    /// # Errors
    ///
    /// [`NtStatus::REVISION_MISMATCH`] if the file has been cut short, [`NtStatus::ACCESS_DENIED`] if it may
    /// not be written, [`NtStatus::NO_MEMORY`].
    pub fn map(file: BorrowedFd<'_>, generation: u64) -> Result<Arc<Self>, NtStatus> {
        let found = shared_file::stat(file).map_err(|_| NtStatus::ACCESS_DENIED)?;
        if found.st_size < RECORD_SIZE as i64 {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        let identity = Identity {
            device: found.st_dev,
            inode: found.st_ino,
            offset: 0,
        };
        let mut mapped = MAPPED.lock();
        if let Some(memory) = mapped.get(&identity).and_then(Weak::upgrade) {
            return Ok(memory);
        }
        let address =
            memory::map_shared_anywhere(file, PAGE_SIZE).map_err(|errno| match errno {
                rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => NtStatus::ACCESS_DENIED,
                _ => NtStatus::NO_MEMORY,
            })?;
        let memory = Arc::new(Self {
            // SAFETY: the kernel maps nothing at 0 without being told so.
            record: unsafe { NonNull::new_unchecked(address.cast()) },
            identity,
            place: Place::File {
                // The mapping keeps the file's description, however many forks came since.
                generation: AtomicU64::new(generation),
            },
        });
        mapped.insert(identity, Arc::downgrade(&memory));
        Ok(memory)
    }

    /// The record of a named object, if this process has it mapped.
    pub fn if_mapped(file: &NamedFile) -> Option<Arc<Self>> {
        let mapped = MAPPED.lock();
        mapped.get(&Identity::of_file(file)).and_then(Weak::upgrade)
    }

    /// A record for an object without a name.
    ///
    /// # Errors
    ///
    /// [`NtStatus::NO_MEMORY`], [`NtStatus::TOO_MANY_OPENED_FILES`].
    pub fn unnamed() -> Result<Arc<Self>, NtStatus> {
        let mut chunks = CHUNKS.lock();
        let (chunk, index) = chunks.take()?;
        let offset = index as usize * RECORD_SIZE;
        Ok(Arc::new(Self {
            // SAFETY: the record lies inside the chunk's mapping.
            record: unsafe { chunk.base.byte_add(offset).cast() },
            identity: Identity {
                device: 0,
                inode: chunk.inode,
                offset: offset as u64,
            },
            place: Place::Chunk { chunk, index },
        }))
    }

    /// Lets another process have an object without a name: answers the file that its record lies in, and
    /// where in it. From now on the two must be taken to have it both.
    pub fn share(&self) -> Option<(BorrowedFd<'_>, u64)> {
        let Place::Chunk { chunk, .. } = &self.place else {
            return None;
        };
        // Who has had which record is not known any more, so none of the chunk is used again.
        chunk.generation.store(SHARED_BY_HAND, Ordering::Relaxed);
        CHUNKS.lock().retire(chunk);
        SHARED.lock().insert(chunk.inode, Arc::downgrade(chunk));
        self.shared_file()
    }

    /// A record that another process lets this one have.
    ///
    /// # Errors
    ///
    /// [`NtStatus::INVALID_PARAMETER`] if the file is no such file, [`NtStatus::NO_MEMORY`].
    pub fn of_shared(file: OwnedFd, offset: u64) -> Result<Arc<Self>, NtStatus> {
        let found = shared_file::stat(&file).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let index = u32::try_from(offset / RECORD_SIZE as u64).unwrap_or(u32::MAX);
        let fits = index < RECORDS && offset.is_multiple_of(RECORD_SIZE as u64);
        if !fits || found.st_size != CHUNK_SIZE as i64 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let mut shared = SHARED.lock();
        shared.retain(|_, chunk| chunk.strong_count() > 0);
        // One mapping for all, so that a mutant has one place in its owner's list.
        let chunk = match shared.get(&found.st_ino).and_then(Weak::upgrade) {
            Some(chunk) => chunk,
            None => {
                let chunk = Arc::new(Chunk::map(file, found.st_ino, SHARED_BY_HAND)?);
                shared.insert(found.st_ino, Arc::downgrade(&chunk));
                chunk
            }
        };
        drop(shared);
        Ok(Arc::new(Self {
            // SAFETY: the record lies inside the chunk's mapping, by the check above.
            record: unsafe { chunk.base.byte_add(offset as usize).cast() },
            identity: Identity {
                device: 0,
                inode: chunk.inode,
                offset,
            },
            place: Place::Chunk { chunk, index },
        }))
    }

    /// The record.
    #[inline]
    pub fn record(&self) -> &Record {
        // SAFETY: it stays mapped as long as `self` lives, and is made of atomics.
        unsafe { self.record.as_ref() }
    }

    /// Which object it is of.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Lets go of a file description that may be shared with a process on the other side of a fork: a
    /// mapping keeps the description it was made with, and the hold on the name that this has. To be
    /// called before the hold is given up.
    pub fn forget_old_description(&self, file: BorrowedFd<'_>) {
        let Place::File { generation } = &self.place else {
            return;
        };
        let now = fork::generation();
        if generation.swap(now, Ordering::AcqRel) == now {
            return;
        }
        let Ok(anew) = shared_file::open_again(file) else {
            return;
        };
        let access = Access::READ | Access::WRITE;
        let address = self.record.as_ptr() as usize;
        // SAFETY: the mapping is this one's own, and shows the same page of the same file afterwards.
        let _ = unsafe { memory::map_file_over(address, PAGE_SIZE, access, true, anew.as_fd(), 0) };
    }

    /// Whether no other process can have it: it has no name, and there was no fork since it was made.
    pub fn is_own(&self) -> bool {
        match &self.place {
            Place::File { .. } => false,
            Place::Chunk { chunk, .. } => {
                chunk.generation.load(Ordering::Relaxed) == fork::generation()
            }
        }
    }

    /// For an object without a name: the file its record lies in, and where in it.
    pub fn shared_file(&self) -> Option<(BorrowedFd<'_>, u64)> {
        match &self.place {
            Place::File { .. } => None,
            Place::Chunk { chunk, .. } => Some((chunk.file.as_fd(), self.identity.offset)),
        }
    }
}

impl Drop for RecordMemory {
    fn drop(&mut self) {
        match &self.place {
            Place::File { .. } => {
                let mut mapped = MAPPED.lock();
                // Another may have been mapped since the last one let go of this.
                if mapped
                    .get(&self.identity)
                    .is_some_and(|known| known.strong_count() == 0)
                {
                    mapped.remove(&self.identity);
                }
                drop(mapped);
                // SAFETY: the mapping is this one's own, and nobody holds it any more.
                let _ = unsafe { memory::unmap(self.record.as_ptr() as usize, PAGE_SIZE) };
            }
            Place::Chunk { chunk, index } => CHUNKS.lock().give_back(chunk, *index),
        }
    }
}

impl fmt::Debug for RecordMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RecordMemory")
            .field("identity", &self.identity)
            .field("record", self.record())
            .finish()
    }
}

/// Memory for the records of objects without names, in a file of its own, so that another process
/// can be given it.
struct Chunk {
    file: OwnedFd,
    inode: u64,
    base: NonNull<u8>,
    /// [`fork::generation`] when it was made, or [`SHARED_BY_HAND`].
    generation: AtomicU64,
}

/// The generation of a chunk of which other processes were given records: no number of forks is this large.
const SHARED_BY_HAND: u64 = u64::MAX;

/// The chunks of which other processes have records without a fork, by their files' inode numbers.
static SHARED: Lock<BTreeMap<u64, Weak<Chunk>>> = Lock::new(BTreeMap::new());

const CHUNK_SIZE: usize = 64 << 10;
const RECORDS: u32 = (CHUNK_SIZE / RECORD_SIZE) as u32;

// SAFETY: what the pointer leads to is made of atomics and stays mapped.
unsafe impl Send for Chunk {}
// SAFETY: as above.
unsafe impl Sync for Chunk {}

impl Chunk {
    fn new() -> Result<Self, NtStatus> {
        let file = shared_file::create_in_memory(c"winpages dispatcher objects")
            .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        let no_memory = |_| NtStatus::NO_MEMORY;
        shared_file::set_size(file.as_fd(), CHUNK_SIZE as u64).map_err(no_memory)?;
        let inode = shared_file::stat(&file).map_err(no_memory)?.st_ino;
        Self::map(file, inode, fork::generation())
    }

    fn map(file: OwnedFd, inode: u64, generation: u64) -> Result<Self, NtStatus> {
        let base = memory::map_shared_anywhere(file.as_fd(), CHUNK_SIZE)
            .map_err(|_| NtStatus::NO_MEMORY)?;
        Ok(Self {
            file,
            inode,
            generation: AtomicU64::new(generation),
            // SAFETY: as for a file's record.
            base: unsafe { NonNull::new_unchecked(base) },
        })
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the last record of it has been given back.
        let _ = unsafe { memory::unmap(self.base.as_ptr() as usize, CHUNK_SIZE) };
    }
}

struct Chunks {
    /// Where new records come from; older chunks live as long as their records.
    current: Option<Arc<Chunk>>,
    /// How many of the current one were ever used.
    used: u32,
    /// What was given back to the current one.
    free: Vec<u32>,
}

static CHUNKS: Lock<Chunks> = Lock::new(Chunks {
    current: None,
    used: 0,
    free: Vec::new(),
});

impl Chunks {
    fn take(&mut self) -> Result<(Arc<Chunk>, u32), NtStatus> {
        if let Some(chunk) = &self.current {
            if let Some(index) = self.free.pop() {
                return Ok((Arc::clone(chunk), index));
            }
            if self.used < RECORDS {
                self.used += 1;
                return Ok((Arc::clone(chunk), self.used - 1));
            }
        }
        let chunk = Arc::new(Chunk::new()?);
        self.current = Some(Arc::clone(&chunk));
        self.used = 1;
        self.free.clear();
        Ok((chunk, 0))
    }

    /// Takes no more records of the chunk that new ones come from.
    fn retire_current(&mut self) -> Option<Arc<Chunk>> {
        self.free.clear();
        self.used = 0;
        self.current.take()
    }

    /// The same, if it is that chunk. Somebody holds it, so that it does not go here.
    fn retire(&mut self, chunk: &Arc<Chunk>) {
        let current = self.current.as_ref();
        if current.is_some_and(|current| Arc::ptr_eq(current, chunk)) {
            self.retire_current();
        }
    }

    fn give_back(&mut self, chunk: &Arc<Chunk>, index: u32) {
        // A record of an older chunk is not used again: its chunk goes with the last of them.
        if self
            .current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, chunk))
        {
            self.free.push(index);
        }
    }
}

/// As long as the answer lives this process does not fork.
pub(super) fn keep_forks_out() -> impl Drop {
    MAPPED.lock()
}

pub(super) fn lock_for_fork() {
    SHARED.lock_for_fork();
    MAPPED.lock_for_fork();
    CHUNKS.lock_for_fork();
}

/// After a fork both processes have the chunks that there were. Neither of them can know when the
/// other has let go of a record, so neither uses them for new objects.
///
/// # Safety
///
/// This thread, or the one it was forked from, must have called [`lock_for_fork`].
pub(super) unsafe fn unlock_after_fork() {
    // SAFETY: the caller vouches for it.
    unsafe {
        CHUNKS.unlock_after_fork();
        MAPPED.unlock_after_fork();
        SHARED.unlock_after_fork();
    }
    let mut chunks = CHUNKS.lock();
    let shared = chunks.retire_current();
    drop(chunks);
    drop(shared);
}
