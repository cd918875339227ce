//! Starting processes.

use core::ffi::{c_char, c_void};
use std::ffi::{CStr, CString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use winpages_kernel::file::path::{Target, resolve};
use winpages_kernel::process::{self, CreateProcess, CreatedProcess, Inheritance};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::command_line;
use crate::error_code::{
    ERROR_BAD_EXE_FORMAT, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
};
use crate::process_attribute_list::handle_list;
use crate::security_attributes::{self, SECURITY_ATTRIBUTES};
use crate::{dos_error, last_error, text};

const DETACHED_PROCESS: u32 = 0x8;
const CREATE_SUSPENDED: u32 = 0x4;
const CREATE_NEW_CONSOLE: u32 = 0x10;
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
const CREATE_UNICODE_ENVIRONMENT: u32 = 0x400;
const EXTENDED_STARTUPINFO_PRESENT: u32 = 0x0008_0000;
const STARTF_USESTDHANDLES: u32 = 0x100;

/// STARTUPINFOA and STARTUPINFOW as C programs lay them out: they differ in what the texts are.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct STARTUPINFO {
    /// The size of this structure in bytes.
    pub cb: u32,
    /// NULL.
    pub lpReserved: *mut c_void,
    /// The desktop: there is one.
    pub lpDesktop: *mut c_void,
    /// A console's title: there is none.
    pub lpTitle: *mut c_void,
    /// Where a window opens, and what else concerns windows.
    pub dwX: u32,
    /// As above.
    pub dwY: u32,
    /// As above.
    pub dwXSize: u32,
    /// As above.
    pub dwYSize: u32,
    /// As above.
    pub dwXCountChars: u32,
    /// As above.
    pub dwYCountChars: u32,
    /// As above.
    pub dwFillAttribute: u32,
    /// STARTF_ constants: which members count.
    pub dwFlags: u32,
    /// As above.
    pub wShowWindow: u16,
    /// 0.
    pub cbReserved2: u16,
    /// NULL.
    pub lpReserved2: *mut u8,
    /// Standard input, with STARTF_USESTDHANDLES.
    pub hStdInput: usize,
    /// Standard output.
    pub hStdOutput: usize,
    /// Standard error.
    pub hStdError: usize,
}

/// STARTUPINFOEX: with a list of attributes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct ExtendedStartupInformation {
    information: STARTUPINFO,
    attributes: *const c_void,
}

/// PROCESS_INFORMATION as C programs lay it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PROCESS_INFORMATION {
    /// A handle of the process.
    pub hProcess: usize,
    /// A handle of its first thread.
    pub hThread: usize,
    /// The number of the process.
    pub dwProcessId: u32,
    /// The number of the thread.
    pub dwThreadId: u32,
}

type Text = Result<Option<Vec<u16>>, NtStatus>;

/// What the A and the W function have read.
struct Request {
    application: Text,
    command_line: Text,
    directory: Text,
    environment: Result<Option<Vec<CString>>, NtStatus>,
    process_attributes: *const SECURITY_ATTRIBUTES,
    thread_attributes: *const SECURITY_ATTRIBUTES,
    inherit: bool,
    flags: u32,
    startup: *const STARTUPINFO,
    information: *mut PROCESS_INFORMATION,
}

fn status(status: NtStatus) -> u32 {
    dos_error::from_status(status)
}

/// Whether a file is there that can be executed, as far as its mode tells.
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether a file begins as programs and scripts do; yes, if it cannot be read.
fn looks_like_program(path: &CStr) -> bool {
    use std::io::Read;
    let mut start = Vec::new();
    let opened = std::fs::File::open(Path::new(std::ffi::OsStr::from_bytes(path.to_bytes())));
    let read = opened.and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_err() || start.starts_with(b"\x7FELF") || start.starts_with(b"#!")
}

/// The file of a Win32 path, which may lack `.exe`.
fn program_at(path: &str) -> Result<PathBuf, u32> {
    let place = |path: &str| match resolve(path) {
        Ok(Target::Place(place)) => Ok(place),
        Ok(_) => Err(ERROR_FILE_NOT_FOUND),
        Err(failure) => Err(status(failure)),
    };
    let found = place(path)?;
    if found.exists {
        return Ok(found.path);
    }
    let with_extension = place(&format!("{path}.exe"))?;
    if with_extension.exists {
        Ok(with_extension.path)
    } else {
        Err(ERROR_FILE_NOT_FOUND)
    }
}

