//! What kind of disk a directory is on.

use super::path::{self, Target};
use crate::NtStatus;
use crate::sys::file as sys;

/// GetDriveType's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum DriveType {
    /// DRIVE_NO_ROOT_DIR: there is no such directory.
    NoRootDirectory = 1,
    /// DRIVE_FIXED: a disk of this machine.
    Fixed = 3,
    /// DRIVE_REMOTE: another machine's.
    Remote = 4,
    /// DRIVE_CDROM
    Disc = 5,
    /// DRIVE_RAMDISK: memory.
    Memory = 6,
}

/// The kind of disk that a directory is on, by its file system. It need not be a drive's root.
pub fn drive_type(directory: &str) -> DriveType {
    let magic = || {
        let Target::Place(place) = path::resolve(directory)? else {
            return Err(NtStatus::NOT_A_DIRECTORY);
        };
        if !place.is_directory() {
            return Err(NtStatus::NOT_A_DIRECTORY);
        }
        sys::file_system(place.existing()?).map_err(super::status_from_errno)
    };
    // The numbers are the kernel's, from linux/magic.h and the file systems' own headers.
    match magic() {
        // nfs, smb, cifs, smb2, ceph, afs, 9p
        Ok(0x6969 | 0x517B | 0xFF53_4D42 | 0xFE53_4D42 | 0xC3_6400 | 0x6B41_4653 | 0x0102_1997) => {
            DriveType::Remote
        }
        // iso9660, udf
        Ok(0x9660 | 0x1501_3346) => DriveType::Disc,
        // tmpfs, ramfs
        Ok(0x0102_1994 | 0x8584_58F6) => DriveType::Memory,
        Ok(_) => DriveType::Fixed,
        Err(_) => DriveType::NoRootDirectory,
    }
}
