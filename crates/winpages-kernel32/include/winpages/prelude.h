/*
 * winpages/prelude.h: makes gcc and clang on Linux speak the dialect that Win32 sources are written in.
 *
 * It comes before everything else in a translation unit. `winpages cc` passes:
 *
 *   compile   -fshort-wchar -D_WIN32 -D_WIN64 -D_M_X64=100 -D_M_AMD64=100 -U_FORTIFY_SOURCE
 *             -isystem INCLUDE -include winpages/prelude.h
 *   link      crt/start.c (compiled as C, apart: flags for C++ do not apply to it) -pthread
 *             -L LIB -lkernel32 -Wl,-rpath,LIB
 *             -Wl,--version-script=crt/wide-templates.map      (C++ programs)
 *
 * UNICODE and _UNICODE are the program's own choice, as on Windows, and so is -fpermissive: it lets through more than
 * compilers for Windows do.
 *
 * What differs from a compiler for Windows:
 *   - `long` has 64 bits in the program's own code. LONG, DWORD, ULONG, HRESULT and every other Windows type have
 *     Windows' size; only a plain `long` differs. The printf and scanf families follow Windows: `%ld` and `%lu` mean
 *     32 bits (a DWORD), so a plain `long` above 2^31 needs `%lld` or `%zd`.
 *   - The narrow code page is UTF-8; wide output to a stream is written as UTF-8.
 *   - The library of the compiler was built with a 32-bit wchar_t. C's wide functions are replaced here;
 *     std::wstring is compiled into the program; std::wcout, wcerr, wclog and wcin are replaced by streams of ours;
 *     other wide streams (std::wstringstream, std::wofstream) are compile errors, and wide facets of locales
 *     (std::codecvt over wchar_t, std::wstring_convert) must not be used.
 *   - __try, __except and __finally are refused with a message.
 *   - _MSC_VER and __MINGW32__ are not defined: this is neither compiler. Nor are __linux__ and __unix__.
 */
#ifndef WINPAGES_PRELUDE_H
#define WINPAGES_PRELUDE_H

#if !defined(__x86_64__) || !defined(__linux__)
#error "winpages supports x86-64 Linux"
#endif
#if __SIZEOF_WCHAR_T__ != 2
#error "Win32 programs need a 16-bit wchar_t: compile with -fshort-wchar (winpages cc does)"
#endif
/*
 * Sources choose their platform by these names, and this one is not Linux to them: a file that asks for Linux before
 * or beside Windows would otherwise mix both. The compilers' own headers do not need them.
 */
#undef __linux__
#undef __linux
#undef linux
#undef __gnu_linux__
#undef __unix__
#undef __unix
#undef unix

#ifndef _WIN32
#define _WIN32 1
#endif
#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef _M_X64
#define _M_X64 100
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif

/* DWORD is an unsigned int here, so every `%lu` of a Windows program would be warned about. */
#pragma GCC diagnostic ignored "-Wformat"
/* Windows programs name their compiler's own pragmas (comment, warning, intrinsic ...). */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#ifdef __clang__
#pragma clang diagnostic ignored "-Wignored-pragmas"
#endif

#include <winpages/keywords.h>
#include <winpages/crt_names.h>

#endif
