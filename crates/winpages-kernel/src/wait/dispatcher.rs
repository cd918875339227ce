//! Dispatcher objects: what mutants, events, semaphores and timers have in common.

use core::sync::atomic::AtomicUsize;
use core::time::Duration;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd};

use super::record::{RECORD_SIZE, Record, Sleeper};
use super::record_memory::{Identity, RecordMemory};
use super::this_thread::ThisThread;
use super::timer;
use super::word::{Attempt, Discipline, Word};
use crate::NtStatus;
use crate::object::handle_table::{self, Entry, Handle, HandleAttributes};
use crate::object::namespace::{self, Found};
use crate::object::{
    AccessMask, Descriptor, NamedFile, Object, ObjectKind, ObjectName, ObjectSecurity, ObjectType,
    PAYLOAD_SIZE, object_type,
};
use crate::section::Disposition;
use crate::security::{Assigned, SecurityDescriptor};
use crate::sys::shared_file;

/// What a dispatcher object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatcherKind {
    /// A mutant, which Win32 calls a mutex.
    Mutant,
    /// An event; a notification event stays signalled until it is reset.
    Event {
        /// Whether it is one.
        notification: bool,
    },
    /// A semaphore.
    Semaphore {
        /// The count that it cannot pass.
        maximum: u32,
    },
    /// A timer; a notification timer stays signalled until it is set again.
    Timer {
        /// Whether it is one.
        notification: bool,
    },
    /// A keyed event, which is not waited for as the others are.
    KeyedEvent,
}

impl DispatcherKind {
    /// What the namespace knows it as.
    pub(super) fn object_kind(self) -> ObjectKind {
        match self {
            Self::Mutant => ObjectKind::Mutant,
            Self::Event { .. } => ObjectKind::Event,
            Self::Semaphore { .. } => ObjectKind::Semaphore,
            Self::Timer { .. } => ObjectKind::Timer,
            Self::KeyedEvent => ObjectKind::KeyedEvent,
        }
    }

    /// Its type.
    pub(crate) fn object_type(self) -> &'static ObjectType {
        match self {
            Self::Mutant => &object_type::MUTANT,
            Self::Event { .. } => &object_type::EVENT,
            Self::Semaphore { .. } => &object_type::SEMAPHORE,
            Self::Timer { .. } => &object_type::TIMER,
            Self::KeyedEvent => &object_type::KEYED_EVENT,
        }
    }

    /// The rights of a handle for which `desired` is asked.
    fn granted(self, desired: AccessMask) -> Result<AccessMask, NtStatus> {
        let object_type = self.object_type();
        let mapped = object_type.map(desired)?;
        Ok(object_type.generic_mapping.apply(mapped))
    }

    fn discipline(self) -> Discipline {
        match self {
            Self::Mutant => Discipline::Owned,
            Self::Event { notification: true } | Self::Timer { notification: true } => {
                Discipline::Notification
            }
            Self::Event { .. } | Self::Timer { .. } | Self::Semaphore { .. } | Self::KeyedEvent => {
                Discipline::Counted
            }
        }
    }

    /// What is to be remembered of it besides its state, by a file or by another process.
    pub(super) fn parameter(self) -> u32 {
        match self {
            Self::Mutant | Self::KeyedEvent => 0,
            Self::Event { notification } | Self::Timer { notification } => notification.into(),
            Self::Semaphore { maximum } => maximum,
        }
    }

    /// What the namespace knows as `kind`, with that parameter.
    ///
    /// # Errors
    ///
    /// [`NtStatus::OBJECT_TYPE_MISMATCH`] if it is no dispatcher object.
    pub(super) fn from_parts(kind: ObjectKind, parameter: u32) -> Result<Self, NtStatus> {
        let notification = parameter != 0;
        match kind {
            ObjectKind::Mutant => Ok(Self::Mutant),
            ObjectKind::Event => Ok(Self::Event { notification }),
            ObjectKind::Semaphore => Ok(Self::Semaphore { maximum: parameter }),
            ObjectKind::Timer => Ok(Self::Timer { notification }),
            ObjectKind::KeyedEvent => Ok(Self::KeyedEvent),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }

    fn to_payload(self) -> [u8; PAYLOAD_SIZE] {
        let mut payload = [0; PAYLOAD_SIZE];
        payload[..4].copy_from_slice(&self.parameter().to_ne_bytes());
        payload
    }

    fn from_descriptor(descriptor: &Descriptor) -> Result<Self, NtStatus> {
        let [first, second, third, fourth, ..] = descriptor.payload;
        let parameter = u32::from_ne_bytes([first, second, third, fourth]);
        Self::from_parts(descriptor.kind, parameter)
    }
}

