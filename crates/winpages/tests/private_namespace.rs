//! Private namespaces, on both systems. Wine 8.0 has none.

mod common;

use common::{is_wine, unique_name};
use winpages::{Boundary, Event, Mutex, Operation, PrivateNamespace, Section, Trustee};

static_assertions::assert_impl_all!(PrivateNamespace: Send, Sync);

fn boundary() -> Boundary {
    Boundary::new(unique_name("boundary")).group(Trustee::Everyone)
}

#[test]
fn names_are_found_through_the_boundary() {
    if is_wine() {
        return;
    }
    let boundary = boundary();
    let first = PrivateNamespace::create("found", &boundary).unwrap();
    assert_eq!(first.prefix(), "found");
    let mutex = Mutex::options().name(r"found\one").create().unwrap();
    let section = Section::options().name(r"found\two").size(4096);
    let section = section.create().unwrap();
    section.view().map().unwrap().write(0, &7u8).unwrap();
    let second = PrivateNamespace::open("found too", &boundary).unwrap();
    let guard = mutex.lock().unwrap();
    let same = Mutex::options().name(r"found too\one").open().unwrap();
    std::thread::scope(|scope| {
        let taken = scope.spawn(|| same.try_lock().unwrap().is_some());
        assert!(!taken.join().unwrap());
    });
    drop(guard);
    let view = Section::options().name(r"found too\two").open().unwrap();
    assert_eq!(view.view().map().unwrap().read::<u8>(0).unwrap(), 7);
    // It is in no other namespace.
    assert_code!(Mutex::options().name("one").open(), "ERROR_FILE_NOT_FOUND");
    drop(second);
    assert_code!(
        Mutex::options().name(r"found too\one").open(),
        "ERROR_PATH_NOT_FOUND"
    );
}

#[test]
fn a_boundary_leads_to_one() {
    if is_wine() {
        return;
    }
    let boundary = boundary();
    let error = assert_code!(
        PrivateNamespace::open("lone", &boundary),
        "ERROR_PATH_NOT_FOUND"
    );
    assert_eq!(error.operation(), Operation::PrivateNamespace);
    let first = PrivateNamespace::create("lone", &boundary).unwrap();
    assert_code!(
        PrivateNamespace::create("other", &boundary),
        "ERROR_ALREADY_EXISTS"
    );
    assert_code!(PrivateNamespace::open("lone", &boundary), "ERROR_DUP_NAME");
    // The same name with other groups is another boundary.
    let more = boundary.clone().group(Trustee::AuthenticatedUsers);
    assert_code!(
        PrivateNamespace::open("other", &more),
        "ERROR_PATH_NOT_FOUND"
    );
    drop(PrivateNamespace::create("other", &more).unwrap());
    let event = Event::options().name(r"lone\event").create().unwrap();
    first.destroy().unwrap();
    let second = PrivateNamespace::create("lone", &boundary).unwrap();
    assert_code!(
        Event::options().name(r"lone\event").open(),
        "ERROR_FILE_NOT_FOUND"
    );
    event.set().unwrap();
    drop(second);
    assert_code!(
        PrivateNamespace::open("lone", &boundary),
        "ERROR_PATH_NOT_FOUND"
    );
}

#[test]
fn what_cannot_be() {
    let boundary = boundary();
    assert_code!(
        PrivateNamespace::create("a\0b", &boundary),
        "ERROR_INVALID_NAME"
    );
    assert_code!(
        PrivateNamespace::create("nul", &Boundary::new("a\0b")),
        "ERROR_INVALID_NAME"
    );
    if is_wine() {
        return;
    }
    assert_code!(
        PrivateNamespace::create("", &boundary),
        "ERROR_INVALID_PARAMETER"
    );
    // Nobody is the owner of everything.
    let strangers = boundary.group(Trustee::Owner);
    assert_code!(
        PrivateNamespace::create("strange", &strangers),
        "ERROR_ACCESS_DENIED"
    );
}
