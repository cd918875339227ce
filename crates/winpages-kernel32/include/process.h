/* Threads and processes of the Windows CRT. */
#ifndef _INC_PROCESS
#define _INC_PROCESS

#include <winpages/prelude.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int (*_beginthreadex_proc_type)(void *);
typedef void (*_beginthread_proc_type)(void *);

uintptr_t _beginthread(_beginthread_proc_type start, unsigned int stack_size, void *argument);
uintptr_t _beginthreadex(void *security, unsigned int stack_size, _beginthreadex_proc_type start, void *argument,
                         unsigned int flags, unsigned int *identifier);
void _endthread(void) __attribute__((__noreturn__));
void _endthreadex(unsigned int exit_code) __attribute__((__noreturn__));

#define _P_WAIT 0
#define _P_NOWAIT 1
#define _getpid getpid
#define _cexit() ((void)fflush(NULL))
#define _execl execl
#define _execv execv
#define _execvp execvp

#ifdef __cplusplus
}
#endif

#endif
