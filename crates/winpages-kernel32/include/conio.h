/* Single key presses. */
#ifndef _INC_CONIO
#define _INC_CONIO

#include <winpages/prelude.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

int _getch(void);
int _getche(void);
int _kbhit(void);
int _putch(int character);
int _cputs(const char *text);
#define _cprintf printf
#define getch _getch
#define getche _getche
#define kbhit _kbhit
#define putch _putch
#define cputs _cputs

#ifdef __cplusplus
}
#endif

#endif
