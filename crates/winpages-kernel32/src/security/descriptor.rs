//! Security descriptors, in memory.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::security::{Control, SecurityDescriptor};

use super::structures::{
    Header, Part, SECURITY_DESCRIPTOR, hand_out, part, read, read_acl, read_descriptor,
    read_header, read_sid, write, write_bytes,
};
use crate::last_error;

const REVISION: u32 = 1;

/// The bits of a control that SetSecurityDescriptorControl changes.
const CHANGEABLE: u16 = 0x3F00;

/// InitializeSecurityDescriptor: an absolute one that says nothing.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's to be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSecurityDescriptor(
    pSecurityDescriptor: *mut c_void,
    dwRevision: u32,
) -> i32 {
    if dwRevision != REVISION {
        return last_error::boolean(Err(NtStatus::UNKNOWN_REVISION));
    }
    let empty = SECURITY_DESCRIPTOR {
        Revision: REVISION as u8,
        Sbz1: 0,
        Control: 0,
        Owner: core::ptr::null_mut(),
        Group: core::ptr::null_mut(),
        Sacl: core::ptr::null_mut(),
        Dacl: core::ptr::null_mut(),
    };
    // SAFETY: passed on.
    last_error::boolean(unsafe { write(pSecurityDescriptor.cast(), empty) })
}

/// IsValidSecurityDescriptor: whether it, and what it leads to, is what it says.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's; it may be wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn IsValidSecurityDescriptor(pSecurityDescriptor: *const c_void) -> i32 {
    // SAFETY: passed on.
    let descriptor = unsafe { read_descriptor(pSecurityDescriptor) };
    let lists_are_valid = |descriptor: SecurityDescriptor| {
        let mut lists = descriptor.sacl.iter().chain(&descriptor.dacl);
        lists.all(|list| list.check_entries().is_ok())
    };
    last_error::boolean(if descriptor.is_ok_and(lists_are_valid) {
        Ok(())
    } else {
        Err(NtStatus::INVALID_SECURITY_DESCR)
    })
}

/// GetSecurityDescriptorLength: how many bytes it and all it leads to take.
///
/// # Safety
///
/// As [`IsValidSecurityDescriptor`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorLength(pSecurityDescriptor: *const c_void) -> u32 {
    let length = || {
        // SAFETY: passed on.
        let (header, descriptor) = unsafe {
            (
                read_header(pSecurityDescriptor)?,
                read_descriptor(pSecurityDescriptor)?,
            )
        };
        let relative = descriptor.to_self_relative().len();
        let control = Control::from_bits_truncate(header.control);
        let is_relative = control.contains(Control::SELF_RELATIVE);
        let fixed = if is_relative {
            0
        } else {
            size_of::<SECURITY_DESCRIPTOR>() - RELATIVE_SIZE
        };
        Ok((relative + fixed) as u32)
    };
    length().unwrap_or_else(|status| {
        last_error::fail(status);
        0
    })
}

/// The size of a self-relative one without what it leads to.
const RELATIVE_SIZE: usize = 20;

/// GetSecurityDescriptorControl.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorControl(
    pSecurityDescriptor: *const c_void,
    pControl: *mut u16,
    lpdwRevision: *mut u32,
) -> i32 {
    // SAFETY: passed on; any bytes are integers.
    last_error::boolean(unsafe {
        read(pSecurityDescriptor.cast::<Header>()).and_then(|header| {
            write(lpdwRevision, u32::from(header.revision))?;
            if u32::from(header.revision) != REVISION {
                return Err(NtStatus::UNKNOWN_REVISION);
            }
            write(pControl, header.control)
        })
    })
}

/// SetSecurityDescriptorControl: of the bits that say how lists are inherited.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's to be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityDescriptorControl(
    pSecurityDescriptor: *mut c_void,
    ControlBitsOfInterest: u16,
    ControlBitsToSet: u16,
) -> i32 {
    let set = || {
        if (ControlBitsOfInterest | ControlBitsToSet) & !CHANGEABLE != 0
            || ControlBitsToSet & !ControlBitsOfInterest != 0
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: passed on; any bytes are integers.
        unsafe {
            let mut header = read(pSecurityDescriptor.cast::<Header>())?;
            header.control = header.control & !ControlBitsOfInterest | ControlBitsToSet;
            write(pSecurityDescriptor.cast(), header)
        }
    };
    last_error::boolean(set())
}

