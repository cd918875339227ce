//! Starting threads: NtCreateThreadEx, RtlCreateUserThread.

use core::ffi::c_void;

use winpages_kernel::NtStatus;
use winpages_kernel::object::handle_table::{self, HandleAttributes};
use winpages_kernel::process::Target;
use winpages_kernel::thread::{CreateThread, StartRoutine};

use super::answer_handle::answer_handle;
use super::argument::{read, status, write_if_wanted};
use super::object_attributes::{Attributes, OBJECT_ATTRIBUTES};
use crate::thread::{create_in, process_for_thread};

/// THREAD_CREATE_FLAGS_CREATE_SUSPENDED
const CREATE_SUSPENDED: u32 = 0x1;
/// The flags that say nothing here: SKIP_THREAD_ATTACH, HIDE_FROM_DEBUGGER, SKIP_LOADER_INIT and
/// BYPASS_PROCESS_FREEZE. There are no libraries to be told, and no debugger's events.
const WITHOUT_MEANING: u32 = 0x2 | 0x4 | 0x20 | 0x40;
/// THREAD_ALL_ACCESS
const THREAD_ALL_ACCESS: u32 = 0x001F_FFFF;

/// PS_ATTRIBUTE_CLIENT_ID
const ATTRIBUTE_CLIENT_ID: usize = 0x1_0003;

/// CLIENT_ID as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CLIENT_ID {
    /// The number of a process.
    pub UniqueProcess: usize,
    /// The number of one of its threads.
    pub UniqueThread: usize,
}

/// PS_ATTRIBUTE as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PS_ATTRIBUTE {
    /// Which attribute.
    pub Attribute: usize,
    /// How large its value is, in bytes.
    pub Size: usize,
    /// The value, or a pointer to it.
    pub Value: usize,
    /// Where the size of what was answered goes; NULL for nowhere.
    pub ReturnLength: *mut usize,
}

/// Where a thread's numbers are to go, by a PS_ATTRIBUTE_LIST.
///
/// # Safety
///
/// `list` must be NULL or what a C program passes.
unsafe fn client_id_place(list: *const c_void) -> Result<*mut CLIENT_ID, NtStatus> {
    let mut place = core::ptr::null_mut();
    if list.is_null() {
        return Ok(place);
    }
    // SAFETY: the caller's pointer: the list's size in bytes, and the attributes behind it.
    let size = unsafe { read(list.cast::<usize>())? };
    let rest = size.checked_sub(size_of::<usize>());
    let count = rest
        .filter(|rest| rest.is_multiple_of(size_of::<PS_ATTRIBUTE>()))
        .map(|rest| rest / size_of::<PS_ATTRIBUTE>())
        .filter(|count| *count <= 32)
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    for index in 0..count {
        let attributes = list.wrapping_byte_add(size_of::<usize>());
        // SAFETY: as above.
        let attribute = unsafe { read(attributes.cast::<PS_ATTRIBUTE>().wrapping_add(index))? };
        if attribute.Attribute != ATTRIBUTE_CLIENT_ID || attribute.Size < size_of::<CLIENT_ID>() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        place = attribute.Value as *mut CLIENT_ID;
    }
    Ok(place)
}

/// # Safety
///
/// `place` must be NULL or what a C program passes for the answer.
unsafe fn tell(place: *mut CLIENT_ID, process: &Target, thread: u32) {
    let numbers = CLIENT_ID {
        UniqueProcess: process.number() as usize,
        UniqueThread: thread as usize,
    };
    // SAFETY: passed on. The thread runs by now: numbers that cannot be told are not.
    let _ = unsafe { write_if_wanted(place, numbers) };
}

/// NtCreateThreadEx: starts a thread in this process, or in another that uses this library.
///
/// # Safety
///
/// `StartRoutine` is a thread's function of that process; the other pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateThreadEx(
    ThreadHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    ProcessHandle: usize,
    StartRoutine: Option<StartRoutine>,
    Argument: usize,
    CreateFlags: u32,
    _ZeroBits: usize,
    _StackSize: usize,
    MaximumStackSize: usize,
    AttributeList: *const c_void,
) -> i32 {
    let create = || {
        if CreateFlags & !(CREATE_SUSPENDED | WITHOUT_MEANING) != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // SAFETY: the caller's pointers.
        let (place, attributes) = unsafe {
            let place = client_id_place(AttributeList)?;
            (place, Attributes::for_creation(ObjectAttributes)?)
        };
        let process = process_for_thread(ProcessHandle)?;
        let request = CreateThread {
            routine: StartRoutine.ok_or(NtStatus::INVALID_PARAMETER)?,
            parameter: Argument,
            stack_size: MaximumStackSize,
            stack_size_is_reservation: MaximumStackSize != 0,
            suspended: CreateFlags & CREATE_SUSPENDED != 0,
        };
        let (handle, number) = create_in(&process, &request, DesiredAccess, attributes.handle)?;
        // SAFETY: as above.
        unsafe { tell(place, &process, number) };
        Ok((handle, Ok(())))
    };
    // SAFETY: passed on.
    unsafe { answer_handle(ThreadHandle, create) }
}

/// RtlCreateUserThread: the same by an older name.
///
/// # Safety
///
/// As [`NtCreateThreadEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCreateUserThread(
    ProcessHandle: usize,
    _ThreadSecurityDescriptor: *const c_void,
    CreateSuspended: u8,
    _ZeroBits: u32,
    MaximumStackSize: usize,
    _CommittedStackSize: usize,
    StartAddress: Option<StartRoutine>,
    Parameter: usize,
    ThreadHandle: *mut usize,
    ClientId: *mut CLIENT_ID,
) -> i32 {
    let create = || {
        let process = process_for_thread(ProcessHandle)?;
        let request = CreateThread {
            routine: StartAddress.ok_or(NtStatus::INVALID_PARAMETER)?,
            parameter: Parameter,
            stack_size: MaximumStackSize,
            stack_size_is_reservation: MaximumStackSize != 0,
            suspended: CreateSuspended != 0,
        };
        let nothing = HandleAttributes::empty();
        let (handle, number) = create_in(&process, &request, THREAD_ALL_ACCESS, nothing)?;
        // SAFETY: the caller's pointer.
        unsafe { tell(ClientId, &process, number) };
        Ok::<_, NtStatus>(handle)
    };
    let created = create().and_then(|handle| {
        // SAFETY: the caller's pointer, for the caller's answer.
        let told = unsafe { write_if_wanted(ThreadHandle, handle.value()) };
        if ThreadHandle.is_null() || told.is_err() {
            handle_table::close(handle)?;
        }
        told
    });
    status(created)
}
