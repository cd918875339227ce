//! A look at the objects of a wait for any of several, before any of them is counted as in use.

use core::sync::atomic::Ordering;

use super::dispatcher_kind::DispatcherKind;
use super::target::Target;
use crate::NtStatus;
use crate::object::Object;
use crate::object::handle_table::{self, Entry, Handle};

/// What a look has found.
pub(super) enum Glance {
    /// The first object that is signalled, and its index.
    Signalled(usize, Target),
    /// None of them was.
    Nothing,
    /// Of one before the first that is signalled that cannot be told so.
    Unclear,
}

/// Looks at what the handles lead to, as a wait by the thread `me` would find it. All of them are looked up
/// at once, and no more is read of each than its word: counting 64 objects as in use costs more than that.
///
/// # Errors
///
/// As [`Target::of`], of any of them.
pub(super) fn at_all(handles: &[Handle], me: u32) -> Result<Glance, NtStatus> {
    let mut seen = Glance::Nothing;
    let mut index = 0;
    handle_table::look_at_all(handles, |entry| {
        Target::check(entry)?;
        if matches!(seen, Glance::Nothing) {
            match is_signalled(entry, me) {
                Some(true) => seen = Glance::Signalled(index, Target::of_entry(entry)?),
                Some(false) => {}
                None => seen = Glance::Unclear,
            }
        }
        index += 1;
        Ok(())
    })?;
    Ok(seen)
}

/// `None` where it takes more than a look to tell.
#[inline]
fn is_signalled(entry: &Entry, me: u32) -> Option<bool> {
    match &entry.object {
        Object::Dispatcher(object) => {
            let state = object.state_if_mapped()?;
            let record = state.record();
            let is_timer = matches!(state.kind(), DispatcherKind::Timer { .. });
            if is_timer && record.due.load(Ordering::Acquire) != 0 {
                return None;
            }
            Some(record.load().is_available(state.discipline(), me))
        }
        Object::Thread(thread) => Some(thread.has_ended()),
        _ => None,
    }
}
