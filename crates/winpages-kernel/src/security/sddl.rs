//! Security descriptors as text: Windows' SDDL.

use super::{
    Ace, AceType, Acl, Control, Dacl, SecurityDescriptor, SecurityInformation, Sid, well_known,
};
use crate::NtStatus;
use crate::object::AccessMask;

/// Rights and the letters they have. Where several have the same bits, the first is written.
const RIGHTS: &[(&str, u32)] = &[
    ("GA", 0x1000_0000),
    ("GR", 0x8000_0000),
    ("GW", 0x4000_0000),
    ("GX", 0x2000_0000),
    ("RC", 0x0002_0000),
    ("SD", 0x0001_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("CC", 0x0001),
    ("DC", 0x0002),
    ("LC", 0x0004),
    ("SW", 0x0008),
    ("RP", 0x0010),
    ("WP", 0x0020),
    ("DT", 0x0040),
    ("LO", 0x0080),
    ("CR", 0x0100),
    ("FA", 0x001F_01FF),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00A0),
    ("KA", 0x000F_003F),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    ("KX", 0x0002_0019),
];

/// What a mandatory label forbids.
const LABEL_RIGHTS: &[(&str, u32)] = &[("NW", 1), ("NR", 2), ("NX", 4)];

/// The letters of the types of entries.
const TYPES: &[(&str, AceType)] = &[
    ("A", AceType::ACCESS_ALLOWED),
    ("D", AceType::ACCESS_DENIED),
    ("AU", AceType::SYSTEM_AUDIT),
    ("AL", AceType::SYSTEM_ALARM),
    ("OA", AceType::ACCESS_ALLOWED_OBJECT),
    ("OD", AceType::ACCESS_DENIED_OBJECT),
    ("OU", AceType::SYSTEM_AUDIT_OBJECT),
    ("OL", AceType::SYSTEM_ALARM_OBJECT),
    ("ML", AceType::SYSTEM_MANDATORY_LABEL),
];

/// The letters of an entry's flags, in the order in which they are written.
const FLAGS: &[(&str, u8)] = &[
    ("OI", 0x01),
    ("CI", 0x02),
    ("NP", 0x04),
    ("IO", 0x08),
    ("ID", 0x10),
    ("SA", 0x40),
    ("FA", 0x80),
];

/// How a NULL list is written.
const NULL_LIST: &str = "NO_ACCESS_CONTROL";

/// Reads a descriptor.
///
/// ```
/// use winpages_kernel::security::{Dacl, sddl};
/// let descriptor = sddl::parse("O:SYD:P(A;;GRGW;;;WD)(D;;GW;;;S-1-22-1-1000)").unwrap();
/// let Dacl::List(list) = descriptor.dacl() else { panic!() };
/// assert_eq!(list.aces.len(), 2);
/// ```
///
/// # Errors
///
/// [`NtStatus::INVALID_PARAMETER`]: it is not made of `O:`, `G:`, `D:` and `S:`, each at most once;
/// [`NtStatus::INVALID_SID`], [`NtStatus::INVALID_ACL`].
pub fn parse(text: &str) -> Result<SecurityDescriptor, NtStatus> {
    let mut descriptor = SecurityDescriptor::default();
    let mut rest = text.trim_start();
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let mut characters = rest.chars();
        let (Some(part), Some(':')) = (characters.next(), characters.next()) else {
            return Err(NtStatus::INVALID_PARAMETER);
        };
        if seen.contains(&part) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        seen.push(part);
        rest = characters.as_str().trim_start();
        match part {
            'O' | 'G' => {
                let (sid, after) = split_sid(rest);
                let sid = parse_sid(sid)?;
                *(if part == 'O' {
                    &mut descriptor.owner
                } else {
                    &mut descriptor.group
                }) = Some(sid);
                rest = after;
            }
            'D' => {
                let bits = [
                    Control::DACL_PROTECTED,
                    Control::DACL_AUTO_INHERIT_REQ,
                    Control::DACL_AUTO_INHERITED,
                ];
                let (control, list, after) = parse_list(rest, bits)?;
                descriptor.control |= control | Control::DACL_PRESENT;
                descriptor.dacl = list;
                rest = after;
            }
            'S' => {
                let bits = [
                    Control::SACL_PROTECTED,
                    Control::SACL_AUTO_INHERIT_REQ,
                    Control::SACL_AUTO_INHERITED,
                ];
                let (control, list, after) = parse_list(rest, bits)?;
                descriptor.control |= control | Control::SACL_PRESENT;
                descriptor.sacl = list;
                rest = after;
            }
            _ => return Err(NtStatus::INVALID_PARAMETER),
        }
        rest = rest.trim_start();
    }
    Ok(descriptor)
}

