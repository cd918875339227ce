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
BOOL WINAPI IsValidCodePage(UINT CodePage);

#ifdef __cplusplus
}
#endif

#endif
