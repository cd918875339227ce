/*
 * The precompiled header that Visual Studio's console projects start from, for sources that come without theirs.
 * A stdafx.h in the program's own directory is found first.
 */
#ifndef WINPAGES_STDAFX_H
#define WINPAGES_STDAFX_H

#include <sdkddkver.h>
#include <stdio.h>
#include <tchar.h>

#endif
