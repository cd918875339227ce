//! Program images in processes that know nothing of this library: laid out there as they would be here.

mod common;
#[path = "common/images.rs"]
mod images;

use common::foreign::*;
use common::{Scratch, close};
use images::*;
use winpages_kernel::address_space::{AddressRequirements, MemoryKind, Protection};
use winpages_kernel::process::{
    Target, free_virtual_memory, map_view, mapped_file, protect_virtual_memory,
    query_virtual_memory, unmap_view,
};
use winpages_kernel::section::{MapView, ViewType};
use winpages_kernel::{Handle, NtStatus};

/// A shell that says a line again.
fn shell() -> Foreign {
    let shell = Foreign::start("bash", &["-c", "read line; echo $line"]);
    shell.settle();
    shell
}

/// Maps an image at an address, or anywhere; answers where, and how it lies there.
fn place(
    target: &Target,
    section: Handle,
    base: usize,
) -> Result<(usize, Result<(), NtStatus>), NtStatus> {
    let request = MapView {
        section,
        base,
        offset: 0,
        size: 0,
        protection: Protection::READONLY,
        requirements: AddressRequirements::default(),
        kind: ViewType::empty(),
    };
    map_view(target, &request).map(|(range, placement)| (range.base, placement))
}

/// What the pages of the small image are: where they begin, how many bytes, and what may be done with them.
fn parts(target: &Target, view: usize) -> Vec<(usize, usize, Option<Protection>)> {
    let mut parts = Vec::new();
    let mut at = view;
    while at < view + 0x5000 {
        let found = query_virtual_memory(target, at).unwrap();
        assert_eq!(
            (found.kind, found.allocation_base),
            (MemoryKind::Image, view)
        );
        let allocated = found.allocation_protection;
        assert_eq!(allocated, Some(Protection::EXECUTE_WRITECOPY));
        parts.push((at - view, found.region_size, found.protection));
        at += found.region_size;
    }
    parts
}

/// Where the pointer in the small image leads, seen from an address.
fn pointer(target: &Target, view: usize) -> usize {
    let pointer = usize::from_ne_bytes(read(target, view + 0x2010).unwrap());
    pointer.wrapping_sub(view)
}

#[test]
fn an_image_is_laid_out_there_as_here() {
    let scratch = Scratch::new();
    let shell = shell();
    let (before, had) = (shell.maps(), descriptors(shell.number()));
    let there = &shell.target;
    let section = image_section(&write_file(&scratch, &small_image()), None).unwrap();
    let base = BASE as usize;
    let elsewhere = Err(NtStatus::IMAGE_NOT_AT_BASE);

    assert_eq!(place(there, section, 0), Ok((base, Ok(()))));
    assert_eq!(place(&Target::Own, section, 0), Ok((base, Ok(()))));
    let expected = parts(&Target::Own, base);
    assert!(expected.len() > 3);
    assert_eq!(parts(there, base), expected);
    assert_eq!(pointer(there, base), 0x1000);

    // Who comes second shares the pages that were relocated for the first, at the same address.
    let (relocated, placement) = place(there, section, 0).unwrap();
    assert_eq!(placement, elsewhere);
    assert_eq!(
        place(&Target::Own, section, 0),
        Ok((relocated, elsewhere)),
        "here"
    );
    let own = place(there, section, 0).unwrap();
    assert_eq!(own.1, elsewhere);
    for view in [relocated, own.0] {
        assert_eq!(parts(there, view), expected);
        assert_eq!(pointer(there, view), 0x1000);
    }
    let mappings = shell.maps();
    let of = |view: usize| {
        let start = format!("{view:x}-");
        let line = mappings.lines().find(|line| line.starts_with(&start));
        line.unwrap().split_whitespace().nth(2).unwrap().to_owned()
    };
    assert_eq!(
        [of(base), of(relocated), of(own.0)],
        ["00000000", "00005000", "00000000"]
    );

    let file = scratch.0.join("image.dll");
    for view in [base, relocated, own.0] {
        assert_eq!(mapped_file(there, view + 0x1000), Ok(file.clone()));
    }

    // What is written is a copy: not seen in the other views, and not here.
    write(there, base + 0x2020, b"copy").unwrap();
    assert_eq!(read(there, base + 0x2020), Ok(*b"copy"));
    assert_eq!(read(there, relocated + 0x2020), Ok([0; 4]));
    assert_eq!(read(&Target::Own, base + 0x2020), Ok([0; 4]));
    let written = query_virtual_memory(there, base + 0x2020).unwrap();
    assert_eq!(
        (written.region_size, written.protection),
        (0x1000, Some(Protection::READWRITE))
    );
    // Plainly writable is what copies.
    protect_virtual_memory(there, base + 0x1000, 1, 0x40).unwrap();
    let code = query_virtual_memory(there, base + 0x1000).unwrap();
    assert_eq!(code.protection, Some(Protection::EXECUTE_WRITECOPY));
    write(there, base + 0x1000, b"patch").unwrap();
    assert_eq!(read(&Target::Own, base + 0x1000), Ok([0; 5]));
    let (_, old) = protect_virtual_memory(there, base + 0x1000, 1, 0x20).unwrap();
    assert_eq!(old, Protection::EXECUTE_READWRITE);

    let freed = free_virtual_memory(there, base, 0, RELEASE).map(drop);
    assert_eq!(freed, Err(NtStatus::INVALID_PARAMETER));
    close(section);
    for view in [base, relocated] {
        unmap_view(&Target::Own, view, 0).unwrap();
    }
    assert_eq!(descriptors(shell.number()), had);
    for view in [base + 0x4FFF, relocated, own.0 + 0x1000] {
        unmap_view(there, view, 0).unwrap();
        let again = unmap_view(there, view, 0);
        assert_eq!(again, Err(NtStatus::NOT_MAPPED_VIEW));
    }
    assert_eq!(shell.maps(), before);
    assert_eq!(shell.finish("well"), "well\n");
}

