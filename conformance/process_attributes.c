/* Attribute lists for new processes and threads: what goes into them, and what comes of it. */

#include "conformance.h"

static char self[MAX_PATH];

static struct {
    const char *name;
    DWORD_PTR number;
    SIZE_T sizes[6];
    /* How many of the sizes are right, of an attribute that is documented and that Wine does not know. */
    unsigned right;
} attributes[] = {
    { "PARENT_PROCESS", 0x20000, { 8, 4, 16, 0 }, 0 },
    { "HANDLE_LIST", 0x20002, { 8, 16, 4, 12, 1, 7 }, 0 },
    { "GROUP_AFFINITY", 0x30003, { 16, 8, 0 }, 1 },
    { "PREFERRED_NODE", 0x20004, { 2, 4, 0 }, 1 },
    { "IDEAL_PROCESSOR", 0x30005, { 4, 2, 8, 0 }, 0 },
    { "MITIGATION_POLICY", 0x20007, { 4, 8, 16, 2, 0 }, 0 },
    { "SECURITY_CAPABILITIES", 0x20009, { 24, 8, 0 }, 1 },
    { "PROTECTION_LEVEL", 0x2000B, { 4, 8, 0 }, 1 },
    { "JOB_LIST", 0x2000D, { 8, 16, 4, 12, 1, 7 }, 0 },
    { "CHILD_PROCESS_POLICY", 0x2000E, { 4, 8, 0 }, 0 },
    { "ALL_APPLICATION_PACKAGES_POLICY", 0x2000F, { 4, 8, 0 }, 1 },
    { "DESKTOP_APP_POLICY", 0x20012, { 4, 8, 0 }, 1 },
    { "PSEUDOCONSOLE", 0x20016, { 8, 4, 0 }, 0 },
    { "MITIGATION_AUDIT_POLICY", 0x20018, { 16, 4, 0 }, 1 },
    { "MACHINE_TYPE", 0x20019, { 2, 4, 0 }, 1 },
    { "COMPONENT_FILTER", 0x2001A, { 4, 8, 0 }, 1 },
    { "ENABLE_OPTIONAL_XSTATE_FEATURES", 0x3001B, { 8, 4, 0 }, 1 },
    { "none", 0x2003F, { 8 }, 0 },
    { "none", 0x20001, { 8 }, 0 },
    { "none", 0, { 8 }, 0 },
    { "HANDLE_LIST without its flag", 2, { 8 }, 0 },
    { "far away", (DWORD_PTR)0x100020002ull, { 8 }, 0 },
};

static LPPROC_THREAD_ATTRIBUTE_LIST list_of(DWORD count)
{
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, count, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = calloc(1, size + 64);
    if (!InitializeProcThreadAttributeList(list, count, 0, &size))
        printf("no list of %u: %s\n", (unsigned)count, error_name(GetLastError()));
    return list;
}

static void lists(void)
{
    SIZE_T size;
    char memory[4096];
    static const DWORD counts[] = { 0, 1, 2, 5, 20 };
    printf("sizes\n");
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size = 1;
        CALL("asked", InitializeProcThreadAttributeList(NULL, counts[i], 0, &size));
        RESULT("size", size);
        SIZE_T one_less = size - 1;
        CALL("too small", InitializeProcThreadAttributeList((void *)memory, counts[i], 0, &one_less));
        RESULT("size", one_less);
        CALL("fits", InitializeProcThreadAttributeList((void *)memory, counts[i], 0, &size));
        size = sizeof memory;
        CALL("more than fits", InitializeProcThreadAttributeList((void *)memory, counts[i], 0, &size));
        RESULT("size", size);
        DeleteProcThreadAttributeList((void *)memory);
    }
    size = sizeof memory;
    DOCUMENTED_CALL("Wine does not look at the flags, which must be 0", 0, ERROR_INVALID_PARAMETER,
                    InitializeProcThreadAttributeList((void *)memory, 1, 1, &size));
    TRY(InitializeProcThreadAttributeList((void *)memory, 0, 0, &size));
    HANDLE handle = GetCurrentProcess();
    TRY(UpdateProcThreadAttribute((void *)memory, 0, 0x20000, &handle, sizeof handle, NULL, NULL));
}

