//! Mutants: NtCreateMutant and its family.

use core::ffi::c_void;

use winpages_kernel::wait;
use winpages_kernel::{Handle, NtStatus};

use super::argument::{status, write_if_wanted};
use super::dispatcher_object::{Answer, create, open};
use super::object_attributes::OBJECT_ATTRIBUTES;

/// MUTANT_BASIC_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MUTANT_BASIC_INFORMATION {
    /// 1 if nobody owns it, and one less for each time its owner has taken it.
    pub CurrentCount: i32,
    /// Whether the calling thread owns it.
    pub OwnedByCaller: u8,
    /// Whether its last owner has ended without releasing it.
    pub AbandonedState: u8,
}

/// MUTANT_OWNER_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MUTANT_OWNER_INFORMATION {
    /// The owner's process, if that is this one; otherwise 0.
    pub UniqueProcess: usize,
    /// The owning thread; 0 for none.
    pub UniqueThread: usize,
}

/// NtCreateMutant: makes a mutant, which the calling thread owns if it says so.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateMutant(
    MutantHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
    InitialOwner: u8,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        create(MutantHandle, DesiredAccess, ObjectAttributes, |request| {
            wait::create_mutant(request, InitialOwner != 0)
        })
    }
}

/// NtOpenMutant: opens the mutant of a name.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtOpenMutant(
    MutantHandle: *mut usize,
    DesiredAccess: u32,
    ObjectAttributes: *const OBJECT_ATTRIBUTES,
) -> i32 {
    // SAFETY: passed on.
    unsafe {
        open(
            MutantHandle,
            DesiredAccess,
            ObjectAttributes,
            wait::open_mutant,
        )
    }
}

/// NtReleaseMutant: lets go of a mutant once, which the calling thread must own.
///
/// # Safety
///
/// As [`NtCreateMutant`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtReleaseMutant(MutantHandle: usize, PreviousCount: *mut i32) -> i32 {
    let release = || {
        let previous = wait::release_mutant(Handle::from_value(MutantHandle))?;
        // SAFETY: the caller's pointer.
        unsafe { write_if_wanted(PreviousCount, previous) }
    };
    status(release())
}

/// NtQueryMutant: asks who owns a mutant, and how often.
///
/// # Safety
///
/// The pointers must be what a C program passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtQueryMutant(
    MutantHandle: usize,
    MutantInformationClass: u32,
    MutantInformation: *mut c_void,
    MutantInformationLength: u32,
    ReturnLength: *mut u32,
) -> i32 {
    let answer = Answer {
        buffer: MutantInformation,
        length: MutantInformationLength,
        returned: ReturnLength,
    };
    let handle = Handle::from_value(MutantHandle);
    match MutantInformationClass {
        // SAFETY: the caller's pointers; the structure has gaps, which are zeroes.
        0 => unsafe {
            answer.give(|| {
                let state = wait::query_mutant(handle)?;
                let mut information: MUTANT_BASIC_INFORMATION = core::mem::zeroed();
                information.CurrentCount = state.count;
                information.OwnedByCaller = state.owned_by_caller.into();
                information.AbandonedState = state.abandoned.into();
                Ok(information)
            })
        },
        // SAFETY: as above.
        1 => unsafe {
            answer.give(|| {
                let state = wait::query_mutant(handle)?;
                let is_here = winpages_kernel::thread::find(state.owner).is_some();
                Ok(MUTANT_OWNER_INFORMATION {
                    UniqueProcess: if is_here {
                        std::process::id() as usize
                    } else {
                        0
                    },
                    UniqueThread: state.owner as usize,
                })
            })
        },
        _ => status(Err(NtStatus::INVALID_INFO_CLASS)),
    }
}
