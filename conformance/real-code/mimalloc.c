/* mimalloc over VirtualAlloc: allocate, grow and free in several sizes, and check what is kept. */
#include <mimalloc.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    enum { BLOCKS = 4000 };
    static unsigned char *blocks[BLOCKS];
    size_t total = 0;
    int i;

    for (i = 0; i < BLOCKS; i++) {
        size_t size = 16 + (size_t)(i * 7919) % 40000;

        blocks[i] = (unsigned char *)mi_malloc(size);
        if (blocks[i] == NULL || mi_usable_size(blocks[i]) < size)
            return 1;
        memset(blocks[i], i & 0xFF, size);
        total += size;
    }
    for (i = 0; i < BLOCKS; i += 2) {
        blocks[i] = (unsigned char *)mi_realloc(blocks[i], 50000);
        if (blocks[i] == NULL || blocks[i][15] != (i & 0xFF))
            return 2;
    }
    for (i = 0; i < BLOCKS; i++) {
        if (blocks[i][0] != (i & 0xFF))
            return 3;
        mi_free(blocks[i]);
    }
    blocks[0] = (unsigned char *)mi_malloc_aligned(64 << 20, 1 << 20);
    if (blocks[0] == NULL || (size_t)blocks[0] % (1 << 20) != 0)
        return 4;
    blocks[0][(64 << 20) - 1] = 1;
    mi_free(blocks[0]);
    mi_collect(1);
    printf("%d blocks, %lu bytes\n", BLOCKS, (unsigned long)total);
    return 0;
}
