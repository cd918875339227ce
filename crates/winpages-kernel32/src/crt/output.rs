//! Where printf's text goes: a buffer of a given size, or a stream.

use libc::FILE;

use super::format::Sink;
use super::unit::Unit;
use super::wide_stream;

/// Memory of a given size; what does not fit is dropped.
pub struct Buffer<C> {
    start: *mut C,
    size: usize,
    used: usize,
}

impl<C: Unit> Buffer<C> {
    /// # Safety
    ///
    /// `start` is writable for `size` units (which may be 0) for as long as this lives.
    pub unsafe fn new(start: *mut C, size: usize) -> Self {
        Self {
            start,
            size: if start.is_null() { 0 } else { size },
            used: 0,
        }
    }

    /// Ends the text with a NUL, in the last unit if there is no other room.
    pub fn terminate(&mut self) {
        if self.size > 0 {
            let at = self.used.min(self.size - 1);
            // SAFETY: `at` is below the size.
            unsafe { *self.start.add(at) = C::default() };
        }
    }
}

impl<C: Unit> Sink<C> for Buffer<C> {
    fn write(&mut self, units: &[C]) {
        let fits = units.len().min(self.size - self.used);
        // SAFETY: `fits` units stay within the buffer; the source may overlap it, as when a program prints a buffer
        // into itself.
        unsafe { core::ptr::copy(units.as_ptr(), self.start.add(self.used), fits) };
        self.used += fits;
    }
}

/// A stream, written to in pieces that are not too small.
pub struct Stream<C> {
    stream: *mut FILE,
    pending: Vec<C>,
    failed: bool,
}

const PIECE: usize = 1024;

impl<C: Unit> Stream<C>
where
    Self: Flush,
{
    /// # Safety
    ///
    /// `stream` is an open `FILE` for as long as this lives.
    pub unsafe fn new(stream: *mut FILE) -> Self {
        Self {
            stream,
            pending: Vec::with_capacity(128),
            failed: false,
        }
    }

    /// Hands everything to the stream; `false` if any of it was refused.
    pub fn finish(mut self) -> bool {
        self.flush();
        !self.failed
    }
}

/// Handing text to the `FILE`, which differs between narrow and wide.
pub trait Flush {
    /// Empties what is pending.
    fn flush(&mut self);
}

impl Flush for Stream<u8> {
    fn flush(&mut self) {
        // SAFETY: the stream is open, and the bytes are ours.
        let written = unsafe {
            libc::fwrite(
                self.pending.as_ptr().cast(),
                1,
                self.pending.len(),
                self.stream,
            )
        };
        self.failed |= written != self.pending.len();
        self.pending.clear();
    }
}

impl Flush for Stream<u16> {
    fn flush(&mut self) {
        // SAFETY: the stream is open.
        self.failed |= !unsafe { wide_stream::write(self.stream, &self.pending) };
        self.pending.clear();
    }
}

impl<C: Unit> Sink<C> for Stream<C>
where
    Self: Flush,
{
    fn write(&mut self, units: &[C]) {
        self.pending.extend_from_slice(units);
        if self.pending.len() >= PIECE {
            self.flush();
        }
    }
}
