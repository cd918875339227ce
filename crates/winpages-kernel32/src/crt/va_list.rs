//! C's variable arguments on x86-64: reading a `va_list`, and functions that take `...`.
//!
//! Rust cannot define a variadic function, so each is a few instructions that spill the argument registers as the
//! System V ABI lays them out, build a `va_list` over them, and call the function that takes one.

use core::ptr;

/// The System V ABI's `va_list` element: what `va_start` fills in and a `va_list` parameter points to.
#[repr(C)]
pub struct VaList {
    /// Bytes of the register save area that integers have used up; they end at 48.
    gp_offset: u32,
    /// The same for floating-point registers, which follow the integers' and end at 176.
    fp_offset: u32,
    /// The next argument that came on the stack.
    overflow: *const u8,
    /// Where the registers were spilled.
    registers: *const u8,
}

const INTEGERS_END: u32 = 48;
const FLOATS_END: u32 = 176;

impl VaList {
    /// Takes an argument from the stack.
    ///
    /// # Safety
    ///
    /// There is one.
    unsafe fn next_on_stack(&mut self) -> *const u8 {
        let at = self.overflow;
        self.overflow = at.wrapping_add(8);
        at
    }

    /// The next integer or pointer; a narrower one has undefined upper bits.
    ///
    /// # Safety
    ///
    /// The caller of the variadic function passed an integer or a pointer here.
    pub unsafe fn next_integer(&mut self) -> u64 {
        let at = if self.gp_offset < INTEGERS_END {
            let at = self.registers.wrapping_add(self.gp_offset as usize);
            self.gp_offset += 8;
            at
        } else {
            // SAFETY: the registers are used up, so the argument is on the stack.
            unsafe { self.next_on_stack() }
        };
        // SAFETY: `at` is the argument's eight-byte slot.
        unsafe { ptr::read(at.cast()) }
    }

    /// The next pointer.
    ///
    /// # Safety
    ///
    /// The caller of the variadic function passed a pointer here.
    pub unsafe fn next_pointer<T>(&mut self) -> *mut T {
        // SAFETY: a pointer is passed as an integer of its size.
        let address = unsafe { self.next_integer() };
        ptr::with_exposed_provenance_mut(address as usize)
    }

    /// The next `double`.
    ///
    /// # Safety
    ///
    /// The caller of the variadic function passed a `double` (or a `float`, which becomes one) here.
    pub unsafe fn next_double(&mut self) -> f64 {
        let at = if self.fp_offset < FLOATS_END {
            let at = self.registers.wrapping_add(self.fp_offset as usize);
            self.fp_offset += 16;
            at
        } else {
            // SAFETY: the registers are used up, so the argument is on the stack.
            unsafe { self.next_on_stack() }
        };
        // SAFETY: `at` is the argument's slot.
        unsafe { ptr::read(at.cast()) }
    }

    /// The next `long double`, an 80-bit x87 number, rounded to a `double` (which is what Windows' is).
    ///
    /// # Safety
    ///
    /// The caller of the variadic function passed a `long double` here.
    pub unsafe fn next_long_double(&mut self) -> f64 {
        let at = (self.overflow.addr() + 15) & !15;
        let at = self.overflow.with_addr(at);
        self.overflow = at.wrapping_add(16);
        // SAFETY: a long double is sixteen bytes on the stack, aligned to sixteen.
        let bits: u128 = unsafe { ptr::read(at.cast()) };
        double_from_extended(bits as u64, (bits >> 64) as u16)
    }
}

/// The `double` nearest to an x87 number of this significand (with its explicit leading bit) and sign and exponent.
fn double_from_extended(significand: u64, sign_and_exponent: u16) -> f64 {
    let sign = if sign_and_exponent & 0x8000 != 0 {
        -1.0
    } else {
        1.0
    };
    let exponent = i32::from(sign_and_exponent & 0x7fff);
    if exponent == 0x7fff {
        return if significand << 1 == 0 {
            sign * f64::INFINITY
        } else {
            f64::NAN
        };
    }
    // The significand is an integer of 64 bits. Rounding it once to 53 bits and scaling by a power of two is exact
    // but for results below the normal range, which no caller prints to more digits than remain.
    let scale = exponent - 16383 - 63;
    let half = scale / 2;
    sign * (significand as f64) * 2f64.powi(half) * 2f64.powi(scale - half)
}

/// Defines a variadic C function of `$fixed` integer or pointer parameters before the `...` that calls `$target` with
/// the same parameters and a [`VaList`].
macro_rules! variadic {
    ($(#[$attribute:meta])* $name:ident, $fixed:literal, $register:literal, $target:path) => {
        $(#[$attribute])*
        ///
        /// # Safety
        ///
        /// As the function of the same name without `...`; the arguments must be what the format says.
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name() {
            core::arch::naked_asm!(
                // The caller left the stack 8 short of a multiple of 16: 24 bytes of va_list at 0, 176 of registers at 32.
                "sub rsp, 216",
                "mov [rsp + 32], rdi",
                "mov [rsp + 40], rsi",
                "mov [rsp + 48], rdx",
                "mov [rsp + 56], rcx",
                "mov [rsp + 64], r8",
                "mov [rsp + 72], r9",
                // al says whether any argument came in a vector register.
                "test al, al",
                "je 2f",
                "movaps [rsp + 80], xmm0",
                "movaps [rsp + 96], xmm1",
                "movaps [rsp + 112], xmm2",
                "movaps [rsp + 128], xmm3",
                "movaps [rsp + 144], xmm4",
                "movaps [rsp + 160], xmm5",
                "movaps [rsp + 176], xmm6",
                "movaps [rsp + 192], xmm7",
                "2:",
                "mov dword ptr [rsp], {integers}",
                "mov dword ptr [rsp + 4], 48",
                "lea rax, [rsp + 224]",
                "mov [rsp + 8], rax",
                "lea rax, [rsp + 32]",
                "mov [rsp + 16], rax",
                concat!("mov ", $register, ", rsp"),
                "call {target}",
                "add rsp, 216",
                "ret",
                integers = const $fixed * 8,
                target = sym $target,
            )
        }
    };
}
pub(super) use variadic;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_numbers_round_to_doubles() {
        assert_eq!(double_from_extended(1 << 63, 16383), 1.0);
        assert_eq!(
            double_from_extended(0xC000_0000_0000_0000, 0x8000 | 16384),
            -3.0
        );
        assert_eq!(double_from_extended(0, 0), 0.0);
        assert_eq!(double_from_extended(1 << 63, 0x7fff), f64::INFINITY);
        assert!(double_from_extended(3 << 62, 0x7fff).is_nan());
        assert_eq!(
            double_from_extended(1 << 63, 16383 - 1000),
            2f64.powi(-1000)
        );
    }
}