/// A dispatcher object of this process.
#[derive(Debug)]
pub struct Dispatcher {
    kind: DispatcherKind,
    discipline: Discipline,
    memory: Arc<RecordMemory>,
    file: Option<NamedFile>,
    name: Option<ObjectName>,
    security: ObjectSecurity,
    handles: AtomicUsize,
}

/// What is told to whatever creates a dispatcher object.
#[derive(Clone, Debug)]
pub struct CreateDispatcher {
    /// The name, for one that others are to find.
    pub name: Option<ObjectName>,
    /// The rights of the handle.
    pub access: AccessMask,
    /// What is remembered of the handle besides.
    pub attributes: HandleAttributes,
    /// Who may do what with the object, if it is new; without, it is the user's alone. Others find it
    /// only under a name in `Global\`.
    pub security: Option<SecurityDescriptor>,
}

/// What came of trying to take an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tried {
    /// It is taken.
    Taken {
        /// Whether its last owner died.
        abandoned: bool,
    },
    /// It cannot be taken, and this is its state.
    Unavailable(Word),
}

/// How an object is held by a thread that wants several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It is a mutant that the thread owned before.
    Owned,
    /// Until it is let go of.
    ForAMoment,
}

impl Dispatcher {
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

    #[inline]
    pub(super) fn discipline(&self) -> Discipline {
        self.discipline
    }

    #[inline]
    pub(super) fn record(&self) -> &Record {
        self.memory.record()
    }

    #[inline]
    pub(super) fn memory(&self) -> &Arc<RecordMemory> {
        &self.memory
    }

    pub(super) fn identity(&self) -> Identity {
        self.memory.identity()
    }

    pub(crate) fn handle_count(&self) -> &AtomicUsize {
        &self.handles
    }

    pub(crate) fn last_handle_closed(&self) {
        let is_gone = match &self.file {
            Some(file) => {
                self.memory.forget_old_description(file.as_fd());
                file.release()
            }
            None => self.memory.is_own(),
        };
        // As on Windows, what is owned and has no handle any more is owned no more. If another thread
        // owns it, that is at its end.
        if is_gone
            && self.kind == DispatcherKind::Mutant
            && let Ok(this) = ThisThread::current()
            && super::mutant::abandon(this, &self.memory)
        {
            this.owns_one_less(&self.memory);
        }
    }

    /// Whether two objects of this process are the same.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    /// When a timer is due next, on the monotonic clock; signals it if that has passed.
    pub(super) fn refresh(&self, this: &ThisThread) -> Option<Duration> {
        match self.kind {
            DispatcherKind::Timer { .. } => timer::refresh(this, self),
            _ => None,
        }
    }

