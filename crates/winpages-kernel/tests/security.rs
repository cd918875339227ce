//! Security descriptors between real users: what the library grants, and what the kernel does.

#![allow(missing_docs)]

mod common;

use common::users::*;
use common::*;
use winpages_kernel::object::handle_table::HandleAttributes;
use winpages_kernel::object::{self, AccessMask};
use winpages_kernel::section::{self, CreateSection, create_section};
use winpages_kernel::security::{SecurityInformation, sddl};
use winpages_kernel::wait::{CreateDispatcher, create_event, open_event, set_event};
use winpages_kernel::{Handle, NtStatus};

const SECOND: u32 = 65534;
const THIRD: u32 = 65533;
const GROUP: u32 = 4242;

const READ: AccessMask = AccessMask::SECTION_MAP_READ;
const WRITE: AccessMask = AccessMask::SECTION_MAP_WRITE;

const EVERYTHING: SecurityInformation = SecurityInformation::OWNER
    .union(SecurityInformation::GROUP)
    .union(SecurityInformation::DACL);

/// The namespace's protection against planting files in sticky directories, set for a while.
struct ProtectedRegular(String);

impl ProtectedRegular {
    const PATH: &str = "/proc/sys/fs/protected_regular";

    fn set(value: &str) -> Option<Self> {
        let before = std::fs::read_to_string(Self::PATH).ok()?;
        std::fs::write(Self::PATH, value).ok()?;
        Some(Self(before))
    }
}

impl Drop for ProtectedRegular {
    fn drop(&mut self) {
        let _ = std::fs::write(Self::PATH, &self.0);
    }
}

fn create_secured(text: &str, security: &str) -> Result<Handle, NtStatus> {
    let request = CreateSection {
        security: Some(sddl::parse(security).unwrap()),
        ..request(text, 4096)
    };
    create_section(&request).map(|(handle, _)| handle)
}

fn open_for(text: &str, access: AccessMask) -> Result<(), NtStatus> {
    let handle = section::open_section(&name(text), access, HandleAttributes::empty())?;
    close(handle);
    Ok(())
}

/// Whether the kernel lets this process open an object's file, which any program can try.
fn kernel_lets(text: &str, write: bool) -> bool {
    let path = namespace().join("winpages-global").join(text);
    std::fs::File::options()
        .read(true)
        .write(write)
        .open(path)
        .is_ok()
}

fn described(handle: Handle) -> String {
    sddl::format(
        &object::query_security(handle, EVERYTHING).unwrap(),
        EVERYTHING,
    )
    .unwrap()
}

/// What each user gets of the sections that the first makes: reading and writing, by the library and by
/// the kernel.
fn check_sections(of_second: bool, of_group: bool) {
    let denied = Err(NtStatus::ACCESS_DENIED);
    let granted = |is: bool| if is { Ok(()) } else { denied };
    for (text, reads, writes) in [
        ("null", true, true),
        ("empty", false, false),
        ("default", false, false),
        ("named", of_second, of_second),
        ("reader", true, false),
        ("deny", true, !of_second),
        ("group", of_group, of_group),
        ("administrators", false, false),
        ("absent", false, false),
    ] {
        let global = format!("Global\\{text}");
        assert_eq!(open_for(&global, READ), granted(reads), "{text}: read");
        assert_eq!(
            open_for(&global, READ | WRITE),
            granted(writes),
            "{text}: write"
        );
        assert_eq!(kernel_lets(text, false), reads, "{text}: the kernel, read");
        assert_eq!(kernel_lets(text, true), writes, "{text}: the kernel, write");
        let maximum = open_for(&global, AccessMask::MAXIMUM_ALLOWED);
        assert_eq!(maximum, granted(reads), "{text}: maximum");
        // Creating what there is opens it, and asks for what creators get.
        let created = create(&global, 4096).map(|(handle, _)| close(handle));
        assert_eq!(created, granted(text == "null"), "{text}: create");
    }
    // The list of another user's object is not this user's to change.
    let null = AccessMask::WRITE_DAC | READ;
    let handle =
        section::open_section(&name(r"Global\null"), null, HandleAttributes::empty()).unwrap();
    let given = sddl::parse("D:(A;;GA;;;WD)").unwrap();
    let changed = object::set_security(handle, SecurityInformation::DACL, &given);
    assert_eq!(changed, denied);
    close(handle);
}

