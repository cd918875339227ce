/* What the Windows CRT has in <wchar.h> beyond the C standard. */
#ifndef WINPAGES_CRT_WIDE_H
#define WINPAGES_CRT_WIDE_H

#include <winpages/crt_types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

int _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...);
int _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments);
int _scwprintf(const wchar_t *format, ...);
int _vscwprintf(const wchar_t *format, va_list arguments);
int _swprintf(wchar_t *buffer, const wchar_t *format, ...);
int _vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments);
int wprintf_s(const wchar_t *format, ...);
int swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...);
int vwprintf_s(const wchar_t *format, va_list arguments);
int vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list arguments);
int _snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, ...);
int _vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, va_list arguments);
int vswscanf_s(const wchar_t *buffer, const wchar_t *format, va_list arguments);
int wscanf_s(const wchar_t *format, ...);
int swscanf_s(const wchar_t *buffer, const wchar_t *format, ...);
wchar_t *_getws_s(wchar_t *buffer, size_t size);

int _wcsicmp(const wchar_t *left, const wchar_t *right);
int _wcsnicmp(const wchar_t *left, const wchar_t *right, size_t count);
int _wcsicoll(const wchar_t *left, const wchar_t *right);
wchar_t *_wcsdup(const wchar_t *text);
wchar_t *_wcslwr(wchar_t *text);
wchar_t *_wcsupr(wchar_t *text);
wchar_t *_wcsrev(wchar_t *text);
wchar_t *_wcsset(wchar_t *text, wchar_t character);
errno_t _wcslwr_s(wchar_t *text, size_t size);
errno_t _wcsupr_s(wchar_t *text, size_t size);
errno_t wcscpy_s(wchar_t *destination, size_t size, const wchar_t *source);
errno_t wcsncpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
errno_t wcscat_s(wchar_t *destination, size_t size, const wchar_t *source);
errno_t wcsncat_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
wchar_t *wcstok_s(wchar_t *text, const wchar_t *delimiters, wchar_t **context);
size_t wcsnlen_s(const wchar_t *text, size_t count);
errno_t wmemcpy_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);
errno_t wmemmove_s(wchar_t *destination, size_t size, const wchar_t *source, size_t count);

int _wtoi(const wchar_t *text);
long _wtol(const wchar_t *text);
long long _wtoi64(const wchar_t *text);
long long _wtoll(const wchar_t *text);
double _wtof(const wchar_t *text);
long long _wcstoi64(const wchar_t *text, wchar_t **end, int base);
unsigned long long _wcstoui64(const wchar_t *text, wchar_t **end, int base);
wchar_t *_itow(int value, wchar_t *buffer, int radix);
wchar_t *_ltow(long value, wchar_t *buffer, int radix);
wchar_t *_ultow(unsigned long value, wchar_t *buffer, int radix);
wchar_t *_i64tow(long long value, wchar_t *buffer, int radix);
wchar_t *_ui64tow(unsigned long long value, wchar_t *buffer, int radix);
errno_t _itow_s(int value, wchar_t *buffer, size_t size, int radix);
errno_t _ultow_s(unsigned long value, wchar_t *buffer, size_t size, int radix);
errno_t _i64tow_s(long long value, wchar_t *buffer, size_t size, int radix);
errno_t _ui64tow_s(unsigned long long value, wchar_t *buffer, size_t size, int radix);

wchar_t *_wgetenv(const wchar_t *name);
errno_t _wdupenv_s(wchar_t **value, size_t *length, const wchar_t *name);
int _wsystem(const wchar_t *command);

#define wcsicmp _wcsicmp
#define wcsnicmp _wcsnicmp

#ifdef __cplusplus
}

/* The older swprintf, which trusts the buffer. */
inline int swprintf(wchar_t *buffer, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = _vswprintf(buffer, format, arguments);
    va_end(arguments);
    return written;
}

/* The CRT's templates for arrays, whose size the compiler knows. */
template <size_t WinpagesSize> inline errno_t wcscpy_s(wchar_t (&destination)[WinpagesSize], const wchar_t *source)
{
    return wcscpy_s(destination, WinpagesSize, source);
}
template <size_t WinpagesSize> inline errno_t wcscat_s(wchar_t (&destination)[WinpagesSize], const wchar_t *source)
{
    return wcscat_s(destination, WinpagesSize, source);
}
template <size_t WinpagesSize>
inline errno_t wcsncpy_s(wchar_t (&destination)[WinpagesSize], const wchar_t *source, size_t count)
{
    return wcsncpy_s(destination, WinpagesSize, source, count);
}
template <size_t WinpagesSize> inline int swprintf_s(wchar_t (&buffer)[WinpagesSize], const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vswprintf_s(buffer, WinpagesSize, format, arguments);
    va_end(arguments);
    return written;
}
#endif

#endif
