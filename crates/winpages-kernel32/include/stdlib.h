/* <stdlib.h>: glibc's, and the Windows CRT's additions. */
#include_next <stdlib.h>
#include <winpages/crt_stdlib.h>
/* Windows declares the wide half here, too. */
#include <wchar.h>