#[test]
fn a_shared_part_is_shared_with_processes_that_know_nothing() {
    let scratch = Scratch::new();
    let shell = shell();
    let before = shell.maps();
    let there = &shell.target;
    let mut bytes = small_image();
    // The data.
    let characteristics = 0x80 + 24 + 240 + 40 + 36;
    put(&mut bytes, characteristics, 0xD000_0040u32.to_le_bytes());
    let section = image_section(&write_file(&scratch, &bytes), None).unwrap();
    let (here, _) = place(&Target::Own, section, 0).unwrap();
    let (first, _) = place(there, section, 0).unwrap();
    let (second, _) = place(there, section, 0).unwrap();
    write(there, second + 0x2100, b"seen").unwrap();
    for (target, view) in [(there, first), (&Target::Own, here)] {
        assert_eq!(read(target, view + 0x2100), Ok(*b"seen"));
    }
    assert_eq!(parts(there, first), parts(&Target::Own, here));
    // To become a copy it would have to be mapped anew.
    let copied = protect_virtual_memory(there, first + 0x2000, 1, 0x08).map(drop);
    assert_eq!(copied, Err(NtStatus::NOT_SUPPORTED));
    protect_virtual_memory(there, first + 0x2000, 1, 0x02).unwrap();
    let refused = write(there, first + 0x2100, b"no");
    assert_eq!(refused, Err(NtStatus::ACCESS_VIOLATION));
    unmap_view(&Target::Own, here, 0).unwrap();
    for view in [first, second] {
        unmap_view(there, view, 0).unwrap();
    }
    close(section);
    assert_eq!(shell.maps(), before);
    assert_eq!(shell.finish("well"), "well\n");
}

#[test]
fn what_cannot_be_relocated_leaves_nothing() {
    let scratch = Scratch::new();
    let shell = shell();
    let before = shell.maps();
    let there = &shell.target;
    let mut bytes = small_image();
    // A block of relocations that is longer than all of them.
    put(&mut bytes, 0x804, 0x4000u32.to_le_bytes());
    let section = image_section(&write_file(&scratch, &bytes), None).unwrap();
    let taken = allocate(there, BASE as usize, 0x1000, RESERVE, 0x04).unwrap();
    let damaged = Err(NtStatus::INVALID_IMAGE_FORMAT);
    assert_eq!(place(there, section, 0), damaged);
    let given = BASE as usize + 0x10_0000;
    assert_eq!(place(there, section, given), damaged);
    let conflict = Err(NtStatus::CONFLICTING_ADDRESSES);
    assert_eq!(place(there, section, taken), conflict);
    free_virtual_memory(there, taken, 0, RELEASE).unwrap();
    assert_eq!(place(there, section, 0), Ok((taken, Ok(()))));
    unmap_view(there, taken, 0).unwrap();
    close(section);
    assert_eq!(shell.maps(), before);
    assert_eq!(shell.finish("well"), "well\n");
}
