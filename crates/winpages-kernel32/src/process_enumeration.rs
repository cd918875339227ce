//! Which processes there are, and what each has loaded: the functions of psapi and their kin.

use core::ffi::c_char;

use winpages_kernel::file::path;
use winpages_kernel::object::AccessMask;
use winpages_kernel::process::{self, LoadedImage};
use winpages_kernel::{NtStatus, sys::fault};

use crate::nt::file_name;
use crate::process_open::reference_limited;
use crate::virtual_memory::target;
use crate::{last_error, text};

/// MODULEINFO as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MODULEINFO {
    /// Where the module begins.
    pub lpBaseOfDll: usize,
    /// How many bytes it has.
    pub SizeOfImage: u32,
    /// Where it starts to run: here, where it begins.
    pub EntryPoint: usize,
}

/// Hands out as many values as fit, and how many bytes all of them take.
///
/// # Safety
///
/// `to` must be a C program's to write for `size` bytes, `needed` too.
unsafe fn hand_out_values<T: Copy>(
    values: &[T],
    to: *mut T,
    size: u32,
    needed: *mut u32,
) -> Result<(), NtStatus> {
    let fits = size as usize / size_of::<T>();
    for (index, value) in values.iter().take(fits).enumerate() {
        // SAFETY: as the caller vouches.
        unsafe { fault::write(to.wrapping_add(index), value) }
            .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
    }
    // SAFETY: as above.
    unsafe { fault::write(needed, &(size_of_val(values) as u32)) }
        .map_err(|_| NtStatus::ACCESS_VIOLATION)
}

/// K32EnumProcesses: the numbers of all processes; as many as fit. `lpcbNeeded` is how many bytes were written.
///
/// # Safety
///
/// `lpidProcess` must be a C program's to write for `cb` bytes, `lpcbNeeded` too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32EnumProcesses(
    lpidProcess: *mut u32,
    cb: u32,
    lpcbNeeded: *mut u32,
) -> i32 {
    let all = process::processes();
    let fits = cb as usize / size_of::<u32>();
    let numbers: Vec<u32> = all.iter().map(|one| one.number).take(fits).collect();
    // SAFETY: passed on.
    last_error::boolean(unsafe { hand_out_values(&numbers, lpidProcess, cb, lpcbNeeded) })
}

const LOOK_INSIDE: AccessMask =
    AccessMask::PROCESS_QUERY_INFORMATION.union(AccessMask::PROCESS_VM_READ);

fn images(process: usize) -> Result<Vec<LoadedImage>, NtStatus> {
    target(process, LOOK_INSIDE)?.images()
}

/// K32EnumProcessModulesEx: the modules of a process, its program first. All are 64-bit.
///
/// # Safety
///
/// `lphModule` must be a C program's to write for `cb` bytes, `lpcbNeeded` too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32EnumProcessModulesEx(
    hProcess: usize,
    lphModule: *mut usize,
    cb: u32,
    lpcbNeeded: *mut u32,
    dwFilterFlag: u32,
) -> i32 {
    const LIST_MODULES_32BIT: u32 = 1;
    const LIST_MODULES_ALL: u32 = 3;
    let answered = images(hProcess).and_then(|images| {
        if dwFilterFlag & !LIST_MODULES_ALL != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let wanted = dwFilterFlag != LIST_MODULES_32BIT;
        let bases = images.iter().filter(|_| wanted).map(|image| image.base);
        let bases: Vec<usize> = bases.collect();
        // SAFETY: passed on.
        unsafe { hand_out_values(&bases, lphModule, cb, lpcbNeeded) }
    });
    last_error::boolean(answered)
}

/// K32EnumProcessModules: as [`K32EnumProcessModulesEx`], of every kind.
///
/// # Safety
///
/// As [`K32EnumProcessModulesEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32EnumProcessModules(
    hProcess: usize,
    lphModule: *mut usize,
    cb: u32,
    lpcbNeeded: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { K32EnumProcessModulesEx(hProcess, lphModule, cb, lpcbNeeded, 0) }
}

/// A module of a process by its handle; 0 is its program.
fn image(process: usize, module: usize) -> Result<LoadedImage, NtStatus> {
    let found = images(process)?
        .into_iter()
        .find(|image| module == 0 || image.base == module);
    found.ok_or(NtStatus::INVALID_HANDLE)
}

