/* What the Windows CRT has in <string.h> beyond the C standard. */
#ifndef WINPAGES_CRT_STRING_H
#define WINPAGES_CRT_STRING_H

#include <winpages/crt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

char *_strdup(const char *text);
int _stricmp(const char *left, const char *right);
int _strnicmp(const char *left, const char *right, size_t count);
int _memicmp(const void *left, const void *right, size_t count);
char *_strlwr(char *text);
char *_strupr(char *text);
char *_strrev(char *text);
char *_strset(char *text, int character);
errno_t _strlwr_s(char *text, size_t size);
errno_t _strupr_s(char *text, size_t size);
errno_t strcpy_s(char *destination, size_t size, const char *source);
errno_t strncpy_s(char *destination, size_t size, const char *source, size_t count);
errno_t strcat_s(char *destination, size_t size, const char *source);
errno_t strncat_s(char *destination, size_t size, const char *source, size_t count);
char *strtok_s(char *text, const char *delimiters, char **context);
size_t strnlen_s(const char *text, size_t count);
errno_t strerror_s(char *buffer, size_t size, int error);
errno_t memcpy_s(void *destination, size_t size, const void *source, size_t count);
errno_t memmove_s(void *destination, size_t size, const void *source, size_t count);

#define _memccpy memccpy
#define _stricoll _stricmp
#define _strcmpi _stricmp
#define stricmp _stricmp
#define strnicmp _strnicmp
#define strcmpi _stricmp
#define strlwr _strlwr
#define strupr _strupr
#define strrev _strrev

#ifdef __cplusplus
}

/* The CRT's templates for arrays, whose size the compiler knows. */
template <size_t WinpagesSize> inline errno_t strcpy_s(char (&destination)[WinpagesSize], const char *source)
{
    return strcpy_s(destination, WinpagesSize, source);
}
template <size_t WinpagesSize> inline errno_t strcat_s(char (&destination)[WinpagesSize], const char *source)
{
    return strcat_s(destination, WinpagesSize, source);
}
template <size_t WinpagesSize>
inline errno_t strncpy_s(char (&destination)[WinpagesSize], const char *source, size_t count)
{
    return strncpy_s(destination, WinpagesSize, source, count);
}
#endif

#endif
