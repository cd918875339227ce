//! Lists of attributes for a new process: which handles it inherits.

use core::ffi::c_void;

use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::error_code::{
    ERROR_BAD_LENGTH, ERROR_GEN_FAILURE, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER,
    ERROR_NOACCESS, ERROR_NOT_SUPPORTED, ERROR_OBJECT_NAME_EXISTS,
};
use crate::last_error;

/// PROC_THREAD_ATTRIBUTE_HANDLE_LIST
const HANDLE_LIST: usize = 0x0002_0002;

/// The other attributes that Windows knows, with the size of each in bytes. They are taken, and mean nothing
/// here: mitigation policies, processor groups, priorities and job lists.
const WITHOUT_MEANING: [(usize, &[usize]); 5] = [
    (0x0003_0003, &[16]),
    (0x0003_0004, &[4]),
    (0x0003_0005, &[4]),
    (0x0002_0007, &[4, 8, 16]),
    (0x0002_000D, &[8]),
];

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
struct Attribute {
    number: usize,
    size: usize,
    value: *const c_void,
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
    _dwFlags: u32,
    lpSize: *mut usize,
) -> i32 {
    let needed = size_of::<Header>() + size_of::<Attribute>() * dwAttributeCount as usize;
    let initialize = || {
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
    _dwFlags: u32,
    Attribute: usize,
    lpValue: *const c_void,
    cbSize: usize,
    _lpPreviousValue: *mut c_void,
    _lpReturnSize: *mut usize,
) -> i32 {
    let update = || {
        let list = lpAttributeList.cast::<Header>();
        // SAFETY: the caller's list.
        let mut header = unsafe { fault::read(list) }.map_err(|_| ERROR_NOACCESS)?;
        if header.count >= header.room {
            return Err(ERROR_GEN_FAILURE);
        }
        let fits = if Attribute == HANDLE_LIST {
            cbSize != 0 && cbSize.is_multiple_of(size_of::<Handle>())
        } else {
            let known = WITHOUT_MEANING
                .iter()
                .find(|(known, _)| *known == Attribute);
            let (_, sizes) = known.ok_or(ERROR_NOT_SUPPORTED)?;
            sizes.contains(&cbSize)
        };
        if !fits {
            return Err(ERROR_BAD_LENGTH);
        }
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

/// The handles that a list names, if it names any.
///
/// # Errors
///
/// ERROR_INVALID_PARAMETER for what is no list.
///
/// # Safety
///
/// `list` must be NULL or one that was initialized, and its values still there.
pub(crate) unsafe fn handle_list(list: *const c_void) -> Result<Option<Vec<Handle>>, u32> {
    if list.is_null() {
        return Ok(None);
    }
    let list = list.cast::<Header>();
    let unreadable = |_| last_error_of(NtStatus::ACCESS_VIOLATION);
    // SAFETY: the caller's list.
    let header = unsafe { fault::read(list) }.map_err(unreadable)?;
    if header.count > header.room {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let first = list.wrapping_add(1).cast::<Attribute>();
    for index in 0..header.count as usize {
        // SAFETY: as above.
        let attribute = unsafe { fault::read(first.wrapping_add(index)) }.map_err(unreadable)?;
        if attribute.number != HANDLE_LIST {
            continue;
        }
        let count = attribute.size / size_of::<usize>();
        let values = attribute.value.cast::<usize>();
        let handles = (0..count).map(|at| {
            // SAFETY: the caller's handles.
            let value = unsafe { fault::read(values.wrapping_add(at)) };
            value.map(Handle::from_value)
        });
        return handles
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
            .map_err(unreadable);
    }
    Ok(None)
}

fn last_error_of(status: NtStatus) -> u32 {
    crate::dos_error::from_status(status)
}
