//! The registers of a thread, as C programs lay them out.

/// CONTEXT of x86-64. Registers that Linux does not show to a signal handler (debug registers, the
/// vector save area beyond SSE) are zero.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Context {
    pub home: [u64; 6],
    pub context_flags: u32,
    pub mx_csr: u32,
    pub seg_cs: u16,
    pub seg_ds: u16,
    pub seg_es: u16,
    pub seg_fs: u16,
    pub seg_gs: u16,
    pub seg_ss: u16,
    pub e_flags: u32,
    pub debug: [u64; 6],
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rbx: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    /// XMM_SAVE_AREA32: what the processor's FXSAVE writes.
    pub float_save: [u8; 512],
    pub vector: [[u64; 2]; 26],
    pub vector_control: u64,
    pub debug_control: u64,
    pub last_branch_to: u64,
    pub last_branch_from: u64,
    pub last_exception_to: u64,
    pub last_exception_from: u64,
}

const _: () = assert!(size_of::<Context>() == 1232);

/// CONTEXT_AMD64 with CONTROL, INTEGER, SEGMENTS and FLOATING_POINT.
const CONTEXT_FLAGS: u32 = 0x0010_000F;

/// The general registers, and where Linux keeps each.
macro_rules! for_each_register {
    ($apply:ident) => {
        $apply! {
            rax REG_RAX, rcx REG_RCX, rdx REG_RDX, rbx REG_RBX, rsp REG_RSP, rbp REG_RBP,
            rsi REG_RSI, rdi REG_RDI, r8 REG_R8, r9 REG_R9, r10 REG_R10, r11 REG_R11,
            r12 REG_R12, r13 REG_R13, r14 REG_R14, r15 REG_R15, rip REG_RIP
        }
    };
}

impl Context {
    /// What a signal handler sees.
    pub(crate) fn of_signal(signal: &libc::ucontext_t) -> Self {
        let registers = &signal.uc_mcontext.gregs;
        // SAFETY: integers and arrays of them, for which zeroes are valid.
        let mut context: Self = unsafe { core::mem::zeroed() };
        macro_rules! take {
            ($($field:ident $register:ident),*) => {
                $(context.$field = registers[libc::$register as usize] as u64;)*
            };
        }
        for_each_register!(take);
        context.context_flags = CONTEXT_FLAGS;
        context.e_flags = registers[libc::REG_EFL as usize] as u32;
        let segments = registers[libc::REG_CSGSFS as usize] as u64;
        context.seg_cs = segments as u16;
        context.seg_gs = (segments >> 16) as u16;
        context.seg_fs = (segments >> 32) as u16;
        context.seg_ss = (segments >> 48) as u16;
        let floats = signal.uc_mcontext.fpregs.cast::<[u8; 512]>();
        if !floats.is_null() {
            // SAFETY: the kernel saves at least the FXSAVE area there.
            context.float_save = unsafe { floats.read_unaligned() };
            /// Where MXCSR stands in the FXSAVE area.
            const MXCSR: core::ops::Range<usize> = 24..28;
            let bytes = context.float_save[MXCSR].try_into().unwrap_or_default();
            context.mx_csr = u32::from_ne_bytes(bytes);
        }
        context
    }

    /// Gives the thread the registers back, as a handler has left them.
    pub(crate) fn restore_to(&self, signal: &mut libc::ucontext_t) {
        let registers = &mut signal.uc_mcontext.gregs;
        macro_rules! give {
            ($($field:ident $register:ident),*) => {
                $(registers[libc::$register as usize] = self.$field as i64;)*
            };
        }
        for_each_register!(give);
        registers[libc::REG_EFL as usize] = i64::from(self.e_flags);
        let floats = signal.uc_mcontext.fpregs.cast::<[u8; 512]>();
        if !floats.is_null() {
            // The last 48 bytes are where the kernel notes what it saved beyond FXSAVE.
            const OWN: usize = 512 - 48;
            // SAFETY: as in `of_signal`.
            unsafe {
                floats.cast::<u8>().copy_from(self.float_save.as_ptr(), OWN);
            }
        }
    }
}
