/* The nodes of the machine's memory, and their processors. */

#include "conformance.h"

int main(void)
{
    ULONG highest = 0xCCCCCCCC;
    TRY(GetNumaHighestNodeNumber(&highest));
    RESULT("few nodes", highest < 64);

    ULONGLONG mask = 0, all = 0;
    GROUP_AFFINITY affinity;
    for (ULONG node = 0; node <= highest; node++) {
        if (GetNumaNodeProcessorMask((UCHAR)node, &mask))
            all |= mask;
    }
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    DOCUMENTED("no processor is without a node", info.dwActiveProcessorMask & ~all, 0, "is not implemented");

    memset(&affinity, 0xCC, sizeof affinity);
    DOCUMENTED_CALL("is not implemented", 1, UNCHANGED, GetNumaNodeProcessorMaskEx(0, &affinity));
    DOCUMENTED("a group", affinity.Group, 0, "is not implemented");
    DOCUMENTED("processors", affinity.Mask != 0, 1, "is not implemented");
    DOCUMENTED("reserved", affinity.Reserved[0] | affinity.Reserved[1] | affinity.Reserved[2], 0, "is not implemented");

    mask = 0x77;
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaNodeProcessorMask((UCHAR)(highest + 1), &mask));
    RESULT("unchanged", mask);
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaNodeProcessorMask(0xFF, &mask));
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaNodeProcessorMaskEx((USHORT)(highest + 1), &affinity));

    ULONGLONG available = 0;
    DOCUMENTED_CALL("is not implemented", 1, UNCHANGED, GetNumaAvailableMemoryNode(0, &available));
    DOCUMENTED("available", available != 0, 1, "is not implemented");
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaAvailableMemoryNode((UCHAR)(highest + 1), &available));
    DOCUMENTED_CALL("is not implemented", 1, UNCHANGED, GetNumaAvailableMemoryNodeEx(0, &available));
    DOCUMENTED("available", available != 0, 1, "is not implemented");
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaAvailableMemoryNodeEx((USHORT)(highest + 1), &available));

    UCHAR node = 0x77;
    TRY(GetNumaProcessorNode(0, &node));
    RESULT("its node", node <= highest);
    TRY(GetNumaProcessorNode(200, &node));
    RESULT("of no processor", node);
    PROCESSOR_NUMBER number = { 0, 0, 0 };
    USHORT wide = 0x7777;
    DOCUMENTED_CALL("is not implemented", 1, UNCHANGED, GetNumaProcessorNodeEx(&number, &wide));
    DOCUMENTED("its node", wide <= highest, 1, "is not implemented");
    number.Group = 900;
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaProcessorNodeEx(&number, &wide));
    DOCUMENTED("of no processor", wide, 0xFFFF, "is not implemented");
    number.Group = 0;
    number.Number = 64;
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaProcessorNodeEx(&number, &wide));
    number.Number = 0;
    number.Reserved = 1;
    DOCUMENTED_CALL("is not implemented", 0, ERROR_INVALID_PARAMETER, GetNumaProcessorNodeEx(&number, &wide));

    void *memory = VirtualAllocExNuma(GetCurrentProcess(), NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, highest);
    RESULT("memory of the highest node", memory != NULL);
    VirtualFree(memory, 0, MEM_RELEASE);
    return 0;
}
