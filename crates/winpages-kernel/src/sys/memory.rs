//! Mapping, protecting and unmapping pages.
//!
//! Every function is `unsafe` for one reason: it changes what addresses mean. The caller owns the
//! range it names, by the engine's own map of regions.

use core::ffi::c_void;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};

/// What the processor may do with a page.
pub use rustix::mm::ProtFlags as Access;

/// Maps anonymous private pages at exactly `address`, which must be free.
///
/// # Errors
///
/// `EEXIST` if anything is mapped there, `ENOMEM` if the kernel will not promise the memory, has no
/// room for one more mapping or the address lies outside the process's reach, `EPERM` below the
/// lowest address the system lets processes use.
///
/// # Safety
///
/// Nothing but the engine may come to rely on that range being free.
pub unsafe fn map_anonymous(address: usize, size: usize, access: Access) -> Result<(), Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
    // SAFETY: FIXED_NOREPLACE touches no existing mapping.
    let got = unsafe { rustix::mm::mmap_anonymous(address as *mut c_void, size, access, flags)? };
    debug_assert_eq!(got as usize, address);
    Ok(())
}

/// Maps anonymous private pages wherever the kernel likes: for the engine's own tables.
///
/// # Errors
///
/// `ENOMEM`.
pub fn map_anywhere(size: usize) -> Result<*mut u8, Errno> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: without FIXED the kernel picks an unused range.
    let got = unsafe {
        rustix::mm::mmap_anonymous(core::ptr::null_mut(), size, access, MapFlags::PRIVATE)?
    };
    Ok(got.cast())
}

/// Maps the start of a file, shared, wherever the kernel likes: for the engine's own records.
///
/// # Errors
///
/// `ENOMEM`, `EACCES` if the descriptor does not allow writing.
pub fn map_shared_anywhere(file: BorrowedFd<'_>, size: usize) -> Result<*mut u8, Errno> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: without FIXED the kernel picks an unused range.
    let got = unsafe {
        rustix::mm::mmap(
            core::ptr::null_mut(),
            size,
            access,
            MapFlags::SHARED,
            file,
            0,
        )?
    };
    Ok(got.cast())
}

/// The size and alignment of a huge page that the kernel forms by itself, in bytes.
pub const HUGE_PAGE_SIZE: usize = 2 << 20;

/// As [`map_anywhere`], as much as one huge page, aligned as one, and one if the kernel has any.
///
/// # Errors
///
/// `ENOMEM`.
pub fn map_huge_page_anywhere() -> Result<*mut u8, Errno> {
    let mapped = map_anywhere(2 * HUGE_PAGE_SIZE)? as usize;
    let start = mapped.next_multiple_of(HUGE_PAGE_SIZE);
    // SAFETY: both ends of what was mapped above are left to nobody. Where the kernel cannot cut them
    // off, or has no huge pages, nothing is lost but addresses and speed.
    unsafe {
        if start > mapped {
            let _ = unmap(mapped, start - mapped);
        }
        let _ = unmap(start + HUGE_PAGE_SIZE, mapped + HUGE_PAGE_SIZE - start);
        let address = start as *mut c_void;
        let _ = rustix::mm::madvise(address, HUGE_PAGE_SIZE, Advice::LinuxHugepage);
    }
    Ok(start as *mut u8)
}

/// Maps huge pages, each of [`HUGE_PAGE_SIZE`], at exactly `address`, which must be free, and has all of
/// them there at once.
///
/// # Errors
///
/// `EEXIST` if anything is mapped there, `ENOMEM` if there are not as many left, `EPERM` if a control
/// group does not let this process have them.
///
/// # Safety
///
/// Nothing but the engine may come to rely on that range being free.
pub unsafe fn map_huge_pages(address: usize, size: usize, access: Access) -> Result<(), Errno> {
    // rustix knows MAP_HUGETLB, but not the bits that choose a size.
    let flags = MapFlags::PRIVATE
        | MapFlags::FIXED_NOREPLACE
        | MapFlags::HUGETLB
        | MapFlags::from_bits_retain(libc::MAP_HUGE_2MB as u32);
    // SAFETY: FIXED_NOREPLACE touches no existing mapping.
    unsafe { rustix::mm::mmap_anonymous(address as *mut c_void, size, access, flags)? };
    let populate = if access.contains(ProtFlags::WRITE) {
        Advice::LinuxPopulateWrite
    } else {
        Advice::LinuxPopulateRead
    };
    // What was set aside for others in a control group would be a fatal signal at the first touch.
    // SAFETY: the pages were mapped above, and nobody knows of them.
    let populated = unsafe { rustix::mm::madvise(address as *mut c_void, size, populate) };
    if matches!(populated, Ok(()) | Err(Errno::INVAL)) || !access.contains(ProtFlags::READ) {
        return Ok(());
    }
    // SAFETY: as above.
    let _ = unsafe { unmap(address, size) };
    Err(Errno::NOMEM)
}

/// Whether anybody has set huge pages aside on this machine, or lets the kernel make them on demand.
pub fn has_huge_pages() -> bool {
    let count = |path| {
        let mut buffer = [0; 24];
        let text = super::proc_text::read(path, &mut buffer).ok()?;
        super::proc_text::number(super::proc_text::word(text, 0)?)
    };
    [
        c"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
        c"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages",
    ]
    .into_iter()
    .any(|path| count(path).is_some_and(|count| count > 0))
}

