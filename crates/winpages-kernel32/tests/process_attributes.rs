//! What a list of attributes asks for and cannot have here is refused, not passed over.

#![cfg(target_os = "linux")]

use core::ffi::c_void;
use core::ptr;

use kernel32::last_error::GetLastError;
use kernel32::process_attribute_list::{
    InitializeProcThreadAttributeList, UpdateProcThreadAttribute,
};
use kernel32::process_create::{CreateProcessA, PROCESS_INFORMATION};
use kernel32::process_open::OpenProcess;
use kernel32::startup_information::STARTUPINFO;

const NOT_SUPPORTED: u32 = 50;
const EXTENDED_STARTUPINFO_PRESENT: u32 = 0x0008_0000;
const PROCESS_CREATE_PROCESS: u32 = 0x80;

#[repr(C)]
struct Extended {
    startup: STARTUPINFO,
    list: *mut c_void,
}

/// Starts `true` with one attribute; the last error, or 0.
fn start<T>(attribute: usize, value: &T) -> u32 {
    let mut list = [0usize; 16];
    let list = list.as_mut_ptr().cast::<c_void>();
    let mut size = 128;
    let mut process = PROCESS_INFORMATION {
        hProcess: 0,
        hThread: 0,
        dwProcessId: 0,
        dwThreadId: 0,
    };
    let no_value = ptr::null_mut();
    // SAFETY: the list has as much room as is said; all else outlives the calls.
    unsafe {
        assert_eq!(
            InitializeProcThreadAttributeList(list, 1, 0, &raw mut size),
            1
        );
        let value = ptr::from_ref(value).cast();
        let size = size_of::<T>();
        assert_eq!(
            UpdateProcThreadAttribute(list, 0, attribute, value, size, no_value, ptr::null_mut()),
            1
        );
        // Zeroes are numbers and NULL.
        let mut extended: Extended = core::mem::zeroed();
        extended.startup.cb = size_of::<Extended>() as u32;
        extended.list = list;
        let started = CreateProcessA(
            c"Z:\\bin\\true".as_ptr(),
            ptr::null_mut(),
            ptr::null(),
            ptr::null(),
            0,
            EXTENDED_STARTUPINFO_PRESENT,
            ptr::null(),
            ptr::null(),
            (&raw const extended).cast(),
            &raw mut process,
        );
        if started == 0 { GetLastError() } else { 0 }
    }
}

#[test]
fn another_parent_is_refused() {
    let other = OpenProcess(
        PROCESS_CREATE_PROCESS,
        0,
        std::os::unix::process::parent_id(),
    );
    assert_ne!(other, 0);
    assert_eq!(start(0x0002_0000, &other), NOT_SUPPORTED);
    let own = OpenProcess(PROCESS_CREATE_PROCESS, 0, std::process::id());
    assert_eq!(start(0x0002_0000, &own), 0);
}

#[test]
fn what_would_be_missed_is_refused() {
    const CHILD_PROCESS_POLICY: usize = 0x0002_000E;
    const MACHINE_TYPE: usize = 0x0002_0019;
    assert_eq!(start(CHILD_PROCESS_POLICY, &0u32), 0);
    assert_eq!(start(CHILD_PROCESS_POLICY, &1u32), NOT_SUPPORTED);
    assert_eq!(start(MACHINE_TYPE, &0x8664u16), 0);
    assert_eq!(start(MACHINE_TYPE, &0xAA64u16), NOT_SUPPORTED);
    for (name, attribute) in [("pseudo console", 0x0002_0016), ("features", 0x0003_001B)] {
        assert_eq!(start(attribute, &1u64), NOT_SUPPORTED, "{name}");
    }
    assert_eq!(start(0x0002_000B, &0u32), NOT_SUPPORTED, "protection");
    assert_eq!(
        start(0x0002_0009, &[0u64; 3]),
        NOT_SUPPORTED,
        "capabilities"
    );
    // These are wishes of another kind.
    assert_eq!(start(0x0002_0007, &u64::MAX), 0, "mitigations");
    assert_eq!(start(0x0002_0012, &1u32), 0, "desktop");
    assert_eq!(start(0x0002_0004, &0u16), 0, "node");
    assert_ne!(start(0x0002_0004, &5000u16), 0, "a node that there is not");
}

#[test]
fn no_list_is_no_crash() {
    let mut size = 0;
    // SAFETY: wild pointers are answered, not followed.
    unsafe {
        for list in [ptr::without_provenance_mut::<c_void>(8), ptr::null_mut()] {
            let value = ptr::from_ref(&0u64).cast();
            let updated = UpdateProcThreadAttribute(
                list,
                0,
                0x0002_0000,
                value,
                8,
                ptr::null_mut(),
                ptr::null_mut(),
            );
            assert_eq!(updated, 0);
        }
        let initialized =
            InitializeProcThreadAttributeList(ptr::null_mut(), u32::MAX, 0, &raw mut size);
        assert_eq!(initialized, 0);
    }
}
