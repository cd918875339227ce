/* Views of program images: what their pages are, where they lie, and what becomes of their file. */

#include "image_file.h"

#include <winternl.h>

#define NOT_AT_BASE 0x40000003
#define OTHER_MACHINE 0x4000000e

typedef NTSTATUS(NTAPI *map_view)(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, ULONG, ULONG,
                                  ULONG);
typedef NTSTATUS(NTAPI *query_section)(HANDLE, ULONG, void *, SIZE_T, SIZE_T *);
typedef NTSTATUS(NTAPI *same_files)(const void *, const void *);

/* SECTION_BASIC_INFORMATION and SECTION_IMAGE_INFORMATION, which not every header has. */
struct basic_information {
    void *base;
    ULONG attributes;
    LARGE_INTEGER size;
};
struct image_information {
    char *entry;
    ULONG zero_bits;
    SIZE_T stack_reserve, stack_commit;
    ULONG subsystem;
    USHORT subsystem_minor, subsystem_major, system_major, system_minor, characteristics, dll_characteristics, machine;
    BOOLEAN has_code;
    UCHAR flags;
    ULONG loader_flags, file_size, checksum;
};

static map_view nt_map_view;
static query_section nt_query_section;
static same_files nt_same_files;
static char name[MAX_PATH];

static NTSTATUS map_at(HANDLE section, char **view, void *base, ULONGLONG offset, SIZE_T size)
{
    LARGE_INTEGER start;
    start.QuadPart = (LONGLONG)offset;
    *view = base;
    NTSTATUS status = nt_map_view(section, GetCurrentProcess(), (void **)view, 0, 0, &start, &size, 1, 0, PAGE_READONLY);
    if (status < 0)
        *view = NULL;
    return status;
}

/* In a file of its own: what one system refuses the other may have open for the rest of the program. */
static HANDLE image_section(const struct image_file *image, DWORD flags)
{
    DeleteFileA(name);
    strcpy(name, temporary_file());
    write_image(name, image);
    HANDLE file = open_image(name);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY | flags, 0, 0, NULL);
    if (!section)
        printf("no section: %s\n", error_name(GetLastError()));
    CloseHandle(file);
    return section;
}

static unsigned sum(const char *bytes, size_t size)
{
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (unsigned char)bytes[i];
    return sum;
}

static void contents(void)
{
    struct image_file image = plain_image();
    HANDLE section = image_section(&image, SEC_IMAGE);
    char *view, *second;
    RESULT("map", map_at(section, &view, NULL, 0, 0));
    RESULT("at the base it would like", view == (char *)IMAGE_BASE);
    RESULT("the headers", memcmp(view, "MZ", 2) || memcmp(view + 0x80, "PE", 3));
    RESULT("behind the headers", sum(view + 0x400, 0xc00));
    RESULT("the code's first byte", (unsigned char)view[0x1000]);
    RESULT("the code's last byte", (unsigned char)view[0x17ff]);
    RESULT("behind the code", sum(view + 0x1800, 0x1800));
    RESULT("the data's first byte", (unsigned char)view[0x3000]);
    RESULT("behind the data", sum(view + 0x3200, 0x1e00));
    RESULT("constants beyond their size", (unsigned char)view[0x51ff]);
    RESULT("behind the constants", sum(view + 0x5200, 0xe00));
    RESULT("a pointer", *(ULONGLONG *)(view + 0x1010) - (ULONGLONG)(ULONG_PTR)view);

    RESULT("map it again", map_at(section, &second, NULL, 0, 0) == NOT_AT_BASE);
    RESULT("somewhere else", second != view);
    DOCUMENTED("the pointer there", *(ULONGLONG *)(second + 0x1010) - (ULONGLONG)(ULONG_PTR)second, 0x3000,
               "Wine leaves relocating to the loader");
    DOCUMENTED("the headers there", *(ULONGLONG *)(second + 0x80 + 48), (ULONG_PTR)second,
               "Wine leaves relocating to the loader");
    describe_range("relocated", second, 0x8000);

    view[0x3000] = 'a';
    second[0x3001] = 'b';
    printf("copied: %x %x %x %x\n", view[0x3000], view[0x3001], second[0x3000], second[0x3001]);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(view + 0x3000, &info, sizeof info);
    DOCUMENTED("the written page is", info.Protect, PAGE_READWRITE, "Wine does not see that a page has been copied");
    VirtualQuery(view + 0x4000, &info, sizeof info);
    RESULT("its neighbour is", info.Protect);

    TRY(FlushViewOfFile(view, 0));
    TRY(VirtualAlloc(view + 0x3000, PAGE, MEM_COMMIT, PAGE_READWRITE));
    TRY(VirtualFree(view + 0x3000, PAGE, MEM_DECOMMIT));
    TRY(VirtualFree(view, 0, MEM_RELEASE));
    RESULT("one view and itself", nt_same_files(view, view + 0x3000));
    RESULT("two views of an image", nt_same_files(view, second));
    TRY(UnmapViewOfFile(second + 0x4321));
    describe("unmapped", second, 0);
    CloseHandle(section);
    printf("without a handle: %x\n", view[0x3000]);
    TRY(UnmapViewOfFile(view));
}

