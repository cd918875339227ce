/* The keywords that compilers for Windows know and gcc and clang on Linux do not. */
#ifndef WINPAGES_KEYWORDS_H
#define WINPAGES_KEYWORDS_H

/* Integer types. */
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#define _int8 char
#define _int16 short
#define _int32 int
#define _int64 long long
#define __wchar_t wchar_t

/* Calling conventions: x86-64 has one per system, so all of them mean the ordinary one. */
#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define __clrcall
#define __pascal
#define _cdecl
#define _stdcall
#define _fastcall

#define __unaligned
#define __ptr32
#define __ptr64
#define __w64
#define __sptr
#define __uptr
#define __based(x)

#define _inline __inline__
#define __forceinline __inline__ __attribute__((__always_inline__))
#define _forceinline __forceinline
#define __assume(condition) ((void)0)
#define __noop(...) ((void)0)
#define __debugbreak() __builtin_trap()
#define __fastfail(code) __builtin_trap()
#define __identifier(name) name
#define __FUNCDNAME__ __FUNCTION__
#define __FUNCSIG__ __PRETTY_FUNCTION__
#ifndef __clang__
#define __builtin_alignof(type) __alignof__(type)
#endif


/*
 * __declspec(x) is an attribute of gcc's whose name is looked up here; a name not listed reaches the compiler as it is,
 * which warns about it.
 */
#define __declspec(x) __attribute__((__winpages_declspec_##x))
#define __winpages_declspec_dllexport __visibility__("default")
#define __winpages_declspec_dllimport
#define __winpages_declspec_noinline __noinline__
#define __winpages_declspec_noreturn __noreturn__
#define __winpages_declspec_nothrow __nothrow__
#define __winpages_declspec_naked __naked__
#define __winpages_declspec_align __aligned__
#define __winpages_declspec_allocate __section__
#define __winpages_declspec_allocator
#define __winpages_declspec_restrict __malloc__
#define __winpages_declspec_noalias
#define __winpages_declspec_deprecated __deprecated__
#define __winpages_declspec_selectany __weak__
#define __winpages_declspec_novtable
#define __winpages_declspec_uuid(x)
#define __winpages_declspec_property(...)
#define __winpages_declspec_code_seg(x)
#define __winpages_declspec_empty_bases
#define __winpages_declspec_safebuffers
#define __winpages_declspec_strict_gs_check
#define __winpages_declspec_guard(x)
#define __winpages_declspec_spectre(x)
#define __winpages_declspec_no_sanitize_address __no_sanitize_address__
#define __winpages_declspec_nullterminated
/* Thread-local storage is no attribute: the list is closed, the keyword given, and a list opened again. */
#ifdef __cplusplus
#define __winpages_declspec_thread __unused__)) __thread __attribute__((__unused__
#else
#define __winpages_declspec_thread __unused__)) _Thread_local __attribute__((__unused__
#endif

/*
 * Structured exception handling. Neither compiler can express it on Linux, and a program that silently lost it would
 * crash where it used to recover, so it is a compile error that says so. libstdc++ has macros named __try and __catch
 * of its own, so in C++ the message comes from the second keyword.
 */
#define __winpages_no_seh \
    _Pragma("GCC error \"structured exception handling (__try, __except, __finally) is not available in this compiler: use AddVectoredExceptionHandler, or C++ exceptions and destructors\"")
#ifndef __cplusplus
#define __try __winpages_no_seh
#define __except(filter) if (filter)
#define __finally
#else
#define __except(filter) __winpages_no_seh catch (...)
#define __finally __winpages_no_seh catch (...)
#endif
#define __leave __winpages_no_seh

#endif
