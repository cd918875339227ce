//! The word that says what state a dispatcher object is in, and every way it can change.
//!
//! A word is 64 bits, changed by compare-and-exchange only:
//!
//! | bits | of a mutant | of anything else |
//! | --- | --- | --- |
//! | 0-29 | the thread that owns it, or holds it for a moment | the thread that holds it for a moment |
//! | 30 | held for a moment, or its owner has died | it is signalled, or its holder has died |
//! | 31 | somebody sleeps until it is let go of | likewise |
//! | 32-63 | how often its owner has taken it | how often it can be taken |
//!
//! The lower half is laid out as the kernel's list of robust words wants it: when the thread in it
//! dies, the kernel puts bit 30 in its place, and leaves the upper half alone. So:
//!
//! - a mutant that nobody owns and that was taken *n* times is one whose owner has died: the owner
//!   sets the count with the same exchange that makes it the owner, and clears it with the one that
//!   lets go;
//! - whoever waits for all of several objects holds each of them for a moment, which changes nothing
//!   but the lower half; if he dies in that moment, nothing has been taken.
//!
//! Everything here is a function from one word to the next, so that the protocol can be tried out
//! without threads, and with all their interleavings.

/// How an object is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// By one thread, as often as it likes: a mutant.
    Owned,
    /// Taking it leaves it as it is: a notification event or timer.
    Notification,
    /// Taking it takes one away: a semaphore; a synchronization timer, which counts to one; and a
    /// synchronization event, which counts to one more than there are sleepers that it has woken and
    /// that have not looked yet.
    Counted,
}

/// The state of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u64);

const HOLDER: u32 = 0x3FFF_FFFF;
const MARK: u32 = 1 << 30;
const SLEEPERS: u32 = 1 << 31;

/// The most often a mutant can be taken.
const MOST_RECURSIONS: u32 = i32::MAX as u32;

/// What comes of trying to take an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// This exchange takes it. If `is_first`, the caller becomes the owner of a mutant with it; if
    /// `abandoned`, of one whose owner has died.
    Take {
        /// The word to be put in place.
        next: Word,
        /// Whether the caller was not the owner before.
        is_first: bool,
        /// Whether the last owner has died.
        abandoned: bool,
    },
    /// It is signalled, and stays so.
    Satisfied,
    /// It is not signalled, or another thread owns it.
    Unavailable,
    /// Somebody holds it for a moment.
    Held,
    /// The mutant has been taken as often as can be counted.
    Limit,
}

impl Word {
    /// A word of an object that nobody holds.
    pub const fn new(discipline: Discipline, count: u32) -> Self {
        Self::of(Self::mark(discipline, count), count)
    }

    /// A mutant that `owner` has taken once.
    pub const fn owned_by(owner: u32) -> Self {
        Self::of(owner, 1)
    }

    const fn of(lower: u32, count: u32) -> Self {
        Self(lower as u64 | (count as u64) << 32)
    }

    /// Bit 30 of an object that nobody holds: signalled, or abandoned.
    const fn mark(_: Discipline, count: u32) -> u32 {
        if count > 0 { MARK } else { 0 }
    }

    /// The half that sleepers sleep on.
    pub const fn lower(self) -> u32 {
        self.0 as u32
    }