/// Changes an absolute descriptor in its place.
///
/// # Safety
///
/// `place` must be a C program's to be overwritten.
unsafe fn edit(place: *mut c_void, change: impl FnOnce(&mut SECURITY_DESCRIPTOR)) -> i32 {
    // SAFETY: passed on; any bytes are integers and pointers.
    last_error::boolean(unsafe {
        read_header(place).and_then(|header| {
            if Control::from_bits_truncate(header.control).contains(Control::SELF_RELATIVE) {
                return Err(NtStatus::INVALID_SECURITY_DESCR);
            }
            let mut descriptor = read(place.cast::<SECURITY_DESCRIPTOR>())?;
            change(&mut descriptor);
            write(place.cast(), descriptor)
        })
    })
}

fn set_bit(control: &mut u16, bit: Control, value: bool) {
    if value {
        *control |= bit.bits();
    } else {
        *control &= !bit.bits();
    }
}

/// SetSecurityDescriptorDacl: who may do what. A list that is present and NULL is everyone.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's to be overwritten; `pDacl` is remembered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityDescriptorDacl(
    pSecurityDescriptor: *mut c_void,
    bDaclPresent: i32,
    pDacl: *mut c_void,
    bDaclDefaulted: i32,
) -> i32 {
    let change = |descriptor: &mut SECURITY_DESCRIPTOR| {
        let present = bDaclPresent != 0;
        set_bit(&mut descriptor.Control, Control::DACL_PRESENT, present);
        if present {
            descriptor.Dacl = pDacl;
            let defaulted = bDaclDefaulted != 0;
            set_bit(&mut descriptor.Control, Control::DACL_DEFAULTED, defaulted);
        }
    };
    // SAFETY: passed on.
    unsafe { edit(pSecurityDescriptor, change) }
}

/// SetSecurityDescriptorSacl: what is audited.
///
/// # Safety
///
/// As [`SetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityDescriptorSacl(
    pSecurityDescriptor: *mut c_void,
    bSaclPresent: i32,
    pSacl: *mut c_void,
    bSaclDefaulted: i32,
) -> i32 {
    let change = |descriptor: &mut SECURITY_DESCRIPTOR| {
        let present = bSaclPresent != 0;
        set_bit(&mut descriptor.Control, Control::SACL_PRESENT, present);
        if present {
            descriptor.Sacl = pSacl;
            let defaulted = bSaclDefaulted != 0;
            set_bit(&mut descriptor.Control, Control::SACL_DEFAULTED, defaulted);
        }
    };
    // SAFETY: passed on.
    unsafe { edit(pSecurityDescriptor, change) }
}

/// SetSecurityDescriptorOwner.
///
/// # Safety
///
/// As [`SetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityDescriptorOwner(
    pSecurityDescriptor: *mut c_void,
    pOwner: *mut c_void,
    bOwnerDefaulted: i32,
) -> i32 {
    let change = |descriptor: &mut SECURITY_DESCRIPTOR| {
        descriptor.Owner = pOwner;
        let defaulted = bOwnerDefaulted != 0;
        set_bit(&mut descriptor.Control, Control::OWNER_DEFAULTED, defaulted);
    };
    // SAFETY: passed on.
    unsafe { edit(pSecurityDescriptor, change) }
}

/// SetSecurityDescriptorGroup.
///
/// # Safety
///
/// As [`SetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetSecurityDescriptorGroup(
    pSecurityDescriptor: *mut c_void,
    pGroup: *mut c_void,
    bGroupDefaulted: i32,
) -> i32 {
    let change = |descriptor: &mut SECURITY_DESCRIPTOR| {
        descriptor.Group = pGroup;
        let defaulted = bGroupDefaulted != 0;
        set_bit(&mut descriptor.Control, Control::GROUP_DEFAULTED, defaulted);
    };
    // SAFETY: passed on.
    unsafe { edit(pSecurityDescriptor, change) }
}

