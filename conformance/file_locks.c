/* LockFile and LockFileEx: byte ranges that others may not touch. */

#include "conformance.h"

int main(void)
{
    char name[MAX_PATH], bytes[16];
    DWORD moved;
    strcpy(name, temporary_file_of(0x100));
    HANDLE a = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                           OPEN_EXISTING, 0, NULL);
    HANDLE b = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                           OPEN_EXISTING, 0, NULL);
    TRY(LockFile(a, 0x10, 0, 0x10, 0));
    TRY(LockFile(b, 0x10, 0, 0x10, 0));
    TRY(LockFile(b, 0x1F, 0, 1, 0));
    TRY(LockFile(b, 0x20, 0, 0x10, 0));
    TRY(LockFile(a, 0x18, 0, 0x10, 0));
    DOCUMENTED_CALL("Wine: ERROR_LOCK_VIOLATION", 0, ERROR_NOT_LOCKED, UnlockFile(a, 0x10, 0, 8, 0));
    DOCUMENTED_CALL("Wine: ERROR_LOCK_VIOLATION", 0, ERROR_NOT_LOCKED, UnlockFile(b, 0x10, 0, 0x10, 0));
    TRY(UnlockFile(a, 0x10, 0, 0x10, 0));
    DOCUMENTED_CALL("Wine: ERROR_LOCK_VIOLATION", 0, ERROR_NOT_LOCKED, UnlockFile(a, 0x10, 0, 0x10, 0));
    TRY(UnlockFile(b, 0x20, 0, 0x10, 0));

    OVERLAPPED at = { 0 };
    at.Offset = 0x40;
    TRY(LockFileEx(a, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(a, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(b, 0, 0x10, 0, &at));
    TRY(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 0x10, 0, &at));
    TRY(LockFileEx(a, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(b, 0, 0x10, 0, &at));
    CALL("the exclusive lock is given up first", LockFileEx(a, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(a, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(b, 0, 0x10, 0, &at));
    TRY(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 0x10, 0, &at));
    TRY(CloseHandle(b));
    CALL("closing gives the lock back", LockFileEx(a, LOCKFILE_FAIL_IMMEDIATELY, 0, 0x10, 0, &at));
    TRY(UnlockFileEx(a, 0, 0x10, 0, &at));
    TRY(LockFile((HANDLE)(ULONG_PTR)0xDEADBEEC, 0, 0, 1, 0));
    TRY(LockFile(a, 0xFFFFFFFF, 0x7FFFFFFF, 1, 0));
    TRY(LockFile(a, 0x1000, 0, 0x10, 0));
    SetFilePointer(a, 0x1000, NULL, FILE_BEGIN);
    CALL("the owner writes", WriteFile(a, "locked", 6, &moved, NULL));
    SetFilePointer(a, 0x1000, NULL, FILE_BEGIN);
    CALL("the owner reads", ReadFile(a, bytes, 6, &moved, NULL));
    RESULT("bytes", moved);
    CloseHandle(a);
    DeleteFileA(name);
    return 0;
}
