/* What the Windows CRT has in <malloc.h>: blocks of a chosen alignment, and the heap's own questions. */
#ifndef WINPAGES_CRT_MALLOC_H
#define WINPAGES_CRT_MALLOC_H

#include <winpages/crt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

void *_aligned_malloc(size_t size, size_t alignment);
void *_aligned_realloc(void *block, size_t size, size_t alignment);
void *_aligned_recalloc(void *block, size_t count, size_t size, size_t alignment);
void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset);
void *_aligned_offset_realloc(void *block, size_t size, size_t alignment, size_t offset);
size_t _aligned_msize(void *block, size_t alignment, size_t offset);
void _aligned_free(void *block);
void *_recalloc(void *block, size_t count, size_t size);
void *_expand(void *block, size_t size);
size_t _msize(void *block);

int _heapmin(void);

#define _HEAPEMPTY (-1)
#define _HEAPOK (-2)
#define _HEAPBADBEGIN (-3)
#define _HEAPBADNODE (-4)
#define _HEAPEND (-5)
#define _HEAPBADPTR (-6)
#define _alloca(size) __builtin_alloca(size)
#define _malloca(size) __builtin_alloca(size)
#define _freea(block) ((void)(block))
#define _ALLOCA_S_THRESHOLD 1024

#ifdef __cplusplus
}
#endif

#endif
