//! Events: that something has happened.

use core::time::Duration;

use crate::error::{Error, Operation};
use crate::object_options::sealed::Kind;
use crate::object_options::{Object, ObjectOptions};
use crate::platform::{self, Dispatcher, ObjectHandle, Waited};
use crate::wait::sealed::Handle;

/// Something that has happened or not, for the threads of one or of several processes.
///
/// An event resets itself when it has ended one wait, or stays signalled until it is reset, if it is made
/// with [`manual_reset`](ObjectOptions::manual_reset).
///
/// ```
/// use std::time::Duration;
/// use winpages::Event;
///
/// let ready = Event::options().name(r"Local\winpages-doc-ready").create()?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| ready.set());
///     ready.wait()
/// })?;
/// assert!(!ready.wait_timeout(Duration::ZERO)?);
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Event {
    object: Object,
}

/// How a new event is.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventSettings {
    manual: bool,
    signalled: bool,
}

impl Kind for Event {
    type Settings = EventSettings;

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn request(settings: EventSettings) -> Dispatcher {
        Dispatcher::Event {
            manual: settings.manual,
            signalled: settings.signalled,
        }
    }

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn of(object: Object) -> Self {
        Self { object }
    }
}

impl Handle for Event {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.object.handle
    }
}

impl ObjectOptions<Event> {
    /// Whether the event stays signalled until it is reset, and ends all waits meanwhile.
    pub fn manual_reset(mut self, manual: bool) -> Self {
        self.settings.manual = manual;
        self
    }

    /// Whether it is signalled from the start.
    pub fn signalled(mut self, signalled: bool) -> Self {
        self.settings.signalled = signalled;
        self
    }
}

impl Event {
    /// Creates one without a name, not signalled, that resets itself.
    ///
    /// # Errors
    ///
    /// As [`ObjectOptions::create`].
    pub fn new() -> Result<Self, Error> {
        Self::options().create()
    }

    /// Starts to say which event shall be created or opened.
    pub fn options() -> ObjectOptions<Self> {
        ObjectOptions::new()
    }

    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&str> {
        self.object.name()
    }

    /// Signals it. Mirrors SetEvent.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its creator does not let this user change it.
    #[inline]
    pub fn set(&self) -> Result<(), Error> {
        platform::set_event(&self.object.handle).map_err(self.object.error(Operation::Signal))
    }

    /// Makes it not signalled. Mirrors ResetEvent.
    ///
    /// # Errors
    ///
    /// As [`Event::set`].
    pub fn reset(&self) -> Result<(), Error> {
        platform::reset_event(&self.object.handle).map_err(self.object.error(Operation::Signal))
    }

    /// Ends the waits that there are at this moment (one, if it resets itself) and leaves it not
    /// signalled. Mirrors PulseEvent, of which Microsoft says that a waiter can be missed.
    ///
    /// # Errors
    ///
    /// As [`Event::set`].
    pub fn pulse(&self) -> Result<(), Error> {
        platform::pulse_event(&self.object.handle).map_err(self.object.error(Operation::Signal))
    }

    /// Waits until it is signalled. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its creator does not let this user wait for it.
    #[inline]
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None).map(drop)
    }

    /// Waits until it is signalled, and answers whether it was before the limit.
    ///
    /// # Errors
    ///
    /// As [`Event::wait`].
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
