/* Small helpers. */
#ifndef _APISETUTIL_
#define _APISETUTIL_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

PVOID WINAPI EncodePointer(PVOID Ptr);
PVOID WINAPI DecodePointer(PVOID Ptr);
PVOID WINAPI EncodeSystemPointer(PVOID Ptr);
PVOID WINAPI DecodeSystemPointer(PVOID Ptr);

#ifdef __cplusplus
}
#endif

#endif
