//! Arbitrary arguments to the functions of private memory and of sections: an answer, never a crash,
//! and nothing left over.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[path = "../../winpages-kernel/tests/common/watchdog.rs"]
mod watchdog;

#[path = "arbitrary_arguments/arguments.rs"]
mod arguments;
#[path = "arbitrary_arguments/residency.rs"]
mod residency;
#[path = "arbitrary_arguments/seeds.rs"]
mod seeds;

use std::path::PathBuf;

use arguments::{Arguments, WINDOW_END, WINDOW_START};
use kernel32::extended_parameter::{MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER};
use kernel32::file_information::*;
use kernel32::file_mapping::*;
use kernel32::file_view::*;
use kernel32::handle::CloseHandle;
use kernel32::nt::object::NtClose;
use kernel32::nt::residency::*;
use kernel32::nt::section::*;
use kernel32::nt::section_query::*;
use kernel32::nt::view::*;
use kernel32::nt::virtual_memory::*;
use kernel32::nt::virtual_memory_query::NtQueryVirtualMemory;
use kernel32::nt::write_watch::*;
use kernel32::virtual_memory::*;
use kernel32::write_watch::{GetWriteWatch, ResetWriteWatch};
use seeds::with_seeds;

const SEEDS: u64 = 8;
const CALLS: u32 = 100_000;

#[test]
fn arbitrary_arguments_get_an_answer() {
    with_seeds("arguments", SEEDS, child);
}

/// What the process has open, but for what the engine opens once and keeps.
fn descriptors() -> Vec<PathBuf> {
    let kept = |path: &PathBuf| {
        let text = path.to_string_lossy();
        text.starts_with("/proc/")
            || text.contains("userfaultfd")
            || text.contains("user physical pages")
            || path.is_dir()
    };
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|path| !kept(path))
        .collect()
}

fn child(seed: u64) {
    // SAFETY: alarm only asks for a signal, which ends a child that hangs.
    unsafe { libc::alarm(100) };
    let arguments = Arguments::new(seed);
    // What the engine opens once and keeps.
    let once = arguments.one_section();
    assert_eq!(CloseHandle(once), 1);
    residency::begin();
    let before = descriptors();
    for number in 0..CALLS {
        one_call(&arguments);
        if number % 500 == 0 {
            arguments.forget();
        }
    }
    for handle in (4..0x8000).step_by(4) {
        NtClose(handle);
    }
    release_everything();
    let after = descriptors();
    assert_eq!(after, before, "descriptors left open");
}

/// Gives back all that the engine allocated, and sees that nothing is left.
fn release_everything() {
    let mut at = 0;
    let mut left = 0;
    while at < 0x5000_0000_0000 {
        let mut region = core::mem::MaybeUninit::<MEMORY_BASIC_INFORMATION>::uninit();
        let size = size_of::<MEMORY_BASIC_INFORMATION>();
        // SAFETY: the buffer is as long as it is said to be, and filled when the size is answered.
        let region = unsafe {
            assert_eq!(
                VirtualQuery(at as *const _, region.as_mut_ptr(), size),
                size
            );
            region.assume_init()
        };
        let next = at + region.RegionSize;
        if region.AllocationBase != 0 {
            let base = region.AllocationBase as *mut _;
            // SAFETY: below the programs and libraries, all memory is what this test allocated.
            let freed = unsafe { VirtualFree(base, 0, 0x8000) != 0 || UnmapViewOfFile(base) != 0 };
            left += usize::from(!freed);
        }
        at = next;
    }
    // The engine's own anchor, one inaccessible page.
    assert!(left <= 1, "{left} allocations cannot be given back");
}

