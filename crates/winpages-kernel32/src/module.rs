//! Modules: GetModuleHandle, GetProcAddress, LoadLibrary.
//!
//! This one library is kernel32, kernelbase, ntdll, psapi and advapi32; `export_table` says which
//! function is found in which.

use core::ffi::{CStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use winpages_kernel::NtStatus;
use winpages_kernel::file::path;
use winpages_kernel::sys::fault;
use winpages_kernel::sys::fault::TextUnit;

use crate::error_code::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_MOD_NOT_FOUND,
    ERROR_PROC_NOT_FOUND, ERROR_SUCCESS,
};
use crate::export_table::{self, Modules};
use crate::text::PlainText;
use crate::{dos_error, last_error, text};

/// Where the files of the modules are on Windows.
const SYSTEM_DIRECTORY: &str = r"C:\Windows\System32\";

/// The modules besides kernel32, whose handle is the library's own base address. A handle must be an
/// address in the library that is nobody else's.
static OTHERS: [[u64; 2]; 4] = [[1; 2], [2; 2], [3; 2], [4; 2]];

/// What a module handle leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Module {
    /// The program.
    Main,
    /// One of the library's own.
    Own(Modules),
}

const OWN: [(&str, Modules); 5] = [
    ("kernel32.dll", Modules::KERNEL32),
    ("kernelbase.dll", Modules::KERNELBASE),
    ("ntdll.dll", Modules::NTDLL),
    ("psapi.dll", Modules::PSAPI),
    ("advapi32.dll", Modules::ADVAPI32),
];

/// The image that an address lies in: its base and its file.
fn image_of(address: usize) -> Option<(usize, &'static CStr)> {
    let mut information = core::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr takes any address and fills the structure if it answers other than 0.
    let information = unsafe {
        if libc::dladdr(address as *const c_void, information.as_mut_ptr()) == 0 {
            return None;
        }
        information.assume_init()
    };
    if information.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the dynamic linker keeps the name as long as the image is loaded; the program and this
    // library are for as long as this code runs.
    let file = unsafe { CStr::from_ptr(information.dli_fname) };
    Some((information.dli_fbase as usize, file))
}

fn own_base() -> usize {
    static BASE: OnceLock<usize> = OnceLock::new();
    *BASE.get_or_init(|| image_of(own_base as *const () as usize).map_or(0, |(base, _)| base))
}

fn main_base() -> usize {
    static BASE: OnceLock<usize> = OnceLock::new();
    *BASE.get_or_init(|| {
        // SAFETY: getauxval only reads what the kernel gave.
        let entry = unsafe { libc::getauxval(libc::AT_ENTRY) } as usize;
        image_of(entry).map_or(0, |(base, _)| base)
    })
}

impl Module {
    fn handle(self) -> usize {
        match self {
            Self::Main => main_base(),
            Self::Own(module) => match module {
                Modules::KERNELBASE => OTHERS[0].as_ptr() as usize,
                Modules::NTDLL => OTHERS[1].as_ptr() as usize,
                Modules::PSAPI => OTHERS[2].as_ptr() as usize,
                Modules::ADVAPI32 => OTHERS[3].as_ptr() as usize,
                _ => own_base(),
            },
        }
    }

    fn from_handle(handle: usize) -> Option<Self> {
        OWN.iter()
            .map(|(_, module)| Self::Own(*module))
            // A program that has the library in it has one base with it; kernel32 is asked more.
            .chain([Self::Main])
            .find(|module| module.handle() == handle)
    }

    /// Finds a module by its name, with or without the system's directory, and with `.dll` or
    /// nothing behind it.
    fn from_name(name: &str) -> Option<Self> {
        let is_separator = |character| matches!(character, '\\' | '/');
        let file = match name.rfind(is_separator) {
            None => name,
            Some(at) => {
                let (directory, file) = name.split_at(at + 1);
                let is_same = |(one, other): (char, char)| {
                    one.eq_ignore_ascii_case(&other) || is_separator(one) && is_separator(other)
                };
                let is_system = directory.len() == SYSTEM_DIRECTORY.len()
                    && directory.chars().zip(SYSTEM_DIRECTORY.chars()).all(is_same);
                if !is_system {
                    return None;
                }
                file
            }
        };
        OWN.iter()
            .find(|(own, _)| {
                file.eq_ignore_ascii_case(own)
                    || own
                        .strip_suffix(".dll")
                        .is_some_and(|stem| file.eq_ignore_ascii_case(stem))
            })
            .map(|(_, module)| Self::Own(*module))
    }