/// Finds a program that is named as the shell names it: beside this one, in the current directory, or in a
/// directory of `PATH`.
fn search(name: &str) -> Result<PathBuf, u32> {
    if name.is_empty() {
        return Err(ERROR_FILE_NOT_FOUND);
    }
    if name.contains(['\\', '/', ':']) {
        return program_at(name);
    }
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::parent).map(Path::to_owned);
    let variable = std::env::var_os("PATH").unwrap_or_default();
    let directories = own.into_iter().chain(std::env::current_dir().ok());
    for directory in directories.chain(std::env::split_paths(&variable)) {
        for name in [name.to_owned(), format!("{name}.exe")] {
            let candidate = directory.join(name);
            if is_program(&candidate) {
                return Ok(candidate);
            }
        }
    }
    Err(ERROR_FILE_NOT_FOUND)
}

/// The program of a command line that begins with its name.
fn search_in(line: &[u16]) -> Result<PathBuf, u32> {
    let mut failure = ERROR_FILE_NOT_FOUND;
    for candidate in command_line::program_candidates(line) {
        let name = String::from_utf16(candidate).map_err(|_| ERROR_INVALID_PARAMETER)?;
        match search(&name) {
            Ok(found) if is_program(&found) => return Ok(found),
            Ok(_) => {}
            Err(code) => failure = code,
        }
    }
    Err(failure)
}

fn to_c_string(bytes: Vec<u8>) -> Result<CString, u32> {
    CString::new(bytes).map_err(|_| ERROR_INVALID_PARAMETER)
}

impl Request {
    fn directory(&self) -> Result<Option<CString>, u32> {
        const ERROR_DIRECTORY: u32 = 267;
        let Some(units) = self
            .directory
            .as_ref()
            .map_err(|failure| status(*failure))?
        else {
            return Ok(None);
        };
        let path = String::from_utf16(units).map_err(|_| ERROR_DIRECTORY)?;
        match resolve(&path) {
            Ok(Target::Place(place)) if place.is_directory() => {
                to_c_string(place.path.into_os_string().into_vec()).map(Some)
            }
            _ => Err(ERROR_DIRECTORY),
        }
    }

    /// # Safety
    ///
    /// The pointers must be what a C program passes.
    unsafe fn run(&self) -> Result<(), u32> {
        let application = self.application.as_ref().map_err(|code| status(*code))?;
        let line = self.command_line.as_ref().map_err(|code| status(*code))?;
        if self.startup.is_null() || self.information.is_null() {
            return Err(ERROR_NOACCESS);
        }
        let alone = DETACHED_PROCESS | CREATE_NEW_CONSOLE;
        if self.flags & alone == alone || (application.is_none() && line.is_none()) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let program = match (application, line) {
            (Some(name), _) => {
                let name = String::from_utf16(name).map_err(|_| ERROR_INVALID_PARAMETER)?;
                program_at(&name)?
            }
            (None, line) => search_in(line.as_deref().unwrap_or_default())?,
        };
        // A program's name alone is its command line.
        let quoted;
        let line: &[u16] = match (line, application) {
            (Some(line), _) => line,
            (None, application) => {
                let name = application.as_deref().unwrap_or_default();
                quoted = [&[u16::from(b'"')], name, &[u16::from(b'"')]].concat();
                &quoted
            }
        };
        let arguments = command_line::split(line)
            .iter()
            .map(|argument| to_c_string(text::to_utf8(argument)))
            .collect::<Result<Vec<_>, _>>()?;
        let own_environment;
        let environment = match self.environment.as_ref().map_err(|code| status(*code))? {
            Some(given) => given,
            None => {
                own_environment = own_environment_strings();
                &own_environment
            }
        };
        // SAFETY: the caller's pointers.
        let startup = unsafe { self.startup_information()? };
        // SAFETY: as above.
        let inheritance = unsafe { self.inheritance()? };
        let uses_standard = startup.dwFlags & STARTF_USESTDHANDLES != 0 && self.inherit;
        let standard = [startup.hStdInput, startup.hStdOutput, startup.hStdError];
        let directory = self.directory()?;
        let program = to_c_string(program.as_os_str().as_bytes().to_vec())?;
        // SAFETY: as above.
        let (process_attributes, thread_attributes) = unsafe {
            (
                security_attributes::given(self.process_attributes)
                    .map_err(status)?
                    .attributes,
                security_attributes::given(self.thread_attributes)
                    .map_err(status)?
                    .attributes,
            )
        };
        let created = process::create_process(&CreateProcess {
            program: &program,
            command_line: line,
            arguments: &arguments,
            environment,
            directory: directory.as_deref(),
            standard: uses_standard.then(|| standard.map(Handle::from_value)),
            inheritance,
            suspended: self.flags & CREATE_SUSPENDED != 0,
            new_group: self.flags & (CREATE_NEW_PROCESS_GROUP | alone) != 0,
            process_attributes,
            thread_attributes,
        })
        .map_err(|failure| match failure {
            NtStatus::INVALID_IMAGE_FORMAT => ERROR_BAD_EXE_FORMAT,
            // Of a file that may not be executed Linux says no more, be it a program or not.
            NtStatus::ACCESS_DENIED if !looks_like_program(&program) => ERROR_BAD_EXE_FORMAT,
            other => status(other),
        })?;
        // SAFETY: as above.
        unsafe { self.answer(created) }
    }

