//! Telling somebody that they are invited. They never asked for it, so it is bounded, and counted where it is stored: two requests
//! at once don't slip through together.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::Authorized;
use super::notices;
use crate::domain::account::Account;
use crate::domain::invitation::{Made, Period, TooOften, may_invite};
use crate::store::invitations::{InvitationId, InvitedTo};
use crate::store::{self, Writes};

/// Why somebody is not invited.
#[derive(Debug, Error)]
pub enum Error {
    /// Too many invitations.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Tells `invitee` of an invitation, if that is not too often; whoever runs the server itself has no limit.
///
/// # Errors
/// [`Error::TooOften`]: the whole transaction is to end.
pub(super) fn tell(
    w: &mut Writes<'_>,
    (invitation, to): (InvitationId, InvitedTo),
    invitee: &Account,
    by: &Authorized,
    text: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if by.account().is_some() {
        let since = |period: Period| now - period.lasts();
        may_invite(Made {
            by_inviter: w.invitations_by(by.name(), since(Period::Day))?,
            of_invitee: w.invitations_told(invitee.id, to, since(Period::Hour))?,
        })?;
    }
    w.invitation_is_told(invitee.id, to, by.name(), now)?;
    Ok(notices::tell_invitation(w, invitee, invitation, text, now)?)
}
