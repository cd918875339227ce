/* Compiler intrinsics: the vector instructions of the compiler's own header, and Windows' spellings of the rest. */
#ifndef __INTRIN_H_
#define __INTRIN_H_

#include <winnt.h>
#include <x86intrin.h>
#include <stdlib.h>

WINPAGES_INTRINSIC unsigned short __popcnt16(unsigned short value) { return (unsigned short)__builtin_popcount(value); }
WINPAGES_INTRINSIC unsigned int __popcnt(unsigned int value) { return (unsigned int)__builtin_popcount(value); }
WINPAGES_INTRINSIC ULONGLONG __popcnt64(ULONGLONG value) { return (ULONGLONG)__builtin_popcountll(value); }
WINPAGES_INTRINSIC unsigned int __lzcnt(unsigned int value) { return value ? (unsigned int)__builtin_clz(value) : 32; }

WINPAGES_INTRINSIC unsigned char _rotl8(unsigned char value, unsigned char shift) { return (unsigned char)((value << (shift & 7)) | (value >> (-shift & 7))); }
WINPAGES_INTRINSIC unsigned char _rotr8(unsigned char value, unsigned char shift) { return (unsigned char)((value >> (shift & 7)) | (value << (-shift & 7))); }
WINPAGES_INTRINSIC unsigned short _rotl16(unsigned short value, unsigned char shift) { return (unsigned short)((value << (shift & 15)) | (value >> (-shift & 15))); }
WINPAGES_INTRINSIC unsigned short _rotr16(unsigned short value, unsigned char shift) { return (unsigned short)((value >> (shift & 15)) | (value << (-shift & 15))); }
/* The compilers' _rotl and _rotr are right; their _lrotl rotates a 64-bit long, and Windows' long has 32 bits. */
#undef _lrotl
#undef _lrotr
#define _lrotl RotateLeft32
#define _lrotr RotateRight32
#define _rotl64 RotateLeft64
#define _rotr64 RotateRight64

/* The compilers' __cpuid takes four variables, Windows' one array. */
#undef __cpuid
#undef __cpuidex
#define __cpuid winpages_cpuid
#define __cpuidex winpages_cpuidex
WINPAGES_INTRINSIC void winpages_cpuidex(int information[4], int function, int subfunction)
{
    __asm__ __volatile__("cpuid"
                         : "=a"(information[0]), "=b"(information[1]), "=c"(information[2]), "=d"(information[3])
                         : "0"(function), "2"(subfunction));
}
WINPAGES_INTRINSIC void winpages_cpuid(int information[4], int function) { winpages_cpuidex(information, function, 0); }

WINPAGES_INTRINSIC void __stosb(BYTE *Destination, BYTE Value, SIZE_T Count)
{
    __asm__ __volatile__("rep stosb" : "+D"(Destination), "+c"(Count) : "a"(Value) : "memory");
}
WINPAGES_INTRINSIC void __stosd(DWORD *Destination, DWORD Value, SIZE_T Count)
{
    __asm__ __volatile__("rep stosl" : "+D"(Destination), "+c"(Count) : "a"(Value) : "memory");
}
WINPAGES_INTRINSIC void __stosq(DWORD64 *Destination, DWORD64 Value, SIZE_T Count)
{
    __asm__ __volatile__("rep stosq" : "+D"(Destination), "+c"(Count) : "a"(Value) : "memory");
}
WINPAGES_INTRINSIC void __movsb(BYTE *Destination, const BYTE *Source, SIZE_T Count)
{
    __asm__ __volatile__("rep movsb" : "+D"(Destination), "+S"(Source), "+c"(Count) : : "memory");
}

#endif
