//! Identifiers that mean the same on every machine, and those of the machine's own that stand for
//! one of them.

use super::Sid;

/// S-1-1-0, Everyone.
pub const EVERYONE: Sid = Sid::new(1, &[0]);
/// S-1-2-0, LOCAL.
pub const LOCAL: Sid = Sid::new(2, &[0]);
/// S-1-3-4, OWNER RIGHTS: an entry about it takes the place of what an owner may always do.
pub const OWNER_RIGHTS: Sid = Sid::new(3, &[4]);
/// S-1-5-4, INTERACTIVE.
pub const INTERACTIVE: Sid = Sid::new(5, &[4]);
/// S-1-5-11, Authenticated Users.
pub const AUTHENTICATED_USERS: Sid = Sid::new(5, &[11]);
/// S-1-5-18, SYSTEM, which is root here.
pub const SYSTEM: Sid = Sid::new(5, &[18]);
/// S-1-5-32-544, Administrators, to whom root belongs here.
pub const ADMINISTRATORS: Sid = Sid::new(5, &[32, 544]);
/// S-1-5-32-545, Users.
pub const USERS: Sid = Sid::new(5, &[32, 545]);
/// S-1-16-8192, the trust that programs have.
pub const MEDIUM_LABEL: Sid = Sid::new(16, &[8192]);
/// S-1-16-12288, the trust that administrators' programs have.
pub const HIGH_LABEL: Sid = Sid::new(16, &[12288]);

/// The user number that Linux gives those who have none.
const NOBODY: u32 = 65534;

/// What SDDL writes for an identifier: two letters. LA and LG are root and nobody here.
const ALIASES: &[(&str, Sid)] = &[
    ("WD", EVERYONE),
    ("CO", Sid::new(3, &[0])),
    ("CG", Sid::new(3, &[1])),
    ("OW", OWNER_RIGHTS),
    ("NU", Sid::new(5, &[2])),
    ("IU", INTERACTIVE),
    ("SU", Sid::new(5, &[6])),
    ("AN", Sid::new(5, &[7])),
    ("ED", Sid::new(5, &[9])),
    ("PS", Sid::new(5, &[10])),
    ("AU", AUTHENTICATED_USERS),
    ("RC", Sid::new(5, &[12])),
    ("SY", SYSTEM),
    ("LS", Sid::new(5, &[19])),
    ("NS", Sid::new(5, &[20])),
    ("WR", Sid::new(5, &[33])),
    ("BA", ADMINISTRATORS),
    ("BU", USERS),
    ("BG", Sid::new(5, &[32, 546])),
    ("PU", Sid::new(5, &[32, 547])),
    ("AO", Sid::new(5, &[32, 548])),
    ("SO", Sid::new(5, &[32, 549])),
    ("PO", Sid::new(5, &[32, 550])),
    ("BO", Sid::new(5, &[32, 551])),
    ("RE", Sid::new(5, &[32, 552])),
    ("RU", Sid::new(5, &[32, 554])),
    ("RD", Sid::new(5, &[32, 555])),
    ("NO", Sid::new(5, &[32, 556])),
    ("MU", Sid::new(5, &[32, 558])),
    ("LU", Sid::new(5, &[32, 559])),
    ("IS", Sid::new(5, &[32, 568])),
    ("CY", Sid::new(5, &[32, 569])),
    ("ER", Sid::new(5, &[32, 573])),
    ("CD", Sid::new(5, &[32, 574])),
    ("RA", Sid::new(5, &[32, 575])),
    ("ES", Sid::new(5, &[32, 576])),
    ("MS", Sid::new(5, &[32, 577])),
    ("HA", Sid::new(5, &[32, 578])),
    ("AA", Sid::new(5, &[32, 579])),
    ("RM", Sid::new(5, &[32, 580])),
    ("AC", Sid::new(15, &[2, 1])),
    ("LW", Sid::new(16, &[4096])),
    ("ME", MEDIUM_LABEL),
    ("MP", Sid::new(16, &[8448])),
    ("HI", HIGH_LABEL),
    ("SI", Sid::new(16, &[16384])),
    ("LA", Sid::of_user(0)),
    ("LG", Sid::of_user(NOBODY)),
];

/// The identifier of two letters, in whichever case.
pub fn of_alias(alias: &str) -> Option<Sid> {
    let mut aliases = ALIASES.iter();
    aliases
        .find(|(letters, _)| letters.eq_ignore_ascii_case(alias))
        .map(|(_, sid)| *sid)
}

