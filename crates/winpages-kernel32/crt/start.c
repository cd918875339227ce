/*
 * The start of a program whose entry point is not main: wmain, WinMain or wWinMain.
 *
 * main is weak here, so a program's own is taken instead. The others are weak references: whichever the program
 * defines is called. wmain has a mangled name in C++, one for each signature that is in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

/* Exported by libkernel32: the strings in UTF-16, and the command line without the program's name. */
wchar_t **winpages_wide_strings(char **strings);
char *winpages_command_tail(char **arguments);
wchar_t *winpages_wide_command_tail(char **arguments);

typedef int wide_main(int, wchar_t **, wchar_t **);

extern wide_main wmain __attribute__((weak));
extern wide_main wmain_void __asm__("_Z5wmainv") __attribute__((weak));
extern wide_main wmain_count __asm__("_Z5wmaini") __attribute__((weak));
extern wide_main wmain_plain __asm__("_Z5wmainiPPw") __attribute__((weak));
extern wide_main wmain_const __asm__("_Z5wmainiPPKw") __attribute__((weak));
extern wide_main wmain_const_array __asm__("_Z5wmainiPKPw") __attribute__((weak));
extern wide_main wmain_all_const __asm__("_Z5wmainiPKPKw") __attribute__((weak));
extern wide_main wmain_environment __asm__("_Z5wmainiPPwS0_") __attribute__((weak));
extern wide_main wmain_const_environment __asm__("_Z5wmainiPPKwS1_") __attribute__((weak));
extern wide_main wmain_const_array_environment __asm__("_Z5wmainiPKPwS1_") __attribute__((weak));
extern wide_main wmain_all_const_environment __asm__("_Z5wmainiPKPKwS2_") __attribute__((weak));
extern wide_main wmain_all_const_plain_environment __asm__("_Z5wmainiPKPKwPPw") __attribute__((weak));

extern int WINAPI WinMain(HINSTANCE, HINSTANCE, LPSTR, int) __attribute__((weak));
extern int WINAPI wWinMain(HINSTANCE, HINSTANCE, LPWSTR, int) __attribute__((weak));

int main(int argc, char **argv, char **envp) __attribute__((weak));

int main(int argc, char **argv, char **envp)
{
    wide_main *const candidates[] = {
        wmain,
        wmain_void,
        wmain_count,
        wmain_plain,
        wmain_const,
        wmain_const_array,
        wmain_all_const,
        wmain_environment,
        wmain_const_environment,
        wmain_const_array_environment,
        wmain_all_const_environment,
        wmain_all_const_plain_environment,
    };
    size_t at;
    for (at = 0; at < sizeof(candidates) / sizeof(candidates[0]); at++)
        if (candidates[at])
            return candidates[at](argc, winpages_wide_strings(argv), winpages_wide_strings(envp));
    if (wWinMain)
        return wWinMain(GetModuleHandleW(NULL), NULL, winpages_wide_command_tail(argv), SW_SHOWDEFAULT);
    if (WinMain)
        return WinMain(GetModuleHandleW(NULL), NULL, winpages_command_tail(argv), SW_SHOWDEFAULT);
    fprintf(stderr, "%s: the program has none of main, wmain, WinMain and wWinMain\n", argv[0]);
    return EXIT_FAILURE;
}
