/* Views of sections in the place of placeholders. */

#include "placeholders.h"

static HANDLE memory;

static void refused(void)
{
    Requirements low = { NULL, (void *)0x2FFFFFFF, 0 };
    Parameter where = { 1, (ULONG64)(ULONG_PTR)&low };
    char *p = placeholder(16);
    SIZE_T size;
    void *at;

    FAILS(ERROR_INVALID_HANDLE, map3(NULL, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_HANDLE, map3(memory, (HANDLE)0x7770, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, map3(memory, NULL, NULL, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE | MEM_COMMIT, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, 0, NULL, 0));
    FAILS(ERROR_INVALID_PARAMETER, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, &where, 1));
    FAILS(ERROR_ACCESS_DENIED, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_EXECUTE_READ, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 16 * PAGE, 0, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 15 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 17 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p + PAGE, 0, 15 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 0, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_MAPPED_ALIGNMENT, map3(memory, NULL, p + 1, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_MAPPED_ALIGNMENT, map3(memory, NULL, p, 0x800, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    FAILS(ERROR_ACCESS_DENIED, map3(memory, NULL, p, 17 * PAGE, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    at = p, size = 15 * PAGE;
    ANSWERS(0xC0000018, nt_map_ex(memory, SELF, &at, NULL, &size, REPLACE, PAGE_READWRITE, NULL, 0));
    size = 16 * PAGE;
    ANSWERS(0xC0000008, nt_map_ex(memory, NULL, &at, NULL, &size, REPLACE, PAGE_READWRITE, NULL, 0));
    ANSWERS(0, nt_map_ex(memory, SELF, &at, NULL, &size, REPLACE, PAGE_READWRITE, NULL, 0));
    IS("exactly there", at == p && size == 16 * PAGE);
    ANSWERS(0xC000000D, nt_unmap_ex(SELF, p, 4));
    ANSWERS(0xC0000008, nt_unmap_ex(NULL, p, PRESERVE));
    ANSWERS(0, nt_unmap_ex(SELF, p + PAGE, PRESERVE));
    ANSWERS(0xC0000019, nt_unmap_ex(SELF, p, PRESERVE));
    LAYOUT(p, 16 * PAGE, "0 of 0 NOACCESS RESERVE 0x0 PRIVATE");
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    SUCCEEDS(VirtualAlloc(p, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS) == p);
    FAILS(ERROR_INVALID_ADDRESS, map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0));
    SUCCEEDS(VirtualFree(p, 0, MEM_RELEASE));
}

/* Pieces of one page, at any page and of any page of the section. */
static void page_by_page(void)
{
    char *p = placeholder(16), *all = MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, 0);
    int right = 1;
    DWORD old;

    for (int page = 0; page < 32; page++)
        all[page * PAGE] = (char)page;
    for (int page = 0; page < 15; page++)
        right = right && VirtualFree(p + page * PAGE, PAGE, MEM_RELEASE | PRESERVE);
    IS("split into pages", right);
    /* Backwards. */
    for (int page = 0; page < 16; page++)
        right = right
                && map3(memory, NULL, p + page * PAGE, (ULONG64)(15 - page) * PAGE, PAGE, REPLACE, PAGE_READWRITE, NULL, 0)
                       == p + page * PAGE;
    IS("mapped page by page", right);
    LAYOUT(p, 2 * PAGE, "0 of 0 READWRITE COMMIT READWRITE MAPPED; 1 of 1 READWRITE COMMIT READWRITE MAPPED");
    for (int page = 0; page < 16 && right; page++)
        right = p[page * PAGE] == 15 - page;
    IS("the pages of the section", right);
    if (!on_wine())
        p[0] = 'x';
    IS("are written through", all[15 * PAGE] == 'x');
    SUCCEEDS(VirtualProtect(p + PAGE, PAGE, PAGE_READONLY, &old));
    FAILS(ERROR_INVALID_ADDRESS, VirtualProtect(p + PAGE, 2 * PAGE, PAGE_READONLY, &old));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p + PAGE, PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_INVALID_PARAMETER, VirtualFree(p + PAGE, 0, MEM_RELEASE));
    SUCCEEDS(unmap2(SELF, p + PAGE, PRESERVE));
    SUCCEEDS(unmap_ex(p + 2 * PAGE, PRESERVE | 1));
    SUCCEEDS(unmap_ex(p + 3 * PAGE, 0));
    SUCCEEDS(UnmapViewOfFile(p + 4 * PAGE));
    LAYOUT(p, 6 * PAGE, "0 of 0 READWRITE COMMIT READWRITE MAPPED; 1 of 1 NOACCESS RESERVE 0x0 PRIVATE; "
                        "2 of 2 NOACCESS RESERVE 0x0 PRIVATE; 3 free; 5 of 5 READWRITE COMMIT READWRITE MAPPED");
    SUCCEEDS(VirtualFree(p + PAGE, 2 * PAGE, MEM_RELEASE | COALESCE));
    /* A private allocation beside views, and a view where that has been. */
    SUCCEEDS(alloc2(NULL, p + PAGE, 2 * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE, PAGE_READWRITE, NULL, 0) == p + PAGE);
    if (!on_wine())
        p[PAGE] = 'y';
    FAILS(ERROR_INVALID_ADDRESS, unmap2(SELF, p + PAGE, PRESERVE));
    SUCCEEDS(VirtualFree(p + PAGE, 2 * PAGE, MEM_RELEASE | PRESERVE));
    SUCCEEDS(map3(memory, SELF, p + PAGE, 30 * PAGE, 2 * PAGE, REPLACE, PAGE_READONLY, NULL, 0) == p + PAGE);
    LAYOUT(p, 4 * PAGE, "0 of 0 READWRITE COMMIT READWRITE MAPPED; 1 of 1 READONLY COMMIT READONLY MAPPED; 3 free");
    IS("the last page", !on_wine() && p[2 * PAGE] == 31);
    IS("all released", release_all(p, 16 * PAGE));
    UnmapViewOfFile(all);
}

static void flags_of_unmapping(void)
{
    char *view = MapViewOfFile(memory, FILE_MAP_READ, 0, 0, 0);

    /* Wine 8.0 looks at no flag, and unmaps. */
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? FALSE : unmap_ex(view, 4));
    FAILS(ERROR_INVALID_PARAMETER, on_wine() ? FALSE : unmap2(SELF, view, 8));
    FAILS(ERROR_INVALID_ADDRESS, on_wine() ? FALSE : unmap_ex(view, PRESERVE));
    FAILS(ERROR_INVALID_ADDRESS, on_wine() ? FALSE : unmap2(SELF, view, PRESERVE));
    CALL("no process", unmap2(NULL, view, 0));
    CALL("with a boost", unmap_ex(view + PAGE, 1));
    CALL("again", unmap_ex(view, 1));
    CALL("nothing", unmap_ex(NULL, 0));
    CALL("nothing", unmap2(SELF, NULL, 0));
}

/* What views are otherwise they are in placeholders, too. */
static void kinds(void)
{
    HANDLE reserved = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 16 * PAGE, NULL);
    HANDLE file = CreateFileA(temporary_file_of(0x5123), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *p = placeholder(16), *other;

    SUCCEEDS(map3(reserved, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE RESERVE 0x0 MAPPED");
    SUCCEEDS(VirtualAlloc(p + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + PAGE);
    LAYOUT(p, 16 * PAGE, "0 of 0 READWRITE RESERVE 0x0 MAPPED; 1 of 0 READWRITE COMMIT READWRITE MAPPED; "
                         "2 of 0 READWRITE RESERVE 0x0 MAPPED");
    if (!on_wine())
        p[PAGE] = 'r';
    SUCCEEDS(unmap_ex(p, PRESERVE));
    SUCCEEDS(map3(reserved, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READONLY, NULL, 0) == p);
    LAYOUT(p, 16 * PAGE, "0 of 0 READONLY RESERVE 0x0 MAPPED; 1 of 0 READONLY COMMIT READONLY MAPPED; "
                         "2 of 0 READONLY RESERVE 0x0 MAPPED");
    IS("its contents", !on_wine() && p[PAGE] == 'r');
    SUCCEEDS(unmap_ex(p, PRESERVE));

    /* The size of a file's view is rounded up to a page, and so is the placeholder's. */
    FAILS(ERROR_INVALID_ADDRESS, map3(section, NULL, p, 0, 0x5123, REPLACE, PAGE_WRITECOPY, NULL, 0));
    SUCCEEDS(VirtualFree(p, 6 * PAGE, MEM_RELEASE | PRESERVE));
    FAILS(ERROR_ACCESS_DENIED, map3(section, NULL, p, 0, 6 * PAGE, REPLACE, PAGE_WRITECOPY, NULL, 0));
    SUCCEEDS(map3(section, NULL, p, 0, 0x5123, REPLACE, PAGE_WRITECOPY, NULL, 0) == p);
    if (!on_wine())
        p[2 * PAGE] = 'c';
    LAYOUT(p, 16 * PAGE, "0 of 0 WRITECOPY COMMIT WRITECOPY MAPPED; 2 of 0 WRITECOPY COMMIT READWRITE MAPPED; "
                         "3 of 0 WRITECOPY COMMIT WRITECOPY MAPPED; 6 of 6 NOACCESS RESERVE 0x0 PRIVATE");
    SUCCEEDS(unmap_ex(p, PRESERVE));
    SUCCEEDS(map3(section, NULL, p, 0, 0, REPLACE, PAGE_READONLY, NULL, 0) == p);
    IS("the copy is gone", !on_wine() && p[2 * PAGE] == 0 && p[2 * PAGE + 7] == 7);
    SUCCEEDS(FlushViewOfFile(p, 0));
    IS("all released", release_all(p, 16 * PAGE));

    /* Nobody else gets the place between one and the other. */
    p = placeholder(16);
    SUCCEEDS(map3(memory, NULL, p, 0, 16 * PAGE, REPLACE, PAGE_READWRITE, NULL, 0) == p);
    CloseHandle(memory);
    SUCCEEDS(unmap_ex(p, PRESERVE));
    other = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    IS("elsewhere", other != p);
    VirtualFree(other, 0, MEM_RELEASE);
    IS("all released", release_all(p, 16 * PAGE));
    CloseHandle(section);
    CloseHandle(file);
    CloseHandle(reserved);
}

int main(void)
{
    find_all();
    memory = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 32 * PAGE, NULL);
    refused();
    page_by_page();
    flags_of_unmapping();
    kinds();
    return 0;
}
