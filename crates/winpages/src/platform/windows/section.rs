//! Sections and their views.

use core::ffi::c_void;
use core::ptr;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Foundation::{GetLastError, HANDLE, INVALID_HANDLE_VALUE, NTSTATUS};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_COPY, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE,
    FlushViewOfFile, MEM_EXTENDED_PARAMETER, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFileExNuma,
    OpenFileMappingW, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY,
    PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, SECTION_QUERY, UnmapViewOfFile,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use winpages_error::error_code::ERROR_ALREADY_EXISTS;
use winpages_error::status;

use super::super::{Code, Mapping, Requirements, SectionRequest, SecurityBytes};
use super::extended_parameter::ExtendedParameters;
use super::handle::ObjectHandle;
use super::procedure::Procedure;
use super::{last_error, succeeded};

/// A handle to a section.
#[derive(Debug)]
pub(crate) struct SectionHandle(ObjectHandle);

pub(super) fn terminated(name: &[u16]) -> Vec<u16> {
    name.iter().copied().chain([0]).collect()
}

/// Good while the descriptor is.
pub(super) fn security_attributes(descriptor: SecurityBytes<'_>) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.as_ptr().cast_mut().cast(),
        bInheritHandle: 0,
    }
}

impl SectionHandle {
    pub(crate) fn of(handle: ObjectHandle) -> Self {
        Self(handle)
    }

    pub(crate) fn object(&self) -> &ObjectHandle {
        &self.0
    }

    /// Answers the handle, and whether the section is new.
    pub(crate) fn create(request: &SectionRequest<'_>) -> Result<(Self, bool), Code> {
        let name = request.name.map(terminated);
        let file = request
            .file
            .map_or(INVALID_HANDLE_VALUE, |file| file.as_raw_handle());
        let security = request.security.map(security_attributes);
        // SAFETY: the name is terminated and outlives the call, as do the file and the descriptor.
        let (handle, code) = unsafe {
            let handle = CreateFileMappingW(
                file,
                security.as_ref().map_or(ptr::null(), ptr::from_ref),
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
        Ok((
            Self(ObjectHandle::new(handle)),
            code != ERROR_ALREADY_EXISTS,
        ))
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
            Ok(Self(ObjectHandle::new(handle)))
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
                self.0.get(),
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

pub(crate) fn map(section: &SectionHandle, request: &Mapping) -> Result<usize, Code> {
    if request.kind != 0 || request.requirements != Requirements::default() {
        return map_within(section, request);
    }
    let access = match request.protection {
        PAGE_READONLY => FILE_MAP_READ,
        PAGE_READWRITE => FILE_MAP_WRITE,
        PAGE_WRITECOPY => FILE_MAP_COPY,
        PAGE_EXECUTE_READ => FILE_MAP_READ | FILE_MAP_EXECUTE,
        PAGE_EXECUTE_READWRITE => FILE_MAP_WRITE | FILE_MAP_EXECUTE,
        PAGE_EXECUTE_WRITECOPY => FILE_MAP_COPY | FILE_MAP_EXECUTE,
        _ => 0,
    };
    /// NUMA_NO_PREFERRED_NODE
    const NO_NODE: u32 = u32::MAX;
    // SAFETY: the view takes addresses that are free.
    let view = unsafe {
        MapViewOfFileExNuma(
            section.0.get(),
            access,
            (request.offset >> 32) as u32,
            request.offset as u32,
            request.size,
            request.base as *const c_void,
            request.node.unwrap_or(NO_NODE),
        )
    };
    mapped(view.Value)
}

fn mapped(view: *mut c_void) -> Result<usize, Code> {
    if view.is_null() {
        Err(last_error())
    } else {
        Ok(view as usize)
    }
}

fn map_within(section: &SectionHandle, request: &Mapping) -> Result<usize, Code> {
    // SAFETY: it takes nothing, and the answer is no handle that must be closed.
    map_into(unsafe { GetCurrentProcess() }, section, request)
}

/// Maps a view into a process.
pub(super) fn map_into(
    process: HANDLE,
    section: &SectionHandle,
    request: &Mapping,
) -> Result<usize, Code> {
    type MapViewOfFile3 = unsafe extern "system" fn(
        section: HANDLE,
        process: HANDLE,
        base: *const c_void,
        offset: u64,
        size: usize,
        kind: u32,
        protection: u32,
        parameters: *mut MEM_EXTENDED_PARAMETER,
        count: u32,
    ) -> *mut c_void;
    static ADDRESS: Procedure = Procedure::new(c"kernelbase.dll", c"MapViewOfFile3");
    let address = ADDRESS.address()?;
    // SAFETY: the function of that name has this type.
    let function = unsafe { core::mem::transmute::<*const (), MapViewOfFile3>(address) };
    let mut parameters = ExtendedParameters::new(request.requirements, request.node);
    // SAFETY: the view takes addresses that are free, or a placeholder of the caller's; the parameters
    // outlive the call.
    mapped(unsafe {
        function(
            section.0.get(),
            process,
            request.base as *const c_void,
            request.offset,
            request.size,
            request.kind,
            request.protection,
            parameters.as_mut_ptr(),
            parameters.count(),
        )
    })
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

/// # Safety
///
/// Nobody may use the view any more.
pub(crate) unsafe fn unmap_to_placeholder(base: usize) -> Result<(), Code> {
    const MEM_PRESERVE_PLACEHOLDER: u32 = 2;
    // SAFETY: the caller gives the view up.
    unsafe { unmap_from(GetCurrentProcess(), base, MEM_PRESERVE_PLACEHOLDER) }
}

/// # Safety
///
/// Nobody in that process may use the view any more.
pub(super) unsafe fn unmap_from(process: HANDLE, base: usize, flags: u32) -> Result<(), Code> {
    type UnmapViewOfFile2 = unsafe extern "system" fn(HANDLE, *mut c_void, u32) -> i32;
    static ADDRESS: Procedure = Procedure::new(c"kernelbase.dll", c"UnmapViewOfFile2");
    let address = ADDRESS.address()?;
    // SAFETY: the function of that name has this type.
    let function = unsafe { core::mem::transmute::<*const (), UnmapViewOfFile2>(address) };
    // SAFETY: the caller gives the view up.
    succeeded(unsafe { function(process, base as *mut c_void, flags) })
}

pub(crate) fn flush(base: usize, size: usize) -> Result<(), Code> {
    // SAFETY: pages that are not of a view are answered with an error.
    succeeded(unsafe { FlushViewOfFile(base as *const c_void, size) })
}
