//! Signalling one object and waiting for another, in one step.

use core::time::Duration;

use crate::error::{Error, Operation};
use crate::event::Event;
use crate::mutex::MutexGuard;
use crate::platform::{self, ObjectHandle, Waited};
use crate::semaphore::Semaphore;
use crate::wait::sealed::Handle as _;
use crate::wait::{Signalled, Waitable};

mod sealed {
    use super::ObjectHandle;

    /// What is signalled, once.
    pub trait Once {
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "nobody outside can name or call it")]
        fn object(&self) -> &ObjectHandle;
        /// Called when the system was asked to signal it.
        #[doc(hidden)]
        fn done(self, succeeded: bool);
    }
}

/// What [`signal_and_wait`] signals: an [`Event`], which is set; a [`Semaphore`], whose count grows by one; or a
/// [`MutexGuard`], whose mutex is let go of.
pub trait Signal: sealed::Once {}

impl<T: sealed::Once> Signal for T {}

impl sealed::Once for &Event {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn object(&self) -> &ObjectHandle {
        self.handle()
    }

    fn done(self, _succeeded: bool) {}
}

impl sealed::Once for &Semaphore {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn object(&self) -> &ObjectHandle {
        self.handle()
    }

    fn done(self, _succeeded: bool) {}
}

impl sealed::Once for MutexGuard<'_> {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn object(&self) -> &ObjectHandle {
        self.mutex().handle()
    }

    fn done(self, succeeded: bool) {
        if !succeeded {
            // Whether that happened before or after the mutex was let go of is not told.
            let _ = platform::release_mutex(self.object());
        }
        core::mem::forget(self);
    }
}

/// Signals one object and waits for another, and takes it; `None` if that takes longer than the limit, in which
/// case the first was signalled all the same. Without a limit it waits for ever. Mirrors SignalObjectAndWait.
///
/// Whoever the first object lets go on may signal the second before this thread waits for it; so Microsoft
/// advises against [`Event::pulse`] as an answer.
///
/// # Errors
///
/// * ERROR_ACCESS_DENIED: the creator of one of them does not let this user do that.
/// * ERROR_TOO_MANY_POSTS: the semaphore's count is its maximum.
/// * as [`Mutex::lock`](crate::Mutex::lock), if that is waited for.
///
/// If it fails, a mutex is let go of all the same.
///
/// ```
/// use winpages::{Event, signal_and_wait};
///
/// let (question, answer) = (Event::new()?, Event::new()?);
/// std::thread::scope(|scope| {
///     scope.spawn(|| signal_and_wait(&answer, &question, None).map(drop));
///     signal_and_wait(&question, &answer, None).map(drop)
/// })?;
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn signal_and_wait<'a>(
    signal: impl Signal,
    object: &'a dyn Waitable,
    limit: Option<Duration>,
) -> Result<Option<Signalled<'a>>, Error> {
    let waited = platform::signal_and_wait(signal.object(), object.handle(), limit);
    signal.done(waited.is_ok());
    match waited.map_err(|code| Error::new(Operation::Wait, code))? {
        Waited::Signalled(index) => Ok(Some(Signalled::with(index, Some(object), false))),
        Waited::Abandoned(index) => Ok(Some(Signalled::with(index, Some(object), true))),
        Waited::TimedOut => Ok(None),
    }
}
