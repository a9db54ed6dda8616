//! Who owns a package ID: the rules for adding and removing owners.
//!
//! Who may make such a change at all is [`permission`](super::permission)'s; what it does to the signatures that count is
//! [`signature_change`](super::signature_change)'s.

use thiserror::Error;

/// Owners that a package ID may have. Their names stand in every signature of the feed on it.
pub const MAX_OWNERS: usize = 15;
/// Invitations to own one package ID that may wait at the same time.
pub const MAX_PENDING_OWNERS: usize = 3;

/// What is known of an account that shall become an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether it is an owner already.
    pub owner: bool,
    /// Whether an invitation waits for it.
    pub invited: bool,
    /// Whether whoever adds it may also accept for it.
    pub own: bool,
}

/// How an account becomes an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// At once: whoever adds it may speak for it.
    AtOnce,
    /// When it accepts.
    ByInvitation,
}

/// Why an account does not become an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAdded {
    /// A disabled account.
    #[error("that account is disabled")]
    Disabled,
    /// An owner.
    #[error("that account is an owner already")]
    Owner,
    /// Invited.
    #[error("that account is invited already; it has to accept")]
    Invited,
    /// Too many owners.
    #[error("a package ID has at most {MAX_OWNERS} owners; make a team an organization, and let that own it")]
    TooManyOwners,
    /// Too many invitations.
    #[error("{MAX_PENDING_OWNERS} invitations are waiting already; withdraw one first")]
    TooManyInvitations,
}

/// How `candidate` becomes an owner of an ID with so many `owners` and `waiting` invitations.
///
/// # Errors
/// [`NotAdded`].
pub const fn adding(candidate: Candidate, owners: usize, waiting: usize) -> Result<Adding, NotAdded> {
    if candidate.owner {
        return Err(NotAdded::Owner);
    }
    if candidate.disabled {
        return Err(NotAdded::Disabled);
    }
    if owners >= MAX_OWNERS {
        return Err(NotAdded::TooManyOwners);
    }
    if candidate.own {
        return Ok(Adding::AtOnce);
    }
    if candidate.invited {
        return Err(NotAdded::Invited);
    }
    if waiting >= MAX_PENDING_OWNERS {
        return Err(NotAdded::TooManyInvitations);
    }
    Ok(Adding::ByInvitation)
}

/// Whom a form may offer to make an owner of an ID with so many `owners` and `waiting` invitations: anybody, by invitation; or
/// only accounts that whoever adds them speaks for, at once.
///
/// # Errors
/// [`NotAdded::TooManyOwners`].
pub const fn room(owners: usize, waiting: usize) -> Result<Adding, NotAdded> {
    match (owners < MAX_OWNERS, waiting < MAX_PENDING_OWNERS) {
        (false, _) => Err(NotAdded::TooManyOwners),
        (true, false) => Ok(Adding::AtOnce),
        (true, true) => Ok(Adding::ByInvitation),
    }
}

/// What is known of an owner who shall be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaver {
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether it holds the prefix that the ID is reserved under.
    pub holds_prefix: bool,
    /// Whether whoever removes it speaks for a holder of that prefix: this account, or another one.
    pub removed_by_holder: bool,
}

/// Why an owner is not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotRemoved {
    /// Nobody who can act would be left.
    #[error("a package ID keeps at least one owner that is not disabled; add another one first")]
    LastOwner,
    /// The prefix is theirs.
    #[error("the package ID is reserved for that account; only somebody who holds the prefix may remove it")]
    HoldsPrefix,
}

