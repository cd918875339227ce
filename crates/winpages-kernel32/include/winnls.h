/* Code pages and languages. */
#ifndef _WINNLS_
#define _WINNLS_

#include <minwindef.h>
#include <stringapiset.h>

#ifdef __cplusplus
extern "C" {
#endif

UINT WINAPI GetACP(VOID);
UINT WINAPI GetOEMCP(VOID);

#ifdef __cplusplus
}
#endif

#endif
