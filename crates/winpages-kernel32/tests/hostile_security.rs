//! Damaged identifiers, lists, descriptors and SDDL, each with nothing behind its last byte: every
//! function answers, and none reads beyond or crashes.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/random.rs"]
mod random;
#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use kernel32::file_mapping::CreateFileMappingA;
use kernel32::handle::CloseHandle;
use kernel32::local_memory::LocalFree;
use kernel32::security::access_check::{AccessCheck, GENERIC_MAPPING};
use kernel32::security::account::LookupAccountSidW;
use kernel32::security::acl::*;
use kernel32::security::descriptor::*;
use kernel32::security::explicit_access::SetEntriesInAclA;
use kernel32::security::object_security::*;
use kernel32::security::sddl::*;
use kernel32::security::sid::*;
use kernel32::security_attributes::SECURITY_ATTRIBUTES;
use random::Random;

const PAGE: usize = 4096;
const ROUNDS: usize = 20_000;

/// A page that ends where nothing is.
struct Edge(*mut u8);

impl Edge {
    fn new() -> Self {
        // SAFETY: a new mapping where the kernel likes, of which the second page is taken away.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let both = libc::PROT_READ | libc::PROT_WRITE;
            let pages = libc::mmap(null_mut(), 2 * PAGE, both, flags, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            assert_eq!(
                libc::mprotect(pages.byte_add(PAGE), PAGE, libc::PROT_NONE),
                0
            );
            Self(pages.cast())
        }
    }

    /// Puts bytes so that the last of them is the page's last.
    fn put(&self, bytes: &[u8]) -> *mut c_void {
        // SAFETY: within the page.
        unsafe {
            let place = self.0.add(PAGE - bytes.len());
            place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            place.cast()
        }
    }
}

impl Random {
    /// The same bytes with some of them changed, or cut off.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..self.below(4) {
            let at = self.below(damaged.len());
            let random = self.next() as u8;
            damaged[at] = [0, 1, 2, 4, 0x10, 0x7F, 0x80, 0xFF, random][self.below(9)];
        }
        if self.below(4) == 0 {
            damaged.truncate(1 + self.below(damaged.len()));
        }
        damaged
    }
}

/// A descriptor in self-relative form.
fn descriptor(text: &str) -> Vec<u8> {
    let text = std::ffi::CString::new(text).unwrap();
    let mut place = null_mut();
    let mut size = 0;
    // SAFETY: a string, and locals for the answers; the block is as long as is answered.
    unsafe {
        let read = ConvertStringSecurityDescriptorToSecurityDescriptorA(
            text.as_ptr(),
            1,
            &raw mut place,
            &raw mut size,
        );
        assert_eq!(read, 1);
        let bytes = core::slice::from_raw_parts(place.cast::<u8>(), size as usize).to_vec();
        assert!(LocalFree(place).is_null());
        bytes
    }
}

const EXAMPLE: &str = "O:SYG:BAD:P(D;;0x2;;;S-1-5-21-1-2-3-4)(A;OICI;GRGW;;;WD)S:(ML;;NW;;;LW)";

/// # Safety
///
/// `sid` must be the test's own memory, or nobody's.
unsafe fn try_sid(sid: *mut c_void) {
    let mut buffer = [0u64; 16];
    let mut text = null_mut();
    let (mut name_size, mut domain_size, mut kind) = (8, 8, 0);
    // SAFETY: locals for the answers.
    unsafe {
        let is_valid = IsValidSid(sid);
        GetLengthSid(sid);
        let copied = CopySid(128, buffer.as_mut_ptr().cast(), sid);
        assert_eq!(is_valid, copied);
        assert_eq!(EqualSid(sid, buffer.as_ptr().cast()), copied);
        IsWellKnownSid(sid, 1);
        EqualPrefixSid(sid, sid);
        if ConvertSidToStringSidA(sid, &raw mut text) != 0 {
            LocalFree(text);
        }
        LookupAccountSidW(
            null(),
            sid,
            buffer.as_mut_ptr().cast(),
            &raw mut name_size,
            buffer.as_mut_ptr().add(8).cast(),
            &raw mut domain_size,
            &raw mut kind,
        );
    }
}

/// # Safety
///
/// As [`try_sid`].
unsafe fn try_acl(acl: *mut c_void, sid: *mut c_void) {
    let mut buffer = [0u32; 8];
    let mut place = null();
    let mut list = null_mut();
    // SAFETY: locals for the answers; the list may be changed in its place.
    unsafe {
        IsValidAcl(acl);
        GetAclInformation(acl, buffer.as_mut_ptr().cast(), 32, 2);
        FindFirstFreeAce(acl, &raw mut place);
        for index in 0..3 {
            if GetAce(acl, index, &raw mut place) != 0 {
                assert!(place >= acl.cast_const() && place < acl.byte_add(0x1_0000).cast_const());
            }
        }
        if SetEntriesInAclA(0, null(), acl, &raw mut list) == 0 {
            LocalFree(list);
        }
        AddAccessAllowedAce(acl, 2, 1, sid);
        AddAce(acl, 2, 0, acl.byte_add(8), 20);
        DeleteAce(acl, 0);
    }
}