static void protections(void)
{
    static const DWORD given[] = { 0,
                                   IMAGE_SCN_MEM_READ,
                                   IMAGE_SCN_MEM_WRITE,
                                   IMAGE_SCN_MEM_EXECUTE,
                                   IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE,
                                   IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_EXECUTE,
                                   IMAGE_SCN_MEM_WRITE | IMAGE_SCN_MEM_EXECUTE,
                                   IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE | IMAGE_SCN_MEM_EXECUTE };
    static const DWORD protection[] = { PAGE_NOACCESS,     PAGE_READONLY,         PAGE_READWRITE,
                                        PAGE_WRITECOPY,    PAGE_EXECUTE,          PAGE_EXECUTE_READ,
                                        PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, 0,
                                        PAGE_READWRITE | PAGE_GUARD };
    for (unsigned i = 0; i < sizeof given / sizeof given[0]; i++) {
        for (unsigned kind = 0; kind < 2; kind++) {
            struct image_file image = plain_image();
            image.section[3].characteristics = given[i] | (kind ? IMAGE_SCN_CNT_UNINITIALIZED_DATA : 0);
            HANDLE section = image_section(&image, SEC_IMAGE);
            char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0), label[64];
            snprintf(label, sizeof label, "characteristics %08x", (unsigned)image.section[3].characteristics);
            describe(label, view, 0x6000);
            UnmapViewOfFile(view);
            CloseHandle(section);
        }
    }
    struct image_file image = plain_image();
    HANDLE section = image_section(&image, SEC_IMAGE);
    for (unsigned i = 0; i < sizeof protection / sizeof protection[0]; i++) {
        char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0), label[64];
        DWORD old = 0;
        for (unsigned at = 0x1000; at <= 0x3000; at += 0x2000) {
            snprintf(label, sizeof label, "protect +0x%x with %s", at, protection_name(protection[i]));
            CALL(label, VirtualProtect(view + at, PAGE, protection[i], protection[i] ? &old : &(DWORD){ 0 }));
            if (old)
                printf("    from %s\n", protection_name(old));
            describe("   ", view, at);
        }
        UnmapViewOfFile(view);
    }
    CloseHandle(section);
}

