//! Windows: over the operating system's own functions.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use std::ops::RangeInclusive;
use std::os::windows::io::AsRawHandle;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{
    CloseHandle, GetLastError, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_COPY, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE,
    FlushViewOfFile, MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, MEMORY_BASIC_INFORMATION,
    MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFileEx, OpenFileMappingW, PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY,
    SECTION_QUERY, UnmapViewOfFile, VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};
use winpages_error::error_code::ERROR_ALREADY_EXISTS;
use winpages_error::status;

pub(crate) use super::guarded_copy::copy;
use super::{Allocation, BasicInformation, Code, Mapping, SectionRequest};

/// windows-sys has the other MEM_ constants, but not this.
const MEM_TOP_DOWN: u32 = 0x10_0000;

fn last_error() -> Code {
    // SAFETY: it takes nothing and answers the thread's own value.
    unsafe { GetLastError() }
}

fn succeeded(answer: i32) -> Result<(), Code> {
    if answer == 0 {
        Err(last_error())
    } else {
        Ok(())
    }
}

fn system_information() -> &'static SYSTEM_INFO {
    /// The structure holds two addresses, which nobody follows.
    struct Information(SYSTEM_INFO);
    // SAFETY: numbers and addresses of nothing that is used.
    unsafe impl Send for Information {}
    // SAFETY: as above.
    unsafe impl Sync for Information {}

    static INFORMATION: OnceLock<Information> = OnceLock::new();
    let information = INFORMATION.get_or_init(|| {
        let mut information = MaybeUninit::zeroed();
        // SAFETY: the structure is the function's to fill, and zeroes were valid before.
        unsafe {
            GetSystemInfo(information.as_mut_ptr());
            Information(information.assume_init())
        }
    });
    &information.0
}

pub(crate) fn page_size() -> usize {
    system_information().dwPageSize as usize
}

pub(crate) fn allocation_granularity() -> usize {
    system_information().dwAllocationGranularity as usize
}

pub(crate) fn application_addresses() -> RangeInclusive<usize> {
    let information = system_information();
    information.lpMinimumApplicationAddress as usize
        ..=information.lpMaximumApplicationAddress as usize
}

fn virtual_alloc(base: usize, size: usize, kind: u32, protection: u32) -> Result<usize, Code> {
    // SAFETY: reserving takes addresses that are free; committing keeps the contents of pages.
    let address = unsafe { VirtualAlloc(base as *const c_void, size, kind, protection) };
    if address.is_null() {
        Err(last_error())
    } else {
        Ok(address as usize)
    }
}

pub(crate) fn allocate(request: &Allocation) -> Result<usize, Code> {
    let mut kind = MEM_RESERVE;
    if request.commit {
        kind |= MEM_COMMIT;
    }
    if request.top_down {
        kind |= MEM_TOP_DOWN;
    }
    virtual_alloc(request.base, request.size, kind, request.protection)
}

pub(crate) fn commit(base: usize, size: usize, protection: u32) -> Result<(), Code> {
    virtual_alloc(base, size, MEM_COMMIT, protection).map(drop)
}

/// # Safety
///
/// The pages must be given up by whoever uses them.
pub(crate) unsafe fn decommit(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: the caller gives the pages up.
    succeeded(unsafe { VirtualFree(base as *mut c_void, size, MEM_DECOMMIT) })
}

/// # Safety
///
/// As [`decommit`], of the whole allocation.
pub(crate) unsafe fn release(base: usize) -> Result<(), Code> {
    // SAFETY: the caller gives the allocation up.
    succeeded(unsafe { VirtualFree(base as *mut c_void, 0, MEM_RELEASE) })
}

/// # Safety
///
/// Nobody may rely on the old protection.
pub(crate) unsafe fn protect(base: usize, size: usize, protection: u32) -> Result<u32, Code> {
    let mut old = 0;
    // SAFETY: the caller vouches for the pages, and the old value goes to a local.
    succeeded(unsafe { VirtualProtect(base as *const c_void, size, protection, &raw mut old) })?;
    Ok(old)
}

pub(crate) fn query(address: usize) -> Result<BasicInformation, Code> {
    let mut region = MEMORY_BASIC_INFORMATION::default();
    // SAFETY: the answer goes to a local of the size given.
    let length = unsafe {
        VirtualQuery(
            address as *const c_void,
            &raw mut region,
            size_of::<MEMORY_BASIC_INFORMATION>(),
        )
    };
    if length == 0 {
        return Err(last_error());
    }
    Ok(BasicInformation {
        base: region.BaseAddress as usize,
        size: region.RegionSize,
        allocation_base: region.AllocationBase as usize,
        allocation_protection: region.AllocationProtect,
        state: region.State,
        protection: region.Protect,
        kind: region.Type,
    })
}

/// A handle to a section.
#[derive(Debug)]
pub(crate) struct SectionHandle(HANDLE);

