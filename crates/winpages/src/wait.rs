//! Waiting for one of several objects, or for all of them.

use core::time::Duration;

use crate::error::{Error, Operation};
use crate::mutex::{Mutex, MutexGuard};
use crate::platform::{self, Code, ObjectHandle, Waited};

pub(crate) mod sealed {
    use super::{Mutex, ObjectHandle};

    /// What the system can wait for.
    pub trait Handle {
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "nobody outside can name or call it")]
        fn handle(&self) -> &ObjectHandle;
        #[doc(hidden)]
        fn as_mutex(&self) -> Option<&Mutex> {
            None
        }
    }
}

/// What can be waited for: a [`Mutex`], an [`Event`](crate::Event), a [`Semaphore`](crate::Semaphore), a
/// [`Timer`](crate::Timer), a [`MemoryNotification`](crate::MemoryNotification), the end of a
/// [`Process`](crate::Process) or of a [`RemoteThread`](crate::RemoteThread).
///
/// A wait takes what it ends with: of a mutex the ownership, of a semaphore one from the count, and an
/// event or a timer that resets itself is not signalled any more.
pub trait Waitable: sealed::Handle {}

impl<T: sealed::Handle> Waitable for T {}

/// What ended a [`wait_any`] or a [`signal_and_wait`](crate::signal_and_wait).
#[derive(Debug)]
pub struct Signalled<'a> {
    index: usize,
    guard: Option<MutexGuard<'a>>,
}

impl<'a> Signalled<'a> {
    /// With an object that was taken.
    pub(crate) fn with(index: usize, object: Option<&'a dyn Waitable>, is_abandoned: bool) -> Self {
        let mutex = object.and_then(|object| object.as_mutex());
        Self {
            index,
            guard: mutex.map(|mutex| mutex.taken(is_abandoned)),
        }
    }

    /// Which of the objects it was: the first that was signalled.
    pub fn index(&self) -> usize {
        self.index
    }

    /// If it was a mutex, its guard, which else is dropped with this, and lets the mutex go.
    pub fn into_guard(self) -> Option<MutexGuard<'a>> {
        self.guard
    }
}

/// Waits until any of several objects is signalled, and takes the first that is. `None` if that takes
/// longer than the limit; without a limit it waits for ever. Mirrors WaitForMultipleObjects.
///
/// # Errors
///
/// * ERROR_INVALID_PARAMETER: no object, or more than 64.
/// * ERROR_TOO_MANY_POSTS and others: a mutex was taken as often as can be counted.
///
/// ```
/// use std::time::Duration;
/// use winpages::{Event, Semaphore, wait_any};
///
/// let stop = Event::options().manual_reset(true).create()?;
/// let work = Semaphore::options().maximum(100).create()?;
/// work.release(1)?;
/// let signalled = wait_any(&[&stop, &work], Some(Duration::from_secs(5)))?.unwrap();
/// assert_eq!(signalled.index(), 1);
/// assert!(wait_any(&[&stop, &work], Some(Duration::ZERO))?.is_none());
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn wait_any<'a>(
    objects: &[&'a dyn Waitable],
    limit: Option<Duration>,
) -> Result<Option<Signalled<'a>>, Error> {
    let (index, is_abandoned) = match wait(objects, false, limit)? {
        Waited::Signalled(index) => (index, false),
        Waited::Abandoned(index) => (index, true),
        Waited::TimedOut => return Ok(None),
    };
    let object = objects.get(index).copied();
    Ok(Some(Signalled::with(index, object, is_abandoned)))
}

/// Waits until all of several objects are signalled at once, and takes them all, or none. Answers the
/// guards of the mutexes among them, in their order; `None` if it takes longer than the limit. Mirrors
/// WaitForMultipleObjects with `bWaitAll`.
///
/// Which of several mutexes was abandoned the system does not say: if one was, all guards say so.
///
/// # Errors
///
/// As [`wait_any`], and ERROR_INVALID_PARAMETER for an object that is named twice.
///
/// ```
/// use winpages::{Event, Mutex, wait_all};
///
/// let (ready, state) = (Event::options().signalled(true).create()?, Mutex::new()?);
/// let guards = wait_all(&[&ready, &state], None)?.unwrap();
/// assert_eq!(guards.len(), 1);
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn wait_all<'a>(
    objects: &[&'a dyn Waitable],
    limit: Option<Duration>,
) -> Result<Option<Vec<MutexGuard<'a>>>, Error> {
    let is_abandoned = match wait(objects, true, limit)? {
        Waited::Signalled(_) => false,
        Waited::Abandoned(_) => true,
        Waited::TimedOut => return Ok(None),
    };
    let mutexes = objects.iter().filter_map(|object| object.as_mutex());
    Ok(Some(
        mutexes.map(|mutex| mutex.taken(is_abandoned)).collect(),
    ))
}

fn wait(objects: &[&dyn Waitable], all: bool, limit: Option<Duration>) -> Result<Waited, Error> {
    let handles: Vec<_> = objects.iter().map(|object| object.handle()).collect();
    platform::wait_for_several(&handles, all, limit)
        .map_err(|code: Code| Error::new(Operation::Wait, code))
}
