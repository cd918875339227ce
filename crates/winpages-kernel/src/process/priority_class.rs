//! How important a process is among the others: its class of priority.
//!
//! The kernel keeps niceness for each thread: that of its process's class, and that of the thread's own priority
//! upon it. The class of this process is remembered here, for the kernel is told only what it may be told again.

use core::sync::atomic::{AtomicU32, Ordering};

use super::{Target, list};
use crate::NtStatus;
use crate::sys;
use crate::thread;

/// How important a process is; the numbers are PROCESS_PRIORITY_CLASS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorityClass {
    /// It runs when no other does.
    Idle = 1,
    /// What most have.
    Normal = 2,
    /// It runs before most others.
    High = 3,
    /// It runs before all others.
    RealTime = 4,
    /// Between idle and normal.
    BelowNormal = 5,
    /// Between normal and high.
    AboveNormal = 6,
}

use PriorityClass::{AboveNormal, BelowNormal, High, Idle, Normal, RealTime};

/// The class of this process; 0 until somebody asks for it.
static OWN: AtomicU32 = AtomicU32::new(0);

impl PriorityClass {
    const ALL: [Self; 6] = [Idle, BelowNormal, Normal, AboveNormal, High, RealTime];

    /// The niceness of a thread of normal priority in such a process.
    pub(crate) fn niceness(self) -> i32 {
        match self {
            Idle => 19,
            BelowNormal => 10,
            Normal => 0,
            AboveNormal => -10,
            High => -15,
            RealTime => -20,
        }
    }

    /// The class whose niceness is nearest.
    fn of_niceness(niceness: i32) -> Self {
        let distance = |class: &Self| (class.niceness() - niceness).abs();
        Self::ALL.into_iter().min_by_key(distance).unwrap_or(Normal)
    }

    /// The class of this process.
    pub(crate) fn of_own() -> Self {
        let known = OWN.load(Ordering::Acquire);
        if let Some(class) = Self::ALL.into_iter().find(|class| *class as u32 == known) {
            return class;
        }
        // Whoever started this process has decided, if anybody has.
        let begun_with = sys::thread::niceness(sys::process::own_number());
        let class = Self::of_niceness(begun_with.unwrap_or(0));
        OWN.store(class as u32, Ordering::Release);
        class
    }
}

impl Target {
    /// How important the process is; mirrors NtQueryInformationProcess(ProcessPriorityClass). Of another one, what
    /// the niceness of its first thread says.
    ///
    /// # Errors
    ///
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended.
    pub fn priority_class(&self) -> Result<PriorityClass, NtStatus> {
        match self {
            Self::Own => Ok(PriorityClass::of_own()),
            Self::Other(other) => sys::thread::niceness(other.number())
                .map(PriorityClass::of_niceness)
                .ok_or(NtStatus::PROCESS_IS_TERMINATING),
        }
    }

    /// Says how important the process is; mirrors NtSetInformationProcess(ProcessPriorityClass). Of this process it
    /// is remembered, and the kernel told if it may be told the opposite later.
    ///
    /// # Errors
    ///
    /// [`NtStatus::ACCESS_DENIED`] if the kernel does not let this process make that one so important,
    /// [`NtStatus::PROCESS_IS_TERMINATING`] if it has ended.
    pub fn set_priority_class(&self, class: PriorityClass) -> Result<(), NtStatus> {
        let threads = list::threads(self.number());
        match self {
            Self::Own => {
                OWN.store(class as u32, Ordering::Release);
                for id in threads {
                    match thread::find(id) {
                        Some(thread) => thread.tell_niceness(),
                        None => sys::thread::set_niceness(id, class.niceness()),
                    }
                }
                Ok(())
            }
            Self::Other(other) => {
                for id in threads {
                    sys::thread::set_niceness_of_other(id, class.niceness())
                        .map_err(|_| NtStatus::ACCESS_DENIED)?;
                }
                match other.has_ended() {
                    true => Err(NtStatus::PROCESS_IS_TERMINATING),
                    false => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_class_is_told() {
        for class in PriorityClass::ALL {
            assert_eq!(PriorityClass::of_niceness(class.niceness()), class);
        }
        assert_eq!(PriorityClass::of_niceness(3), Normal);
        assert_eq!(PriorityClass::of_niceness(15), Idle);
        assert_eq!(PriorityClass::of_niceness(-19), RealTime);
    }
}
