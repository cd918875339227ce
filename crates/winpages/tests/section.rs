//! Sections and their names, on both systems.

mod common;

use std::io::{ErrorKind, Write};

use common::{is_wine, unique_name};
use winpages::{Access, Opened, Operation, Protection, RegionKind, Section};

const PAGE: usize = 4096;

#[test]
fn memory_is_rounded_to_pages() {
    let section = Section::options().size(5000).create().unwrap();
    assert_eq!(section.size().unwrap(), 2 * PAGE as u64);
    assert_eq!(section.name(), None);
    let view = section.view().map().unwrap();
    assert_eq!(view.len(), 2 * PAGE);
    assert_eq!(
        view.as_ptr() as usize % winpages::allocation_granularity(),
        0
    );
    assert_eq!(view.query(0).unwrap().kind, Some(RegionKind::Mapped));
}

#[test]
fn a_name_leads_to_the_same_memory() {
    let name = unique_name("same");
    let first = Section::options()
        .name(&name)
        .size(PAGE as u64)
        .create()
        .unwrap();
    let second = Section::options().name(&name).open().unwrap();
    let third = Section::options()
        .name(name.strip_prefix(r"Local\").unwrap())
        .open()
        .unwrap();
    first.view().map().unwrap().write(0, &42u64).unwrap();
    for section in [&second, &third] {
        assert_eq!(section.size().unwrap(), PAGE as u64);
        assert_eq!(section.view().map().unwrap().read::<u64>(0).unwrap(), 42);
    }
    assert_eq!(second.name(), Some(name.as_str()));
}

#[test]
fn creating_says_whether_it_was_there() {
    let name = unique_name("there");
    let options = || Section::options().name(&name).size(PAGE as u64);
    let (first, opened) = options().create_or_open().unwrap();
    assert_eq!(opened, Opened::Created);
    let (second, opened) = options().size(1 << 20).create_or_open().unwrap();
    assert_eq!(opened, Opened::Existing);
    assert_eq!(second.size().unwrap(), PAGE as u64);
    let error = assert_code!(options().create(), "ERROR_ALREADY_EXISTS");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.name(), Some(name.as_str()));
    drop(first);
    assert_eq!(options().create_or_open().unwrap().1, Opened::Existing);
    drop(second);
    options().create().unwrap();
}

#[test]
fn a_name_goes_with_the_last_handle_and_the_memory_with_the_last_view() {
    let name = unique_name("last");
    let options = || Section::options().name(&name).size(PAGE as u64);
    let section = options().create().unwrap();
    let view = section.view().map().unwrap();
    view.write(0, &7u8).unwrap();
    drop(section);
    let error = assert_code!(options().open(), "ERROR_FILE_NOT_FOUND");
    assert_eq!(error.operation(), Operation::OpenSection);
    assert_eq!(std::io::Error::from(error).kind(), ErrorKind::NotFound);
    let fresh = options().create().unwrap();
    assert_eq!(fresh.view().map().unwrap().read::<u8>(0).unwrap(), 0);
    assert_eq!(view.read::<u8>(0).unwrap(), 7);
}

#[test]
fn names_that_cannot_be() {
    let create = |name: &str| Section::options().name(name).size(4096).create();
    let open = |name: &str| Section::options().name(name).open();
    for mistake in ["nowhere\\x", "Local\\a\\b", "LOCAL\\x\\y"] {
        assert_code!(create(mistake), "ERROR_PATH_NOT_FOUND");
        assert_code!(open(mistake), "ERROR_PATH_NOT_FOUND");
    }
    assert_code!(create("a\0b"), "ERROR_INVALID_NAME");
    assert_code!(open("a\0b"), "ERROR_INVALID_NAME");
    assert_code!(create("Local"), "ERROR_INVALID_HANDLE");
    assert_code!(open(""), "ERROR_INVALID_HANDLE");
    assert_code!(Section::options().open(), "ERROR_INVALID_PARAMETER");
    // An empty name is none: two of them are two sections.
    create("").unwrap();
}

#[test]
fn names_of_any_script() {
    let name = unique_name("共享内存 🧠/:*?");
    let _section = Section::options().name(&name).size(1).create().unwrap();
    Section::options().name(&name).open().unwrap();
    assert_code!(
        Section::options().name(name.replace('*', "+")).open(),
        "ERROR_FILE_NOT_FOUND"
    );
}

#[test]
fn what_cannot_be_created() {
    assert_code!(Section::options().create(), "ERROR_INVALID_PARAMETER");
    for protection in [
        Protection::NOACCESS,
        Protection::EXECUTE,
        Protection::empty(),
        Protection::READONLY | Protection::READWRITE,
        Protection::READWRITE | Protection::GUARD,
        // The bits of SEC_RESERVE are not a protection's.
        Protection::from_bits_retain(0x0400_0004),
    ] {
        let options = Section::options().size(1).protection(protection);
        assert_code!(options.create(), "ERROR_INVALID_PARAMETER");
    }
    let both = Section::options()
        .size(1)
        .no_cache(true)
        .write_combine(true);
    // Wine 8.0 takes both at once; each alone is documented, together they make no sense.
    if let Err(error) = both.create() {
        assert_eq!(error.code_name(), Some("ERROR_INVALID_PARAMETER"));
    }
}

#[test]
fn handles_do_what_they_were_opened_for() {
    let name = unique_name("rights");
    let _section = Section::options().name(&name).size(1).create().unwrap();
    let reader = Section::options()
        .name(&name)
        .protection(Protection::READONLY)
        .open()
        .unwrap();
    let error = assert_code!(
        reader.view().access(Access::Write).map(),
        "ERROR_ACCESS_DENIED"
    );
    assert_eq!(error.name(), Some(name.as_str()));
    let view = reader.view().map().unwrap();
    assert_eq!(
        view.query(0).unwrap().protection,
        Some(Protection::READONLY)
    );
    assert_code!(view.write(0, &1u8), "ERROR_NOACCESS");
    reader
        .view()
        .access(Access::Copy)
        .map()
        .unwrap()
        .write(0, &1u8)
        .unwrap();
    assert_eq!(view.read::<u8>(0).unwrap(), 0);
}

#[test]
fn sections_do_what_they_were_created_for() {
    let section = Section::options()
        .size(1)
        .protection(Protection::READONLY)
        .create()
        .unwrap();
    assert_code!(
        section.view().access(Access::Write).map(),
        "ERROR_ACCESS_DENIED"
    );
    assert_code!(section.view().execute(true).map(), "ERROR_ACCESS_DENIED");
    section.view().map().unwrap();
    let code = Section::options()
        .size(1)
        .protection(Protection::EXECUTE_READWRITE)
        .create()
        .unwrap();
    let view = code.view().execute(true).map().unwrap();
    let protection = view.query(0).unwrap().protection;
    assert_eq!(protection, Some(Protection::EXECUTE_READWRITE));
}

#[test]
fn flags_are_seen() {
    let section = Section::options().size(1).no_cache(true).create().unwrap();
    let region = section.view().map().unwrap().query(0).unwrap();
    let nocache = Protection::READWRITE | Protection::NOCACHE;
    // Wine 8.0 forgets it; Windows shows it in the protection of every page.
    assert!(
        is_wine() || region.protection == Some(nocache),
        "{region:?}"
    );
}

fn file_of(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

#[test]
fn files_have_their_size() {
    let file = file_of(b"thirteen byte");
    let section = Section::options().file(file.as_file()).create().unwrap();
    assert_eq!(section.size().unwrap(), 13);
    let view = section.view().map().unwrap();
    assert_eq!(view.len(), 13);
    assert_eq!(&view.read::<[u8; 13]>(0).unwrap(), b"thirteen byte");
    assert_code!(view.read::<[u8; 14]>(0), "ERROR_INVALID_ADDRESS");
    assert_code!(section.view().size(14).map(), "ERROR_ACCESS_DENIED");
    view.write_at(0, b"fourteen").unwrap();
    view.flush(..).unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), b"fourteen byte");
}