/// Where the SID at the start ends: where the next part of the descriptor begins, if any does.
fn split_sid(text: &str) -> (&str, &str) {
    match text.find(':') {
        // The letter before it is the next part's.
        Some(at) => text.split_at(
            text[..at]
                .char_indices()
                .next_back()
                .map_or(0, |(last, _)| last),
        ),
        None => (text, ""),
    }
}

fn parse_sid(text: &str) -> Result<Sid, NtStatus> {
    let text = text.trim();
    well_known::of_alias(text).map_or_else(|| text.parse(), Ok)
}

/// Takes a list apart; answers its flags, its entries, and what is behind it.
fn parse_list(
    text: &str,
    [protected, inherit_required, inherited]: [Control; 3],
) -> Result<(Control, Option<Acl>, &str), NtStatus> {
    let mut control = Control::empty();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(NULL_LIST) {
            return Ok((control, None, after));
        } else if let Some(after) = rest.strip_prefix('P') {
            control |= protected;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("AR") {
            control |= inherit_required;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("AI") {
            control |= inherited;
            rest = after;
        } else {
            break;
        }
    }
    let mut aces = Vec::new();
    while let Some(entry) = rest.strip_prefix('(') {
        let (entry, after) = entry.split_once(')').ok_or(NtStatus::INVALID_ACL)?;
        aces.push(parse_ace(entry)?);
        rest = after.trim_start();
    }
    Ok((control, Some(Acl::new(aces)), rest))
}

fn parse_ace(text: &str) -> Result<Ace, NtStatus> {
    let invalid = NtStatus::INVALID_ACL;
    let parts: Vec<&str> = text.split(';').map(str::trim).collect();
    let [ace_type, flags, rights, object, inherited, sid] = parts[..] else {
        return Err(invalid);
    };
    let same = |letters: &str, text: &str| letters.eq_ignore_ascii_case(text);
    let found = TYPES.iter().find(|(letters, _)| same(letters, ace_type));
    let ace_type = found.ok_or(invalid)?.1;
    let mut flag_bits = 0;
    for letters in pairs(flags).ok_or(invalid)? {
        let found = FLAGS.iter().find(|(known, _)| same(known, letters));
        flag_bits |= found.ok_or(invalid)?.1;
    }
    let mask = parse_rights(rights, ace_type).ok_or(invalid)?;
    let sid = parse_sid(sid).map_err(|_| invalid)?;
    let mut ace = Ace::new(ace_type, flag_bits, mask, &sid);
    let is_about_parts = matches!(
        ace_type,
        AceType::ACCESS_ALLOWED_OBJECT
            | AceType::ACCESS_DENIED_OBJECT
            | AceType::SYSTEM_AUDIT_OBJECT
            | AceType::SYSTEM_ALARM_OBJECT
    );
    let guids = [(object, 1u32), (inherited, 2)];
    if is_about_parts {
        let mut present = 0u32;
        let mut bytes = Vec::new();
        for (text, bit) in guids.into_iter().filter(|(text, _)| !text.is_empty()) {
            present |= bit;
            bytes.extend(parse_guid(text).ok_or(invalid)?);
        }
        bytes.splice(0..0, present.to_le_bytes());
        ace.body.splice(4..4, bytes);
    } else if guids.iter().any(|(text, _)| !text.is_empty()) {
        return Err(invalid);
    }
    Ok(ace)
}

/// Letters two by two.
fn pairs(text: &str) -> Option<Vec<&str>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    Some(
        (0..text.len())
            .step_by(2)
            .map(|at| &text[at..at + 2])
            .collect(),
    )
}