// SAFETY: a handle is a number that belongs to the process; every call on it is safe on any thread.
unsafe impl Send for SectionHandle {}
// SAFETY: as above.
unsafe impl Sync for SectionHandle {}

fn terminated(name: &[u16]) -> Vec<u16> {
    name.iter().copied().chain([0]).collect()
}

impl SectionHandle {
    /// Answers the handle, and whether the section is new.
    pub(crate) fn create(request: &SectionRequest<'_>) -> Result<(Self, bool), Code> {
        let name = request.name.map(terminated);
        let file = request
            .file
            .map_or(INVALID_HANDLE_VALUE, |file| file.as_raw_handle());
        // SAFETY: the name is terminated and outlives the call, as does the file.
        let (handle, code) = unsafe {
            let handle = CreateFileMappingW(
                file,
                ptr::null(),
                request.protection | request.flags,
                (request.size >> 32) as u32,
                request.size as u32,
                name.as_ref().map_or(ptr::null(), |name| name.as_ptr()),
            );
            (handle, GetLastError())
        };
        if handle.is_null() {
            return Err(code);
        }
        Ok((Self(handle), code != ERROR_ALREADY_EXISTS))
    }

    /// Opens a section with the rights that a protection takes.
    pub(crate) fn open(name: &[u16], protection: u32) -> Result<Self, Code> {
        let writes = matches!(protection, PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
        let executes = matches!(
            protection,
            PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY
        );
        let mut rights = SECTION_QUERY | FILE_MAP_READ;
        if writes {
            rights |= FILE_MAP_WRITE;
        }
        if executes {
            rights |= FILE_MAP_EXECUTE;
        }
        // SAFETY: the name is terminated and outlives the call.
        let handle = unsafe { OpenFileMappingW(rights, 0, terminated(name).as_ptr()) };
        if handle.is_null() {
            Err(last_error())
        } else {
            Ok(Self(handle))
        }
    }

    pub(crate) fn size(&self) -> Result<u64, Code> {
        /// SECTION_BASIC_INFORMATION
        #[repr(C)]
        struct SectionBasicInformation {
            base_address: usize,
            attributes: u32,
            size: i64,
        }
        /// SectionBasicInformation of SECTION_INFORMATION_CLASS
        const BASIC: i32 = 0;
        // windows-sys has no binding of it.
        #[link(name = "ntdll", kind = "raw-dylib")]
        unsafe extern "system" {
            fn NtQuerySection(
                section: HANDLE,
                class: i32,
                information: *mut c_void,
                length: usize,
                answered: *mut usize,
            ) -> NTSTATUS;
        }
        let mut information = SectionBasicInformation {
            base_address: 0,
            attributes: 0,
            size: 0,
        };
        // SAFETY: the answer goes to a local of the size given.
        let answer = unsafe {
            NtQuerySection(
                self.0,
                BASIC,
                (&raw mut information).cast(),
                size_of::<SectionBasicInformation>(),
                ptr::null_mut(),
            )
        };
        if answer < 0 {
            Err(status::to_win32(answer as u32))
        } else {
            Ok(information.size as u64)
        }
    }
}

impl Drop for SectionHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own.
        unsafe { CloseHandle(self.0) };
    }
}

pub(crate) fn map(section: &SectionHandle, request: &Mapping) -> Result<usize, Code> {
    let access = match request.protection {
        PAGE_READONLY => FILE_MAP_READ,
        PAGE_READWRITE => FILE_MAP_WRITE,
        PAGE_WRITECOPY => FILE_MAP_COPY,
        PAGE_EXECUTE_READ => FILE_MAP_READ | FILE_MAP_EXECUTE,
        PAGE_EXECUTE_READWRITE => FILE_MAP_WRITE | FILE_MAP_EXECUTE,
        PAGE_EXECUTE_WRITECOPY => FILE_MAP_COPY | FILE_MAP_EXECUTE,
        _ => 0,
    };
    // SAFETY: the view takes addresses that are free.
    let view = unsafe {
        MapViewOfFileEx(
            section.0,
            access,
            (request.offset >> 32) as u32,
            request.offset as u32,
            request.size,
            request.base as *const c_void,
        )
    };
    if view.Value.is_null() {
        Err(last_error())
    } else {
        Ok(view.Value as usize)
    }
}

/// # Safety
///
/// Nobody may use the view any more.
pub(crate) unsafe fn unmap(base: usize) -> Result<(), Code> {
    let view = MEMORY_MAPPED_VIEW_ADDRESS {
        Value: base as *mut c_void,
    };
    // SAFETY: the caller gives the view up.
    succeeded(unsafe { UnmapViewOfFile(view) })
}

pub(crate) fn flush(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: pages that are not of a view are answered with an error.
    succeeded(unsafe { FlushViewOfFile(base as *const c_void, size) })
}
