//! Lists of attributes for new processes and threads, as memory that a program gives.

use core::ffi::c_void;

use winpages_kernel::sys::fault;

use crate::error_code::{
    ERROR_GEN_FAILURE, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
    ERROR_OBJECT_NAME_EXISTS,
};
use crate::{last_error, process_attribute};

/// The beginning of a list, which belongs to the C program that gave the memory for it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Header {
    /// A bit for each attribute that is in the list.
    present: u64,
    /// How many attributes there is room for.
    room: u32,
    /// How many there are.
    count: u32,
    reserved: usize,
}

/// An attribute, and where its value is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    /// A PROC_THREAD_ATTRIBUTE_ constant.
    pub number: usize,
    /// The size of the value in bytes.
    pub size: usize,
    /// The value, which is the program's.
    pub value: *const c_void,
}

/// InitializeProcThreadAttributeList: prepares memory for a list, or tells how many bytes it takes.
///
/// # Safety
///
/// `lpAttributeList` must be NULL or a C program's to write for `*lpSize` bytes, `lpSize` its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeProcThreadAttributeList(
    lpAttributeList: *mut c_void,
    dwAttributeCount: u32,
    dwFlags: u32,
    lpSize: *mut usize,
) -> i32 {
    let needed = size_of::<Header>() + size_of::<Attribute>() * dwAttributeCount as usize;
    let initialize = || {
        if dwFlags != 0 {
            return Err(ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's pointer.
        let given = unsafe { fault::read(lpSize) }.map_err(|_| ERROR_NOACCESS)?;
        // SAFETY: as above.
        unsafe { fault::write(lpSize, &needed) }.map_err(|_| ERROR_NOACCESS)?;
        if lpAttributeList.is_null() || given < needed {
            return Err(ERROR_INSUFFICIENT_BUFFER);
        }
        let header = Header {
            present: 0,
            room: dwAttributeCount,
            count: 0,
            reserved: 0,
        };
        // SAFETY: the caller's memory, of the size that was asked for.
        unsafe { fault::write(lpAttributeList.cast(), &header) }.map_err(|_| ERROR_NOACCESS)
    };
    last_error::boolean_of_code(initialize())
}

/// UpdateProcThreadAttribute: adds an attribute to a list. The value stays where it is, and must until the
/// list is used.
///
/// # Safety
///
/// `lpAttributeList` must be a list that was initialized.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UpdateProcThreadAttribute(
    lpAttributeList: *mut c_void,
    dwFlags: u32,
    Attribute: usize,
    lpValue: *const c_void,
    cbSize: usize,
    lpPreviousValue: *mut c_void,
    _lpReturnSize: *mut usize,
) -> i32 {
    let update = || {
        if dwFlags != 0 || !lpPreviousValue.is_null() {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let list = lpAttributeList.cast::<Header>();
        // SAFETY: the caller's list.
        let mut header = unsafe { fault::read(list) }.map_err(|_| ERROR_NOACCESS)?;
        if header.count >= header.room {
            return Err(ERROR_GEN_FAILURE);
        }
        process_attribute::check(Attribute, cbSize)?;
        let bit = 1u64 << (Attribute & 0x3F);
        if header.present & bit != 0 {
            return Err(ERROR_OBJECT_NAME_EXISTS);
        }
        let attribute = self::Attribute {
            number: Attribute,
            size: cbSize,
            value: lpValue,
        };
        let place = list.wrapping_add(1).cast::<self::Attribute>();
        header.present |= bit;
        header.count += 1;
        // SAFETY: the list has room for it, by its own word.
        let written = unsafe {
            fault::write(place.wrapping_add(header.count as usize - 1), &attribute)
                .and_then(|()| fault::write(list, &header))
        };
        written.map_err(|_| ERROR_NOACCESS)
    };
    last_error::boolean_of_code(update())
}

/// DeleteProcThreadAttributeList: nothing is to be done; the memory is the program's.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteProcThreadAttributeList(_lpAttributeList: *mut c_void) {}

/// What is in a list.
///
/// # Errors
///
/// ERROR_INVALID_PARAMETER for what is no list, ERROR_NOACCESS.
///
/// # Safety
///
/// `list` must be NULL or one that was initialized.
pub(crate) unsafe fn attributes(list: *const c_void) -> Result<Vec<Attribute>, u32> {
    /// As many as a list can have: each has a bit.
    const MOST: u32 = u64::BITS;
    if list.is_null() {
        return Ok(Vec::new());
    }
    let list = list.cast::<Header>();
    // SAFETY: the caller's list.
    let header = unsafe { fault::read(list) }.map_err(|_| ERROR_NOACCESS)?;
    if header.count > header.room.min(MOST) {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let first = list.wrapping_add(1).cast::<Attribute>();
    (0..header.count as usize)
        .map(|index| {
            // SAFETY: as above.
            unsafe { fault::read(first.wrapping_add(index)) }.map_err(|_| ERROR_NOACCESS)
        })
        .collect()
}
