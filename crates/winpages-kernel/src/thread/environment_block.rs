//! The thread environment block (TEB): what programs find at `gs:0`.

use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// TlsAlloc's first sixty-four indexes lie in the block itself.
pub const TLS_SLOTS: usize = 64;

/// A thread's environment block, laid out as Windows' own on x86-64. Programs read and write it as
/// they like, so every field is a word of its own that no reader takes anything for granted of.
#[repr(C)]
pub struct EnvironmentBlock {
    /// Not used on x86-64.
    exception_list: AtomicUsize,
    /// Where the stack begins: the byte after its highest.
    pub(super) stack_base: AtomicUsize,
    /// The lowest byte of the stack that can be used as it is.
    pub(super) stack_limit: AtomicUsize,
    sub_system: AtomicUsize,
    fiber_data: AtomicUsize,
    arbitrary_user_pointer: AtomicUsize,
    /// The block's own address.
    pub(super) own_address: AtomicUsize,
    environment_pointer: AtomicUsize,
    /// The process's number.
    pub(super) process_id: AtomicUsize,
    /// The thread's number.
    pub(super) thread_id: AtomicUsize,
    active_rpc_handle: AtomicUsize,
    thread_local_storage: AtomicUsize,
    process_environment_block: AtomicUsize,
    /// What GetLastError answers.
    pub(super) last_error: AtomicU32,
    count_of_owned_critical_sections: AtomicU32,
    unnamed_0070: [AtomicUsize; (0x1478 - 0x70) / 8],
    /// The lowest byte that the stack may grow to.
    pub(super) deallocation_stack: AtomicUsize,
    /// TlsAlloc's first slots.
    pub(super) tls_slots: [AtomicUsize; TLS_SLOTS],
    unnamed_1680: [AtomicUsize; (0x1748 - 0x1680) / 8],
    /// How much stack is to be left when the stack has run over, in bytes.
    pub(super) guaranteed_stack: AtomicUsize,
    unnamed_1750: [AtomicUsize; (0x1780 - 0x1750) / 8],
    /// Where TlsAlloc's other slots are; 0 until the thread has set one.
    pub(super) tls_expansion_slots: AtomicUsize,
    unnamed_1788: [AtomicUsize; (0x17C8 - 0x1788) / 8],
    /// Where FlsAlloc's slots are; 0 until the thread has set one.
    pub(super) fls_data: AtomicUsize,
    unnamed_17d0: [AtomicUsize; (0x2000 - 0x17D0) / 8],
}

const _: () = {
    assert!(size_of::<EnvironmentBlock>() == 0x2000);
    assert!(offset_of!(EnvironmentBlock, stack_base) == 0x08);
    assert!(offset_of!(EnvironmentBlock, own_address) == 0x30);
    assert!(offset_of!(EnvironmentBlock, thread_id) == 0x48);
    assert!(offset_of!(EnvironmentBlock, thread_local_storage) == 0x58);
    assert!(offset_of!(EnvironmentBlock, process_environment_block) == 0x60);
    assert!(offset_of!(EnvironmentBlock, last_error) == 0x68);
    assert!(offset_of!(EnvironmentBlock, deallocation_stack) == 0x1478);
    assert!(offset_of!(EnvironmentBlock, tls_slots) == 0x1480);
    assert!(offset_of!(EnvironmentBlock, guaranteed_stack) == 0x1748);
    assert!(offset_of!(EnvironmentBlock, tls_expansion_slots) == 0x1780);
    assert!(offset_of!(EnvironmentBlock, fls_data) == 0x17C8);
};

impl EnvironmentBlock {
    /// Where the block lies: what `gs` points to.
    pub fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// The thread's number. Programs can overwrite it, and only hurt themselves.
    #[inline]
    pub(super) fn thread_id(&self) -> usize {
        self.thread_id.load(Ordering::Relaxed)
    }

    /// The lowest and the highest address of the stack, as far as it may grow; mirrors
    /// GetCurrentThreadStackLimits.
    pub fn stack_limits(&self) -> (usize, usize) {
        (
            self.deallocation_stack.load(Ordering::Relaxed),
            self.stack_base.load(Ordering::Relaxed),
        )
    }
}
