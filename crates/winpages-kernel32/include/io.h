/* File descriptors under the Windows CRT's names. A descriptor is Linux'; nothing translates line ends. */
#ifndef _INC_IO
#define _INC_IO

#include <winpages/crt_types.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

intptr_t _get_osfhandle(int descriptor);
int _open_osfhandle(intptr_t handle, int flags);
int _wopen(const wchar_t *path, int flags, ...);
int _waccess(const wchar_t *path, int mode);
int _wunlink(const wchar_t *path);
int _wchmod(const wchar_t *path, int mode);
errno_t _sopen_s(int *descriptor, const char *path, int flags, int sharing, int mode);
errno_t _wsopen_s(int *descriptor, const wchar_t *path, int flags, int sharing, int mode);
int _chsize(int descriptor, long size);
errno_t _chsize_s(int descriptor, long long size);
long _filelength(int descriptor);
long long _filelengthi64(int descriptor);
int _setmode(int descriptor, int mode);

#define _open open
#define _close close
#define _read(descriptor, buffer, count) ((int)read((descriptor), (buffer), (count)))
#define _write(descriptor, buffer, count) ((int)write((descriptor), (buffer), (count)))
#define _lseek lseek
#define _lseeki64 lseek
#define _telli64(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _tell(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _dup dup
#define _dup2 dup2
#define _isatty isatty
#define _access access
#define _access_s(path, mode) (access((path), (mode)) ? errno : 0)
#define _chmod chmod
#define _creat creat
#define _commit fsync
#define _umask umask
#define setmode _setmode

#ifdef __cplusplus
}
#endif

#endif
