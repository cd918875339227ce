/*
 * winnt.h: Interlocked operations. Each is the compiler's own atomic instruction, sequentially consistent as on
 * Windows; the Acquire, Release and NoFence forms are the same instruction on x86-64.
 */
#ifndef WINPAGES_WINNT_INTERLOCKED_H
#define WINPAGES_WINNT_INTERLOCKED_H

#include <winpages/winnt/types.h>
#include <winpages/winnt/synchronization.h>

#define WINPAGES_INTERLOCKED static __inline__ __attribute__((__always_inline__, __unused__))

WINPAGES_INTERLOCKED char _InterlockedIncrement8(char volatile *Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedDecrement8(char volatile *Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedExchange8(char volatile *Target, char Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedExchangeAdd8(char volatile *Addend, char Value)
{
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedCompareExchange8(char volatile *Destination, char Exchange, char Comparand)
{
    return __sync_val_compare_and_swap(Destination, Comparand, Exchange);
}
WINPAGES_INTERLOCKED char _InterlockedAnd8(char volatile *Destination, char Value)
{
    return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedOr8(char volatile *Destination, char Value)
{
    return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED char _InterlockedXor8(char volatile *Destination, char Value)
{
    return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedIncrement16(SHORT volatile *Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedDecrement16(SHORT volatile *Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedExchange16(SHORT volatile *Target, SHORT Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedExchangeAdd16(SHORT volatile *Addend, SHORT Value)
{
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedCompareExchange16(SHORT volatile *Destination, SHORT Exchange, SHORT Comparand)
{
    return __sync_val_compare_and_swap(Destination, Comparand, Exchange);
}
WINPAGES_INTERLOCKED SHORT _InterlockedAnd16(SHORT volatile *Destination, SHORT Value)
{
    return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedOr16(SHORT volatile *Destination, SHORT Value)
{
    return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED SHORT _InterlockedXor16(SHORT volatile *Destination, SHORT Value)
{
    return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedIncrement(LONG volatile *Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedDecrement(LONG volatile *Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedExchange(LONG volatile *Target, LONG Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedExchangeAdd(LONG volatile *Addend, LONG Value)
{
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedCompareExchange(LONG volatile *Destination, LONG Exchange, LONG Comparand)
{
    return __sync_val_compare_and_swap(Destination, Comparand, Exchange);
}
WINPAGES_INTERLOCKED LONG _InterlockedAnd(LONG volatile *Destination, LONG Value)
{
    return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedOr(LONG volatile *Destination, LONG Value)
{
    return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG _InterlockedXor(LONG volatile *Destination, LONG Value)
{
    return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedIncrement64(LONG64 volatile *Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedDecrement64(LONG64 volatile *Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedExchange64(LONG64 volatile *Target, LONG64 Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedExchangeAdd64(LONG64 volatile *Addend, LONG64 Value)
{
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedCompareExchange64(LONG64 volatile *Destination, LONG64 Exchange, LONG64 Comparand)
{
    return __sync_val_compare_and_swap(Destination, Comparand, Exchange);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedAnd64(LONG64 volatile *Destination, LONG64 Value)
{
    return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedOr64(LONG64 volatile *Destination, LONG64 Value)
{
    return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED LONG64 _InterlockedXor64(LONG64 volatile *Destination, LONG64 Value)
{
    return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED PVOID _InterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
WINPAGES_INTERLOCKED PVOID _InterlockedCompareExchangePointer(PVOID volatile *Destination, PVOID Exchange, PVOID Comparand)
{
    return __sync_val_compare_and_swap(Destination, Comparand, Exchange);
}
WINPAGES_INTERLOCKED BOOLEAN _interlockedbittestandset(LONG volatile *Base, LONG Bit)
{
    LONG mask = (LONG)(1U << (Bit & 31));
    return (__atomic_fetch_or(Base + (Bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
WINPAGES_INTERLOCKED BOOLEAN _interlockedbittestandreset(LONG volatile *Base, LONG Bit)
{
    LONG mask = (LONG)(1U << (Bit & 31));
    return (__atomic_fetch_and(Base + (Bit >> 5), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
WINPAGES_INTERLOCKED BOOLEAN _interlockedbittestandset64(LONG64 volatile *Base, LONG64 Bit)
{
    LONG64 mask = (LONG64)(1UL << (Bit & 63));
    return (__atomic_fetch_or(Base + (Bit >> 6), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
WINPAGES_INTERLOCKED BOOLEAN _interlockedbittestandreset64(LONG64 volatile *Base, LONG64 Bit)
{
    LONG64 mask = (LONG64)(1UL << (Bit & 63));
    return (__atomic_fetch_and(Base + (Bit >> 6), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
/* Destination is 16-byte aligned; 1 when it held ComparandResult, which receives what was there. */
WINPAGES_INTERLOCKED BYTE _InterlockedCompareExchange128(LONG64 volatile *Destination, LONG64 ExchangeHigh, LONG64 ExchangeLow,
                                                         LONG64 *ComparandResult)
{
    BYTE exchanged;
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(exchanged), "+m"(*(LONG64 volatile(*)[2])Destination), "+a"(ComparandResult[0]),
                           "+d"(ComparandResult[1])
                         : "b"(ExchangeLow), "c"(ExchangeHigh)
                         : "memory");
    return exchanged;
}

#define InterlockedIncrement8 _InterlockedIncrement8
#define InterlockedDecrement8 _InterlockedDecrement8
#define InterlockedExchange8 _InterlockedExchange8
#define InterlockedExchangeAdd8 _InterlockedExchangeAdd8
#define InterlockedCompareExchange8 _InterlockedCompareExchange8
#define InterlockedAnd8 _InterlockedAnd8
#define InterlockedOr8 _InterlockedOr8
#define InterlockedXor8 _InterlockedXor8
#define InterlockedIncrement16 _InterlockedIncrement16
#define InterlockedDecrement16 _InterlockedDecrement16
#define InterlockedExchange16 _InterlockedExchange16
#define InterlockedExchangeAdd16 _InterlockedExchangeAdd16
#define InterlockedCompareExchange16 _InterlockedCompareExchange16
#define InterlockedAnd16 _InterlockedAnd16
#define InterlockedOr16 _InterlockedOr16
#define InterlockedXor16 _InterlockedXor16
#define InterlockedIncrement _InterlockedIncrement
#define InterlockedDecrement _InterlockedDecrement
#define InterlockedExchange _InterlockedExchange
#define InterlockedExchangeAdd _InterlockedExchangeAdd
#define InterlockedCompareExchange _InterlockedCompareExchange
#define InterlockedAnd _InterlockedAnd
#define InterlockedOr _InterlockedOr
#define InterlockedXor _InterlockedXor
#define InterlockedIncrement64 _InterlockedIncrement64
#define InterlockedDecrement64 _InterlockedDecrement64
#define InterlockedExchange64 _InterlockedExchange64
#define InterlockedExchangeAdd64 _InterlockedExchangeAdd64
#define InterlockedCompareExchange64 _InterlockedCompareExchange64
#define InterlockedAnd64 _InterlockedAnd64
#define InterlockedOr64 _InterlockedOr64
#define InterlockedXor64 _InterlockedXor64
#define InterlockedExchangePointer _InterlockedExchangePointer
#define InterlockedCompareExchangePointer _InterlockedCompareExchangePointer
#define InterlockedCompareExchange128 _InterlockedCompareExchange128
#define InterlockedIncrement8Acquire _InterlockedIncrement8
#define InterlockedIncrement8Release _InterlockedIncrement8
#define InterlockedIncrement8NoFence _InterlockedIncrement8
#define InterlockedDecrement8Acquire _InterlockedDecrement8
#define InterlockedDecrement8Release _InterlockedDecrement8
#define InterlockedDecrement8NoFence _InterlockedDecrement8
#define InterlockedExchange8Acquire _InterlockedExchange8
#define InterlockedExchange8Release _InterlockedExchange8
#define InterlockedExchange8NoFence _InterlockedExchange8
#define InterlockedExchangeAdd8Acquire _InterlockedExchangeAdd8
#define InterlockedExchangeAdd8Release _InterlockedExchangeAdd8
#define InterlockedExchangeAdd8NoFence _InterlockedExchangeAdd8
#define InterlockedCompareExchange8Acquire _InterlockedCompareExchange8
#define InterlockedCompareExchange8Release _InterlockedCompareExchange8
#define InterlockedCompareExchange8NoFence _InterlockedCompareExchange8
#define InterlockedAnd8Acquire _InterlockedAnd8
#define InterlockedAnd8Release _InterlockedAnd8
#define InterlockedAnd8NoFence _InterlockedAnd8
#define InterlockedOr8Acquire _InterlockedOr8
#define InterlockedOr8Release _InterlockedOr8
#define InterlockedOr8NoFence _InterlockedOr8
#define InterlockedXor8Acquire _InterlockedXor8
#define InterlockedXor8Release _InterlockedXor8
#define InterlockedXor8NoFence _InterlockedXor8
#define InterlockedIncrement16Acquire _InterlockedIncrement16
#define InterlockedIncrement16Release _InterlockedIncrement16
#define InterlockedIncrement16NoFence _InterlockedIncrement16
#define InterlockedDecrement16Acquire _InterlockedDecrement16
#define InterlockedDecrement16Release _InterlockedDecrement16
#define InterlockedDecrement16NoFence _InterlockedDecrement16
#define InterlockedExchange16Acquire _InterlockedExchange16
#define InterlockedExchange16Release _InterlockedExchange16
#define InterlockedExchange16NoFence _InterlockedExchange16
#define InterlockedExchangeAdd16Acquire _InterlockedExchangeAdd16
#define InterlockedExchangeAdd16Release _InterlockedExchangeAdd16
#define InterlockedExchangeAdd16NoFence _InterlockedExchangeAdd16
#define InterlockedCompareExchange16Acquire _InterlockedCompareExchange16
#define InterlockedCompareExchange16Release _InterlockedCompareExchange16
#define InterlockedCompareExchange16NoFence _InterlockedCompareExchange16
#define InterlockedAnd16Acquire _InterlockedAnd16
#define InterlockedAnd16Release _InterlockedAnd16
#define InterlockedAnd16NoFence _InterlockedAnd16
#define InterlockedOr16Acquire _InterlockedOr16
#define InterlockedOr16Release _InterlockedOr16
#define InterlockedOr16NoFence _InterlockedOr16
#define InterlockedXor16Acquire _InterlockedXor16
#define InterlockedXor16Release _InterlockedXor16
#define InterlockedXor16NoFence _InterlockedXor16
#define InterlockedIncrementAcquire _InterlockedIncrement
#define InterlockedIncrementRelease _InterlockedIncrement
#define InterlockedIncrementNoFence _InterlockedIncrement
#define InterlockedDecrementAcquire _InterlockedDecrement
#define InterlockedDecrementRelease _InterlockedDecrement
#define InterlockedDecrementNoFence _InterlockedDecrement
#define InterlockedExchangeAcquire _InterlockedExchange
#define InterlockedExchangeRelease _InterlockedExchange
#define InterlockedExchangeNoFence _InterlockedExchange
#define InterlockedExchangeAddAcquire _InterlockedExchangeAdd
#define InterlockedExchangeAddRelease _InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence _InterlockedExchangeAdd
#define InterlockedCompareExchangeAcquire _InterlockedCompareExchange
#define InterlockedCompareExchangeRelease _InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence _InterlockedCompareExchange
#define InterlockedAndAcquire _InterlockedAnd
#define InterlockedAndRelease _InterlockedAnd
#define InterlockedAndNoFence _InterlockedAnd
#define InterlockedOrAcquire _InterlockedOr
#define InterlockedOrRelease _InterlockedOr
#define InterlockedOrNoFence _InterlockedOr
#define InterlockedXorAcquire _InterlockedXor
#define InterlockedXorRelease _InterlockedXor
#define InterlockedXorNoFence _InterlockedXor
#define InterlockedIncrement64Acquire _InterlockedIncrement64
#define InterlockedIncrement64Release _InterlockedIncrement64
#define InterlockedIncrement64NoFence _InterlockedIncrement64
#define InterlockedDecrement64Acquire _InterlockedDecrement64
#define InterlockedDecrement64Release _InterlockedDecrement64
#define InterlockedDecrement64NoFence _InterlockedDecrement64
#define InterlockedExchange64Acquire _InterlockedExchange64
#define InterlockedExchange64Release _InterlockedExchange64
#define InterlockedExchange64NoFence _InterlockedExchange64
#define InterlockedExchangeAdd64Acquire _InterlockedExchangeAdd64
#define InterlockedExchangeAdd64Release _InterlockedExchangeAdd64
#define InterlockedExchangeAdd64NoFence _InterlockedExchangeAdd64
#define InterlockedCompareExchange64Acquire _InterlockedCompareExchange64
#define InterlockedCompareExchange64Release _InterlockedCompareExchange64
#define InterlockedCompareExchange64NoFence _InterlockedCompareExchange64
#define InterlockedAnd64Acquire _InterlockedAnd64
#define InterlockedAnd64Release _InterlockedAnd64
#define InterlockedAnd64NoFence _InterlockedAnd64
#define InterlockedOr64Acquire _InterlockedOr64
#define InterlockedOr64Release _InterlockedOr64
#define InterlockedOr64NoFence _InterlockedOr64
#define InterlockedXor64Acquire _InterlockedXor64
#define InterlockedXor64Release _InterlockedXor64
#define InterlockedXor64NoFence _InterlockedXor64
#define InterlockedExchangePointerAcquire _InterlockedExchangePointer
#define InterlockedExchangePointerRelease _InterlockedExchangePointer
#define InterlockedExchangePointerNoFence _InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire _InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease _InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence _InterlockedCompareExchangePointer
#define InterlockedCompareExchange128Acquire _InterlockedCompareExchange128
#define InterlockedCompareExchange128Release _InterlockedCompareExchange128
#define InterlockedCompareExchange128NoFence _InterlockedCompareExchange128
#define _InterlockedIncrement16_acq _InterlockedIncrement16
#define _InterlockedIncrement16_rel _InterlockedIncrement16
#define _InterlockedIncrement16_nf _InterlockedIncrement16
#define _InterlockedDecrement16_acq _InterlockedDecrement16
#define _InterlockedDecrement16_rel _InterlockedDecrement16
#define _InterlockedDecrement16_nf _InterlockedDecrement16
#define _InterlockedExchange16_acq _InterlockedExchange16
#define _InterlockedExchange16_rel _InterlockedExchange16
#define _InterlockedExchange16_nf _InterlockedExchange16
#define _InterlockedExchangeAdd16_acq _InterlockedExchangeAdd16
#define _InterlockedExchangeAdd16_rel _InterlockedExchangeAdd16
#define _InterlockedExchangeAdd16_nf _InterlockedExchangeAdd16
#define _InterlockedCompareExchange16_acq _InterlockedCompareExchange16
#define _InterlockedCompareExchange16_rel _InterlockedCompareExchange16
#define _InterlockedCompareExchange16_nf _InterlockedCompareExchange16
#define _InterlockedAnd16_acq _InterlockedAnd16
#define _InterlockedAnd16_rel _InterlockedAnd16
#define _InterlockedAnd16_nf _InterlockedAnd16
#define _InterlockedOr16_acq _InterlockedOr16
#define _InterlockedOr16_rel _InterlockedOr16
#define _InterlockedOr16_nf _InterlockedOr16
#define _InterlockedXor16_acq _InterlockedXor16
#define _InterlockedXor16_rel _InterlockedXor16
#define _InterlockedXor16_nf _InterlockedXor16
#define _InterlockedIncrement_acq _InterlockedIncrement
#define _InterlockedIncrement_rel _InterlockedIncrement
#define _InterlockedIncrement_nf _InterlockedIncrement
#define _InterlockedDecrement_acq _InterlockedDecrement
#define _InterlockedDecrement_rel _InterlockedDecrement
#define _InterlockedDecrement_nf _InterlockedDecrement
#define _InterlockedExchange_acq _InterlockedExchange
#define _InterlockedExchange_rel _InterlockedExchange
#define _InterlockedExchange_nf _InterlockedExchange
#define _InterlockedExchangeAdd_acq _InterlockedExchangeAdd
#define _InterlockedExchangeAdd_rel _InterlockedExchangeAdd
#define _InterlockedExchangeAdd_nf _InterlockedExchangeAdd
#define _InterlockedCompareExchange_acq _InterlockedCompareExchange
#define _InterlockedCompareExchange_rel _InterlockedCompareExchange
#define _InterlockedCompareExchange_nf _InterlockedCompareExchange
#define _InterlockedAnd_acq _InterlockedAnd
#define _InterlockedAnd_rel _InterlockedAnd
#define _InterlockedAnd_nf _InterlockedAnd
#define _InterlockedOr_acq _InterlockedOr
#define _InterlockedOr_rel _InterlockedOr
#define _InterlockedOr_nf _InterlockedOr
#define _InterlockedXor_acq _InterlockedXor
#define _InterlockedXor_rel _InterlockedXor
#define _InterlockedXor_nf _InterlockedXor
#define _InterlockedIncrement64_acq _InterlockedIncrement64
#define _InterlockedIncrement64_rel _InterlockedIncrement64
#define _InterlockedIncrement64_nf _InterlockedIncrement64
#define _InterlockedDecrement64_acq _InterlockedDecrement64
#define _InterlockedDecrement64_rel _InterlockedDecrement64
#define _InterlockedDecrement64_nf _InterlockedDecrement64
#define _InterlockedExchange64_acq _InterlockedExchange64
#define _InterlockedExchange64_rel _InterlockedExchange64
#define _InterlockedExchange64_nf _InterlockedExchange64
#define _InterlockedExchangeAdd64_acq _InterlockedExchangeAdd64
#define _InterlockedExchangeAdd64_rel _InterlockedExchangeAdd64
#define _InterlockedExchangeAdd64_nf _InterlockedExchangeAdd64
#define _InterlockedCompareExchange64_acq _InterlockedCompareExchange64
#define _InterlockedCompareExchange64_rel _InterlockedCompareExchange64
#define _InterlockedCompareExchange64_nf _InterlockedCompareExchange64
#define _InterlockedAnd64_acq _InterlockedAnd64
#define _InterlockedAnd64_rel _InterlockedAnd64
#define _InterlockedAnd64_nf _InterlockedAnd64
#define _InterlockedOr64_acq _InterlockedOr64
#define _InterlockedOr64_rel _InterlockedOr64
#define _InterlockedOr64_nf _InterlockedOr64
#define _InterlockedXor64_acq _InterlockedXor64
#define _InterlockedXor64_rel _InterlockedXor64
#define _InterlockedXor64_nf _InterlockedXor64
#define _InterlockedExchangePointer_acq _InterlockedExchangePointer
#define _InterlockedExchangePointer_rel _InterlockedExchangePointer
#define _InterlockedExchangePointer_nf _InterlockedExchangePointer
#define _InterlockedCompareExchangePointer_acq _InterlockedCompareExchangePointer
#define _InterlockedCompareExchangePointer_rel _InterlockedCompareExchangePointer
#define _InterlockedCompareExchangePointer_nf _InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128_acq _InterlockedCompareExchange128
#define _InterlockedCompareExchange128_rel _InterlockedCompareExchange128
#define _InterlockedCompareExchange128_nf _InterlockedCompareExchange128
#define InterlockedAdd(Addend, Value) (_InterlockedExchangeAdd((Addend), (Value)) + (Value))
#define InterlockedAdd64(Addend, Value) (_InterlockedExchangeAdd64((Addend), (Value)) + (Value))
#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedExchangeSubtract(Addend, Value) _InterlockedExchangeAdd((LONG volatile *)(Addend), -(LONG)(Value))
#define InterlockedBitTestAndSet _interlockedbittestandset
#define InterlockedBitTestAndReset _interlockedbittestandreset
#define InterlockedBitTestAndSet64 _interlockedbittestandset64
#define InterlockedBitTestAndReset64 _interlockedbittestandreset64
#define InterlockedIncrementSizeT(Addend) _InterlockedIncrement64((LONG64 volatile *)(Addend))
#define InterlockedDecrementSizeT(Addend) _InterlockedDecrement64((LONG64 volatile *)(Addend))
#define InterlockedExchangeAddSizeT(Addend, Value) _InterlockedExchangeAdd64((LONG64 volatile *)(Addend), (LONG64)(Value))

#ifdef __cplusplus
/*
 * LONG is an int and LONG64 a long here, but C++ programs also hand over their own `long` and `long long` variables,
 * which are LONG and LONG64 on Windows.
 */
extern "C++" {
WINPAGES_INTERLOCKED long _InterlockedIncrement(long volatile *Addend) { return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedDecrement(long volatile *Addend) { return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedExchange(long volatile *Target, long Value) { return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedExchangeAdd(long volatile *Addend, long Value) { return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedCompareExchange(long volatile *Destination, long Exchange, long Comparand) { return __sync_val_compare_and_swap(Destination, Comparand, Exchange); }
WINPAGES_INTERLOCKED long _InterlockedAnd(long volatile *Destination, long Value) { return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedOr(long volatile *Destination, long Value) { return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long _InterlockedXor(long volatile *Destination, long Value) { return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedIncrement(unsigned int volatile *Addend) { return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedDecrement(unsigned int volatile *Addend) { return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedExchange(unsigned int volatile *Target, unsigned int Value) { return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedExchangeAdd(unsigned int volatile *Addend, unsigned int Value) { return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedCompareExchange(unsigned int volatile *Destination, unsigned int Exchange, unsigned int Comparand) { return __sync_val_compare_and_swap(Destination, Comparand, Exchange); }
WINPAGES_INTERLOCKED unsigned int _InterlockedAnd(unsigned int volatile *Destination, unsigned int Value) { return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedOr(unsigned int volatile *Destination, unsigned int Value) { return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned int _InterlockedXor(unsigned int volatile *Destination, unsigned int Value) { return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedIncrement(unsigned long volatile *Addend) { return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedDecrement(unsigned long volatile *Addend) { return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedExchange(unsigned long volatile *Target, unsigned long Value) { return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedExchangeAdd(unsigned long volatile *Addend, unsigned long Value) { return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedCompareExchange(unsigned long volatile *Destination, unsigned long Exchange, unsigned long Comparand) { return __sync_val_compare_and_swap(Destination, Comparand, Exchange); }
WINPAGES_INTERLOCKED unsigned long _InterlockedAnd(unsigned long volatile *Destination, unsigned long Value) { return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedOr(unsigned long volatile *Destination, unsigned long Value) { return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED unsigned long _InterlockedXor(unsigned long volatile *Destination, unsigned long Value) { return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedIncrement64(long long volatile *Addend) { return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedDecrement64(long long volatile *Addend) { return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedExchange64(long long volatile *Target, long long Value) { return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedExchangeAdd64(long long volatile *Addend, long long Value) { return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedCompareExchange64(long long volatile *Destination, long long Exchange, long long Comparand) { return __sync_val_compare_and_swap(Destination, Comparand, Exchange); }
WINPAGES_INTERLOCKED long long _InterlockedAnd64(long long volatile *Destination, long long Value) { return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedOr64(long long volatile *Destination, long long Value) { return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST); }
WINPAGES_INTERLOCKED long long _InterlockedXor64(long long volatile *Destination, long long Value) { return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST); }
}
#endif

#ifdef __cplusplus
extern "C" {
#endif
VOID WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
PSLIST_ENTRY WINAPI InterlockedPushListSListEx(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd, DWORD Count);
PSLIST_ENTRY WINAPI InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd, DWORD Count);
PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);
#ifdef __cplusplus
}
#endif

#endif
