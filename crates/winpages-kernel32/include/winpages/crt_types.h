/* Types that every header of the Windows CRT may use. */
#ifndef WINPAGES_CRT_TYPES_H
#define WINPAGES_CRT_TYPES_H

#include <winpages/prelude.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _ERRNO_T_DEFINED
#define _ERRNO_T_DEFINED
typedef int errno_t;
#endif
#ifndef _RSIZE_T_DEFINED
#define _RSIZE_T_DEFINED
typedef size_t rsize_t;
#endif
#define _CRTIMP
#define _CRT_INSECURE_DEPRECATE(x)
#define _TRUNCATE ((size_t)-1)
#define _CVTBUFSIZE 349

#ifdef __cplusplus
}
#endif

#endif
