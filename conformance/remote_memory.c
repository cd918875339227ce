/* The memory and the handles of another process: allocated, protected, queried, freed, duplicated from here. */

#include "conformance.h"

static char self[MAX_PATH];
static HANDLE section;
static volatile LONG *view;

static int child(char **argv)
{
    HANDLE handle = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 0);
    volatile LONG *shared = MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0);
    shared[0] = 1;
    /* Orders: 1, print the text at an address; 2, describe an address; 3, use a handle; 4, end. */
    for (int i = 0; i < 6000; i++) {
        LONG order = shared[1];
        ULONG_PTR argument = *(volatile ULONG_PTR *)(shared + 4);
        if (order == 1)
            printf("  the child reads [%s]\n", (const char *)argument);
        else if (order == 2)
            describe("  the child sees", (void *)argument, 0);
        else if (order == 3) {
            char *mapped = MapViewOfFile((HANDLE)argument, FILE_MAP_WRITE, 0, 0, 0);
            if (mapped) {
                printf("  the child maps [%s]\n", mapped);
                strcpy(mapped, "answer");
                UnmapViewOfFile(mapped);
            } else {
                printf("  the child cannot map: %s\n", error_name(GetLastError()));
            }
        } else if (order == 4) {
            return 0;
        } else if (order == 5) {
            DWORD flags = 0;
            BOOL known = GetHandleInformation((HANDLE)argument, &flags);
            printf("  the child's handle: %s, flags 0x%x\n", known ? "yes" : "no", (unsigned)flags);
        } else if (order == 6) {
            *(volatile ULONG_PTR *)(shared + 6) = (ULONG_PTR)CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
                                                                             PAGE_READWRITE, 0, 0x1000, NULL);
            char *mapped = MapViewOfFile(*(HANDLE volatile *)(shared + 6), FILE_MAP_WRITE, 0, 0, 0);
            strcpy(mapped, "of the child");
            UnmapViewOfFile(mapped);
        }
        if (order) {
            fflush(stdout);
            shared[1] = 0;
        }
        Sleep(10);
    }
    return 1;
}

static void order(LONG number, ULONG_PTR argument)
{
    fflush(stdout);
    *(volatile ULONG_PTR *)(view + 4) = argument;
    view[1] = number;
    for (int i = 0; i < 3000 && view[1]; i++)
        Sleep(10);
}

static const char *query(HANDLE process, void *address)
{
    static char text[200];
    MEMORY_BASIC_INFORMATION info;
    SetLastError(UNCHANGED);
    if (VirtualQueryEx(process, address, &info, sizeof info) != sizeof info) {
        snprintf(text, sizeof text, "%s", error_name(GetLastError()));
        return text;
    }
    snprintf(text, sizeof text, "%s %s %s 0x%x", state_name(info.State), type_name(info.Type),
             protection_name(info.Protect), info.State == MEM_FREE ? 0 : (unsigned)info.RegionSize);
    return text;
}

