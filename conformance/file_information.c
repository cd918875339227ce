/* Classes of information of an open file, and what a section of it forbids to change. */

#include "conformance.h"

static char name[MAX_PATH];

static HANDLE reopen(DWORD access)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
}

/* Wine keeps no account of files that are to go. */
static void standard(const char *label, HANDLE file, int to_go)
{
    FILE_STANDARD_INFO info;
    memset(&info, 0x55, sizeof info);
    CALL(label, GetFileInformationByHandleEx(file, FileStandardInfo, &info, sizeof info));
    printf("    end 0x%llx, directory %d\n", (unsigned long long)info.EndOfFile.QuadPart, info.Directory);
    DOCUMENTED("    links", info.NumberOfLinks, to_go ? 0 : 1, "Wine counts one that is to go");
    DOCUMENTED("    to be deleted", info.DeletePending, to_go, "Wine does not tell");
}

static int set_end(HANDLE file, LONGLONG end)
{
    FILE_END_OF_FILE_INFO info;
    info.EndOfFile.QuadPart = end;
    return SetFileInformationByHandle(file, FileEndOfFileInfo, &info, sizeof info);
}

static int set_allocation(HANDLE file, LONGLONG size)
{
    FILE_ALLOCATION_INFO info;
    info.AllocationSize.QuadPart = size;
    return SetFileInformationByHandle(file, FileAllocationInfo, &info, sizeof info);
}

static int set_disposition(HANDLE file, BOOLEAN delete)
{
    FILE_DISPOSITION_INFO info;
    info.DeleteFile = delete;
    return SetFileInformationByHandle(file, FileDispositionInfo, &info, sizeof info);
}

static void asking(void)
{
    HANDLE file = reopen(GENERIC_READ | GENERIC_WRITE | DELETE), blind = reopen(DELETE);
    FILE_BASIC_INFO basic;
    FILE_STANDARD_INFO info;
    FILE_ATTRIBUTE_TAG_INFO tag;
    BY_HANDLE_FILE_INFORMATION by_handle;
    standard("standard", file, 0);
    CALL("basic", GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    RESULT("attributes", basic.FileAttributes);
    GetFileInformationByHandle(file, &by_handle);
    RESULT("written then", !memcmp(&basic.LastWriteTime, &by_handle.ftLastWriteTime, sizeof(FILETIME)));
    CALL("tag", GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag));
    RESULT("attributes", tag.FileAttributes);
    RESULT("tag", tag.ReparseTag);
    CALL("too little", GetFileInformationByHandleEx(file, FileStandardInfo, &info, sizeof info - 1));
    CALL("no such class", GetFileInformationByHandleEx(file, (FILE_INFO_BY_HANDLE_CLASS)1000, &info, sizeof info));
    CALL("no such handle", GetFileInformationByHandleEx(NULL, FileStandardInfo, &info, sizeof info));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_INFO_LENGTH_MISMATCH", 0, ERROR_BAD_LENGTH,
                    SetFileInformationByHandle(file, FileEndOfFileInfo, &info, 7));
    CALL("set no such class", SetFileInformationByHandle(file, (FILE_INFO_BY_HANDLE_CLASS)1000, &info, sizeof info));
    DOCUMENTED_CALL("Wine: ERROR_INVALID_PARAMETER; Windows: STATUS_ACCESS_DENIED", 0, ERROR_ACCESS_DENIED, set_end(blind, 1));
    CloseHandle(blind);
    CloseHandle(file);
}

static void changing(void)
{
    HANDLE file = reopen(GENERIC_READ | GENERIC_WRITE | DELETE);
    CALL("longer", set_end(file, 0x6000));
    standard("standard", file, 0);
    CALL("shorter", set_end(file, 0x4000));
    CALL("no length that a file has", set_end(file, -1));
    DOCUMENTED_CALL("Wine has not written that yet", 1, UNCHANGED, set_allocation(file, 0x10000));
    standard("standard", file, 0);
    CALL("to be deleted", set_disposition(file, TRUE));
    standard("standard", file, 1);
    CALL("and not", set_disposition(file, FALSE));
    standard("standard", file, 0);
    CloseHandle(file);
}

static void mapped(void)
{
    HANDLE file = reopen(GENERIC_READ | GENERIC_WRITE | DELETE);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    void *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CloseHandle(section);
    CALL("shorter, mapped", set_end(file, 0x1000));
    CALL("as long, mapped", set_end(file, 0x4000));
    CALL("longer, mapped", set_end(file, 0x5000));
    CALL("back to what is mapped", set_end(file, 0x4000));
    DOCUMENTED_CALL("Wine has not written that yet", 0, ERROR_USER_MAPPED_FILE, set_allocation(file, 0x1000));
    UnmapViewOfFile(view);
    CALL("shorter, not mapped any more", set_end(file, 0x1000));
    CALL("to be deleted", set_disposition(file, TRUE));
    CloseHandle(file);
    CALL("it is gone", (file = reopen(GENERIC_READ)) != INVALID_HANDLE_VALUE);
}

int main(void)
{
    strcpy(name, temporary_file_of(0x4000));
    asking();
    changing();
    mapped();
    return 0;
}