/// Maps inaccessible, uncharged anonymous pages over whatever is at `address`.
///
/// This, and not `mprotect` with `MADV_DONTNEED`, gives the commit charge back.
///
/// # Errors
///
/// `ENOMEM`; what is mapped there is as it was.
///
/// # Safety
///
/// The caller owns the range and gives up its contents.
pub unsafe fn map_reserved_over(address: usize, size: usize) -> Result<(), Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED;
    // SAFETY: the caller owns the range.
    let mapped = unsafe {
        rustix::mm::mmap_anonymous(address as *mut c_void, size, ProtFlags::empty(), flags)
    };
    match mapped {
        Ok(_) => Ok(()),
        // SAFETY: as above.
        Err(errno) => unsafe { fill_hole(address, size) }.map_err(|_| errno),
    }
}

/// Maps inaccessible pages where a failed mapping over them has left a hole, as the kernel could before
/// Linux 6.12: it unmapped what was there before it found that it had no memory for what was to come.
/// The hole would be somebody else's to take.
///
/// # Errors
///
/// `EEXIST` if there is no hole.
///
/// # Safety
///
/// The caller owns the range.
#[cold]
unsafe fn fill_hole(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: NOREPLACE leaves what is there alone.
    unsafe { map_anonymous(address, size, ProtFlags::empty()) }
}

/// Whether what is written to a mapping of a file reaches the file.
fn sharing(shared: bool) -> MapFlags {
    if shared {
        MapFlags::SHARED
    } else {
        MapFlags::PRIVATE
    }
}

/// Maps part of a file at exactly `address`, which must be free.
///
/// # Errors
///
/// As [`map_anonymous`], and `EACCES` if the descriptor does not allow it, `ENODEV` if the file
/// cannot be mapped.
///
/// # Safety
///
/// Nothing but the engine may come to rely on that range being free.
pub unsafe fn map_file(
    address: usize,
    size: usize,
    access: Access,
    shared: bool,
    file: BorrowedFd<'_>,
    offset: u64,
) -> Result<(), Errno> {
    let flags = sharing(shared) | MapFlags::FIXED_NOREPLACE;
    // SAFETY: FIXED_NOREPLACE touches no existing mapping.
    let got =
        unsafe { rustix::mm::mmap(address as *mut c_void, size, access, flags, file, offset)? };
    debug_assert_eq!(got as usize, address);
    Ok(())
}

/// Maps part of a file over whatever is at `address`.
///
/// # Errors
///
/// As [`map_file`]; what is mapped there is as it was, or inaccessible pages.
///
/// # Safety
///
/// The caller owns the range and gives up what is mapped there.
pub unsafe fn map_file_over(
    address: usize,
    size: usize,
    access: Access,
    shared: bool,
    file: BorrowedFd<'_>,
    offset: u64,
) -> Result<(), Errno> {
    let flags = sharing(shared) | MapFlags::FIXED;
    // SAFETY: the caller owns the range.
    let mapped =
        unsafe { rustix::mm::mmap(address as *mut c_void, size, access, flags, file, offset) };
    mapped.map(|_| ()).inspect_err(|_| {
        // SAFETY: as above.
        let _ = unsafe { fill_hole(address, size) };
    })
}

/// Sets what may be done with pages.
///
/// # Errors
///
/// `ENOMEM` if the kernel will not promise the memory, has no room for one more mapping, or part of
/// the range is not mapped; `EACCES` if the file behind it does not allow the access. The first part
/// of the range may have been changed already.
///
/// # Safety
///
/// The caller owns the range, and nobody holds a reference that the new protection would break.
pub unsafe fn protect(address: usize, size: usize, access: Access) -> Result<(), Errno> {
    let access = MprotectFlags::from_bits_retain(access.bits());
    // SAFETY: the caller owns the range.
    unsafe { rustix::mm::mprotect(address as *mut c_void, size, access) }
}

/// Unmaps pages.
///
/// # Errors
///
/// `ENOMEM` if cutting a mapping in two would make one mapping too many.
///
/// # Safety
///
/// The caller owns the range and gives it up.
pub unsafe fn unmap(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { rustix::mm::munmap(address as *mut c_void, size) }
}

/// Throws the contents of anonymous pages away; they read as zeroes afterwards.
///
/// # Errors
///
/// `ENOMEM` if part of the range is not mapped, `EINVAL` if it is locked.
///
/// # Safety
///
/// The caller owns the range and gives up its contents.
pub unsafe fn discard(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { rustix::mm::madvise(address as *mut c_void, size, Advice::LinuxDontNeed) }
}

/// Writes the changed pages of a shared file mapping back, and waits for it if told to.
///
/// # Errors
///
/// `EIO` if the file could not be written, `ENOMEM` if part of the range is not mapped.
///
/// # Safety
///
/// The range must be a mapping of the caller's.
pub unsafe fn synchronise(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the range.
    unsafe { rustix::mm::msync(address as *mut c_void, size, rustix::mm::MsyncFlags::SYNC) }
}

/// Asks the kernel whether it would promise `size` more bytes, by its own overcommit policy.
pub fn commit_would_be_granted(size: usize) -> bool {
    let Ok(address) = map_anywhere(size) else {
        return false;
    };
    // SAFETY: the mapping was made one line above and nobody knows of it.
    let _ = unsafe { unmap(address as usize, size) };
    true
}

/// Tells the kernel that it may take anonymous pages when it likes; until then they keep their
/// contents.
///
/// # Errors
///
/// `EINVAL` if the pages are locked or not anonymous, `ENOMEM` if part of the range is not mapped.
///
/// # Safety
///
/// The caller owns the range and gives up its contents.
pub unsafe fn free_lazily(address: usize, size: usize) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { rustix::mm::madvise(address as *mut c_void, size, Advice::LinuxFree) }
}