/// K32GetModuleInformation: where a module is, and how large.
///
/// # Safety
///
/// `lpmodinfo` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetModuleInformation(
    hProcess: usize,
    hModule: usize,
    lpmodinfo: *mut MODULEINFO,
    cb: u32,
) -> i32 {
    let answered = if (cb as usize) < size_of::<MODULEINFO>() {
        Err(NtStatus::BUFFER_TOO_SMALL)
    } else {
        image(hProcess, hModule).and_then(|image| {
            let answer = MODULEINFO {
                lpBaseOfDll: image.base,
                SizeOfImage: image.size as u32,
                EntryPoint: image.base,
            };
            // SAFETY: as the caller vouches.
            unsafe { fault::write(lpmodinfo, &answer) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
        })
    };
    last_error::boolean(answered)
}

/// The Win32 path of a file, or its Linux path where no drive reaches it.
fn full_path(file: &std::path::Path) -> String {
    path::from_linux(file).unwrap_or_else(|| file.to_string_lossy().into_owned())
}

/// A name in UTF-16 and, for the A function, in UTF-8.
type Name = Result<String, NtStatus>;

fn base_name(process: usize, module: usize) -> Name {
    let image = image(process, module)?;
    let name = image.path.file_name().unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}

fn module_path(process: usize, module: usize) -> Name {
    image(process, module).map(|image| full_path(&image.path))
}

fn program(process: usize) -> Result<std::path::PathBuf, NtStatus> {
    reference_limited(process)?.program()
}

fn device_name(process: usize) -> Name {
    let name = file_name::device_path(&program(process)?)?;
    Ok(String::from_utf16_lossy(&name))
}

/// Hands a name out; answers its length, or 0.
///
/// # Safety
///
/// As [`text::hand_out`].
unsafe fn answer<T: Copy + Default>(
    name: Name,
    encode: impl Fn(&str) -> Vec<T>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    let name = name.map(|name| encode(&name)).and_then(|name| {
        if buffer.is_null() || name.len() >= size as usize {
            Err(NtStatus::BUFFER_TOO_SMALL)
        } else {
            Ok(name)
        }
    });
    match name {
        // SAFETY: passed on.
        Ok(name) => unsafe { text::hand_out(&name, buffer, size) },
        Err(status) => {
            last_error::fail(status);
            0
        }
    }
}

fn narrow(name: &str) -> Vec<u8> {
    name.as_bytes().to_vec()
}

fn wide(name: &str) -> Vec<u16> {
    name.encode_utf16().collect()
}

/// K32GetModuleBaseNameA: a module's file name, without its directory.
///
/// # Safety
///
/// `lpBaseName` must be NULL or writable for `nSize` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetModuleBaseNameA(
    hProcess: usize,
    hModule: usize,
    lpBaseName: *mut u8,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(base_name(hProcess, hModule), narrow, lpBaseName, nSize) }
}

/// K32GetModuleBaseNameW: as [`K32GetModuleBaseNameA`].
///
/// # Safety
///
/// As [`K32GetModuleBaseNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetModuleBaseNameW(
    hProcess: usize,
    hModule: usize,
    lpBaseName: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(base_name(hProcess, hModule), wide, lpBaseName, nSize) }
}

/// K32GetModuleFileNameExA: a module's path.
///
/// # Safety
///
/// `lpFilename` must be NULL or writable for `nSize` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetModuleFileNameExA(
    hProcess: usize,
    hModule: usize,
    lpFilename: *mut u8,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(module_path(hProcess, hModule), narrow, lpFilename, nSize) }
}

/// K32GetModuleFileNameExW: as [`K32GetModuleFileNameExA`].
///
/// # Safety
///
/// As [`K32GetModuleFileNameExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetModuleFileNameExW(
    hProcess: usize,
    hModule: usize,
    lpFilename: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(module_path(hProcess, hModule), wide, lpFilename, nSize) }
}

/// K32GetProcessImageFileNameA: the program of a process, in device form.
///
/// # Safety
///
/// `lpImageFileName` must be NULL or writable for `nSize` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetProcessImageFileNameA(
    hProcess: usize,
    lpImageFileName: *mut u8,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(device_name(hProcess), narrow, lpImageFileName, nSize) }
}

/// K32GetProcessImageFileNameW: as [`K32GetProcessImageFileNameA`].
///
/// # Safety
///
/// As [`K32GetProcessImageFileNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn K32GetProcessImageFileNameW(
    hProcess: usize,
    lpImageFileName: *mut u16,
    nSize: u32,
) -> u32 {
    // SAFETY: passed on.
    unsafe { answer(device_name(hProcess), wide, lpImageFileName, nSize) }
}

