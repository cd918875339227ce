//! Reading and writing the structures of security in a program's memory.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::security::{ACL_HEADER_SIZE, Acl, Control, SecurityDescriptor, Sid};
use winpages_kernel::sys::fault;

/// SECURITY_DESCRIPTOR as C programs lay it out: the absolute form, with pointers. The self-relative
/// form begins like it and has 32-bit offsets in their place.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SECURITY_DESCRIPTOR {
    /// 1
    pub Revision: u8,
    /// 0, or the resource manager's.
    pub Sbz1: u8,
    /// SE_ bits.
    pub Control: u16,
    /// The owner's SID.
    pub Owner: *mut c_void,
    /// The group's SID.
    pub Group: *mut c_void,
    /// What is audited.
    pub Sacl: *mut c_void,
    /// Who may do what.
    pub Dacl: *mut c_void,
}

/// The beginning of both forms.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// 1
    pub revision: u8,
    /// 0, or the resource manager's.
    pub sbz1: u8,
    /// SE_ bits.
    pub control: u16,
}

/// The four things that a descriptor leads to, in the order of their fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The owner.
    Owner = 0,
    /// The group.
    Group = 1,
    /// The list of what is audited.
    Sacl = 2,
    /// The list of who may do what.
    Dacl = 3,
}

const REVISION: u8 = 1;

