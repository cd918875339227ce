/* What the Windows CRT has in <stdlib.h> beyond the C standard. */
#ifndef WINPAGES_CRT_STDLIB_H
#define WINPAGES_CRT_STDLIB_H

#include <winpages/crt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#define __countof(array) _countof(array)
#define _TWO_DIGIT_EXPONENT 1
#define _WRITE_ABORT_MSG 0x1
#define _CALL_REPORTFAULT 0x2

char *_itoa(int value, char *buffer, int radix);
char *_ltoa(long value, char *buffer, int radix);
char *_ultoa(unsigned long value, char *buffer, int radix);
char *_i64toa(long long value, char *buffer, int radix);
char *_ui64toa(unsigned long long value, char *buffer, int radix);
errno_t _itoa_s(int value, char *buffer, size_t size, int radix);
errno_t _ultoa_s(unsigned long value, char *buffer, size_t size, int radix);
errno_t _i64toa_s(long long value, char *buffer, size_t size, int radix);
errno_t _ui64toa_s(unsigned long long value, char *buffer, size_t size, int radix);
wchar_t *_wfullpath(wchar_t *absolute, const wchar_t *path, size_t size);
char *_fullpath(char *absolute, const char *path, size_t size);
errno_t _dupenv_s(char **value, size_t *length, const char *name);
errno_t getenv_s(size_t *needed, char *buffer, size_t size, const char *name);
int _putenv_s(const char *name, const char *value);
errno_t rand_s(unsigned int *value);
errno_t mbstowcs_s(size_t *converted, wchar_t *destination, size_t size, const char *source, size_t count);
errno_t wcstombs_s(size_t *converted, char *destination, size_t size, const wchar_t *source, size_t count);

#define _atoi64 atoll
#define _strtoi64 strtoll
#define _strtoui64 strtoull
#define _putenv putenv
#define _environ environ
#define itoa _itoa
#define ltoa _ltoa
#define ultoa _ultoa
#define _abs64 llabs
#define _set_error_mode(mode) ((void)(mode), 0)
#define _set_abort_behavior(flags, mask) ((void)(flags), (void)(mask), 0U)
#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)

#ifdef __cplusplus
}
#endif

#endif