int main(int argc, char **argv)
{
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    char line[64], text[32];
    SIZE_T count;
    DWORD old;

    if (argc > 1)
        return child(argv);
    GetModuleFileNameA(NULL, self, sizeof self);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, 0x1000, NULL);
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "child %llu", (unsigned long long)(ULONG_PTR)section);
    fflush(stdout);
    if (!CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return 1;
    for (int i = 0; i < 3000 && !view[0]; i++)
        Sleep(10);
    HANDLE other = process.hProcess;

    printf("memory\n");
    char *p = VirtualAllocEx(other, NULL, 4 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    RESULT("reserved", p != NULL && (ULONG_PTR)p % GRANULARITY == 0);
    printf("reserved: %s\n", query(other, p));
    CALL("commit", VirtualAllocEx(other, p + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + PAGE);
    printf("committed: %s\n", query(other, p + PAGE));
    CALL("write", WriteProcessMemory(other, p + PAGE, "a letter", 9, &count));
    order(1, (ULONG_PTR)p + PAGE);
    CALL("protect", VirtualProtectEx(other, p + PAGE, PAGE, PAGE_READONLY, &old));
    printf("old: %s\n", protection_name(old));
    printf("protected: %s\n", query(other, p + PAGE));
    order(2, (ULONG_PTR)p + PAGE);
    CALL("read", ReadProcessMemory(other, p + PAGE, text, 9, &count));
    printf("[%s]\n", text);
    CALL("protect what is reserved", VirtualProtectEx(other, p, PAGE, PAGE_READONLY, &old));
    CALL("commit outside", VirtualAllocEx(other, p + 4 * GRANULARITY, PAGE, MEM_COMMIT, PAGE_READWRITE));
    CALL("no size", VirtualAllocEx(other, NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    CALL("no protection", VirtualAllocEx(other, NULL, PAGE, MEM_COMMIT, 0));
    CALL("decommit", VirtualFreeEx(other, p + PAGE, PAGE, MEM_DECOMMIT));
    printf("decommitted: %.7s\n", query(other, p + PAGE));
    CALL("release inside", VirtualFreeEx(other, p + PAGE, 0, MEM_RELEASE));
    CALL("release", VirtualFreeEx(other, p, 0, MEM_RELEASE));
    printf("released: %s\n", query(other, p));

    printf("a whole walk\n");
    MEMORY_BASIC_INFORMATION info;
    ULONG_PTR at = 0;
    unsigned regions = 0, images = 0, gapless = 1;
    while (VirtualQueryEx(other, (void *)at, &info, sizeof info) == sizeof info) {
        gapless &= (ULONG_PTR)info.BaseAddress == at && info.RegionSize > 0;
        images += info.Type == MEM_IMAGE;
        regions++;
        at += info.RegionSize;
    }
    printf("gapless %u, many regions %u, images %u\n", gapless, regions > 20, images > 5);

    printf("rights\n");
    HANDLE reader = OpenProcess(PROCESS_VM_READ, FALSE, process.dwProcessId);
    CALL("allocate", VirtualAllocEx(reader, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
    CALL("query", VirtualQueryEx(reader, p, &info, sizeof info));
    HANDLE duplicate = NULL;
    CALL("duplicate", DuplicateHandle(reader, section, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(reader);

    printf("handles\n");
    HANDLE own = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    char *mapped = MapViewOfFile(own, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(mapped, "question");
    HANDLE theirs = NULL;
    CALL("into the other process",
         DuplicateHandle(GetCurrentProcess(), own, other, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS));
    order(3, (ULONG_PTR)theirs);
    printf("[%s]\n", mapped);
    HANDLE reduced = NULL;
    CALL("with fewer rights", DuplicateHandle(GetCurrentProcess(), own, other, &reduced, FILE_MAP_READ, TRUE, 0));
    order(3, (ULONG_PTR)reduced);
    order(5, (ULONG_PTR)reduced);
    CALL("back, and closed there", DuplicateHandle(other, theirs, GetCurrentProcess(), &duplicate, 0, FALSE,
                                                   DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    order(5, (ULONG_PTR)theirs);
    char *again = MapViewOfFile(duplicate, FILE_MAP_READ, 0, 0, 0);
    RESULT("the same memory", again && strcmp(again, "answer") == 0);
    DOCUMENTED_CALL("ZwDuplicateObject: no target process; Wine asks for one", 1, UNCHANGED,
                    DuplicateHandle(other, reduced, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    DOCUMENTED_CALL("Wine leaves it open", 0, ERROR_INVALID_HANDLE,
                    DuplicateHandle(other, reduced, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    order(6, 0);
    HANDLE from = NULL;
    CALL("from the other process", DuplicateHandle(other, *(HANDLE volatile *)(view + 6), GetCurrentProcess(), &from, 0, FALSE,
                                                   DUPLICATE_SAME_ACCESS));
    again = MapViewOfFile(from, FILE_MAP_READ, 0, 0, 0);
    printf("[%s]\n", again ? again : "");
    duplicate = (HANDLE)1;
    CALL("no handle there", DuplicateHandle(other, (HANDLE)0x7770, GetCurrentProcess(), &duplicate, 0, FALSE,
                                            DUPLICATE_SAME_ACCESS));

    order(4, 0);
    DWORD code = STILL_ACTIVE;
    for (int i = 0; i < 3000 && code == STILL_ACTIVE; i++) {
        GetExitCodeProcess(other, &code);
        Sleep(10);
    }
    RESULT("exit code", code);
    printf("after its end\n");
    CALL("allocate", VirtualAllocEx(other, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
    CALL("query", VirtualQueryEx(other, p, &info, sizeof info));
    CALL("free", VirtualFreeEx(other, p, 0, MEM_RELEASE));
    CALL("protect", VirtualProtectEx(other, p, PAGE, PAGE_READONLY, &old));
    CALL("duplicate", DuplicateHandle(GetCurrentProcess(), own, other, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS));
    return 0;
}
