//! Handles and the objects behind them: NtClose, NtDuplicateObject, NtQueryObject and their family.

use core::ffi::c_void;

use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::object::{self, AccessMask, NameInformation};
use winpages_kernel::{Handle, NtStatus};

use super::argument::{read, status, write, write_if_wanted};
use super::file_name::device_path;
use super::object_attributes::{OBJ_INHERIT, UNICODE_STRING};
use crate::handle;

/// OBJECT_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct OBJECT_BASIC_INFORMATION {
    /// OBJ_ bits of the handle.
    pub Attributes: u32,
    /// What the handle may do.
    pub GrantedAccess: u32,
    /// How many handles of this process lead to the object.
    pub HandleCount: u32,
    /// How many references there are: those of the handles.
    pub PointerCount: u32,
    /// Charges, which are not kept by object here; sizes of names, which are told by other classes.
    pub Reserved: [u32; 8],
    /// When the object was created: 0, as for all objects but links on Windows.
    pub CreationTime: i64,
}

/// OBJECT_TYPE_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OBJECT_TYPE_INFORMATION {
    /// The name of the type.
    pub TypeName: UNICODE_STRING,
    /// How many objects of the type this process has handles to.
    pub TotalNumberOfObjects: u32,
    /// How many such handles it has.
    pub TotalNumberOfHandles: u32,
    /// Usage and high-water marks, which are not kept.
    pub Usage: [u32; 10],
    /// OBJ_ bits that the type does not take.
    pub InvalidAttributes: u32,
    /// What the generic rights mean: read, write, execute, all.
    pub GenericMapping: [u32; 4],
    /// The rights there are.
    pub ValidAccessMask: u32,
    /// SecurityRequired, MaintainHandleCount, TypeIndex and a reserved byte.
    pub Bytes: [u8; 4],
    /// 1, the paged pool.
    pub PoolType: u32,
    /// Charges, which are not kept.
    pub Charges: [u32; 2],
}

const _: () = assert!(size_of::<OBJECT_BASIC_INFORMATION>() == 56);
const _: () = assert!(size_of::<OBJECT_TYPE_INFORMATION>() == 104);

const OBJECT_BASIC_INFORMATION_CLASS: u32 = 0;
const OBJECT_NAME_INFORMATION_CLASS: u32 = 1;
const OBJECT_TYPE_INFORMATION_CLASS: u32 = 2;
const OBJECT_HANDLE_FLAG_INFORMATION_CLASS: u32 = 4;

/// NtClose: closes a handle.
#[unsafe(no_mangle)]
pub extern "C" fn NtClose(Handle: usize) -> i32 {
    status(handle_table::close(self::Handle::from_value(Handle)))
}

fn handle_attributes(bits: u32) -> HandleAttributes {
    if bits & OBJ_INHERIT != 0 {
        HandleAttributes::INHERIT
    } else {
        HandleAttributes::empty()
    }
}

/// NtDuplicateObject: a second handle to an object, with other rights if wanted.
///
/// # Safety
///
/// `TargetHandle` must be NULL or what a C program passes for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtDuplicateObject(
    SourceProcessHandle: usize,
    SourceHandle: usize,
    TargetProcessHandle: usize,
    TargetHandle: *mut usize,
    DesiredAccess: u32,
    HandleAttributes: u32,
    Options: u32,
) -> i32 {
    let duplicate = || {
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { write_if_wanted(TargetHandle, 0)? };
        let duplicated = handle::duplicate(
            SourceProcessHandle,
            SourceHandle,
            TargetProcessHandle,
            DesiredAccess,
            handle_attributes(HandleAttributes),
            Options,
        )?;
        // SAFETY: as above.
        unsafe { write_if_wanted(TargetHandle, duplicated.value()) }
    };
    status(duplicate())
}

/// NtCompareObjects: STATUS_NOT_SAME_OBJECT if two handles lead to two objects.
#[unsafe(no_mangle)]
pub extern "C" fn NtCompareObjects(FirstObjectHandle: usize, SecondObjectHandle: usize) -> i32 {
    let (first, second) = (FirstObjectHandle, SecondObjectHandle);
    status(object::compare_objects(
        Handle::from_value(first),
        Handle::from_value(second),
    ))
}