#[test]
fn users_get_what_the_list_says() {
    const TEST: &str = "users_get_what_the_list_says";
    if let Some(role) = role() {
        return check_sections(role == "second", role == "group");
    }
    if !is_first(TEST) {
        return;
    }
    for value in ["2", "0"] {
        let Some(_setting) = ProtectedRegular::set(value) else {
            println!("skipped: fs.protected_regular cannot be set here");
            return;
        };
        share_sections(TEST);
    }
}

fn share_sections(test: &str) {
    let named = format!("D:(A;;GRGW;;;S-1-22-1-{SECOND})");
    let deny = format!("D:(D;;GW;;;S-1-22-1-{SECOND})(A;;GRGW;;;WD)");
    let group = format!("D:(A;;GRGW;;;S-1-22-2-{GROUP})");
    let held: Vec<Handle> = [
        ("null", "D:NO_ACCESS_CONTROL"),
        ("empty", "D:"),
        ("named", &named),
        ("reader", "D:(A;;GR;;;WD)"),
        ("deny", &deny),
        ("group", &group),
        ("administrators", "D:(A;;GA;;;BA)(A;;GA;;;SY)"),
        ("absent", ""),
    ]
    .into_iter()
    .map(|(text, security)| create_secured(&format!("Global\\{text}"), security).unwrap())
    .chain([create(r"Global\default", 4096).unwrap().0])
    .collect();
    as_user(test, "second", SECOND, SECOND);
    as_user(test, "third", THIRD, THIRD);
    as_user(test, "group", THIRD, GROUP);
    // The owner himself is held to the list, too, but can always mend it.
    assert_eq!(
        open_for(r"Global\empty", READ),
        Err(NtStatus::ACCESS_DENIED)
    );
    assert_eq!(open_for(r"Global\empty", AccessMask::WRITE_DAC), Ok(()));
    assert_eq!(open_for(r"Global\administrators", WRITE), Ok(()));
    for handle in held {
        close(handle);
    }
}

#[test]
fn a_changed_list_holds_for_whoever_comes_next() {
    const TEST: &str = "a_changed_list_holds_for_whoever_comes_next";
    match role().as_deref() {
        Some("before") => return assert_eq!(open_for(r"Global\changed", READ | WRITE), Ok(())),
        Some(_) => {
            assert_eq!(open_for(r"Global\changed", READ), Ok(()));
            assert_eq!(
                open_for(r"Global\changed", WRITE),
                Err(NtStatus::ACCESS_DENIED)
            );
            assert!(kernel_lets("changed", false) && !kernel_lets("changed", true));
            return;
        }
        None => {}
    }
    if !is_first(TEST) {
        return;
    }
    let held = create_secured(r"Global\changed", "D:(A;;GA;;;WD)").unwrap();
    as_user(TEST, "before", SECOND, SECOND);
    // Longer than before, shorter than before, and as it was.
    let long: String = (0..100)
        .map(|user| format!("(A;;GR;;;S-1-22-1-{user})"))
        .collect();
    for list in [format!("D:{long}(A;;GR;;;WD)"), "D:(A;;GR;;;WD)".to_owned()] {
        let given = sddl::parse(&list).unwrap();
        object::set_security(held, SecurityInformation::DACL, &given).unwrap();
        as_user(TEST, "after", SECOND, SECOND);
    }
    assert_eq!(
        described(held),
        "O:S-1-22-1-0G:S-1-22-2-0D:(A;;CCLCRC;;;WD)"
    );
    // What is in the section is what was there.
    // SAFETY: a view of this process's section, which nobody else uses.
    unsafe {
        let view = map(held);
        view.write_volatile(7);
        let given = sddl::parse(&format!("D:{long}")).unwrap();
        object::set_security(held, SecurityInformation::DACL, &given).unwrap();
        assert_eq!(view.read_volatile(), 7);
    }
    close(held);
}

