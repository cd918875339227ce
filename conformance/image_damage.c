/* Which images SEC_IMAGE takes, and what it answers for those that are damaged. */

#include "image_file.h"

#include <winternl.h>

typedef NTSTATUS(NTAPI *create_section)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG,
                                        HANDLE);

static create_section nt_create_section;
static char name[MAX_PATH];

/* What is asked of each image: whether there is a section, and a view of it. */
struct answer {
    NTSTATUS status;
    DWORD error, view_error;
    void *view;
    HANDLE mapping;
};

static struct answer map(const struct image_file *image)
{
    struct answer answer = { 0 };
    write_image(name, image);
    HANDLE file = open_image(name), section = NULL;
    answer.status = nt_create_section(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file);
    answer.mapping = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    answer.error = answer.mapping ? 0 : GetLastError();
    if (answer.mapping) {
        answer.view = MapViewOfFile(answer.mapping, FILE_MAP_READ, 0, 0, 0);
        answer.view_error = answer.view ? 0 : GetLastError();
    }
    if (section)
        CloseHandle(section);
    CloseHandle(file);
    return answer;
}

static void unmap(struct answer *answer)
{
    if (answer->view)
        UnmapViewOfFile(answer->view);
    if (answer->mapping)
        CloseHandle(answer->mapping);
}

/* An image that is taken: what its pages are. */
static void taken(const char *label, const struct image_file *image)
{
    struct answer answer = map(image);
    printf("%s: 0x%x, %s, %s\n", label, (unsigned)answer.status, error_name(answer.error),
           error_name(answer.view_error));
    if (answer.view)
        describe_range("   ", answer.view, image->image_size);
    unmap(&answer);
}

/* One that is refused, with the status where both systems have the same. */
static void refused(const char *label, const struct image_file *image, int with_status)
{
    struct answer answer = map(image);
    printf("%s: %s", label, error_name(answer.error));
    if (with_status)
        printf(", 0x%x", (unsigned)answer.status);
    printf("\n");
    unmap(&answer);
}

/* One that Wine lets pass, or sees to be damaged only when it is mapped. */
static void damaged(const char *label, const struct image_file *image)
{
    struct answer answer = map(image);
    DOCUMENTED(label, answer.error, ERROR_BAD_EXE_FORMAT, "Wine does not look so closely at images");
    unmap(&answer);
}

#define IMAGE(how, ...)                                                                            \
    do {                                                                                           \
        struct image_file image = plain_image();                                                   \
        struct image_section *section = image.section;                                             \
        (void)section;                                                                             \
        __VA_ARGS__;                                                                               \
        how;                                                                                       \
    } while (0)
#define TAKEN(label, ...) IMAGE(taken(label, &image), __VA_ARGS__)
#define REFUSED(label, ...) IMAGE(refused(label, &image, 1), __VA_ARGS__)
#define REFUSED_SOMEHOW(label, ...) IMAGE(refused(label, &image, 0), __VA_ARGS__)
#define DAMAGED(label, ...) IMAGE(damaged(label, &image), __VA_ARGS__)

int main(void)
{
    nt_create_section = (create_section)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtCreateSection");
    strcpy(name, temporary_file());

    TAKEN("a sound image", );

    /* The file's beginning. */
    REFUSED("an empty file", image.file_size = 0);
    REFUSED("one byte", image.file_size = 1);
    REFUSED("half a DOS header", image.file_size = 0x20);
    REFUSED("a DOS header alone", image.file_size = 0x40);
    REFUSED("up to the signature", image.file_size = 0x84);
    REFUSED("up to the optional header", image.file_size = 0x98);
    REFUSED_SOMEHOW("half the optional header", image.file_size = 0xf0);
    REFUSED_SOMEHOW("up to the section table", image.file_size = 0x188);
    REFUSED_SOMEHOW("half the section table", image.file_size = 0x200);
    DAMAGED("up to the sections", image.file_size = 0x400);
    DAMAGED("all but the last section", image.file_size = 0x1400);
    DAMAGED("half the last section", image.file_size = 0x1500);
    DAMAGED("all but the last byte", image.file_size = 0x15ff);
    REFUSED("no MZ", image.dos_magic = 0x4d5b);
    REFUSED("a header far away", image.header_offset = 0x7fffffff);
    REFUSED("a header before the file", image.header_offset = 0xfffffff0);
    REFUSED("no PE", image.signature = 0x4551);
    REFUSED("a 16-bit program", image.signature = IMAGE_OS2_SIGNATURE);
    REFUSED_SOMEHOW("a driver of old", image.signature = IMAGE_VXD_SIGNATURE);

    /* The headers. */
    REFUSED("no machine", image.machine = 0);
    REFUSED("an unknown machine", image.machine = 0x1111);
    REFUSED("no optional header", image.optional_size = 0);
    DAMAGED("a short optional header", image.optional_size = 0x60);
    REFUSED_SOMEHOW("a long optional header", image.optional_size = 0xfff0);
    REFUSED("magic 0", image.optional_magic = 0);
    REFUSED("a ROM's magic", image.optional_magic = 0x107);
    DAMAGED("not executable", image.characteristics &= ~IMAGE_FILE_EXECUTABLE_IMAGE);
    DAMAGED("no section alignment", image.section_alignment = 0);
    DAMAGED("no file alignment", image.file_alignment = 0);
    DAMAGED("no alignment at all", image.section_alignment = image.file_alignment = 0);
    DAMAGED("a file alignment that is no power of two", image.file_alignment = 0x300);
    DAMAGED("a section alignment below the file's", image.file_alignment = 0x2000);
    DAMAGED("a base that is not aligned", image.base = IMAGE_BASE + 0x1000);
    REFUSED_SOMEHOW("image size 0", image.image_size = 0);
    DAMAGED("image size of the headers", image.image_size = 0x400);
    DAMAGED("an image smaller than its sections", image.image_size = 0x7000);
    TAKEN("an image size between pages", image.image_size = 0x7010);
    DAMAGED("a header size of nothing", image.header_size = 0);
    DAMAGED("a header size past the end", image.header_size = 0x2000);
    DAMAGED("a header size over a section", image.header_size = 0x1001; image.file_size = 0x1600);
    DAMAGED("a huge header size", image.header_size = 0xfffffff0);

    /* The sections. */
    REFUSED("too many sections", image.sections = 97; image.file_size = 0x3000);
    DAMAGED("sections that overlap", section[1].address = 0x2000);
    DAMAGED("a gap between sections", section[4].address = 0x8000; image.image_size = 0x9000);
    DAMAGED("sections out of order", section[1].address = 0x5000; section[2].address = 0x3000);
    DAMAGED("a section at an odd address", section[1].address = 0x3010);
    DAMAGED("a section in the headers", section[0].address = 0);
    DAMAGED("a section past the end of the image", section[4].virtual_size = 0x1001);
    DAMAGED("a huge section", section[4].virtual_size = 0xfffff000);
    DAMAGED("a section that wraps", section[4].virtual_size = 0xffffffff);
    DAMAGED("raw data past the end of the file", section[4].raw_offset = 0x1600);
    DAMAGED("raw data far past the end", section[4].raw_offset = 0xfffffe00);
    DAMAGED("raw data that wraps", section[4].raw_size = 0xfffffe00);
    TAKEN("no virtual size", section[4].virtual_size = 0);
    TAKEN("no raw data", section[3].raw_size = 0);
    TAKEN("no raw data, but an offset past the end", section[3].raw_size = 0; section[3].raw_offset = 0x70000000);
    TAKEN("raw data without an offset", section[3].raw_offset = 0);

    DeleteFileA(name);
    return 0;
}
