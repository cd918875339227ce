/* The few names of the window manager that console programs use; there are no windows here. */
#ifndef _WINUSER_
#define _WINUSER_

#include <windef.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SW_HIDE 0
#define SW_SHOWNORMAL 1
#define SW_NORMAL 1
#define SW_SHOWMINIMIZED 2
#define SW_SHOW 5
#define SW_SHOWDEFAULT 10

int WINAPIV wsprintfA(LPSTR lpOutput, LPCSTR lpFormat, ...);
int WINAPIV wsprintfW(LPWSTR lpOutput, LPCWSTR lpFormat, ...);
#ifdef UNICODE
#define wsprintf wsprintfW
#else
#define wsprintf wsprintfA
#endif
int WINAPI wvsprintfA(LPSTR lpOutput, LPCSTR lpFormat, va_list arglist);
int WINAPI wvsprintfW(LPWSTR lpOutput, LPCWSTR lpFormat, va_list arglist);
#ifdef UNICODE
#define wvsprintf wvsprintfW
#else
#define wvsprintf wvsprintfA
#endif

#ifdef __cplusplus
}
#endif

#endif
