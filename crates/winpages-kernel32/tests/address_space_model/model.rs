//! The reference model: an address space as a plain array of page states.
//!
//! Written from what Windows documents and answers, not from the engine, and as plainly as can be:
//! whatever the engine does with trees and system calls, this does with loops over pages.

use std::collections::BTreeMap;

pub const PAGE: u64 = 0x1000;
pub const GRANULARITY: u64 = 0x1_0000;

/// How many bytes of address space the model covers.
pub const WINDOW: u64 = 128 * GRANULARITY;
const PAGES: usize = (WINDOW / PAGE) as usize;

const MINIMUM_APPLICATION_ADDRESS: u64 = 0x1_0000;
const MAXIMUM_APPLICATION_ADDRESS: u64 = 0x7FFF_FFFE_FFFF;

pub const MEM_COMMIT: u32 = 0x1000;
pub const MEM_RESERVE: u32 = 0x2000;
pub const MEM_DECOMMIT: u32 = 0x4000;
pub const MEM_RELEASE: u32 = 0x8000;
pub const MEM_FREE: u32 = 0x1_0000;
pub const MEM_PRIVATE: u32 = 0x2_0000;
pub const MEM_RESET: u32 = 0x8_0000;
pub const MEM_TOP_DOWN: u32 = 0x10_0000;
pub const MEM_WRITE_WATCH: u32 = 0x20_0000;

pub const MEM_COALESCE_PLACEHOLDERS: u32 = 0x1;
pub const MEM_PRESERVE_PLACEHOLDER: u32 = 0x2;
pub const MEM_REPLACE_PLACEHOLDER: u32 = 0x4000;
pub const MEM_RESERVE_PLACEHOLDER: u32 = 0x4_0000;

pub const PAGE_NOACCESS: u32 = 0x01;
pub const PAGE_WRITECOPY: u32 = 0x08;
pub const PAGE_EXECUTE_WRITECOPY: u32 = 0x80;
pub const PAGE_GUARD: u32 = 0x100;
pub const PAGE_NOCACHE: u32 = 0x200;
pub const PAGE_WRITECOMBINE: u32 = 0x400;

const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
const ERROR_INVALID_PARAMETER: u32 = 87;
const ERROR_INVALID_ADDRESS: u32 = 487;
const ERROR_NOACCESS: u32 = 998;

/// An argument that is an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Relative to the window's start, wherever that is.
    Window(u64),
    /// As it is.
    Absolute(u64),
}

/// One call, with arguments of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Allocate {
        address: Address,
        size: u64,
        kind: u32,
        protection: u32,
    },
    /// VirtualAlloc2, which knows placeholders.
    Allocate2 {
        address: Address,
        size: u64,
        kind: u32,
        protection: u32,
    },
    /// VirtualAlloc2 without an address, and with the window as its requirement.
    AllocateAnywhere {
        size: u64,
        alignment: u64,
        kind: u32,
        protection: u32,
    },
    Free {
        address: Address,
        size: u64,
        kind: u32,
    },
    /// A byte is written, if the page there can be.
    Write {
        offset: u64,
    },
    GetWriteWatch {
        address: Address,
        size: u64,
        flags: u32,
        /// How many addresses there is room for.
        count: u64,
    },
    ResetWriteWatch {
        address: Address,
        size: u64,
    },
    Protect {
        address: Address,
        size: u64,
        protection: u32,
        /// Whether there is a place for the old protection.
        wants_old: bool,
    },
}

/// What a call answers: an offset in the window, an old protection, a digest of written pages or 0,
/// else an error code.
pub type Answer = Result<u64, u32>;

