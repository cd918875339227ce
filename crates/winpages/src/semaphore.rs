//! Semaphores: how many there are of something.

use core::time::Duration;

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::object_options::sealed::Kind;
use crate::object_options::{Object, ObjectOptions};
use crate::platform::{self, Dispatcher, ObjectHandle, Waited};
use crate::wait::sealed::Handle;

/// A count from which each wait takes one, for the threads of one or of several processes.
///
/// ```
/// use winpages::Semaphore;
///
/// let places = Semaphore::options().initial(2).maximum(2).create()?;
/// places.wait()?;
/// assert_eq!(places.release(1)?, 1); // one was left
/// assert!(places.release(1).is_err()); // there are no more than two
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Semaphore {
    object: Object,
}

/// How a new semaphore is.
#[derive(Clone, Copy, Debug)]
pub struct SemaphoreSettings {
    initial: u32,
    maximum: u32,
}

const GREATEST: u32 = i32::MAX as u32;

impl Default for SemaphoreSettings {
    fn default() -> Self {
        Self {
            initial: 0,
            maximum: GREATEST,
        }
    }
}

impl Kind for Semaphore {
    type Settings = SemaphoreSettings;

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn request(settings: SemaphoreSettings) -> Dispatcher {
        // What is too large is negative there, and refused.
        Dispatcher::Semaphore {
            initial: settings.initial as i32,
            maximum: settings.maximum as i32,
        }
    }

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn of(object: Object) -> Self {
        Self { object }
    }
}

impl Handle for Semaphore {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.object.handle
    }
}

impl ObjectOptions<Semaphore> {
    /// The count at the start; 0 if not given.
    pub fn initial(mut self, initial: u32) -> Self {
        self.settings.initial = initial;
        self
    }

    /// The count that it cannot pass; 2³¹ - 1 if not given.
    pub fn maximum(mut self, maximum: u32) -> Self {
        self.settings.maximum = maximum;
        self
    }
}

impl Semaphore {
    /// Starts to say which semaphore shall be created or opened.
    pub fn options() -> ObjectOptions<Self> {
        ObjectOptions::new()
    }

    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&str> {
        self.object.name()
    }

    /// Adds to the count, and answers what it was before. Mirrors ReleaseSemaphore.
    ///
    /// # Errors
    ///
    /// * ERROR_TOO_MANY_POSTS: the count would pass the maximum; it stays as it is.
    /// * ERROR_INVALID_PARAMETER: nothing is added.
    /// * ERROR_ACCESS_DENIED: its creator does not let this user change it.
    #[inline]
    pub fn release(&self, count: u32) -> Result<u32, Error> {
        let released = match i32::try_from(count) {
            Ok(count) => platform::release_semaphore(&self.object.handle, count),
            Err(_) => Err(ERROR_INVALID_PARAMETER),
        };
        released
            .map(|before| before as u32)
            .map_err(self.object.error(Operation::Signal))
    }

    /// Waits until the count is greater than 0, and takes one. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its creator does not let this user wait for it.
    #[inline]
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None).map(drop)
    }

    /// Waits until the count is greater than 0, and takes one; answers whether that was before the limit.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::wait`].
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool, Error> {
        self.wait_for(Some(limit))
    }

    #[inline]
    fn wait_for(&self, limit: Option<Duration>) -> Result<bool, Error> {
        platform::wait_for_one(&self.object.handle, limit)
            .map(|waited| waited != Waited::TimedOut)
            .map_err(self.object.error(Operation::Wait))
    }
}
