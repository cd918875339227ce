//! What a process is started with that Linux does not hand on: Windows' process parameters.
//!
//! The parent writes them into a file in memory that the child inherits under the number in an environment
//! variable. A child that is a winpages program takes from it its command line as it was given, its
//! standard handles, and the objects that it inherits, before anything else runs in it; any other child
//! never looks. The file's first page stays shared: in it the child leaves its exit code, of which Linux
//! keeps eight bits.

use core::ffi::CStr;
use core::sync::atomic::Ordering;
use std::sync::OnceLock;

use rustix::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

use super::package_text::{Reader, Writer};
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::{AccessMask, Object};
use crate::sys::shared_page::SharedPage;
use crate::sys::{environment, process, shared_file};

/// The environment variable that tells a child where its parameters are: a descriptor's number.
pub(super) const VARIABLE: &CStr = c"WINPAGES_STARTUP";

/// What every such file begins with; another layout will begin otherwise.
const MAGIC: u64 = u64::from_le_bytes(*b"wpstart2");

/// Where things are in the first page, in bytes.
mod place {
    pub const MAGIC: usize = 0;
    /// The number of the process that the parameters are for.
    pub const NUMBER: usize = 8;
    /// The exit code, and above it whether there is one.
    pub const ENDING: usize = 16;
    pub const BODY_SIZE: usize = 24;
    pub const BODY: u64 = 0x1000;
}

const HAS_ENDED: u64 = 1 << 32;

/// An inherited handle: its value, and what it leads to.
#[derive(Debug)]
pub(super) struct Inherited {
    pub handle: Handle,
    pub access: AccessMask,
    pub attributes: HandleAttributes,
    pub object: Object,
}

/// What a child is told.
#[derive(Debug, Default)]
pub(super) struct Parameters<'a> {
    pub command_line: &'a [u16],
    /// Standard input, output and error, if the parent named handles for them.
    pub standard: Option<[Handle; 3]>,
    pub inherited: &'a [Inherited],
}

/// Parameters in their file.
#[derive(Debug)]
pub(super) struct Block {
    pub file: OwnedFd,
    pub page: SharedPage,
    /// The descriptors that the child must have besides the file.
    pub descriptors: Vec<OwnedFd>,
}

impl Block {
    /// Writes parameters down.
    pub fn new(parameters: &Parameters<'_>) -> Result<Self, NtStatus> {
        let no_room = |_| NtStatus::INSUFFICIENT_RESOURCES;
        let mut descriptors = Vec::new();
        let mut body = Writer::default();
        body.units(parameters.command_line);
        for index in 0..3 {
            let handle = parameters.standard.map_or(0, |all| all[index].value());
            body.double_word(handle as u64);
        }
        body.double_word(u64::from(parameters.standard.is_some()));
        body.double_word(parameters.inherited.len() as u64);
        for inherited in parameters.inherited {
            body.double_word(inherited.handle.value() as u64);
            body.double_word(u64::from(inherited.access.bits()));
            body.double_word(u64::from(inherited.attributes.bits()));
            let (kind, package) = inherited.object.pack()?;
            body.package(kind, &package);
            descriptors.extend(package.descriptors);
        }
        let body = body.into_bytes();
        let file = shared_file::create_in_memory(c"winpages startup").map_err(no_room)?;
        // Not among the numbers of the standard streams, which the child has others under.
        let file = crate::sys::file::duplicate(file.as_fd()).map_err(no_room)?;
        shared_file::set_size(file.as_fd(), place::BODY + body.len() as u64).map_err(no_room)?;
        shared_file::write_all_at(file.as_fd(), &body, place::BODY).map_err(no_room)?;
        let page = SharedPage::map(file.as_fd()).map_err(no_room)?;
        page.double_word(place::BODY_SIZE)
            .store(body.len() as u64, Ordering::Relaxed);
        page.double_word(place::MAGIC)
            .store(MAGIC, Ordering::Relaxed);
        Ok(Self {
            file,
            page,
            descriptors,
        })
    }

    /// Where the child's number is to be put.
    pub fn number(&self) -> *mut u32 {
        self.page.word(place::NUMBER).as_ptr()
    }
}

