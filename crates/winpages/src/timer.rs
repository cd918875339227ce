//! Timers: that it is time.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use winpages_error::error_code::ERROR_INVALID_PARAMETER;

use crate::error::{Error, Operation};
use crate::object_options::sealed::Kind;
use crate::object_options::{Object, ObjectOptions};
use crate::platform::{self, Dispatcher, Due, ObjectHandle, Waited};
use crate::wait::sealed::Handle;

/// Something that is signalled at a time, for the threads of one or of several processes.
///
/// A timer resets itself when it has ended one wait, or stays signalled until it is set again, if it is
/// made with [`manual_reset`](ObjectOptions::manual_reset).
///
/// ```
/// use std::time::Duration;
/// use winpages::Timer;
///
/// let timer = Timer::new()?;
/// timer.set_after(Duration::from_millis(1))?;
/// timer.wait()?;
/// # Ok::<(), winpages::Error>(())
/// ```
#[derive(Debug)]
pub struct Timer {
    object: Object,
}

/// How a new timer is.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimerSettings {
    manual: bool,
}

impl Kind for Timer {
    type Settings = TimerSettings;

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn request(settings: TimerSettings) -> Dispatcher {
        Dispatcher::Timer {
            manual: settings.manual,
        }
    }

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn of(object: Object) -> Self {
        Self { object }
    }
}

impl Handle for Timer {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.object.handle
    }
}

impl ObjectOptions<Timer> {
    /// Whether the timer stays signalled until it is set again, and ends all waits meanwhile.
    pub fn manual_reset(mut self, manual: bool) -> Self {
        self.settings.manual = manual;
        self
    }
}

impl Timer {
    /// Creates one without a name that resets itself. It is not set.
    ///
    /// # Errors
    ///
    /// As [`ObjectOptions::create`].
    pub fn new() -> Result<Self, Error> {
        Self::options().create()
    }

    /// Starts to say which timer shall be created or opened.
    pub fn options() -> ObjectOptions<Self> {
        ObjectOptions::new()
    }

    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&str> {
        self.object.name()
    }

    /// Has it signalled once, some time from now; until then it is not. Mirrors SetWaitableTimer.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its creator does not let this user change it.
    pub fn set_after(&self, delay: Duration) -> Result<(), Error> {
        self.set(Due::After(delay), 0)
    }

    /// Has it signalled some time from now, and again each period, which counts in milliseconds.
    ///
    /// # Errors
    ///
    /// As [`Timer::set_after`]; ERROR_INVALID_PARAMETER if the period is shorter than a millisecond, or
    /// longer than 2³¹ of them.
    pub fn set_periodic(&self, first: Duration, period: Duration) -> Result<(), Error> {
        let milliseconds = i32::try_from(period.as_millis()).unwrap_or(0);
        if milliseconds == 0 {
            return Err(self.object.error(Operation::Signal)(
                ERROR_INVALID_PARAMETER,
            ));
        }
        self.set(Due::After(first), milliseconds as u32)
    }

    /// Has it signalled once at a time of day, and follows the clock if that is set meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Timer::set_after`].
    pub fn set_at(&self, time: SystemTime) -> Result<(), Error> {
        /// From 1601 to 1970, in units of 100 nanoseconds.
        const EPOCH: i64 = 116_444_736_000_000_000;
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let units = i64::try_from(since_1970.as_nanos() / 100).unwrap_or(i64::MAX);
        self.set(Due::At(units.saturating_add(EPOCH)), 0)
    }

    /// Has it not signalled any more, if it was not yet. Mirrors CancelWaitableTimer.
    ///
    /// # Errors
    ///
    /// As [`Timer::set_after`].
    pub fn cancel(&self) -> Result<(), Error> {
        platform::cancel_timer(&self.object.handle).map_err(self.object.error(Operation::Signal))
    }

    fn set(&self, due: Due, period: u32) -> Result<(), Error> {
        platform::set_timer(&self.object.handle, due, period)
            .map_err(self.object.error(Operation::Signal))
    }

    /// Waits until it is signalled. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// ERROR_ACCESS_DENIED: its creator does not let this user wait for it.
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_for(None).map(drop)
    }

    /// Waits until it is signalled, and answers whether it was before the limit.
    ///
    /// # Errors
    ///
    /// As [`Timer::wait`].
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool, Error> {
        self.wait_for(Some(limit))
    }

    fn wait_for(&self, limit: Option<Duration>) -> Result<bool, Error> {
        platform::wait_for_one(&self.object.handle, limit)
            .map(|waited| waited != Waited::TimedOut)
            .map_err(self.object.error(Operation::Wait))
    }
}
