/* The debugging heap, which is a property of Windows' debug CRT: these are its release forms. */
#ifndef _INC_CRTDBG
#define _INC_CRTDBG

#include <winpages/prelude.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _CrtMemState {
    int unused;
} _CrtMemState;

#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_MODE_WNDW 0x4
#define _CRTDBG_REPORT_MODE (-1)
#define _CRTDBG_FILE_STDOUT ((void *)-4)
#define _CRTDBG_FILE_STDERR ((void *)-5)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_CHECK_CRT_DF 0x10
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _CrtSetDbgFlag(flags) ((void)(flags), 0)
#define _CrtSetReportMode(type, mode) ((void)(type), (void)(mode), 0)
#define _CrtSetReportFile(type, file) ((void)(type), (void)(file), (void *)0)
#define _CrtSetBreakAlloc(number) ((void)(number), 0L)
#define _CrtCheckMemory() 1
#define _CrtDumpMemoryLeaks() 0
#define _CrtMemCheckpoint(state) ((void)(state))
#define _CrtMemDifference(difference, before, after) ((void)(difference), (void)(before), (void)(after), 0)
#define _CrtMemDumpStatistics(state) ((void)(state))
#define _CrtDbgBreak() __builtin_trap()
#define _ASSERT(expression) ((void)0)
#define _ASSERTE(expression) ((void)0)
#define _ASSERT_EXPR(expression, message) ((void)0)
#define _RPT0(type, message) ((void)0)
#define _RPTF0(type, message) ((void)0)
#define _NORMAL_BLOCK 1

#ifdef __cplusplus
}
#endif

#endif
