//! One genuine statement of an issuer about one certificate, and what several of them mean together.
//!
//! The rule: **accusing is easy, acquitting is strict.** A revocation for good that was told once stays, whatever later
//! answers leave out: issuers drop the revocations of expired certificates from their lists. Only a hold may be taken back,
//! by a later statement that covers every reason. "Good" needs an answer that is in date, complete and strongly signed.
//!
//! The .NET client on Linux accuses as easily: a list that is out of date, for other certificates, or with extensions that
//! it does not know still revokes what it lists (seen with SDK 10.0.401). So whatever it refuses is refused here too.

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
    /// Why it may accuse but neither acquit nor end a hold, if so.
    pub(super) flaw: Option<Unknown>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Good,
    Revoked {
        at: OffsetDateTime,
        reason: Reason,
    },
    /// No longer on hold.
    TakenBack,
    /// The responder does not know the certificate.
    NotKnown,
}

/// What the statements mean; `otherwise` is why there may be none that counts.
pub(super) fn weigh(statements: &[Statement], otherwise: Unknown) -> Status {
    let newest = |wanted: &dyn Fn(&Statement) -> bool| {
        statements.iter().filter(|statement| wanted(statement)).max_by_key(|statement| statement.this_update)
    };
    if let Some(told) = newest(&|statement| statement.says.is_final()) {
        return told.revoked(statements.iter().any(|other| other.says.is_final() && other.in_date));
    }
    if let Some(hold) = newest(&|statement| statement.says.is_hold()) {
        // Of the same moment: the graver one. `>` and not `>=`.
        let taken_back = newest(&|other| other.takes_back()).is_some_and(|other| other.this_update > hold.this_update);
        if !taken_back {
            return hold.revoked(statements.iter().any(|other| other.says.is_hold() && other.in_date));
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
        self.says.is_good() && self.in_date && self.flaw.is_none()
    }

    /// Whether it ends an earlier hold. It need not be in date any more: what was taken back then is not on hold again. A
    /// delta covers less than all, and says this all the same.
    fn takes_back(&self) -> bool {
        let partial = self.says == Says::TakenBack && self.flaw == Some(Unknown::NotCovered);
        self.says.is_good() && self.has_begun && (self.flaw.is_none() || partial)
    }

    fn why_not_good(&self) -> Unknown {
        match (self.says, self.flaw) {
            (Says::NotKnown, _) => Unknown::NotKnown,
            (_, Some(flaw)) => flaw,
            // Also a hold that was taken back.
            (_, None) => Unknown::OutOfDate,
        }
    }

    fn revoked(&self, in_date: bool) -> Status {
        let Self { this_update, next_update, told_by, .. } = *self;
        match self.says {
            Says::Revoked { at, reason } => Status::Revoked { at, reason, in_date, this_update, next_update, told_by },
            _ => Status::Unknown(Unknown::NoAnswer),
        }
    }
}

impl Says {
    const fn is_good(&self) -> bool {
        matches!(self, Self::Good | Self::TakenBack)
    }

    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Revoked { reason, .. } if !reason.is_hold())
    }

    const fn is_hold(&self) -> bool {
        matches!(self, Self::Revoked { reason, .. } if reason.is_hold())
    }
}
