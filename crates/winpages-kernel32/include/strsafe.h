/*
 * String functions that always end the text within the buffer and say when they cut it.
 */
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <winerror.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_MAX_LENGTH (STRSAFE_MAX_CCH - 1)
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)
#define STRSAFE_IGNORE_NULLS 0x00000100

/* The text's length if it ends within limit characters. */
static __inline__ HRESULT StringCchLengthA(LPCSTR text, size_t limit, size_t *length)
{
    size_t count = 0;
    if (length)
        *length = 0;
    if (!text || limit > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    while (count < limit && text[count])
        count++;
    if (count == limit)
        return STRSAFE_E_INVALID_PARAMETER;
    if (length)
        *length = count;
    return S_OK;
}
static __inline__ HRESULT StringCchCopyNA(LPSTR destination, size_t size, LPCSTR source, size_t count)
{
    size_t at = 0;
    if (!destination || size == 0 || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_LENGTH)
        return STRSAFE_E_INVALID_PARAMETER;
    while (at < size && at < count && source[at]) {
        destination[at] = source[at];
        at++;
    }
    if (at == size) {
        destination[size - 1] = '\0';
        return STRSAFE_E_INSUFFICIENT_BUFFER;
    }
    destination[at] = '\0';
    return S_OK;
}
static __inline__ HRESULT StringCchCopyA(LPSTR destination, size_t size, LPCSTR source)
{
    return StringCchCopyNA(destination, size, source, STRSAFE_MAX_LENGTH);
}
static __inline__ HRESULT StringCchCatNA(LPSTR destination, size_t size, LPCSTR source, size_t count)
{
    size_t length;
    HRESULT result = StringCchLengthA(destination, size, &length);
    return FAILED(result) ? result : StringCchCopyNA(destination + length, size - length, source, count);
}
static __inline__ HRESULT StringCchCatA(LPSTR destination, size_t size, LPCSTR source)
{
    return StringCchCatNA(destination, size, source, STRSAFE_MAX_LENGTH);
}
static __inline__ HRESULT StringCchVPrintfA(LPSTR destination, size_t size, LPCSTR format, va_list arguments)
{
    int written;
    if (!destination || size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    written = _vsnprintf(destination, size, format, arguments);
    if (written < 0 || (size_t)written >= size) {
        destination[size - 1] = '\0';
        return STRSAFE_E_INSUFFICIENT_BUFFER;
    }
    return S_OK;
}
static __inline__ HRESULT StringCchPrintfA(LPSTR destination, size_t size, LPCSTR format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfA(destination, size, format, arguments);
    va_end(arguments);
    return result;
}
/* The Cb functions count bytes. */
static __inline__ HRESULT StringCbLengthA(LPCSTR text, size_t limit, size_t *length)
{
    HRESULT result = StringCchLengthA(text, limit / sizeof(char), length);
    if (length)
        *length *= sizeof(char);
    return result;
}
static __inline__ HRESULT StringCbCopyA(LPSTR destination, size_t size, LPCSTR source)
{
    return StringCchCopyA(destination, size / sizeof(char), source);
}
static __inline__ HRESULT StringCbCopyNA(LPSTR destination, size_t size, LPCSTR source, size_t count)
{
    return StringCchCopyNA(destination, size / sizeof(char), source, count / sizeof(char));
}
static __inline__ HRESULT StringCbCatA(LPSTR destination, size_t size, LPCSTR source)
{
    return StringCchCatA(destination, size / sizeof(char), source);
}
static __inline__ HRESULT StringCbVPrintfA(LPSTR destination, size_t size, LPCSTR format, va_list arguments)
{
    return StringCchVPrintfA(destination, size / sizeof(char), format, arguments);
}
static __inline__ HRESULT StringCbPrintfA(LPSTR destination, size_t size, LPCSTR format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCbVPrintfA(destination, size, format, arguments);
    va_end(arguments);
    return result;
}

/* The text's length if it ends within limit characters. */
static __inline__ HRESULT StringCchLengthW(LPCWSTR text, size_t limit, size_t *length)
{
    size_t count = 0;
    if (length)
        *length = 0;
    if (!text || limit > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    while (count < limit && text[count])
        count++;
    if (count == limit)
        return STRSAFE_E_INVALID_PARAMETER;
    if (length)
        *length = count;
    return S_OK;
}
static __inline__ HRESULT StringCchCopyNW(LPWSTR destination, size_t size, LPCWSTR source, size_t count)
{
    size_t at = 0;
    if (!destination || size == 0 || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_LENGTH)
        return STRSAFE_E_INVALID_PARAMETER;
    while (at < size && at < count && source[at]) {
        destination[at] = source[at];
        at++;
    }
    if (at == size) {
        destination[size - 1] = L'\0';
        return STRSAFE_E_INSUFFICIENT_BUFFER;
    }
    destination[at] = L'\0';
    return S_OK;
}
static __inline__ HRESULT StringCchCopyW(LPWSTR destination, size_t size, LPCWSTR source)
{
    return StringCchCopyNW(destination, size, source, STRSAFE_MAX_LENGTH);
}
static __inline__ HRESULT StringCchCatNW(LPWSTR destination, size_t size, LPCWSTR source, size_t count)
{
    size_t length;
    HRESULT result = StringCchLengthW(destination, size, &length);
    return FAILED(result) ? result : StringCchCopyNW(destination + length, size - length, source, count);
}
static __inline__ HRESULT StringCchCatW(LPWSTR destination, size_t size, LPCWSTR source)
{
    return StringCchCatNW(destination, size, source, STRSAFE_MAX_LENGTH);
}
static __inline__ HRESULT StringCchVPrintfW(LPWSTR destination, size_t size, LPCWSTR format, va_list arguments)
{
    int written;
    if (!destination || size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    written = _vsnwprintf(destination, size, format, arguments);
    if (written < 0 || (size_t)written >= size) {
        destination[size - 1] = L'\0';
        return STRSAFE_E_INSUFFICIENT_BUFFER;
    }
    return S_OK;
}
static __inline__ HRESULT StringCchPrintfW(LPWSTR destination, size_t size, LPCWSTR format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfW(destination, size, format, arguments);
    va_end(arguments);
    return result;
}
/* The Cb functions count bytes. */
static __inline__ HRESULT StringCbLengthW(LPCWSTR text, size_t limit, size_t *length)
{
    HRESULT result = StringCchLengthW(text, limit / sizeof(wchar_t), length);
    if (length)
        *length *= sizeof(wchar_t);
    return result;
}
static __inline__ HRESULT StringCbCopyW(LPWSTR destination, size_t size, LPCWSTR source)
{
    return StringCchCopyW(destination, size / sizeof(wchar_t), source);
}
static __inline__ HRESULT StringCbCopyNW(LPWSTR destination, size_t size, LPCWSTR source, size_t count)
{
    return StringCchCopyNW(destination, size / sizeof(wchar_t), source, count / sizeof(wchar_t));
}
static __inline__ HRESULT StringCbCatW(LPWSTR destination, size_t size, LPCWSTR source)
{
    return StringCchCatW(destination, size / sizeof(wchar_t), source);
}
static __inline__ HRESULT StringCbVPrintfW(LPWSTR destination, size_t size, LPCWSTR format, va_list arguments)
{
    return StringCchVPrintfW(destination, size / sizeof(wchar_t), format, arguments);
}
static __inline__ HRESULT StringCbPrintfW(LPWSTR destination, size_t size, LPCWSTR format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCbVPrintfW(destination, size, format, arguments);
    va_end(arguments);
    return result;
}

#ifdef UNICODE
#define StringCchLength StringCchLengthW
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchPrintf StringCchPrintfW
#define StringCchVPrintf StringCchVPrintfW
#define StringCbLength StringCbLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbPrintf StringCbPrintfW
#define StringCbVPrintf StringCbVPrintfW
#else
#define StringCchLength StringCchLengthA
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchPrintf StringCchPrintfA
#define StringCchVPrintf StringCchVPrintfA
#define StringCbLength StringCbLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#endif

#endif