static void shared_parts(void)
{
    struct image_file image = plain_image();
    image.section[1].characteristics |= IMAGE_SCN_MEM_SHARED;
    HANDLE section = image_section(&image, SEC_IMAGE);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(view + 0x3000, &info, sizeof info);
    DOCUMENTED("a shared part", info.Protect, PAGE_READWRITE, "Wine says that it is copied, though it is not");
    view[0x3000] = 's';
    second[0x4001] = 't';
    printf("both see: %x %x\n", second[0x3000], view[0x4001]);
    CALL("protect", VirtualProtect(view + 0x3000, PAGE, PAGE_READONLY, &(DWORD){ 0 }));
    describe("shared", view, 0x3000);
    CALL("and back", VirtualProtect(view + 0x3000, PAGE, PAGE_READWRITE, &(DWORD){ 0 }));
    VirtualQuery(view + 0x3000, &info, sizeof info);
    DOCUMENTED("a shared part", info.Protect, PAGE_READWRITE, "Wine says that it is copied, though it is not");
    view[0x3002] = 'u';
    printf("both see: %x\n", second[0x3002]);
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);
    CloseHandle(section);
}

static void layouts(void)
{
    /* Sections further apart than a page. */
    struct image_file image = plain_image();
    image.section_alignment = 0x10000;
    image.image_size = 0x60000;
    for (unsigned i = 0; i < 5; i++)
        image.section[i].address = 0x10000 * (i + 1);
    image.relocations = 0;
    HANDLE section = image_section(&image, SEC_IMAGE);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    describe("far apart", view, 0);
    describe("far apart", view, 0x10000);
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(view + 0x12000, &info, sizeof info);
    DOCUMENTED("between sections", info.State, MEM_RESERVE, "Wine commits what lies between");
    DOCUMENTED("as far as the next", info.RegionSize, 0xe000, "Wine commits what lies between");
    RESULT("its type", info.Type);
    UnmapViewOfFile(view);
    CloseHandle(section);

    /* Sections closer together than a page. */
    image = plain_image();
    image.section_alignment = image.file_alignment = 0x200;
    image.image_size = image.file_size;
    for (unsigned i = 0; i < 5; i++) {
        image.section[i].address = image.section[i].raw_offset;
        image.section[i].virtual_size = image.section[i].raw_size;
    }
    image.relocations = 0;
    section = image_section(&image, SEC_IMAGE);
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    describe("close together", view, 0);
    RESULT("as in the file", (unsigned char)view[0x1000]);
    view[0x1000] = 1;
    UnmapViewOfFile(view);
    CloseHandle(section);
    image.section[1].address = 0x3000;
    write_image(name, &image);
    HANDLE file = open_image(name);
    DOCUMENTED_CALL("Wine does not look so closely at images", 0, ERROR_BAD_EXE_FORMAT,
                    section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL));
    if (section)
        CloseHandle(section);
    CloseHandle(file);

    /* For 32 bits, and for other processors. */
    image = plain_image();
    image.machine = IMAGE_FILE_MACHINE_I386;
    image.optional_magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    image.optional_size = 224;
    image.characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL | IMAGE_FILE_32BIT_MACHINE;
    section = image_section(&image, SEC_IMAGE);
    char *second;
    DOCUMENTED("map for 32 bits", (unsigned)map_at(section, &view, NULL, 0, 0), OTHER_MACHINE,
               "Wine does not say that the image is for another processor");
    RESULT("at its base", view == (char *)IMAGE_BASE);
    RESULT("a pointer", *(DWORD *)(view + 0x1010) - (DWORD)(ULONG_PTR)view);
    map_at(section, &second, NULL, 0, 0);
    RESULT("below 4 GiB", (ULONG_PTR)second >> 32);
    DOCUMENTED("the pointer there", *(DWORD *)(second + 0x1010) - (DWORD)(ULONG_PTR)second, 0x3000,
               "Wine leaves relocating to the loader");
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);
    CloseHandle(section);
    image = plain_image();
    image.machine = IMAGE_FILE_MACHINE_ARM64;
    strcpy(name, temporary_file());
    write_image(name, &image);
    file = open_image(name);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    DOCUMENTED("an image for ARM64", section != NULL, 1, "Wine takes none");
    if (section) {
        DOCUMENTED("map for ARM64", (unsigned)map_at(section, &view, NULL, 0, 0), OTHER_MACHINE, "");
        UnmapViewOfFile(view);
        CloseHandle(section);
    } else {
        DOCUMENTED("map for ARM64", 0, OTHER_MACHINE, "");
    }
    CloseHandle(file);

    /* One that cannot be relocated is mapped as it is. */
    image = plain_image();
    image.characteristics |= IMAGE_FILE_RELOCS_STRIPPED;
    section = image_section(&image, SEC_IMAGE);
    map_at(section, &view, NULL, 0, 0);
    map_at(section, &second, NULL, 0, 0);
    RESULT("stripped", *(ULONGLONG *)(second + 0x1010) - (ULONGLONG)(ULONG_PTR)view);
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);
    CloseHandle(section);
}

