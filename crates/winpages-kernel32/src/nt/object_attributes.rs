//! OBJECT_ATTRIBUTES: the name and the handle attributes of the object a call is about.

use std::sync::Arc;

use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::object_directory::{
    ObjectDirectory, object_name_of_path, reference_directory,
};
use winpages_kernel::object::{AccessMask, ObjectName};
use winpages_kernel::security::SecurityDescriptor;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, write};
use crate::security_attributes::security;

/// UNICODE_STRING as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct UNICODE_STRING {
    /// The length in bytes.
    pub Length: u16,
    /// The size of the buffer in bytes.
    pub MaximumLength: u16,
    /// UTF-16, not necessarily with a NUL behind it.
    pub Buffer: *mut u16,
}

impl UNICODE_STRING {
    /// How many bytes one takes with its text and a NUL behind it.
    pub fn size_with_text(text: &[u16]) -> usize {
        size_of::<Self>() + (text.len() + 1) * size_of::<u16>()
    }

    /// Writes one with its text and a NUL behind it.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_VIOLATION`].
    ///
    /// # Safety
    ///
    /// `buffer` must be a C program's to write for [`Self::size_with_text`].
    pub unsafe fn write_with_text(
        buffer: *mut core::ffi::c_void,
        text: &[u16],
    ) -> Result<(), NtStatus> {
        let behind = buffer.wrapping_byte_add(size_of::<Self>()).cast::<u16>();
        let bytes = size_of_val(text) as u16;
        let string = Self {
            Length: bytes,
            MaximumLength: bytes + 2,
            Buffer: behind,
        };
        // SAFETY: passed on.
        unsafe {
            write(buffer.cast(), string)?;
            for (index, unit) in text.iter().chain(&[0]).enumerate() {
                write(behind.wrapping_add(index), *unit)?;
            }
        }
        Ok(())
    }
}

/// OBJECT_ATTRIBUTES as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OBJECT_ATTRIBUTES {
    /// The size of this structure in bytes.
    pub Length: u32,
    /// A directory of the object manager; NULL for a name that begins at its root.
    pub RootDirectory: usize,
    /// The name; NULL for none.
    pub ObjectName: *const UNICODE_STRING,
    /// OBJ_ bits.
    pub Attributes: u32,
    /// Who may open the object.
    pub SecurityDescriptor: *const core::ffi::c_void,
    /// How far a server may go on behalf of the caller.
    pub SecurityQualityOfService: *const core::ffi::c_void,
}

/// The handle is inheritable.
pub const OBJ_INHERIT: u32 = 0x0000_0002;
const OBJ_OPENIF: u32 = 0x0000_0080;
const OBJ_VALID_ATTRIBUTES: u32 = 0x0000_1FF2;

/// The longest name, in bytes: with a NUL it would just fit into a UNICODE_STRING.
const LONGEST_NAME: u16 = 65_532;

/// What OBJECT_ATTRIBUTES say.
#[derive(Debug)]
pub struct Attributes {
    /// The object's name.
    pub name: Option<ObjectName>,
    /// What is remembered of the handle.
    pub handle: HandleAttributes,
    /// OBJ_OPENIF: an object that is there will do.
    pub open_if: bool,
    /// Who may open the object, if it is new.
    pub security: Option<SecurityDescriptor>,
}

impl Attributes {
    /// Reads the attributes of an object to be created; `pointer` may be NULL.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::ACCESS_VIOLATION`]: a pointer leads nowhere.
    /// * [`NtStatus::INVALID_PARAMETER`]: the structure has another size, or unknown attributes.
    /// * [`NtStatus::OBJECT_PATH_SYNTAX_BAD`] and others for the name.
    ///
    /// # Safety
    ///
    /// `pointer` must be NULL or what a C program passes.
    pub unsafe fn for_creation(pointer: *const OBJECT_ATTRIBUTES) -> Result<Self, NtStatus> {
        if pointer.is_null() {
            return Ok(Self {
                name: None,
                handle: HandleAttributes::empty(),
                open_if: false,
                security: None,
            });
        }
        // SAFETY: the caller's pointer.
        unsafe { Self::read(pointer) }
    }