/// The two letters of an identifier that is the same on every machine.
pub fn alias_of(sid: &Sid) -> Option<&'static str> {
    let mut aliases = ALIASES.iter();
    aliases
        .find(|(_, one)| one == sid && one.as_user().is_none())
        .map(|(letters, _)| *letters)
}

/// The kinds of CreateWellKnownSid that need no domain, by their number.
const KINDS: &[(u32, Sid)] = &[
    (0, Sid::new(0, &[0])),
    (1, EVERYONE),
    (2, LOCAL),
    (3, Sid::new(3, &[0])),
    (4, Sid::new(3, &[1])),
    (5, Sid::new(3, &[2])),
    (6, Sid::new(3, &[3])),
    (7, Sid::new(5, &[])),
    (8, Sid::new(5, &[1])),
    (9, Sid::new(5, &[2])),
    (10, Sid::new(5, &[3])),
    (11, INTERACTIVE),
    (12, Sid::new(5, &[6])),
    (13, Sid::new(5, &[7])),
    (14, Sid::new(5, &[8])),
    (15, Sid::new(5, &[9])),
    (16, Sid::new(5, &[10])),
    (17, AUTHENTICATED_USERS),
    (18, Sid::new(5, &[12])),
    (19, Sid::new(5, &[13])),
    (20, Sid::new(5, &[14])),
    (22, SYSTEM),
    (23, Sid::new(5, &[19])),
    (24, Sid::new(5, &[20])),
    (25, Sid::new(5, &[32])),
    (26, ADMINISTRATORS),
    (27, USERS),
    (28, Sid::new(5, &[32, 546])),
    (29, Sid::new(5, &[32, 547])),
    (30, Sid::new(5, &[32, 548])),
    (31, Sid::new(5, &[32, 549])),
    (32, Sid::new(5, &[32, 550])),
    (33, Sid::new(5, &[32, 551])),
    (34, Sid::new(5, &[32, 552])),
    (35, Sid::new(5, &[32, 554])),
    (36, Sid::new(5, &[32, 555])),
    (37, Sid::new(5, &[32, 556])),
    (51, Sid::new(5, &[64, 10])),
    (52, Sid::new(5, &[64, 21])),
    (53, Sid::new(5, &[64, 14])),
    (54, Sid::new(5, &[15])),
    (55, Sid::new(5, &[1000])),
    (56, Sid::new(5, &[32, 557])),
    (57, Sid::new(5, &[32, 558])),
    (58, Sid::new(5, &[32, 559])),
    (59, Sid::new(5, &[32, 560])),
    (60, Sid::new(5, &[32, 561])),
    (61, Sid::new(5, &[32, 562])),
    (62, Sid::new(5, &[32, 568])),
    (63, Sid::new(5, &[17])),
    (64, Sid::new(5, &[32, 569])),
    (65, Sid::new(16, &[0])),
    (66, Sid::new(16, &[4096])),
    (67, MEDIUM_LABEL),
    (68, HIGH_LABEL),
    (69, Sid::new(16, &[16384])),
    (70, Sid::new(5, &[33])),
    (71, OWNER_RIGHTS),
    (74, Sid::new(5, &[22])),
    (76, Sid::new(5, &[32, 573])),
    (78, Sid::new(5, &[32, 574])),
    (79, Sid::new(16, &[8448])),
    (81, Sid::new(2, &[1])),
    (82, Sid::new(5, &[65, 1])),
    (84, Sid::new(15, &[2, 1])),
];

/// The kinds of CreateWellKnownSid that belong to a domain, and what stands behind the domain's own
/// identifier.
const KINDS_OF_DOMAINS: &[(u32, u32)] = &[
    (38, 500),
    (39, 501),
    (40, 502),
    (41, 512),
    (42, 513),
    (43, 514),
    (44, 515),
    (45, 516),
    (46, 517),
    (47, 518),
    (48, 519),
    (49, 520),
    (50, 553),
    (72, 571),
    (73, 572),
    (75, 521),
    (77, 498),
];

/// What kind of identifier a number of WELL_KNOWN_SID_TYPE means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WellKnownKind {
    /// The same everywhere.
    Fixed(Sid),
    /// A domain's, with this behind the domain's own identifier.
    OfDomain(u32),
}

/// What a number of WELL_KNOWN_SID_TYPE means, if anything.
pub fn kind(number: u32) -> Option<WellKnownKind> {
    let fixed = KINDS.iter().find(|(kind, _)| *kind == number);
    let of_domain = KINDS_OF_DOMAINS.iter().find(|(kind, _)| *kind == number);
    fixed
        .map(|(_, sid)| WellKnownKind::Fixed(*sid))
        .or(of_domain.map(|(_, last)| WellKnownKind::OfDomain(*last)))
}
