//! What errors tell, on both systems.

mod common;

use std::io::ErrorKind;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use winpages::{
    Access, Error, Opened, Operation, Protection, Region, Regions, Reservation, ReservationOptions,
    Section, SectionOptions, View, ViewOptions,
};

assert_impl_all!(Error: std::error::Error, Send, Sync, Clone, Unpin);
assert_impl_all!(Reservation: Send, Sync, Unpin, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Section: Send, Sync, Unpin, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(View: Send, Sync, Unpin, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(ReservationOptions: Send, Sync, Clone);
assert_impl_all!(SectionOptions<'_>: Send, Sync, Clone);
assert_impl_all!(ViewOptions<'_>: Send, Sync, Clone);
assert_impl_all!(Region: Send, Sync, Copy);
assert_impl_all!(Regions: Send, Sync, Iterator);
assert_impl_all!(Protection: Send, Sync, Copy);
// Two of a kind would both give the memory back.
assert_not_impl_any!(Reservation: Clone);
assert_not_impl_any!(View: Clone, std::ops::Deref, AsRef<[u8]>);
// As large as what is in it: no allocation is made for an error without a name.
const _: () = assert!(size_of::<Error>() <= 32);

#[test]
fn an_error_is_a_sentence_with_advice() {
    let error = Section::options()
        .name("nobody has this")
        .open()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot open the section \"nobody has this\": The system cannot find the file specified \
         (ERROR_FILE_NOT_FOUND, 2); nobody holds an object of that name: it goes with the last \
         handle, and upper and lower case differ"
    );
}

#[test]
fn an_error_knows_the_addresses() {
    let reservation = Reservation::new(4096).unwrap();
    let base = reservation.as_ptr() as usize;
    let error = assert_code!(reservation.read::<u8>(5), "ERROR_NOACCESS");
    assert_eq!(error.addresses(), Some(base + 5..base + 6));
    assert_eq!(error.name(), None);
    assert!(
        error
            .to_string()
            .contains(&format!(" at {:#x}..", base + 5)),
        "{error}"
    );
}

#[test]
fn an_error_becomes_one_of_the_standard_library() {
    fn open() -> std::io::Result<Section> {
        Ok(Section::options().name(r"a\b").open()?)
    }
    let error = open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let inner: &Error = error.get_ref().unwrap().downcast_ref().unwrap();
    assert_eq!(inner.operation(), Operation::OpenSection);
    assert_eq!((inner.code(), inner.raw_os_error()), (3, 3));
}

#[test]
fn kinds() {
    let read_only = Section::options()
        .size(1)
        .protection(Protection::READONLY)
        .create()
        .unwrap();
    let denied = read_only.view().access(Access::Write).map().unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::PermissionDenied);
    assert_eq!(
        Reservation::new(0).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let name = common::unique_name("kinds");
    let options = Section::options().name(name).size(1);
    let (_section, opened) = options.clone().create_or_open().unwrap();
    assert_eq!(opened, Opened::Created);
    assert_eq!(
        options.create().unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
}

#[test]
fn more_memory_than_there_is() {
    // More addresses than a process has.
    let error = Reservation::new(1 << 50).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::OutOfMemory | ErrorKind::InvalidInput
        ),
        "{error}"
    );
}
