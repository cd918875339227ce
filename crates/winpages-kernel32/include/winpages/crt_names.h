/*
 * The functions of the C library that a 16-bit wchar_t or Windows' format rules change, and the names of ours that
 * replace them. The pragma acts on the symbol only: the program, <cwchar> and std:: go on using the standard names,
 * and glibc itself and other libraries in the process keep theirs.
 */
#ifndef WINPAGES_CRT_NAMES_H
#define WINPAGES_CRT_NAMES_H

#pragma redefine_extname wcslen winpages_wcslen
#pragma redefine_extname wcsnlen winpages_wcsnlen
#pragma redefine_extname wcscpy winpages_wcscpy
#pragma redefine_extname wcsncpy winpages_wcsncpy
#pragma redefine_extname wcscat winpages_wcscat
#pragma redefine_extname wcsncat winpages_wcsncat
#pragma redefine_extname wcscmp winpages_wcscmp
#pragma redefine_extname wcsncmp winpages_wcsncmp
#pragma redefine_extname wcschr winpages_wcschr
#pragma redefine_extname wcsrchr winpages_wcsrchr
#pragma redefine_extname wcsstr winpages_wcsstr
#pragma redefine_extname wcspbrk winpages_wcspbrk
#pragma redefine_extname wcsspn winpages_wcsspn
#pragma redefine_extname wcscspn winpages_wcscspn
#pragma redefine_extname wcstok winpages_wcstok
#pragma redefine_extname wcscoll winpages_wcscoll
#pragma redefine_extname wcsxfrm winpages_wcsxfrm
#pragma redefine_extname wcscasecmp winpages_wcscasecmp
#pragma redefine_extname wcsncasecmp winpages_wcsncasecmp
#pragma redefine_extname wcsdup winpages_wcsdup
#pragma redefine_extname wcpcpy winpages_wcpcpy
#pragma redefine_extname wcpncpy winpages_wcpncpy
#pragma redefine_extname wcschrnul winpages_wcschrnul
#pragma redefine_extname wcswcs winpages_wcswcs
#pragma redefine_extname wmemcpy winpages_wmemcpy
#pragma redefine_extname wmemmove winpages_wmemmove
#pragma redefine_extname wmemset winpages_wmemset
#pragma redefine_extname wmemcmp winpages_wmemcmp
#pragma redefine_extname wmemchr winpages_wmemchr
#pragma redefine_extname wmempcpy winpages_wmempcpy
#pragma redefine_extname wcstol winpages_wcstol
#pragma redefine_extname wcstoul winpages_wcstoul
#pragma redefine_extname wcstoll winpages_wcstoll
#pragma redefine_extname wcstoull winpages_wcstoull
#pragma redefine_extname wcstod winpages_wcstod
#pragma redefine_extname wcstof winpages_wcstof
#pragma redefine_extname wcstold winpages_wcstold
#pragma redefine_extname wcstoimax winpages_wcstoimax
#pragma redefine_extname wcstoumax winpages_wcstoumax
#pragma redefine_extname wcsftime winpages_wcsftime
#pragma redefine_extname mbstowcs winpages_mbstowcs
#pragma redefine_extname wcstombs winpages_wcstombs
#pragma redefine_extname mbtowc winpages_mbtowc
#pragma redefine_extname wctomb winpages_wctomb
#pragma redefine_extname mbrtowc winpages_mbrtowc
#pragma redefine_extname wcrtomb winpages_wcrtomb
#pragma redefine_extname mbsrtowcs winpages_mbsrtowcs
#pragma redefine_extname wcsrtombs winpages_wcsrtombs
#pragma redefine_extname mbsnrtowcs winpages_mbsnrtowcs
#pragma redefine_extname wcsnrtombs winpages_wcsnrtombs
#pragma redefine_extname btowc winpages_btowc
#pragma redefine_extname wctob winpages_wctob
#pragma redefine_extname towupper winpages_towupper
#pragma redefine_extname towlower winpages_towlower
#pragma redefine_extname iswalpha winpages_iswalpha
#pragma redefine_extname iswupper winpages_iswupper
#pragma redefine_extname iswlower winpages_iswlower
#pragma redefine_extname iswdigit winpages_iswdigit
#pragma redefine_extname iswxdigit winpages_iswxdigit
#pragma redefine_extname iswalnum winpages_iswalnum
#pragma redefine_extname iswspace winpages_iswspace
#pragma redefine_extname iswpunct winpages_iswpunct
#pragma redefine_extname iswprint winpages_iswprint
#pragma redefine_extname iswgraph winpages_iswgraph
#pragma redefine_extname iswcntrl winpages_iswcntrl
#pragma redefine_extname iswblank winpages_iswblank
#pragma redefine_extname fgetwc winpages_fgetwc
#pragma redefine_extname getwc winpages_getwc
#pragma redefine_extname getwchar winpages_getwchar
#pragma redefine_extname fputwc winpages_fputwc
#pragma redefine_extname putwc winpages_putwc
#pragma redefine_extname putwchar winpages_putwchar
#pragma redefine_extname fgetws winpages_fgetws
#pragma redefine_extname fputws winpages_fputws
#pragma redefine_extname ungetwc winpages_ungetwc
#pragma redefine_extname wprintf winpages_wprintf
#pragma redefine_extname fwprintf winpages_fwprintf
#pragma redefine_extname swprintf winpages_swprintf
#pragma redefine_extname vwprintf winpages_vwprintf
#pragma redefine_extname vfwprintf winpages_vfwprintf
#pragma redefine_extname vswprintf winpages_vswprintf
#pragma redefine_extname wscanf winpages_wscanf
#pragma redefine_extname fwscanf winpages_fwscanf
#pragma redefine_extname swscanf winpages_swscanf
#pragma redefine_extname vwscanf winpages_vwscanf
#pragma redefine_extname vfwscanf winpages_vfwscanf
#pragma redefine_extname vswscanf winpages_vswscanf
#pragma redefine_extname printf winpages_printf
#pragma redefine_extname fprintf winpages_fprintf
#pragma redefine_extname sprintf winpages_sprintf
#pragma redefine_extname snprintf winpages_snprintf
#pragma redefine_extname vprintf winpages_vprintf
#pragma redefine_extname vfprintf winpages_vfprintf
#pragma redefine_extname vsprintf winpages_vsprintf
#pragma redefine_extname vsnprintf winpages_vsnprintf
#pragma redefine_extname scanf winpages_scanf
#pragma redefine_extname fscanf winpages_fscanf
#pragma redefine_extname sscanf winpages_sscanf
#pragma redefine_extname vscanf winpages_vscanf
#pragma redefine_extname vfscanf winpages_vfscanf
#pragma redefine_extname vsscanf winpages_vsscanf

/* Files by name: a name with a backslash or a drive letter is a Win32 path. */
#pragma redefine_extname fopen winpages_fopen
#pragma redefine_extname freopen winpages_freopen
#pragma redefine_extname remove winpages_remove
#pragma redefine_extname rename winpages_rename

#endif