    /// How often the object was or can be taken.
    pub const fn count(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The thread in the word; 0 for none.
    pub const fn holder(self) -> u32 {
        self.lower() & HOLDER
    }

    /// Whether somebody sleeps until the word is let go of.
    pub const fn has_sleepers(self) -> bool {
        self.lower() & SLEEPERS != 0
    }

    /// Whether somebody holds it for a moment, so that nobody else can take or set it.
    pub const fn is_held(self, discipline: Discipline) -> bool {
        match discipline {
            Discipline::Owned => self.holder() != 0 && self.lower() & MARK != 0,
            _ => self.holder() != 0,
        }
    }

    /// The thread that owns a mutant; 0 for none.
    pub const fn owner(self) -> u32 {
        if self.lower() & MARK != 0 {
            0
        } else {
            self.holder()
        }
    }

    /// Whether a mutant's owner has died and nobody has taken it since.
    pub const fn is_abandoned(self) -> bool {
        self.owner() == 0 && self.count() > 0
    }

    /// Whether `me` could take it now.
    pub const fn is_available(self, discipline: Discipline, me: u32) -> bool {
        match discipline {
            Discipline::Owned => self.owner() == me || self.holder() == 0,
            _ => self.count() > 0,
        }
    }

    /// What comes of `me` trying to take it. `others_wait`: whether anybody sleeps or is about to, who
    /// must be woken if `me` dies as the owner.
    pub const fn take(self, discipline: Discipline, me: u32, others_wait: bool) -> Attempt {
        match discipline {
            Discipline::Notification if self.count() > 0 => Attempt::Satisfied,
            Discipline::Owned if self.owner() == me => {
                if self.count() >= MOST_RECURSIONS {
                    return Attempt::Limit;
                }
                Attempt::Take {
                    next: Self::of(self.lower(), self.count() + 1),
                    is_first: false,
                    abandoned: false,
                }
            }
            _ if self.is_held(discipline) => Attempt::Held,
            Discipline::Owned if self.holder() != 0 => Attempt::Unavailable,
            Discipline::Owned => {
                let sleepers = if others_wait { SLEEPERS } else { 0 };
                Attempt::Take {
                    next: Self::of(me | sleepers | self.lower() & SLEEPERS, 1),
                    is_first: true,
                    abandoned: self.count() > 0,
                }
            }
            _ if self.count() == 0 => Attempt::Unavailable,
            _ => Attempt::Take {
                next: Self::new(discipline, self.count() - 1),
                is_first: false,
                abandoned: false,
            },
        }
    }

    /// The word in which a thread can sleep until the object may have become available: what it sleeps
    /// on says that it is not, and whoever changes that will wake it.
    ///
    /// A holder that died has left bit 30, which would say that the object is signalled.
    #[must_use]
    pub const fn asleep(self, discipline: Discipline) -> Self {
        if self.holder() != 0 {
            return Self::of(self.lower() | SLEEPERS, self.count());
        }
        match discipline {
            Discipline::Owned => self,
            _ => Self::new(discipline, self.count()),
        }
    }

    /// The word in which `me` holds an object for a moment that nobody holds. For a mutant that is
    /// not `me`'s already.
    #[must_use]
    pub const fn hold(self, me: u32) -> Self {
        Self::of(me | MARK | self.lower() & SLEEPERS, self.count())
    }

    /// The word in which an object that is held stays so, and can be taken `count` times afterwards.
    #[must_use]
    pub const fn held_with(self, count: u32) -> Self {
        Self::of(self.lower(), count)
    }

    /// The word in which an object that was held has been let go of as it was.
    #[must_use]
    pub const fn let_go(self, discipline: Discipline) -> Self {
        Self::new(discipline, self.count())
    }

    /// The word in which an object that `me` holds has been taken, and let go of. `others_wait` as in
    /// [`Word::take`].
    #[must_use]
    pub const fn commit(self, discipline: Discipline, me: u32, others_wait: bool) -> Self {
        let sleepers = if others_wait { SLEEPERS } else { 0 };
        match discipline {
            Discipline::Owned => Self::of(me | sleepers | self.lower() & SLEEPERS, 1),
            Discipline::Notification => self.let_go(discipline),
            Discipline::Counted => Self::new(discipline, self.count() - 1),
        }
    }

    /// The word in which a mutant's owner has let go of it once.
    #[must_use]
    pub const fn release(self) -> Self {
        match self.count() {
            0 | 1 => Self::of(0, 0),
            count => Self::of(self.lower(), count - 1),
        }
    }

    /// The word in which a mutant's owner has ended without letting go of it.
    #[must_use]
    pub const fn abandon(self) -> Self {
        Self::of(MARK, self.count())
    }

    /// The word in which an object that nobody holds can be taken `count` times.
    #[must_use]
    pub const fn set(self, discipline: Discipline, count: u32) -> Self {
        Self::new(discipline, count)
    }
}