/// The exit code that was left in the first page, if one was.
pub(super) fn exit_code_in(page: &SharedPage) -> Option<u32> {
    let ending = page.double_word(place::ENDING).load(Ordering::Acquire);
    (ending & HAS_ENDED != 0).then_some(ending as u32)
}

/// Leaves an exit code there; who comes first has the say.
pub(super) fn leave_exit_code(page: &SharedPage, code: u32) {
    let ending = HAS_ENDED | u64::from(code);
    let place = page.double_word(place::ENDING);
    let _ = place.compare_exchange(0, ending, Ordering::Release, Ordering::Relaxed);
}

/// What this process was started with.
#[derive(Debug)]
pub struct Startup {
    /// The command line as the parent gave it.
    pub command_line: Vec<u16>,
    /// The handles of standard input, output and error, if the parent named any.
    pub standard: Option<[Handle; 3]>,
    page: SharedPage,
}

static STARTUP: OnceLock<Option<Startup>> = OnceLock::new();

/// What the process was started with, if another winpages process started it.
pub fn startup() -> Option<&'static Startup> {
    STARTUP.get().and_then(Option::as_ref)
}

/// Leaves the code that the process ends with for those who ask; Linux keeps the lowest eight bits of it.
pub fn record_exit_code(code: u32) {
    // A process that was forked from this one has the same page, and is another.
    if let Some(startup) = startup()
        && startup.page.word(place::NUMBER).load(Ordering::Relaxed) == process::own_number()
    {
        leave_exit_code(&startup.page, code);
    }
}

/// Reads the parameters, if they are this process's, and enters what it inherits.
fn take_over(number: i32) -> Option<Startup> {
    // SAFETY: the number is borrowed, and only looked at, until the file behind it is known.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    let found = shared_file::stat(file).ok()?;
    if !shared_file::is_regular_file(&found) || found.st_size < place::BODY as i64 {
        return None;
    }
    let page = SharedPage::map(file).ok()?;
    let is_ours = page.double_word(place::MAGIC).load(Ordering::Relaxed) == MAGIC
        && page.word(place::NUMBER).load(Ordering::Relaxed) == process::own_number();
    if !is_ours {
        return None;
    }
    // SAFETY: the parent opened it for this process, and nobody else here knows of it.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    let size = page.double_word(place::BODY_SIZE).load(Ordering::Relaxed);
    let mut body = vec![0; usize::try_from(size).ok()?];
    if shared_file::read_at(file.as_fd(), &mut body, place::BODY) != Ok(body.len()) {
        return None;
    }
    let mut body = Reader::of_inherited(&body);
    let command_line = body.units()?;
    let mut standard = [Handle::from_value(0); 3];
    for handle in &mut standard {
        *handle = Handle::from_value(body.double_word()? as usize);
    }
    let has_standard = body.double_word()? != 0;
    let count = body.double_word()?;
    for _ in 0..count {
        enter_inherited(&mut body)?;
    }
    Some(Startup {
        command_line,
        standard: has_standard.then_some(standard),
        page,
    })
}

/// Enters one inherited handle; `None` if the text ends. An object that cannot be had, for the process has
/// no descriptor left, is a handle that is missing.
fn enter_inherited(body: &mut Reader<'_>) -> Option<()> {
    let handle = Handle::from_value(body.double_word()? as usize);
    let access = AccessMask::from_bits_retain(body.double_word()? as u32);
    let attributes = HandleAttributes::from_bits_retain(body.double_word()? as u32);
    let (kind, package) = body.package()?;
    if let Ok(object) = Object::unpack(kind, package) {
        let entry = Entry {
            object,
            access,
            attributes,
        };
        let _ = handle_table::insert_at(handle, entry);
    }
    Some(())
}

extern "C" fn at_load() {
    let number = environment::variable(VARIABLE)
        .and_then(|text| text.to_str().ok()?.parse().ok())
        .filter(|number| *number > 2);
    let Some(number) = number else { return };
    let startup = STARTUP.get_or_init(|| take_over(number));
    if startup.is_some() {
        // What this process starts in its turn must not take them for its own.
        environment::remove(VARIABLE);
        process::at_exit(record_exit_code);
    }
}

/// Runs [`at_load`] before `main`, and before any other thread.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;
