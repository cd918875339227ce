/*
 * Small program images, written by hand so that each field can be what no linker would make it.
 *
 * An image is written from the values in `struct image_file`; `plain_image` fills in those of a sound
 * 64-bit library with five sections. Nothing in it is ever executed.
 */

#ifndef IMAGE_FILE_H
#define IMAGE_FILE_H

#include "conformance.h"

#define MAXIMUM_SECTIONS 100

struct image_section {
    char name[9];
    DWORD virtual_size, address, raw_size, raw_offset, characteristics;
};

struct image_file {
    WORD dos_magic, machine, optional_magic, sections, optional_size, characteristics, dll_characteristics;
    WORD subsystem;
    DWORD header_offset, signature, entry, section_alignment, file_alignment, image_size, header_size;
    DWORD relocations, relocations_size, directories;
    ULONGLONG base;
    DWORD file_size;
    struct image_section section[MAXIMUM_SECTIONS];
};

#define CODE (IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ)
#define CONSTANTS (IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ)
#define DATA (CONSTANTS | IMAGE_SCN_MEM_WRITE)

/* An address that a system of either kind leaves free. */
#define IMAGE_BASE 0x51230000ull

static inline struct image_file plain_image(void)
{
    struct image_file image = {
        .dos_magic = IMAGE_DOS_SIGNATURE,
        .machine = IMAGE_FILE_MACHINE_AMD64,
        .optional_magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC,
        .sections = 5,
        .optional_size = 240,
        .characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL | IMAGE_FILE_LARGE_ADDRESS_AWARE,
        .subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI,
        .header_offset = 0x80,
        .signature = IMAGE_NT_SIGNATURE,
        .entry = 0x1000,
        .section_alignment = 0x1000,
        .file_alignment = 0x200,
        .image_size = 0x8000,
        .header_size = 0x400,
        .directories = 16,
        .relocations = 0x7000,
        .relocations_size = 16,
        .base = IMAGE_BASE,
        .file_size = 0x1600,
        .section = {
            { ".text", 0x1100, 0x1000, 0x0800, 0x0400, CODE },
            { ".data", 0x1800, 0x3000, 0x0200, 0x0c00, DATA },
            { ".rdata", 0x0123, 0x5000, 0x0200, 0x0e00, CONSTANTS },
            { ".rwx", 0x0010, 0x6000, 0x0400, 0x1000, DATA | IMAGE_SCN_MEM_EXECUTE },
            { ".reloc", 0x0010, 0x7000, 0x0200, 0x1400, CONSTANTS | IMAGE_SCN_MEM_DISCARDABLE },
        },
    };
    return image;
}

static inline void put(char *bytes, DWORD limit, DWORD offset, const void *value, DWORD size)
{
    if (offset <= limit && size <= limit - offset)
        memcpy(bytes + offset, value, size);
}

#define PUT(offset, type, value)                                                                   \
    do {                                                                                           \
        type value_ = (type)(value);                                                               \
        put(bytes, image->file_size, offset, &value_, sizeof value_);                              \
    } while (0)

/* The image as bytes; to be freed. Every byte that is no header is the low byte of its offset's page. */
static inline char *image_bytes(const struct image_file *image)
{
    char *bytes = malloc(image->file_size ? image->file_size : 1);
    for (DWORD i = 0; i < image->file_size; i++)
        bytes[i] = i < image->header_size ? 0 : (char)(i >> 8);
    DWORD header = image->header_offset, optional = header + 24;
    int wide = image->optional_magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    PUT(0, WORD, image->dos_magic);
    PUT(0x3c, DWORD, header);
    PUT(header, DWORD, image->signature);
    PUT(header + 4, WORD, image->machine);
    PUT(header + 6, WORD, image->sections);
    PUT(header + 20, WORD, image->optional_size);
    PUT(header + 22, WORD, image->characteristics);
    PUT(optional, WORD, image->optional_magic);
    PUT(optional + 4, DWORD, 0x800);
    PUT(optional + 16, DWORD, image->entry);
    PUT(optional + 20, DWORD, 0x1000);
    if (wide)
        PUT(optional + 24, ULONGLONG, image->base);
    else
        PUT(optional + 28, DWORD, image->base);
    PUT(optional + 32, DWORD, image->section_alignment);
    PUT(optional + 36, DWORD, image->file_alignment);
    PUT(optional + 40, WORD, 6);
    PUT(optional + 48, WORD, 5);
    PUT(optional + 50, WORD, 2);
    PUT(optional + 56, DWORD, image->image_size);
    PUT(optional + 60, DWORD, image->header_size);
    PUT(optional + 64, DWORD, 0x1234);
    PUT(optional + 68, WORD, image->subsystem);
    PUT(optional + 70, WORD, image->dll_characteristics);
    if (wide) {
        PUT(optional + 72, ULONGLONG, 0x200000);
        PUT(optional + 80, ULONGLONG, 0x3000);
        PUT(optional + 104, DWORD, 0);
        PUT(optional + 108, DWORD, image->directories);
        PUT(optional + 152, DWORD, image->relocations);
        PUT(optional + 156, DWORD, image->relocations_size);
    } else {
        PUT(optional + 72, DWORD, 0x200000);
        PUT(optional + 76, DWORD, 0x3000);
        PUT(optional + 92, DWORD, image->directories);
        PUT(optional + 136, DWORD, image->relocations);
        PUT(optional + 140, DWORD, image->relocations_size);
    }
    for (DWORD i = 0; i < image->sections && i < MAXIMUM_SECTIONS; i++) {
        const struct image_section *section = &image->section[i];
        DWORD at = optional + image->optional_size + i * 40;
        put(bytes, image->file_size, at, section->name, 8);
        PUT(at + 8, DWORD, section->virtual_size);
        PUT(at + 12, DWORD, section->address);
        PUT(at + 16, DWORD, section->raw_size);
        PUT(at + 20, DWORD, section->raw_offset);
        PUT(at + 36, DWORD, section->characteristics);
    }
    /* In the plain image: two pointers, one of which crosses a page, and what tells where they are. */
    if (image->relocations == 0x7000 && image->relocations_size == 16 && image->file_size >= 0x1600) {
        PUT(0x400 + 0x10, ULONGLONG, image->base + 0x3000);
        PUT(0xc00 + 0x20, ULONGLONG, image->base + 0x5000);
        PUT(0x1400, DWORD, 0x1000);
        PUT(0x1404, DWORD, 16);
        PUT(0x1408, WORD, (wide ? 0xa000 : 0x3000) | 0x010);
        PUT(0x140a, WORD, 0);
        PUT(0x140c, WORD, 0);
        PUT(0x140e, WORD, 0);
    }
    return bytes;
}

/* Replaces what is in a file. */
static inline void write_image(const char *name, const struct image_file *image)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    char *bytes = image_bytes(image);
    DWORD written = 0;
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, image->file_size, &written, NULL)
        || written != image->file_size) {
        printf("cannot write the image: %s\n", error_name(GetLastError()));
        exit(1);
    }
    free(bytes);
    CloseHandle(file);
}

static inline HANDLE open_image(const char *name)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

#endif