    /// The path Windows would say.
    fn file_name(self) -> Result<String, NtStatus> {
        match self {
            Self::Main => {
                let link = std::fs::read_link("/proc/self/exe");
                link.ok()
                    .as_deref()
                    .and_then(path::from_linux)
                    .ok_or(NtStatus::OBJECT_PATH_NOT_FOUND)
            }
            Self::Own(module) => {
                let (name, _) = OWN[OWN.iter().position(|(_, own)| *own == module).unwrap_or(0)];
                Ok(format!("{SYSTEM_DIRECTORY}{name}"))
            }
        }
    }
}

fn failed(code: u32) -> usize {
    last_error::set(code);
    0
}

/// The module of a name; of the program for NULL. Does not use the heap for a plain name.
///
/// # Safety
///
/// As `read`.
unsafe fn find<T: TextUnit + Into<u32>>(
    name: *const T,
    read: unsafe fn(*const T) -> Result<Option<Vec<u16>>, NtStatus>,
) -> Result<Module, u32> {
    if name.is_null() {
        return Ok(Module::Main);
    }
    // SAFETY: passed on.
    let module = if let Some(plain) = unsafe { PlainText::read(name) } {
        Module::from_name(&plain)
    } else {
        // SAFETY: passed on.
        let units = unsafe { read(name) }.map_err(dos_error::from_status)?;
        Module::from_name(&String::from_utf16_lossy(&units.unwrap_or_default()))
    };
    module.ok_or(ERROR_MOD_NOT_FOUND)
}

/// [`text::ansi`], for bytes.
///
/// # Safety
///
/// As that.
unsafe fn ansi(name: *const u8) -> Result<Option<Vec<u16>>, NtStatus> {
    // SAFETY: passed on.
    unsafe { text::ansi(name.cast()) }
}

fn load(found: Result<Module, u32>) -> usize {
    match found {
        Ok(module @ Module::Own(_)) => module.handle(),
        Ok(Module::Main) => failed(ERROR_MOD_NOT_FOUND),
        Err(code) => failed(code),
    }
}

/// GetModuleHandleA: of the program for NULL; of this library's modules by name.
///
/// # Safety
///
/// `lpModuleName` must be a C program's to read; it may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleA(lpModuleName: *const c_char) -> usize {
    // SAFETY: passed on.
    unsafe { find(lpModuleName.cast(), ansi) }.map_or_else(failed, Module::handle)
}

/// GetModuleHandleW: as [`GetModuleHandleA`].
///
/// # Safety
///
/// As [`GetModuleHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleW(lpModuleName: *const u16) -> usize {
    // SAFETY: passed on.
    unsafe { find(lpModuleName, text::wide) }.map_or_else(failed, Module::handle)
}

const GET_MODULE_HANDLE_EX_FLAG_PIN: u32 = 1;
const GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT: u32 = 2;
const GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS: u32 = 4;

/// The module whose image an address lies in.
fn containing(address: usize) -> Result<usize, u32> {
    let (base, _) = image_of(address).ok_or(ERROR_MOD_NOT_FOUND)?;
    Ok(base)
}

/// # Safety
///
/// `module` must be a C program's to write.
unsafe fn get_ex(
    flags: u32,
    address: usize,
    find: impl FnOnce() -> Result<Module, u32>,
    module: *mut usize,
) -> i32 {
    let known = GET_MODULE_HANDLE_EX_FLAG_PIN
        | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT
        | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
    let both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let found = if module.is_null() || flags & !known != 0 || flags & both == both {
        Err(ERROR_INVALID_PARAMETER)
    } else if flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS != 0 && address != 0 {
        containing(address)
    } else {
        find().map(Module::handle)
    };
    let handle = found.unwrap_or(0);
    let mut result = found.map(|_| ());
    if !module.is_null() {
        // SAFETY: as the caller vouches.
        let written = unsafe { fault::write(module, &handle) };
        result =
            result.and(written.map_err(|_| dos_error::from_status(NtStatus::ACCESS_VIOLATION)));
    }
    match result {
        Ok(()) => 1,
        Err(code) => failed(code) as i32,
    }
}

/// GetModuleHandleExA: by name, or by an address in the module.
///
/// # Safety
///
/// `lpModuleName` must be a C program's to read, `phModule` to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleExA(
    dwFlags: u32,
    lpModuleName: *const c_char,
    phModule: *mut usize,
) -> i32 {
    let address = lpModuleName as usize;
    // SAFETY: passed on.
    unsafe {
        get_ex(
            dwFlags,
            address,
            || find(lpModuleName.cast(), ansi),
            phModule,
        )
    }
}

