/* Directories under the Windows CRT's names. */
#ifndef _INC_DIRECT
#define _INC_DIRECT

#include <winpages/prelude.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

char *_getcwd(char *buffer, int size);
wchar_t *_wgetcwd(wchar_t *buffer, int size);
int _mkdir(const char *path);
int _wmkdir(const wchar_t *path);
int _rmdir(const char *path);
int _wrmdir(const wchar_t *path);
int _chdir(const char *path);
int _wchdir(const wchar_t *path);

#ifdef __cplusplus
}
#endif

#endif