static void places(void)
{
    struct image_file image = plain_image();
    image.section[4].virtual_size = 0x20000;
    image.image_size = 0x27000;
    HANDLE section = image_section(&image, SEC_IMAGE);
    char *view, *second;
    MEMORY_BASIC_INFORMATION info;
    void *free_place = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualFree(free_place, 0, MEM_RELEASE);
    DOCUMENTED("at an address", (unsigned)map_at(section, &view, free_place, 0, 0), NOT_AT_BASE,
               "Wine maps images where it likes");
    DOCUMENTED("there", (ULONG_PTR)view, (ULONG_PTR)free_place, "Wine maps images where it likes");
    DOCUMENTED("the pointer", *(ULONGLONG *)(view + 0x1010) - (ULONGLONG)(ULONG_PTR)view, 0x3000,
               "Wine leaves relocating to the loader");
    DOCUMENTED("where something is", (unsigned)map_at(section, &second, view, 0, 0), 0xc0000018,
               "Wine maps images where it likes");
    RESULT("not aligned", map_at(section, &second, view + 0x101000, 0, 0));
    DOCUMENTED("at its base", (unsigned)map_at(section, &second, (void *)IMAGE_BASE, 0, 0), 0,
               "Wine maps images where it likes");
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);

    RESULT("an odd offset", map_at(section, &view, NULL, 0x1000, 0));
    DOCUMENTED("more than there is", (unsigned)map_at(section, &view, NULL, 0, 0x27001), 0xc000001f,
               "Wine maps images whole");
    TRY(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    TRY(MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0));
    CALL("copy", view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0));
    describe("copy", view, 0x1000);
    UnmapViewOfFile(view);
    CALL("no access", view = MapViewOfFile(section, 0, 0, 0, 0));
    describe("no access", view, 0x1000);
    UnmapViewOfFile(view);
    CALL("a first part", view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0x3001));
    VirtualQuery(view + 0x3000, &info, sizeof info);
    DOCUMENTED("its last page", info.RegionSize, PAGE, "Wine maps images whole");
    UnmapViewOfFile(view);
    CALL("a last part", view = MapViewOfFile(section, FILE_MAP_READ, 0, 0x10000, 0));
    DOCUMENTED("its place", (ULONG_PTR)view, IMAGE_BASE + 0x10000, "Wine maps images whole");
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void information(void)
{
    struct image_file image = plain_image();
    image.dll_characteristics = 0x0160;
    HANDLE section = image_section(&image, SEC_IMAGE);
    struct basic_information basic;
    struct image_information info;
    SIZE_T size = 0;
    memset(&info, 0, sizeof info);
    RESULT("basic", nt_query_section(section, 0, &basic, sizeof basic, NULL));
    RESULT("base", basic.base != NULL);
    RESULT("attributes", basic.attributes);
    RESULT("size", basic.size.QuadPart);
    RESULT("too short", nt_query_section(section, 1, &info, sizeof info - 1, NULL));
    RESULT("image", nt_query_section(section, 1, &info, sizeof info, &size));
    RESULT("returned", size == sizeof info);
    RESULT("entry", info.entry - (char *)IMAGE_BASE);
    RESULT("zero bits", info.zero_bits);
    RESULT("stack", info.stack_reserve);
    RESULT("committed stack", info.stack_commit);
    RESULT("subsystem", info.subsystem);
    printf("versions: %u.%u %u.%u\n", info.subsystem_major, info.subsystem_minor, info.system_major, info.system_minor);
    RESULT("characteristics", info.characteristics);
    RESULT("machine", info.machine);
    RESULT("code", info.has_code);
    RESULT("loader flags", info.loader_flags);
    RESULT("file size", info.file_size);
    RESULT("checksum", info.checksum);
    DOCUMENTED("DLL characteristics", info.dll_characteristics, 0x0160, "");
    CloseHandle(section);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    RESULT("of no image", nt_query_section(section, 1, &info, sizeof info, NULL));
    CloseHandle(section);
}