/// GetModuleHandleExW: as [`GetModuleHandleExA`].
///
/// # Safety
///
/// As [`GetModuleHandleExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleHandleExW(
    dwFlags: u32,
    lpModuleName: *const u16,
    phModule: *mut usize,
) -> i32 {
    let address = lpModuleName as usize;
    // SAFETY: passed on.
    unsafe {
        get_ex(
            dwFlags,
            address,
            || find(lpModuleName, text::wide),
            phModule,
        )
    }
}

/// GetProcAddress: by name; this library's functions have no ordinals.
///
/// # Safety
///
/// `lpProcName` must be a C program's to read; it may be NULL, an ordinal or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetProcAddress(hModule: usize, lpProcName: *const c_char) -> usize {
    const LAST_ORDINAL: usize = 0xFFFF;
    let module = match hModule {
        0 => Module::Main,
        handle => match Module::from_handle(handle) {
            Some(module) => module,
            None => return failed(ERROR_MOD_NOT_FOUND),
        },
    };
    let Module::Own(module) = module else {
        return failed(ERROR_PROC_NOT_FOUND);
    };
    if lpProcName as usize <= LAST_ORDINAL {
        return failed(ERROR_PROC_NOT_FOUND);
    }
    // SAFETY: passed on.
    if let Some(plain) = unsafe { PlainText::read(lpProcName.cast::<u8>()) } {
        return export_table::find(&plain, module).unwrap_or_else(|| failed(ERROR_PROC_NOT_FOUND));
    }
    // SAFETY: passed on.
    match unsafe { text::ansi(lpProcName) } {
        Ok(Some(name)) => export_table::find(&String::from_utf16_lossy(&name), module)
            .unwrap_or_else(|| failed(ERROR_PROC_NOT_FOUND)),
        _ => failed(ERROR_PROC_NOT_FOUND),
    }
}

/// LoadLibraryA: this library's own modules, which are there already.
///
/// # Safety
///
/// As [`GetModuleHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryA(lpLibFileName: *const c_char) -> usize {
    // SAFETY: passed on.
    load(unsafe { find(lpLibFileName.cast(), ansi) })
}

/// LoadLibraryW: as [`LoadLibraryA`].
///
/// # Safety
///
/// As [`GetModuleHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryW(lpLibFileName: *const u16) -> usize {
    // SAFETY: passed on.
    load(unsafe { find(lpLibFileName, text::wide) })
}

/// LoadLibraryExA: as [`LoadLibraryA`]; the flags say where to look, and nobody has to.
///
/// # Safety
///
/// As [`GetModuleHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryExA(
    lpLibFileName: *const c_char,
    _hFile: usize,
    _dwFlags: u32,
) -> usize {
    // SAFETY: passed on.
    load(unsafe { find(lpLibFileName.cast(), ansi) })
}

/// LoadLibraryExW: as [`LoadLibraryExA`].
///
/// # Safety
///
/// As [`GetModuleHandleA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LoadLibraryExW(
    lpLibFileName: *const u16,
    _hFile: usize,
    _dwFlags: u32,
) -> usize {
    // SAFETY: passed on.
    load(unsafe { find(lpLibFileName, text::wide) })
}

/// FreeLibrary: succeeds for a module there is, which stays.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibrary(hLibModule: usize) -> i32 {
    match hLibModule {
        0 => failed(ERROR_INVALID_HANDLE) as i32,
        _ => DisableThreadLibraryCalls(hLibModule),
    }
}

/// FreeLibraryAndExitThread.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn FreeLibraryAndExitThread(hLibModule: usize, dwExitCode: u32) -> ! {
    FreeLibrary(hLibModule);
    winpages_kernel::thread::exit(dwExitCode)
}

/// DisableThreadLibraryCalls: succeeds for a module there is; nobody calls its entry for threads.
#[unsafe(no_mangle)]
pub extern "C" fn DisableThreadLibraryCalls(hLibModule: usize) -> i32 {
    match Module::from_handle(hLibModule) {
        Some(_) => 1,
        None => failed(ERROR_MOD_NOT_FOUND) as i32,
    }
}

/// The file of a module, or of another loaded image by its base address.
fn file_name(handle: usize) -> Result<String, u32> {
    if handle == 0 {
        return Module::Main.file_name().map_err(dos_error::from_status);
    }
    if let Some(module) = Module::from_handle(handle) {
        return module.file_name().map_err(dos_error::from_status);
    }
    let (base, file) = image_of(handle).ok_or(ERROR_MOD_NOT_FOUND)?;
    let file = Path::new(std::ffi::OsStr::from_bytes(file.to_bytes()));
    let file = std::fs::canonicalize(file).map_err(|_| ERROR_MOD_NOT_FOUND)?;
    path::from_linux(&file)
        .filter(|_| base == handle)
        .ok_or(ERROR_MOD_NOT_FOUND)
}

