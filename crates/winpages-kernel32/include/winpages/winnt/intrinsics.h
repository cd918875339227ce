/* winnt.h and intrin.h: instructions that Windows' compilers offer as functions. */
#ifndef WINPAGES_WINNT_INTRINSICS_H
#define WINPAGES_WINNT_INTRINSICS_H

#include <winpages/winnt/types.h>
/* winnt.h itself names the pause, the fences and the time-stamp counter; intrin.h adds all the rest. */
#include <emmintrin.h>
#include <x86gprintrin.h>

#define WINPAGES_INTRINSIC static __inline__ __attribute__((__always_inline__, __unused__))

#define _ReadWriteBarrier() __asm__ __volatile__("" ::: "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define MemoryBarrier() __sync_synchronize()
#define YieldProcessor() __builtin_ia32_pause()
#define PreFetchCacheLine(level, address) __builtin_prefetch(address)
#define PF_TEMPORAL_LEVEL_1 1
#define PF_NON_TEMPORAL_LEVEL_ALL 0
#define ReadTimeStampCounter() __rdtsc()
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((void **)__builtin_frame_address(0) + 1))
#define __nop() __asm__ __volatile__("nop")
#define __int2c() __builtin_trap()

/*
 * Index is an unsigned long on Windows, and programs pass a DWORD or an unsigned long of their own, which differ here:
 * both are taken.
 */
#ifdef __cplusplus
extern "C++" {
template <class WinpagesIndex> WINPAGES_INTRINSIC BYTE _BitScanForward(WinpagesIndex *Index, DWORD Mask)
{
    return Mask ? (*Index = (WinpagesIndex)__builtin_ctz(Mask), 1) : 0;
}
template <class WinpagesIndex> WINPAGES_INTRINSIC BYTE _BitScanReverse(WinpagesIndex *Index, DWORD Mask)
{
    return Mask ? (*Index = (WinpagesIndex)(31 - __builtin_clz(Mask)), 1) : 0;
}
template <class WinpagesIndex> WINPAGES_INTRINSIC BYTE _BitScanForward64(WinpagesIndex *Index, DWORD64 Mask)
{
    return Mask ? (*Index = (WinpagesIndex)__builtin_ctzl(Mask), 1) : 0;
}
template <class WinpagesIndex> WINPAGES_INTRINSIC BYTE _BitScanReverse64(WinpagesIndex *Index, DWORD64 Mask)
{
    return Mask ? (*Index = (WinpagesIndex)(63 - __builtin_clzl(Mask)), 1) : 0;
}
}
#else
#define WINPAGES_BIT_SCAN(index, type, mask, found) \
    __extension__({ type winpages_mask = (mask); winpages_mask ? (*(index) = (DWORD)(found), (BYTE)1) : (BYTE)0; })
#define _BitScanForward(index, mask) WINPAGES_BIT_SCAN(index, DWORD, mask, __builtin_ctz(winpages_mask))
#define _BitScanReverse(index, mask) WINPAGES_BIT_SCAN(index, DWORD, mask, 31 - __builtin_clz(winpages_mask))
#define _BitScanForward64(index, mask) WINPAGES_BIT_SCAN(index, DWORD64, mask, __builtin_ctzl(winpages_mask))
#define _BitScanReverse64(index, mask) WINPAGES_BIT_SCAN(index, DWORD64, mask, 63 - __builtin_clzl(winpages_mask))
#endif
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64

WINPAGES_INTRINSIC BYTE _bittest(const LONG *Base, LONG Bit) { return (Base[Bit >> 5] >> (Bit & 31)) & 1; }
WINPAGES_INTRINSIC BYTE _bittest64(const LONG64 *Base, LONG64 Bit) { return (Base[Bit >> 6] >> (Bit & 63)) & 1; }
#define BitTest _bittest
#define BitTest64 _bittest64

WINPAGES_INTRINSIC ULONGLONG UnsignedMultiply128(ULONGLONG Multiplier, ULONGLONG Multiplicand, ULONGLONG *High)
{
    __extension__ unsigned __int128 product = (unsigned __int128)Multiplier * Multiplicand;
    *High = (ULONGLONG)(product >> 64);
    return (ULONGLONG)product;
}
WINPAGES_INTRINSIC LONGLONG Multiply128(LONGLONG Multiplier, LONGLONG Multiplicand, LONGLONG *High)
{
    __extension__ __int128 product = (__int128)Multiplier * Multiplicand;
    *High = (LONGLONG)(product >> 64);
    return (LONGLONG)product;
}
#define _umul128 UnsignedMultiply128
#define _mul128 Multiply128
WINPAGES_INTRINSIC ULONGLONG __umulh(ULONGLONG a, ULONGLONG b)
{
    ULONGLONG high;
    UnsignedMultiply128(a, b, &high);
    return high;
}
WINPAGES_INTRINSIC LONGLONG __mulh(LONGLONG a, LONGLONG b)
{
    LONGLONG high;
    Multiply128(a, b, &high);
    return high;
}
WINPAGES_INTRINSIC ULONGLONG __shiftleft128(ULONGLONG Low, ULONGLONG High, BYTE Shift)
{
    __extension__ unsigned __int128 value = ((unsigned __int128)High << 64) | Low;
    return (ULONGLONG)((value << (Shift & 63)) >> 64);
}
WINPAGES_INTRINSIC ULONGLONG __shiftright128(ULONGLONG Low, ULONGLONG High, BYTE Shift)
{
    __extension__ unsigned __int128 value = ((unsigned __int128)High << 64) | Low;
    return (ULONGLONG)(value >> (Shift & 63));
}

WINPAGES_INTRINSIC unsigned int RotateLeft32(unsigned int value, int shift) { return (value << (shift & 31)) | (value >> (-shift & 31)); }
WINPAGES_INTRINSIC unsigned int RotateRight32(unsigned int value, int shift) { return (value >> (shift & 31)) | (value << (-shift & 31)); }
WINPAGES_INTRINSIC ULONGLONG RotateLeft64(ULONGLONG value, int shift) { return (value << (shift & 63)) | (value >> (-shift & 63)); }
WINPAGES_INTRINSIC ULONGLONG RotateRight64(ULONGLONG value, int shift) { return (value >> (shift & 63)) | (value << (-shift & 63)); }

#endif