    /// Takes the object if that is possible now.
    ///
    /// # Errors
    ///
    /// [`NtStatus::MUTANT_LIMIT_EXCEEDED`], [`NtStatus::INSUFFICIENT_RESOURCES`] for a mutant too many.
    #[inline]
    pub(super) fn try_take(&self, this: &ThisThread) -> Result<Tried, NtStatus> {
        let (record, me) = (self.record(), this.id.get());
        loop {
            let word = record.load();
            match word.take(self.discipline, me, record.has_sleepers()) {
                Attempt::Satisfied => return Ok(Tried::Taken { abandoned: false }),
                Attempt::Unavailable => return Ok(Tried::Unavailable(word)),
                Attempt::Limit => return Err(NtStatus::MUTANT_LIMIT_EXCEEDED),
                Attempt::Held => this.wait_until_let_go(self),
                Attempt::Take {
                    next,
                    is_first: false,
                    ..
                } => {
                    if record.exchange(word, next).is_ok() {
                        return Ok(Tried::Taken { abandoned: false });
                    }
                }
                Attempt::Take {
                    next, abandoned, ..
                } => {
                    this.may_own_one_more()?;
                    this.robust.announce(&record.link);
                    let exchanged = record.exchange(word, next);
                    if exchanged.is_ok() {
                        this.robust.enter(&record.link);
                    }
                    this.robust.done();
                    if exchanged.is_ok() {
                        this.owns_one_more();
                        return Ok(Tried::Taken { abandoned });
                    }
                }
            }
        }
    }

