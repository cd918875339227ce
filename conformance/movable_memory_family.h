/* movable_memory.c, for one of the two families of functions. */
#define TEXT_OF(name) TEXT_OF_(name)
#define TEXT_OF_(name) #name
#define NAMED(what) TEXT_OF(FAMILY) " " what

static void FAMILY(void)
{
    HGLOBAL handle, other;
    unsigned char *block, *again;
    unsigned i;

    /* Fixed blocks. */
    handle = ALLOC(0, 0);
    RESULT(NAMED("fixed 0: not NULL"), handle != NULL);
    SHOW(NAMED("fixed 0"), handle);
    TRY(FREE(handle) == NULL);
    handle = ALLOC(GMEM_ZEROINIT, 100);
    RESULT(NAMED("fixed: aligned"), ((UINT_PTR)handle & 15) == 0);
    RESULT(NAMED("fixed: zero"), all(handle, 0, 100));
    SHOW(NAMED("fixed"), handle);
    CALL(NAMED("lock a fixed one"), LOCK(handle) == handle);
    SHOW(NAMED("fixed, locked"), handle);
    CALL(NAMED("unlock a fixed one"), UNLOCK(handle));
    CALL(NAMED("handle of a fixed one"), HANDLE_OF(handle) == handle);
    TRY(FREE(handle) == NULL);
    CALL(NAMED("too large"), ALLOC(0, (SIZE_T)-1) != NULL);
    CALL(NAMED("too large, movable"), ALLOC(GMEM_MOVEABLE, (SIZE_T)-1) != NULL);
    CALL(NAMED("too large by its header"), ALLOC(GMEM_MOVEABLE, (SIZE_T)-8) != NULL);

    /* Movable ones. */
    handle = ALLOC(GMEM_MOVEABLE | GMEM_ZEROINIT, 100);
    RESULT(NAMED("movable: low bits"), (UINT_PTR)handle & 15);
    SHOW(NAMED("movable"), handle);
    CALL(NAMED("unlock what is not locked"), UNLOCK(handle));
    block = LOCK(handle);
    RESULT(NAMED("the block is not the handle"), (void *)block != (void *)handle);
    RESULT(NAMED("aligned"), ((UINT_PTR)block & 15) == 0);
    RESULT(NAMED("zero"), all(block, 0, 100));
    RESULT(NAMED("the handle leads to it"), *(void **)handle == block);
    SHOW(NAMED("locked once"), handle);
    RESULT(NAMED("locked twice, same place"), LOCK(handle) == block);
    SHOW(NAMED("locked twice"), handle);
    CALL(NAMED("handle of its block"), HANDLE_OF(block) == handle);
    CALL(NAMED("unlock one"), UNLOCK(handle));
    CALL(NAMED("unlock the last"), UNLOCK(handle));
    CALL(NAMED("unlock once more"), UNLOCK(handle));
    for (i = 0; i < 300; i++)
        LOCK(handle);
    SHOW(NAMED("locked 300 times"), handle);
    CALL(NAMED("unlock it"), UNLOCK(handle));
    SHOW(NAMED("unlocked once"), handle);
    CALL(NAMED("free a locked one"), FREE(handle) == NULL);

    /* Changing sizes. */
    handle = ALLOC(GMEM_MOVEABLE, 100);
    block = LOCK(handle);
    memset(block, 7, 100);
    CALL(NAMED("locked: grow much"), REALLOC(handle, 100000, 0) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("locked: grow, movable"), REALLOC(handle, 100000, GMEM_MOVEABLE | GMEM_ZEROINIT) == handle);
    SHOW(NAMED("after it"), handle);
    again = *(void **)handle;
    RESULT(NAMED("contents"), all(again, 7, 100) && all(again + 100, 0, 100000 - 100));
    CALL(NAMED("locked: shrink"), REALLOC(handle, 50, 0) == handle);
    RESULT(NAMED("same place"), *(void **)handle == again);
    SHOW(NAMED("shrunk"), handle);
    CALL(NAMED("locked: discard"), REALLOC(handle, 0, GMEM_MOVEABLE) == handle);
    SHOW(NAMED("after it"), handle);
    UNLOCK(handle);
    CALL(NAMED("to nothing, no flag"), REALLOC(handle, 0, 0) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("discard"), REALLOC(handle, 0, GMEM_MOVEABLE) == handle);
    SHOW(NAMED("discarded"), handle);
    RESULT(NAMED("leads nowhere"), *(void **)handle == NULL);
    CALL(NAMED("lock a discarded one"), LOCK(handle));
    CALL(NAMED("unlock a discarded one"), UNLOCK(handle));
    CALL(NAMED("discard it again"), REALLOC(handle, 0, GMEM_MOVEABLE) == handle);
    CALL(NAMED("revive"), REALLOC(handle, 60, GMEM_MOVEABLE | GMEM_ZEROINIT) == handle);
    SHOW(NAMED("revived"), handle);
    RESULT(NAMED("zero"), all(LOCK(handle), 0, 60));
    UNLOCK(handle);
    CALL(NAMED("unlocked: grow, no flag"), REALLOC(handle, 5000, 0) == handle);
    SHOW(NAMED("grown"), handle);
    CALL(NAMED("too large"), REALLOC(handle, (SIZE_T)-1, GMEM_MOVEABLE) != NULL);
    SHOW(NAMED("as it was"), handle);
    FREE(handle);

    handle = ALLOC(GMEM_MOVEABLE, 0);
    SHOW(NAMED("movable 0"), handle);
    CALL(NAMED("lock it"), LOCK(handle));
    CALL(NAMED("free it"), FREE(handle) == NULL);
    handle = ALLOC(GMEM_MOVEABLE | DISCARDABLE, 0);
    SHOW(NAMED("movable and discardable 0"), handle);
    FREE(handle);
    handle = ALLOC(GMEM_MOVEABLE | DISCARDABLE, 10);
    SHOW(NAMED("movable and discardable"), handle);
    FREE(handle);
    handle = ALLOC(GMEM_MOVEABLE | GMEM_DDESHARE, 10);
    SHOW(NAMED("shared"), handle);
    FREE(handle);
    handle = ALLOC(GMEM_DDESHARE | DISCARDABLE, 10);
    SHOW(NAMED("fixed, shared, discardable"), handle);
    FREE(handle);
    /* LMEM_DISCARDABLE is four bits. */
    CALL(NAMED("discardable, unknown flags"), FREE(ALLOC(0x8000 | GMEM_MOVEABLE, 10)) == NULL);

    /* Changing attributes. */
    handle = ALLOC(GMEM_MOVEABLE, 10);
    CALL(NAMED("movable: make discardable"), REALLOC(handle, 50, GMEM_MODIFY | DISCARDABLE) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("movable: modify nothing"), REALLOC(handle, 70, GMEM_MODIFY) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("movable: modify and movable"), REALLOC(handle, 70, GMEM_MODIFY | GMEM_MOVEABLE) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("movable: discardable without modify"), REALLOC(handle, 70, DISCARDABLE) != NULL);
    SHOW(NAMED("after it"), handle);
    FREE(handle);
    handle = ALLOC(0, 10);
    memset(handle, 9, 10);
    CALL(NAMED("fixed: modify"), REALLOC(handle, 50, GMEM_MODIFY) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("fixed: discardable"), REALLOC(handle, 50, GMEM_MODIFY | DISCARDABLE) == handle);
    SHOW(NAMED("after it"), handle);
    CALL(NAMED("fixed: discardable without modify"), REALLOC(handle, 50, DISCARDABLE) != NULL);
    other = REALLOC(handle, 200, GMEM_MODIFY | GMEM_MOVEABLE);
    RESULT(NAMED("fixed: modify and movable: same"), other == handle);
    RESULT(NAMED("low bits"), (UINT_PTR)other & 15);
    SHOW(NAMED("after it"), other);
    RESULT(NAMED("contents"), all(LOCK(other), 9, 10));
    CALL(NAMED("free it"), FREE(other) == NULL);

    /* Fixed blocks of other sizes. */
    handle = ALLOC(0, 100);
    memset(handle, 5, 100);
    CALL(NAMED("fixed: shrink"), REALLOC(handle, 99, 0) == handle);
    SHOW(NAMED("after it"), handle);
    other = REALLOC(handle, 70000, GMEM_MOVEABLE | GMEM_ZEROINIT);
    RESULT(NAMED("fixed: grow, movable"), other != NULL && ((UINT_PTR)other & 15) == 0);
    SHOW(NAMED("after it"), other);
    RESULT(NAMED("contents"), all(other, 5, 99) && all((char *)other + 99, 0, 70000 - 99));
    handle = REALLOC(other, 0, GMEM_MOVEABLE);
    RESULT(NAMED("fixed: to nothing, movable"), handle != NULL && ((UINT_PTR)handle & 15) == 0);
    SHOW(NAMED("after it"), handle);
    FREE(handle);

    /* What is no block. */
    handle = ALLOC(GMEM_MOVEABLE, 10);
    FREE(handle);
    CALL(NAMED("freed: free"), FREE(handle) == handle);
    CALL(NAMED("freed: lock"), LOCK(handle));
    CALL(NAMED("freed: realloc"), REALLOC(handle, 10, GMEM_MOVEABLE));
    SHOW(NAMED("freed"), handle);
    CALL(NAMED("freed: size"), SIZE(handle));
    DOCUMENTED_CALL("Wine: FALSE", IS_GLOBAL, ERROR_INVALID_HANDLE, UNLOCK(handle));
    CALL(NAMED("NULL: free"), FREE(NULL) == NULL);
    CALL(NAMED("NULL: lock"), LOCK(NULL));
    CALL(NAMED("NULL: unlock"), UNLOCK(NULL));
    CALL(NAMED("NULL: realloc"), REALLOC(NULL, 10, GMEM_MOVEABLE));
    CALL(NAMED("NULL: size"), SIZE(NULL));
    CALL(NAMED("NULL: handle"), HANDLE_OF(NULL));
    SHOW(NAMED("NULL"), NULL);
}
