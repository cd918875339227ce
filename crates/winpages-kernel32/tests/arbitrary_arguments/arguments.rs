//! Arguments of every kind, mostly wrong.

use core::cell::{Cell, RefCell};
use core::ffi::{c_char, c_void};

use kernel32::file_mapping::CreateFileMappingW;
use kernel32::nt::object_attributes::{OBJECT_ATTRIBUTES, UNICODE_STRING};

/// Where allocations of chosen address go: below the engine's own zone.
pub const WINDOW_START: usize = 0x0900_0000_0000;
pub const WINDOW_END: usize = WINDOW_START + (16 << 20);

const SCRATCH_PAGES: usize = 64;
const PAGE: usize = 0x1000;

pub struct Arguments {
    random: Cell<u64>,
    /// Memory that functions may write to: nobody else's, and none of the engine's.
    scratch: *mut u8,
    used: Cell<usize>,
    /// A page that cannot be written.
    read_only: *mut u8,
    views: RefCell<Vec<usize>>,
    handles: RefCell<Vec<usize>>,
}

impl Arguments {
    pub fn new(seed: u64) -> Self {
        let map = |pages: usize, protection| {
            // SAFETY: a new mapping where the kernel likes.
            let got = unsafe {
                libc::mmap(
                    core::ptr::null_mut(),
                    pages * PAGE,
                    protection,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                )
            };
            assert_ne!(got, libc::MAP_FAILED);
            got.cast::<u8>()
        };
        Self {
            random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            scratch: map(SCRATCH_PAGES, libc::PROT_READ | libc::PROT_WRITE),
            used: Cell::new(0),
            read_only: map(1, libc::PROT_READ),
            views: RefCell::default(),
            handles: RefCell::default(),
        }
    }

    /// What is remembered is dropped now and then, so that most of it is stale and some is fresh.
    pub fn forget(&self) {
        self.handles.borrow_mut().truncate(20);
        let mut views = self.views.borrow_mut();
        let stale = views.len().saturating_sub(20);
        views.drain(..stale);
    }

    pub fn next(&self) -> u64 {
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        random
    }

