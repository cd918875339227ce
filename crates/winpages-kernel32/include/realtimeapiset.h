/* Clocks of running time and of processor cycles. */
#ifndef _APISETREALTIME_
#define _APISETREALTIME_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime);

#ifdef __cplusplus
}
#endif

#endif
