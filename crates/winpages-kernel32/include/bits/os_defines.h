/* The prelude takes __linux__ away from sources; this header of the compiler's library chooses by it. */
#pragma push_macro("__linux__")
#undef __linux__
#define __linux__ 1
#include_next <bits/os_defines.h>
#pragma pop_macro("__linux__")
