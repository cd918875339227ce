/* <stdio.h>: glibc's, with scanf under the name that winpages replaces, and the Windows CRT's additions. */
#include <sys/cdefs.h>
/* glibc renames scanf for the C standard in use; winpages has one scanf, so the renaming is switched off. */
#pragma push_macro("__REDIRECT")
#pragma push_macro("__REDIRECT_NTH")
#undef __REDIRECT
#undef __REDIRECT_NTH
#define __REDIRECT(name, parameters, alias) name parameters
#define __REDIRECT_NTH(name, parameters, alias) name parameters __THROW
#include_next <stdio.h>
#pragma pop_macro("__REDIRECT")
#pragma pop_macro("__REDIRECT_NTH")
#include <winpages/crt_stdio.h>
/* Windows declares the wide half here, too. */
#include <wchar.h>
