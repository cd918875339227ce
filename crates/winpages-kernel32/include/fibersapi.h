/* Fiber-local storage. */
#ifndef _FIBERS_H_
#define _FIBERS_H_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
BOOL WINAPI FlsFree(DWORD dwFlsIndex);
BOOL WINAPI IsThreadAFiber(VOID);

#ifdef __cplusplus
}
#endif

#endif
