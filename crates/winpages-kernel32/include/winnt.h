/*
 * The types and constants that the kernel and its programs share. What Windows keeps in one file stands here in one
 * file per subject.
 */
/* minwindef.h comes first, and includes this file once its own types stand; hence the include outside the guard. */
#include <minwindef.h>
#ifndef _WINNT_
#define _WINNT_

#include <winpages/winnt/types.h>
#include <winpages/winnt/access.h>
#include <winpages/winnt/exception_codes.h>
#include <winpages/winnt/memory.h>
#include <winpages/winnt/context.h>
#include <winpages/winnt/exception.h>
#include <winpages/winnt/security.h>
#include <winpages/winnt/process.h>
#include <winpages/winnt/file.h>
#include <winpages/winnt/synchronization.h>
#include <winpages/winnt/intrinsics.h>
#include <winpages/winnt/interlocked.h>
#include <winpages/winnt/image.h>
#include <winpages/winnt/language.h>
#include <winpages/winnt/runtime.h>

#endif
