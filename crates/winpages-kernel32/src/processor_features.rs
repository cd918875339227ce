//! What the processor can do: IsProcessorFeaturePresent.

use std::arch::is_x86_feature_detected as has;

/// IsProcessorFeaturePresent: of the features that processors of this kind may have, those that the processor has
/// and the system lets programs use. Not known from here, and so not there, is whether it could run other systems.
#[unsafe(no_mangle)]
pub extern "C" fn IsProcessorFeaturePresent(ProcessorFeature: u32) -> i32 {
    let present = match ProcessorFeature {
        // Compare-and-exchange of eight bytes, MMX, SSE, the time stamp counter, physical addresses of more than 32
        // bits, SSE2, no-execute pages, and an end at once by int 29h: every 64-bit processor and Linux.
        2 | 3 | 6 | 8 | 9 | 10 | 12 | 23 => true,
        13 => has!("sse3"),
        14 => has!("cmpxchg16b"),
        17 => has!("xsave"),
        // Reading and writing the bases of the segments fs and gs.
        22 => has_segment_bases(),
        28 => has!("rdrand"),
        // RDTSCP.
        32 => has_time_stamp_and_processor(),
        36 => has!("ssse3"),
        37 => has!("sse4.1"),
        38 => has!("sse4.2"),
        39 => has!("avx"),
        40 => has!("avx2"),
        41 => has!("avx512f"),
        _ => false,
    };
    present.into()
}

/// Linux says in the auxiliary vector whether programs may use the instructions.
fn has_segment_bases() -> bool {
    const HWCAP2_FSGSBASE: u64 = 2;
    // SAFETY: takes a number.
    unsafe { libc::getauxval(libc::AT_HWCAP2) & HWCAP2_FSGSBASE != 0 }
}

fn has_time_stamp_and_processor() -> bool {
    const EXTENDED: u32 = 0x8000_0001;
    const RDTSCP: u32 = 1 << 27;
    core::arch::x86_64::__cpuid(0x8000_0000).eax >= EXTENDED
        && core::arch::x86_64::__cpuid(EXTENDED).edx & RDTSCP != 0
}
