//! A page of memory that is this process's alone: no child of a fork has it, and no dump of its memory shows it.

use rustix::io::Errno;
use rustix::mm::Advice;

use super::memory::{self, Access};

const SIZE: usize = 0x1000;

/// The page, which nobody writes any more.
#[derive(Debug)]
pub struct UnsharedPage(*mut [u8; SIZE]);

// SAFETY: the page stays mapped as long as this lives, and is only read.
unsafe impl Send for UnsharedPage {}

impl UnsharedPage {
    /// How many bytes it has.
    pub const SIZE: usize = SIZE;

    /// Maps one at exactly that address, which must be a multiple of the size, has `fill` write it, and keeps it as
    /// it is then.
    ///
    /// # Errors
    ///
    /// `EEXIST` if anything is mapped there; what `fill` and mapping answer.
    pub fn map(
        address: usize,
        fill: impl FnOnce(&mut [u8; SIZE]) -> Result<(), Errno>,
    ) -> Result<Self, Errno> {
        // SAFETY: who asks for the address wants just this there.
        unsafe { memory::map_anonymous(address, SIZE, Access::READ | Access::WRITE)? };
        let page = Self(address as *mut [u8; SIZE]);
        // SAFETY: mapped above; that it has no heirs and is in no dump changes nothing for who reads it here.
        unsafe {
            rustix::mm::madvise(page.0.cast(), SIZE, Advice::LinuxDontFork)?;
            rustix::mm::madvise(page.0.cast(), SIZE, Advice::LinuxDontDump)?;
        }
        // SAFETY: zeroes of this function's own, that nobody else knows of.
        fill(unsafe { &mut *page.0 })?;
        // SAFETY: nobody writes it from here on.
        unsafe { rustix::mm::mprotect(page.0.cast(), SIZE, rustix::mm::MprotectFlags::READ)? };
        Ok(page)
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8; SIZE] {
        // SAFETY: mapped as long as this lives, and not written. In the child of a fork it is not there; the thread
        // that has this value is not there either.
        unsafe { &*self.0 }
    }
}

impl Drop for UnsharedPage {
    fn drop(&mut self) {
        // SAFETY: the page is this value's own, and what borrowed from it is gone.
        let _ = unsafe { memory::unmap(self.0 as usize, SIZE) };
    }
}
