//! Notifications of how scarce memory is.

use crate::error::{Error, Operation};
use crate::platform::{self, ObjectHandle};
use crate::wait::sealed::Handle;

/// Tells whether the machine is short of memory, or has plenty, and can be waited for with
/// [`wait_any`](crate::wait_any). Mirrors CreateMemoryResourceNotification. On Linux it is answered from what memory is available and from the
/// kernel's pressure stall information.
///
/// ```
/// use winpages::MemoryNotification;
///
/// let low = MemoryNotification::low()?;
/// if low.is_signalled()? {
///     println!("time to give caches back");
/// }
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct MemoryNotification {
    handle: ObjectHandle,
}

impl Handle for MemoryNotification {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.handle
    }
}

impl MemoryNotification {
    /// Signalled while memory is scarce: LowMemoryResourceNotification.
    ///
    /// # Errors
    ///
    /// ERROR_NO_SYSTEM_RESOURCES: no room for one handle more.
    pub fn low() -> Result<Self, Error> {
        Self::create(0)
    }

    /// Signalled while memory is plenty: HighMemoryResourceNotification.
    ///
    /// # Errors
    ///
    /// As [`MemoryNotification::low`].
    pub fn high() -> Result<Self, Error> {
        Self::create(1)
    }

    fn create(kind: u32) -> Result<Self, Error> {
        platform::create_notification(kind)
            .map(|handle| Self { handle })
            .map_err(|code| Error::new(Operation::MemoryNotification, code))
    }

    /// Whether it is signalled now. Mirrors QueryMemoryResourceNotification.
    ///
    /// # Errors
    ///
    /// None that a program has to expect.
    pub fn is_signalled(&self) -> Result<bool, Error> {
        platform::is_notified(&self.handle)
            .map_err(|code| Error::new(Operation::MemoryNotification, code))
    }
}
