//! Privileges: what programs ask for before they use large pages, and are told they do not have.

use core::ffi::c_char;

use winpages_error::error_code::{ERROR_NOT_ALL_ASSIGNED, ERROR_SUCCESS};
use winpages_kernel::object::AccessMask;
use winpages_kernel::token::{self, Change, Privilege};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::nt::argument::{read, write};
use crate::virtual_memory::own_process;
use crate::{last_error, text};

/// LUID as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LUID {
    /// The number.
    pub LowPart: u32,
    /// 0.
    pub HighPart: i32,
}

/// LUID_AND_ATTRIBUTES as C programs lay it out. Behind the count in TOKEN_PRIVILEGES come as many.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LUID_AND_ATTRIBUTES {
    /// Which privilege.
    pub Luid: LUID,
    /// SE_PRIVILEGE_ENABLED and others.
    pub Attributes: u32,
}

const SE_PRIVILEGE_ENABLED: u32 = 2;
const SE_PRIVILEGE_REMOVED: u32 = 4;

/// Windows' own limit on how many privileges one call may name.
const MAXIMUM_COUNT: u32 = 1024;

/// The size of TOKEN_PRIVILEGES with so many entries.
const fn size_of_privileges(count: usize) -> usize {
    size_of::<u32>() + count * size_of::<LUID_AND_ATTRIBUTES>()
}

/// OpenProcessToken, of the calling process.
///
/// # Safety
///
/// `TokenHandle` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenProcessToken(
    ProcessHandle: usize,
    DesiredAccess: u32,
    TokenHandle: *mut usize,
) -> i32 {
    // SAFETY: the caller's answer goes there anyway.
    let opened = unsafe { fault::write(TokenHandle, &0) }
        .map_err(|_| NtStatus::ACCESS_VIOLATION)
        .and_then(|()| own_process(ProcessHandle))
        .and_then(|()| token::open_process_token(AccessMask::from_bits_retain(DesiredAccess)))
        .and_then(|handle| {
            // SAFETY: as above.
            unsafe { fault::write(TokenHandle, &handle.value()) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)
        });
    last_error::boolean(opened)
}

/// OpenThreadToken: the token that ImpersonateSelf gave the calling thread; ERROR_NO_TOKEN if it has none.
///
/// # Safety
///
/// `TokenHandle` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenThreadToken(
    ThreadHandle: usize,
    DesiredAccess: u32,
    _OpenAsSelf: i32,
    TokenHandle: *mut usize,
) -> i32 {
    let opened = match Handle::from_value(ThreadHandle) {
        Handle::CURRENT_THREAD => {
            token::open_thread_token(AccessMask::from_bits_retain(DesiredAccess))
        }
        _ => Err(NtStatus::INVALID_HANDLE),
    };
    last_error::boolean(opened.and_then(|handle| {
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { fault::write(TokenHandle, &handle.value()) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)
    }))
}

/// # Safety
///
/// `luid` must be a C program's to write.
unsafe fn look_up(name: Result<Option<Vec<u16>>, NtStatus>, luid: *mut LUID) -> i32 {
    let found = name.and_then(|name| {
        let name = String::from_utf16_lossy(&name.unwrap_or_default());
        let privilege = Privilege::named(&name)?;
        let answer = LUID {
            LowPart: privilege.luid(),
            HighPart: 0,
        };
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { fault::write(luid, &answer) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    });
    last_error::boolean(found)
}

/// LookupPrivilegeValueA, on this machine whatever the name of the system.
///
/// # Safety
///
/// `lpName` must be a C program's to read, `lpLuid` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeValueA(
    _lpSystemName: *const c_char,
    lpName: *const c_char,
    lpLuid: *mut LUID,
) -> i32 {
    // SAFETY: passed on.
    unsafe { look_up(text::ansi(lpName), lpLuid) }
}

/// LookupPrivilegeValueW, on this machine whatever the name of the system.
///
/// # Safety
///
/// As [`LookupPrivilegeValueA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeValueW(
    _lpSystemName: *const u16,
    lpName: *const u16,
    lpLuid: *mut LUID,
) -> i32 {
    // SAFETY: passed on.
    unsafe { look_up(text::wide(lpName), lpLuid) }
}

/// Hands out a privilege's name; its length without the NUL, or the size needed with it.
///
/// # Safety
///
/// `luid` must be a C program's to read, `name` NULL or writable for as many elements as `size` says, which must be a
/// C program's to write.
unsafe fn look_up_name<T: Copy + Default>(
    luid: *const LUID,
    name: *mut T,
    size: *mut u32,
    spell: impl FnOnce(&str) -> Vec<T>,
) -> i32 {
    let told = || {
        // SAFETY: passed on; any bytes are numbers.
        let (luid, room) = unsafe { (read(luid)?, read(size)?) };
        let privilege =
            Privilege::from_luid(luid.LowPart, luid.HighPart).ok_or(NtStatus::NO_SUCH_PRIVILEGE)?;
        let spelled = spell(privilege.name());
        // SAFETY: passed on.
        let told = unsafe { text::hand_out(&spelled, name, room) };
        // SAFETY: passed on.
        unsafe { write(size, told)? };
        if told as usize == spelled.len() {
            Ok(())
        } else {
            Err(NtStatus::BUFFER_TOO_SMALL)
        }
    };
    last_error::boolean(told())
}