fn parse_rights(text: &str, ace_type: AceType) -> Option<AccessMask> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => Some(u32::from_str_radix(digits, 16).ok()?),
        None if text.starts_with('0') && text.len() > 1 => Some(u32::from_str_radix(text, 8).ok()?),
        None if text.starts_with(|first: char| first.is_ascii_digit()) => Some(text.parse().ok()?),
        None => None,
    };
    if let Some(bits) = number {
        return Some(AccessMask::from_bits_retain(bits));
    }
    let mut bits = 0;
    for letters in pairs(text)? {
        let label = LABEL_RIGHTS
            .iter()
            .filter(|_| ace_type == AceType::SYSTEM_MANDATORY_LABEL);
        let mut known = RIGHTS.iter().chain(label);
        bits |= known
            .find(|(known, _)| known.eq_ignore_ascii_case(letters))?
            .1;
    }
    Some(AccessMask::from_bits_retain(bits))
}

/// The bytes of `01234567-89ab-cdef-0123-456789abcdef`, as a GUID is laid out.
fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    let is_sound = parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    if !is_sound {
        return None;
    }
    let digits: String = parts.concat();
    let mut bytes = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    Some(bytes)
}

fn format_guid(bytes: &[u8]) -> String {
    let mut ordered = bytes.to_vec();
    ordered[..4].reverse();
    ordered[4..6].reverse();
    ordered[6..8].reverse();
    let digits: Vec<String> = ordered.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range: core::ops::Range<usize>| digits[range].concat();
    [
        part(0..4),
        part(4..6),
        part(6..8),
        part(8..10),
        part(10..16),
    ]
    .join("-")
}

/// Writes those parts of a descriptor.
///
/// # Errors
///
/// [`NtStatus::INVALID_ACL`]: an entry is of a type that has no letters.
pub fn format(
    descriptor: &SecurityDescriptor,
    wanted: SecurityInformation,
) -> Result<String, NtStatus> {
    let mut text = String::new();
    if let (true, Some(owner)) = (
        wanted.contains(SecurityInformation::OWNER),
        &descriptor.owner,
    ) {
        text += &format!("O:{}", format_sid(owner));
    }
    if let (true, Some(group)) = (
        wanted.contains(SecurityInformation::GROUP),
        &descriptor.group,
    ) {
        text += &format!("G:{}", format_sid(group));
    }
    if wanted.contains(SecurityInformation::DACL) && descriptor.dacl() != Dacl::Absent {
        let bits = [
            Control::DACL_PROTECTED,
            Control::DACL_AUTO_INHERIT_REQ,
            Control::DACL_AUTO_INHERITED,
        ];
        text += "D:";
        text += &format_list(descriptor.control, descriptor.dacl.as_ref(), bits)?;
    }
    let audits = SecurityInformation::SACL | SecurityInformation::LABEL;
    if wanted.intersects(audits) && descriptor.control.contains(Control::SACL_PRESENT) {
        let bits = [
            Control::SACL_PROTECTED,
            Control::SACL_AUTO_INHERIT_REQ,
            Control::SACL_AUTO_INHERITED,
        ];
        text += "S:";
        text += &format_list(descriptor.control, descriptor.sacl.as_ref(), bits)?;
    }
    Ok(text)
}

fn format_sid(sid: &Sid) -> String {
    well_known::alias_of(sid).map_or_else(|| sid.to_string(), str::to_owned)
}

fn format_list(
    control: Control,
    list: Option<&Acl>,
    bits: [Control; 3],
) -> Result<String, NtStatus> {
    let mut text = String::new();
    for (bit, letters) in bits.into_iter().zip(["P", "AR", "AI"]) {
        if control.contains(bit) {
            text += letters;
        }
    }
    let Some(list) = list else {
        return Ok(text + NULL_LIST);
    };
    for ace in &list.aces {
        text += &format_ace(ace)?;
    }
    Ok(text)
}

