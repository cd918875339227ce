//! Starting processes that inherit handles, and what they inherit.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::error::{Error, Operation};
use crate::object_options::Object;
use crate::object_options::sealed::Kind;
use crate::platform::{self, Code, ObjectHandle, SectionHandle, StartRequest};
use crate::process::Process;
use crate::protection::Protection;
use crate::section::Section;
use crate::wait::Waitable;

/// A program to be started, and with what; made by [`Process::options`].
///
/// The parent says by [`inherit`](ProcessOptions::inherit) what the child gets, and tells it the value that it
/// is known by, in an argument or in its environment. In the child, [`Section::from_inherited`] and
/// `from_inherited` of [`Event`](crate::Event) and the others make something of that.
///
/// ```no_run
/// use winpages::{Event, Process};
///
/// let ready = Event::new()?;
/// let child = Process::options("/usr/local/bin/worker")
///     .argument(ready.inherited_value().to_string())
///     .inherit(&ready)
///     .start()?;
/// ready.wait()?;
/// child.wait()?;
/// assert_eq!(child.exit_code()?, Some(0));
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is started before `start` is called"]
pub struct ProcessOptions<'a> {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    inherited: Vec<&'a ObjectHandle>,
}

impl<'a> ProcessOptions<'a> {
    /// One argument more. On Windows, it is quoted for programs that take their command line apart as the C
    /// library does.
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// A variable of its environment, which otherwise is that of this process.
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref().to_owned();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    /// Its current directory, which otherwise is that of this process.
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Has it inherit an event or the like, under the [same value](crate::Event::inherited_value).
    pub fn inherit(mut self, object: &'a impl Waitable) -> Self {
        self.inherited.push(object.handle());
        self
    }

    /// Has it inherit a section, under the [same value](Section::inherited_value).
    pub fn inherit_section(mut self, section: &'a Section) -> Self {
        self.inherited.push(section.handle().object());
        self
    }

    /// Starts it. Mirrors CreateProcess with a list of handles to inherit.
    ///
    /// # Errors
    ///
    /// * ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED: no such program, or none that may be
    ///   started.
    /// * ERROR_BAD_EXE_FORMAT: it is no program.
    pub fn start(&self) -> Result<Process, Error> {
        self.start_as(false).map(|started| started.process)
    }

    /// Starts it, and has it stand still before it does anything. Mirrors CreateProcess with CREATE_SUSPENDED.
    ///
    /// # Errors
    ///
    /// As [`ProcessOptions::start`].
    pub fn start_suspended(&self) -> Result<SuspendedProcess, Error> {
        self.start_as(true)
    }

    fn start_as(&self, suspended: bool) -> Result<SuspendedProcess, Error> {
        let mut environment: Vec<(OsString, OsString)> = std::env::vars_os()
            .filter(|(name, _)| self.environment.iter().all(|(own, _)| own != name))
            .collect();
        environment.extend(self.environment.iter().cloned());
        platform::start_process(&StartRequest {
            program: &self.program,
            arguments: &self.arguments,
            environment: &environment,
            directory: self.directory.as_deref(),
            inherited: &self.inherited,
            suspended,
        })
        .map(|(process, thread, id)| SuspendedProcess {
            process: Process::of(process, id),
            thread,
        })
        .map_err(|code| {
            let program = self.program.to_string_lossy();
            Error::new(Operation::StartProcess, code).of(Some(&program))
        })
    }
}

/// A process that has been started and stands still, until it is resumed or ended.
#[derive(Debug)]
pub struct SuspendedProcess {
    process: Process,
    thread: ObjectHandle,
}

impl SuspendedProcess {
    /// The process: what can be done to any other can be done to it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Lets it go on. Mirrors ResumeThread.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: it has ended.
    pub fn resume(self) -> Result<Process, Error> {
        match platform::resume_thread(&self.thread) {
            Ok(()) => Ok(self.process),
            Err(code) => Err(Error::new(Operation::StartProcess, code)),
        }
    }
}

impl Process {
    /// Starts to say which program shall be started, and with what. The program is the path of its file.
    pub fn options<'a>(program: impl AsRef<Path>) -> ProcessOptions<'a> {
        ProcessOptions {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: None,
            inherited: Vec::new(),
        }
    }
}

/// Takes over a handle that this process has inherited, or that another has duplicated into it.
fn take_over(value: usize) -> Result<ObjectHandle, Error> {
    // SAFETY: the caller of whoever calls this vouches for it.
    unsafe { platform::adopt(value) }.map_err(|code: Code| Error::new(Operation::OpenObject, code))
}

macro_rules! inheritable {
    ($($kind:ident),*) => {$(
        impl crate::$kind {
            /// The value by which a process knows it that inherits it.
            pub fn inherited_value(&self) -> usize {
                use crate::wait::sealed::Handle as _;
                platform::handle_value(self.handle())
            }

            /// What this process has inherited under that value, or another process has
            /// [duplicated](Process::duplicate) into it.
            ///
            /// # Errors
            ///
            /// ERROR_INVALID_HANDLE: nothing.
            ///
            /// # Safety
            ///
            /// The value is that of an object of this kind, and nobody else here has taken it over.
            pub unsafe fn from_inherited(value: usize) -> Result<Self, Error> {
                take_over(value).map(|handle| Self::of(Object::unnamed(handle)))
            }
        }
    )*};
}

inheritable!(Event, Mutex, Semaphore, Timer);

impl Section {
    /// The value by which a process knows it that inherits it.
    pub fn inherited_value(&self) -> usize {
        platform::handle_value(self.handle().object())
    }

    /// What this process has inherited under that value, or another process has
    /// [duplicated](Process::duplicate_section) into it; `protection` is what it was created or opened with.
    ///
    /// # Errors
    ///
    /// ERROR_INVALID_HANDLE: nothing.
    ///
    /// # Safety
    ///
    /// The value is that of a section, and nobody else here has taken it over.
    pub unsafe fn from_inherited(value: usize, protection: Protection) -> Result<Self, Error> {
        take_over(value).map(|handle| Self::of(SectionHandle::of(handle), protection))
    }
}
