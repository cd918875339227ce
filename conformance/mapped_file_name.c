/* The name of the file that is mapped at an address, and the devices that such names begin with. */

#include "image_file.h"

#include <psapi.h>

typedef DWORD(WINAPI *get_name_a)(HANDLE, void *, char *, DWORD);
typedef DWORD(WINAPI *get_name_w)(HANDLE, void *, WCHAR *, DWORD);

static get_name_a name_a;
static get_name_w name_w;

/*
 * Whether a device's path is that of a file, by way of the device that the file's drive stands for.
 * Wine says the path itself, without a device.
 */
static int agrees(const char *device_path, const char *file)
{
    if (on_wine())
        return 1;
    char drive[3] = { file[0], ':', 0 }, device[MAX_PATH];
    if (!QueryDosDeviceA(drive, device, sizeof device))
        return 0;
    size_t length = strlen(device);
    return !strncmp(device_path, device, length) && !lstrcmpiA(device_path + length, file + 2);
}

static void ask(const char *label, void *address, const char *file)
{
    char name[MAX_PATH] = "before";
    SetLastError(UNCHANGED);
    DWORD length = name_a(GetCurrentProcess(), address, name, sizeof name);
    printf("%s: %s, %s", label, length ? "yes" : "no", error_name(GetLastError()));
    if (length)
        printf(", length %s, name %s", length == strlen(name) ? "true" : "false", agrees(name, file) ? "true" : "false");
    else
        printf(", buffer %s", strcmp(name, "before") ? "changed" : "unchanged");
    printf("\n");
    fflush(stdout);
}

static void files(void)
{
    char temporary[MAX_PATH], full[MAX_PATH];
    strcpy(temporary, temporary_file_of(0x12000));
    GetFullPathNameA(temporary, sizeof full, full, NULL);
    HANDLE file = CreateFileA(temporary, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    ask("a view", view, full);
    ask("inside", view + 0x1234, full);
    CloseHandle(section);
    CloseHandle(file);
    ask("without a handle", view, full);

    char exact[MAX_PATH], small[MAX_PATH];
    DWORD length = name_a(GetCurrentProcess(), view, exact, sizeof exact);
    memset(small, 'x', sizeof small);
    CALL("just large enough", name_a(GetCurrentProcess(), view, small, length + 1) == length);
    RESULT("what is in it", strcmp(small, exact));
    memset(small, 'x', sizeof small);
    CALL("a buffer of nothing", name_a(GetCurrentProcess(), view, small, 0));
    RESULT("what is in it", small[0]);
    CALL("no buffer", name_a(GetCurrentProcess(), view, NULL, 0));
    WCHAR wide[MAX_PATH];
    RESULT("wide", name_w(GetCurrentProcess(), view, wide, MAX_PATH) == length);
    int same = 1;
    for (DWORD i = 0; i <= length; i++)
        same &= wide[i] == (unsigned char)exact[i];
    RESULT("the same name", same);
    CALL("no process", name_a(NULL, view, small, sizeof small));
    CALL("a handle of another kind", name_a((HANDLE)0x1234, view, small, sizeof small));
    UnmapViewOfFile(view);
    ask("unmapped", view, full);

    struct image_file image = plain_image();
    write_image(temporary, &image);
    file = open_image(temporary);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    CloseHandle(file);
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    char *second = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(section);
    ask("an image", view + 0x3000, full);
    ask("an image elsewhere", second, full);
    UnmapViewOfFile(view);
    UnmapViewOfFile(second);
    DeleteFileA(temporary);
}

static void others(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    ask("no file", view, "");
    UnmapViewOfFile(view);
    CloseHandle(section);
    void *memory = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ask("private memory", memory, "");
    VirtualFree(memory, 0, MEM_RELEASE);
    ask("free memory", memory, "");
    ask("nothing", NULL, "");
    char program[MAX_PATH];
    GetModuleFileNameA(NULL, program, sizeof program);
    ask("the program", (void *)GetModuleHandleA(NULL), program);
    char name[MAX_PATH];
    RESULT("the system", name_a(GetCurrentProcess(), (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("kernel32.dll"),
                                                                             "VirtualAlloc"),
                                name, sizeof name) != 0);
}

static void devices(void)
{
    char directory[MAX_PATH], drive[4], device[MAX_PATH], list[4096];
    GetTempPathA(sizeof directory, directory);
    drive[0] = directory[0];
    strcpy(drive + 1, ":");
    DWORD length = QueryDosDeviceA(drive, device, sizeof device);
    RESULT("a drive", length != 0);
    RESULT("its length counts two ends", length == strlen(device) + 2);
    RESULT("a device", strncmp(device, "\\Device\\", 8));
    drive[0] |= 0x20;
    RESULT("lower case", QueryDosDeviceA(drive, device, sizeof device) == length);
    DOCUMENTED_CALL("Wine does not mind the backslash", 0, ERROR_FILE_NOT_FOUND,
                    QueryDosDeviceA("c:\\", device, sizeof device));
    CALL("no such drive", QueryDosDeviceA("q:", device, sizeof device));
    CALL("no such device", QueryDosDeviceA("winpages nonsense", device, sizeof device));
    CALL("a small buffer", QueryDosDeviceA(drive, device, 4));
    CALL("no room at all", QueryDosDeviceA(drive, device, 0));
    RESULT("NUL", QueryDosDeviceA("NUL", device, sizeof device) != 0);
    printf("is %s\n", device);
    length = QueryDosDeviceA(NULL, list, sizeof list);
    RESULT("the list", length != 0);
    int found_drive = 0, found_nul = 0;
    for (const char *at = list; *at; at += strlen(at) + 1) {
        found_drive |= !lstrcmpiA(at, drive);
        found_nul |= !lstrcmpiA(at, "NUL");
    }
    RESULT("has the drive", found_drive);
    RESULT("has NUL", found_nul);
    RESULT("ends twice", length >= 2 && !list[length - 1] && !list[length - 2]);
    CALL("no room for the list", QueryDosDeviceA(NULL, list, 3));
    WCHAR wide[MAX_PATH];
    CALL("wide", QueryDosDeviceW(L"NUL", wide, MAX_PATH));
}

int main(void)
{
    HMODULE kernel = GetModuleHandleA("kernel32.dll");
    name_a = (get_name_a)(void *)GetProcAddress(kernel, "K32GetMappedFileNameA");
    name_w = (get_name_w)(void *)GetProcAddress(kernel, "K32GetMappedFileNameW");
    files();
    others();
    devices();
    return 0;
}