    pub fn below(&self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A place of its own for a value, for this call and some more.
    pub fn scratch<T: Copy>(&self, value: T) -> *mut T {
        const SLOT: usize = 1024;
        let used = (self.used.get() + SLOT) % (SCRATCH_PAGES * PAGE / 2);
        self.used.set(used);
        // SAFETY: within the first half of the scratch memory, aligned for anything.
        unsafe {
            let place = self.scratch.add(used).cast::<T>();
            place.write(value);
            place
        }
    }

    pub fn allocated(&self, address: usize) {
        if address != 0 {
            self.views.borrow_mut().push(address);
        }
    }

    pub fn mapped(&self, address: usize) {
        self.allocated(address);
    }

    pub fn opened(&self, handle: usize) {
        if handle != 0 {
            self.handles.borrow_mut().push(handle);
        }
    }

    /// An address to be allocated, freed, protected or unmapped.
    pub fn address(&self) -> *mut c_void {
        let address = match self.below(8) {
            0 => self.pick(&[
                0,
                0,
                1,
                0x1000,
                0xFFFF,
                0x7FFF_FFFF_0000,
                0x8000_0000_0000,
                0xFFFF_8000_0000_0000,
                usize::MAX,
                usize::MAX - 0xFFF,
            ]),
            1 => 0,
            2 | 3 if !self.views.borrow().is_empty() => {
                let index = self.below(self.views.borrow().len());
                self.views.borrow()[index] + self.pick(&[0, 0, 0, 1, 0x1000, 0x2345])
            }
            _ => {
                let offset = self.below(WINDOW_END - WINDOW_START);
                (WINDOW_START + offset) & !self.pick(&[0, 0xFFF, 0xFFFF])
            }
        };
        address as *mut c_void
    }

    /// An address that is only looked at.
    pub fn word(&self) -> usize {
        match self.below(3) {
            0 => self.next() as usize,
            1 => self.below(1 << 32) & !0xFFFF,
            _ => self.address() as usize,
        }
    }

    /// A pointer that a function may write through, or that it must find out it cannot.
    pub fn pointer<T>(&self) -> *mut T {
        let half = SCRATCH_PAGES * PAGE / 2;
        let scratch = self.scratch as usize + half;
        let address = match self.below(8) {
            0 => self.pick(&[
                0,
                1,
                0x1000,
                0xFFFF_8000_0000_0000,
                usize::MAX,
                usize::MAX - 7,
            ]),
            1 => self.read_only as usize + self.below(PAGE),
            // It runs into what lies behind, which is nothing.
            2 => self.pick(&[0x0F00_0000_0000, 0x7FFF_FFFF_F000]),
            3 => scratch + self.below(half / 2),
            _ => scratch + self.below(half / 32) * 16,
        };
        address as *mut T
    }

    pub fn in_out_address(&self) -> *mut *mut c_void {
        if self.below(8) == 0 {
            return self.pick(&[core::ptr::null_mut(), 0x10 as *mut _, self.read_only.cast()]);
        }
        let address = self.address();
        self.scratch(address)
    }

    pub fn in_out_size(&self) -> *mut usize {
        if self.below(8) == 0 {
            return self.pick(&[core::ptr::null_mut(), 0x10 as *mut _, self.read_only.cast()]);
        }
        let size = self.size();
        self.scratch(size)
    }

    pub fn count(&self) -> *mut usize {
        let count = self.below(100);
        let wild = self.pointer();
        let place = self.scratch(count);
        self.pick(&[place, place, wild])
    }

    /// Either small enough to be had, or too large to be had.
    pub fn size(&self) -> usize {
        match self.below(10) {
            0 => self.pick(&[
                0,
                1 << 46,
                1 << 47,
                1 << 62,
                1 << 63,
                usize::MAX,
                usize::MAX - 0xFFF,
            ]),
            1 => self.below(1 << 20),
            _ => 1 + self.below(0x3_0000),
        }
    }

    pub fn size_or_zero(&self) -> usize {
        let size = self.size();
        self.pick(&[0, size])
    }

    /// With an upper half of 0, little enough to be set aside in no time.
    pub fn size_low(&self) -> u32 {
        self.size() as u32 & 0xF_FFFF
    }

    pub fn size_high(&self) -> u32 {
        self.pick(&[0, 0, 0, 0, 0x4000, 0x8000_0000, u32::MAX])
    }

    pub fn length(&self) -> usize {
        // What is said to be long must not be written beyond the scratch memory.
        self.pick(&[0, 1, 15, 24, 47, 48, 64, 600])
    }

    pub fn kind(&self) -> u32 {
        let bits = self.next() as u32;
        self.pick(&[
            0x1000,
            0x2000,
            0x3000,
            0x3000,
            0x1000,
            0x10_2000,
            0x8_0000,
            0x100_0000,
            0x20_3000,
            0x2000_3000,
            0x40_2000,
            0x4_2000,
            0x6000,
            0x7000,
            0,
            bits,
        ])
    }

    pub fn free_kind(&self) -> u32 {
        let bits = self.next() as u32;
        self.pick(&[0x4000, 0x8000, 0x8000, 0xC000, 0x8001, 0x8002, 0, bits])
    }

    pub fn protection(&self) -> u32 {
        let bits = self.next() as u32;
        self.pick(&[
            1, 2, 4, 4, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x104, 0x204, 0x404, 0, bits,
        ])
    }

    pub fn section_protection(&self) -> u32 {
        let flags = self.pick(&[
            0,
            0x800_0000,
            0x400_0000,
            0x1800_0000,
            0x100_0000,
            0x8800_0000,
        ]);
        let bits = self.next() as u32;
        let protection = self.pick(&[2, 4, 4, 4, 8, 0x20, 0x40, 0x80, 0, 0x104]);
        self.pick(&[
            protection | flags,
            protection | flags,
            protection | flags,
            bits,
        ])
    }

    pub fn bits(&self) -> u32 {
        let bits = self.next() as u32;
        self.pick(&[
            0,
            1,
            2,
            4,
            6,
            0xF_001F,
            0x21,
            0x8000_0000,
            0x1000_0000,
            bits,
        ])
    }

    pub fn zero_bits(&self) -> usize {
        let bits = self.next() as usize;
        self.pick(&[0, 0, 1, 10, 20, 21, 22, 31, 32, 0x7FFF_FFFF, bits])
    }

    pub fn process(&self) -> usize {
        let word = self.next() as usize;
        self.pick(&[
            usize::MAX,
            usize::MAX,
            usize::MAX,
            0,
            usize::MAX - 1,
            4,
            word,
        ])
    }

    pub fn handle(&self) -> usize {
        let word = self.next() as usize;
        let small = 4 * self.below(40);
        if !self.handles.borrow().is_empty() && self.below(3) > 0 {
            let index = self.below(self.handles.borrow().len());
            return self.handles.borrow()[index];
        }
        self.pick(&[0, usize::MAX, usize::MAX - 1, small, small + 1, word])
    }

    pub fn file(&self) -> usize {
        let handle = self.handle();
        self.pick(&[usize::MAX, usize::MAX, usize::MAX, 0, handle])
    }

    fn units(&self) -> Vec<u16> {
        let text = self.pick(&[
            "one",
            "two",
            "Local\\three",
            "Global\\four",
            "\\BaseNamedObjects\\five",
            "\\Sessions\\1\\BaseNamedObjects\\one",
            "a\\b",
            "Local\\",
            "\\",
            "",
            "界/%\u{1}..",
        ]);
        text.encode_utf16().collect()
    }

    pub fn name(&self) -> *const u16 {
        if self.below(6) == 0 {
            return self.pick(&[core::ptr::null(), 3 as *const u16, usize::MAX as *const u16]);
        }
        let mut name = [0u16; 64];
        let units = self.units();
        name[..units.len()].copy_from_slice(&units);
        self.scratch(name).cast()
    }

    pub fn text(&self) -> *const c_char {
        if self.below(6) == 0 {
            return self.pick(&[
                core::ptr::null(),
                3 as *const c_char,
                usize::MAX as *const _,
            ]);
        }
        let bytes = [0x41, self.next() as u8, self.next() as u8, 0, 0, 0, 0, 0];
        self.scratch(bytes).cast()
    }

    pub fn object_attributes(&self) -> *const OBJECT_ATTRIBUTES {
        let units = self.units();
        let mut buffer = [0u16; 64];
        buffer[..units.len()].copy_from_slice(&units);
        let buffer: *mut u16 = self.scratch(buffer).cast();
        let wild = self.pointer();
        let length = units.len() as u16 * 2;
        let string = UNICODE_STRING {
            Length: self.pick(&[length, length, length, length + 1, 0, u16::MAX]),
            MaximumLength: length,
            Buffer: self.pick(&[buffer, buffer, buffer, wild, buffer.wrapping_byte_add(1)]),
        };
        let string: *const UNICODE_STRING = self.scratch(string);
        let wild = self.pointer::<UNICODE_STRING>().cast_const();
        let attributes = OBJECT_ATTRIBUTES {
            Length: self.pick(&[48, 48, 48, 0, 24]),
            RootDirectory: self.pick(&[0, 0, 0, 4, 0x1234]),
            ObjectName: self.pick(&[string, string, string, core::ptr::null(), wild]),
            Attributes: self.pick(&[0, 0x40, 0x80, 0xC0, 2, u32::MAX]),
            SecurityDescriptor: core::ptr::null(),
            SecurityQualityOfService: core::ptr::null(),
        };
        let attributes: *const OBJECT_ATTRIBUTES = self.scratch(attributes);
        let wild = self.pointer::<OBJECT_ATTRIBUTES>().cast_const();
        self.pick(&[attributes, attributes, attributes, core::ptr::null(), wild])
    }

    pub fn one_section(&self) -> usize {
        let name = "first".encode_utf16().chain([0]).collect::<Vec<u16>>();
        // SAFETY: the name ends with a NUL.
        let handle =
            unsafe { CreateFileMappingW(usize::MAX, core::ptr::null(), 4, 0, 100, name.as_ptr()) };
        assert_ne!(handle, 0);
        handle
    }
}