    /// Reads the attributes of an object to be opened, which must have a name.
    ///
    /// # Errors
    ///
    /// As [`Attributes::for_creation`].
    ///
    /// # Safety
    ///
    /// As [`Attributes::for_creation`].
    pub unsafe fn for_opening(
        pointer: *const OBJECT_ATTRIBUTES,
    ) -> Result<(ObjectName, HandleAttributes), NtStatus> {
        if pointer.is_null() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: the caller's pointer.
        let given = unsafe { Self::read(pointer)? };
        let name = given.name.ok_or(NtStatus::OBJECT_PATH_SYNTAX_BAD)?;
        Ok((name, given.handle))
    }

    unsafe fn read(pointer: *const OBJECT_ATTRIBUTES) -> Result<Self, NtStatus> {
        // SAFETY: passed on.
        let given = unsafe { read_structure(pointer)? };
        // SAFETY: as above.
        let units = unsafe { name_units(given.ObjectName)? };
        let root = root(given.RootDirectory)?;
        let name = units
            .filter(|units| !units.is_empty())
            .map(|units| match &root {
                Some(root) => root.object_name(&units),
                None => object_name_of_path(&units),
            })
            .transpose()?;
        Ok(Self {
            name,
            handle: handle_attributes(&given),
            open_if: given.Attributes & OBJ_OPENIF != 0,
            // SAFETY: as above.
            security: unsafe { security(given.SecurityDescriptor)? },
        })
    }
}

/// # Safety
///
/// `pointer` must be what a C program passes.
unsafe fn read_structure(pointer: *const OBJECT_ATTRIBUTES) -> Result<OBJECT_ATTRIBUTES, NtStatus> {
    // SAFETY: the caller's pointer; any bytes are integers and pointers.
    let given = unsafe { read(pointer)? };
    if given.Length as usize != size_of::<OBJECT_ATTRIBUTES>()
        || given.Attributes & !OBJ_VALID_ATTRIBUTES != 0
    {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(given)
}

/// What is remembered of a handle.
pub(crate) fn handle_attributes(given: &OBJECT_ATTRIBUTES) -> HandleAttributes {
    if given.Attributes & OBJ_INHERIT != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    }
}

/// The directory that a name begins at.
fn root(handle: usize) -> Result<Option<Arc<ObjectDirectory>>, NtStatus> {
    (handle != 0)
        .then(|| reference_directory(Handle::from_value(handle), AccessMask::DIRECTORY_TRAVERSE))
        .transpose()
}

/// What OBJECT_ATTRIBUTES say of a directory or a link.
pub struct PathAttributes {
    /// Where the path begins, if not at the root of all.
    pub root: Option<Arc<ObjectDirectory>>,
    /// The path.
    pub path: Vec<u16>,
    /// What is remembered of the handle.
    pub handle: HandleAttributes,
}

impl PathAttributes {
    /// Reads the attributes of a directory to be opened.
    ///
    /// # Errors
    ///
    /// As [`Attributes::for_opening`].
    ///
    /// # Safety
    ///
    /// `pointer` must be NULL or what a C program passes.
    pub unsafe fn read(pointer: *const OBJECT_ATTRIBUTES) -> Result<Self, NtStatus> {
        if pointer.is_null() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on.
        let given = unsafe { read_structure(pointer)? };
        // SAFETY: as above.
        let path = unsafe { name_units(given.ObjectName)? };
        Ok(Self {
            root: root(given.RootDirectory)?,
            path: path.unwrap_or_default(),
            handle: handle_attributes(&given),
        })
    }
}

unsafe fn name_units(pointer: *const UNICODE_STRING) -> Result<Option<Vec<u16>>, NtStatus> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's pointer; any bytes are integers and a pointer.
    let string = unsafe { read(pointer)? };
    if !string.Length.is_multiple_of(2) || string.Length > LONGEST_NAME {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let length = usize::from(string.Length) / 2;
    if length > 0 && !string.Buffer.is_aligned() {
        return Err(NtStatus::DATATYPE_MISALIGNMENT);
    }
    (0..length)
        // SAFETY: as above; only addresses are computed.
        .map(|index| unsafe { read(string.Buffer.wrapping_add(index)) })
        .collect::<Result<_, _>>()
        .map(Some)
}
