/* What programs that look for bcrypt's random numbers at run time need to name them. */
#ifndef __BCRYPT_H__
#define __BCRYPT_H__

#include <winpages/ntstatus_type.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002
#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x00000001
#define BCRYPT_RNG_ALGORITHM L"RNG"
#define BCRYPT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)

#ifdef __cplusplus
}
#endif

#endif
