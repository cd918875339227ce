//! Waiting without a thread, on both systems.

mod common;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use static_assertions::assert_impl_all;
use winpages::{AsyncWait, Event, Semaphore, Timer, wait_async};

assert_impl_all!(AsyncWait: Send, Unpin);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest of executors.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

fn poll_once(future: &mut AsyncWait) -> Poll<Result<(), winpages::Error>> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn what_is_signalled_is_taken_at_once() {
    let event = Arc::new(Event::options().signalled(true).create().unwrap());
    let mut future = wait_async(Arc::clone(&event));
    assert!(matches!(poll_once(&mut future), Poll::Ready(Ok(()))));
    assert!(!event.wait_timeout(Duration::ZERO).unwrap());
    // It has been seen: dropping it gives nothing back.
    drop(future);
    assert!(!event.wait_timeout(Duration::ZERO).unwrap());
}

#[test]
fn what_is_signalled_later_wakes() {
    let event = Arc::new(Event::new().unwrap());
    let future = wait_async(Arc::clone(&event));
    let setter = thread::spawn(move || event.set().unwrap());
    block_on(future).unwrap();
    setter.join().unwrap();
    let timer = Arc::new(Timer::new().unwrap());
    timer.set_after(Duration::from_millis(5)).unwrap();
    block_on(wait_async(timer)).unwrap();
}

#[test]
fn a_dropped_future_gives_back_what_it_took() {
    let semaphore = Arc::new(Semaphore::options().create().unwrap());
    let mut future = wait_async(Arc::clone(&semaphore));
    assert!(poll_once(&mut future).is_pending());
    semaphore.release(1).unwrap();
    drop(future);
    // The thread may have taken it, and gives it back then.
    assert!(semaphore.wait_timeout(Duration::from_secs(60)).unwrap());
    assert!(!semaphore.wait_timeout(Duration::from_millis(20)).unwrap());
    let event = Arc::new(Event::new().unwrap());
    for _ in 0..50 {
        let mut future = wait_async(Arc::clone(&event));
        assert!(poll_once(&mut future).is_pending());
        event.set().unwrap();
        drop(future);
        assert!(event.wait_timeout(Duration::from_secs(60)).unwrap());
    }
}

#[test]
fn many_wait_at_once() {
    const COUNT: usize = 150;
    let events: Vec<_> = (0..COUNT)
        .map(|_| Arc::new(Event::new().unwrap()))
        .collect();
    let mut futures: Vec<_> = events.iter().cloned().map(wait_async).collect();
    for future in &mut futures {
        assert!(poll_once(future).is_pending());
    }
    let woken = AtomicU32::new(0);
    thread::scope(|scope| {
        while !futures.is_empty() {
            let part = futures.split_off(futures.len().saturating_sub(50));
            let woken = &woken;
            scope.spawn(move || {
                for future in part {
                    block_on(future).unwrap();
                    woken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for event in events.iter().rev() {
            event.set().unwrap();
        }
    });
    assert_eq!(woken.load(Ordering::Relaxed), COUNT as u32);
}
