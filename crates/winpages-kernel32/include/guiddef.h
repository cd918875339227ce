/* Globally unique identifiers. */
#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <winpages/prelude.h>
#include <string.h>

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;

typedef GUID IID, CLSID, *LPGUID, *LPCLSID, *LPIID;
typedef const GUID *LPCGUID;

#ifdef __cplusplus
#define EXTERN_GUID extern "C"
#define REFGUID const GUID &
#define REFIID const IID &
#define REFCLSID const CLSID &
inline bool operator==(const GUID &left, const GUID &right) { return !memcmp(&left, &right, sizeof(GUID)); }
inline bool operator!=(const GUID &left, const GUID &right) { return !(left == right); }
inline int IsEqualGUID(const GUID &left, const GUID &right) { return left == right; }
#else
#define EXTERN_GUID extern
#define REFGUID const GUID *
#define REFIID const IID *
#define REFCLSID const CLSID *
#define IsEqualGUID(left, right) (!memcmp((left), (right), sizeof(GUID)))
#endif
#define IsEqualIID(left, right) IsEqualGUID(left, right)
#define IsEqualCLSID(left, right) IsEqualGUID(left, right)

#ifdef INITGUID
#ifdef __cplusplus
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    extern "C" const GUID name __attribute__((weak)) = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    const GUID name __attribute__((weak)) = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#endif
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_GUID const GUID name
#endif

#endif
