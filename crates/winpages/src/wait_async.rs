//! Waiting without a thread standing still for it.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::{Error, Operation};
use crate::event::Event;
use crate::memory_notification::MemoryNotification;
use crate::platform::{self, ObjectHandle, Waited};
use crate::semaphore::Semaphore;
use crate::timer::Timer;
use crate::wait::sealed::Handle;

mod sealed {
    /// What a future can take and give back.
    pub trait GiveBack {
        /// Makes up for a signal that was taken for nobody.
        #[doc(hidden)]
        fn give_back(&self);
    }
}

use sealed::GiveBack;

/// What can be waited for asynchronously: an [`Event`], a [`Semaphore`], a [`Timer`], a
/// [`MemoryNotification`]. A [`Mutex`](crate::Mutex) cannot: it belongs to the thread that takes it, and
/// a future moves between threads.
pub trait AsyncWaitable: Handle + GiveBack + Send + Sync + 'static {}

impl<T: Handle + GiveBack + Send + Sync + 'static> AsyncWaitable for T {}

impl GiveBack for Event {
    fn give_back(&self) {
        // Whoever took a signal may set the event: it is the same right that opens one here.
        let _ = self.set();
    }
}

impl GiveBack for Semaphore {
    fn give_back(&self) {
        let _ = self.release(1);
    }
}

impl GiveBack for Timer {
    /// To set it again would take its next time away.
    fn give_back(&self) {}
}

impl GiveBack for MemoryNotification {
    fn give_back(&self) {}
}

/// Waits for an object without keeping a thread: with the feature `async`.
///
/// An object that is signalled already is taken at once. Else a thread of this crate waits for it, up to
/// 63 objects each, and there is none before it is needed. It works with every executor.
///
/// A future may be dropped: if it has taken a signal that nobody has seen, an event is set again, and a
/// semaphore gets its count back; of a timer that resets itself the signal is lost.
///
/// # Errors
///
/// As the waits of the objects.
///
/// ```
/// use std::sync::Arc;
/// use winpages::{Event, wait_async};
///
/// async fn when_ready(ready: Arc<Event>) -> Result<(), winpages::Error> {
///     wait_async(ready).await?;
///     println!("ready");
///     Ok(())
/// }
/// # let ready = Arc::new(Event::options().signalled(true).create()?);
/// # let mut future = std::pin::pin!(when_ready(ready));
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(future.as_mut().poll(&mut context).is_ready());
/// # use std::future::Future;
/// # Ok::<(), winpages::Error>(())
/// ```
pub fn wait_async<T: AsyncWaitable>(object: Arc<T>) -> AsyncWait {
    AsyncWait {
        object,
        waiting: None,
        is_done: false,
    }
}

/// The future that [`wait_async`] answers.
#[must_use = "a future does nothing unless it is awaited"]
pub struct AsyncWait {
    object: Arc<dyn AsyncWaitable>,
    waiting: Option<Arc<Waiting>>,
    is_done: bool,
}

impl core::fmt::Debug for AsyncWait {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("AsyncWait")
            .field("is_done", &self.is_done)
            .finish_non_exhaustive()
    }
}

/// What a thread waits for, and for whom.
struct Waiting {
    object: Arc<dyn AsyncWaitable>,
    progress: Mutex<Progress>,
}

enum Progress {
    /// Whom to wake.
    Waiting(Waker),
    /// The signal is taken, or cannot be.
    Over(Result<(), Error>),
    /// Nobody wants it any more.
    Dropped,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_taken(object: &dyn AsyncWaitable) -> Result<bool, Error> {
    platform::wait_for_one(object.handle(), Some(Duration::ZERO))
        .map(|waited| waited != Waited::TimedOut)
        .map_err(|code| Error::new(Operation::Wait, code))
}

impl Future for AsyncWait {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let answer = match &this.waiting {
            Some(waiting) => {
                let mut progress = locked(&waiting.progress);
                match &mut *progress {
                    Progress::Over(result) => result.clone(),
                    Progress::Waiting(waker) => {
                        waker.clone_from(context.waker());
                        return Poll::Pending;
                    }
                    Progress::Dropped => unreachable!("nobody polls what is dropped"),
                }
            }
            None => match is_taken(&*this.object) {
                Ok(true) => Ok(()),
                Ok(false) => {
                    let waiting = Arc::new(Waiting {
                        object: Arc::clone(&this.object),
                        progress: Mutex::new(Progress::Waiting(context.waker().clone())),
                    });
                    match hand_over(Arc::clone(&waiting)) {
                        Ok(()) => {
                            this.waiting = Some(waiting);
                            return Poll::Pending;
                        }
                        Err(error) => {
                            *locked(&waiting.progress) = Progress::Dropped;
                            Err(error)
                        }
                    }
                }
                Err(error) => Err(error),
            },
        };
        this.is_done = true;
        Poll::Ready(answer)
    }
}