/// LookupPrivilegeNameA, on this machine whatever the name of the system.
///
/// # Safety
///
/// `lpLuid` must be a C program's to read, `lpName` NULL or writable for as many characters as `cchName` says, which
/// must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeNameA(
    _lpSystemName: *const c_char,
    lpLuid: *const LUID,
    lpName: *mut u8,
    cchName: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { look_up_name(lpLuid, lpName, cchName, |name| name.as_bytes().to_vec()) }
}

/// LookupPrivilegeNameW, on this machine whatever the name of the system.
///
/// # Safety
///
/// As [`LookupPrivilegeNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LookupPrivilegeNameW(
    _lpSystemName: *const u16,
    lpLuid: *const LUID,
    lpName: *mut u16,
    cchName: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        look_up_name(lpLuid, lpName, cchName, |name| {
            text::from_utf8(name.as_bytes())
        })
    }
}

/// What a program wants of each privilege it names.
///
/// # Safety
///
/// `state` must be a C program's to read.
unsafe fn wanted(state: *const u32) -> Result<Vec<(Option<Privilege>, Change)>, NtStatus> {
    // SAFETY: any bytes are a count.
    let count = unsafe { fault::read(state) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    if count > MAXIMUM_COUNT {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let entries = state.wrapping_add(1).cast::<LUID_AND_ATTRIBUTES>();
    let mut wanted = Vec::new();
    for index in 0..count as usize {
        // SAFETY: any bytes are an entry.
        let entry = unsafe { fault::read(entries.wrapping_add(index)) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        let change = if entry.Attributes & SE_PRIVILEGE_REMOVED != 0 {
            Change::Remove
        } else if entry.Attributes & SE_PRIVILEGE_ENABLED != 0 {
            Change::Enable
        } else {
            Change::Disable
        };
        let privilege = Privilege::from_luid(entry.Luid.LowPart, entry.Luid.HighPart);
        wanted.push((privilege, change));
    }
    Ok(wanted)
}

/// Answers whether all privileges that were named are held.
///
/// # Safety
///
/// The pointers must be a C program's: `new` to read, `previous` and `length` to write.
unsafe fn adjust(
    handle: usize,
    disable_all: bool,
    new: *const u32,
    room: u32,
    previous: *mut u32,
    length: *mut u32,
) -> Result<bool, NtStatus> {
    if !disable_all && new.is_null() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut access = AccessMask::TOKEN_ADJUST_PRIVILEGES;
    if !previous.is_null() {
        access |= AccessMask::TOKEN_QUERY;
    }
    let token = token::reference_token(Handle::from_value(handle), access)?;
    let wanted = if disable_all {
        token
            .privileges()
            .map(|(privilege, _)| (Some(privilege), Change::Disable))
            .collect()
    } else {
        // SAFETY: passed on.
        unsafe { wanted(new)? }
    };
    let state = |privilege: Option<Privilege>| token.state(privilege?);
    let all_held = wanted
        .iter()
        .all(|(privilege, _)| state(*privilege).is_some());
    let changing: Vec<(Privilege, Change, bool)> = wanted
        .into_iter()
        .filter_map(|(privilege, change)| Some((privilege?, change, state(privilege)?)))
        .filter(|(_, change, enabled)| match change {
            Change::Enable => !enabled,
            Change::Disable => *enabled,
            Change::Remove => true,
        })
        .collect();
    if !previous.is_null() {
        let needed = size_of_privileges(changing.len()) as u32;
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { fault::write(length, &needed) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        if room < needed {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let entries = previous.wrapping_add(1).cast::<LUID_AND_ATTRIBUTES>();
        // SAFETY: as above.
        let mut written = unsafe { fault::write(previous, &(changing.len() as u32)) };
        for (index, (privilege, _, enabled)) in changing.iter().enumerate() {
            let entry = LUID_AND_ATTRIBUTES {
                Luid: LUID {
                    LowPart: privilege.luid(),
                    HighPart: 0,
                },
                Attributes: if *enabled { SE_PRIVILEGE_ENABLED } else { 0 },
            };
            // SAFETY: as above.
            written =
                written.and_then(|()| unsafe { fault::write(entries.wrapping_add(index), &entry) });
        }
        written.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    }
    for (privilege, change, _) in changing {
        token.adjust(privilege, change);
    }
    Ok(all_held)
}

/// AdjustTokenPrivileges: enables and disables privileges of the process. If it does not hold one of
/// them, which is so for all but SeChangeNotifyPrivilege and SeIncreaseWorkingSetPrivilege, the last
/// error is ERROR_NOT_ALL_ASSIGNED, and the call succeeds, as on Windows.
///
/// # Safety
///
/// The pointers must be a C program's: `NewState` to read, the last two to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AdjustTokenPrivileges(
    TokenHandle: usize,
    DisableAllPrivileges: i32,
    NewState: *const u32,
    BufferLength: u32,
    PreviousState: *mut u32,
    ReturnLength: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    let adjusted = unsafe {
        adjust(
            TokenHandle,
            DisableAllPrivileges != 0,
            NewState,
            BufferLength,
            PreviousState,
            ReturnLength,
        )
    };
    last_error::boolean(adjusted.map(|all_held| {
        last_error::set(if all_held {
            ERROR_SUCCESS
        } else {
            ERROR_NOT_ALL_ASSIGNED
        });
    }))
}
