/* What the Windows CRT has in <stdio.h> beyond the C standard. */
#ifndef WINPAGES_CRT_STDIO_H
#define WINPAGES_CRT_STDIO_H

#include <winpages/crt_types.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

int _snprintf(char *buffer, size_t count, const char *format, ...);
int _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
int _scprintf(const char *format, ...);
int _vscprintf(const char *format, va_list arguments);
int printf_s(const char *format, ...);
int fprintf_s(FILE *stream, const char *format, ...);
int sprintf_s(char *buffer, size_t size, const char *format, ...);
int vprintf_s(const char *format, va_list arguments);
int vfprintf_s(FILE *stream, const char *format, va_list arguments);
int vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments);
int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list arguments);
int scanf_s(const char *format, ...);
int fscanf_s(FILE *stream, const char *format, ...);
int sscanf_s(const char *buffer, const char *format, ...);
errno_t fopen_s(FILE **stream, const char *path, const char *mode);
errno_t freopen_s(FILE **stream, const char *path, const char *mode, FILE *old);
errno_t tmpfile_s(FILE **stream);
int fwprintf_s(FILE *stream, const wchar_t *format, ...);
int vfwprintf_s(FILE *stream, const wchar_t *format, va_list arguments);
int fwscanf_s(FILE *stream, const wchar_t *format, ...);
char *gets_s(char *buffer, size_t size);
FILE *_wfopen(const wchar_t *path, const wchar_t *mode);
errno_t _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode);
FILE *_wfreopen(const wchar_t *path, const wchar_t *mode, FILE *old);
int _wremove(const wchar_t *path);
int _wrename(const wchar_t *from, const wchar_t *to);
int _putws(const wchar_t *text);
int _fseeki64(FILE *stream, long long offset, int origin);
long long _ftelli64(FILE *stream);

#define _fileno fileno
#define _fdopen fdopen
#define _popen popen
#define _pclose pclose
#define _flushall() fflush(NULL)
#define _unlink unlink
#define _getw getw
#define _putw putw
#define _fgetc_nolock getc_unlocked
#define _fputc_nolock putc_unlocked
#define _fread_nolock fread_unlocked
#define _fwrite_nolock fwrite_unlocked
#define _lock_file flockfile
#define _unlock_file funlockfile

#ifdef __cplusplus
}

/* The CRT's template for arrays, whose size the compiler knows. */
template <size_t WinpagesSize> inline int sprintf_s(char (&buffer)[WinpagesSize], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsprintf_s(buffer, WinpagesSize, format, arguments);
    va_end(arguments);
    return written;
}
#endif

#endif
