//! Lock-free lists. Like Windows' own, these calls use the program's memory as it is.

use winpages_kernel::synchronization::interlocked_list::{self, Entry, Head};

/// InitializeSListHead.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSListHead(ListHead: *mut Head) {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::initialize(ListHead) };
}

/// RtlInitializeSListHead: [`InitializeSListHead`], by ntdll's name.
///
/// # Safety
///
/// As [`InitializeSListHead`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInitializeSListHead(ListHead: *mut Head) {
    // SAFETY: passed on.
    unsafe { InitializeSListHead(ListHead) };
}

/// InterlockedPushEntrySList: answers the entry that was first.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushEntrySList(
    ListHead: *mut Head,
    ListEntry: *mut Entry,
) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::push(ListHead, ListEntry) }
}

/// RtlInterlockedPushEntrySList: [`InterlockedPushEntrySList`], by ntdll's name.
///
/// # Safety
///
/// As [`InterlockedPushEntrySList`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInterlockedPushEntrySList(
    ListHead: *mut Head,
    ListEntry: *mut Entry,
) -> *mut Entry {
    // SAFETY: passed on.
    unsafe { InterlockedPushEntrySList(ListHead, ListEntry) }
}

/// InterlockedPushListSListEx: answers the entry that was first.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushListSListEx(
    ListHead: *mut Head,
    List: *mut Entry,
    ListEnd: *mut Entry,
    Count: u32,
) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::push_list(ListHead, List, ListEnd, Count) }
}

/// RtlInterlockedPushListSListEx: [`InterlockedPushListSListEx`], by ntdll's name.
///
/// # Safety
///
/// As [`InterlockedPushListSListEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInterlockedPushListSListEx(
    ListHead: *mut Head,
    List: *mut Entry,
    ListEnd: *mut Entry,
    Count: u32,
) -> *mut Entry {
    // SAFETY: passed on.
    unsafe { InterlockedPushListSListEx(ListHead, List, ListEnd, Count) }
}

/// InterlockedPushListSList: [`InterlockedPushListSListEx`] by the name before Windows 8.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushListSList(
    ListHead: *mut Head,
    List: *mut Entry,
    ListEnd: *mut Entry,
    Count: u32,
) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::push_list(ListHead, List, ListEnd, Count) }
}

/// RtlInterlockedPushListSList: [`InterlockedPushListSList`], by ntdll's name.
///
/// # Safety
///
/// As [`InterlockedPushListSList`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInterlockedPushListSList(
    ListHead: *mut Head,
    List: *mut Entry,
    ListEnd: *mut Entry,
    Count: u32,
) -> *mut Entry {
    // SAFETY: passed on.
    unsafe { InterlockedPushListSList(ListHead, List, ListEnd, Count) }
}

/// InterlockedPopEntrySList: the first entry; NULL if there is none.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPopEntrySList(ListHead: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::pop(ListHead) }
}

/// RtlInterlockedPopEntrySList: [`InterlockedPopEntrySList`], by ntdll's name.
///
/// # Safety
///
/// As [`InterlockedPopEntrySList`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInterlockedPopEntrySList(ListHead: *mut Head) -> *mut Entry {
    // SAFETY: passed on.
    unsafe { InterlockedPopEntrySList(ListHead) }
}

/// InterlockedFlushSList: takes all entries; answers the first.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedFlushSList(ListHead: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::flush(ListHead) }
}

/// RtlInterlockedFlushSList: [`InterlockedFlushSList`], by ntdll's name.
///
/// # Safety
///
/// As [`InterlockedFlushSList`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlInterlockedFlushSList(ListHead: *mut Head) -> *mut Entry {
    // SAFETY: passed on.
    unsafe { InterlockedFlushSList(ListHead) }
}

/// QueryDepthSList: how many entries there are, modulo 65,536.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryDepthSList(ListHead: *mut Head) -> u16 {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::depth(ListHead) }
}

/// RtlQueryDepthSList: [`QueryDepthSList`], by ntdll's name.
///
/// # Safety
///
/// As [`QueryDepthSList`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlQueryDepthSList(ListHead: *mut Head) -> u16 {
    // SAFETY: passed on.
    unsafe { QueryDepthSList(ListHead) }
}

/// RtlFirstEntrySList: the first entry, which stays in the list.
///
/// # Safety
///
/// `ListHead` leads to an SLIST_HEADER, aligned to sixteen bytes, the others to entries aligned so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFirstEntrySList(ListHead: *mut Head) -> *mut Entry {
    // SAFETY: as the caller vouches.
    unsafe { interlocked_list::first(ListHead) }
}
