//! Starting processes.

use core::ffi::{c_char, c_void};
use std::ffi::CString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use winpages_kernel::file::path::{Target, resolve};
use winpages_kernel::process::{self, CreateProcess, CreatedProcess, Inheritance, StandardStreams};
use winpages_kernel::{Handle, NtStatus, sys::fault};

use crate::error_code::{
    ERROR_BAD_EXE_FORMAT, ERROR_DIRECTORY, ERROR_INVALID_PARAMETER, ERROR_NOACCESS,
};
use crate::process_attribute::Wishes;
use crate::security_attributes::{self, SECURITY_ATTRIBUTES};
use crate::startup_information::{STARTF_USESTDHANDLES, STARTUPINFO};
use crate::{command_line, dos_error, environment_block, last_error};
use crate::{process_priority, program_search, text};

const DETACHED_PROCESS: u32 = 0x8;
const CREATE_SUSPENDED: u32 = 0x4;
const CREATE_NEW_CONSOLE: u32 = 0x10;
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
const CREATE_UNICODE_ENVIRONMENT: u32 = 0x400;
const EXTENDED_STARTUPINFO_PRESENT: u32 = 0x0008_0000;

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

fn to_c_string(bytes: Vec<u8>) -> Result<CString, u32> {
    CString::new(bytes).map_err(|_| ERROR_INVALID_PARAMETER)
}

impl Request {
    fn directory(&self) -> Result<Option<CString>, u32> {
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
        let (program, line) = match (application, line) {
            (Some(name), Some(line)) => (program_search::named(name)?, line.clone()),
            // A program's name alone is its command line.
            (Some(name), None) => {
                let quote = u16::from(b'"');
                let line = [&[quote], name.as_slice(), &[quote]].concat();
                (program_search::named(name)?, line)
            }
            (None, line) => program_search::first_of(line.as_deref().unwrap_or_default())?,
        };
        let arguments = command_line::split(&line)
            .iter()
            .map(|argument| to_c_string(text::to_utf8(argument)))
            .collect::<Result<Vec<_>, _>>()?;
        let own_environment;
        let environment = match self.environment.as_ref().map_err(|code| status(*code))? {
            Some(given) => given,
            None => {
                own_environment = environment_block::own();
                &own_environment
            }
        };
        // SAFETY: the caller's pointers.
        let startup = unsafe { self.startup_information()? };
        // SAFETY: as above.
        let wishes = unsafe { self.wishes()? };
        let inheritance = self.inheritance(wishes.handles)?;
        let uses_standard = startup.dwFlags & STARTF_USESTDHANDLES != 0 && self.inherit;
        let standard = if uses_standard {
            let handles = [startup.hStdInput, startup.hStdOutput, startup.hStdError];
            StandardStreams::Handles(handles.map(Handle::from_value))
        } else {
            StandardStreams::Same
        };
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
            command_line: &line,
            arguments: &arguments,
            environment,
            directory: directory.as_deref(),
            standard,
            inheritance,
            processors: wishes.processors,
            priority_class: process_priority::of_flags(self.flags),
            suspended: self.flags & CREATE_SUSPENDED != 0,
            new_group: self.flags & (CREATE_NEW_PROCESS_GROUP | alone) != 0,
            process_attributes,
            thread_attributes,
        })
        .map_err(|failure| match failure {
            NtStatus::INVALID_IMAGE_FORMAT => ERROR_BAD_EXE_FORMAT,
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
    unsafe fn wishes(&self) -> Result<Wishes, u32> {
        if self.flags & EXTENDED_STARTUPINFO_PRESENT == 0 {
            return Ok(Wishes::default());
        }
        let extended = self.startup.cast::<ExtendedStartupInformation>();
        // SAFETY: as the caller vouches; the size was told.
        let list = unsafe { fault::read(&raw const (*extended).attributes) };
        // SAFETY: as above.
        unsafe { Wishes::of_process(list.map_err(|_| ERROR_NOACCESS)?) }
    }

    fn inheritance(&self, listed: Option<Vec<Handle>>) -> Result<Inheritance, u32> {
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
            environment: environment_block::read(
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
            environment: environment_block::read(
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
