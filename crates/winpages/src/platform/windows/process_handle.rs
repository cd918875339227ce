//! The handles of other processes.

use core::ffi::c_void;
use core::ptr;

use windows_sys::Win32::Foundation::{
    DUPLICATE_CLOSE_SOURCE, DUPLICATE_HANDLE_OPTIONS, DUPLICATE_SAME_ACCESS, DuplicateHandle,
    HANDLE, NTSTATUS, UNICODE_STRING,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use winpages_error::error_code::ERROR_INVALID_HANDLE;
use winpages_error::status;

use super::super::Code;
use super::handle::ObjectHandle;
use super::succeeded;

/// # Safety
///
/// If the options close the source, nobody may use it any more.
unsafe fn duplicate(
    from: HANDLE,
    handle: HANDLE,
    to: HANDLE,
    options: DUPLICATE_HANDLE_OPTIONS,
) -> Result<HANDLE, Code> {
    let mut new = ptr::null_mut();
    // SAFETY: the answer goes to a local, and the rest is the caller's.
    succeeded(unsafe { DuplicateHandle(from, handle, to, &raw mut new, 0, 0, options) })?;
    Ok(new)
}

/// Answers the value of the new handle, which is that process's.
pub(crate) fn duplicate_into(process: &ObjectHandle, object: &ObjectHandle) -> Result<usize, Code> {
    // SAFETY: nothing is closed.
    let there = unsafe {
        duplicate(
            GetCurrentProcess(),
            object.get(),
            process.get(),
            DUPLICATE_SAME_ACCESS,
        )
    };
    there.map(|there| there as usize)
}

/// Answers a handle of this process's own to an object of that type.
pub(crate) fn duplicate_from(
    process: &ObjectHandle,
    value: usize,
    type_name: &str,
) -> Result<ObjectHandle, Code> {
    // SAFETY: nothing is closed.
    let handle = unsafe {
        duplicate(
            process.get(),
            value as HANDLE,
            GetCurrentProcess(),
            DUPLICATE_SAME_ACCESS,
        )
    };
    let handle = ObjectHandle::new(handle?);
    if is_of_type(&handle, type_name)? {
        Ok(handle)
    } else {
        Err(ERROR_INVALID_HANDLE)
    }
}

/// Whether a handle leads to an object of the type that Windows calls so.
fn is_of_type(handle: &ObjectHandle, name: &str) -> Result<bool, Code> {
    /// ObjectTypeInformation of OBJECT_INFORMATION_CLASS
    const TYPE: i32 = 2;
    // windows-sys has it among what drivers call.
    #[link(name = "ntdll", kind = "raw-dylib")]
    unsafe extern "system" {
        fn NtQueryObject(
            handle: HANDLE,
            class: i32,
            information: *mut c_void,
            length: u32,
            answered: *mut u32,
        ) -> NTSTATUS;
    }
    /// OBJECT_TYPE_INFORMATION, which begins with the type's name, and room for that.
    #[repr(C)]
    struct TypeInformation {
        name: UNICODE_STRING,
        rest: [u64; 128],
    }
    let mut information = TypeInformation {
        name: UNICODE_STRING::default(),
        rest: [0; 128],
    };
    // SAFETY: the answer goes to a local of the size given.
    let answer = unsafe {
        NtQueryObject(
            handle.get(),
            TYPE,
            (&raw mut information).cast(),
            size_of::<TypeInformation>() as u32,
            ptr::null_mut(),
        )
    };
    if answer < 0 {
        return Err(status::to_win32(answer as u32));
    }
    let length = usize::from(information.name.Length) / size_of::<u16>();
    // SAFETY: the name stands in the local, as long as it says.
    let units = unsafe { core::slice::from_raw_parts(information.name.Buffer, length) };
    Ok(name.encode_utf16().eq(units.iter().copied()))
}

/// # Safety
///
/// Nobody there may use the handle any more.
pub(crate) unsafe fn close_in_process(process: &ObjectHandle, value: usize) -> Result<(), Code> {
    // Wine closes nothing if there is nobody to duplicate it for.
    // SAFETY: the caller's.
    let moved = unsafe {
        duplicate(
            process.get(),
            value as HANDLE,
            GetCurrentProcess(),
            DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE,
        )
    };
    moved.map(ObjectHandle::new).map(drop)
}