/// Whether an owner may be removed when `others` that are not disabled, and `disabled` ones, are left.
///
/// # Errors
/// [`NotRemoved`].
pub const fn may_remove(leaver: Leaver, others: usize, disabled: usize) -> Result<(), NotRemoved> {
    let nobody_left = others == 0 && (!leaver.disabled || disabled == 0);
    if nobody_left {
        return Err(NotRemoved::LastOwner);
    }
    if leaver.holds_prefix && !leaver.removed_by_holder { Err(NotRemoved::HoldsPrefix) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: Candidate = Candidate { disabled: false, owner: false, invited: false, own: false };
    const LEAVER: Leaver = Leaver { disabled: false, holds_prefix: false, removed_by_holder: false };

    #[test]
    fn an_account_becomes_an_owner_when_it_accepts_or_at_once_when_it_is_ones_own() {
        assert_eq!(adding(STRANGER, 1, 0), Ok(Adding::ByInvitation));
        assert_eq!(adding(Candidate { own: true, ..STRANGER }, 1, 0), Ok(Adding::AtOnce));
        let invited = Candidate { own: true, invited: true, ..STRANGER };
        assert_eq!(adding(invited, 1, MAX_PENDING_OWNERS), Ok(Adding::AtOnce), "the invitation is used up by it");
    }

    #[test]
    fn a_disabled_account_an_owner_and_one_that_is_invited_are_not_added() {
        for own in [false, true] {
            let candidate = Candidate { own, ..STRANGER };
            assert_eq!(adding(Candidate { disabled: true, ..candidate }, 1, 0), Err(NotAdded::Disabled));
            assert_eq!(adding(Candidate { owner: true, ..candidate }, 1, 0), Err(NotAdded::Owner));
        }
        assert_eq!(adding(Candidate { invited: true, ..STRANGER }, 1, 1), Err(NotAdded::Invited));
    }

    #[test]
    fn an_id_has_at_most_fifteen_owners_and_three_invitations() {
        assert!(adding(STRANGER, MAX_OWNERS - 1, MAX_PENDING_OWNERS - 1).is_ok());
        assert_eq!(adding(STRANGER, MAX_OWNERS, 0), Err(NotAdded::TooManyOwners));
        assert_eq!(adding(Candidate { own: true, ..STRANGER }, MAX_OWNERS, 0), Err(NotAdded::TooManyOwners));
        assert_eq!(adding(STRANGER, 1, MAX_PENDING_OWNERS), Err(NotAdded::TooManyInvitations));
    }

    #[test]
    fn a_form_offers_what_would_be_taken() {
        for (owners, waiting) in
            [(1, 0), (MAX_OWNERS - 1, 2), (MAX_OWNERS, 0), (1, MAX_PENDING_OWNERS), (MAX_OWNERS, 3)]
        {
            let (stranger, own) =
                (adding(STRANGER, owners, waiting), adding(Candidate { own: true, ..STRANGER }, owners, waiting));
            let expected = if own.is_err() { own } else { Ok(stranger.unwrap_or(Adding::AtOnce)) };
            assert_eq!(room(owners, waiting), expected, "{owners} {waiting}");
        }
    }

    #[test]
    fn the_last_owner_stays_and_a_disabled_one_is_nobody() {
        let disabled = Leaver { disabled: true, ..LEAVER };
        for (leaver, others, of_them_disabled, expected) in [
            (LEAVER, 0, 0, Err(NotRemoved::LastOwner)),
            (LEAVER, 0, 2, Err(NotRemoved::LastOwner)),
            (LEAVER, 1, 0, Ok(())),
            (disabled, 1, 0, Ok(())),
            (disabled, 0, 1, Ok(())),
            (disabled, 0, 0, Err(NotRemoved::LastOwner)),
        ] {
            assert_eq!(
                may_remove(leaver, others, of_them_disabled),
                expected,
                "{leaver:?} {others} {of_them_disabled}"
            );
        }
    }

    #[test]
    fn a_holder_of_the_prefix_is_removed_by_a_holder_only() {
        let holder = Leaver { holds_prefix: true, ..LEAVER };
        assert_eq!(may_remove(holder, 1, 0), Err(NotRemoved::HoldsPrefix));
        assert_eq!(may_remove(Leaver { removed_by_holder: true, ..holder }, 1, 0), Ok(()));
        assert_eq!(may_remove(LEAVER, 1, 0), Ok(()), "who holds nothing is removed by any owner");
        let last = Leaver { removed_by_holder: true, ..holder };
        assert_eq!(may_remove(last, 0, 0), Err(NotRemoved::LastOwner));
    }
}
