//! What the instruction was that the processor stopped at, as far as that makes a difference.

use crate::sys::fault;

/// The most that an instruction is long, in bytes.
const LONGEST: usize = 15;

/// An instruction, and the registers it was to be done with.
pub(super) struct Instruction<'a> {
    registers: &'a [i64; 23],
    bytes: [u8; LONGEST],
    length: usize,
}

/// What stands before an opcode.
#[derive(Default)]
struct Prefixes {
    /// How many bytes there are.
    length: usize,
    half_operand: bool,
    half_address: bool,
    /// The address is relative to a segment whose base only the kernel knows.
    has_segment: bool,
    /// The REX prefix, or 0.
    extension: u8,
}

impl Prefixes {
    const WIDE: u8 = 8;
    const REGISTER_OF_INDEX: u8 = 2;
    const REGISTER_OF_BASE: u8 = 1;

    fn extended(&self, number: u8, bit: u8) -> usize {
        usize::from(number) + if self.extension & bit != 0 { 8 } else { 0 }
    }
}

impl<'a> Instruction<'a> {
    /// The one at the instruction pointer, as far as it can be read.
    pub fn at_fault(registers: &'a [i64; 23]) -> Self {
        let start = registers[libc::REG_RIP as usize] as usize;
        let mut bytes = [0; LONGEST];
        let mut length = 0;
        while length < LONGEST {
            // SAFETY: any byte is a number, and one that cannot be read ends the instruction.
            match unsafe { fault::read((start.wrapping_add(length)) as *const u8) } {
                Ok(byte) => bytes[length] = byte,
                Err(fault::Fault) => break,
            }
            length += 1;
        }
        Self {
            registers,
            bytes,
            length,
        }
    }

    fn byte(&self, index: usize) -> Option<u8> {
        self.bytes[..self.length].get(index).copied()
    }

    fn prefixes(&self) -> Option<Prefixes> {
        let mut found = Prefixes::default();
        loop {
            let byte = self.byte(found.length)?;
            match byte {
                0x66 => found.half_operand = true,
                0x67 => found.half_address = true,
                0x64 | 0x65 => found.has_segment = true,
                0x26 | 0x2E | 0x36 | 0x3E | 0xF0 | 0xF2 | 0xF3 => {}
                0x40..=0x4F => {
                    found.extension = byte;
                    found.length += 1;
                    return Some(found);
                }
                _ => return Some(found),
            }
            found.length += 1;
        }
    }

    /// Whether it is one that only the system may use.
    pub fn is_privileged(&self) -> bool {
        self.prefixes().is_some_and(|prefixes| {
            let opcode = self.byte(prefixes.length);
            let second = self.byte(prefixes.length + 1);
            match opcode {
                // Of ports: ins, outs, in, out; then hlt, cli, sti.
                Some(0x6C..=0x6F | 0xE4..=0xE7 | 0xEC..=0xEF | 0xF4 | 0xFA | 0xFB) => true,
                // Of descriptor tables, caches, control, debug and model-specific registers.
                Some(0x0F) => matches!(
                    second,
                    Some(0x00 | 0x01 | 0x06..=0x09 | 0x20..=0x23 | 0x30 | 0x32 | 0x33 | 0x35)
                ),
                _ => false,
            }
        })
    }

    /// What it divides by, if it divides.
    pub fn divisor(&self) -> Option<u64> {
        let prefixes = self.prefixes()?;
        let opcode = self.byte(prefixes.length)?;
        let form = self.byte(prefixes.length + 1)?;
        if !matches!(opcode, 0xF6 | 0xF7) || form >> 3 & 7 < 6 {
            return None;
        }
        let size = match opcode {
            0xF6 => 1,
            _ if prefixes.extension & Prefixes::WIDE != 0 => 8,
            _ if prefixes.half_operand => 2,
            _ => 4,
        };
        let value = if form >> 6 == 3 {
            self.register_operand(&prefixes, form & 7, size)
        } else {
            let address = self.address(&prefixes, form)?;
            let mut value = 0u64;
            // SAFETY: the local has eight bytes, and what cannot be read is an answer.
            unsafe { fault::copy((&raw mut value).cast(), address as *const u8, size) }.ok()?;
            value
        };
        Some(value & (u64::MAX >> (64 - 8 * size)))
    }

    fn register_operand(&self, prefixes: &Prefixes, number: u8, size: usize) -> u64 {
        if size == 1 && prefixes.extension == 0 && number >= 4 {
            // ah, ch, dh, bh
            return self.register(usize::from(number - 4)) >> 8;
        }
        self.register(prefixes.extended(number, Prefixes::REGISTER_OF_BASE))
    }

    /// A register by the number that instructions have for it.
    fn register(&self, number: usize) -> u64 {
        const NUMBERED: [i32; 16] = [
            libc::REG_RAX,
            libc::REG_RCX,
            libc::REG_RDX,
            libc::REG_RBX,
            libc::REG_RSP,
            libc::REG_RBP,
            libc::REG_RSI,
            libc::REG_RDI,
            libc::REG_R8,
            libc::REG_R9,
            libc::REG_R10,
            libc::REG_R11,
            libc::REG_R12,
            libc::REG_R13,
            libc::REG_R14,
            libc::REG_R15,
        ];
        self.registers[NUMBERED[number] as usize] as u64
    }

