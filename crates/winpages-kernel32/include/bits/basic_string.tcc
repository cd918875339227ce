/*
 * libstdc++'s shared library holds std::wstring compiled for a 32-bit wchar_t. -1 is its own way to say that
 * basic_string's members are instantiated in the program instead.
 */
#include <bits/c++config.h>
#pragma push_macro("_GLIBCXX_EXTERN_TEMPLATE")
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE -1
#include_next <bits/basic_string.tcc>
#pragma pop_macro("_GLIBCXX_EXTERN_TEMPLATE")