impl Drop for AsyncWait {
    fn drop(&mut self) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        let before = core::mem::replace(&mut *locked(&waiting.progress), Progress::Dropped);
        if !self.is_done && matches!(before, Progress::Over(Ok(()))) {
            self.object.give_back();
        }
        // The thread that waits for it finds out when it looks at its list next.
        stir(&waiting);
    }
}

/// How many objects a thread waits for, besides the event that wakes it.
const MOST: usize = 63;

/// A thread's list, and what wakes it to look at that.
struct Group {
    changed: Event,
    list: Mutex<Vec<Arc<Waiting>>>,
}

static GROUPS: Mutex<Vec<Arc<Group>>> = Mutex::new(Vec::new());

/// Gives a wait to a thread that has room for it.
fn hand_over(waiting: Arc<Waiting>) -> Result<(), Error> {
    let mut groups = locked(&GROUPS);
    for group in groups.iter() {
        let mut list = locked(&group.list);
        if list.len() < MOST {
            list.push(waiting);
            return group.changed.set();
        }
    }
    let group = Arc::new(Group {
        changed: Event::new()?,
        list: Mutex::new(vec![waiting]),
    });
    let of_thread = Arc::clone(&group);
    let started = thread::Builder::new()
        .name("winpages waiting".to_owned())
        .spawn(move || of_thread.run());
    started.map_err(|_| {
        Error::new(
            Operation::Wait,
            winpages_error::error_code::ERROR_NOT_ENOUGH_MEMORY,
        )
    })?;
    groups.push(group);
    Ok(())
}

fn stir(waiting: &Arc<Waiting>) {
    for group in locked(&GROUPS).iter() {
        if locked(&group.list)
            .iter()
            .any(|listed| Arc::ptr_eq(listed, waiting))
        {
            let _ = group.changed.set();
        }
    }
}

impl Group {
    fn run(&self) -> ! {
        loop {
            let list = {
                let mut list = locked(&self.list);
                list.retain(|waiting| matches!(*locked(&waiting.progress), Progress::Waiting(_)));
                list.clone()
            };
            let mut handles: Vec<&ObjectHandle> = vec![self.changed.handle()];
            handles.extend(list.iter().map(|waiting| waiting.object.handle()));
            match platform::wait_for_several(&handles, false, None) {
                Ok(Waited::Signalled(0) | Waited::TimedOut) => {}
                Ok(Waited::Signalled(index) | Waited::Abandoned(index)) => {
                    list[index - 1].is_over(Ok(()));
                }
                // One of them cannot be waited for; the others have done nothing wrong.
                Err(_) => {
                    for waiting in &list {
                        match is_taken(&*waiting.object) {
                            Ok(false) => {}
                            Ok(true) => waiting.is_over(Ok(())),
                            Err(error) => waiting.is_over(Err(error)),
                        }
                    }
                }
            }
        }
    }
}

impl Waiting {
    fn is_over(&self, result: Result<(), Error>) {
        let mut progress = locked(&self.progress);
        match core::mem::replace(&mut *progress, Progress::Over(result.clone())) {
            Progress::Waiting(waker) => {
                drop(progress);
                waker.wake();
            }
            before => {
                *progress = before;
                drop(progress);
                if result.is_ok() {
                    self.object.give_back();
                }
            }
        }
    }
}