static void without_execution(void)
{
    struct image_file image = plain_image();
    HANDLE section = image_section(&image, SEC_IMAGE_NO_EXECUTE);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    MEMORY_BASIC_INFORMATION info;
    struct basic_information basic;
    nt_query_section(section, 0, &basic, sizeof basic, NULL);
    RESULT("attributes", basic.attributes);
    VirtualQuery(view + 0x1000, &info, sizeof info);
    DOCUMENTED("code", info.Protect, PAGE_READONLY, "Wine knows no images that are not executed");
    VirtualQuery(view + 0x6000, &info, sizeof info);
    DOCUMENTED("writable code", info.Protect, PAGE_WRITECOPY, "Wine knows no images that are not executed");
    RESULT("type", info.Type);
    DOCUMENTED_CALL("Wine knows no images that are not executed", 0, ERROR_INVALID_PARAMETER,
                    VirtualProtect(view + 0x1000, PAGE, PAGE_EXECUTE_READ, &(DWORD){ 0 }));
    UnmapViewOfFile(view);
    CloseHandle(section);
    HANDLE file = open_image(name);
    DOCUMENTED_CALL("Wine knows no images that are not executed", 0, ERROR_INVALID_PARAMETER,
                    section = CreateFileMappingA(file, NULL, PAGE_EXECUTE_READ | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL));
    if (section)
        CloseHandle(section);
    CALL("larger than the image", section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0x100000, NULL));
    if (section)
        CloseHandle(section);
    CloseHandle(file);
}

static void the_file(void)
{
    struct image_file image = plain_image();
    HANDLE section = image_section(&image, SEC_IMAGE), file;
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    for (unsigned round = 0; round < 2; round++) {
        CALL("open for reading", (file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                                     OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
        CloseHandle(file);
        CALL("open for writing",
             (file = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                 OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
        CALL("delete", DeleteFileA(name));
        if (!round) {
            CloseHandle(section);
            printf("with a view alone\n");
        }
    }
    char moved[MAX_PATH + 8];
    snprintf(moved, sizeof moved, "%s.moved", name);
    CALL("rename", MoveFileA(name, moved));
    CALL("and back", MoveFileA(moved, name));
    file = open_image(name);
    HANDLE data = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    void *as_data = MapViewOfFile(data, FILE_MAP_READ, 0, 0, 0);
    DOCUMENTED("an image and its file", nt_same_files(view, as_data), 0, "Wine answers so only for what it has loaded");
    RESULT("a file and its image", nt_same_files(as_data, view));
    UnmapViewOfFile(as_data);
    CloseHandle(data);
    CloseHandle(file);
    UnmapViewOfFile(view);
    CALL("open for writing when all is gone",
         (file = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL)) != INVALID_HANDLE_VALUE);
    CloseHandle(file);
}

int main(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    nt_map_view = (map_view)(void *)GetProcAddress(ntdll, "NtMapViewOfSection");
    nt_query_section = (query_section)(void *)GetProcAddress(ntdll, "NtQuerySection");
    nt_same_files = (same_files)(void *)GetProcAddress(ntdll, "NtAreMappedFilesTheSame");
    strcpy(name, temporary_file());
    contents();
    protections();
    shared_parts();
    layouts();
    places();
    information();
    without_execution();
    the_file();
    CALL("delete when all is gone", DeleteFileA(name));
    return 0;
}
