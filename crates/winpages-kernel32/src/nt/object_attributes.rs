//! OBJECT_ATTRIBUTES: the name and the handle attributes of the object a call is about.

use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{ObjectName, SESSION_ID};
use winpages_kernel::security::SecurityDescriptor;
use winpages_kernel::{Handle, NtStatus};

use super::argument::read;
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

const BACKSLASH: u16 = b'\\' as u16;

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
        // SAFETY: the caller's pointer; any bytes are integers and pointers.
        let given = unsafe { read(pointer)? };
        if given.Length as usize != size_of::<OBJECT_ATTRIBUTES>()
            || given.Attributes & !OBJ_VALID_ATTRIBUTES != 0
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: as above.
        let units = unsafe { name_units(given.ObjectName)? };
        if given.RootDirectory != 0 {
            // No handle leads to a directory of the object manager here.
            handle_table::lookup(Handle::from_value(given.RootDirectory))?;
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        let name = units
            .filter(|units| !units.is_empty())
            .map(|units| parse(&units))
            .transpose()?;
        let handle = if given.Attributes & OBJ_INHERIT != 0 {
            HandleAttributes::INHERIT
        } else {
            HandleAttributes::empty()
        };
        Ok(Self {
            name,
            handle,
            open_if: given.Attributes & OBJ_OPENIF != 0,
            // SAFETY: as above.
            security: unsafe { security(given.SecurityDescriptor)? },
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

/// Finds out which object a full name means. `\Sessions\1\BaseNamedObjects` is where kernel32's names
/// are, `\BaseNamedObjects` where those with `Global\` are; in both, `Local`, `Global` and `Session`
/// are links. Names of directories are compared without regard to case, which is right for
/// OBJ_CASE_INSENSITIVE, which nearly everybody gives.
fn parse(name: &[u16]) -> Result<ObjectName, NtStatus> {
    let Some((&BACKSLASH, path)) = name.split_first() else {
        return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
    };
    let parts: Vec<&[u16]> = path.split(|unit| *unit == BACKSLASH).collect();
    let is = |part: &[u16], text: &str| {
        String::from_utf16(part).is_ok_and(|part| part.eq_ignore_ascii_case(text))
    };
    let in_session = |part: &[u16]| is(part, &SESSION_ID.to_string());
    let mut rest = &parts[..];
    let mut global = false;
    match rest {
        [first, tail @ ..] if is(first, "BaseNamedObjects") => {
            global = true;
            rest = tail;
        }
        [first, session, third, tail @ ..]
            if is(first, "Sessions") && in_session(session) && is(third, "BaseNamedObjects") =>
        {
            rest = tail;
        }
        [[]] => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
        [[], ..] => return Err(NtStatus::OBJECT_NAME_INVALID),
        // Nobody may create anything in the root directory.
        [_] => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        _ => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
    }
    match rest {
        [first, tail @ ..] if is(first, "Global") => {
            global = true;
            rest = tail;
        }
        [first, tail @ ..] if is(first, "Local") => rest = tail,
        [first, session, tail @ ..] if is(first, "Session") && in_session(session) => {
            global = false;
            rest = tail;
        }
        _ => {}
    }
    match rest {
        [] => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        [[], ..] => Err(NtStatus::OBJECT_NAME_INVALID),
        [leaf] => {
            let scope = if global { "Global\\" } else { "Local\\" };
            let name: Vec<u16> = scope.encode_utf16().chain(leaf.iter().copied()).collect();
            ObjectName::parse(&name)
        }
        _ => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_lead_to_those_of_kernel32() {
        for (name, meant) in [
            (r"\BaseNamedObjects\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Global\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Local\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Session\1\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\Local\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\Global\x", Ok(r"Global\x")),
            (r"\sessions\1\basenamedobjects\X", Ok(r"Local\X")),
            ("x", Err(NtStatus::OBJECT_PATH_SYNTAX_BAD)),
            (r"\BaseNamedObjects\", Err(NtStatus::OBJECT_NAME_INVALID)),
            (r"\", Err(NtStatus::OBJECT_TYPE_MISMATCH)),
            (
                r"\BaseNamedObjects\x\",
                Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            ),
            (r"\BaseNamedObjects\\x", Err(NtStatus::OBJECT_NAME_INVALID)),
            (r"\BaseNamedObjects", Err(NtStatus::OBJECT_TYPE_MISMATCH)),
            (
                r"\BaseNamedObjects\a\x",
                Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            ),
            (
                r"\Sessions\7\BaseNamedObjects\x",
                Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            ),
            (r"\x", Err(NtStatus::OBJECT_NAME_NOT_FOUND)),
        ] {
            let units: Vec<u16> = name.encode_utf16().collect();
            let found = parse(&units).map(|found| found.to_string());
            assert_eq!(
                found.as_deref(),
                meant.as_ref().map(|meant| *meant),
                "{name}"
            );
        }
    }
}
