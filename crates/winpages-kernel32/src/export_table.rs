//! Which function is found in which module.
//!
//! One line for each function that programs can find by name: GetProcAddress answers from here, and
//! a function is found in the modules where Windows has it, and in no other.

/// Modules of Windows, one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modules(u8);

impl Modules {
    /// kernel32.dll
    pub const KERNEL32: Self = Self(1);
    /// kernelbase.dll
    pub const KERNELBASE: Self = Self(2);
    /// ntdll.dll
    pub const NTDLL: Self = Self(4);
    /// psapi.dll
    pub const PSAPI: Self = Self(8);
    /// advapi32.dll
    pub const ADVAPI32: Self = Self(16);
    /// advapi32 and kernelbase, which it forwards to.
    const ADVAPI32_KERNELBASE: Self = Self(Self::ADVAPI32.0 | Self::KERNELBASE.0);
    /// psapi and kernelbase, which it forwards to.
    const PSAPI_KERNELBASE: Self = Self(Self::PSAPI.0 | Self::KERNELBASE.0);
    /// kernel32, which forwards some to ntdll.
    const KERNEL32_NTDLL: Self = Self(Self::KERNEL32.0 | Self::NTDLL.0);
    /// Where a few are.
    const ADVAPI32_BOTH: Self = Self(Self::ADVAPI32.0 | Self::BOTH.0);
    /// Where most functions are.
    const BOTH: Self = Self(Self::KERNEL32.0 | Self::KERNELBASE.0);

