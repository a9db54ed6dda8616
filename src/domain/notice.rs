//! What accounts are told, and how much of it: anybody may cause a notice for anybody, so nobody's notices may bury others.

use time::Duration;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Who may act as the account: its password, second factor, recovery codes, sessions, e-mail address, keys and rights. Only
    /// the holder and whoever runs the server cause such notices. They are always mailed, and listed apart from all others: what an
    /// intruder did is not to be hidden under a heap of invitations.
    Security,
    /// Anything else.
    Other,
}

/// How far an account's notices were read: the number of the newest one of each topic. What is about security stands above the
/// others whatever its age, so one number for both would let a notice count as read that was never shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// About [`Topic::Security`].
    pub security: i64,
    /// About [`Topic::Other`].
    pub others: i64,
}

impl Seen {
    /// What was shown is read.
    pub fn of(shown: impl IntoIterator<Item = (Topic, i64)>) -> Self {
        let mut seen = Self::default();
        for (topic, number) in shown {
            let newest = match topic {
                Topic::Security => &mut seen.security,
                Topic::Other => &mut seen.others,
            };
            *newest = number.max(*newest);
        }
        seen
    }

    /// As far as the notice `newest`, and no further.
    pub fn at_most(self, newest: i64) -> Self {
        Self { security: self.security.min(newest), others: self.others.min(newest) }
    }

    /// The newest that was read about a topic.
    pub fn about(self, topic: Topic) -> i64 {
        match topic {
            Topic::Security => self.security,
            Topic::Other => self.others,
        }
    }
}

/// Other notices of one account that are kept; the oldest go first. Those about security stay until they are too old.
pub const OTHERS_KEPT: u32 = 500;
/// Other notices of one account that become mail in [`MAIL_PERIOD`]; further ones stand on the pages only. An organization's
/// administrator can cause notices for its members without end, and no mailbox is to be filled by that.
pub const OTHERS_MAILED: u32 = 50;
/// The time for which [`OTHERS_MAILED`] counts.
pub const MAIL_PERIOD: Duration = Duration::DAY;