#[test]
fn what_was_set_is_given_back() {
    const TEST: &str = "what_was_set_is_given_back";
    if let Some(role) = role() {
        let own = "O:S-1-22-1-65534G:S-1-22-2-65534";
        if role == "third" {
            assert_eq!(open_for(r"Global\theirs", READ | WRITE), Ok(()));
            assert_eq!(open_for(r"Global\given", READ), Ok(()));
            return;
        }
        let theirs = create_secured(r"Global\theirs", "D:P(A;;GA;;;S-1-22-1-65533)").unwrap();
        assert_eq!(
            described(theirs),
            format!("{own}D:P(A;;CCDCLCSWRPSDRCWDWO;;;S-1-22-1-65533)")
        );
        // Only root makes others owners.
        let other = create_secured(r"Global\not mine", "O:S-1-22-1-65533D:(A;;GA;;;WD)");
        assert_eq!(other, Err(NtStatus::INVALID_OWNER));
        let default = create(r"Global\default of the second", 4096).unwrap().0;
        let all = "(A;;CCDCLCSWRPSDRCWDWO;;;S-1-22-1-65534)(A;;CCDCLCSWRPSDRCWDWO;;;SY)";
        assert_eq!(described(default), format!("{own}D:{all}"));
        std::fs::write(namespace().join("ready"), "").unwrap();
        while namespace().join("ready").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        close(default);
        close(theirs);
        return;
    }
    if !is_first(TEST) {
        return;
    }
    let given = create_secured(r"Global\given", "O:S-1-22-1-65533D:(A;;GA;;;OW)").unwrap();
    let path = namespace().join("winpages-global").join("given");
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).unwrap());
    assert_eq!(owner, THIRD);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| as_user(TEST, "second", SECOND, SECOND));
        while !namespace().join("ready").exists() && !second.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        as_user(TEST, "third", THIRD, THIRD);
        std::fs::remove_file(namespace().join("ready")).unwrap();
        second.join().unwrap();
    });
    close(given);
    // An object without a name keeps its descriptor in this process.
    let unnamed = CreateSection {
        name: None,
        security: Some(sddl::parse("D:(A;;GR;;;WD)").unwrap()),
        ..request("unused", 4096)
    };
    let unnamed = create_section(&unnamed).unwrap().0;
    assert_eq!(
        described(unnamed),
        "O:S-1-22-1-0G:S-1-22-2-0D:(A;;CCLCRC;;;WD)"
    );
    let duplicate = |access| {
        object::duplicate_object(&object::DuplicateObject {
            source: unnamed,
            access: Some(access),
            attributes: None,
            close_source: false,
        })
    };
    let reader = duplicate(READ).unwrap();
    let more = object::duplicate_object(&object::DuplicateObject {
        source: reader,
        access: Some(WRITE),
        attributes: None,
        close_source: false,
    });
    assert_eq!(more, Err(NtStatus::ACCESS_DENIED));
    close(reader);
    close(unnamed);
}

#[test]
fn events_are_kept_from_others_too() {
    const TEST: &str = "events_are_kept_from_others_too";
    let none = HandleAttributes::empty();
    let modify = AccessMask::DISPATCHER_MODIFY_STATE;
    if role().is_some() {
        let denied = Err(NtStatus::ACCESS_DENIED);
        assert_eq!(
            open_event(&name(r"Global\private"), AccessMask::SYNCHRONIZE, none),
            denied
        );
        let waits = name(r"Global\to wait for");
        close(open_event(&waits, AccessMask::SYNCHRONIZE, none).unwrap());
        assert_eq!(open_event(&waits, modify, none), denied);
        let shared = open_event(&name(r"Global\shared"), modify, none).unwrap();
        set_event(shared).unwrap();
        close(shared);
        return;
    }
    if !is_first(TEST) {
        return;
    }
    let event = |text: &str, security: Option<&str>| {
        let request = CreateDispatcher {
            name: Some(name(text)),
            access: AccessMask::GENERIC_ALL,
            attributes: none,
            security: security.map(|security| sddl::parse(security).unwrap()),
        };
        create_event(&request, true, false).unwrap().0
    };
    let held = [
        event(r"Global\private", None),
        event(r"Global\to wait for", Some("D:(A;;0x100000;;;WD)")),
        event(r"Global\shared", Some("D:(A;;GA;;;S-1-22-1-65534)")),
    ];
    as_user(TEST, "second", SECOND, SECOND);
    held.into_iter().for_each(close);
}
