use super::*;

fn normal(path: &str) -> String {
    full_path_name(path).unwrap()
}

#[test]
fn full_names_as_windows_makes_them() {
    for (path, full) in [
        (r"C:\", r"C:\"),
        (r"C:\a.", r"C:\a"),
        (r"C:\a..", r"C:\a"),
        (r"C:\a ", r"C:\a"),
        (r"C:\a. .", r"C:\a"),
        (r"C:\a.\b", r"C:\a\b"),
        (r"C:\a..\b", r"C:\a.\b"),
        (r"C:\a \b", r"C:\a \b"),
        (r"C:\...", r"C:\"),
        (r"C:\...\x", r"C:\..\x"),
        (r"C:\a\.\b", r"C:\a\b"),
        (r"C:\a\\b", r"C:\a\b"),
        (r"C:\a\..", r"C:\"),
        (r"C:\a\.", r"C:\a"),
        (r"C:\a\ ", r"C:\a\"),
        (r"C:\a\...", r"C:\a\"),
        (r"C:/a/", r"C:\a\"),
        (r"C:\..\..\x", r"C:\x"),
        (r"\\srv\share\a\..\..\..\b", r"\\srv\share\b"),
        (r"\\srv", r"\\srv"),
        (r"//srv/share/x", r"\\srv\share\x"),
        (r"\\?\C:\a\..\b", r"\\?\C:\b"),
        (r"\\?\C:\a/b", r"\\?\C:\a\b"),
        (r"\\.\C:\a\..\b", r"\\.\C:\b"),
        (r"\\.\NUL", r"\\.\NUL"),
        (r"\\?\", r"\\?\"),
        (r"\\.\", r"\\.\"),
        ("NUL", r"\\.\NUL"),
        ("nul.txt", r"\\.\nul"),
        (r"C:\wp\nul", r"\\.\nul"),
        ("nul:", r"\\.\nul"),
        ("nul ", r"\\.\nul"),
        ("conout$", r"\\.\conout$"),
        ("COM1", r"\\.\COM1"),
        ("aux.c", r"\\.\aux"),
        (r"C:\nul\b", r"C:\nul\b"),
        (r"C:\COMÉ", r"C:\COMÉ"),
    ] {
        assert_eq!(normal(path), full, "{path}");
    }
    assert_eq!(full_path_name("  "), Err(NtStatus::OBJECT_NAME_INVALID));
}

#[test]
fn errors_by_the_text_alone() {
    for (path, status) in [
        ("", NtStatus::OBJECT_PATH_NOT_FOUND),
        (r"\\server\share\x", NtStatus::BAD_NETWORK_PATH),
        (r"\\?\UNC\server\share\x", NtStatus::BAD_NETWORK_PATH),
        (r"C:\a*b", NtStatus::OBJECT_NAME_INVALID),
        (r"C:\a|b\c", NtStatus::OBJECT_NAME_INVALID),
        ("C:\\a\u{1}", NtStatus::OBJECT_NAME_INVALID),
        (r"C:\file:stream", NtStatus::OBJECT_NAME_INVALID),
        (r"\\?\C:\a/b", NtStatus::OBJECT_NAME_INVALID),
        (r"\\?\C:\..\b", NtStatus::OBJECT_NAME_INVALID),
        (r"\\.\nosuch", NtStatus::OBJECT_NAME_NOT_FOUND),
        ("COM1", NtStatus::OBJECT_NAME_NOT_FOUND),
    ] {
        assert_eq!(resolve(path), Err(status), "{path}");
    }
    assert_eq!(resolve("nul"), Ok(Target::Null));
    assert_eq!(resolve(r"\\.\con"), Ok(Target::Console));
}
