/* 32-bit programs on 64-bit Windows. */
#ifndef _WOW64APISET_H_
#define _WOW64APISET_H_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

BOOL WINAPI IsWow64Process(HANDLE hProcess, PBOOL Wow64Process);
BOOL WINAPI IsWow64Process2(HANDLE hProcess, USHORT *pProcessMachine, USHORT *pNativeMachine);

#ifdef __cplusplus
}
#endif

#endif
