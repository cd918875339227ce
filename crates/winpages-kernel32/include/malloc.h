/* <malloc.h>: glibc's, and the Windows CRT's additions. */
#include_next <malloc.h>
#include <winpages/crt_malloc.h>