static void each(void)
{
    static char value[64];
    printf("each attribute\n");
    for (unsigned i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        for (unsigned at = 0; at < 6; at++) {
            char label[100];
            LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(2);
            snprintf(label, sizeof label, "%s of %u", attributes[i].name, (unsigned)attributes[i].sizes[at]);
            SetLastError(UNCHANGED);
            BOOL done = UpdateProcThreadAttribute(list, 0, attributes[i].number, value, attributes[i].sizes[at], NULL, NULL);
            if (attributes[i].right)
                report_documented_call(label, done, GetLastError(), at < attributes[i].right,
                                       at < attributes[i].right ? UNCHANGED : ERROR_BAD_LENGTH);
            else
                report_call(label, done, GetLastError());
            DeleteProcThreadAttributeList(list);
            free(list);
            if (!attributes[i].sizes[at])
                break;
        }
    }
    printf("twice, and too many\n");
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(2);
    TRY(UpdateProcThreadAttribute(list, 0, 0x20002, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x20002, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x20002, value, 16, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x2003F, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x20000, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x20007, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x2003F, value, 8, NULL, NULL));
    TRY(UpdateProcThreadAttribute(list, 0, 0x20007, value, 3, NULL, NULL));
    DeleteProcThreadAttributeList(list);
    free(list);
    printf("what must be 0\n");
    list = list_of(2);
    char previous[64];
    DOCUMENTED_CALL("Wine does not look", 0, ERROR_INVALID_PARAMETER,
                    UpdateProcThreadAttribute(list, 2, 0x20002, value, 8, NULL, NULL));
    DOCUMENTED_CALL("Wine does not look", 0, ERROR_INVALID_PARAMETER,
                    UpdateProcThreadAttribute(list, 0, 0x20002, value, 8, previous, NULL));
    DeleteProcThreadAttributeList(list);
    free(list);
}

static DWORD start(DWORD_PTR attribute, void *value, SIZE_T size, BOOL inherit, DWORD cb, DWORD flags)
{
    STARTUPINFOEXA startup;
    PROCESS_INFORMATION process;
    DWORD error = 0;
    char line[] = "child";
    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = cb;
    startup.lpAttributeList = attribute == 1 ? NULL : list_of(1);
    if (attribute > 1 && !UpdateProcThreadAttribute(startup.lpAttributeList, 0, attribute, value, size, NULL, NULL))
        printf("not in the list: %s\n", error_name(GetLastError()));
    SetLastError(UNCHANGED);
    if (CreateProcessA(self, line, NULL, NULL, inherit, flags, NULL, NULL, &startup.StartupInfo, &process)) {
        WaitForSingleObject(process.hProcess, 60000);
        CloseHandle(process.hThread);
        CloseHandle(process.hProcess);
    } else {
        error = GetLastError();
    }
    SetLastError(error);
    return error;
}

