/* <wchar.h>: glibc's, declared over a 16-bit wchar_t, and the Windows CRT's additions. */
#include <sys/cdefs.h>
#pragma push_macro("__REDIRECT")
#pragma push_macro("__REDIRECT_NTH")
#pragma push_macro("__asm")
#undef __REDIRECT
#undef __REDIRECT_NTH
/* glibc renames wscanf for the C standard in use; winpages has one. */
#define __REDIRECT(name, parameters, alias) name parameters
#define __REDIRECT_NTH(name, parameters, alias) name parameters __THROW
/* The C++ overloads of wcschr and its like name their symbol: give them ours. */
#define __asm(symbol) __asm__("winpages_" symbol)
#include_next <wchar.h>
#pragma pop_macro("__asm")
#pragma pop_macro("__REDIRECT")
#pragma pop_macro("__REDIRECT_NTH")
#include <winpages/crt_wide.h>
