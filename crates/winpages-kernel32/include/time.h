/* <time.h>: glibc's, and the Windows CRT's additions. */
#include_next <time.h>
/* Some of glibc's headers include this one for a single type, before struct tm exists. */
#ifdef CLOCKS_PER_SEC
#include <winpages/crt_time.h>
#endif
