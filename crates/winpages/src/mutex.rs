//! Mutexes that processes share, and that say when their owner died.

use core::marker::PhantomData;
use core::time::Duration;

use crate::error::{Error, Operation};
use crate::object_options::sealed::Kind;
use crate::object_options::{Object, ObjectOptions};
use crate::platform::{self, Dispatcher, ObjectHandle, Waited};
use crate::wait::sealed::Handle;

/// A lock of Windows', for the threads of one or of several processes: what it protects is what those
/// who use it agree on, such as a section.
///
/// A thread that has it may take it again, and lets it go as often. If a thread or process ends that has
/// it, it is free, and the next to take it is told: [`MutexGuard::was_abandoned`].
///
/// ```
/// use winpages::{Mutex, Section};
///
/// let lock = Mutex::options().name(r"Local\winpages-doc-lock").create()?;
/// let section = Section::options().name(r"Local\winpages-doc-locked").size(4096).create()?;
/// let view = section.view().map()?;
/// {
///     let guard = lock.lock()?;
///     if guard.was_abandoned() {
///         println!("somebody died in the middle: look whether all is as it should be");
///     }
///     view.write(0, &(view.read::<u64>(0)? + 1))?;
/// }
/// # Ok::<(), winpages::Error>(())
/// ```
///
/// A guard stays with its thread, whose ownership it is:
///
/// ```compile_fail,E0277
/// # let mutex = winpages::Mutex::new().unwrap();
/// let guard = mutex.lock().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
///
/// And it does not outlive the mutex:
///
/// ```compile_fail,E0505
/// # let mutex = winpages::Mutex::new().unwrap();
/// let guard = mutex.lock().unwrap();
/// drop(mutex);
/// drop(guard);
/// ```
#[derive(Debug)]
pub struct Mutex {
    object: Object,
}

impl Kind for Mutex {
    type Settings = ();

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn request((): ()) -> Dispatcher {
        // Whoever wants it at once locks it: who opens one cannot be given it in one step either.
        Dispatcher::Mutex { owned: false }
    }

    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn of(object: Object) -> Self {
        Self { object }
    }
}

impl Handle for Mutex {
    #[allow(private_interfaces, reason = "nobody outside can name or call it")]
    fn handle(&self) -> &ObjectHandle {
        &self.object.handle
    }

    fn as_mutex(&self) -> Option<&Mutex> {
        Some(self)
    }
}

impl Mutex {
    /// Creates one without a name.
    ///
    /// # Errors
    ///
    /// As [`ObjectOptions::create`].
    pub fn new() -> Result<Self, Error> {
        Self::options().create()
    }

    /// Starts to say which mutex shall be created or opened.
    pub fn options() -> ObjectOptions<Self> {
        ObjectOptions::new()
    }

    /// The name it was created or opened by.
    pub fn name(&self) -> Option<&str> {
        self.object.name()
    }

    /// Waits until it is free, and takes it. Mirrors WaitForSingleObject.
    ///
    /// # Errors
    ///
    /// * ERROR_ACCESS_DENIED: its creator does not let this user take it.
    /// * ERROR_NO_SYSTEM_RESOURCES: the thread has 2000 mutexes, on Linux.
    /// * the code of STATUS_MUTANT_LIMIT_EXCEEDED: it was taken as often as can be counted.
    #[inline]
    pub fn lock(&self) -> Result<MutexGuard<'_>, Error> {
        match self.wait(None)? {
            Some(guard) => Ok(guard),
            None => unreachable!("a wait without a limit does not time out"),
        }
    }

    /// Takes it if it is free.
    ///
    /// # Errors
    ///
    /// As [`Mutex::lock`].
    #[inline]
    pub fn try_lock(&self) -> Result<Option<MutexGuard<'_>>, Error> {
        self.wait(Some(Duration::ZERO))
    }

    /// Waits until it is free, and takes it, unless that takes longer than the limit.
    ///
    /// # Errors
    ///
    /// As [`Mutex::lock`].
    pub fn lock_timeout(&self, limit: Duration) -> Result<Option<MutexGuard<'_>>, Error> {
        self.wait(Some(limit))
    }

    #[inline]
    fn wait(&self, limit: Option<Duration>) -> Result<Option<MutexGuard<'_>>, Error> {
        let waited = platform::wait_for_one(&self.object.handle, limit)
            .map_err(self.object.error(Operation::Wait))?;
        Ok(match waited {
            Waited::Signalled(_) => Some(self.taken(false)),
            Waited::Abandoned(_) => Some(self.taken(true)),
            Waited::TimedOut => None,
        })
    }

    /// The guard of a thread that has just taken it.
    #[inline]
    pub(crate) fn taken(&self, is_abandoned: bool) -> MutexGuard<'_> {
        MutexGuard {
            mutex: self,
            is_abandoned,
            of_thread: PhantomData,
        }
    }
}

/// That this thread has a [`Mutex`]; dropping it lets the mutex go. Mirrors ReleaseMutex.
#[derive(Debug)]
#[must_use = "the mutex is let go of when this is dropped"]
pub struct MutexGuard<'a> {
    mutex: &'a Mutex,
    is_abandoned: bool,
    /// Only the thread that took it can let it go.
    of_thread: PhantomData<*const ()>,
}

impl MutexGuard<'_> {
    pub(crate) fn mutex(&self) -> &Mutex {
        self.mutex
    }

    /// Whether the last owner ended without letting go: WAIT_ABANDONED. What the mutex protects may be
    /// half changed then. The next owner is not told again.
    pub fn was_abandoned(&self) -> bool {
        self.is_abandoned
    }
}

impl Drop for MutexGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        let released = platform::release_mutex(&self.mutex.object.handle);
        debug_assert_eq!(released, Ok(()), "the mutex was released by others");
    }
}
