//! Whether a key counts at all: one pure function over facts of the deciding transaction, asked at every use.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// How long a key may last, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLifetime(i64);

/// A text that is no such number of days.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a key lasts from `1d` to `{max}d`; write a number of days, such as `90d`", max = KeyLifetime::MAX_DAYS)]
pub struct InvalidLifetime;

impl KeyLifetime {
    /// The longest: somebody has to think of each key once a year.
    pub const MAX_DAYS: i64 = 365;

    /// So many days.
    ///
    /// # Errors
    /// None at all, or more than [`MAX_DAYS`](Self::MAX_DAYS).
    pub fn days(days: i64) -> Result<Self, InvalidLifetime> {
        if (1..=Self::MAX_DAYS).contains(&days) { Ok(Self(days)) } else { Err(InvalidLifetime) }
    }

    /// As a span of time.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::days(self.0)
    }
}

impl FromStr for KeyLifetime {
    type Err = InvalidLifetime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.strip_suffix('d').filter(|days| days.bytes().all(|byte| byte.is_ascii_digit()));
        Self::days(days.and_then(|days| days.parse().ok()).ok_or(InvalidLifetime)?)
    }
}

impl fmt::Display for KeyLifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

/// What decides whether a key counts, as one snapshot has it. Who *made* a key is not among it: a service key belongs to its
/// organization, and stays when its maker leaves or is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLife {
    /// It was revoked.
    pub revoked: bool,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// The account that it belongs to is disabled.
    pub holder_disabled: bool,
    /// The account that it acts for is disabled.
    pub owner_disabled: bool,
    /// The account that it belongs to is the one that it acts for, or a member of it in any role.
    pub holder_belongs: bool,
}

/// Why a key does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dead {
    /// There is no such key.
    #[error("there is no such API key on this server")]
    Unknown,
    /// It was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// It has ended.
    #[error("the API key has expired")]
    Expired,
    /// The account that it belongs to is disabled.
    #[error("the account of the API key is disabled")]
    HolderDisabled,
    /// The organization that it acts for is disabled.
    #[error("the organization that the API key acts for is disabled")]
    OwnerDisabled,
    /// The account that it belongs to left the organization that it acts for.
    #[error("the account of the API key is no member of the organization that it acts for any more")]
    HolderLeft,
}

impl KeyLife {
    /// Whether the key counts at `now`.
    ///
    /// # Errors
    /// The first of: revoked, expired, disabled, left.
    pub fn check(&self, now: OffsetDateTime) -> Result<(), Dead> {
        match () {
            () if self.revoked => Err(Dead::Revoked),
            () if self.expires_at <= now => Err(Dead::Expired),
            () if self.holder_disabled => Err(Dead::HolderDisabled),
            () if self.owner_disabled => Err(Dead::OwnerDisabled),
            () if !self.holder_belongs => Err(Dead::HolderLeft),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn a_key_lasts_whole_days_up_to_a_year() {
        assert_eq!("90d".parse::<KeyLifetime>().unwrap().duration(), Duration::days(90));
        assert_eq!("365d".parse::<KeyLifetime>().unwrap().to_string(), "365d");
        for text in ["90", "0d", "366d", "d", "-1d", "+5d", " 5d", "9999999999999999999d", "1y", ""] {
            assert_eq!(text.parse::<KeyLifetime>(), Err(InvalidLifetime), "`{text}` was taken");
        }
    }

    #[test]
    fn the_whole_table() {
        let mut table = String::from("revoked  expired  holder disabled  owner disabled  belongs\n");
        for number in 0..32u8 {
            let bit = |place: u8| number & (1 << place) != 0;
            let life = KeyLife {
                revoked: bit(4),
                expires_at: if bit(3) { NOW } else { NOW + Duration::SECOND },
                holder_disabled: bit(2),
                owner_disabled: bit(1),
                holder_belongs: !bit(0),
            };
            let word = |yes: bool| if yes { "yes" } else { "-" };
            let cells = [
                format!("{:<9}", word(life.revoked)),
                format!("{:<9}", word(bit(3))),
                format!("{:<17}", word(life.holder_disabled)),
                format!("{:<16}", word(life.owner_disabled)),
                format!("{:<9}", word(life.holder_belongs)),
            ];
            let answer = life.check(NOW).map_or_else(|dead| dead.to_string(), |()| "counts".to_owned());
            table += &format!("{}{answer}\n", cells.concat());
        }
        insta::assert_snapshot!(table);
    }
}
