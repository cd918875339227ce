use std::path::PathBuf;
use std::sync::Arc;

use super::*;

/// A directory of the test's own, reached as `Z:\tmp\…`.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("winpages-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        format!("Z:{}\\{name}", self.0.display()).replace('/', "\\")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const READ: AccessMask = AccessMask::GENERIC_READ;
const WRITE: AccessMask = AccessMask::GENERIC_WRITE;

fn open_with(
    path: &str,
    access: AccessMask,
    share: ShareAccess,
    disposition: Disposition,
) -> Result<(File, Outcome), NtStatus> {
    File::create(&CreateRequest {
        path,
        access,
        share,
        disposition,
        options: CreateOptions::NON_DIRECTORY_FILE,
        read_only: false,
    })
    .map(|(file, _, outcome)| (file, outcome))
}

fn open(path: &str, disposition: Disposition) -> Result<(File, Outcome), NtStatus> {
    open_with(path, READ | WRITE, ShareAccess::empty(), disposition)
}

#[test]
fn dispositions() {
    let scratch = Scratch::new("dispositions");
    let path = scratch.path("File.txt");
    let outcome = |disposition| open(&path, disposition).map(|(_, outcome)| outcome);
    assert_eq!(
        outcome(Disposition::Open),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(
        outcome(Disposition::Overwrite),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(outcome(Disposition::OpenIf), Ok(Outcome::Created));
    assert_eq!(outcome(Disposition::OpenIf), Ok(Outcome::Opened));
    assert_eq!(outcome(Disposition::OverwriteIf), Ok(Outcome::Overwritten));
    assert_eq!(outcome(Disposition::Overwrite), Ok(Outcome::Overwritten));
    assert_eq!(
        outcome(Disposition::Create),
        Err(NtStatus::OBJECT_NAME_COLLISION)
    );
    // The same name in another case, and a directory that is not there.
    assert!(open(&scratch.path("fILE.TXT"), Disposition::Open).is_ok());
    assert_eq!(
        open(&scratch.path(r"no\file"), Disposition::OpenIf).err(),
        Some(NtStatus::OBJECT_PATH_NOT_FOUND)
    );
    assert_eq!(
        open(&scratch.path(r"file.txt\x"), Disposition::OpenIf).err(),
        Some(NtStatus::OBJECT_PATH_NOT_FOUND)
    );
    assert_eq!(
        open(&scratch.path(r"file.txt\"), Disposition::Open).err(),
        Some(NtStatus::OBJECT_NAME_INVALID)
    );
    assert_eq!(
        open(&scratch.path(""), Disposition::Open).err(),
        Some(NtStatus::FILE_IS_A_DIRECTORY)
    );
    assert_eq!(
        open(r"Q:\x", Disposition::OpenIf).err(),
        Some(NtStatus::OBJECT_PATH_NOT_FOUND)
    );
}

#[test]
fn the_exact_spelling_wins() {
    let scratch = Scratch::new("spelling");
    std::fs::write(scratch.0.join("name"), "lower").unwrap();
    std::fs::write(scratch.0.join("NAME"), "upper").unwrap();
    std::fs::write(scratch.0.join("Straße"), "").unwrap();
    let read = |name: &str| {
        let (file, _) = open(&scratch.path(name), Disposition::Open).unwrap();
        let mut buffer = [0u8; 5];
        // SAFETY: the buffer is five bytes long.
        unsafe { file.read(buffer.as_mut_ptr(), 5, Offset::Position) }.unwrap();
        String::from_utf8_lossy(&buffer).into_owned()
    };
    assert_eq!(read("name"), "lower");
    assert_eq!(read("NAME"), "upper");
    assert_eq!(read("nAmE"), "upper");
    assert!(open(&scratch.path("STRAßE"), Disposition::Open).is_ok());
    assert!(open(&scratch.path("STRASSE"), Disposition::Open).is_err());
}

#[test]
fn sharing() {
    let scratch = Scratch::new("sharing");
    let path = scratch.path("shared");
    drop(open(&path, Disposition::Create).unwrap());
    let try_open = |access, share| open_with(&path, access, share, Disposition::Open);
    let violation = Some(NtStatus::SHARING_VIOLATION);
    {
        let _exclusive = try_open(READ, ShareAccess::empty()).unwrap();
        assert_eq!(try_open(READ, ShareAccess::all()).err(), violation);
        assert_eq!(try_open(WRITE, ShareAccess::all()).err(), violation);
        // Asking for attributes only disturbs nobody.
        assert!(try_open(AccessMask::FILE_READ_ATTRIBUTES, ShareAccess::empty()).is_ok());
        assert_eq!(delete_file(&path).err(), violation);
    }
    {
        let _reader = try_open(READ, ShareAccess::READ).unwrap();
        assert!(try_open(READ, ShareAccess::READ).is_ok());
        assert_eq!(try_open(WRITE, ShareAccess::all()).err(), violation);
        assert_eq!(
            open_with(&path, READ, ShareAccess::READ, Disposition::OverwriteIf).err(),
            violation
        );
        assert_eq!(
            rename(&path, &scratch.path("new"), false),
            Err(NtStatus::SHARING_VIOLATION)
        );
    }
    {
        let _writer = try_open(WRITE, ShareAccess::READ | ShareAccess::DELETE).unwrap();
        // It does not deny reading, but this reader would deny writing.
        assert_eq!(try_open(READ, ShareAccess::READ).err(), violation);
        assert!(try_open(READ, ShareAccess::READ | ShareAccess::WRITE).is_ok());
        assert_eq!(delete_file(&path), Ok(()));
    }
    assert_eq!(
        try_open(READ, ShareAccess::all()).err(),
        Some(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
}

#[test]
fn of_many_who_want_it_alone_one_gets_it() {
    let scratch = Scratch::new("alone");
    let path = scratch.path("contended");
    drop(open(&path, Disposition::Create).unwrap());
    for _ in 0..50 {
        let barrier = std::sync::Barrier::new(4);
        let winners: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let opened = open(&path, Disposition::Open);
                        barrier.wait();
                        usize::from(opened.is_ok())
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(winners, 1);
    }
}

#[test]
fn reading_and_writing() {
    let scratch = Scratch::new("transfer");
    let (file, _) = open(&scratch.path("data"), Disposition::Create).unwrap();
    assert_eq!(
        file.write(b"0123456789".as_ptr(), 10, Offset::Position),
        Ok(10)
    );
    assert_eq!(file.position(), Ok(10));
    let mut buffer = [0u8; 16];
    let mut read = |offset, length| {
        // SAFETY: the buffer is 16 bytes long and no length is longer.
        let result = unsafe { file.read(buffer.as_mut_ptr(), length, offset) };
        result.map(|count| buffer[..count].to_vec())
    };
    assert_eq!(read(Offset::Position, 4), Err(NtStatus::END_OF_FILE));
    assert_eq!(read(Offset::At(8), 4), Ok(b"89".to_vec()));
    assert_eq!(read(Offset::At(2), 3), Ok(b"234".to_vec()));
    assert_eq!(file.position(), Ok(5));
    assert_eq!(read(Offset::Position, 0), Ok(vec![]));
    file.write(b"end".as_ptr(), 3, Offset::End).unwrap();
    assert_eq!(file.size(), Ok(13));
    file.set_end_of_file(4).unwrap();
    assert_eq!(read(Offset::At(0), 16), Ok(b"0123".to_vec()));
    assert_eq!(file.position_at(-5, Origin::End), Ok(None));
    assert_eq!(file.position_at(6, Origin::End), Ok(Some(10)));

    file.set_position(1).unwrap();
    // SAFETY: nothing is writable at these addresses.
    let result = unsafe { file.read(8 as *mut u8, 3, Offset::Position) };
    assert_eq!(result, Err(NtStatus::ACCESS_VIOLATION));
    assert_eq!(file.position(), Ok(1));
    assert_eq!(
        file.write(8 as *const u8, 3, Offset::Position),
        Err(NtStatus::INVALID_USER_BUFFER)
    );
}

#[test]
fn appending_handles_append() {
    let scratch = Scratch::new("append");
    let path = scratch.path("log");
    std::fs::write(scratch.0.join("log"), "one").unwrap();
    let (file, _) = open_with(
        &path,
        AccessMask::FILE_APPEND_DATA,
        ShareAccess::all(),
        Disposition::Open,
    )
    .unwrap();
    file.write(b"two".as_ptr(), 3, Offset::Position).unwrap();
    assert_eq!(std::fs::read(scratch.0.join("log")).unwrap(), b"onetwo");
}

#[test]
fn a_mapped_file_is_not_cut_short() {
    let scratch = Scratch::new("mapped");
    let path = scratch.path("mapped");
    let shared = |disposition| {
        let (file, _) = open_with(&path, READ | WRITE, ShareAccess::all(), disposition)?;
        Ok::<_, NtStatus>(Arc::new(file))
    };
    let file = shared(Disposition::Create).unwrap();
    file.set_end_of_file(100).unwrap();
    let other = shared(Disposition::Open).unwrap();
    let (guard, second) = (
        MappingGuard::new(file.clone(), Purpose::Writing),
        MappingGuard::new(file.clone(), Purpose::Writing),
    );
    drop(second);
    for handle in [&file, &other] {
        assert_eq!(handle.set_end_of_file(99), Err(NtStatus::USER_MAPPED_FILE));
        assert_eq!(handle.set_end_of_file(101), Ok(()));
    }
    assert_eq!(
        shared(Disposition::OverwriteIf).err(),
        Some(NtStatus::USER_MAPPED_FILE)
    );
    assert_eq!(delete_file(&path), Err(NtStatus::CANNOT_DELETE));
    let denying =
        |denied: ShareAccess| open_with(&path, READ, denied.complement(), Disposition::Open).err();
    // As a program that closes its handles and keeps the view.
    file.last_handle_closed();
    drop((file, other));
    assert_eq!(
        denying(ShareAccess::WRITE),
        Some(NtStatus::SHARING_VIOLATION)
    );
    assert_eq!(denying(ShareAccess::READ), None);
    drop(guard);
    assert_eq!(denying(ShareAccess::WRITE), None);
    let (file, other) = (
        shared(Disposition::Open).unwrap(),
        shared(Disposition::Open).unwrap(),
    );
    assert_eq!(other.set_end_of_file(99), Ok(()));
    assert_eq!(file.set_end_of_file(98), Ok(()));
}

#[test]
fn read_only_files() {
    let scratch = Scratch::new("read-only");
    let path = scratch.path("fixed");
    let (mut created, ..) = File::create(&CreateRequest {
        path: &path,
        access: READ | WRITE,
        share: ShareAccess::all(),
        disposition: Disposition::Create,
        options: CreateOptions::NON_DIRECTORY_FILE,
        read_only: true,
    })
    .unwrap();
    // Who made it may write, nobody else, root included.
    created.write(b"x".as_ptr(), 1, Offset::Position).unwrap();
    assert!(
        created
            .information()
            .unwrap()
            .attributes
            .contains(Attributes::READONLY)
    );
    created = open_with(&path, READ, ShareAccess::all(), Disposition::Open)
        .unwrap()
        .0;
    drop(created);
    for disposition in [Disposition::Open, Disposition::OverwriteIf] {
        assert_eq!(
            open(&path, disposition).err(),
            Some(NtStatus::ACCESS_DENIED)
        );
    }
    assert_eq!(delete_file(&path), Err(NtStatus::CANNOT_DELETE));
    set_read_only(&path, false).unwrap();
    assert_eq!(attributes(&path).unwrap().attributes, Attributes::ARCHIVE);
    assert_eq!(delete_file(&path), Ok(()));
}

#[test]
fn names_that_move_and_go() {
    let scratch = Scratch::new("names");
    let (one, two) = (scratch.path("one"), scratch.path("two"));
    std::fs::write(scratch.0.join("one"), "1").unwrap();
    copy_file(&one, &two, true).unwrap();
    assert_eq!(
        copy_file(&one, &two, true),
        Err(NtStatus::OBJECT_NAME_COLLISION)
    );
    assert_eq!(
        rename(&one, &two, false),
        Err(NtStatus::OBJECT_NAME_COLLISION)
    );
    assert_eq!(rename(&one, &two, true), Ok(()));
    assert_eq!(
        rename(&one, &two, true),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(rename(&two, &scratch.path("TWO"), false), Ok(()));
    assert!(scratch.0.join("TWO").exists() && !scratch.0.join("two").exists());
    create_directory(&scratch.path("Dir")).unwrap();
    assert_eq!(
        create_directory(&scratch.path("dir")),
        Err(NtStatus::OBJECT_NAME_COLLISION)
    );
    assert_eq!(
        rename(&two, &scratch.path("dir"), true),
        Err(NtStatus::ACCESS_DENIED)
    );
    assert_eq!(rename(&two, &scratch.path(r"dir\in"), true), Ok(()));
    assert_eq!(
        remove_directory(&scratch.path("dir")),
        Err(NtStatus::DIRECTORY_NOT_EMPTY)
    );
    let names: Vec<_> = directory::find(&scratch.path(r"DIR\*"))
        .unwrap()
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, [".", "..", "in"]);
    assert_eq!(
        remove_directory(&scratch.path(r"dir\in")),
        Err(NtStatus::NOT_A_DIRECTORY)
    );
    delete_file(&scratch.path(r"dir\IN")).unwrap();
    remove_directory(&scratch.path("dir")).unwrap();
}

#[test]
fn range_locks() {
    let scratch = Scratch::new("ranges");
    let path = scratch.path("locked");
    let handle = |disposition| {
        open_with(&path, READ | WRITE, ShareAccess::all(), disposition)
            .unwrap()
            .0
    };
    let (one, two) = (handle(Disposition::Create), handle(Disposition::Open));
    one.lock_range(10, 10, true, true).unwrap();
    let refused = Err(NtStatus::LOCK_NOT_GRANTED);
    assert_eq!(two.lock_range(19, 1, false, true), refused);
    assert_eq!(one.lock_range(15, 1, true, true), refused);
    // Who has a range alone may keep it for sharing: the exclusive lock is given up first.
    one.lock_range(10, 10, false, true).unwrap();
    assert_eq!(two.lock_range(19, 1, false, true), refused);
    one.unlock_range(10, 10).unwrap();
    assert_eq!(two.lock_range(19, 1, true, true), refused);
    two.lock_range(19, 1, false, true).unwrap();
    two.unlock_range(19, 1).unwrap();
    one.unlock_range(10, 10).unwrap();
    one.lock_range(10, 10, true, true).unwrap();
    assert_eq!(two.lock_range(20, 10, true, true), Ok(()));
    assert_eq!(one.unlock_range(10, 5), Err(NtStatus::RANGE_NOT_LOCKED));
    assert_eq!(one.unlock_range(10, 10), Ok(()));
    // Two shared locks over each other: giving up one leaves the other.
    one.lock_range(0, 8, false, true).unwrap();
    one.lock_range(4, 8, false, true).unwrap();
    one.unlock_range(0, 8).unwrap();
    assert_eq!(two.lock_range(5, 1, true, true), refused);
    assert_eq!(two.lock_range(0, 4, true, true), Ok(()));
    // Where Windows has offsets and Linux has none.
    one.lock_range(u64::MAX - 1, 1, true, true).unwrap();
    assert_eq!(two.lock_range(u64::MAX - 1, 1, true, true), refused);
    assert!(open_with(&path, READ, ShareAccess::all(), Disposition::Open).is_ok());
    one.last_handle_closed();
    assert_eq!(two.lock_range(u64::MAX - 1, 1, true, true), Ok(()));
}

#[test]
fn pipes_do_not_hang_the_opener() {
    let scratch = Scratch::new("fifo");
    let name = scratch.0.join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, name, rustix::fs::Mode::RWXU).unwrap();
    let (file, _) = open_with(
        &scratch.path("fifo"),
        READ,
        ShareAccess::all(),
        Disposition::Open,
    )
    .unwrap();
    assert_eq!(file.kind(), Kind::Pipe);
    assert_eq!(file.size(), Err(NtStatus::INVALID_DEVICE_REQUEST));
}

#[test]
fn delete_on_close() {
    let scratch = Scratch::new("on-close");
    let path = scratch.path("gone");
    let (file, ..) = File::create(&CreateRequest {
        path: &path,
        access: READ | WRITE | AccessMask::DELETE,
        share: ShareAccess::all(),
        disposition: Disposition::Create,
        options: CreateOptions::NON_DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE,
        read_only: false,
    })
    .unwrap();
    rename(&path, &scratch.path("elsewhere"), false).unwrap();
    // Another file by the old name is not ours to delete.
    std::fs::write(scratch.0.join("gone"), "").unwrap();
    file.last_handle_closed();
    assert!(scratch.0.join("gone").exists());
    assert!(!scratch.0.join("elsewhere").exists());
}

#[test]
fn the_null_device() {
    let (file, _) = open("nul", Disposition::OverwriteIf).unwrap();
    assert_eq!(file.kind(), Kind::Character);
    assert_eq!(file.write(b"x".as_ptr(), 1, Offset::Position), Ok(1));
    let mut byte = 0u8;
    // SAFETY: one byte into one byte.
    let result = unsafe { file.read(&raw mut byte, 1, Offset::Position) };
    assert_eq!(result, Ok(0));
}

#[test]
fn a_file_beside_another_has_locks_of_its_own() {
    let scratch = Scratch::new("beside");
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(scratch.0.join("file.txt"))
        .unwrap();
    file.set_len(100).unwrap();
    let beside = || {
        let (file, access) = File::beside(file.as_fd()).unwrap();
        assert!(access.contains(AccessMask::FILE_READ_DATA | AccessMask::FILE_WRITE_DATA));
        MappingGuard::new(Arc::new(file), Purpose::Writing)
    };
    let (one, other) = (beside(), beside());
    drop(one);
    let opened = open_with(
        &scratch.path("file.txt"),
        READ | WRITE,
        ShareAccess::all(),
        Disposition::Open,
    );
    let (opened, _) = opened.unwrap();
    assert_eq!(opened.set_end_of_file(1), Err(NtStatus::USER_MAPPED_FILE));
    drop(other);
    assert_eq!(opened.set_end_of_file(1), Ok(()));
    let reader = std::fs::File::open(scratch.0.join("file.txt")).unwrap();
    let (_, access) = File::beside(reader.as_fd()).unwrap();
    assert!(!access.contains(AccessMask::FILE_WRITE_DATA));
}
