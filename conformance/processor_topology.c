/* How the processors belong together. */

#define _WIN32_WINNT 0x0A00
#include "conformance.h"

#define ROOM (1 << 20)

static BYTE buffer[ROOM];

static void plain(void)
{
    DWORD length = 0;
    SetLastError(UNCHANGED);
    RESULT("too short", GetLogicalProcessorInformation(NULL, &length));
    RESULT("error", GetLastError());
    RESULT("whole entries", length % sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
    DWORD needed = length;
    length = ROOM;
    TRY(GetLogicalProcessorInformation((SYSTEM_LOGICAL_PROCESSOR_INFORMATION *)buffer, &length));
    RESULT("as much", length - needed);

    SYSTEM_INFO info;
    GetSystemInfo(&info);
    ULONG_PTR cores = 0, packages = 0, nodes = 0, twice = 0;
    unsigned caches = 0, odd = 0;
    for (DWORD at = 0; at < length; at += sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION)) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION *entry = (void *)(buffer + at);
        switch (entry->Relationship) {
        case RelationProcessorCore:
            twice |= cores & entry->ProcessorMask;
            cores |= entry->ProcessorMask;
            odd += entry->ProcessorCore.Flags != ((entry->ProcessorMask & (entry->ProcessorMask - 1)) != 0);
            break;
        case RelationProcessorPackage:
            twice |= packages & entry->ProcessorMask;
            packages |= entry->ProcessorMask;
            break;
        case RelationNumaNode:
            nodes |= entry->ProcessorMask;
            break;
        case RelationCache:
            caches++;
            odd += entry->Cache.Level < 1 || entry->Cache.Level > 4 || !entry->Cache.Size || entry->Cache.Type > 2;
            odd += entry->Cache.LineSize & (entry->Cache.LineSize - 1);
            break;
        default:
            odd++;
        }
    }
    RESULT("every processor has a core", cores == info.dwActiveProcessorMask);
    RESULT("every processor has a package", packages == info.dwActiveProcessorMask);
    RESULT("every processor has a node", nodes == info.dwActiveProcessorMask);
    RESULT("none has two", twice);
    RESULT("odd entries", odd);
}

static void extended(LOGICAL_PROCESSOR_RELATIONSHIP kind)
{
    DWORD length = 0;
    SetLastError(UNCHANGED);
    RESULT("too short", GetLogicalProcessorInformationEx(kind, NULL, &length));
    RESULT("error", GetLastError());
    length = ROOM;
    TRY(GetLogicalProcessorInformationEx(kind, (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)buffer, &length));
    unsigned others = 0, odd = 0;
    ULONG_PTR cores = 0;
    DWORD at = 0;
    while (at < length) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = (void *)(buffer + at);
        others += kind != RelationAll && entry->Relationship != kind;
        if (entry->Relationship == RelationProcessorCore) {
            odd += entry->Processor.GroupCount != 1;
            cores |= entry->Processor.GroupMask[0].Mask;
        }
        if (entry->Relationship == RelationGroup) {
            odd += !entry->Group.ActiveGroupCount;
            odd += !entry->Group.GroupInfo[0].ActiveProcessorCount;
            odd += entry->Group.GroupInfo[0].MaximumProcessorCount < entry->Group.GroupInfo[0].ActiveProcessorCount;
            odd += !entry->Group.GroupInfo[0].ActiveProcessorMask;
        }
        if (!entry->Size)
            break;
        at += entry->Size;
    }
    RESULT("to the end", length - at);
    RESULT("others", others);
    RESULT("odd", odd);
    RESULT("cores", cores != 0);
}

int main(void)
{
    plain();
    extended(RelationProcessorCore);
    extended(RelationGroup);
    extended(RelationAll);
    return 0;
}