/// Answers a list: whether it is present, where it is, and whether it came from a default.
///
/// # Safety
///
/// `from` must be a C program's to read, the other pointers to write.
unsafe fn get_list(
    from: *const c_void,
    which: Part,
    (present, defaulted): (Control, Control),
    (is_present, list, is_defaulted): (*mut i32, *mut *mut c_void, *mut i32),
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        read_header(from).and_then(|header| {
            let control = Control::from_bits_truncate(header.control);
            let there = control.contains(present);
            write(is_present, i32::from(there))?;
            if !there {
                return Ok(());
            }
            write(list, part(from, which)?)?;
            write(is_defaulted, i32::from(control.contains(defaulted)))
        })
    })
}

/// GetSecurityDescriptorDacl.
///
/// # Safety
///
/// `pSecurityDescriptor` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorDacl(
    pSecurityDescriptor: *const c_void,
    lpbDaclPresent: *mut i32,
    pDacl: *mut *mut c_void,
    lpbDaclDefaulted: *mut i32,
) -> i32 {
    let bits = (Control::DACL_PRESENT, Control::DACL_DEFAULTED);
    let places = (lpbDaclPresent, pDacl, lpbDaclDefaulted);
    // SAFETY: passed on.
    unsafe { get_list(pSecurityDescriptor, Part::Dacl, bits, places) }
}

/// GetSecurityDescriptorSacl.
///
/// # Safety
///
/// As [`GetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorSacl(
    pSecurityDescriptor: *const c_void,
    lpbSaclPresent: *mut i32,
    pSacl: *mut *mut c_void,
    lpbSaclDefaulted: *mut i32,
) -> i32 {
    let bits = (Control::SACL_PRESENT, Control::SACL_DEFAULTED);
    let places = (lpbSaclPresent, pSacl, lpbSaclDefaulted);
    // SAFETY: passed on.
    unsafe { get_list(pSecurityDescriptor, Part::Sacl, bits, places) }
}

/// Answers a SID: where it is, and whether it came from a default.
///
/// # Safety
///
/// As [`get_list`].
unsafe fn get_sid(
    from: *const c_void,
    which: Part,
    defaulted: Control,
    (sid, is_defaulted): (*mut *mut c_void, *mut i32),
) -> i32 {
    // SAFETY: passed on.
    last_error::boolean(unsafe {
        read_header(from).and_then(|header| {
            let control = Control::from_bits_truncate(header.control);
            write(sid, part(from, which)?)?;
            write(is_defaulted, i32::from(control.contains(defaulted)))
        })
    })
}

/// GetSecurityDescriptorOwner: NULL if there is none.
///
/// # Safety
///
/// As [`GetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorOwner(
    pSecurityDescriptor: *const c_void,
    pOwner: *mut *mut c_void,
    lpbOwnerDefaulted: *mut i32,
) -> i32 {
    let places = (pOwner, lpbOwnerDefaulted);
    // SAFETY: passed on.
    unsafe {
        get_sid(
            pSecurityDescriptor,
            Part::Owner,
            Control::OWNER_DEFAULTED,
            places,
        )
    }
}

/// GetSecurityDescriptorGroup: NULL if there is none.
///
/// # Safety
///
/// As [`GetSecurityDescriptorDacl`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetSecurityDescriptorGroup(
    pSecurityDescriptor: *const c_void,
    pGroup: *mut *mut c_void,
    lpbGroupDefaulted: *mut i32,
) -> i32 {
    let places = (pGroup, lpbGroupDefaulted);
    // SAFETY: passed on.
    unsafe {
        get_sid(
            pSecurityDescriptor,
            Part::Group,
            Control::GROUP_DEFAULTED,
            places,
        )
    }
}