#[test]
fn files_grow_to_the_size() {
    let file = file_of(b"");
    let options = || Section::options().file(file.as_file());
    let error = assert_code!(options().create(), "ERROR_FILE_INVALID");
    assert!(error.hint().unwrap().contains("empty"));
    let section = options().size(70_000).create().unwrap();
    assert_eq!(section.size().unwrap(), 70_000);
    assert_eq!(file.as_file().metadata().unwrap().len(), 70_000);
    let view = section.view().offset(65536).map().unwrap();
    assert_eq!(view.len(), 70_000 - 65536);
    view.write(0, b"!").unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap()[65536], b'!');
}

#[test]
fn files_are_used_as_they_are_open() {
    let file = file_of(b"abc");
    let reader = std::fs::File::open(file.path()).unwrap();
    let options = || Section::options().file(&reader);
    assert_code!(options().create(), "ERROR_ACCESS_DENIED");
    let section = options().protection(Protection::READONLY).create().unwrap();
    assert_eq!(section.view().map().unwrap().read::<u8>(2).unwrap(), b'c');
    let copy = options()
        .protection(Protection::WRITECOPY)
        .create()
        .unwrap();
    let view = copy.view().map().unwrap();
    view.write(0, b"x").unwrap();
    assert_eq!(&view.read::<[u8; 3]>(0).unwrap(), b"xbc");
    assert_eq!(std::fs::read(file.path()).unwrap(), b"abc");
    assert_code!(
        options()
            .protection(Protection::READONLY)
            .size(100)
            .create(),
        "ERROR_NOT_ENOUGH_MEMORY"
    );
    let writer = std::fs::OpenOptions::new()
        .write(true)
        .open(file.path())
        .unwrap();
    assert_code!(
        Section::options().file(&writer).create(),
        "ERROR_ACCESS_DENIED"
    );
}

#[test]
fn a_section_keeps_its_file_open() {
    let file = file_of(b"abc");
    let own = file.reopen().unwrap();
    let section = Section::options().file(&own).create().unwrap();
    drop(own);
    let view = section.view().map().unwrap();
    drop(section);
    view.write(0, b"z").unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), b"zbc");
}

#[test]
fn two_sections_of_one_file_agree() {
    let file = file_of(b"abc");
    let one = Section::options().file(file.as_file()).create().unwrap();
    let other = Section::options().file(file.as_file()).create().unwrap();
    let (one, other) = (one.view().map().unwrap(), other.view().map().unwrap());
    one.write(1, b"X").unwrap();
    assert_eq!(other.read::<u8>(1).unwrap(), b'X');
}
