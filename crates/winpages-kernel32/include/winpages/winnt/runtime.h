/* winnt.h: the Rtl functions and the macros over memcpy and its like. */
#ifndef WINPAGES_WINNT_RUNTIME_H
#define WINPAGES_WINNT_RUNTIME_H

#include <winpages/winnt/types.h>
#include <winpages/winnt/exception.h>

#ifdef __cplusplus
extern "C" {
#endif

SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);

#define RtlEqualMemory(destination, source, length) (!memcmp((destination), (source), (length)))
#define RtlMoveMemory(destination, source, length) memmove((destination), (source), (length))
#define RtlCopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define RtlFillMemory(destination, length, fill) memset((destination), (fill), (length))
#define RtlZeroMemory(destination, length) memset((destination), 0, (length))

/* Not a memset that the optimiser may drop because nobody reads the memory again. */
static __inline__ PVOID RtlSecureZeroMemory(PVOID pointer, SIZE_T count)
{
    volatile char *byte = (volatile char *)pointer;
    while (count--)
        *byte++ = 0;
    return pointer;
}

#ifdef __cplusplus
}
#endif

#endif
