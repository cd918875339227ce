//! The object manager's directories and links, as far as names of objects pass through them.
//!
//! `\BaseNamedObjects` is where names with `Global\` are, `\Sessions\1\BaseNamedObjects` where all other
//! names are; the rest only leads there. Beside these, a program can make directories of its own: private
//! namespaces. Such a directory is a named object like any other, held by those who have it open, and
//! carries a number of its own; the names of what lies in it begin with that number.

use core::sync::atomic::AtomicUsize;
use std::sync::Arc;

use super::handle_table::{self, Entry, Handle, HandleAttributes};
use super::name::{BACKSLASH, ObjectName, SESSION_ID, Scope};
use super::namespace::{self, Found};
use super::{
    AccessMask, Descriptor, GenericMapping, NamedFile, Object, ObjectKind, PAYLOAD_SIZE,
    object_type,
};
use crate::NtStatus;
use crate::section::Disposition;
use crate::sys::random;

impl AccessMask {
    /// DIRECTORY_QUERY
    pub const DIRECTORY_QUERY: Self = Self::from_bits_retain(0x1);
    /// DIRECTORY_TRAVERSE
    pub const DIRECTORY_TRAVERSE: Self = Self::from_bits_retain(0x2);
    /// SYMBOLIC_LINK_QUERY
    pub const SYMBOLIC_LINK_QUERY: Self = Self::from_bits_retain(0x1);
}

/// What the generic rights mean for a directory.
pub const DIRECTORY_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0003),
    write: AccessMask::from_bits_retain(0x0002_000C),
    execute: AccessMask::from_bits_retain(0x0002_0003),
    all: AccessMask::from_bits_retain(0x000F_000F),
};

/// What the generic rights mean for a symbolic link.
pub const SYMBOLIC_LINK_GENERIC_MAPPING: GenericMapping = GenericMapping {
    read: AccessMask::from_bits_retain(0x0002_0001),
    write: AccessMask::from_bits_retain(0x0002_0000),
    execute: AccessMask::from_bits_retain(0x0002_0001),
    all: AccessMask::from_bits_retain(0x000F_0001),
};

/// A directory that is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fixed {
    Root,
    Sessions,
    Session,
    BaseNamedObjects(Scope),
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Fixed(Fixed),
    /// A program's own, by its number.
    Own(OwnNumber),
    /// A link in a directory of names, and where it leads.
    Link(&'static str),
}

/// What the names in a directory of a program's own begin with.
type OwnNumber = [u8; 16];

/// A directory of the object manager, or a link to one.
#[derive(Debug)]
pub struct ObjectDirectory {
    place: Place,
    file: Option<NamedFile>,
    handles: AtomicUsize,
}

/// What a directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Its name in the directory.
    pub name: Vec<u16>,
    /// Its type's name.
    pub type_name: &'static str,
}

impl ObjectDirectory {
    fn new(place: Place, file: Option<NamedFile>) -> Self {
        Self {
            place,
            file,
            handles: AtomicUsize::new(0),
        }
    }

    /// Whether it is a link, which cannot be looked into.
    pub fn is_link(&self) -> bool {
        matches!(self.place, Place::Link(_))
    }