    /// # Safety
    ///
    /// As [`Request::run`].
    unsafe fn startup_information(&self) -> Result<STARTUPINFO, u32> {
        // SAFETY: any bytes are integers and pointers.
        let startup = unsafe { fault::read(self.startup) }.map_err(|_| ERROR_NOACCESS)?;
        let is_extended = self.flags & EXTENDED_STARTUPINFO_PRESENT != 0;
        if is_extended && startup.cb as usize != size_of::<ExtendedStartupInformation>() {
            return Err(ERROR_INVALID_PARAMETER);
        }
        Ok(startup)
    }

    /// # Safety
    ///
    /// As [`Request::run`].
    unsafe fn inheritance(&self) -> Result<Inheritance, u32> {
        let is_extended = self.flags & EXTENDED_STARTUPINFO_PRESENT != 0;
        let listed = if is_extended {
            let extended = self.startup.cast::<ExtendedStartupInformation>();
            // SAFETY: as the caller vouches; the size was told.
            let list = unsafe { fault::read(&raw const (*extended).attributes) };
            // SAFETY: as above.
            unsafe { handle_list(list.map_err(|_| ERROR_NOACCESS)?)? }
        } else {
            None
        };
        match (self.inherit, listed) {
            (true, None) => Ok(Inheritance::All),
            (true, Some(listed)) => Ok(Inheritance::Listed(listed)),
            (false, Some(_)) => Err(ERROR_INVALID_PARAMETER),
            (false, None) => Ok(Inheritance::Nothing),
        }
    }

    /// # Safety
    ///
    /// As [`Request::run`].
    unsafe fn answer(&self, created: CreatedProcess) -> Result<(), u32> {
        let information = PROCESS_INFORMATION {
            hProcess: created.process.value(),
            hThread: created.thread.value(),
            dwProcessId: created.number,
            dwThreadId: created.number,
        };
        // SAFETY: the caller's pointer, for the caller's answer.
        unsafe { fault::write(self.information, &information) }.map_err(|_| ERROR_NOACCESS)
    }
}

fn own_environment_strings() -> Vec<CString> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let mut entry = name.into_vec();
            entry.push(b'=');
            entry.extend(value.into_vec());
            CString::new(entry).ok()
        })
        .collect()
}

/// An environment block: strings that end in NUL, one behind the other, and an empty one at the end. What
/// begins with `=` is Windows' own, drives' current directories.
///
/// # Safety
///
/// `block` must be what a C program passes.
unsafe fn environment(
    block: *const c_void,
    is_wide: bool,
) -> Result<Option<Vec<CString>>, NtStatus> {
    if block.is_null() {
        return Ok(None);
    }
    let mut entries = Vec::new();
    let mut at = block.cast::<u8>();
    loop {
        // SAFETY: the caller's pointer; what cannot be read is an error.
        let entry = unsafe {
            if is_wide {
                text::wide(at.cast())
            } else {
                text::ansi(at.cast())
            }
        };
        let entry = entry?.unwrap_or_default();
        if entry.is_empty() {
            return Ok(Some(entries));
        }
        let bytes = text::to_utf8(&entry);
        at = at.wrapping_add(if is_wide {
            (entry.len() + 1) * size_of::<u16>()
        } else {
            // SAFETY: it has just been read to its NUL.
            unsafe { CStr::from_ptr(at.cast()) }.count_bytes() + 1
        });
        if entry[0] != u16::from(b'=')
            && let Ok(entry) = CString::new(bytes)
        {
            entries.push(entry);
        }
    }
}

