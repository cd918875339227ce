//! Security descriptors and their text, over the engine.

use winpages_kernel::security::{SecurityDescriptor, SecurityInformation, sddl};

use super::super::{Code, SecurityBytes};
use super::code;

pub(super) fn security_descriptor(
    bytes: Option<SecurityBytes<'_>>,
) -> Result<Option<SecurityDescriptor>, Code> {
    bytes
        .map(SecurityDescriptor::from_self_relative)
        .transpose()
        .map_err(code)
}

/// The self-relative descriptor that a text means.
pub(crate) fn security_from_text(text: &str) -> Result<Vec<u8>, Code> {
    let descriptor = sddl::parse(text).map_err(code)?;
    Ok(descriptor.to_self_relative())
}

/// The text of a self-relative descriptor's owner, group and list of who may do what.
pub(crate) fn text_of_security(bytes: SecurityBytes<'_>) -> Result<String, Code> {
    const PARTS: SecurityInformation = SecurityInformation::OWNER
        .union(SecurityInformation::GROUP)
        .union(SecurityInformation::DACL);
    let descriptor = SecurityDescriptor::from_self_relative(bytes).map_err(code)?;
    sddl::format(&descriptor, PARTS).map_err(code)
}
