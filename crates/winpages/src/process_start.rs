//! Starting processes that inherit handles, and what they inherit.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::object_options::Object;
use crate::object_options::sealed::Kind;
use crate::platform::{self, AsStream, Code, ObjectHandle, SectionHandle, StartRequest, Stream};
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
///
/// Standard input, output and error are this process's unless others are named: files, pipes, sockets.
///
/// ```standalone_crate
/// use std::io::{Read, Write};
/// use winpages::Process;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // This program is its own child: it copies its input to its output.
/// if std::env::args().nth(1).as_deref() == Some("copy") {
///     std::io::copy(&mut std::io::stdin(), &mut std::io::stdout())?;
///     return Ok(());
/// }
/// let (input, mut to_child) = std::io::pipe()?;
/// let (mut from_child, output) = std::io::pipe()?;
/// let child = Process::options(std::env::current_exe()?)
///     .argument("copy")
///     .standard_input(&input)
///     .standard_output(&output)
///     .start()?;
/// // The child has its own; the pipe ends when nobody else can write to it.
/// drop((input, output));
/// to_child.write_all(b"there and back")?;
/// drop(to_child);
/// let mut text = String::new();
/// from_child.read_to_string(&mut text)?;
/// assert_eq!(text, "there and back");
/// child.wait()?;
/// assert_eq!(child.exit_code()?, Some(0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is started before `start` is called"]
pub struct ProcessOptions<'a> {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// What differs from this process's: a variable without a value is taken out.
    environment: Vec<(OsString, Option<OsString>)>,
    has_own_environment: bool,
    directory: Option<PathBuf>,
    inherited: Vec<&'a ObjectHandle>,
    standard: [Option<Stream<'a>>; 3],
}

impl<'a> ProcessOptions<'a> {
    /// One argument more. On Windows, it is quoted for programs that take their command line apart as the C
    /// library does.
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// A variable of its environment, which otherwise is that of this process. On Windows, names that differ
    /// only in case are one.
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.change_environment(name.as_ref(), Some(value.as_ref().to_owned()));
        self
    }

    /// A variable that its environment does not have.
    pub fn without_environment(mut self, name: impl AsRef<OsStr>) -> Self {
        self.change_environment(name.as_ref(), None);
        self
    }

    /// Its environment begins empty, and has what is said from now on.
    ///
    /// Programs for Windows may need `SystemRoot`.
    pub fn empty_environment(mut self) -> Self {
        self.environment.clear();
        self.has_own_environment = true;
        self
    }

    fn change_environment(&mut self, name: &OsStr, value: Option<OsString>) {
        self.environment
            .retain(|(known, _)| !platform::is_same_variable(known, name));
        self.environment.push((name.to_owned(), value));
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

    /// What it reads as its standard input: a file, the end of a pipe, a socket; whatever the system counts as
    /// such. Mirrors STARTUPINFO's hStdInput.
    pub fn standard_input(mut self, stream: &'a impl AsStream) -> Self {
        self.standard[0] = Some(platform::stream(stream));
        self
    }

    /// What it writes to as its standard output. Mirrors hStdOutput.
    pub fn standard_output(mut self, stream: &'a impl AsStream) -> Self {
        self.standard[1] = Some(platform::stream(stream));
        self
    }

    /// What it writes to as its standard error. Mirrors hStdError.
    pub fn standard_error(mut self, stream: &'a impl AsStream) -> Self {
        self.standard[2] = Some(platform::stream(stream));
        self
    }

    /// Starts it. Mirrors CreateProcess with a list of handles to inherit.
    ///
    /// # Errors
    ///
    /// * ERROR_INVALID_PARAMETER: a text with a NUL, a variable's name that is empty or holds a `=`; on Windows
    ///   also a batch file with arguments, which the shell would read as it pleases.
    /// * ERROR_DIRECTORY: what is to be its current directory is none.
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
        let environment = self.whole_environment().map_err(|code| self.error(code))?;
        platform::start_process(&StartRequest {
            program: &self.program,
            arguments: &self.arguments,
            environment: &environment,
            directory: self.directory.as_deref(),
            inherited: &self.inherited,
            standard: self.standard,
            suspended,
        })
        .map(|(process, thread, id)| SuspendedProcess {
            process: Process::of(process, id),
            thread,
        })
        .map_err(|code| self.error(code))
    }

    fn whole_environment(&self) -> Result<Vec<(OsString, OsString)>, Code> {
        let mut environment = Vec::new();
        if !self.has_own_environment {
            environment.extend(std::env::vars_os().filter(|(name, _)| {
                let mut changed = self.environment.iter();
                changed.all(|(changed, _)| !platform::is_same_variable(changed, name))
            }));
        }
        for (name, value) in &self.environment {
            if name.is_empty() || name.as_encoded_bytes().contains(&b'=') {
                return Err(ERROR_INVALID_PARAMETER);
            }
            if let Some(value) = value {
                environment.push((name.clone(), value.clone()));
            }
        }
        Ok(environment)
    }

    fn error(&self, code: Code) -> Error {
        let program = self.program.to_string_lossy();
        Error::new(Operation::StartProcess, code).of(Some(&program))
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
            Ok(_) => Ok(self.process),
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
            has_own_environment: false,
            directory: None,
            inherited: Vec::new(),
            standard: [None; 3],
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
            /// The value by which this process knows it: so does one that inherits it, and others
            /// [duplicate it](Process::duplicate_from) by that.
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
    /// The value by which this process knows it: so does one that inherits it, and others
    /// [duplicate it](Process::duplicate_section_from) by that.
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