/// CreateProcessA: as [`CreateProcessW`].
///
/// # Safety
///
/// As [`CreateProcessW`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateProcessA(
    lpApplicationName: *const c_char,
    lpCommandLine: *mut c_char,
    lpProcessAttributes: *const SECURITY_ATTRIBUTES,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    bInheritHandles: i32,
    dwCreationFlags: u32,
    lpEnvironment: *const c_void,
    lpCurrentDirectory: *const c_char,
    lpStartupInfo: *const STARTUPINFO,
    lpProcessInformation: *mut PROCESS_INFORMATION,
) -> i32 {
    // SAFETY: the caller's pointers, which may be NULL or wild.
    last_error::boolean_of_code(unsafe {
        Request {
            application: text::ansi(lpApplicationName),
            command_line: text::ansi(lpCommandLine),
            directory: text::ansi(lpCurrentDirectory),
            environment: environment(
                lpEnvironment,
                dwCreationFlags & CREATE_UNICODE_ENVIRONMENT != 0,
            ),
            process_attributes: lpProcessAttributes,
            thread_attributes: lpThreadAttributes,
            inherit: bInheritHandles != 0,
            flags: dwCreationFlags,
            startup: lpStartupInfo,
            information: lpProcessInformation,
        }
        .run()
    })
}

/// CreateProcessW: starts a program; any that Linux can start.
///
/// A program that `winpages cc` has built sees the command line as it was given, and has the inherited handles
/// under the same values. Any other gets the arguments that the command line is split into, and runs as usual.
/// There are no windows, consoles, desktops or jobs; what concerns them is taken and means nothing.
///
/// # Safety
///
/// The pointers must be a C program's; they may be NULL or wild.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateProcessW(
    lpApplicationName: *const u16,
    lpCommandLine: *mut u16,
    lpProcessAttributes: *const SECURITY_ATTRIBUTES,
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    bInheritHandles: i32,
    dwCreationFlags: u32,
    lpEnvironment: *const c_void,
    lpCurrentDirectory: *const u16,
    lpStartupInfo: *const STARTUPINFO,
    lpProcessInformation: *mut PROCESS_INFORMATION,
) -> i32 {
    // SAFETY: the caller's pointers, which may be NULL or wild.
    last_error::boolean_of_code(unsafe {
        Request {
            application: text::wide(lpApplicationName),
            command_line: text::wide(lpCommandLine),
            directory: text::wide(lpCurrentDirectory),
            environment: environment(
                lpEnvironment,
                dwCreationFlags & CREATE_UNICODE_ENVIRONMENT != 0,
            ),
            process_attributes: lpProcessAttributes,
            thread_attributes: lpThreadAttributes,
            inherit: bInheritHandles != 0,
            flags: dwCreationFlags,
            startup: lpStartupInfo,
            information: lpProcessInformation,
        }
        .run()
    })
}

/// # Safety
///
/// `information` must be a C program's to write.
unsafe fn startup_information(information: *mut STARTUPINFO) {
    let given = process::startup().and_then(|startup| startup.standard);
    let standard = given.unwrap_or([Handle::from_value(0); 3]);
    let nothing = core::ptr::null_mut();
    let answer = STARTUPINFO {
        cb: size_of::<STARTUPINFO>() as u32,
        lpReserved: nothing,
        lpDesktop: nothing,
        lpTitle: nothing,
        dwX: 0,
        dwY: 0,
        dwXSize: 0,
        dwYSize: 0,
        dwXCountChars: 0,
        dwYCountChars: 0,
        dwFillAttribute: 0,
        dwFlags: given.map_or(0, |_| STARTF_USESTDHANDLES),
        wShowWindow: 0,
        cbReserved2: 0,
        lpReserved2: nothing.cast(),
        hStdInput: standard[0].value(),
        hStdOutput: standard[1].value(),
        hStdError: standard[2].value(),
    };
    // SAFETY: as the caller vouches. The function answers nothing, so a wild pointer has no other answer.
    let _ = unsafe { fault::write(information, &answer) };
}

/// GetStartupInfoA: what the process was started with, as far as it concerns its standard streams.
///
/// # Safety
///
/// `lpStartupInfo` must be a C program's to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetStartupInfoA(lpStartupInfo: *mut STARTUPINFO) {
    // SAFETY: passed on.
    unsafe { startup_information(lpStartupInfo) };
}

/// GetStartupInfoW: as [`GetStartupInfoA`].
///
/// # Safety
///
/// As [`GetStartupInfoA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetStartupInfoW(lpStartupInfo: *mut STARTUPINFO) {
    // SAFETY: passed on.
    unsafe { startup_information(lpStartupInfo) };
}
