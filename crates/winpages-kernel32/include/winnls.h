/* Code pages and languages. */
#ifndef _WINNLS_
#define _WINNLS_

#include <minwindef.h>
#include <stringapiset.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NORM_IGNORECASE 0x00000001
#define LCMAP_LOWERCASE 0x00000100
#define LCMAP_UPPERCASE 0x00000200
#define LOCALE_NAME_MAX_LENGTH 85
#define LOCALE_NAME_USER_DEFAULT NULL
#define LOCALE_NAME_INVARIANT L""

UINT WINAPI GetACP(VOID);
UINT WINAPI GetOEMCP(VOID);
BOOL WINAPI IsValidCodePage(UINT CodePage);
BOOL WINAPI IsDBCSLeadByte(BYTE TestChar);
BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE TestChar);
LCID WINAPI GetThreadLocale(VOID);
LANGID WINAPI GetUserDefaultLangID(VOID);
LANGID WINAPI GetSystemDefaultLangID(VOID);
LCID WINAPI GetUserDefaultLCID(VOID);
LCID WINAPI GetSystemDefaultLCID(VOID);
int WINAPI GetUserDefaultLocaleName(LPWSTR lpLocaleName, int cchLocaleName);
int WINAPI CompareStringA(LCID Locale, DWORD dwCmpFlags, LPCSTR lpString1, int cchCount1, LPCSTR lpString2, int cchCount2);
int WINAPI CompareStringW(LCID Locale, DWORD dwCmpFlags, LPCWSTR lpString1, int cchCount1, LPCWSTR lpString2, int cchCount2);
#ifdef UNICODE
#define CompareString CompareStringW
#else
#define CompareString CompareStringA
#endif
int WINAPI LCMapStringA(LCID Locale, DWORD dwMapFlags, LPCSTR lpSrcStr, int cchSrc, LPSTR lpDestStr, int cchDest);
int WINAPI LCMapStringW(LCID Locale, DWORD dwMapFlags, LPCWSTR lpSrcStr, int cchSrc, LPWSTR lpDestStr, int cchDest);
#ifdef UNICODE
#define LCMapString LCMapStringW
#else
#define LCMapString LCMapStringA
#endif

#ifdef __cplusplus
}
#endif

#endif
