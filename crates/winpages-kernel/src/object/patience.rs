//! Waiting for others who are at work on the same object's file.

use std::time::{Duration, Instant};

use crate::NtStatus;

/// How long somebody else may be seen creating or closing an object before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waiting for somebody else's step of creating or closing, which is over in microseconds.
pub(super) struct Patience {
    attempts: u32,
    since: Option<Instant>,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            attempts: 0,
            since: None,
        }
    }

    /// Waits a little longer each time.
    ///
    /// # Errors
    ///
    /// [`NtStatus::DELETE_PENDING`] when it has been too long.
    pub(super) fn pause(&mut self) -> Result<(), NtStatus> {
        self.attempts += 1;
        if self.attempts < 10 {
            std::thread::yield_now();
            return Ok(());
        }
        let since = self.since.get_or_insert_with(Instant::now);
        if since.elapsed() > PATIENCE {
            return Err(NtStatus::DELETE_PENDING);
        }
        std::thread::sleep(Duration::from_micros(
            u64::from(self.attempts.min(100)) * 10,
        ));
        Ok(())
    }
}