/// # Safety
///
/// As [`try_sid`].
unsafe fn try_descriptor(descriptor: *mut c_void) {
    let (mut place, mut first, mut second, mut control) = (null_mut(), 0, 0, 0u16);
    let mut buffer = [0u64; 64];
    let mapping = GENERIC_MAPPING {
        GenericRead: 1,
        GenericWrite: 2,
        GenericExecute: 4,
        GenericAll: 7,
    };
    // SAFETY: locals for the answers.
    unsafe {
        let is_valid = IsValidSecurityDescriptor(descriptor);
        GetSecurityDescriptorLength(descriptor);
        GetSecurityDescriptorControl(descriptor, &raw mut control, &raw mut second);
        GetSecurityDescriptorDacl(
            descriptor,
            &raw mut first,
            &raw mut place,
            (&raw mut second).cast(),
        );
        GetSecurityDescriptorOwner(descriptor, &raw mut place, &raw mut first);
        if ConvertSecurityDescriptorToStringSecurityDescriptorA(
            descriptor,
            1,
            0xF,
            &raw mut place,
            null_mut(),
        ) != 0
        {
            LocalFree(place);
        }
        second = 512;
        MakeSelfRelativeSD(descriptor, buffer.as_mut_ptr().cast(), &raw mut second);
        let mut sizes = [0u32; 5];
        let size = [0, 1, 2, 3, 4].map(|index| sizes.as_mut_ptr().wrapping_add(index));
        MakeAbsoluteSD(
            descriptor,
            null_mut(),
            size[0],
            null_mut(),
            size[1],
            null_mut(),
            size[2],
            null_mut(),
            size[3],
            null_mut(),
            size[4],
        );
        AccessCheck(
            descriptor,
            4,
            1,
            &raw const mapping,
            buffer.as_mut_ptr().cast(),
            &raw mut second,
            &raw mut second,
            &raw mut first,
        );
        let attributes = SECURITY_ATTRIBUTES {
            nLength: 24,
            lpSecurityDescriptor: descriptor,
            bInheritHandle: 0,
        };
        let attributes: *const _ = &raw const attributes;
        let section = CreateFileMappingA(usize::MAX, attributes, 4, 0, 1, null());
        if section != 0 {
            SetKernelObjectSecurity(section, 7, descriptor);
            GetKernelObjectSecurity(section, 7, buffer.as_mut_ptr().cast(), 512, &raw mut second);
            assert_eq!(CloseHandle(section), 1);
        }
        // What is valid is read by all who read it.
        assert!(is_valid == 0 || GetSecurityDescriptorLength(descriptor) > 0);
    }
}

#[test]
fn damaged_structures_get_an_answer() {
    let edge = Edge::new();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let whole = descriptor(EXAMPLE);
    let offset = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
    let (owner, acl) = (&whole[offset(4)..], &whole[offset(16)..]);
    let mut sid = owner[..12].to_vec();
    let sid = sid.as_mut_ptr().cast::<c_void>();
    // What is whole is valid.
    // SAFETY: the test's own memory.
    unsafe {
        assert_eq!(IsValidSid(edge.put(&owner[..12])), 1);
        assert_eq!(IsValidAcl(edge.put(acl)), 1);
        assert_eq!(IsValidSecurityDescriptor(edge.put(&whole)), 1);
    }
    for _ in 0..ROUNDS {
        let damaged_sid = random.damage(&owner[..12]);
        let damaged_acl = random.damage(acl);
        let damaged = random.damage(&whole);
        // SAFETY: the test's own memory, and beyond its end nobody's.
        unsafe {
            try_sid(edge.put(&damaged_sid));
            try_acl(edge.put(&damaged_acl), sid);
            try_descriptor(edge.put(&damaged));
        }
    }
    // SAFETY: wild pointers, which are what is tried.
    unsafe {
        for wild in [0, 8, 0xFFFF_8000_0000_0000, usize::MAX - 7] {
            let wild = wild as *mut c_void;
            try_sid(wild);
            try_descriptor(wild);
            IsValidAcl(wild);
            DeleteAce(wild, 0);
        }
    }
}

#[test]
fn damaged_text_gets_an_answer() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    for _ in 0..ROUNDS {
        let mut text = EXAMPLE.as_bytes().to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(text.len());
            text[at] = *b"();:-xSADOGWP0 \xC3".get(random.below(16)).unwrap();
        }
        text.push(0);
        let (mut place, mut size) = (null_mut(), 0);
        // SAFETY: a string that ends with a NUL, and locals for the answers.
        unsafe {
            let read = ConvertStringSecurityDescriptorToSecurityDescriptorA(
                text.as_ptr().cast(),
                1,
                &raw mut place,
                &raw mut size,
            );
            if read != 0 {
                assert_eq!(IsValidSecurityDescriptor(place), 1);
                assert_eq!(GetSecurityDescriptorLength(place), size);
                assert!(LocalFree(place).is_null());
            }
        }
    }
}
