/* The part of the cryptographic headers that windows.h brings: bcrypt.h, and with it NTSTATUS. */
#ifndef __WINCRYPT_H__
#define __WINCRYPT_H__

#include <windef.h>
#include <bcrypt.h>

#endif