    /// Where a link leads.
    pub fn target(&self) -> Option<&'static str> {
        match self.place {
            Place::Link(target) => Some(target),
            _ => None,
        }
    }

    /// The object that `name` means from here; it does not begin with a backslash.
    ///
    /// # Errors
    ///
    /// [`NtStatus::OBJECT_TYPE_MISMATCH`] for a link, and for the name of a directory;
    /// [`NtStatus::OBJECT_PATH_SYNTAX_BAD`], [`NtStatus::OBJECT_NAME_INVALID`],
    /// [`NtStatus::OBJECT_PATH_NOT_FOUND`], [`NtStatus::OBJECT_NAME_NOT_FOUND`] in a directory that nobody
    /// may create anything in.
    pub fn object_name(&self, name: &[u16]) -> Result<ObjectName, NtStatus> {
        if name.first() == Some(&BACKSLASH) {
            return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
        }
        let parts: Vec<&[u16]> = name.split(|unit| *unit == BACKSLASH).collect();
        match resolve(self.place.clone(), &parts)? {
            Resolved::Object(name) => Ok(name),
            Resolved::Place(_) => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    /// What it holds: its links first, then directories and objects by name.
    ///
    /// # Errors
    ///
    /// What [`namespace::list`] answers.
    pub fn entries(&self) -> Result<Vec<DirectoryEntry>, NtStatus> {
        let entry = |name: &str, type_name| DirectoryEntry {
            name: name.encode_utf16().collect(),
            type_name,
        };
        let (scope, prefix) = match &self.place {
            Place::Fixed(Fixed::Root) => {
                return Ok(vec![
                    entry("BaseNamedObjects", "Directory"),
                    entry("Sessions", "Directory"),
                ]);
            }
            Place::Fixed(Fixed::Sessions) => {
                return Ok(vec![entry(&SESSION_ID.to_string(), "Directory")]);
            }
            Place::Fixed(Fixed::Session) => {
                return Ok(vec![entry("BaseNamedObjects", "Directory")]);
            }
            Place::Fixed(Fixed::BaseNamedObjects(scope)) => (*scope, None),
            Place::Own(number) => (Scope::Local, Some(prefix(number))),
            Place::Link(_) => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
        };
        let mut entries = Vec::new();
        if prefix.is_none() {
            for link in ["Global", "Local", "Session"] {
                entries.push(entry(link, "SymbolicLink"));
            }
        }
        for object in namespace::list()? {
            let leaf = object.name.leaf();
            let inside = match &prefix {
                Some(prefix) => leaf.strip_prefix(&prefix[..]),
                None => (!leaf.contains(&BACKSLASH)).then_some(leaf),
            };
            if let Some(name) = inside
                && object.name.scope() == scope
                && object.is_held
            {
                entries.push(DirectoryEntry {
                    name: name.to_vec(),
                    type_name: object.descriptor.kind.name(),
                });
            }
        }
        Ok(entries)
    }

    /// Takes a directory's name away while it is open: whoever asks for the name next gets another
    /// directory. What is open stays so.
    pub fn remove(&self) {
        if let Some(file) = &self.file {
            file.remove();
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    pub(crate) fn last_handle_closed(&self) {
        if let Some(file) = &self.file {
            file.release();
        }
    }

    pub(crate) fn named_file(&self) -> Option<&NamedFile> {
        self.file.as_ref()
    }

    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

/// What the names in a directory of a program's own begin with.
fn prefix(number: &OwnNumber) -> Vec<u16> {
    let digits: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.encode_utf16().chain([BACKSLASH]).collect()
}

enum Resolved {
    Place(Place),
    Object(ObjectName),
}

/// Goes from a place along a path. Names of directories are compared without regard to case, which is
/// right for OBJ_CASE_INSENSITIVE, which nearly everybody gives.
fn resolve(from: Place, parts: &[&[u16]]) -> Result<Resolved, NtStatus> {
    let is = |part: &[u16], text: &str| {
        String::from_utf16(part).is_ok_and(|part| part.eq_ignore_ascii_case(text))
    };
    let Some((first, rest)) = parts.split_first() else {
        return Ok(Resolved::Place(from));
    };
    let is_last = rest.is_empty();
    if first.is_empty() {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let missing = if is_last {
        NtStatus::OBJECT_NAME_NOT_FOUND
    } else {
        NtStatus::OBJECT_PATH_NOT_FOUND
    };
    let fixed = match &from {
        Place::Link(_) => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
        Place::Own(number) if is_last => {
            let leaf = prefix(number).into_iter().chain(first.iter().copied());
            let name = ObjectName::from_parts(Scope::Local, leaf.collect());
            return Ok(Resolved::Object(name));
        }
        Place::Own(_) => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        Place::Fixed(fixed) => *fixed,
    };
    let scope = match fixed {
        Fixed::Root if is(first, "BaseNamedObjects") => {
            return resolve(Place::Fixed(Fixed::BaseNamedObjects(Scope::Global)), rest);
        }
        Fixed::Root if is(first, "Sessions") => {
            return resolve(Place::Fixed(Fixed::Sessions), rest);
        }
        Fixed::Sessions if is(first, &SESSION_ID.to_string()) => {
            return resolve(Place::Fixed(Fixed::Session), rest);
        }
        Fixed::Session if is(first, "BaseNamedObjects") => {
            return resolve(Place::Fixed(Fixed::BaseNamedObjects(Scope::Local)), rest);
        }
        Fixed::Root | Fixed::Sessions | Fixed::Session => return Err(missing),
        Fixed::BaseNamedObjects(scope) => scope,
    };
    let linked = if is(first, "Global") {
        Some((Scope::Global, r"\BaseNamedObjects", rest))
    } else if is(first, "Local") {
        Some((scope, path_of(scope), rest))
    } else if is(first, "Session") {
        match rest {
            [] => Some((scope, r"\Sessions\BNOLINKS", rest)),
            [session, rest @ ..] if is(session, &SESSION_ID.to_string()) => {
                Some((Scope::Local, path_of(Scope::Local), rest))
            }
            _ => return Err(NtStatus::OBJECT_PATH_NOT_FOUND),
        }
    } else {
        None
    };
    match linked {
        Some((_, target, [])) if is_last => Ok(Resolved::Place(Place::Link(target))),
        Some((scope, _, rest)) => resolve(Place::Fixed(Fixed::BaseNamedObjects(scope)), rest),
        None if is_last => {
            let name = ObjectName::from_parts(scope, first.to_vec());
            Ok(Resolved::Object(name))
        }
        None => {
            let name = ObjectName::from_parts(scope, first.to_vec());
            resolve(Place::Own(number_of(&name)?), rest)
        }
    }
}

fn path_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Local => r"\Sessions\1\BaseNamedObjects",
        Scope::Global => r"\BaseNamedObjects",
    }
}

/// The number of a program's own directory of that name.
///
/// # Errors
///
/// [`NtStatus::OBJECT_PATH_NOT_FOUND`] if there is none.
fn number_of(name: &ObjectName) -> Result<OwnNumber, NtStatus> {
    let (_file, descriptor) = namespace::open(name, ObjectKind::Directory, false)
        .map_err(|_| NtStatus::OBJECT_PATH_NOT_FOUND)?;
    Ok(number_in(&descriptor))
}

fn number_in(descriptor: &Descriptor) -> OwnNumber {
    core::array::from_fn(|index| descriptor.payload[index])
}

/// The name that a full path means, from the root on.
///
/// # Errors
///
/// As [`ObjectDirectory::object_name`].
pub fn object_name_of_path(path: &[u16]) -> Result<ObjectName, NtStatus> {
    match resolve_path(path)? {
        Resolved::Object(name) => Ok(name),
        Resolved::Place(_) => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

fn resolve_path(path: &[u16]) -> Result<Resolved, NtStatus> {
    let Some((&BACKSLASH, path)) = path.split_first() else {
        return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
    };
    if path.is_empty() {
        return Ok(Resolved::Place(Place::Fixed(Fixed::Root)));
    }
    let parts: Vec<&[u16]> = path.split(|unit| *unit == BACKSLASH).collect();
    resolve(Place::Fixed(Fixed::Root), &parts)
}

fn resolve_from(root: Option<&ObjectDirectory>, path: &[u16]) -> Result<Resolved, NtStatus> {
    match root {
        None => resolve_path(path),
        Some(_) if path.first() == Some(&BACKSLASH) => Err(NtStatus::OBJECT_PATH_SYNTAX_BAD),
        Some(root) if path.is_empty() => Ok(Resolved::Place(root.place.clone())),
        Some(root) => {
            let parts: Vec<&[u16]> = path.split(|unit| *unit == BACKSLASH).collect();
            resolve(root.place.clone(), &parts)
        }
    }
}

/// Opens a directory or a link by its path, from `root` if there is one; mirrors NtOpenDirectoryObject and,
/// with `link`, NtOpenSymbolicLinkObject.
///
/// # Errors
///
/// [`NtStatus::OBJECT_NAME_NOT_FOUND`], [`NtStatus::OBJECT_PATH_NOT_FOUND`],
/// [`NtStatus::OBJECT_TYPE_MISMATCH`] if it is something else, [`NtStatus::ACCESS_DENIED`] for rights that
/// there are not, [`NtStatus::INSUFFICIENT_RESOURCES`].
pub fn open_directory(
    root: Option<&ObjectDirectory>,
    path: &[u16],
    link: bool,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    let directory = match resolve_from(root, path)? {
        Resolved::Place(place) => ObjectDirectory::new(followed(place, link), None),
        Resolved::Object(name) => {
            let (file, descriptor) = namespace::open(&name, ObjectKind::Directory, false)?;
            ObjectDirectory::new(Place::Own(number_in(&descriptor)), Some(file))
        }
    };
    if directory.is_link() != link {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    }
    enter(directory, access, attributes)
}

/// Who does not ask for a link itself gets what it leads to.
fn followed(place: Place, link: bool) -> Place {
    match place {
        Place::Link(target) if !link => Place::Fixed(match target {
            r"\BaseNamedObjects" => Fixed::BaseNamedObjects(Scope::Global),
            r"\Sessions\BNOLINKS" => Fixed::Sessions,
            _ => Fixed::BaseNamedObjects(Scope::Local),
        }),
        place => place,
    }
}

/// Makes a directory of the program's own, or opens the one of that name; mirrors NtCreateDirectoryObject
/// with OBJ_OPENIF. Without a name it is one that nobody else can open.
///
/// # Errors
///
/// As [`open_directory`], and what [`namespace::create_or_open`] answers.
pub fn create_directory(
    name: Option<&ObjectName>,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<(Handle, Disposition), NtStatus> {
    let mut number = [0; 16];
    random::fill(&mut number);
    let Some(name) = name else {
        let directory = ObjectDirectory::new(Place::Own(number), None);
        return Ok((enter(directory, access, attributes)?, Disposition::Created));
    };
    let mut payload = [0; PAYLOAD_SIZE];
    payload[..number.len()].copy_from_slice(&number);
    let descriptor = Descriptor {
        kind: ObjectKind::Directory,
        plain: None,
        data_size: 0,
        name: name.leaf().to_vec(),
        payload,
        extra: Vec::new(),
        security: Vec::new(),
        creator: std::process::id(),
    };
    let found = namespace::create_or_open(name, ObjectKind::Directory, None, None, |file| {
        descriptor.write(file)
    })?;
    let (file, number, disposition) = match found {
        Found::Created(file) => (file, number, Disposition::Created),
        Found::Existing(file, descriptor) => (file, number_in(&descriptor), Disposition::Existing),
    };
    let directory = ObjectDirectory::new(Place::Own(number), Some(file));
    Ok((enter(directory, access, attributes)?, disposition))
}

fn enter(
    directory: ObjectDirectory,
    access: AccessMask,
    attributes: HandleAttributes,
) -> Result<Handle, NtStatus> {
    let object = Object::Directory(Arc::new(directory));
    let object_type = object.object_type();
    let mapped = object_type.map(access)?;
    handle_table::insert(Entry {
        access: object_type.generic_mapping.apply(mapped),
        object,
        attributes,
    })
}

/// Finds the directory or link that a handle leads to, if the handle grants `desired`.
///
/// # Errors
///
/// [`NtStatus::INVALID_HANDLE`], [`NtStatus::OBJECT_TYPE_MISMATCH`] if it is of another kind,
/// [`NtStatus::ACCESS_DENIED`].
pub fn reference_directory(
    handle: Handle,
    desired: AccessMask,
) -> Result<Arc<ObjectDirectory>, NtStatus> {
    let entry = handle_table::lookup(handle)?;
    let Object::Directory(directory) = entry.object else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    if entry.access.contains(desired) {
        Ok(directory)
    } else {
        Err(NtStatus::ACCESS_DENIED)
    }
}

/// The type of a directory or of a link.
pub(super) fn type_of(directory: &ObjectDirectory) -> &'static object_type::ObjectType {
    if directory.is_link() {
        &object_type::SYMBOLIC_LINK
    } else {
        &object_type::DIRECTORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_lead_to_those_of_kernel32() {
        for (name, meant) in [
            (r"\BaseNamedObjects\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Global\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Local\x", Ok(r"Global\x")),
            (r"\BaseNamedObjects\Session\1\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\Local\x", Ok(r"Local\x")),
            (r"\Sessions\1\BaseNamedObjects\Global\x", Ok(r"Global\x")),
            (r"\sessions\1\basenamedobjects\X", Ok(r"Local\X")),
            ("x", Err(NtStatus::OBJECT_PATH_SYNTAX_BAD)),
            (r"\BaseNamedObjects\", Err(NtStatus::OBJECT_NAME_INVALID)),
            (r"\", Err(NtStatus::OBJECT_TYPE_MISMATCH)),
            (r"\BaseNamedObjects\\x", Err(NtStatus::OBJECT_NAME_INVALID)),
            (r"\BaseNamedObjects", Err(NtStatus::OBJECT_TYPE_MISMATCH)),
            (
                r"\BaseNamedObjects\a\x",
                Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            ),
            (
                r"\Sessions\7\BaseNamedObjects\x",
                Err(NtStatus::OBJECT_PATH_NOT_FOUND),
            ),
            (r"\x", Err(NtStatus::OBJECT_NAME_NOT_FOUND)),
        ] {
            let units: Vec<u16> = name.encode_utf16().collect();
            let found = object_name_of_path(&units).map(|found| found.to_string());
            let meant = meant.as_ref().map(|meant| *meant);
            assert_eq!(found.as_deref(), meant, "{name}");
        }
    }
}
