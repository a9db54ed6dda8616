//! How often somebody may be invited: an invitation is a notice and a mail for somebody who never asked for either.

use thiserror::Error;
use time::Duration;

/// Invitations of one account in [`Period::Day`], to all its organizations and packages. Withdrawn ones count.
pub const INVITATIONS_A_DAY: usize = 20;
/// Invitations of one person by the same organization, or to the same package, in [`Period::Hour`], whoever invites: one, and one
/// more for who withdrew it by mistake or offers more.
pub const INVITATIONS_OF_ONE_AN_HOUR: usize = 2;

/// The times for which invitations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// For [`INVITATIONS_A_DAY`].
    Day,
    /// For [`INVITATIONS_OF_ONE_AN_HOUR`].
    Hour,
}

impl Period {
    /// How long it is.
    #[must_use]
    pub const fn lasts(self) -> Duration {
        match self {
            Self::Day => Duration::DAY,
            Self::Hour => Duration::HOUR,
        }
    }
}

/// Invitations so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// By whoever invites, in a day.
    pub by_inviter: usize,
    /// Of this person by this organization, or to this package, in an hour.
    pub of_invitee: usize,
}

/// Why nobody is invited now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TooOften {
    /// By the one who invites.
    #[error(
        "you made {INVITATIONS_A_DAY} invitations in a day, which is the most; go on tomorrow, or have somebody else invite"
    )]
    Inviter,
    /// Of the one who is invited.
    #[error(
        "that account was invited to the same {INVITATIONS_OF_ONE_AN_HOUR} times within an hour; wait an hour before the next time"
    )]
    Invitee,
}

/// Whether one more may be made.
///
/// # Errors
/// [`TooOften`].
pub const fn may_invite(made: Made) -> Result<(), TooOften> {
    if made.by_inviter >= INVITATIONS_A_DAY {
        return Err(TooOften::Inviter);
    }
    if made.of_invitee >= INVITATIONS_OF_ONE_AN_HOUR {
        return Err(TooOften::Invitee);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_invites_and_whoever_is_invited_have_limits_of_their_own() {
        for (by_inviter, of_invitee, expected) in [
            (0, 0, Ok(())),
            (19, 1, Ok(())),
            (20, 0, Err(TooOften::Inviter)),
            (0, 2, Err(TooOften::Invitee)),
            (20, 2, Err(TooOften::Inviter)),
        ] {
            assert_eq!(may_invite(Made { by_inviter, of_invitee }), expected, "{by_inviter} {of_invitee}");
        }
    }
}
