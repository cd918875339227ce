//! Security descriptors and their text.

use core::ptr;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION,
};

use super::super::{Code, SecurityBytes};
use super::section::terminated;
use super::succeeded;

/// The self-relative descriptor that a text means.
pub(crate) fn security_from_text(text: &str) -> Result<Vec<u8>, Code> {
    let text = terminated(&text.encode_utf16().collect::<Vec<_>>());
    let (mut descriptor, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the text is terminated, and the answers go to locals.
    succeeded(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            &raw mut size,
        )
    })?;
    // SAFETY: the call has made so many bytes, which are to be freed so.
    unsafe {
        let bytes = core::slice::from_raw_parts(descriptor.cast::<u8>(), size as usize).to_vec();
        LocalFree(descriptor);
        Ok(bytes)
    }
}

/// The text of a self-relative descriptor's owner, group and list of who may do what.
pub(crate) fn text_of_security(bytes: SecurityBytes<'_>) -> Result<String, Code> {
    const PARTS: u32 =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let (mut text, mut length) = (ptr::null_mut(), 0);
    // SAFETY: a whole descriptor, and the answers go to locals.
    succeeded(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            bytes.as_ptr().cast_mut().cast(),
            SDDL_REVISION_1,
            PARTS,
            &raw mut text,
            &raw mut length,
        )
    })?;
    // SAFETY: the call has made a text of that length, which is to be freed so.
    unsafe {
        let units = core::slice::from_raw_parts(text, length as usize);
        let end = units.iter().position(|unit| *unit == 0);
        let answer = String::from_utf16_lossy(&units[..end.unwrap_or(units.len())]);
        LocalFree(text.cast());
        Ok(answer)
    }
}