/// Reads a value, wherever it is said to be.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::read`].
pub unsafe fn read<T: Copy>(from: *const T) -> Result<T, NtStatus> {
    // SAFETY: passed on.
    unsafe { fault::read(from) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Writes a value, wherever it is to go.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`fault::write`].
pub unsafe fn write<T: Copy>(to: *mut T, value: T) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    unsafe { fault::write(to, &value) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Reads so many bytes.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// `from` must be a C program's; it may be wild.
pub unsafe fn read_bytes(from: *const c_void, size: usize) -> Result<Vec<u8>, NtStatus> {
    let mut bytes = vec![0; size];
    // SAFETY: the buffer is this function's own, and as long as said.
    unsafe { fault::copy(bytes.as_mut_ptr(), from.cast(), size) }
        .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    Ok(bytes)
}

/// Writes bytes.
///
/// # Errors
///
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// `to` must be a C program's to be overwritten; it may be wild.
pub unsafe fn write_bytes(to: *mut c_void, bytes: &[u8]) -> Result<(), NtStatus> {
    // SAFETY: as the caller vouches.
    unsafe { fault::copy(to.cast(), bytes.as_ptr(), bytes.len()) }
        .map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// Hands out bytes of a size that the caller may have to be told: `size` says how much room there is, and
/// is told how much it takes.
///
/// # Errors
///
/// [`NtStatus::BUFFER_TOO_SMALL`], [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`write_bytes`], for both.
pub unsafe fn hand_out(to: *mut c_void, size: *mut u32, bytes: &[u8]) -> Result<(), NtStatus> {
    // SAFETY: passed on.
    unsafe {
        let room = read(size)?;
        write(size, bytes.len() as u32)?;
        if (room as usize) < bytes.len() {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        write_bytes(to, bytes)
    }
}

/// Reads a SID.
///
/// # Errors
///
/// [`NtStatus::INVALID_SID`], [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`read_bytes`].
pub unsafe fn read_sid(from: *const c_void) -> Result<Sid, NtStatus> {
    // SAFETY: any bytes are a revision and a count.
    let [_, count] = unsafe { read(from.cast::<[u8; 2]>())? };
    // SAFETY: passed on.
    let bytes = unsafe { read_bytes(from, Sid::size_of(count.min(15)))? };
    Sid::from_bytes(&bytes)
}

/// Reads a list.
///
/// # Errors
///
/// [`NtStatus::INVALID_ACL`], [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`read_bytes`].
pub unsafe fn read_acl(from: *const c_void) -> Result<Acl, NtStatus> {
    // SAFETY: any bytes are a header.
    let header = unsafe { read(from.cast::<[u8; ACL_HEADER_SIZE]>())? };
    let size = u16::from_le_bytes([header[2], header[3]]);
    // SAFETY: passed on.
    let bytes = unsafe { read_bytes(from, usize::from(size).max(ACL_HEADER_SIZE))? };
    Acl::from_bytes(&bytes)
}

/// Reads the beginning of a descriptor.
///
/// # Errors
///
/// [`NtStatus::UNKNOWN_REVISION`], [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`read_bytes`].
pub unsafe fn read_header(from: *const c_void) -> Result<Header, NtStatus> {
    // SAFETY: any bytes are integers.
    let header = unsafe { read(from.cast::<Header>())? };
    if header.revision == REVISION {
        Ok(header)
    } else {
        Err(NtStatus::UNKNOWN_REVISION)
    }
}

/// What a part of a descriptor leads to; NULL for nothing.
///
/// # Errors
///
/// As [`read_header`].
///
/// # Safety
///
/// As [`read_bytes`].
pub unsafe fn part(from: *const c_void, part: Part) -> Result<*mut c_void, NtStatus> {
    // SAFETY: passed on; any bytes are offsets, or pointers.
    unsafe {
        let header = read_header(from)?;
        let index = part as usize;
        if Control::from_bits_truncate(header.control).contains(Control::SELF_RELATIVE) {
            let offset = read(from.byte_add_wrapping(4 + index * 4).cast::<u32>())?;
            Ok(match offset {
                0 => core::ptr::null_mut(),
                offset => from.byte_add_wrapping(offset as usize).cast_mut(),
            })
        } else {
            read(from.byte_add_wrapping(8 + index * 8).cast::<*mut c_void>())
        }
    }
}

/// Addresses that are computed before anybody knows whether anything is there.
trait WrappingBytes {
    fn byte_add_wrapping(self, count: usize) -> *const c_void;
}

impl WrappingBytes for *const c_void {
    fn byte_add_wrapping(self, count: usize) -> *const c_void {
        self.wrapping_byte_add(count)
    }
}

/// Reads a descriptor in either form, with all that it leads to.
///
/// # Errors
///
/// [`NtStatus::UNKNOWN_REVISION`], [`NtStatus::INVALID_SID`], [`NtStatus::INVALID_ACL`],
/// [`NtStatus::ACCESS_VIOLATION`].
///
/// # Safety
///
/// As [`read_bytes`], for all it leads to.
pub unsafe fn read_descriptor(from: *const c_void) -> Result<SecurityDescriptor, NtStatus> {
    // SAFETY: passed on.
    unsafe {
        let control = Control::from_bits_truncate(read_header(from)?.control);
        let sid = |which| {
            let sid = part(from, which)?;
            (!sid.is_null()).then(|| read_sid(sid)).transpose()
        };
        let acl = |which, present| {
            if !control.contains(present) {
                return Ok(None);
            }
            let acl = part(from, which)?;
            (!acl.is_null()).then(|| read_acl(acl)).transpose()
        };
        Ok(SecurityDescriptor {
            control: control.difference(Control::SELF_RELATIVE),
            owner: sid(Part::Owner)?,
            group: sid(Part::Group)?,
            sacl: acl(Part::Sacl, Control::SACL_PRESENT)?,
            dacl: acl(Part::Dacl, Control::DACL_PRESENT)?,
        })
    }
}

/// A block of LocalAlloc with these bytes, which the program frees with LocalFree; NULL, and the last
/// error set, if there is no memory.
pub fn local_copy(bytes: &[u8]) -> *mut c_void {
    const LMEM_FIXED: u32 = 0;
    let block = crate::local_memory::LocalAlloc(LMEM_FIXED, bytes.len());
    if !block.is_null() {
        // SAFETY: the block is new, and as long as the bytes.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), block.cast(), bytes.len()) };
    }
    block
}
