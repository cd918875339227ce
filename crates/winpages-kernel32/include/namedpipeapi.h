/* Pipes. */
#ifndef _NAMEDPIPE_H_
#define _NAMEDPIPE_H_

#include <minwindef.h>
#include <minwinbase.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif

#endif
