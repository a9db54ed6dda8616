//! One genuine statement of an issuer about one certificate, and what several of them mean together.
//!
//! The rule: **accusing is easy, acquitting is strict.** A revocation for good that was told once stays, whatever later
//! answers leave out: issuers drop the revocations of expired certificates from their lists. Only a hold may be taken back,
//! by a later statement that covers every reason. "Good" needs an answer that is in date, complete and strongly signed.
//!
//! The .NET client on Linux accuses as easily: a list that is out of date, for other certificates, or with extensions that
//! it does not know still revokes what it lists (seen with SDK 10.0.401). So whatever it refuses is refused here too.

use std::cmp::Reverse;

use time::OffsetDateTime;

use super::reason::Reason;
use super::status::{Status, Unknown};
use crate::domain::answer_kind::AnswerKind;

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
        statements.iter().filter(|statement| wanted(statement)).max_by_key(|statement| statement.rank())
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
    /// The newest is the greatest; the rest only keeps the order in which answers came from counting.
    fn rank(&self) -> impl Ord {
        let (since, reason) = match self.says {
            Says::Revoked { at, reason } => (Some(Reverse(at)), Some(reason)),
            _ => (None, None),
        };
        (self.this_update, since, reason, self.told_by, self.next_update)
    }

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

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const FIRST: OffsetDateTime = datetime!(2024-01-01 00:00 UTC);

    fn statement(says: Says, day: i64) -> Statement {
        Statement {
            says,
            this_update: FIRST + Duration::days(day),
            next_update: None,
            told_by: AnswerKind::Crl,
            in_date: true,
            has_begun: true,
            flaw: None,
        }
    }

    fn revoked(reason: Reason, day: i64) -> Statement {
        statement(Says::Revoked { at: FIRST, reason }, day)
    }

    fn flawed(flaw: Unknown, statement: Statement) -> Statement {
        Statement { flaw: Some(flaw), ..statement }
    }

    fn old(statement: Statement) -> Statement {
        Statement { in_date: false, ..statement }
    }

    #[test]
    fn what_several_statements_mean_together() {
        let hold = |day| revoked(Reason::CertificateHold, day);
        let stolen = |day| revoked(Reason::KeyCompromise, day);
        let good = |day| statement(Says::Good, day);
        let taken_back = |day| statement(Says::TakenBack, day);
        let ahead = |statement| Statement { has_begun: false, in_date: false, ..statement };
        let (weak, partial) = (Unknown::Weak, Unknown::NotCovered);
        let cases = [
            ("nothing", vec![]),
            ("good", vec![good(1)]),
            ("good, out of date", vec![old(good(1))]),
            ("good, weak", vec![flawed(weak, good(1))]),
            ("good, weak and another", vec![flawed(weak, good(2)), good(1)]),
            ("revoked, weak", vec![flawed(weak, stolen(1))]),
            ("revoked, then good", vec![stolen(1), good(2)]),
            ("revoked long ago, then good", vec![old(stolen(1)), good(2)]),
            ("revoked, then on hold", vec![stolen(1), hold(2)]),
            ("on hold", vec![hold(1)]),
            ("on hold, out of date", vec![old(hold(1))]),
            ("on hold, then good", vec![hold(1), good(2)]),
            ("on hold, then good out of date", vec![hold(1), old(good(2))]),
            ("on hold, then good that is ahead of us", vec![hold(1), ahead(good(2))]),
            ("on hold, then good by a partial list", vec![hold(1), flawed(partial, good(2))]),
            ("on hold, then good by a weak list", vec![hold(1), flawed(weak, good(2))]),
            ("on hold, then taken back by a delta", vec![hold(1), flawed(partial, taken_back(2))]),
            ("on hold, taken back by a delta, then good", vec![hold(1), flawed(partial, taken_back(2)), good(3)]),
            ("on hold, then taken back by a weak delta", vec![hold(1), flawed(weak, taken_back(2))]),
            ("good and on hold at the same time", vec![good(1), hold(1)]),
            ("good, then on hold", vec![good(1), hold(2)]),
            ("on hold, then revoked", vec![hold(1), stolen(2)]),
            ("taken back, then revoked", vec![taken_back(1), stolen(2)]),
            ("revoked twice at one time", vec![stolen(1), revoked(Reason::Superseded, 1)]),
            ("unknown", vec![statement(Says::NotKnown, 1)]),
            ("unknown, and good by another", vec![statement(Says::NotKnown, 1), good(1)]),
        ];
        let table: Vec<String> = cases
            .iter()
            .map(|(what, statements)| {
                let there = weigh(statements, Unknown::NoAnswer);
                let back: Vec<Statement> = statements.iter().rev().copied().collect();
                assert_eq!(there, weigh(&back, Unknown::NoAnswer), "{what}: the order in which answers came counts");
                match there {
                    Status::Good { this_update, .. } => {
                        format!("{what}: good, of day {}", (this_update - FIRST).whole_days())
                    }
                    Status::Revoked { reason, in_date, this_update, .. } => {
                        let day = (this_update - FIRST).whole_days();
                        format!("{what}: revoked ({reason}), of day {day}, in date: {in_date}")
                    }
                    Status::Unknown(why) => format!("{what}: unknown, {why:?}"),
                }
            })
            .collect();
        insta::assert_snapshot!("statements", table.join("\n"));
    }
}