fn format_ace(ace: &Ace) -> Result<String, NtStatus> {
    let known = TYPES.iter().find(|(_, known)| *known == ace.ace_type);
    let (letters, _) = known.ok_or(NtStatus::INVALID_ACL)?;
    let set = FLAGS.iter().filter(|(_, bit)| ace.flags & bit != 0);
    let flags: String = set.map(|(letters, _)| *letters).collect();
    let rights = format_rights(ace.mask().bits(), ace.ace_type);
    let [object, inherited] = guids(ace);
    let sid = format_sid(&ace.sid().map_err(|_| NtStatus::INVALID_ACL)?);
    Ok(format!(
        "({letters};{flags};{rights};{object};{inherited};{sid})"
    ))
}

/// The identifiers of object types that an entry is about.
fn guids(ace: &Ace) -> [String; 2] {
    let mut answer = [String::new(), String::new()];
    let is_about_objects = (AceType::ACCESS_ALLOWED_OBJECT.0..=AceType::SYSTEM_ALARM_OBJECT.0)
        .contains(&ace.ace_type.0);
    if is_about_objects {
        let present = ace.body.get(4).copied().unwrap_or(0);
        let mut rest = ace.body.get(8..).unwrap_or_default();
        for (place, bit) in answer.iter_mut().zip([1, 2]) {
            if let (true, Some((guid, after))) = (present & bit != 0, rest.split_at_checked(16)) {
                *place = format_guid(guid);
                rest = after;
            }
        }
    }
    answer
}

fn format_rights(bits: u32, ace_type: AceType) -> String {
    let table = if ace_type == AceType::SYSTEM_MANDATORY_LABEL {
        LABEL_RIGHTS
    } else {
        RIGHTS
    };
    if let Some((letters, _)) = table.iter().find(|(_, right)| *right == bits) {
        return (*letters).to_owned();
    }
    // Bit by bit, if each has letters of its own.
    let letters_of = |bit: u32| table.iter().find(|(_, right)| *right == bit);
    let set = (0..u32::BITS)
        .map(|index| 1 << index)
        .filter(|bit| bits & bit != 0);
    let letters: Option<String> = set
        .map(|bit| letters_of(bit).map(|found| found.0))
        .collect();
    letters.unwrap_or_else(|| format!("0x{bits:x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: SecurityInformation = SecurityInformation::all();

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "",
            "O:SYG:BA",
            "O:S-1-22-1-1000G:S-1-22-2-100D:P(A;;GA;;;WD)",
            "D:NO_ACCESS_CONTROL",
            "D:",
            "D:PARAI(D;OICINPIOID;GWGR;;;AU)(A;;0x1f0003;;;S-1-5-21-1-2-3-1000)",
            "D:(A;;FA;;;SY)S:(ML;;NW;;;LW)",
            "S:(AU;SAFA;GA;;;WD)",
            "D:(OA;;GR;00112233-4455-6677-8899-aabbccddeeff;;WD)",
        ] {
            let descriptor = parse(text).unwrap_or_else(|status| panic!("{text}: {status}"));
            assert_eq!(format(&descriptor, ALL).as_deref(), Ok(text), "{text}");
            let bytes = descriptor.to_self_relative();
            assert_eq!(
                SecurityDescriptor::from_self_relative(&bytes),
                Ok(descriptor)
            );
        }
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "X:SY",
            "O",
            "O:",
            "O:XX",
            "D:(A;;GA;;;WD",
            "D:(A;;GA;;WD)",
            "D:(Q;;GA;;;WD)",
            "D:(A;ZZ;GA;;;WD)",
            "D:(A;;GB;;;WD)",
            "D:(A;;G;;;WD)",
            "D:(A;;GA;x;;WD)",
            "D:(A;;0xg;;;WD)",
            "D:(A;;0x100000000;;;WD)",
            "D:(A;;GA;;;)",
            "D:D:",
            "O:SYO:SY",
            "D:(A;;GA;;;WD)x",
            "D:界",
            "O:界:",
            "(A;;GA;;;WD)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
