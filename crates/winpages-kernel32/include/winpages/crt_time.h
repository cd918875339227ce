/* What the Windows CRT has in <time.h> beyond the C standard. */
#ifndef WINPAGES_CRT_TIME_H
#define WINPAGES_CRT_TIME_H

#include <winpages/crt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef long long __time64_t;
typedef int __time32_t;

errno_t localtime_s(struct tm *result, const time_t *time);
errno_t gmtime_s(struct tm *result, const time_t *time);
errno_t ctime_s(char *buffer, size_t size, const time_t *time);
errno_t asctime_s(char *buffer, size_t size, const struct tm *time);

#define _time64(result) ((__time64_t)time((time_t *)(result)))
#define _localtime64_s(result, time) localtime_s((result), (const time_t *)(time))
#define _gmtime64_s(result, time) gmtime_s((result), (const time_t *)(time))
#define _localtime64(time) localtime((const time_t *)(time))
#define _gmtime64(time) gmtime((const time_t *)(time))
#define _mktime64(time) ((__time64_t)mktime(time))
#define _mkgmtime timegm
#define _mkgmtime64 timegm
#define _difftime64(a, b) difftime((a), (b))
#define _tzset tzset

#ifdef __cplusplus
}
#endif

#endif