/// NtMakePermanentObject: STATUS_PRIVILEGE_NOT_HELD. Nobody has the privilege: a name lives as long as
/// somebody holds it.
#[unsafe(no_mangle)]
pub extern "C" fn NtMakePermanentObject(Handle: usize) -> i32 {
    let handle = self::Handle::from_value(Handle);
    status(object::reference(handle).and(Err(NtStatus::PRIVILEGE_NOT_HELD)))
}

/// NtMakeTemporaryObject, which every object is.
#[unsafe(no_mangle)]
pub extern "C" fn NtMakeTemporaryObject(Handle: usize) -> i32 {
    let entry = object::reference(self::Handle::from_value(Handle));
    status(entry.and_then(|entry| {
        if entry.access.contains(AccessMask::DELETE) {
            Ok(())
        } else {
            Err(NtStatus::ACCESS_DENIED)
        }
    }))
}

/// A buffer for an answer, as a C program passes it.
#[derive(Clone, Copy)]
struct Answer {
    buffer: *mut u8,
    length: usize,
    returned: *mut u32,
}

impl Answer {
    /// Answers a structure.
    ///
    /// # Safety
    ///
    /// The buffer and the pointer to its length must be a C program's.
    unsafe fn structure<T: Copy>(self, value: T) -> Result<(), NtStatus> {
        let size = size_of::<T>();
        if self.length < size {
            // SAFETY: as the caller vouches.
            unsafe { write_if_wanted(self.returned, size as u32)? };
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        // SAFETY: as the caller vouches, and it is long enough.
        unsafe {
            write(self.buffer.cast(), value)?;
            write_if_wanted(self.returned, size as u32)
        }
    }

    /// Answers a structure that begins with a UNICODE_STRING, whose text and a NUL come behind it.
    ///
    /// # Safety
    ///
    /// As [`Answer::structure`].
    unsafe fn with_text<T: Copy>(
        self,
        text: &[u16],
        too_short: NtStatus,
        make: impl FnOnce(UNICODE_STRING) -> T,
    ) -> Result<(), NtStatus> {
        let (fixed, bytes) = (size_of::<T>(), size_of_val(text));
        let needed = fixed + bytes + size_of::<u16>();
        // SAFETY: as the caller vouches.
        unsafe { write_if_wanted(self.returned, needed as u32)? };
        if self.length < needed {
            return Err(if self.length < fixed {
                NtStatus::INFO_LENGTH_MISMATCH
            } else {
                too_short
            });
        }
        let place = self.buffer.wrapping_add(fixed).cast::<u16>();
        let string = UNICODE_STRING {
            Length: bytes as u16,
            MaximumLength: (bytes + size_of::<u16>()) as u16,
            Buffer: place,
        };
        for (index, unit) in text.iter().chain([&0]).enumerate() {
            // SAFETY: as the caller vouches, and it is long enough.
            unsafe { write(place.wrapping_add(index), *unit)? };
        }
        // SAFETY: as above.
        unsafe { write(self.buffer.cast(), make(string)) }
    }
}

/// # Safety
///
/// As [`Answer::structure`].
unsafe fn query_name(handle: Handle, answer: Answer) -> Result<(), NtStatus> {
    let (name, too_short) = match object::object_name(handle)? {
        NameInformation::None => (None, NtStatus::INFO_LENGTH_MISMATCH),
        NameInformation::Name(name) => (Some(name), NtStatus::INFO_LENGTH_MISMATCH),
        NameInformation::File(path) => (device_path(&path).ok(), NtStatus::BUFFER_OVERFLOW),
    };
    // SAFETY: passed on.
    unsafe {
        match name {
            Some(name) => answer.with_text(&name, too_short, |string| string),
            None => answer.structure(UNICODE_STRING {
                Length: 0,
                MaximumLength: 0,
                Buffer: core::ptr::null_mut(),
            }),
        }
    }
}

/// # Safety
///
/// As [`Answer::structure`].
unsafe fn query_type(handle: Handle, answer: Answer) -> Result<(), NtStatus> {
    const PAGED_POOL: u32 = 1;
    let information = object::type_information(handle)?;
    let object_type = information.object_type;
    let mapping = &object_type.generic_mapping;
    let name: Vec<u16> = object_type.name.encode_utf16().collect();
    let make = |string| OBJECT_TYPE_INFORMATION {
        TypeName: string,
        TotalNumberOfObjects: information.objects as u32,
        TotalNumberOfHandles: information.handles as u32,
        Usage: [0; 10],
        InvalidAttributes: 0,
        GenericMapping: [
            mapping.read.bits(),
            mapping.write.bits(),
            mapping.execute.bits(),
            mapping.all.bits(),
        ],
        ValidAccessMask: object_type.valid_access.bits(),
        Bytes: [0; 4],
        PoolType: PAGED_POOL,
        Charges: [0; 2],
    };
    // SAFETY: passed on.
    unsafe { answer.with_text(&name, NtStatus::INFO_LENGTH_MISMATCH, make) }
}

/// NtQueryObject: ObjectBasicInformation, ObjectNameInformation, ObjectTypeInformation and
/// ObjectHandleFlagInformation.
///
/// # Safety
///
/// The buffer is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryObject(
    Handle: usize,
    ObjectInformationClass: u32,
    ObjectInformation: *mut c_void,
    ObjectInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let handle = self::Handle::from_value(Handle);
    let answer = Answer {
        buffer: ObjectInformation.cast(),
        length: ObjectInformationLength as usize,
        returned: ReturnLength,
    };
    let query = || match ObjectInformationClass {
        OBJECT_BASIC_INFORMATION_CLASS => {
            let information = object::basic_information(handle)?;
            let inherit = information.attributes.contains(HandleAttributes::INHERIT);
            let count = information.handles as u32;
            // SAFETY: the caller's buffer, for the caller's answer.
            unsafe {
                answer.structure(OBJECT_BASIC_INFORMATION {
                    Attributes: if inherit { OBJ_INHERIT } else { 0 },
                    GrantedAccess: information.access.bits(),
                    HandleCount: count,
                    PointerCount: count,
                    ..OBJECT_BASIC_INFORMATION::default()
                })
            }
        }
        // SAFETY: as above.
        OBJECT_NAME_INFORMATION_CLASS => unsafe { query_name(handle, answer) },
        // SAFETY: as above.
        OBJECT_TYPE_INFORMATION_CLASS => unsafe { query_type(handle, answer) },
        OBJECT_HANDLE_FLAG_INFORMATION_CLASS => {
            let attributes = object::reference(handle)?.attributes;
            let flag = |one| u8::from(attributes.contains(one));
            let flags = [
                flag(HandleAttributes::INHERIT),
                flag(HandleAttributes::PROTECT_FROM_CLOSE),
            ];
            // SAFETY: as above.
            unsafe { answer.structure(flags) }
        }
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    };
    status(query())
}

/// NtSetInformationObject: ObjectHandleFlagInformation.
///
/// # Safety
///
/// The buffer must be a C program's to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtSetInformationObject(
    Handle: usize,
    ObjectInformationClass: u32,
    ObjectInformation: *const c_void,
    ObjectInformationLength: u32,
) -> i32 {
    let set = || {
        if ObjectInformationClass != OBJECT_HANDLE_FLAG_INFORMATION_CLASS {
            return Err(NtStatus::INVALID_INFO_CLASS);
        }
        if (ObjectInformationLength as usize) < size_of::<[u8; 2]>() {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        // SAFETY: the caller's buffer; any bytes are flags.
        let [inherit, protect] = unsafe { read(ObjectInformation.cast::<[u8; 2]>())? };
        let mut values = HandleAttributes::empty();
        values.set(HandleAttributes::INHERIT, inherit != 0);
        values.set(HandleAttributes::PROTECT_FROM_CLOSE, protect != 0);
        let handle = self::Handle::from_value(Handle);
        if handle.is_pseudo() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        handle_table::set_attributes(handle, HandleAttributes::all(), values)
    };
    status(set())
}
