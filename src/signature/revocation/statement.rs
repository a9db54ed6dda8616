//! One genuine statement of an issuer about one certificate, and what several of them mean together.
//!
//! The rule: **accusing is easy, acquitting is strict.** A revocation for good that was told once stays, whatever later
//! answers leave out: issuers drop the revocations of expired certificates from their lists. Only a hold may be taken back,
//! by a later statement that covers every reason. "Good" needs an answer that is in date, complete and strongly signed.

use time::OffsetDateTime;

use super::reason::Reason;
use super::status::{AnswerKind, Status, Unknown};

/// What an issuer says, and with what force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) says: Says,
    pub(super) this_update: OffsetDateTime,
    pub(super) next_update: Option<OffsetDateTime>,
    pub(super) told_by: AnswerKind,
    /// Whether the time asked about lies between the updates.
    pub(super) in_date: bool,
    /// Whether it is of the time asked about or before.
    pub(super) has_begun: bool,
    /// Whether it covers every reason.
    pub(super) complete: bool,
    /// Whether algorithm and key leave no doubt about who said so.
    pub(super) strong: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Good,
    Revoked { at: OffsetDateTime, reason: Reason },
    NotKnown,
}

/// What the statements mean; `otherwise` is why there may be none that counts.
pub(super) fn weigh(statements: &[Statement], otherwise: Unknown) -> Status {
    let newest = |wanted: &dyn Fn(&Statement) -> bool| {
        statements.iter().filter(|statement| wanted(statement)).max_by_key(|statement| statement.this_update)
    };
    if let Some(told) = newest(&|statement| statement.says.is_final()) {
        let in_date = statements.iter().any(|other| other.says.is_final() && other.counts_for_the_client());
        return told.revoked(in_date);
    }
    if let Some(hold) = newest(&|statement| statement.says.is_hold()) {
        // Of the same moment: the graver one. `>` and not `>=`.
        let taken_back = newest(&|other| other.takes_back()).is_some_and(|other| other.this_update > hold.this_update);
        if !taken_back {
            let in_date = statements.iter().any(|other| other.says.is_hold() && other.counts_for_the_client());
            return hold.revoked(in_date);
        }
    }
    if let Some(good) = newest(&Statement::acquits) {
        let Statement { this_update, next_update, told_by, .. } = *good;
        return Status::Good { this_update, next_update, told_by };
    }
    let why_not = statements.iter().map(Statement::why_not_good);
    Status::Unknown(why_not.chain([otherwise]).max().unwrap_or(Unknown::NoAnswer))
}

impl Statement {
    fn acquits(&self) -> bool {
        self.says == Says::Good && self.in_date && self.complete && self.strong
    }

    /// Whether it ends an earlier hold. It need not be in date any more: what was taken back then is not on hold again.
    fn takes_back(&self) -> bool {
        let says = match self.says {
            Says::Good => self.complete,
            Says::Revoked { reason, .. } => reason == Reason::RemoveFromCrl,
            Says::NotKnown => false,
        };
        says && self.strong && self.has_begun
    }

    /// The client knows neither deltas nor lists for some reasons, and no answers that are out of date.
    const fn counts_for_the_client(&self) -> bool {
        self.in_date && self.complete
    }

    fn why_not_good(&self) -> Unknown {
        match self.says {
            Says::NotKnown => Unknown::NotKnown,
            _ if !self.complete => Unknown::NotCovered,
            _ if !self.in_date => Unknown::OutOfDate,
            _ if !self.strong => Unknown::Weak,
            // A hold that was taken back, still in date.
            _ => Unknown::OutOfDate,
        }
    }

    fn revoked(&self, in_date: bool) -> Status {
        let Self { this_update, next_update, told_by, .. } = *self;
        match self.says {
            Says::Revoked { at, reason } => Status::Revoked { at, reason, in_date, this_update, next_update, told_by },
            Says::Good | Says::NotKnown => Status::Unknown(Unknown::NoAnswer),
        }
    }
}

impl Says {
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Revoked { reason, .. } if !matches!(reason, Reason::CertificateHold | Reason::RemoveFromCrl))
    }

    const fn is_hold(&self) -> bool {
        matches!(self, Self::Revoked { reason: Reason::CertificateHold, .. })
    }
}
