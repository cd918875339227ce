/*
 * std::to_wstring of this compiler's library formats a `long` with %ld, which means 32 bits to the printf family of
 * Windows. Its functions are hidden under another name, and ours widen std::to_string's digits.
 */
#include <bits/c++config.h>
#pragma push_macro("to_wstring")
#define to_wstring __winpages_unused_to_wstring
#include_next <bits/basic_string.h>
#pragma pop_macro("to_wstring")

#if !defined(WINPAGES_TO_WSTRING) && __cplusplus >= 201103L
#define WINPAGES_TO_WSTRING

namespace std
{
template <class WinpagesNumber>
inline typename __gnu_cxx::__enable_if<__is_arithmetic<WinpagesNumber>::__value, wstring>::__type
to_wstring(WinpagesNumber __value)
{
    const string __narrow = to_string(__value);
    return wstring(__narrow.begin(), __narrow.end());
}
}

#endif
