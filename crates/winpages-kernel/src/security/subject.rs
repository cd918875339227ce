//! Who asks: a user with the groups he belongs to.

use super::{Sid, well_known};
use crate::sys::account;

bitflags::bitflags! {
    /// How a group counts: Windows' SE_GROUP_ constants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct GroupAttributes: u32 {
        /// SE_GROUP_MANDATORY
        const MANDATORY = 1;
        /// SE_GROUP_ENABLED_BY_DEFAULT
        const ENABLED_BY_DEFAULT = 2;
        /// SE_GROUP_ENABLED
        const ENABLED = 4;
        /// SE_GROUP_OWNER: the user may make the group an object's owner.
        const OWNER = 8;
    }
}

/// A user with his groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user.
    pub user: Sid,
    /// The group that his objects belong to.
    pub primary_group: Sid,
    /// His groups, those among them that everybody belongs to.
    pub groups: Vec<(Sid, GroupAttributes)>,
}

/// The groups that every user of the machine belongs to.
const EVERYBODYS: [Sid; 5] = [
    well_known::EVERYONE,
    well_known::USERS,
    well_known::INTERACTIVE,
    well_known::AUTHENTICATED_USERS,
    well_known::LOCAL,
];

impl Subject {
    /// A user who belongs to `primary_group` and to `groups`. Root is SYSTEM, and an administrator.
    pub fn new(user: u32, primary_group: u32, groups: &[u32]) -> Self {
        let usual = GroupAttributes::MANDATORY
            | GroupAttributes::ENABLED_BY_DEFAULT
            | GroupAttributes::ENABLED;
        let mut numbers = vec![primary_group];
        numbers.extend(groups.iter().filter(|group| **group != primary_group));
        let own = numbers.into_iter().map(Sid::of_group).chain(EVERYBODYS);
        let mut groups: Vec<_> = own.map(|group| (group, usual)).collect();
        if user == 0 {
            let may_own = usual | GroupAttributes::OWNER;
            groups.push((well_known::ADMINISTRATORS, may_own));
            groups.push((well_known::SYSTEM, may_own));
        }
        Self {
            user: Sid::of_user(user),
            primary_group: Sid::of_group(primary_group),
            groups,
        }
    }

    /// The user as whom this process acts.
    pub fn current() -> Self {
        let (user, group) = account::effective();
        Self::new(user, group, &account::supplementary_groups())
    }

    /// Another user of the machine, with the groups that its list of users says he belongs to.
    pub fn of_user(user: u32) -> Self {
        match account::groups_of(user) {
            Some((primary, groups)) => Self::new(user, primary, &groups),
            None => Self {
                groups: EVERYBODYS
                    .iter()
                    .map(|group| (*group, GroupAttributes::ENABLED))
                    .collect(),
                ..Self::new(user, user, &[])
            },
        }
    }

    /// Somebody of whom nothing is known but that he belongs to one group of the machine, or to none.
    pub fn somebody(group: Option<u32>) -> Self {
        let nobody = Sid::new(0, &[0]);
        let own = group.map(Sid::of_group).into_iter();
        Self {
            user: nobody,
            primary_group: nobody,
            groups: own
                .chain(EVERYBODYS)
                .map(|group| (group, GroupAttributes::ENABLED))
                .collect(),
        }
    }

    /// Whether it is the user, or a group of his.
    pub fn is(&self, sid: &Sid) -> bool {
        self.user == *sid || self.groups.iter().any(|(group, _)| group == sid)
    }

    /// Whether the kernel lets him do what it lets nobody else do.
    pub fn is_root(&self) -> bool {
        self.user.as_user() == Some(0)
    }

    /// Whether he may make somebody an object's owner: himself, a group that may own objects; root
    /// anybody.
    pub fn may_make_owner(&self, owner: &Sid) -> bool {
        let may_own = |(group, attributes): &(Sid, GroupAttributes)| {
            group == owner && attributes.contains(GroupAttributes::OWNER)
        };
        self.user == *owner || self.groups.iter().any(may_own) || self.is_root()
    }
}