    /// Changes the state of an object that nobody holds: to what `next` makes of it, if it makes
    /// anything; then wakes as many as `next` says. Answers the state before.
    ///
    /// # Errors
    ///
    /// What `next` answers.
    #[inline]
    pub(super) fn change(
        &self,
        this: &ThisThread,
        mut next: impl FnMut(Word) -> Result<Option<(Word, u32)>, NtStatus>,
    ) -> Result<Word, NtStatus> {
        let record = self.record();
        loop {
            let word = record.load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
                continue;
            }
            let Some((next, wake)) = next(word)? else {
                return Ok(word);
            };
            // If the thread dies before it has woken anybody, the kernel wakes one.
            this.robust.announce(&record.link);
            let exchanged = record.exchange(word, next);
            if exchanged.is_ok() && wake > 0 {
                record.wake(wake);
            }
            this.robust.done();
            if exchanged.is_ok() {
                return Ok(word);
            }
        }
    }

    /// For a sleeper that is one no more: whoever was woken in its place, or for what it has not taken,
    /// is told.
    pub(super) fn leave(&self, sleeper: Sleeper) {
        let record = self.record();
        record.count_out(sleeper);
        if matches!(self.kind, DispatcherKind::Event { .. }) {
            record.settle();
        }
        record.pass_on(self.discipline);
    }

    /// Holds an object for a moment, so that nobody else can take or change it, if it can be taken.
    /// Answers whether that is so; a mutant that the thread owns already needs no holding.
    pub(super) fn try_hold(&self, this: &ThisThread) -> Result<Held, Word> {
        let (record, me) = (self.record(), this.id.get());
        loop {
            let word = record.load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
                continue;
            }
            if !word.is_available(self.discipline, me) {
                return Err(word);
            }
            if self.discipline == Discipline::Owned && word.owner() == me {
                return Ok(Held::Owned);
            }
            if self.exchange_to_hold(this, word) {
                return Ok(Held::ForAMoment);
            }
        }
    }

    /// Holds an object for a moment, whether it can be taken or not. Not for mutants.
    pub(super) fn hold(&self, this: &ThisThread) {
        loop {
            let word = self.record().load();
            if word.is_held(self.discipline) {
                this.wait_until_let_go(self);
            } else if self.exchange_to_hold(this, word) {
                return;
            }
        }
    }

    fn exchange_to_hold(&self, this: &ThisThread, word: Word) -> bool {
        let record = self.record();
        this.robust.announce(&record.link);
        let held = record.exchange(word, word.hold(this.id.get())).is_ok();
        if held {
            this.robust.enter(&record.link);
        }
        this.robust.done();
        held
    }

    /// Lets go of an object that this thread holds for a moment, and leaves it as `next` says. Answers
    /// the state before.
    pub(super) fn let_go(&self, this: &ThisThread, next: impl Fn(Word) -> Word) -> Word {
        let record = self.record();
        this.robust.announce(&record.link);
        this.robust.leave(&record.link);
        let mut word = record.load();
        while let Err(seen) = record.exchange(word, next(word)) {
            word = seen;
        }
        if word.has_sleepers() {
            record.wake_all();
        } else {
            // Somebody may have been woken for it, and have died while it was held.
            record.pass_on(self.discipline);
        }
        this.robust.done();
        word
    }

    /// Takes an object that this thread holds for a moment, and lets go of it. Answers whether its last
    /// owner has died.
    pub(super) fn commit(&self, this: &ThisThread) -> bool {
        let me = this.id.get();
        if self.discipline != Discipline::Owned {
            self.let_go(this, |word| word.commit(self.discipline, me, false));
            return false;
        }
        // It stays in the list: it is owned from now on.
        let record = self.record();
        let mut word = record.load();
        let commit = |word: Word| word.commit(self.discipline, me, record.has_sleepers());
        while let Err(seen) = record.exchange(word, commit(word)) {
            word = seen;
        }
        if word.has_sleepers() {
            record.wake_all();
        }
        this.owns_one_more();
        this.keep(&self.memory);
        word.count() > 0
    }

    /// Takes a mutant that this thread owns once more.
    ///
    /// # Errors
    ///
    /// [`NtStatus::MUTANT_LIMIT_EXCEEDED`].
    pub(super) fn take_again(&self, this: &ThisThread) -> Result<(), NtStatus> {
        self.try_take(this).map(drop)
    }

    /// Creates an object, or opens the one that has the name already. `initial` is its state when it
    /// is new; `prepare` is called with the object's memory before anybody else can open it, and
    /// `undo` if that turns out to have been in vain.
    pub(super) fn create(
        request: &CreateDispatcher,
        kind: DispatcherKind,
        initial: Word,
        prepare: impl Fn(&Arc<RecordMemory>) -> Result<(), NtStatus>,
        undo: impl Fn(&Arc<RecordMemory>),
    ) -> Result<(Handle, Disposition), NtStatus> {
        let access = kind.granted(request.access)?;
        let security = request.security.as_ref();
        let security = security.map(|given| Assigned::to_new_object(given, kind.object_type()));
        let security = security.transpose()?.flatten();
        let (object, disposition, access) = match &request.name {
            None => {
                let memory = RecordMemory::unnamed()?;
                memory.record().initialise(initial);
                prepare(&memory)?;
                let mut object = Self::new(kind, memory, None);
                object.security = ObjectSecurity::new(security.as_ref());
                (object, Disposition::Created, access)
            }
            Some(name) => {
                let created = Self::create_named(
                    name,
                    kind,
                    (request.access, security.as_ref()),
                    initial,
                    prepare,
                    undo,
                );
                let (object, existing) = created?;
                match existing {
                    Some(access) => (object, Disposition::Existing, access),
                    None => (object, Disposition::Created, access),
                }
            }
        };
        let handle = handle_table::insert(Entry {
            object: Object::Dispatcher(Arc::new(object)),
            access,
            attributes: request.attributes,
        })?;
        Ok((handle, disposition))
    }

    pub(super) fn new(
        kind: DispatcherKind,
        memory: Arc<RecordMemory>,
        named: Option<(NamedFile, ObjectName)>,
    ) -> Self {
        let (file, name) = named.unzip();
        Self {
            kind,
            discipline: kind.discipline(),
            memory,
            file,
            name,
            security: ObjectSecurity::new(None),
            handles: AtomicUsize::new(0),
        }
    }

    /// Answers the object and, if it was there, what of `desired` it grants.
    fn create_named(
        name: &ObjectName,
        kind: DispatcherKind,
        (desired, security): (AccessMask, Option<&Assigned>),
        initial: Word,
        prepare: impl Fn(&Arc<RecordMemory>) -> Result<(), NtStatus>,
        undo: impl Fn(&Arc<RecordMemory>),
    ) -> Result<(Self, Option<AccessMask>), NtStatus> {
        let mut prepared: Option<Arc<RecordMemory>> = None;
        let fill = |file: BorrowedFd<'_>| {
            if let Some(memory) = prepared.take() {
                undo(&memory);
            }
            // The page is set aside now: a full file system is an error here, not a SIGBUS.
            let mut start = [0; RECORD_SIZE];
            start[..8].copy_from_slice(&initial.0.to_ne_bytes());
            let written = shared_file::write_at(file, &start, 0);
            if written != Ok(RECORD_SIZE) {
                return Err(NtStatus::COMMITMENT_LIMIT);
            }
            let memory = RecordMemory::of_file(file)?;
            prepare(&memory)?;
            prepared = Some(memory);
            descriptor(name, kind, security).write(file)
        };
        let enforced = security.map(|assigned| (assigned, kind.object_type()));
        let found = namespace::create_or_open(name, kind.object_kind(), None, enforced, fill);
        match (found, prepared) {
            (Ok(Found::Created(file)), Some(memory)) => {
                let named = Some((file, name.clone()));
                Ok((Self::new(kind, memory, named), None))
            }
            (Ok(Found::Existing(file, found)), prepared) => {
                prepared.iter().for_each(undo);
                let access = file.grant(&found, desired, kind.object_type())?;
                let object = Self::existing(name, file, &found)?;
                Ok((object, Some(access)))
            }
            (Ok(Found::Created(_)), None) => Err(NtStatus::UNSUCCESSFUL),
            (Err(status), prepared) => {
                prepared.iter().for_each(undo);
                Err(status)
            }
        }
    }

    pub(super) fn existing(
        name: &ObjectName,
        file: NamedFile,
        descriptor: &Descriptor,
    ) -> Result<Self, NtStatus> {
        let kind = DispatcherKind::from_descriptor(descriptor)?;
        if descriptor.data_size < RECORD_SIZE as u64 {
            return Err(NtStatus::REVISION_MISMATCH);
        }
        let memory = RecordMemory::of_file(file.as_fd())?;
        Ok(Self::new(kind, memory, Some((file, name.clone()))))
    }

    /// Opens an object by its name.
    ///
    /// # Errors
    ///
    /// * [`NtStatus::OBJECT_NAME_NOT_FOUND`]: no object has the name.
    /// * [`NtStatus::OBJECT_TYPE_MISMATCH`]: one of another kind has it.
    /// * [`NtStatus::ACCESS_DENIED`]: no right is asked for, or one that there is not.
    /// * what [`namespace::open`] answers.
    pub(super) fn open(
        name: &ObjectName,
        kind: ObjectKind,
        access: AccessMask,
        attributes: HandleAttributes,
    ) -> Result<Handle, NtStatus> {
        let (file, descriptor) = namespace::open(name, kind, true)?;
        let found = DispatcherKind::from_descriptor(&descriptor)?;
        let access = file.grant(&descriptor, access, found.object_type())?;
        let object = Self::existing(name, file, &descriptor)?;
        handle_table::insert(Entry {
            object: Object::Dispatcher(Arc::new(object)),
            access,
            attributes,
        })
    }
}

fn descriptor(name: &ObjectName, kind: DispatcherKind, security: Option<&Assigned>) -> Descriptor {
    Descriptor {
        kind: kind.object_kind(),
        plain: None,
        data_size: RECORD_SIZE as u64,
        name: name.leaf().to_vec(),
        payload: kind.to_payload(),
        extra: Vec::new(),
        security: security
            .map(|assigned| assigned.descriptor().to_self_relative())
            .unwrap_or_default(),
        creator: std::process::id(),
    }
}
