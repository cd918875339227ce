/* <fcntl.h>: glibc's, and the Windows CRT's names of its flags. */
#include_next <fcntl.h>
#include <winpages/crt_fcntl.h>
