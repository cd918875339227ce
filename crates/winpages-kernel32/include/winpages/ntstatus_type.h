/* NTSTATUS, which several headers of Windows define for themselves. */
#ifndef WINPAGES_NTSTATUS_TYPE_H
#define WINPAGES_NTSTATUS_TYPE_H

#include <minwindef.h>

typedef LONG NTSTATUS, *PNTSTATUS;

#endif