/// MakeSelfRelativeSD: an absolute one with all that it leads to in one piece.
///
/// # Safety
///
/// `pAbsoluteSecurityDescriptor` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MakeSelfRelativeSD(
    pAbsoluteSecurityDescriptor: *const c_void,
    pSelfRelativeSecurityDescriptor: *mut c_void,
    lpdwBufferLength: *mut u32,
) -> i32 {
    let make = || {
        // SAFETY: passed on.
        unsafe {
            let header = read_header(pAbsoluteSecurityDescriptor)?;
            if Control::from_bits_truncate(header.control).contains(Control::SELF_RELATIVE) {
                return Err(NtStatus::BAD_DESCRIPTOR_FORMAT);
            }
            let bytes = read_descriptor(pAbsoluteSecurityDescriptor)?.to_self_relative();
            hand_out(pSelfRelativeSecurityDescriptor, lpdwBufferLength, &bytes)
        }
    };
    last_error::boolean(make())
}

/// One of the pieces that MakeAbsoluteSD hands out.
struct Piece {
    bytes: Vec<u8>,
    place: *mut c_void,
    size: *mut u32,
}

/// MakeAbsoluteSD: a self-relative one taken apart. All sizes are answered if one buffer is too small.
///
/// # Safety
///
/// `pSelfRelativeSecurityDescriptor` must be a C program's to read, the other pointers to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MakeAbsoluteSD(
    pSelfRelativeSecurityDescriptor: *const c_void,
    pAbsoluteSecurityDescriptor: *mut c_void,
    lpdwAbsoluteSecurityDescriptorSize: *mut u32,
    pDacl: *mut c_void,
    lpdwDaclSize: *mut u32,
    pSacl: *mut c_void,
    lpdwSaclSize: *mut u32,
    pOwner: *mut c_void,
    lpdwOwnerSize: *mut u32,
    pPrimaryGroup: *mut c_void,
    lpdwPrimaryGroupSize: *mut u32,
) -> i32 {
    let from = pSelfRelativeSecurityDescriptor;
    // SAFETY: passed on, throughout.
    let make = || unsafe {
        let header = read_header(from)?;
        let control = Control::from_bits_truncate(header.control);
        if !control.contains(Control::SELF_RELATIVE) {
            return Err(NtStatus::BAD_DESCRIPTOR_FORMAT);
        }
        let sid = |which| {
            let sid = part(from, which)?;
            if sid.is_null() {
                Ok(Vec::new())
            } else {
                Ok(read_sid(sid)?.to_bytes())
            }
        };
        let list = |which, present| {
            let list = part(from, which)?;
            if list.is_null() || !control.contains(present) {
                return Ok(Vec::new());
            }
            read_acl(list).map(|list| list.to_bytes())
        };
        let pieces = [
            (sid(Part::Owner)?, pOwner, lpdwOwnerSize),
            (sid(Part::Group)?, pPrimaryGroup, lpdwPrimaryGroupSize),
            (
                list(Part::Sacl, Control::SACL_PRESENT)?,
                pSacl,
                lpdwSaclSize,
            ),
            (
                list(Part::Dacl, Control::DACL_PRESENT)?,
                pDacl,
                lpdwDaclSize,
            ),
        ]
        .map(|(bytes, place, size)| Piece { bytes, place, size });
        let fixed = size_of::<SECURITY_DESCRIPTOR>() as u32;
        let mut fits = read(lpdwAbsoluteSecurityDescriptorSize)? >= fixed;
        for piece in &pieces {
            fits &= read(piece.size)? as usize >= piece.bytes.len();
        }
        write(lpdwAbsoluteSecurityDescriptorSize, fixed)?;
        for piece in &pieces {
            write(piece.size, piece.bytes.len() as u32)?;
        }
        if !fits {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let mut leads_to = [core::ptr::null_mut(); 4];
        for (place, piece) in leads_to.iter_mut().zip(&pieces) {
            if !piece.bytes.is_empty() {
                write_bytes(piece.place, &piece.bytes)?;
                *place = piece.place;
            }
        }
        let [Owner, Group, Sacl, Dacl] = leads_to;
        let descriptor = SECURITY_DESCRIPTOR {
            Revision: header.revision,
            Sbz1: header.sbz1,
            Control: control.difference(Control::SELF_RELATIVE).bits(),
            Owner,
            Group,
            Sacl,
            Dacl,
        };
        write(pAbsoluteSecurityDescriptor.cast(), descriptor)
    };
    last_error::boolean(make())
}
