//! Dispatcher objects: what mutants, events, semaphores and timers have in common.

use core::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use rustix::fd::AsFd;

use super::dispatcher_kind::DispatcherKind;
use super::dispatcher_state::DispatcherState;
use super::record_memory::{self, Identity, RecordMemory};
use super::this_thread::ThisThread;
use crate::NtStatus;
use crate::object::{NamedFile, ObjectName, ObjectSecurity};

/// A dispatcher object of this process: what its handles lead to.
#[derive(Debug)]
pub struct Dispatcher {
    kind: DispatcherKind,
    /// Of a named object there is none before it is first used: mapping it costs as much as all else that
    /// creating and closing the object takes.
    state: OnceLock<DispatcherState>,
    file: Option<NamedFile>,
    name: Option<ObjectName>,
    pub(super) security: ObjectSecurity,
    handles: AtomicUsize,
}

impl Dispatcher {
    /// An object without a name.
    pub(super) fn unnamed(kind: DispatcherKind, memory: Arc<RecordMemory>) -> Self {
        let state = DispatcherState::new(kind, memory);
        Self::new(kind, OnceLock::from(state), None)
    }

    /// An object whose state lies at the start of a file.
    pub(super) fn named(kind: DispatcherKind, name: &ObjectName, file: NamedFile) -> Self {
        Self::new(kind, OnceLock::new(), Some((file, name.clone())))
    }

    fn new(
        kind: DispatcherKind,
        state: OnceLock<DispatcherState>,
        named: Option<(NamedFile, ObjectName)>,
    ) -> Self {
        let (file, name) = named.unzip();
        Self {
            kind,
            state,
            file,
            name,
            security: ObjectSecurity::new(None),
            handles: AtomicUsize::new(0),
        }
    }

    /// What it is.
    pub fn kind(&self) -> DispatcherKind {
        self.kind
    }

    /// The file that holds its name, if it has one.
    pub(crate) fn named_file(&self) -> Option<&NamedFile> {
        self.file.as_ref()
    }

    /// Its descriptor, if it has no name.
    pub(crate) fn security(&self) -> &ObjectSecurity {
        &self.security
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&ObjectName> {
        self.name.as_ref()
    }

    /// Its state, which is mapped if this is its first use.
    ///
    /// # Errors
    ///
    /// As [`RecordMemory::of_file`].
    #[inline]
    pub(super) fn state(&self) -> Result<&DispatcherState, NtStatus> {
        match self.state.get() {
            Some(state) => Ok(state),
            None => self.map_state(),
        }
    }

    /// Its state, if it has been used.
    #[inline]
    pub(super) fn state_if_mapped(&self) -> Option<&DispatcherState> {
        self.state.get()
    }

    #[cold]
    fn map_state(&self) -> Result<&DispatcherState, NtStatus> {
        let file = self.file.as_ref().ok_or(NtStatus::UNSUCCESSFUL)?;
        // Outlives the guard: if it turns out to be one too many, letting go of it takes the same lock.
        let mapped = DispatcherState::new(self.kind, RecordMemory::of_file(file)?);
        // A child would wait for ever for a thread that was storing it.
        let _no_fork = record_memory::keep_forks_out();
        Ok(self.state.get_or_init(|| mapped.clone()))
    }

    /// Which object it is, on the whole machine.
    pub(super) fn identity(&self) -> Option<Identity> {
        match &self.file {
            Some(file) => Some(Identity::of_file(file)),
            None => Some(self.state.get()?.identity()),
        }
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    pub(crate) fn last_handle_closed(&self) {
        let memory = match (&self.file, self.state.get()) {
            (_, Some(state)) => Some(Arc::clone(state.memory())),
            // It may have been used through another opening.
            (Some(file), None) => RecordMemory::if_mapped(file),
            (None, None) => None,
        };
        let is_gone = match &self.file {
            Some(file) => {
                if let Some(memory) = &memory {
                    memory.forget_old_description(file.as_fd());
                }
                file.release()
            }
            None => memory.as_ref().is_some_and(|memory| memory.is_own()),
        };
        // As on Windows, what is owned and has no handle any more is owned no more. If another thread
        // owns it, that is at its end.
        if is_gone
            && self.kind == DispatcherKind::Mutant
            && let Some(memory) = &memory
            && let Ok(this) = ThisThread::current()
            && super::mutant::abandon(this, memory)
        {
            this.owns_one_less(memory);
        }
    }

    /// Whether two objects of this process are the same.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        core::ptr::eq(self, other) || self.identity() == other.identity()
    }
}
