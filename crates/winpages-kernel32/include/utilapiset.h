/* Small helpers. */
#ifndef _APISETUTIL_
#define _APISETUTIL_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif

#endif
