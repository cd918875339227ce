/* <string.h>: glibc's, and the Windows CRT's additions. */
#include_next <string.h>
#include <winpages/crt_string.h>
/* Windows declares the wide half here, too. */
#include <wchar.h>