/// Calls one function. Everything it may write to is the arguments' own memory or nobody's.
fn one_call(from: &Arguments) {
    // SAFETY: see `Arguments`: pointers lead to scratch memory or to memory that cannot be written, and
    // addresses to be changed lie in the window, in views of this test, or where nothing can be.
    unsafe {
        match from.below(45) {
            0..4 => {
                let got = VirtualAlloc(from.address(), from.size(), from.kind(), from.protection());
                from.allocated(got as usize);
            }
            4 => {
                let process = from.process();
                VirtualAllocEx(
                    process,
                    from.address(),
                    from.size(),
                    from.kind(),
                    from.protection(),
                );
            }
            5 => {
                let process = from.process();
                let (size, kind, protection) = (from.size(), from.kind(), from.protection());
                VirtualAllocExNuma(process, from.address(), size, kind, protection, from.bits());
            }
            6..8 => {
                let requirements = from.scratch(MEM_ADDRESS_REQUIREMENTS {
                    LowestStartingAddress: from.word(),
                    HighestEndingAddress: from.word(),
                    Alignment: from.word(),
                });
                let parameter = from.scratch(
                    [MEM_EXTENDED_PARAMETER {
                        Type: from.pick(&[0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 0x101]),
                        Value: from.pick(&[requirements as u64, 0, 0x1234, u64::MAX]),
                    }; 2],
                );
                let parameters = from.pick(&[parameter.cast(), core::ptr::null(), from.pointer()]);
                let count = from.pick(&[0, 1, 1, 2, 3, u32::MAX]);
                let (size, kind, protection) = (from.size(), from.kind(), from.protection());
                let (process, base) = (from.process(), from.address());
                VirtualAlloc2(process, base, size, kind, protection, parameters, count);
                let (base, size) = (from.in_out_address(), from.in_out_size());
                NtAllocateVirtualMemoryEx(process, base, size, kind, protection, parameters, count);
            }
            8..10 => {
                let kind = from.free_kind();
                VirtualFree(from.address(), from.size_or_zero(), kind);
            }
            10 => {
                let (process, kind) = (from.process(), from.free_kind());
                VirtualFreeEx(process, from.address(), from.size_or_zero(), kind);
            }
            11..13 => {
                let (size, protection) = (from.size(), from.protection());
                VirtualProtect(from.address(), size, protection, from.pointer());
            }
            13 => {
                let (process, size, protection) = (from.process(), from.size(), from.protection());
                VirtualProtectEx(process, from.address(), size, protection, from.pointer());
            }
            14..16 => {
                VirtualQuery(from.word() as *const _, from.pointer(), from.length());
                let process = from.process();
                VirtualQueryEx(
                    process,
                    from.word() as *const _,
                    from.pointer(),
                    from.length(),
                );
            }
            16..18 => {
                let (protection, name) = (from.section_protection(), from.name());
                let (file, high, low) = (from.file(), from.size_high(), from.size_low());
                let handle = CreateFileMappingW(file, from.pointer(), protection, high, low, name);
                from.opened(handle);
            }
            18 => {
                let (protection, name) = (from.section_protection(), from.text());
                let (high, low) = (from.size_high(), from.size_low());
                CreateFileMappingA(from.file(), from.pointer(), protection, high, low, name);
            }
            19 => {
                let handle = OpenFileMappingW(from.bits(), from.bits() as i32, from.name());
                from.opened(handle);
                OpenFileMappingA(from.bits(), from.bits() as i32, from.text());
            }
            20..23 => {
                let (handle, access, base) = (from.handle(), from.bits(), from.address());
                let (high, low) = (from.size_high(), from.pick(&[0, 0, 0x1_0000, 0x1000]));
                let view = MapViewOfFileEx(handle, access, high, low, from.size_or_zero(), base);
                from.mapped(view as usize);
                let view = MapViewOfFile(handle, access, high, low, from.size_or_zero());
                from.mapped(view as usize);
            }
            23 => {
                UnmapViewOfFile(from.address());
            }
            24 => {
                FlushViewOfFile(from.address(), from.size_or_zero());
                let (class, size) = (
                    from.pick(&[0, 1, 9, 18, 1000]),
                    from.pick(&[0, 8, 24, 40, u32::MAX]),
                );
                GetFileInformationByHandleEx(from.file(), class, from.pointer(), size);
                let (class, size) = (from.pick(&[4, 5, 6, 1000]), from.pick(&[0, 1, 8]));
                SetFileInformationByHandle(from.handle(), class, from.pointer(), size);
            }
            25 => {
                CloseHandle(from.handle());
                NtClose(from.handle());
            }
            26 => {
                let addresses = from.pointer();
                let (flags, size) = (from.bits(), from.size());
                GetWriteWatch(
                    flags,
                    from.address(),
                    size,
                    addresses,
                    from.count(),
                    from.pointer(),
                );
                ResetWriteWatch(from.address(), size);
            }
            27..29 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                let (process, bits) = (from.process(), from.zero_bits());
                NtAllocateVirtualMemory(process, base, bits, size, from.kind(), from.protection());
            }
            29 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                NtFreeVirtualMemory(from.process(), base, size, from.free_kind());
            }
            30 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                NtProtectVirtualMemory(
                    from.process(),
                    base,
                    size,
                    from.protection(),
                    from.pointer(),
                );
            }
            31 => {
                let (class, length) = (from.pick(&[0, 1, 2, 3, 4, 5, 99]), from.length());
                let address = from.word() as *const _;
                let process = from.process();
                NtQueryVirtualMemory(
                    process,
                    address,
                    class,
                    from.pointer(),
                    length,
                    from.pointer(),
                );
            }
            32..34 => {
                let attributes = from.object_attributes();
                let (access, file) = (from.bits(), from.pick(&[0, 0, 0, 0x1234]));
                let protection = from.section_protection();
                let (page, flags) = (protection & 0xFFF, protection & !0xFFF);
                let size = from.in_out_size().cast();
                NtCreateSection(from.pointer(), access, attributes, size, page, flags, file);
            }
            34 => {
                NtOpenSection(from.pointer(), from.bits(), from.object_attributes());
                NtExtendSection(from.handle(), from.pointer());
            }
            35 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                let (bits, commit) = (from.zero_bits(), from.size_or_zero());
                let (inherit, kind) = (from.pick(&[0, 1, 2, 3]), from.kind());
                let (section, process, offset) = (from.handle(), from.process(), from.pointer());
                let protection = from.protection();
                let answer = NtMapViewOfSection(
                    section, process, base, bits, commit, offset, size, inherit, kind, protection,
                );
                if answer == 0 {
                    from.mapped(*base as usize);
                }
                NtUnmapViewOfSection(process, from.address());
                NtUnmapViewOfSectionEx(process, from.address(), from.pick(&[0, 1, 2, 4]));
            }
            37 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                let process = from.process();
                NtLockVirtualMemory(process, base, size, from.pick(&[0, 1, 1, 2, 4]));
                NtUnlockVirtualMemory(process, base, size, from.pick(&[0, 1, 1, 2, 4]));
                let (flags, count) = (from.pointer(), from.pick(&[0, 1, 2]));
                let length = from.pick(&[4, 4, 8]);
                NtSetInformationVirtualMemory(process, 0, count, from.pointer(), flags, length);
                let (addresses, count) = (from.pointer(), from.count());
                let (address, size) = (from.address(), from.size());
                NtGetWriteWatch(
                    process,
                    from.bits(),
                    address,
                    size,
                    addresses,
                    count,
                    from.pointer(),
                );
                NtResetWriteWatch(process, address, size);
            }
            36 => {
                let (base, size) = (from.in_out_address(), from.in_out_size());
                NtFlushVirtualMemory(from.process(), base, size, from.pointer());
                NtAreMappedFilesTheSame(from.word() as *const _, from.word() as *const _);
            }
            39 => {
                let size = from.pick(&[0x1000, 0x4000, 0x1_0000]);
                let place = |kind, base, protection| {
                    VirtualAlloc2(0, base, size, kind, protection, core::ptr::null(), 0)
                };
                let made = place(0x4_2000, core::ptr::null_mut(), 1);
                from.allocated(made as usize);
                place(
                    from.pick(&[0x6000, 0x7000]),
                    from.address(),
                    from.protection(),
                );
                VirtualFree(from.address(), size, from.pick(&[0x8001, 0x8002]));
            }
            40 => {
                let requirements = from.scratch(MEM_ADDRESS_REQUIREMENTS {
                    LowestStartingAddress: from.word(),
                    HighestEndingAddress: from.word(),
                    Alignment: from.pick(&[0, 0, 0x1_0000]),
                });
                let parameter = from.scratch(MEM_EXTENDED_PARAMETER {
                    Type: from.pick(&[0, 1, 1, 2, 6, 7]),
                    Value: requirements as u64,
                });
                let parameters = from.pick(&[parameter.cast(), core::ptr::null(), from.pointer()]);
                let count = from.pick(&[0, 0, 1, 2, u32::MAX]);
                let (section, process, base) = (from.handle(), from.process(), from.address());
                let (size, protection) = (from.size_or_zero(), from.protection());
                let kind = from.pick(&[0, 0, 0x4000, 0x4000, 0x2000, 0x10_0000, 0x2000_0000, 1]);
                let offset = from.pick(&[0, 0, 0x1000, 0x1_0000, u64::MAX]);
                let view = MapViewOfFile3(
                    section, process, base, offset, size, kind, protection, parameters, count,
                );
                from.mapped(view as usize);
                let node = from.pick(&[0, u32::MAX, 0x7770]);
                let view = MapViewOfFileNuma2(
                    section, process, offset, base, size, kind, protection, node,
                );
                from.mapped(view as usize);
                let (base, size, place) =
                    (from.in_out_address(), from.in_out_size(), from.pointer());
                let answer = NtMapViewOfSectionEx(
                    section, process, base, place, size, kind, protection, parameters, count,
                );
                if answer == 0 {
                    from.mapped(*base as usize);
                }
                UnmapViewOfFileEx(from.address(), from.pick(&[0, 1, 2, 3, 4]));
                UnmapViewOfFile2(process, from.address(), from.pick(&[0, 2, 8]));
            }
            41 => {
                let (protection, name) = (from.section_protection(), from.name());
                let (page, flags) = (protection & 0xFFF, protection & !0xFFF);
                let (file, size) = (from.file(), u64::from(from.size_low()));
                let parameters = from.pick(&[core::ptr::null(), from.pointer()]);
                let handle = CreateFileMapping2(
                    file,
                    from.pointer(),
                    from.bits(),
                    page,
                    flags,
                    size,
                    name,
                    parameters,
                    from.pick(&[0, 1, u32::MAX]),
                );
                from.opened(handle);
            }
            42 => residency::one_call(from),
            43 => {
                let (protection, handle) = (from.section_protection(), from.scratch(0usize));
                let parameters = from.pick(&[core::ptr::null(), from.pointer()]);
                let answer = NtCreateSectionEx(
                    handle,
                    from.bits(),
                    from.object_attributes(),
                    from.pointer(),
                    protection & 0xFFF,
                    protection & !0xFFF,
                    from.file(),
                    parameters,
                    from.pick(&[0, 1, u32::MAX]),
                );
                if answer == 0 {
                    from.opened(*handle);
                }
            }
            _ => {
                let (class, length) = (from.pick(&[0, 1, 2, 99]), from.length());
                NtQuerySection(from.handle(), class, from.pointer(), length, from.pointer());
            }
        }
    }
}

const _: () = assert!(WINDOW_START < WINDOW_END);