#define EX EXTENDED_STARTUPINFO_PRESENT
#define STARTED(...)                                                                                                   \
    do {                                                                                                               \
        DWORD error_ = start(__VA_ARGS__);                                                                             \
        printf("%s: %s\n", #__VA_ARGS__, error_ ? error_name(error_) : "started");                                     \
        fflush(stdout);                                                                                                \
    } while (0)
#define DOCUMENTED_START(reason, expected, ...)                                                                        \
    DOCUMENTED(#__VA_ARGS__, on_wine() ? 0 : start(__VA_ARGS__), expected, reason)

static void starts(void)
{
    const DWORD ex = sizeof(STARTUPINFOEXA);
    SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
    HANDLE good = CreateEventA(&inheritable, FALSE, FALSE, NULL), private = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE both[2] = { good, good }, mixed[2] = { good, private }, none = NULL;
    HANDLE process = GetCurrentProcess();
    HANDLE itself = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    printf("sizes of the structure\n");
    STARTED(1, NULL, 0, FALSE, ex, EX);
    STARTED(0, NULL, 0, FALSE, ex, EX);
    DOCUMENTED_START("Wine does not look at the size", ERROR_INVALID_PARAMETER, 0, NULL, 0, FALSE, sizeof(STARTUPINFOA), EX);
    DOCUMENTED_START("Wine does not look at the size", ERROR_INVALID_PARAMETER, 0, NULL, 0, FALSE, ex + 8, EX);
    DOCUMENTED_START("Wine does not look at the size", ERROR_INVALID_PARAMETER, 0, NULL, 0, FALSE, 0, EX);
    STARTED(0, NULL, 0, FALSE, ex, 0);
    STARTED(0, NULL, 0, FALSE, 0, 0);
    STARTED(0, NULL, 0, FALSE, 1000, 0);
    printf("lists of handles\n");
    STARTED(0x20002, &good, 8, TRUE, ex, EX);
    DOCUMENTED_START("Wine does not look whether handles are inherited", ERROR_INVALID_PARAMETER, 0x20002, &good, 8, FALSE, ex, EX);
    STARTED(0x20002, both, 16, TRUE, ex, EX);
    DOCUMENTED_START("Wine does not look whether handles can be inherited", ERROR_INVALID_PARAMETER, 0x20002, &private, 8, TRUE, ex, EX);
    DOCUMENTED_START("Wine does not look whether handles can be inherited", ERROR_INVALID_PARAMETER, 0x20002, mixed, 16, TRUE, ex, EX);
    STARTED(0x20002, &none, 8, TRUE, ex, EX);
    STARTED(0x20002, &private, 8, TRUE, ex, 0);
    printf("parents\n");
    STARTED(0x20000, &itself, 8, FALSE, ex, EX);
    STARTED(0x20000, &process, 8, FALSE, ex, EX);
    STARTED(0x20000, &none, 8, FALSE, ex, EX);
    STARTED(0x20000, &good, 8, FALSE, ex, EX);
    printf("jobs\n");
    STARTED(0x2000D, &none, 8, FALSE, ex, EX);
    STARTED(0x2000D, &good, 8, FALSE, ex, EX);
    CloseHandle(itself);
    CloseHandle(good);
    CloseHandle(private);
}

static DWORD WINAPI nothing(void *parameter)
{
    (void)parameter;
    return 5;
}

static HANDLE thread_with(DWORD_PTR attribute, void *value, SIZE_T size)
{
    LPPROC_THREAD_ATTRIBUTE_LIST list = list_of(1);
    if (!UpdateProcThreadAttribute(list, 0, attribute, value, size, NULL, NULL) && !on_wine())
        printf("not in the list: %s\n", error_name(GetLastError()));
    SetLastError(UNCHANGED);
    HANDLE thread = CreateRemoteThreadEx(GetCurrentProcess(), NULL, 0, nothing, NULL, CREATE_SUSPENDED, list, NULL);
    DWORD error = GetLastError();
    DeleteProcThreadAttributeList(list);
    free(list);
    SetLastError(error);
    return thread;
}

static void finish(HANDLE thread)
{
    if (thread) {
        ResumeThread(thread);
        WaitForSingleObject(thread, 60000);
        CloseHandle(thread);
    }
}

static void threads(void)
{
    GROUP_AFFINITY affinity = { 1, 0, { 0 } }, found;
    PROCESSOR_NUMBER ideal = { 0, 0, 0 }, told;
    DWORD policy = 0;
    HANDLE thread, process = GetCurrentProcess();
    DWORD_PTR own, system;
    GetProcessAffinityMask(GetCurrentProcess(), &own, &system);
    affinity.Mask = own & (~own + 1);
    printf("threads\n");
    CALL("no list", thread = CreateRemoteThreadEx(GetCurrentProcess(), NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL, NULL));
    finish(thread);
    DOCUMENTED_CALL("Wine takes no list", 1, UNCHANGED, thread = thread_with(0x30003, &affinity, sizeof affinity));
    memset(&found, 0, sizeof found);
    GetThreadGroupAffinity(thread, &found);
    DOCUMENTED("its processors", found.Mask == affinity.Mask && found.Group == 0, 1, "as above");
    finish(thread);
    DOCUMENTED_CALL("as above", 1, UNCHANGED, thread = thread_with(0x30005, &ideal, sizeof ideal));
    memset(&told, 9, sizeof told);
    GetThreadIdealProcessorEx(thread, &told);
    DOCUMENTED("its ideal processor", told.Group == 0 && told.Number == 0, 1, "as above");
    finish(thread);
    affinity.Mask = 0;
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_PARAMETER, thread = thread_with(0x30003, &affinity, sizeof affinity));
    finish(thread);
    affinity.Mask = 1;
    affinity.Group = 77;
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_PARAMETER, thread = thread_with(0x30003, &affinity, sizeof affinity));
    finish(thread);
    ideal.Group = 77;
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_PARAMETER, thread = thread_with(0x30005, &ideal, sizeof ideal));
    finish(thread);
    /* These are of processes. */
    DOCUMENTED_CALL("as above", 0, ERROR_NOT_SUPPORTED, thread = thread_with(0x20007, &policy, sizeof policy));
    finish(thread);
    DOCUMENTED_CALL("as above", 0, ERROR_NOT_SUPPORTED, thread = thread_with(0x20000, &process, sizeof process));
    finish(thread);
}

/* A new process's first thread runs where the list says. */
static void first_thread(void)
{
    STARTUPINFOEXA startup;
    PROCESS_INFORMATION process;
    DWORD_PTR own, system;
    GROUP_AFFINITY affinity = { 0, 0, { 0 } }, found = { 0, 0, { 0 } };
    char line[] = "child";
    GetProcessAffinityMask(GetCurrentProcess(), &own, &system);
    affinity.Mask = own & (~own + 1);
    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.lpAttributeList = list_of(1);
    printf("first threads\n");
    DOCUMENTED_CALL("Wine does not know it", 1, UNCHANGED,
                    UpdateProcThreadAttribute(startup.lpAttributeList, 0, 0x30003, &affinity, sizeof affinity, NULL, NULL));
    CALL("started", CreateProcessA(self, line, NULL, NULL, FALSE, EX | CREATE_SUSPENDED, NULL, NULL, &startup.StartupInfo, &process));
    GetThreadGroupAffinity(process.hThread, &found);
    DOCUMENTED("its processors", found.Mask == affinity.Mask && found.Group == 0, 1, "as above");
    ResumeThread(process.hThread);
    WaitForSingleObject(process.hProcess, 60000);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    affinity.Mask = 0;
    CALL("no processors", CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup.StartupInfo, &process));
    WaitForSingleObject(process.hProcess, 60000);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    DOCUMENTED_CALL("as above", 0, ERROR_INVALID_PARAMETER,
                    !on_wine() && CreateProcessA(self, line, NULL, NULL, FALSE, EX, NULL, NULL, &startup.StartupInfo, &process));
}

int main(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "child") == 0)
        return 0;
    GetModuleFileNameA(NULL, self, sizeof self);
    lists();
    each();
    starts();
    first_thread();
    threads();
    return 0;
}