/// One answer of VirtualQuery; addresses are offsets in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub base: u64,
    pub size: u64,
    /// `u64::MAX` for free memory.
    pub allocation_base: u64,
    pub allocation_protection: u32,
    pub state: u32,
    pub protection: u32,
    pub kind: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Page {
    Free,
    Reserved,
    Committed(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Placeholder,
    /// Took the place of a placeholder, and can be turned back into one.
    InPlaceholder,
}

#[derive(Clone, Copy, Debug)]
struct Allocation {
    pages: usize,
    protection: u32,
    kind: Kind,
    /// Whether it is remembered which of its pages are written.
    watched: bool,
}

#[derive(Clone)]
pub struct Model {
    /// Where the window is: it decides which sums are too large.
    start: u64,
    pages: Vec<Page>,
    /// For each page, the first page of its allocation.
    owners: Vec<Option<usize>>,
    /// For each page, whether it is one that was written since that was last reset.
    written: Vec<bool>,
    allocations: BTreeMap<usize, Allocation>,
}

impl Model {
    pub fn new(start: u64) -> Self {
        Self {
            start,
            pages: vec![Page::Free; PAGES],
            owners: vec![None; PAGES],
            written: vec![false; PAGES],
            allocations: BTreeMap::new(),
        }
    }

    /// The allocations, as offset and size in bytes.
    pub fn allocations(&self) -> Vec<(u64, u64)> {
        let bytes = |pages: usize| pages as u64 * PAGE;
        self.allocations
            .iter()
            .map(|(base, allocation)| (bytes(*base), bytes(allocation.pages)))
            .collect()
    }

    /// Whether the page at an offset belongs to an allocation, and to which.
    pub fn owner(&self, offset: u64) -> Option<u64> {
        let owner = self.owners.get((offset / PAGE) as usize)?;
        owner.map(|page| page as u64 * PAGE)
    }

    pub fn apply(&mut self, call: &Call) -> Answer {
        match *call {
            Call::Allocate {
                address,
                size,
                kind,
                protection,
            } => self.allocate(address, size, kind, protection),
            Call::Allocate2 {
                address,
                size,
                kind,
                protection,
            } => self.allocate2(address, size, kind, protection),
            Call::AllocateAnywhere {
                size,
                alignment,
                kind,
                protection,
            } => self.allocate_anywhere(size, alignment, kind, protection),
            Call::Free {
                address,
                size,
                kind,
            } => self.free(address, size, kind),
            Call::Write { offset } => {
                if self.can_write(offset) {
                    self.written[(offset / PAGE) as usize] = true;
                }
                Ok(0)
            }
            Call::GetWriteWatch {
                address,
                size,
                flags,
                count,
            } => self.get_write_watch(address, size, flags, count),
            Call::ResetWriteWatch { address, size } => {
                let pages = self.watched(address, size)?;
                self.written[pages].fill(false);
                Ok(0)
            }
            Call::Protect {
                address,
                size,
                protection,
                wants_old,
            } => self.protect(address, size, protection, wants_old),
        }
    }

    /// Whether a call would fail with a right protection as well.
    pub fn would_fail_without_its_protection(&self, call: &Call) -> bool {
        let mut right = *call;
        match &mut right {
            Call::Allocate { protection, .. }
            | Call::Allocate2 { protection, .. }
            | Call::AllocateAnywhere { protection, .. }
            | Call::Protect { protection, .. } => {
                *protection = PAGE_NOACCESS;
            }
            Call::Free { .. }
            | Call::Write { .. }
            | Call::GetWriteWatch { .. }
            | Call::ResetWriteWatch { .. } => {}
        }
        self.clone().apply(&right).is_err()
    }

    fn absolute(&self, address: Address) -> u64 {
        match address {
            Address::Window(offset) => self.start + offset,
            Address::Absolute(address) => address,
        }
    }

    /// The page numbers that a range touches, if it is one of application addresses. Pages outside the
    /// window are nobody's.
    fn touched(&self, address: u64, size: u64) -> Result<core::ops::Range<i64>, u32> {
        let end = address.checked_add(size).ok_or(ERROR_INVALID_PARAMETER)?;
        if end > MAXIMUM_APPLICATION_ADDRESS + 1 {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let page = |address: u64| (address as i64 - self.start as i64).div_euclid(PAGE as i64);
        Ok(page(address)..page(end + PAGE - 1))
    }

    fn page(&self, number: i64) -> Page {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.pages.get(number).copied())
            .unwrap_or(Page::Free)
    }

    fn owner_of_page(&self, number: i64) -> Option<usize> {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.owners.get(number).copied())
            .flatten()
    }

    /// The allocation that all pages of a range belong to.
    fn one_owner(&self, pages: core::ops::Range<i64>) -> Option<usize> {
        let owner = self.owner_of_page(pages.start)?;
        pages
            .into_iter()
            .all(|page| self.owner_of_page(page) == Some(owner))
            .then_some(owner)
    }

    fn set(&mut self, pages: core::ops::Range<i64>, state: Page) {
        self.pages[pages.start as usize..pages.end as usize].fill(state);
    }

    fn allocate(&mut self, address: Address, size: u64, kind: u32, protection: u32) -> Answer {
        let known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH;
        if kind & !known != 0
            || (kind & MEM_WRITE_WATCH != 0 && kind & MEM_RESERVE == 0)
            || kind & (MEM_COMMIT | MEM_RESERVE | MEM_RESET) == 0
            || (kind & MEM_RESET != 0 && kind != MEM_RESET)
            || !is_well_formed(protection)
            || (is_copy_on_write(protection) && kind & MEM_RESERVE != 0)
            || size == 0
        {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let absolute = self.absolute(address);
        if absolute < MINIMUM_APPLICATION_ADDRESS {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let touched = self.touched(absolute, size)?;
        if kind == MEM_RESET {
            let owner = self.one_owner(touched.clone());
            self.not_a_placeholder(owner)?;
            return Ok(touched.start as u64 * PAGE);
        }
        let committed = Page::Committed(protection);
        if kind & MEM_RESERVE == 0 {
            let owner = self.one_owner(touched.clone());
            let owner = self.not_a_placeholder(owner)?;
            if is_copy_on_write(protection) {
                return Err(ERROR_INVALID_PARAMETER);
            }
            let caching = self.allocations[&owner].protection & PAGE_NOCACHE;
            let protection = (protection & !PAGE_NOCACHE) | caching;
            self.set(touched.clone(), Page::Committed(protection));
            return Ok(touched.start as u64 * PAGE);
        }
        let per_slot = (GRANULARITY / PAGE) as i64;
        let base = touched.start.div_euclid(per_slot) * per_slot;
        let range = base..touched.end;
        if range.clone().any(|page| self.owner_of_page(page).is_some()) {
            return Err(ERROR_INVALID_ADDRESS);
        }
        let commit = kind & MEM_COMMIT != 0;
        self.set(
            range.clone(),
            if commit { committed } else { Page::Reserved },
        );
        self.enter(range, protection, Kind::Ordinary);
        let entered = self.allocations.get_mut(&(base as usize)).unwrap();
        entered.watched = kind & MEM_WRITE_WATCH != 0;
        Ok(base as u64 * PAGE)
    }

    fn allocate_anywhere(
        &mut self,
        size: u64,
        alignment: u64,
        kind: u32,
        protection: u32,
    ) -> Answer {
        if alignment != 0 && (!alignment.is_power_of_two() || alignment < GRANULARITY) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let known = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH;
        if kind & !known != 0
            || kind & (MEM_COMMIT | MEM_RESERVE | MEM_RESET) == 0
            || (kind & MEM_RESET != 0 && kind != MEM_RESET)
            || (kind & MEM_WRITE_WATCH != 0 && kind & MEM_RESERVE == 0)
            || !is_protection(protection)
            || size == 0
            || size > MAXIMUM_APPLICATION_ADDRESS + 1 - MINIMUM_APPLICATION_ADDRESS
        {
            return Err(ERROR_INVALID_PARAMETER);
        }
        if kind == MEM_RESET {
            // There is nothing at address 0.
            return Err(ERROR_INVALID_ADDRESS);
        }
        let fits = |base: &u64| {
            let end = base + size.next_multiple_of(PAGE);
            let pages = (base / PAGE) as usize..(end / PAGE) as usize;
            end <= WINDOW && self.owners[pages].iter().all(Option::is_none)
        };
        // The window itself lies at a multiple of every alignment that is asked for.
        let step = alignment.clamp(GRANULARITY, WINDOW) as usize;
        let mut places = (0..WINDOW).step_by(step).filter(fits);
        let place = if kind & MEM_TOP_DOWN != 0 {
            places.last()
        } else {
            places.next()
        };
        let base = Address::Window(place.ok_or(ERROR_NOT_ENOUGH_MEMORY)?);
        self.allocate(base, size, kind | MEM_RESERVE, protection)
    }

    /// Whether a byte can be written without anybody being told.
    pub fn can_write(&self, offset: u64) -> bool {
        const WRITABLE: [u32; 2] = [0x04, 0x40];
        match self.pages[(offset / PAGE) as usize] {
            Page::Committed(protection) => {
                WRITABLE.contains(&(protection & 0xFF)) && protection & PAGE_GUARD == 0
            }
            Page::Free | Page::Reserved => false,
        }
    }

    /// The pages of a range, if it is one that is watched.
    fn watched(&self, address: Address, size: u64) -> Result<core::ops::Range<usize>, u32> {
        if size == 0 {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let pages = self.touched(self.absolute(address), size)?;
        self.one_owner(pages.clone())
            .filter(|owner| self.allocations[owner].watched)
            .map(|_| pages.start as usize..pages.end as usize)
            .ok_or(ERROR_INVALID_PARAMETER)
    }

    fn get_write_watch(&mut self, address: Address, size: u64, flags: u32, count: u64) -> Answer {
        if flags > 1 || count == 0 {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let mut digest = WRITTEN_DIGEST_START;
        let mut found = 0;
        for page in self.watched(address, size)? {
            if self.written[page] && found < count {
                digest = add_to_digest(digest, page as u64 * PAGE);
                found += 1;
                self.written[page] = flags == 0;
            }
        }
        Ok(digest)
    }

    /// Makes pages one allocation.
    fn enter(&mut self, range: core::ops::Range<i64>, protection: u32, kind: Kind) {
        let (first, end) = (range.start as usize, range.end as usize);
        self.owners[first..end].fill(Some(first));
        let allocation = Allocation {
            pages: end - first,
            protection,
            kind,
            watched: false,
        };
        self.written[first..end].fill(false);
        self.allocations.insert(first, allocation);
    }

    /// The allocation, if there is one that pages can be in.
    fn not_a_placeholder(&self, owner: Option<usize>) -> Result<usize, u32> {
        owner
            .filter(|owner| self.allocations[owner].kind != Kind::Placeholder)
            .ok_or(ERROR_INVALID_ADDRESS)
    }

    fn allocate2(&mut self, address: Address, size: u64, kind: u32, protection: u32) -> Answer {
        let placeholders = MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER;
        match kind & placeholders {
            0 => self.allocate(address, size, kind, protection),
            MEM_RESERVE_PLACEHOLDER => {
                let others = kind & !(MEM_RESERVE_PLACEHOLDER | MEM_TOP_DOWN);
                if others != MEM_RESERVE || protection != PAGE_NOACCESS {
                    return Err(ERROR_INVALID_PARAMETER);
                }
                let base = self.allocate(address, size, MEM_RESERVE, protection)?;
                let first = (base / PAGE) as usize;
                self.allocations.get_mut(&first).unwrap().kind = Kind::Placeholder;
                Ok(base)
            }
            MEM_REPLACE_PLACEHOLDER => {
                self.replace(address, size, kind & !MEM_REPLACE_PLACEHOLDER, protection)
            }
            _ => Err(ERROR_INVALID_PARAMETER),
        }
    }

    fn replace(&mut self, address: Address, size: u64, kind: u32, protection: u32) -> Answer {
        let absolute = self.absolute(address);
        if kind & MEM_RESERVE == 0
            || kind & !(MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN) != 0
            || !is_protection(protection)
            || size == 0
            || absolute < MINIMUM_APPLICATION_ADDRESS
        {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let range = self.touched(absolute, size)?;
        let owner = self.one_owner(range.clone());
        let exact = owner.map(|owner| (owner, self.allocations[&owner]));
        let is_exact = exact.is_some_and(|(owner, found)| {
            found.kind == Kind::Placeholder
                && owner as i64 == range.start
                && found.pages as i64 == range.end - range.start
        });
        if !is_exact {
            return Err(ERROR_INVALID_ADDRESS);
        }
        if kind & MEM_COMMIT != 0 {
            self.set(range.clone(), Page::Committed(protection));
        }
        self.enter(range.clone(), protection, Kind::InPlaceholder);
        Ok(range.start as u64 * PAGE)
    }

    /// Makes part of an allocation one by itself, and what is left of it on either side, too.
    fn separate(&mut self, owner: usize, part: core::ops::Range<i64>) {
        let found = self.allocations[&owner];
        let whole = owner as i64..(owner + found.pages) as i64;
        for piece in [whole.start..part.start, part.clone(), part.end..whole.end] {
            if !piece.is_empty() {
                self.enter(piece, found.protection, found.kind);
            }
        }
    }

    fn preserve(&mut self, owner: usize, range: core::ops::Range<i64>) -> Answer {
        let found = self.allocations[&owner];
        let is_part = found.pages as i64 != range.end - range.start;
        match found.kind {
            Kind::Placeholder if is_part => self.separate(owner, range),
            Kind::InPlaceholder => {
                self.separate(owner, range.clone());
                self.set(range.clone(), Page::Reserved);
                self.enter(range, PAGE_NOACCESS, Kind::Placeholder);
            }
            Kind::Placeholder | Kind::Ordinary => return Err(ERROR_INVALID_ADDRESS),
        }
        Ok(0)
    }

    fn coalesce(&mut self, range: core::ops::Range<i64>) -> Answer {
        let mut joined = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let owner = self
                .owner_of_page(at)
                .filter(|owner| *owner as i64 == at)
                .filter(|owner| self.allocations[owner].kind == Kind::Placeholder)
                .ok_or(ERROR_INVALID_ADDRESS)?;
            joined.push(owner);
            at += self.allocations[&owner].pages as i64;
        }
        if at != range.end || joined.len() < 2 {
            return Err(ERROR_INVALID_ADDRESS);
        }
        for owner in joined {
            self.allocations.remove(&owner);
        }
        self.enter(range, PAGE_NOACCESS, Kind::Placeholder);
        Ok(0)
    }

    fn free(&mut self, address: Address, size: u64, kind: u32) -> Answer {
        const PRESERVE: u32 = MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER;
        const COALESCE: u32 = MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS;
        match kind {
            MEM_RELEASE if size == 0 => {}
            PRESERVE | COALESCE if size != 0 => {}
            MEM_DECOMMIT => {}
            _ => return Err(ERROR_INVALID_PARAMETER),
        }
        let absolute = self.absolute(address);
        if absolute > MAXIMUM_APPLICATION_ADDRESS {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let page = (absolute as i64 - self.start as i64).div_euclid(PAGE as i64);
        let owner = self.owner_of_page(page).ok_or(ERROR_INVALID_ADDRESS)?;
        let whole = owner as i64..(owner + self.allocations[&owner].pages) as i64;
        if kind == COALESCE {
            let range = self.touched(absolute, size);
            return self.coalesce(range.map_err(|_| ERROR_INVALID_ADDRESS)?);
        }
        if size == 0 && page != whole.start {
            return Err(ERROR_INVALID_ADDRESS);
        }
        if kind == MEM_RELEASE {
            self.set(whole.clone(), Page::Free);
            self.owners[owner..whole.end as usize].fill(None);
            self.allocations.remove(&owner);
            return Ok(0);
        }
        let range = if size == 0 {
            whole.clone()
        } else {
            self.touched(absolute, size)?
        };
        if range.end > whole.end {
            // STATUS_UNABLE_TO_FREE_VM.
            return Err(ERROR_INVALID_PARAMETER);
        }
        if kind == PRESERVE {
            return self.preserve(owner, range);
        }
        self.set(range, Page::Reserved);
        Ok(0)
    }

    fn protect(&mut self, address: Address, size: u64, protection: u32, wants_old: bool) -> Answer {
        if !wants_old {
            return Err(ERROR_NOACCESS);
        }
        if !is_well_formed(protection) || size == 0 {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let touched = self.touched(self.absolute(address), size)?;
        let owner = self
            .one_owner(touched.clone())
            .ok_or(ERROR_INVALID_ADDRESS)?;
        if is_copy_on_write(protection) {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let all_committed = touched
            .clone()
            .all(|page| matches!(self.page(page), Page::Committed(_)));
        let Page::Committed(old) = self.page(touched.start) else {
            return Err(ERROR_INVALID_ADDRESS);
        };
        if !all_committed {
            return Err(ERROR_INVALID_ADDRESS);
        }
        // An attribute of the whole allocation: no call sets it later, or takes it away.
        let caching = self.allocations[&owner].protection & PAGE_NOCACHE;
        let new = (protection & !PAGE_NOCACHE) | caching;
        self.set(touched, Page::Committed(new));
        Ok(u64::from(old))
    }

    /// What VirtualQuery answers from the window's start to its end.
    pub fn walk(&self) -> Vec<Region> {
        let mut regions = Vec::new();
        let mut first = 0;
        while first < PAGES {
            let mut end = first + 1;
            while end < PAGES
                && self.pages[end] == self.pages[first]
                && self.owners[end] == self.owners[first]
            {
                end += 1;
            }
            let owner = self.owners[first];
            let (state, protection) = match self.pages[first] {
                Page::Free => (MEM_FREE, PAGE_NOACCESS),
                Page::Reserved => (MEM_RESERVE, 0),
                Page::Committed(protection) => (MEM_COMMIT, protection),
            };
            regions.push(Region {
                base: first as u64 * PAGE,
                size: (end - first) as u64 * PAGE,
                allocation_base: owner.map_or(u64::MAX, |page| page as u64 * PAGE),
                allocation_protection: owner.map_or(0, |page| self.allocations[&page].protection),
                state,
                protection,
                kind: owner.map_or(0, |_| MEM_PRIVATE),
            });
            first = end;
        }
        regions
    }
}

/// The digest of no written pages.
pub const WRITTEN_DIGEST_START: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a over the offsets of written pages, in their order.
pub fn add_to_digest(digest: u64, offset: u64) -> u64 {
    (digest ^ offset).wrapping_mul(0x0000_0100_0000_01B3)
}

/// Whether private memory may have a protection.
pub fn is_protection(protection: u32) -> bool {
    is_well_formed(protection) && !is_copy_on_write(protection)
}

/// What only views may have; refused when it is known that the pages are none of a view's.
fn is_copy_on_write(protection: u32) -> bool {
    protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY) != 0
}

/// Whether a protection is one base value, and PAGE_GUARD, PAGE_NOCACHE or PAGE_WRITECOMBINE, alone,
/// on what is not PAGE_NOACCESS.
fn is_well_formed(protection: u32) -> bool {
    (protection & 0xFF).count_ones() == 1
        && match protection & !0xFF {
            0 => true,
            PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE => protection & PAGE_NOACCESS == 0,
            _ => false,
        }
}