/// # Safety
///
/// `buffer` must be a C program's to write for `*size` elements, `size` its own.
unsafe fn query_full_name<T: Copy + Default>(
    process: usize,
    flags: u32,
    encode: impl Fn(&str) -> Vec<T>,
    buffer: *mut T,
    size: *mut u32,
) -> i32 {
    const PROCESS_NAME_NATIVE: u32 = 1;
    let query = || {
        let name = match flags {
            0 => full_path(&program(process)?),
            PROCESS_NAME_NATIVE => device_name(process)?,
            _ => return Err(NtStatus::INVALID_PARAMETER),
        };
        let name = encode(&name);
        // SAFETY: as the caller vouches.
        let room = unsafe { fault::read(size) }.map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        if name.len() >= room as usize {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        for (index, unit) in name.iter().chain([&T::default()]).enumerate() {
            // SAFETY: as above.
            unsafe { fault::write(buffer.wrapping_add(index), unit) }
                .map_err(|_| NtStatus::ACCESS_VIOLATION)?;
        }
        // SAFETY: as above.
        unsafe { fault::write(size, &(name.len() as u32)) }.map_err(|_| NtStatus::ACCESS_VIOLATION)
    };
    last_error::boolean(query())
}

/// QueryFullProcessImageNameA: the path of a process's program; PROCESS_NAME_NATIVE for its device form.
///
/// # Safety
///
/// `lpExeName` must be a C program's to write for `*lpdwSize` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryFullProcessImageNameA(
    hProcess: usize,
    dwFlags: u32,
    lpExeName: *mut c_char,
    lpdwSize: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { query_full_name(hProcess, dwFlags, narrow, lpExeName.cast::<u8>(), lpdwSize) }
}

/// QueryFullProcessImageNameW: as [`QueryFullProcessImageNameA`].
///
/// # Safety
///
/// As [`QueryFullProcessImageNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryFullProcessImageNameW(
    hProcess: usize,
    dwFlags: u32,
    lpExeName: *mut u16,
    lpdwSize: *mut u32,
) -> i32 {
    // SAFETY: passed on.
    unsafe { query_full_name(hProcess, dwFlags, wide, lpExeName, lpdwSize) }
}

/// Defines the name that psapi has for a function.
macro_rules! psapi {
    (fn $name:ident = $function:ident($($argument:ident: $kind:ty),*) -> $answer:ty) => {
        #[doc = concat!("As [`", stringify!($function), "`], by the name that psapi has for it.")]
        ///
        /// # Safety
        ///
        #[doc = concat!("As [`", stringify!($function), "`].")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> $answer {
            // SAFETY: passed on.
            unsafe { $function($($argument),*) }
        }
    };
}

psapi!(fn EnumProcesses = K32EnumProcesses(numbers: *mut u32, size: u32, needed: *mut u32) -> i32);
psapi!(fn EnumProcessModules = K32EnumProcessModules(process: usize, modules: *mut usize, size: u32, needed: *mut u32) -> i32);
psapi!(fn EnumProcessModulesEx = K32EnumProcessModulesEx(process: usize, modules: *mut usize, size: u32, needed: *mut u32, filter: u32) -> i32);
psapi!(fn GetModuleInformation = K32GetModuleInformation(process: usize, module: usize, information: *mut MODULEINFO, size: u32) -> i32);
psapi!(fn GetModuleBaseNameA = K32GetModuleBaseNameA(process: usize, module: usize, name: *mut u8, size: u32) -> u32);
psapi!(fn GetModuleBaseNameW = K32GetModuleBaseNameW(process: usize, module: usize, name: *mut u16, size: u32) -> u32);
psapi!(fn GetModuleFileNameExA = K32GetModuleFileNameExA(process: usize, module: usize, name: *mut u8, size: u32) -> u32);
psapi!(fn GetModuleFileNameExW = K32GetModuleFileNameExW(process: usize, module: usize, name: *mut u16, size: u32) -> u32);
psapi!(fn GetProcessImageFileNameA = K32GetProcessImageFileNameA(process: usize, name: *mut u8, size: u32) -> u32);
psapi!(fn GetProcessImageFileNameW = K32GetProcessImageFileNameW(process: usize, name: *mut u16, size: u32) -> u32);
