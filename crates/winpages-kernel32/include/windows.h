/* The Windows API, as far as memory, names, waits, processes and heaps go. */
#ifndef _WINDOWS_
#define _WINDOWS_
#define _INC_WINDOWS

#include <sdkddkver.h>
#include <excpt.h>
#include <stdarg.h>
#include <windef.h>
#include <winbase.h>
#include <winuser.h>
#include <winnls.h>
#include <wincon.h>
#include <winerror.h>
#ifndef WIN32_LEAN_AND_MEAN
#include <wincrypt.h>
#endif

#endif
