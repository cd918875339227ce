/* NUMA nodes. */
#ifndef _SYSTEMTOPOLOGY_H_
#define _SYSTEMTOPOLOGY_H_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

BOOL WINAPI GetNumaHighestNodeNumber(PULONG HighestNodeNumber);
BOOL WINAPI GetNumaNodeProcessorMaskEx(USHORT Node, PGROUP_AFFINITY ProcessorMask);

#ifdef __cplusplus
}
#endif

#endif