/// Hands out as much as has room; if that is not all, the buffer is full and the last error
/// ERROR_INSUFFICIENT_BUFFER.
///
/// # Safety
///
/// `buffer` must be a C program's to write.
unsafe fn hand_out_cut<T: Copy + Default>(
    name: Result<Vec<T>, u32>,
    buffer: *mut T,
    size: u32,
) -> u32 {
    let name = match name {
        Ok(name) => name,
        Err(code) => return failed(code) as u32,
    };
    let size = size as usize;
    let fits = name.len() < size;
    let length = if fits {
        name.len()
    } else {
        size.saturating_sub(1)
    };
    let end = T::default();
    let terminated = name[..length].iter().chain([&end]);
    for (index, element) in terminated.take(size).enumerate() {
        // SAFETY: as the caller vouches.
        if unsafe { fault::write(buffer.wrapping_add(index), element) }.is_err() {
            return failed(dos_error::from_status(NtStatus::ACCESS_VIOLATION)) as u32;
        }
    }
    if fits {
        last_error::set(ERROR_SUCCESS);
        length as u32
    } else {
        last_error::set(ERROR_INSUFFICIENT_BUFFER);
        size as u32
    }
}

/// GetModuleFileNameA: the program's path for 0.
///
/// # Safety
///
/// `lpFilename` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleFileNameA(
    hModule: usize,
    lpFilename: *mut u8,
    nSize: u32,
) -> u32 {
    let name = file_name(hModule).map(String::into_bytes);
    // SAFETY: passed on.
    unsafe { hand_out_cut(name, lpFilename, nSize) }
}

/// GetModuleFileNameW: the program's path for 0.
///
/// # Safety
///
/// `lpFilename` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetModuleFileNameW(
    hModule: usize,
    lpFilename: *mut u16,
    nSize: u32,
) -> u32 {
    let name = file_name(hModule).map(|name| name.encode_utf16().collect());
    // SAFETY: passed on.
    unsafe { hand_out_cut(name, lpFilename, nSize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(name: &CStr) -> usize {
        // SAFETY: the name ends in NUL.
        unsafe { GetModuleHandleA(name.as_ptr()) }
    }

    #[test]
    fn modules_by_name() {
        let kernel32 = handle(c"kernel32");
        assert_eq!(kernel32, own_base());
        assert_eq!(handle(c"KERNEL32.DLL"), kernel32);
        assert_eq!(handle(c"c:\\windows\\system32\\kernel32.dll"), kernel32);
        let all = [c"kernel32", c"kernelbase", c"ntdll", c"psapi", c"advapi32"].map(handle);
        for (index, one) in all.iter().enumerate() {
            assert!(*one != 0 && !all[..index].contains(one));
            assert_eq!(image_of(*one).map(|(base, _)| base), Some(own_base()));
        }
        for name in [c"", c"kernel32.", c"user32", c"C:\\kernel32.dll"] {
            last_error::set(0);
            assert_eq!((handle(name), last_error::get()), (0, 126), "{name:?}");
        }
    }

    #[test]
    fn functions_where_windows_has_them() {
        let find = |module: &CStr, name: &CStr| {
            last_error::set(0);
            // SAFETY: both names end in NUL.
            let address = unsafe { GetProcAddress(handle(module), name.as_ptr()) };
            (address != 0, last_error::get())
        };
        for (module, name, there) in [
            (c"kernel32", c"CreateFileW", true),
            (c"kernelbase", c"CreateFileW", true),
            (c"ntdll", c"CreateFileW", false),
            (c"ntdll", c"RtlNtStatusToDosError", true),
            (c"kernel32", c"RtlNtStatusToDosError", false),
            (c"kernelbase", c"MoveFileW", false),
            (c"kernel32", c"createfilew", false),
            (c"kernel32", c"", false),
        ] {
            let error = if there { 0 } else { 127 };
            assert_eq!(find(module, name), (there, error), "{module:?} {name:?}");
        }
        // SAFETY: an ordinal and a foreign module are allowed.
        unsafe {
            assert_eq!(GetProcAddress(own_base(), 5 as *const c_char), 0);
            assert_eq!(last_error::get(), 127);
            assert_eq!(GetProcAddress(0x1234_0000, c"CreateFileW".as_ptr()), 0);
            assert_eq!(last_error::get(), 126);
        }
        assert_eq!((FreeLibrary(0), last_error::get()), (0, 6));
        assert_eq!(FreeLibrary(handle(c"ntdll")), 1);
    }
}
