/* What this library offers that Windows has no function for. */
#ifndef _WINPAGES_H_
#define _WINPAGES_H_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Has every allocation and view lie where a 32-bit process has them, from 0x10000 to 0x7FFEFFFF. Before any other
 * call; FALSE if the layout is settled already. The environment variable WINPAGES_LAYOUT=32 does the same.
 */
BOOL WINAPI WinpagesUse32BitLayout(VOID);

/*
 * Refuses what other processes ask this one to do (VirtualAllocEx, DuplicateHandle and their kin) from now on, or, for
 * FALSE, no more. The environment variable WINPAGES_REMOTE=refuse does the same.
 */
VOID WINAPI WinpagesRefuseRemoteRequests(BOOL bRefuse);

#ifdef __cplusplus
}
#endif

#endif