    /// The address of an operand in memory, of an instruction that ends with it.
    fn address(&self, prefixes: &Prefixes, form: u8) -> Option<u64> {
        if prefixes.has_segment {
            return None;
        }
        let mut at = prefixes.length + 2;
        let (mode, low) = (form >> 6, form & 7);
        let mut address = 0u64;
        let mut long_displacement = mode == 2;
        if low == 4 {
            let scaled = self.byte(at)?;
            at += 1;
            let index = prefixes.extended(scaled >> 3 & 7, Prefixes::REGISTER_OF_INDEX);
            if index != 4 {
                address = self.register(index) << (scaled >> 6);
            }
            if mode == 0 && scaled & 7 == 5 {
                long_displacement = true;
            } else {
                let base = prefixes.extended(scaled & 7, Prefixes::REGISTER_OF_BASE);
                address = address.wrapping_add(self.register(base));
            }
        } else if mode == 0 && low == 5 {
            // Relative to the next instruction.
            long_displacement = true;
            let here = self.registers[libc::REG_RIP as usize] as u64;
            address = here.wrapping_add(at as u64 + 4);
        } else {
            address = self.register(prefixes.extended(low, Prefixes::REGISTER_OF_BASE));
        }
        if mode == 1 {
            let displacement = self.byte(at)? as i8;
            address = address.wrapping_add_signed(displacement.into());
        } else if long_displacement {
            let bytes = self.bytes[..self.length].get(at..at + 4)?;
            let displacement = i32::from_le_bytes(bytes.try_into().ok()?);
            address = address.wrapping_add_signed(displacement.into());
        }
        Some(if prefixes.half_address {
            address & u64::from(u32::MAX)
        } else {
            address
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divisor_of(code: &[u8], set: &[(i32, u64)]) -> Option<u64> {
        let mut registers = [0; 23];
        for (register, value) in set {
            registers[*register as usize] = *value as i64;
        }
        let mut bytes = [0; LONGEST];
        bytes[..code.len()].copy_from_slice(code);
        Instruction {
            registers: &registers,
            bytes,
            length: code.len(),
        }
        .divisor()
    }

    #[test]
    fn finds_the_divisor_in_every_form() {
        let word = 0x1122_3344_5566_7788u64;
        let address = (&raw const word).addr() as u64;
        let (rax, rbx, rsp) = (libc::REG_RAX, libc::REG_RBX, libc::REG_RSP);
        for (code, set, expected) in [
            // div ecx; div rcx; div cx; div cl; div ch; div bpl; div r9
            (
                &[0xF7u8, 0xF1][..],
                &[(libc::REG_RCX, word)][..],
                0x5566_7788,
            ),
            (&[0x48, 0xF7, 0xF1], &[(libc::REG_RCX, word)], word),
            (&[0x66, 0xF7, 0xF1], &[(libc::REG_RCX, word)], 0x7788),
            (&[0xF6, 0xF1], &[(libc::REG_RCX, word)], 0x88),
            (&[0xF6, 0xF5], &[(libc::REG_RCX, word)], 0x77),
            (&[0x40, 0xF6, 0xF5], &[(libc::REG_RBP, word)], 0x88),
            (&[0x49, 0xF7, 0xF1], &[(libc::REG_R9, word)], word),
            // idiv dword [rax]; qword [rax+8]; [rax+0x100]; [rax+rbx*4]; [rsp]; [rbx*8+disp]
            (&[0xF7, 0x38], &[(rax, address)], 0x5566_7788),
            (&[0x48, 0xF7, 0x78, 8], &[(rax, address - 8)], word),
            (
                &[0xF7, 0xB8, 0, 1, 0, 0],
                &[(rax, address - 256)],
                0x5566_7788,
            ),
            (
                &[0xF7, 0x3C, 0x98],
                &[(rax, address - 40), (rbx, 10)],
                0x5566_7788,
            ),
            (&[0xF6, 0x34, 0x24], &[(rsp, address)], 0x88),
            (
                &[0xF7, 0x34, 0xDD, 0xF8, 0xFF, 0xFF, 0xFF],
                &[(rbx, address / 8 + 1)],
                0x5566_7788,
            ),
            // Relative to the instruction's end, seven bytes behind its start.
            (
                &[0x48, 0xF7, 0x3D, 0x10, 0, 0, 0],
                &[(libc::REG_RIP, address - 0x17)],
                word,
            ),
        ] {
            assert_eq!(divisor_of(code, set), Some(expected), "{code:x?}");
        }
        assert_eq!(divisor_of(&[0xF7, 0xD9], &[]), None, "neg");
        assert_eq!(divisor_of(&[0x64, 0xF7, 0x38], &[(rax, address)]), None);
        assert_eq!(
            divisor_of(&[0xF7, 0x38], &[(rax, 0x10)]),
            None,
            "unreadable"
        );
        assert_eq!(divisor_of(&[0xF7], &[]), None, "cut off");
    }
}
