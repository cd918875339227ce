/* winnt.h: the basic types and the macros that declare others. */
#ifndef WINPAGES_WINNT_TYPES_H
#define WINPAGES_WINNT_TYPES_H

#include <minwindef.h>
#include <guiddef.h>
#include <string.h>
#include <ctype.h>

#define ANYSIZE_ARRAY 1
#define UNALIGNED
#define UNALIGNED64
#define RESTRICTED_POINTER
#define NTAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_ALIGN(size) __attribute__((__aligned__(size)))
#define DECLSPEC_NOINLINE __attribute__((__noinline__))
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(x)
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE)
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_ALLOCATOR
#define DECLSPEC_RESTRICT
#define DECLSPEC_DEPRECATED
#define DEPRECATE_SUPPORTED
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define CONST_VTBL const
#ifndef FORCEINLINE
#define FORCEINLINE __inline__ __attribute__((__always_inline__))
#endif
#define CFORCEINLINE FORCEINLINE
#define STKALIGN
#define MAX_NATURAL_ALIGNMENT 8
#define TYPE_ALIGNMENT(t) __alignof__(t)
#define PROBE_ALIGNMENT(t) TYPE_ALIGNMENT(t)
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF(array) ARRAYSIZE(array)
#define RTL_NUMBER_OF_V1(array) ARRAYSIZE(array)
#define RTL_NUMBER_OF_V2(array) ARRAYSIZE(array)
#define _ARRAYSIZE(array) ARRAYSIZE(array)
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((DWORD)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address) - (ULONG_PTR)offsetof(type, field)))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define DUMMYSTRUCTNAME3
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#if defined(__cplusplus) && __cplusplus >= 201103L
#define C_ASSERT(expression) static_assert(expression, #expression)
#else
#define C_ASSERT(expression) extern char winpages_static_assertion[(expression) ? 1 : -1] __attribute__((__unused__))
#endif
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#define EXTERN_C_START
#define EXTERN_C_END
#ifdef __cplusplus
#undef EXTERN_C_START
#undef EXTERN_C_END
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#endif
#define STDMETHODCALLTYPE
#define STDMETHODVCALLTYPE
#define STDAPICALLTYPE
#define STDAPIVCALLTYPE
#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C type STDAPICALLTYPE


#ifndef VOID
#define VOID void
#endif
typedef char CHAR;
typedef short SHORT;
typedef int LONG;
typedef void *PVOID;
typedef void *PVOID64;
typedef wchar_t WCHAR;

typedef CHAR *PCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCZZSTR, *PCNZCH;
typedef PSTR *PZPSTR;
typedef PCSTR *PZPCSTR;
typedef CHAR *PZZSTR, *PNZCH;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR, *PZZWSTR;
typedef PWSTR *PZPWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *PCZZWSTR, *LPCUWSTR, *PCUWSTR;
typedef PCWSTR *PZPCWSTR;
typedef WCHAR *LPUWSTR, *PUWSTR;
typedef short *PSHORT;
typedef LONG *PLONG;

#ifdef UNICODE
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef WCHAR TCHAR, *PTCHAR;
typedef WCHAR TBYTE, *PTBYTE;
#endif
typedef LPWSTR LPTCH, PTCH, PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
typedef LPUWSTR PUTSTR, LPUTSTR;
#define __TEXT(quote) L##quote
#else
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
#endif
typedef LPSTR LPTCH, PTCH, PTSTR, LPTSTR, PUTSTR, LPUTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((WORD)65534)
#define UNICODE_STRING_MAX_CHARS 32767
#define ANSI_NULL ((CHAR)0)
typedef WORD LANGID;
typedef DWORD LCID, *PLCID;

typedef void *HANDLE, **PHANDLE;
#define DECLARE_HANDLE(name) \
    struct name##__ {        \
        int unused;          \
    };                       \
    typedef struct name##__ *name

typedef BYTE FCHAR;
typedef WORD FSHORT;
typedef DWORD FLONG;
typedef int HRESULT;
typedef char CCHAR;
typedef BYTE BOOLEAN, *PBOOLEAN;
typedef short CSHORT;
typedef unsigned int LOGICAL;

typedef long long LONGLONG, *PLONGLONG;
typedef unsigned long long ULONGLONG, *PULONGLONG;
typedef ULONGLONG DWORDLONG, *PDWORDLONG;
typedef LONGLONG USN;

typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID {
    DWORD LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _PROCESSOR_NUMBER {
    WORD Group;
    BYTE Number;
    BYTE Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    WORD Group;
    WORD Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef struct _OBJECTID {
    GUID Lineage;
    DWORD Uniquifier;
} OBJECTID;

#define MAXCHAR 0x7f
#define MINCHAR 0x80
#define MAXSHORT 0x7fff
#define MINSHORT 0x8000
#define MAXLONG 0x7fffffff
#define MINLONG 0x80000000
#define MAXBYTE 0xff
#define MAXWORD 0xffff
#define MAXDWORD 0xffffffff
#define MAXDWORD64 ((DWORD64) ~((DWORD64)0))
#define Int32x32To64(a, b) (((LONGLONG)(LONG)(a)) * ((LONGLONG)(LONG)(b)))
#define UInt32x32To64(a, b) (((ULONGLONG)(unsigned int)(a)) * ((ULONGLONG)(unsigned int)(b)))
#define Int64ShllMod32(value, bits) (((ULONGLONG)(value)) << (bits))
#define Int64ShraMod32(value, bits) (((LONGLONG)(value)) >> (bits))
#define Int64ShrlMod32(value, bits) (((ULONGLONG)(value)) >> (bits))

#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                       \
    extern "C++" {                                                                                             \
    inline type operator|(type a, type b) { return (type)((unsigned)a | (unsigned)b); }                        \
    inline type &operator|=(type &a, type b) { return a = a | b; }                                             \
    inline type operator&(type a, type b) { return (type)((unsigned)a & (unsigned)b); }                        \
    inline type &operator&=(type &a, type b) { return a = a & b; }                                             \
    inline type operator~(type a) { return (type)(~(unsigned)a); }                                             \
    inline type operator^(type a, type b) { return (type)((unsigned)a ^ (unsigned)b); }                        \
    inline type &operator^=(type &a, type b) { return a = a ^ b; }                                             \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif


#endif
