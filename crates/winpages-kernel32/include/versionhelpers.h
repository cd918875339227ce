/* Is this Windows at least ...? The answers are those of Windows 10. */
#ifndef _VERSIONHELPERS_H_
#define _VERSIONHELPERS_H_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WINPAGES_VERSION_HELPER(name, answer) \
    static __inline__ BOOL name(VOID) { return (answer); }
WINPAGES_VERSION_HELPER(IsWindowsXPOrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsXPSP1OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsXPSP2OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsXPSP3OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsVistaOrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsVistaSP1OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsVistaSP2OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindows7OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindows7SP1OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindows8OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindows8Point1OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindows10OrGreater, TRUE)
WINPAGES_VERSION_HELPER(IsWindowsServer, FALSE)
#undef WINPAGES_VERSION_HELPER

static __inline__ BOOL IsWindowsVersionOrGreater(WORD major, WORD minor, WORD servicePack)
{
    return major < 10 || (major == 10 && minor == 0 && servicePack == 0);
}

#ifdef __cplusplus
}
#endif

#endif