    const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A function and where it is found.
struct Export {
    name: &'static str,
    modules: Modules,
    function: *const (),
}

// SAFETY: the pointer is to a function, which nobody can change.
unsafe impl Sync for Export {}

macro_rules! exports {
    ($($modules:ident: $($module:ident)::+;)*) => {
        &[$(Export {
            name: last_of!($($module)::+),
            modules: Modules::$modules,
            function: crate::$($module)::+ as *const (),
        }),*]
    };
}

macro_rules! last_of {
    ($name:ident) => { stringify!($name) };
    ($first:ident::$($rest:ident)::+) => { last_of!($($rest)::+) };
}

static EXPORTS: &[Export] = exports! {
    KERNELBASE: address_wait::WaitOnAddress;
    KERNELBASE: address_wait::WakeByAddressSingle;
    KERNELBASE: address_wait::WakeByAddressAll;
    NTDLL: address_wait::RtlWaitOnAddress;
    NTDLL: address_wait::RtlWakeAddressSingle;
    NTDLL: address_wait::RtlWakeAddressAll;
    BOTH: code_page::MultiByteToWideChar;
    BOTH: code_page::WideCharToMultiByte;
    BOTH: code_page::GetACP;
    BOTH: code_page::GetOEMCP;
    BOTH: code_page::AreFileApisANSI;
    BOTH: code_page::SetFileApisToANSI;
    BOTH: code_page::SetFileApisToOEM;
    BOTH: condition_variable::SleepConditionVariableCS;
    BOTH: condition_variable::SleepConditionVariableSRW;
    NTDLL: condition_variable::RtlSleepConditionVariableCS;
    NTDLL: condition_variable::RtlSleepConditionVariableSRW;
    BOTH: condition_variable::InitializeConditionVariable;
    NTDLL: condition_variable::RtlInitializeConditionVariable;
    BOTH: condition_variable::WakeConditionVariable;
    NTDLL: condition_variable::RtlWakeConditionVariable;
    BOTH: condition_variable::WakeAllConditionVariable;
    NTDLL: condition_variable::RtlWakeAllConditionVariable;
    BOTH: console::GetConsoleScreenBufferInfo;
    BOTH: console::WriteConsoleA;
    BOTH: console::WriteConsoleW;
    BOTH: console::GetConsoleMode;
    BOTH: critical_section::InitializeCriticalSection;
    BOTH: critical_section::InitializeCriticalSectionAndSpinCount;
    BOTH: critical_section::InitializeCriticalSectionEx;
    NTDLL: critical_section::RtlInitializeCriticalSection;
    NTDLL: critical_section::RtlInitializeCriticalSectionAndSpinCount;
    NTDLL: critical_section::RtlInitializeCriticalSectionEx;
    BOTH: critical_section::EnterCriticalSection;
    BOTH: critical_section::TryEnterCriticalSection;
    BOTH: critical_section::LeaveCriticalSection;
    BOTH: critical_section::DeleteCriticalSection;
    BOTH: critical_section::SetCriticalSectionSpinCount;
    NTDLL: critical_section::RtlSetCriticalSectionSpinCount;
    NTDLL: critical_section::RtlIsCriticalSectionLocked;
    NTDLL: critical_section::RtlIsCriticalSectionLockedByThread;
    NTDLL: critical_section::RtlEnterCriticalSection;
    NTDLL: critical_section::RtlTryEnterCriticalSection;
    NTDLL: critical_section::RtlLeaveCriticalSection;
    NTDLL: critical_section::RtlDeleteCriticalSection;
    BOTH: debugger::IsDebuggerPresent;
    BOTH: debugger::DebugBreak;
    BOTH: debugger::OutputDebugStringA;
    BOTH: debugger::OutputDebugStringW;
    NTDLL: dos_error::RtlNtStatusToDosError;
    BOTH: dos_device::QueryDosDeviceW;
    KERNEL32: dos_device::QueryDosDeviceA;
    BOTH: drive_type::GetDriveTypeA;
    BOTH: drive_type::GetDriveTypeW;
    BOTH: environment::GetEnvironmentVariableW;
    BOTH: environment::GetEnvironmentVariableA;
    BOTH: environment::SetEnvironmentVariableW;
    BOTH: environment::SetEnvironmentVariableA;
    BOTH: environment_block::GetEnvironmentStrings;
    BOTH: environment_block::GetEnvironmentStringsA;
    BOTH: environment_block::GetEnvironmentStringsW;
    BOTH: environment_block::FreeEnvironmentStringsA;
    BOTH: environment_block::FreeEnvironmentStringsW;
    BOTH: event::CreateEventW;
    BOTH: event::CreateEventA;
    BOTH: event::CreateEventExW;
    BOTH: event::CreateEventExA;
    BOTH: event::OpenEventW;
    BOTH: event::OpenEventA;
    BOTH: event::SetEvent;
    BOTH: event::ResetEvent;
    BOTH: event::PulseEvent;
    BOTH: exception::AddVectoredContinueHandler;
    BOTH: exception::AddVectoredExceptionHandler;
    BOTH: exception::RaiseException;
    BOTH: exception::RemoveVectoredContinueHandler;
    BOTH: exception::RemoveVectoredExceptionHandler;
    BOTH: exception::SetUnhandledExceptionFilter;
    BOTH: exception::UnhandledExceptionFilter;
    NTDLL: exception::RtlAddVectoredContinueHandler;
    NTDLL: exception::RtlAddVectoredExceptionHandler;
    NTDLL: exception::RtlRemoveVectoredContinueHandler;
    NTDLL: exception::RtlRemoveVectoredExceptionHandler;
    BOTH: fiber_local_storage::FlsAlloc;
    BOTH: fiber_local_storage::FlsFree;
    BOTH: fiber_local_storage::FlsGetValue;
    BOTH: fiber_local_storage::FlsSetValue;
    BOTH: fiber_local_storage::IsThreadAFiber;
    BOTH: file_attributes::GetFileAttributesA;
    BOTH: file_attributes::GetFileAttributesW;
    BOTH: file_attributes::GetFileAttributesExA;
    BOTH: file_attributes::GetFileAttributesExW;
    BOTH: file_attributes::SetFileAttributesA;
    BOTH: file_attributes::SetFileAttributesW;
    BOTH: file_attributes::GetFileInformationByHandle;
    BOTH: file_attributes::GetFileType;
    BOTH: file_information::GetFileInformationByHandleEx;
    BOTH: file_information::SetFileInformationByHandle;
    BOTH: file_find::FindClose;
    BOTH: file_find::FindFirstFileA;
    BOTH: file_find::FindFirstFileW;
    BOTH: file_find::FindNextFileA;
    BOTH: file_find::FindNextFileW;
    BOTH: file_lock::LockFile;
    BOTH: file_lock::LockFileEx;
    BOTH: file_lock::UnlockFile;
    BOTH: file_lock::UnlockFileEx;
    BOTH: file_mapping::CreateFileMappingW;
    KERNEL32: file_mapping::CreateFileMappingA;
    BOTH: file_mapping::OpenFileMappingW;
    KERNEL32: file_mapping::OpenFileMappingA;
    BOTH: file_mapping::CreateFileMappingNumaW;
    KERNEL32: file_mapping::CreateFileMappingNumaA;
    KERNELBASE: file_mapping::CreateFileMapping2;
    BOTH: file_view::MapViewOfFileEx;
    BOTH: file_view::MapViewOfFileExNuma;
    BOTH: file_view::MapViewOfFile;
    KERNELBASE: file_view::MapViewOfFileNuma2;
    KERNELBASE: file_view::MapViewOfFile3;
    BOTH: file_view::UnmapViewOfFile;
    BOTH: file_view::UnmapViewOfFileEx;
    KERNELBASE: file_view::UnmapViewOfFile2;
    BOTH: file_view::FlushViewOfFile;
    KERNELBASE: from_app::VirtualAllocFromApp;
    KERNELBASE: from_app::VirtualAlloc2FromApp;
    KERNELBASE: from_app::VirtualProtectFromApp;
    BOTH: from_app::CreateFileMappingFromApp;
    KERNELBASE: from_app::OpenFileMappingFromApp;
    BOTH: from_app::MapViewOfFileFromApp;
    KERNELBASE: from_app::MapViewOfFile3FromApp;
    BOTH: file_name::DeleteFileA;
    BOTH: file_name::DeleteFileW;
    KERNEL32: file_name::MoveFileA;
    KERNEL32: file_name::MoveFileW;
    KERNEL32: file_name::MoveFileExA;
    BOTH: file_name::MoveFileExW;
    KERNEL32: file_name::CopyFileA;
    BOTH: file_name::CopyFileW;
    BOTH: file_name::CreateDirectoryA;
    BOTH: file_name::CreateDirectoryW;
    BOTH: file_name::RemoveDirectoryA;
    BOTH: file_name::RemoveDirectoryW;
    BOTH: file_open::CreateFileW;
    BOTH: file_open::CreateFileA;
    BOTH: file_open::CreateFile2;
    BOTH: file_position::SetFilePointer;
    BOTH: file_position::SetFilePointerEx;
    BOTH: file_position::SetEndOfFile;
    BOTH: file_position::GetFileSize;
    BOTH: file_position::GetFileSizeEx;
    BOTH: file_transfer::ReadFile;
    BOTH: file_transfer::WriteFile;
    BOTH: file_transfer::FlushFileBuffers;
    BOTH: handle::CloseHandle;
    BOTH: handle::DuplicateHandle;
    KERNELBASE: handle::CompareObjectHandles;
    BOTH: handle::GetHandleInformation;
    BOTH: handle::SetHandleInformation;
    BOTH: global_memory::GlobalAlloc;
    KERNEL32: global_memory::GlobalCompact;
    KERNEL32: global_memory::GlobalFix;
    KERNEL32: global_memory::GlobalFlags;
    BOTH: global_memory::GlobalFree;
    KERNEL32: global_memory::GlobalHandle;
    KERNEL32: global_memory::GlobalLock;
    KERNEL32: global_memory::GlobalReAlloc;
    KERNEL32: global_memory::GlobalSize;
    KERNEL32: global_memory::GlobalUnfix;
    KERNEL32: global_memory::GlobalUnlock;
    BOTH: heap::GetProcessHeap;
    BOTH: heap::GetProcessHeaps;
    BOTH: heap::HeapAlloc;
    BOTH: heap::HeapCompact;
    BOTH: heap::HeapCreate;
    BOTH: heap::HeapDestroy;
    BOTH: heap::HeapFree;
    BOTH: heap::HeapLock;
    BOTH: heap::HeapQueryInformation;
    BOTH: heap::HeapReAlloc;
    BOTH: heap::HeapSetInformation;
    BOTH: heap::HeapSize;
    BOTH: heap::HeapUnlock;
    BOTH: heap::HeapValidate;
    BOTH: heap_walk::HeapSummary;
    BOTH: heap_walk::HeapWalk;
    BOTH: interlocked_list::InitializeSListHead;
    NTDLL: interlocked_list::RtlInitializeSListHead;
    BOTH: interlocked_list::InterlockedPushEntrySList;
    NTDLL: interlocked_list::RtlInterlockedPushEntrySList;
    BOTH: interlocked_list::InterlockedPushListSListEx;
    NTDLL: interlocked_list::RtlInterlockedPushListSListEx;
    BOTH: interlocked_list::InterlockedPushListSList;
    NTDLL: interlocked_list::RtlInterlockedPushListSList;
    BOTH: interlocked_list::InterlockedPopEntrySList;
    NTDLL: interlocked_list::RtlInterlockedPopEntrySList;
    BOTH: interlocked_list::InterlockedFlushSList;
    NTDLL: interlocked_list::RtlInterlockedFlushSList;
    BOTH: interlocked_list::QueryDepthSList;
    NTDLL: interlocked_list::RtlQueryDepthSList;
    NTDLL: interlocked_list::RtlFirstEntrySList;
    BOTH: last_error::GetLastError;
    BOTH: last_error::SetLastError;
    BOTH: local_memory::LocalAlloc;
    KERNEL32: local_memory::LocalFlags;
    BOTH: local_memory::LocalFree;
    KERNEL32: local_memory::LocalHandle;
    BOTH: local_memory::LocalLock;
    BOTH: local_memory::LocalReAlloc;
    KERNEL32: local_memory::LocalSize;
    BOTH: local_memory::LocalUnlock;
    KERNEL32: memory_status::GlobalMemoryStatus;
    BOTH: memory_status::GlobalMemoryStatusEx;
    BOTH: memory_status::GetPhysicallyInstalledSystemMemory;
    BOTH: memory_status::GetLargePageMinimum;
    BOTH: memory_status::K32GetPerformanceInfo;
    PSAPI_KERNELBASE: memory_status::GetPerformanceInfo;
    BOTH: mapped_file_name::K32GetMappedFileNameW;
    BOTH: mapped_file_name::K32GetMappedFileNameA;
    PSAPI_KERNELBASE: mapped_file_name::GetMappedFileNameW;
    PSAPI_KERNELBASE: mapped_file_name::GetMappedFileNameA;
    BOTH: memory_resource_notification::CreateMemoryResourceNotification;
    BOTH: memory_resource_notification::QueryMemoryResourceNotification;
    BOTH: message::FormatMessageW;
    BOTH: message::FormatMessageA;
    BOTH: module::GetModuleHandleA;
    BOTH: module::GetModuleHandleW;
    BOTH: module::GetModuleHandleExA;
    BOTH: module::GetModuleHandleExW;
    BOTH: module::GetProcAddress;
    BOTH: module::LoadLibraryA;
    BOTH: module::LoadLibraryW;
    BOTH: module::LoadLibraryExA;
    BOTH: module::LoadLibraryExW;
    BOTH: module::FreeLibrary;
    BOTH: module::DisableThreadLibraryCalls;
    BOTH: module::GetModuleFileNameA;
    BOTH: module::GetModuleFileNameW;
    BOTH: mutex::CreateMutexW;
    BOTH: mutex::CreateMutexA;
    BOTH: mutex::CreateMutexExW;
    BOTH: mutex::CreateMutexExA;
    BOTH: mutex::OpenMutexW;
    KERNEL32: mutex::OpenMutexA;
    BOTH: mutex::ReleaseMutex;
    NTDLL: nt::directory::NtOpenDirectoryObject;
    NTDLL: nt::directory::NtCreateDirectoryObject;
    NTDLL: nt::directory::NtQueryDirectoryObject;
    NTDLL: nt::directory::NtOpenSymbolicLinkObject;
    NTDLL: nt::directory::NtQuerySymbolicLinkObject;
    NTDLL: nt::keyed_event::NtCreateKeyedEvent;
    NTDLL: nt::keyed_event::NtOpenKeyedEvent;
    NTDLL: nt::keyed_event::NtWaitForKeyedEvent;
    NTDLL: nt::keyed_event::NtReleaseKeyedEvent;
    NTDLL: nt::mutant::NtCreateMutant;
    NTDLL: nt::mutant::NtOpenMutant;
    NTDLL: nt::mutant::NtReleaseMutant;
    NTDLL: nt::mutant::NtQueryMutant;
    NTDLL: nt::event::NtCreateEvent;
    NTDLL: nt::event::NtOpenEvent;
    NTDLL: nt::event::NtSetEvent;
    NTDLL: nt::event::NtResetEvent;
    NTDLL: nt::event::NtClearEvent;
    NTDLL: nt::event::NtPulseEvent;
    NTDLL: nt::event::NtQueryEvent;
    NTDLL: nt::semaphore::NtCreateSemaphore;
    NTDLL: nt::semaphore::NtOpenSemaphore;
    NTDLL: nt::semaphore::NtReleaseSemaphore;
    NTDLL: nt::semaphore::NtQuerySemaphore;
    NTDLL: nt::thread::NtQueueApcThread;
    NTDLL: nt::thread::NtTestAlert;
    NTDLL: nt::thread::NtSuspendThread;
    NTDLL: nt::thread::NtResumeThread;
    NTDLL: nt::thread::NtTerminateThread;
    NTDLL: nt::thread_create::NtCreateThreadEx;
    NTDLL: nt::thread_create::RtlCreateUserThread;
    NTDLL: nt::timer::NtCreateTimer;
    NTDLL: nt::timer::NtOpenTimer;
    NTDLL: nt::timer::NtSetTimer;
    NTDLL: nt::timer::NtCancelTimer;
    NTDLL: nt::timer::NtQueryTimer;
    NTDLL: nt::wait::NtWaitForSingleObject;
    NTDLL: nt::wait::NtWaitForMultipleObjects;
    NTDLL: nt::wait::NtSignalAndWaitForSingleObject;
    NTDLL: nt::wait::NtDelayExecution;
    NTDLL: nt::heap::RtlAllocateHeap;
    NTDLL: nt::heap::RtlCompactHeap;
    NTDLL: nt::heap::RtlCreateHeap;
    NTDLL: nt::heap::RtlDestroyHeap;
    NTDLL: nt::heap::RtlFreeHeap;
    NTDLL: nt::heap::RtlGetProcessHeaps;
    NTDLL: nt::heap::RtlLockHeap;
    NTDLL: nt::heap::RtlQueryHeapInformation;
    NTDLL: nt::heap::RtlReAllocateHeap;
    NTDLL: nt::heap::RtlSetHeapInformation;
    NTDLL: nt::heap::RtlSizeHeap;
    NTDLL: nt::heap::RtlUnlockHeap;
    NTDLL: nt::heap::RtlValidateHeap;
    NTDLL: nt::heap::RtlWalkHeap;
    KERNEL32_NTDLL: nt::runtime_memory::RtlCompareMemory;
    NTDLL: nt::runtime_memory::RtlCompareMemoryUlong;
    KERNEL32_NTDLL: nt::runtime_memory::RtlCopyMemory;
    KERNEL32_NTDLL: nt::runtime_memory::RtlFillMemory;
    NTDLL: nt::runtime_memory::RtlFillMemoryUlong;
    KERNEL32_NTDLL: nt::runtime_memory::RtlMoveMemory;
    KERNEL32_NTDLL: nt::runtime_memory::RtlZeroMemory;
    NTDLL: nt::object::NtClose;
    NTDLL: nt::object::NtCompareObjects;
    NTDLL: nt::object::NtDuplicateObject;
    NTDLL: nt::object::NtMakePermanentObject;
    NTDLL: nt::object::NtMakeTemporaryObject;
    NTDLL: nt::object::NtQueryObject;
    NTDLL: nt::object::NtSetInformationObject;
    NTDLL: nt::residency::NtLockVirtualMemory;
    NTDLL: nt::residency::NtUnlockVirtualMemory;
    NTDLL: nt::residency::NtSetInformationVirtualMemory;
    NTDLL: nt::section::NtCreateSection;
    NTDLL: nt::section::NtCreateSectionEx;
    NTDLL: nt::section::NtOpenSection;
    NTDLL: nt::section::NtExtendSection;
    NTDLL: nt::section_query::NtQuerySection;
    NTDLL: nt::section_query::NtAreMappedFilesTheSame;
    NTDLL: nt::security::NtQuerySecurityObject;
    NTDLL: nt::security::NtSetSecurityObject;
    NTDLL: nt::view::NtMapViewOfSection;
    NTDLL: nt::view::NtMapViewOfSectionEx;
    NTDLL: nt::view::NtUnmapViewOfSection;
    NTDLL: nt::view::NtUnmapViewOfSectionEx;
    NTDLL: nt::view::NtFlushVirtualMemory;
    NTDLL: nt::virtual_memory::NtAllocateVirtualMemory;
    NTDLL: nt::virtual_memory::NtAllocateVirtualMemoryEx;
    NTDLL: nt::virtual_memory::NtFreeVirtualMemory;
    NTDLL: nt::virtual_memory::NtProtectVirtualMemory;
    NTDLL: nt::virtual_memory_query::NtQueryVirtualMemory;
    NTDLL: nt::write_watch::NtGetWriteWatch;
    NTDLL: nt::write_watch::NtResetWriteWatch;
    BOTH: offer::OfferVirtualMemory;
    BOTH: offer::ReclaimVirtualMemory;
    BOTH: offer::DiscardVirtualMemory;
    BOTH: one_time_initialization::InitOnceInitialize;
    NTDLL: one_time_initialization::RtlRunOnceInitialize;
    BOTH: one_time_initialization::InitOnceBeginInitialize;
    NTDLL: one_time_initialization::RtlRunOnceBeginInitialize;
    BOTH: one_time_initialization::InitOnceComplete;
    NTDLL: one_time_initialization::RtlRunOnceComplete;
    BOTH: one_time_initialization::InitOnceExecuteOnce;
    NTDLL: one_time_initialization::RtlRunOnceExecuteOnce;
    BOTH: overlapped::GetOverlappedResult;
    BOTH: overlapped::GetOverlappedResultEx;
    BOTH: path::GetFullPathNameW;
    BOTH: path::GetFullPathNameA;
    BOTH: path::GetCurrentDirectoryW;
    BOTH: path::GetCurrentDirectoryA;
    BOTH: path::SetCurrentDirectoryW;
    BOTH: path::SetCurrentDirectoryA;
    KERNEL32: pointer_probe::IsBadCodePtr;
    KERNEL32: pointer_probe::IsBadHugeReadPtr;
    KERNEL32: pointer_probe::IsBadHugeWritePtr;
    KERNEL32: pointer_probe::IsBadReadPtr;
    KERNEL32: pointer_probe::IsBadStringPtrA;
    KERNEL32: pointer_probe::IsBadStringPtrW;
    KERNEL32: pointer_probe::IsBadWritePtr;
    BOTH: prefetch::PrefetchVirtualMemory;
    ADVAPI32_BOTH: privilege::OpenProcessToken;
    ADVAPI32_BOTH: privilege::OpenThreadToken;
    ADVAPI32: privilege::LookupPrivilegeValueA;
    ADVAPI32: privilege::LookupPrivilegeValueW;
    ADVAPI32_KERNELBASE: privilege::AdjustTokenPrivileges;
    BOTH: private_namespace::CreateBoundaryDescriptorW;
    KERNEL32: private_namespace::CreateBoundaryDescriptorA;
    BOTH: private_namespace::AddSIDToBoundaryDescriptor;
    BOTH: private_namespace::AddIntegrityLabelToBoundaryDescriptor;
    BOTH: private_namespace::DeleteBoundaryDescriptor;
    BOTH: private_namespace::CreatePrivateNamespaceW;
    KERNEL32: private_namespace::CreatePrivateNamespaceA;
    BOTH: private_namespace::OpenPrivateNamespaceW;
    KERNEL32: private_namespace::OpenPrivateNamespaceA;
    BOTH: private_namespace::ClosePrivateNamespace;
    BOTH: process::GetCurrentProcess;
    BOTH: process::GetCurrentThread;
    BOTH: process::GetCurrentProcessId;
    BOTH: process::GetCurrentThreadId;
    BOTH: process::ExitProcess;
    BOTH: process::GetCommandLineA;
    BOTH: process::GetCommandLineW;
    BOTH: process::GetVersion;
    BOTH: process::GetVersionExA;
    BOTH: process::GetVersionExW;
    BOTH: process::FlushInstructionCache;
    BOTH: process_enumeration::K32EnumProcesses;
    PSAPI_KERNELBASE: process_enumeration::EnumProcesses;
    BOTH: process_enumeration::K32EnumProcessModules;
    PSAPI_KERNELBASE: process_enumeration::EnumProcessModules;
    BOTH: process_enumeration::K32EnumProcessModulesEx;
    PSAPI_KERNELBASE: process_enumeration::EnumProcessModulesEx;
    BOTH: process_enumeration::K32GetModuleInformation;
    PSAPI_KERNELBASE: process_enumeration::GetModuleInformation;
    BOTH: process_enumeration::K32GetModuleBaseNameA;
    PSAPI_KERNELBASE: process_enumeration::GetModuleBaseNameA;
    BOTH: process_enumeration::K32GetModuleBaseNameW;
    PSAPI_KERNELBASE: process_enumeration::GetModuleBaseNameW;
    BOTH: process_enumeration::K32GetModuleFileNameExA;
    PSAPI_KERNELBASE: process_enumeration::GetModuleFileNameExA;
    BOTH: process_enumeration::K32GetModuleFileNameExW;
    PSAPI_KERNELBASE: process_enumeration::GetModuleFileNameExW;
    BOTH: process_enumeration::K32GetProcessImageFileNameA;
    PSAPI_KERNELBASE: process_enumeration::GetProcessImageFileNameA;
    BOTH: process_enumeration::K32GetProcessImageFileNameW;
    PSAPI_KERNELBASE: process_enumeration::GetProcessImageFileNameW;
    BOTH: process_enumeration::QueryFullProcessImageNameA;
    BOTH: process_enumeration::QueryFullProcessImageNameW;
    BOTH: process_memory::K32GetProcessMemoryInfo;
    PSAPI_KERNELBASE: process_memory::GetProcessMemoryInfo;
    ADVAPI32_KERNELBASE: security::acl::InitializeAcl;
    ADVAPI32_KERNELBASE: security::acl::IsValidAcl;
    ADVAPI32_KERNELBASE: security::acl::GetAclInformation;
    ADVAPI32_KERNELBASE: security::acl::AddAce;
    ADVAPI32_KERNELBASE: security::acl::GetAce;
    ADVAPI32_KERNELBASE: security::acl::DeleteAce;
    ADVAPI32_KERNELBASE: security::acl::FindFirstFreeAce;
    ADVAPI32_KERNELBASE: security::acl::AddAccessAllowedAce;
    ADVAPI32_KERNELBASE: security::acl::AddAccessAllowedAceEx;
    ADVAPI32_KERNELBASE: security::acl::AddAccessDeniedAce;
    ADVAPI32_KERNELBASE: security::acl::AddAccessDeniedAceEx;
    ADVAPI32_KERNELBASE: security::acl::AddAuditAccessAce;
    ADVAPI32_KERNELBASE: security::acl::AddAuditAccessAceEx;
    ADVAPI32_KERNELBASE: security::acl::AddMandatoryAce;
    ADVAPI32_KERNELBASE: security::descriptor::InitializeSecurityDescriptor;
    ADVAPI32_KERNELBASE: security::descriptor::IsValidSecurityDescriptor;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorLength;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorControl;
    ADVAPI32_KERNELBASE: security::descriptor::SetSecurityDescriptorControl;
    ADVAPI32_KERNELBASE: security::descriptor::SetSecurityDescriptorDacl;
    ADVAPI32_KERNELBASE: security::descriptor::SetSecurityDescriptorSacl;
    ADVAPI32_KERNELBASE: security::descriptor::SetSecurityDescriptorOwner;
    ADVAPI32_KERNELBASE: security::descriptor::SetSecurityDescriptorGroup;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorDacl;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorSacl;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorOwner;
    ADVAPI32_KERNELBASE: security::descriptor::GetSecurityDescriptorGroup;
    ADVAPI32_KERNELBASE: security::descriptor::MakeSelfRelativeSD;
    ADVAPI32_KERNELBASE: security::descriptor::MakeAbsoluteSD;
    ADVAPI32_KERNELBASE: security::object_security::GetKernelObjectSecurity;
    ADVAPI32_KERNELBASE: security::object_security::SetKernelObjectSecurity;
    ADVAPI32: security::object_security::GetSecurityInfo;
    ADVAPI32: security::object_security::SetSecurityInfo;
    ADVAPI32: security::object_security::GetNamedSecurityInfoA;
    ADVAPI32: security::object_security::GetNamedSecurityInfoW;
    ADVAPI32: security::object_security::SetNamedSecurityInfoA;
    ADVAPI32: security::object_security::SetNamedSecurityInfoW;
    ADVAPI32: security::sddl::ConvertStringSecurityDescriptorToSecurityDescriptorA;
    ADVAPI32: security::sddl::ConvertStringSecurityDescriptorToSecurityDescriptorW;
    ADVAPI32: security::sddl::ConvertSecurityDescriptorToStringSecurityDescriptorA;
    ADVAPI32: security::sddl::ConvertSecurityDescriptorToStringSecurityDescriptorW;
    ADVAPI32_KERNELBASE: security::access_check::MapGenericMask;
    ADVAPI32_KERNELBASE: security::access_check::AreAllAccessesGranted;
    ADVAPI32_KERNELBASE: security::access_check::AreAnyAccessesGranted;
    ADVAPI32_KERNELBASE: security::access_check::AccessCheck;
    ADVAPI32: security::account::LookupAccountSidA;
    ADVAPI32: security::account::LookupAccountSidW;
    ADVAPI32: security::account::LookupAccountNameA;
    ADVAPI32: security::account::LookupAccountNameW;
    ADVAPI32_KERNELBASE: security::token::GetTokenInformation;
    ADVAPI32_KERNELBASE: security::token::CheckTokenMembership;
    ADVAPI32_KERNELBASE: security::token::DuplicateToken;
    ADVAPI32_KERNELBASE: security::token::DuplicateTokenEx;
    ADVAPI32_KERNELBASE: security::token::ImpersonateSelf;
    ADVAPI32_KERNELBASE: security::token::RevertToSelf;
    ADVAPI32_KERNELBASE: security::token::PrivilegeCheck;
    ADVAPI32: security::explicit_access::SetEntriesInAclA;
    ADVAPI32: security::explicit_access::SetEntriesInAclW;
    ADVAPI32_KERNELBASE: security::object_security::GetFileSecurityA;
    ADVAPI32_KERNELBASE: security::object_security::GetFileSecurityW;
    ADVAPI32_KERNELBASE: security::sid::IsValidSid;
    ADVAPI32_KERNELBASE: security::sid::EqualSid;
    ADVAPI32_KERNELBASE: security::sid::EqualPrefixSid;
    ADVAPI32_KERNELBASE: security::sid::GetLengthSid;
    ADVAPI32_KERNELBASE: security::sid::GetSidLengthRequired;
    ADVAPI32_KERNELBASE: security::sid::CopySid;
    ADVAPI32_KERNELBASE: security::sid::InitializeSid;
    ADVAPI32_KERNELBASE: security::sid::AllocateAndInitializeSid;
    ADVAPI32_KERNELBASE: security::sid::FreeSid;
    ADVAPI32_KERNELBASE: security::sid::GetSidIdentifierAuthority;
    ADVAPI32_KERNELBASE: security::sid::GetSidSubAuthority;
    ADVAPI32_KERNELBASE: security::sid::GetSidSubAuthorityCount;
    ADVAPI32_KERNELBASE: security::sid::CreateWellKnownSid;
    ADVAPI32_KERNELBASE: security::sid::IsWellKnownSid;
    ADVAPI32_KERNELBASE: security::sid::GetWindowsAccountDomainSid;
    ADVAPI32: security::sid::ConvertSidToStringSidA;
    ADVAPI32: security::sid::ConvertSidToStringSidW;
    ADVAPI32: security::sid::ConvertStringSidToSidA;
    ADVAPI32: security::sid::ConvertStringSidToSidW;
    BOTH: semaphore::CreateSemaphoreW;
    KERNEL32: semaphore::CreateSemaphoreA;
    BOTH: semaphore::CreateSemaphoreExW;
    KERNEL32: semaphore::CreateSemaphoreExA;
    BOTH: semaphore::OpenSemaphoreW;
    KERNEL32: semaphore::OpenSemaphoreA;
    BOTH: semaphore::ReleaseSemaphore;
    BOTH: process_times::GetProcessTimes;
    BOTH: processor::GetCurrentProcessorNumber;
    NTDLL: processor::NtGetCurrentProcessorNumber;
    BOTH: processor::GetCurrentProcessorNumberEx;
    BOTH: processor_affinity::GetProcessAffinityMask;
    BOTH: processor_affinity::SetProcessAffinityMask;
    BOTH: processor_affinity::SetThreadAffinityMask;
    BOTH: processor_affinity::GetThreadGroupAffinity;
    BOTH: processor_affinity::SetThreadGroupAffinity;
    BOTH: processor_affinity::GetProcessGroupAffinity;
    BOTH: processor_affinity::SetThreadIdealProcessor;
    BOTH: processor_affinity::SetThreadIdealProcessorEx;
    BOTH: processor_affinity::GetThreadIdealProcessorEx;
    BOTH: processor_affinity::GetActiveProcessorGroupCount;
    BOTH: processor_affinity::GetMaximumProcessorGroupCount;
    BOTH: processor_affinity::GetActiveProcessorCount;
    BOTH: processor_affinity::GetMaximumProcessorCount;
    BOTH: processor::SwitchToThread;
    NTDLL: processor::NtYieldExecution;
    BOTH: srw_lock::InitializeSRWLock;
    NTDLL: srw_lock::RtlInitializeSRWLock;
    BOTH: srw_lock::AcquireSRWLockExclusive;
    NTDLL: srw_lock::RtlAcquireSRWLockExclusive;
    BOTH: srw_lock::AcquireSRWLockShared;
    NTDLL: srw_lock::RtlAcquireSRWLockShared;
    BOTH: srw_lock::ReleaseSRWLockExclusive;
    NTDLL: srw_lock::RtlReleaseSRWLockExclusive;
    BOTH: srw_lock::ReleaseSRWLockShared;
    NTDLL: srw_lock::RtlReleaseSRWLockShared;
    BOTH: srw_lock::TryAcquireSRWLockExclusive;
    NTDLL: srw_lock::RtlTryAcquireSRWLockExclusive;
    BOTH: srw_lock::TryAcquireSRWLockShared;
    NTDLL: srw_lock::RtlTryAcquireSRWLockShared;
    BOTH: process_attribute_list::InitializeProcThreadAttributeList;
    BOTH: process_attribute_list::UpdateProcThreadAttribute;
    BOTH: process_attribute_list::DeleteProcThreadAttributeList;
    BOTH: process_create::CreateProcessA;
    BOTH: process_create::CreateProcessW;
    KERNEL32: startup_information::GetStartupInfoA;
    BOTH: startup_information::GetStartupInfoW;
    BOTH: process_memory_transfer::ReadProcessMemory;
    BOTH: process_memory_transfer::WriteProcessMemory;
    KERNEL32: process_memory_transfer::Toolhelp32ReadProcessMemory;
    BOTH: process_open::OpenProcess;
    BOTH: process_open::GetProcessId;
    BOTH: process_open::GetExitCodeProcess;
    BOTH: process_open::TerminateProcess;
    BOTH: thread::CreateThread;
    BOTH: thread::CreateRemoteThread;
    BOTH: thread::CreateRemoteThreadEx;
    BOTH: thread::ExitThread;
    NTDLL: thread::RtlExitUserThread;
    BOTH: thread::TerminateThread;
    BOTH: thread::GetExitCodeThread;
    BOTH: thread::OpenThread;
    BOTH: thread::GetThreadId;
    BOTH: thread::GetProcessIdOfThread;
    BOTH: thread::SuspendThread;
    BOTH: thread::ResumeThread;
    BOTH: thread::QueueUserAPC;
    BOTH: thread_context::GetThreadContext;
    BOTH: thread_context::SetThreadContext;
    NTDLL: thread_context::NtGetContextThread;
    NTDLL: nt::process::NtOpenProcess;
    NTDLL: nt::process::NtTerminateProcess;
    NTDLL: nt::process::NtReadVirtualMemory;
    NTDLL: nt::process::NtWriteVirtualMemory;
    NTDLL: nt::process::NtFlushInstructionCache;
    NTDLL: nt::process_query::NtQueryInformationProcess;
    NTDLL: nt::thread_query::NtQueryInformationThread;
    NTDLL: nt::system_query::NtQuerySystemInformation;
    NTDLL: nt::system_query::NtQuerySystemTime;
    NTDLL: process::RtlGetVersion;
    NTDLL: nt::string::RtlInitUnicodeString;
    NTDLL: nt::string::RtlInitAnsiString;
    NTDLL: nt::string::RtlAnsiStringToUnicodeString;
    NTDLL: nt::string::RtlUnicodeStringToAnsiString;
    NTDLL: nt::string::RtlFreeUnicodeString;
    NTDLL: nt::string::RtlFreeAnsiString;
    NTDLL: thread_context::NtSetContextThread;
    BOTH: thread_information::GetThreadTimes;
    BOTH: thread_information::GetThreadPriority;
    BOTH: thread_information::SetThreadPriority;
    BOTH: thread_information::GetThreadPriorityBoost;
    BOTH: thread_information::SetThreadPriorityBoost;
    BOTH: thread_information::SetThreadDescription;
    BOTH: thread_information::GetThreadDescription;
    KERNEL32: toolhelp::CreateToolhelp32Snapshot;
    KERNEL32: toolhelp::Process32FirstW;
    KERNEL32: toolhelp::Process32NextW;
    KERNEL32: toolhelp::Process32First;
    KERNEL32: toolhelp::Process32Next;
    KERNEL32: toolhelp::Thread32First;
    KERNEL32: toolhelp::Thread32Next;
    KERNEL32: toolhelp::Module32FirstW;
    KERNEL32: toolhelp::Module32NextW;
    KERNEL32: toolhelp::Module32First;
    KERNEL32: toolhelp::Module32Next;
    KERNEL32: toolhelp::Heap32ListFirst;
    KERNEL32: toolhelp::Heap32ListNext;
    KERNEL32: toolhelp_heap::Heap32First;
    KERNEL32: toolhelp_heap::Heap32Next;
    KERNEL32: address_layout::WinpagesUse32BitLayout;
    KERNEL32: remote_requests::WinpagesRefuseRemoteRequests;
    BOTH: standard_handle::GetStdHandle;
    BOTH: standard_handle::SetStdHandle;
    BOTH: string::lstrlenA;
    BOTH: string::lstrlenW;
    KERNEL32: string::lstrcpyA;
    KERNEL32: string::lstrcpyW;
    BOTH: string::lstrcpynA;
    BOTH: string::lstrcpynW;
    KERNEL32: string::lstrcatA;
    KERNEL32: string::lstrcatW;
    BOTH: string::lstrcmpA;
    BOTH: string::lstrcmpW;
    BOTH: string::lstrcmpiA;
    BOTH: string::lstrcmpiW;
    BOTH: synchronization_barrier::InitializeSynchronizationBarrier;
    BOTH: synchronization_barrier::EnterSynchronizationBarrier;
    BOTH: synchronization_barrier::DeleteSynchronizationBarrier;
    NTDLL: synchronization_barrier::RtlInitBarrier;
    NTDLL: synchronization_barrier::RtlBarrier;
    NTDLL: synchronization_barrier::RtlDeleteBarrier;
    BOTH: system_information::GetSystemInfo;
    BOTH: system_information::GetNativeSystemInfo;
    BOTH: temporary_file::GetTempPathW;
    BOTH: temporary_file::GetTempPathA;
    BOTH: temporary_file::GetTempFileNameW;
    BOTH: temporary_file::GetTempFileNameA;
    NTDLL: thread_environment::NtCurrentTeb;
    BOTH: thread_environment::GetCurrentThreadStackLimits;
    BOTH: thread_environment::SetThreadStackGuarantee;
    BOTH: thread_local_storage::TlsAlloc;
    BOTH: thread_local_storage::TlsFree;
    BOTH: thread_local_storage::TlsGetValue;
    BOTH: thread_local_storage::TlsSetValue;
    BOTH: time::GetSystemTimeAsFileTime;
    BOTH: time::GetSystemTimePreciseAsFileTime;
    BOTH: calendar::GetSystemTime;
    BOTH: calendar::GetLocalTime;
    BOTH: file_times::GetFileTime;
    BOTH: file_times::SetFileTime;
    BOTH: final_path::GetFinalPathNameByHandleW;
    BOTH: final_path::GetFinalPathNameByHandleA;
    BOTH: disk_space::GetDiskFreeSpaceW;
    BOTH: disk_space::GetDiskFreeSpaceA;
    BOTH: disk_space::GetDiskFreeSpaceExW;
    BOTH: disk_space::GetDiskFreeSpaceExA;
    BOTH: logical_drives::GetLogicalDrives;
    BOTH: logical_drives::GetLogicalDriveStringsW;
    KERNEL32: logical_drives::GetLogicalDriveStringsA;
    BOTH: pipe::CreatePipe;
    BOTH: file_transfer_completion::ReadFileEx;
    BOTH: file_transfer_completion::WriteFileEx;
    BOTH: file_transfer_segments::ReadFileScatter;
    BOTH: file_transfer_segments::WriteFileGather;
    BOTH: path::GetLongPathNameW;
    BOTH: path::GetLongPathNameA;
    BOTH: temporary_file::GetTempPath2W;
    BOTH: temporary_file::GetTempPath2A;
    BOTH: overlapped::CancelIo;
    BOTH: overlapped::CancelIoEx;
    KERNEL32: file_name::CreateHardLinkA;
    KERNEL32: file_name::CreateHardLinkW;
    BOTH: file_find::FindFirstFileExA;
    BOTH: file_find::FindFirstFileExW;
    BOTH: file_position::SetFileValidData;
    KERNEL32_NTDLL: version_conditions::VerSetConditionMask;
    KERNEL32: version_conditions::VerifyVersionInfoW;
    KERNEL32: version_conditions::VerifyVersionInfoA;
    KERNEL32: computer_name::GetComputerNameW;
    KERNEL32: computer_name::GetComputerNameA;
    BOTH: computer_name::GetComputerNameExW;
    BOTH: computer_name::GetComputerNameExA;
    ADVAPI32: user_name::GetUserNameW;
    ADVAPI32: user_name::GetUserNameA;
    BOTH: system_directory::GetWindowsDirectoryA;
    BOTH: system_directory::GetWindowsDirectoryW;
    BOTH: system_directory::GetSystemWindowsDirectoryA;
    BOTH: system_directory::GetSystemWindowsDirectoryW;
    BOTH: system_directory::GetSystemDirectoryA;
    BOTH: system_directory::GetSystemDirectoryW;
    BOTH: pointer_encoding::EncodePointer;
    BOTH: pointer_encoding::DecodePointer;
    BOTH: pointer_encoding::EncodeSystemPointer;
    BOTH: pointer_encoding::DecodeSystemPointer;
    BOTH: multiply_divide::MulDiv;
    BOTH: error_mode::GetErrorMode;
    BOTH: error_mode::SetErrorMode;
    BOTH: error_mode::GetThreadErrorMode;
    BOTH: error_mode::SetThreadErrorMode;
    BOTH: environment_expansion::ExpandEnvironmentStringsW;
    BOTH: environment_expansion::ExpandEnvironmentStringsA;
    BOTH: ordinal_comparison::CompareStringOrdinal;
    BOTH: code_page::IsValidCodePage;
    BOTH: console::GetConsoleCP;
    BOTH: console::GetConsoleOutputCP;
    BOTH: console::SetConsoleCP;
    BOTH: console::SetConsoleOutputCP;
    BOTH: module::FreeLibraryAndExitThread;
    ADVAPI32: privilege::LookupPrivilegeNameA;
    ADVAPI32: privilege::LookupPrivilegeNameW;
    BOTH: processor_topology::GetLogicalProcessorInformation;
    BOTH: processor_topology::GetLogicalProcessorInformationEx;
    BOTH: calendar::FileTimeToSystemTime;
    BOTH: calendar::SystemTimeToFileTime;
    BOTH: calendar::FileTimeToLocalFileTime;
    BOTH: calendar::LocalFileTimeToFileTime;
    BOTH: calendar::CompareFileTime;
    BOTH: time::QueryUnbiasedInterruptTime;
    BOTH: memory_node::GetNumaHighestNodeNumber;
    KERNEL32: memory_node::GetNumaNodeProcessorMask;
    BOTH: memory_node::GetNumaNodeProcessorMaskEx;
    KERNEL32: memory_node::GetNumaProcessorNode;
    KERNEL32: memory_node::GetNumaProcessorNodeEx;
    KERNEL32: memory_node::GetNumaAvailableMemoryNode;
    KERNEL32: memory_node::GetNumaAvailableMemoryNodeEx;
    BOTH: system_file_cache::GetSystemFileCacheSize;
    BOTH: system_file_cache::SetSystemFileCacheSize;
    BOTH: system_file_cache::GetMemoryErrorHandlingCapabilities;
    BOTH: process_priority::GetPriorityClass;
    BOTH: process_priority::SetPriorityClass;
    BOTH: process_facts::GetProcessHandleCount;
    BOTH: process_facts::ProcessIdToSessionId;
    BOTH: process_facts::GetProcessVersion;
    BOTH: process_facts::IsProcessCritical;
    KERNEL32: process_facts::GetProcessIoCounters;
    BOTH: process_facts::IsWow64Process;
    BOTH: process_facts::IsWow64Process2;
    BOTH: process_facts::CheckRemoteDebuggerPresent;
    BOTH: process::FlushProcessWriteBuffers;
    BOTH: processor_features::IsProcessorFeaturePresent;
    BOTH: time::GetTickCount;
    BOTH: time::GetTickCount64;
    BOTH: time::QueryPerformanceCounter;
    BOTH: time::QueryPerformanceFrequency;
    BOTH: time::Sleep;
    BOTH: time::SleepEx;
    BOTH: virtual_lock::VirtualLock;
    BOTH: virtual_lock::VirtualUnlock;
    BOTH: virtual_lock::VirtualUnlockEx;
    BOTH: virtual_memory::VirtualAlloc;
    BOTH: virtual_memory::VirtualAllocEx;
    BOTH: virtual_memory::VirtualAllocExNuma;
    KERNELBASE: virtual_memory::VirtualAlloc2;
    BOTH: virtual_memory::VirtualFree;
    BOTH: virtual_memory::VirtualFreeEx;
    BOTH: virtual_memory::VirtualProtect;
    BOTH: virtual_memory::VirtualProtectEx;
    BOTH: virtual_memory::VirtualQuery;
    BOTH: virtual_memory::VirtualQueryEx;
    KERNELBASE: virtual_memory_information::QueryVirtualMemoryInformation;
    BOTH: user_physical_pages::AllocateUserPhysicalPages;
    BOTH: user_physical_pages::AllocateUserPhysicalPagesNuma;
    BOTH: user_physical_pages::FreeUserPhysicalPages;
    BOTH: user_physical_pages::MapUserPhysicalPages;
    KERNEL32: user_physical_pages::MapUserPhysicalPagesScatter;
    BOTH: wait::WaitForSingleObject;
    BOTH: wait::WaitForSingleObjectEx;
    BOTH: wait::WaitForMultipleObjects;
    BOTH: wait::WaitForMultipleObjectsEx;
    BOTH: wait::SignalObjectAndWait;
    BOTH: waitable_timer::CreateWaitableTimerW;
    KERNEL32: waitable_timer::CreateWaitableTimerA;
    BOTH: waitable_timer::CreateWaitableTimerExW;
    KERNEL32: waitable_timer::CreateWaitableTimerExA;
    BOTH: waitable_timer::OpenWaitableTimerW;
    KERNEL32: waitable_timer::OpenWaitableTimerA;
    BOTH: waitable_timer::SetWaitableTimer;
    BOTH: waitable_timer::SetWaitableTimerEx;
    BOTH: waitable_timer::CancelWaitableTimer;
    BOTH: write_watch::GetWriteWatch;
    BOTH: write_watch::ResetWriteWatch;
    KERNEL32: working_set::GetProcessWorkingSetSize;
    BOTH: working_set::GetProcessWorkingSetSizeEx;
    KERNEL32: working_set::SetProcessWorkingSetSize;
    BOTH: working_set::SetProcessWorkingSetSizeEx;
    BOTH: working_set::K32EmptyWorkingSet;
    PSAPI_KERNELBASE: working_set::EmptyWorkingSet;
    BOTH: working_set::K32QueryWorkingSet;
    PSAPI_KERNELBASE: working_set::QueryWorkingSet;
    BOTH: working_set::K32QueryWorkingSetEx;
    PSAPI_KERNELBASE: working_set::QueryWorkingSetEx;
};

/// The address of a function, if the module has it.
pub fn find(name: &str, module: Modules) -> Option<usize> {
    // ntdll has every system call twice.
    let twin = name.strip_prefix("Zw").map(|rest| format!("Nt{rest}"));
    let name = twin.as_deref().unwrap_or(name);
    EXPORTS
        .iter()
        .find(|export| export.name == name && export.modules.intersects(module))
        .map(|export| export.function as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The names of the functions a source file exports.
    fn exported(source: &str) -> impl Iterator<Item = &str> {
        source
            .split("#[unsafe(no_mangle)]\n")
            .skip(1)
            .filter_map(|rest| {
                let after = &rest[rest.find(" fn ")? + " fn ".len()..];
                after.split('(').next()
            })
            // The C run time's own, which no module of Windows exports; macros name some of them.
            .filter(|name| !name.starts_with("winpages_") && !name.starts_with('$'))
            .chain(exported_by_macros(source))
    }

    /// The names that are handed to the macros of this crate that define functions: `fn Name,` and
    /// `fn Name =`.
    fn exported_by_macros(source: &str) -> impl Iterator<Item = &str> {
        source.split("fn ").skip(1).filter_map(|rest| {
            let end = rest.find(|character: char| !character.is_alphanumeric())?;
            let (name, after) = rest.split_at(end);
            let is_named = name.starts_with(char::is_uppercase)
                && (after.starts_with(',') || after.starts_with(" ="));
            is_named.then_some(name)
        })
    }

    fn collect(directory: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The C run time is a module of its own on Windows, and none of these four.
                if !path.ends_with("crt") {
                    collect(&path, names);
                }
            } else if path
                .file_name()
                .is_some_and(|name| name != "export_table.rs")
            {
                let source = std::fs::read_to_string(&path).unwrap();
                names.extend(exported(&source).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_exported_function_is_in_the_table_once() {
        let mut names = BTreeSet::new();
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut names,
        );
        let table: BTreeSet<String> = EXPORTS
            .iter()
            .map(|export| export.name.to_owned())
            .collect();
        assert_eq!(table.len(), EXPORTS.len());
        assert_eq!(table, names);
    }

    #[test]
    fn every_call_of_ntdll_has_its_second_name() {
        let calls = EXPORTS
            .iter()
            .filter(|export| export.modules.intersects(Modules::NTDLL))
            .filter_map(|export| export.name.strip_prefix("Nt"))
            .filter(|name| *name != "CurrentTeb");
        let twins: BTreeSet<&str> = crate::nt::zw::NAMES.iter().copied().collect();
        assert_eq!(twins, calls.collect());
    }
}
