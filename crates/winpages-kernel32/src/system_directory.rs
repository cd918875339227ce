//! Where Windows has itself: GetWindowsDirectory, GetSystemDirectory. The paths are those of every Windows; nothing
//! needs to be there.

use crate::text;

const WINDOWS: &str = r"C:\Windows";
const SYSTEM: &str = r"C:\Windows\System32";

macro_rules! directory {
    (fn $narrow:ident, fn $wide:ident, $path:ident) => {
        #[doc = concat!(stringify!($wide), ": the length of the path, or the size needed with its NUL.")]
        ///
        /// # Safety
        ///
        /// `lpBuffer` must be NULL or writable for `uSize` characters.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $wide(lpBuffer: *mut u16, uSize: u32) -> u32 {
            // SAFETY: passed on.
            unsafe { text::hand_out(&text::from_utf8($path.as_bytes()), lpBuffer, uSize) }
        }

        #[doc = concat!(stringify!($narrow), ": the length of the path, or the size needed with its NUL.")]
        ///
        /// # Safety
        ///
        /// `lpBuffer` must be NULL or writable for `uSize` characters.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $narrow(lpBuffer: *mut u8, uSize: u32) -> u32 {
            // SAFETY: passed on.
            unsafe { text::hand_out($path.as_bytes(), lpBuffer, uSize) }
        }
    };
}

directory!(fn GetWindowsDirectoryA, fn GetWindowsDirectoryW, WINDOWS);
directory!(fn GetSystemWindowsDirectoryA, fn GetSystemWindowsDirectoryW, WINDOWS);
directory!(fn GetSystemDirectoryA, fn GetSystemDirectoryW, SYSTEM);
