/*
 * Rust's standard library takes random numbers from bcryptprimitives.dll, which Wine 8.0 does not
 * have. Test scaffolding: a DLL of that name with the one function, over what Wine does have.
 */

#include <windows.h>

#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    while (length) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
