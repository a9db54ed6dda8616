//! Whether the signature of a version that is already on the feed still counts, now that more is known.
//!
//! One rule for all: **a signature counts if it was made before its signer was revoked, as proven by a timestamp that
//! itself counts.** The time of a revocation is what decides for the signer alone. An issuer that is revoked vouches for
//! nobody, before or after; an authority that is revoked proves no time. That a certificate has ended says nothing: proving
//! that a signature is older is what timestamps are for. It is the rule that nuget.org follows for the packages that it
//! serves.
//!
//! It only says what counts. It takes no version off a feed, and it is not the rule for a push, which is stricter: whoever
//! is revoked pushes nothing, and an unknown signature has no standing to lose.

use std::fmt;

use time::OffsetDateTime;

use super::status::Status;

/// What is known about a signature and its timestamp.
#[derive(Debug, Clone, Copy)]
pub struct StandingFacts<'a> {
    /// The signer and those above it.
    pub signer: ChainFacts<'a>,
    /// The authority of the timestamp and those above it; `None` when the signature has no timestamp.
    pub authority: Option<ChainFacts<'a>>,
    /// By when the signature had been made: the upper bound of its timestamp (the time and its accuracy), or the moment
    /// of the push when it has none.
    pub made_by: OffsetDateTime,
    /// What was found the last time.
    pub current: Standing,
}

/// What is known about a chain.
#[derive(Debug, Clone, Copy)]
pub struct ChainFacts<'a> {
    /// The first certificate.
    pub leaf: &'a Status,
    /// Those that issued it, without the root, about which nobody says anything.
    pub issuers: &'a [Status],
    /// How it is otherwise.
    pub path: PathState,
}

/// What is wrong with a chain apart from revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathState {
    /// Nothing.
    Sound,
    /// Certificates have ended, or do not lie within the time of their issuers. Nothing else.
    OutOfTime,
    /// It does not lead to an anchor any more, or breaks another rule.
    Broken,
}

/// Whether a signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It counts, but no issuer has spoken since it was made: a revocation may still become known.
    Unconfirmed,
    /// It counts, and every issuer has spoken since.
    Confirmed,
    /// It does not count.
    Void {
        /// Why.
        why: VoidReason,
        /// Whether that is for good. A hold may be taken back, and an anchor may be added again.
        for_good: bool,
    },
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoidReason {
    /// Its signer was revoked at this time, and nothing proves that it had been made before.
    SignerRevoked {
        /// From when on.
        at: OffsetDateTime,
    },
    /// An issuer of its signer was revoked.
    IssuerRevoked,
    /// The authority of its timestamp was revoked.
    AuthorityRevoked,
    /// An issuer of that authority was revoked.
    AuthorityIssuerRevoked,
    /// The chain of its signer is broken.
    PathBroken,
    /// The chain of that authority is broken.
    AuthorityPathBroken,
}

/// Decides whether a signature counts. A standing that is void for good stays so: issuers drop revocations of expired
/// certificates from their lists, and a signature must not count again by that.
#[must_use]
pub fn standing(facts: &StandingFacts<'_>) -> Standing {
    if matches!(facts.current, Standing::Void { for_good: true, .. }) {
        return facts.current;
    }
    // What is for good comes first, so that the lifting of a hold cannot hide it.
    let found = void_reasons(facts);
    if let Some((why, for_good)) = found.iter().find(|(_, for_good)| *for_good).or(found.first()).copied() {
        return Standing::Void { why, for_good };
    }
    if is_silent_about_it(facts) {
        return facts.current;
    }
    if facts.current == Standing::Confirmed || is_confirmed(facts) {
        Standing::Confirmed
    } else {
        Standing::Unconfirmed
    }
}

/// Everything that speaks against the signature, and whether it does for good.
fn void_reasons(facts: &StandingFacts<'_>) -> Vec<(VoidReason, bool)> {
    let mut found = Vec::new();
    let mut add = |status: &Status, why: VoidReason| {
        if let Status::Revoked { reason, .. } = status {
            found.push((why, !reason.is_hold()));
        }
    };
    if let Status::Revoked { at, .. } = facts.signer.leaf
        && *at <= facts.made_by
    {
        add(facts.signer.leaf, VoidReason::SignerRevoked { at: *at });
    }
    facts.signer.issuers.iter().for_each(|issuer| add(issuer, VoidReason::IssuerRevoked));
    if let Some(authority) = &facts.authority {
        add(authority.leaf, VoidReason::AuthorityRevoked);
        authority.issuers.iter().for_each(|issuer| add(issuer, VoidReason::AuthorityIssuerRevoked));
    }
    if facts.signer.path == PathState::Broken {
        found.push((VoidReason::PathBroken, false));
    }
    if facts.authority.is_some_and(|authority| authority.path == PathState::Broken) {
        found.push((VoidReason::AuthorityPathBroken, false));
    }
    found
}

/// Whether a signature was void because of a hold, and nobody says now whether it has ended. Silence ends no hold.
fn is_silent_about_it(facts: &StandingFacts<'_>) -> bool {
    let Standing::Void { why, .. } = facts.current else {
        return false;
    };
    let leaf = |chain: &ChainFacts<'_>| matches!(chain.leaf, Status::Unknown(_));
    let issuers = |chain: &ChainFacts<'_>| chain.issuers.iter().any(|issuer| matches!(issuer, Status::Unknown(_)));
    match why {
        VoidReason::SignerRevoked { .. } => leaf(&facts.signer),
        VoidReason::IssuerRevoked => issuers(&facts.signer),
        VoidReason::AuthorityRevoked => facts.authority.as_ref().is_some_and(leaf),
        VoidReason::AuthorityIssuerRevoked => facts.authority.as_ref().is_some_and(issuers),
        VoidReason::PathBroken | VoidReason::AuthorityPathBroken => false,
    }
}

/// Whether each issuer has spoken since the signature was made. What it said before cannot have told of a key that was
/// stolen and used then.
fn is_confirmed(facts: &StandingFacts<'_>) -> bool {
    let chains = [Some(facts.signer), facts.authority];
    let statuses = chains.into_iter().flatten().flat_map(|chain| std::iter::once(chain.leaf).chain(chain.issuers));
    statuses.into_iter().all(|status| match status {
        Status::Good { this_update, .. } => *this_update > facts.made_by,
        // Here only a signer that was revoked later.
        Status::Revoked { .. } => true,
        Status::Unknown(_) => false,
    })
}

impl Standing {
    /// Whether the signature counts.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self, Self::Void { .. })
    }
}

/// As the rest of a sentence that begins with "the signature does not count:".
impl fmt::Display for VoidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignerRevoked { at } => {
                return write!(f, "its signer was revoked on {}, and nothing proves that it is older", at.date());
            }
            Self::IssuerRevoked => "an issuer of its signer was revoked",
            Self::AuthorityRevoked => "the authority of its timestamp was revoked",
            Self::AuthorityIssuerRevoked => "an issuer of the authority of its timestamp was revoked",
            Self::PathBroken => "the chain of its signer does not lead to a trust anchor any more",
            Self::AuthorityPathBroken => "the chain of its timestamp does not lead to a trust anchor any more",
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::signature::revocation::{AnswerKind, Reason, Unknown};

    const MADE_BY: OffsetDateTime = datetime!(2024-06-01 12:00 UTC);
    const BEFORE: OffsetDateTime = datetime!(2024-06-01 11:59 UTC);
    const AFTER: OffsetDateTime = datetime!(2024-06-01 12:00:01 UTC);

    fn good(this_update: OffsetDateTime) -> Status {
        Status::Good { this_update, next_update: None, told_by: AnswerKind::Crl }
    }

    fn revoked(at: OffsetDateTime, reason: Reason) -> Status {
        let (told_by, this_update) = (AnswerKind::Crl, datetime!(2025-01-01 0:00 UTC));
        Status::Revoked { at, reason, in_date: false, this_update, next_update: None, told_by }
    }

    fn signers() -> [(&'static str, Status); 9] {
        [
            ("good since", good(AFTER)),
            ("good before", good(MADE_BY)),
            ("unknown", Status::Unknown(Unknown::NoAnswer)),
            ("revoked before", revoked(BEFORE, Reason::KeyCompromise)),
            ("revoked then", revoked(MADE_BY, Reason::Superseded)),
            ("revoked after", revoked(AFTER, Reason::KeyCompromise)),
            ("hold before", revoked(BEFORE, Reason::CertificateHold)),
            ("hold then", revoked(MADE_BY, Reason::CertificateHold)),
            ("hold after", revoked(AFTER, Reason::CertificateHold)),
        ]
    }

    fn authorities() -> [(&'static str, Option<Status>); 5] {
        [
            ("none", None),
            ("good since", Some(good(AFTER))),
            ("unknown", Some(Status::Unknown(Unknown::OutOfDate))),
            ("revoked after", Some(revoked(AFTER, Reason::Superseded))),
            ("hold after", Some(revoked(AFTER, Reason::CertificateHold))),
        ]
    }

    /// What may be said about the rest: the issuer and the path of the signer, the issuer and the path of the authority.
    type Around = (&'static str, Status, PathState, Status, PathState);

    fn around() -> [Around; 9] {
        let fine = || good(AFTER);
        let revoked = |reason| revoked(datetime!(2030-01-01 0:00 UTC), reason);
        let (sound, late, broken) = (PathState::Sound, PathState::OutOfTime, PathState::Broken);
        [
            ("fine", fine(), sound, fine(), sound),
            ("issuer unknown", Status::Unknown(Unknown::NoAnswer), sound, fine(), sound),
            ("issuer revoked", revoked(Reason::CaCompromise), sound, fine(), sound),
            ("issuer on hold", revoked(Reason::CertificateHold), sound, fine(), sound),
            ("ended", fine(), late, fine(), late),
            ("broken", fine(), broken, fine(), sound),
            ("authority's issuer revoked", fine(), sound, revoked(Reason::CaCompromise), sound),
            ("authority's issuer on hold", fine(), sound, revoked(Reason::CertificateHold), sound),
            ("authority broken", fine(), sound, fine(), broken),
        ]
    }

    fn decide(signer: &Status, authority: Option<&Status>, around: &Around, current: Standing) -> Standing {
        let (_, issuer, path, authority_issuer, authority_path) = around;
        let (above, above_authority) = ([issuer.clone()], [authority_issuer.clone()]);
        standing(&StandingFacts {
            signer: ChainFacts { leaf: signer, issuers: &above, path: *path },
            authority: authority.map(|leaf| ChainFacts { leaf, issuers: &above_authority, path: *authority_path }),
            made_by: MADE_BY,
            current,
        })
    }

    fn short(standing: Standing) -> String {
        match standing {
            Standing::Void { why, for_good } => {
                let why = match why {
                    VoidReason::SignerRevoked { .. } => "SignerRevoked".into(),
                    other => format!("{other:?}"),
                };
                format!("{why}{}", if for_good { "" } else { " for now" })
            }
            counts => format!("{counts:?}"),
        }
    }

    #[test]
    fn the_whole_table_of_standings() {
        let mut table =
            vec!["signer | authority | around: was unconfirmed, was confirmed, signer was on hold".to_owned()];
        let on_hold = Standing::Void { why: VoidReason::SignerRevoked { at: BEFORE }, for_good: false };
        for around in around() {
            for (authority_is, authority) in authorities() {
                for (signer_is, signer) in signers() {
                    let of = |current| short(decide(&signer, authority.as_ref(), &around, current));
                    table.push(format!(
                        "{signer_is} | {authority_is} | {}: {}, {}, {}",
                        around.0,
                        of(Standing::Unconfirmed),
                        of(Standing::Confirmed),
                        of(on_hold)
                    ));
                }
            }
        }
        insta::assert_snapshot!("standings", table.join("\n"));
    }

    #[test]
    fn what_is_void_for_good_stays_void_whatever_is_said_later() {
        let void = Standing::Void { why: VoidReason::SignerRevoked { at: BEFORE }, for_good: true };
        for around in around() {
            for (_, authority) in authorities() {
                for (_, signer) in signers() {
                    assert_eq!(decide(&signer, authority.as_ref(), &around, void), void);
                }
            }
        }
    }

    #[test]
    fn a_hold_is_ended_by_a_word_and_not_by_silence() {
        let around = around();
        let (fine, silent) = (&around[0], &around[1]);
        let authority = good(AFTER);
        let unknown = Status::Unknown(Unknown::OutOfDate);
        let void = |why| Standing::Void { why, for_good: false };
        let signer = void(VoidReason::SignerRevoked { at: BEFORE });
        let issuer = void(VoidReason::IssuerRevoked);
        let of_authority = void(VoidReason::AuthorityRevoked);
        assert_eq!(decide(&unknown, None, fine, signer), signer);
        assert_eq!(decide(&good(AFTER), None, silent, issuer), issuer);
        assert_eq!(decide(&good(AFTER), Some(&unknown), fine, of_authority), of_authority);
        for was in [signer, issuer, of_authority] {
            assert_eq!(decide(&good(AFTER), Some(&authority), fine, was), Standing::Confirmed);
        }
    }

    #[test]
    fn a_chain_that_has_only_ended_changes_nothing() {
        let around = around();
        for (_, signer) in signers() {
            for (_, authority) in authorities() {
                let of = |around| decide(&signer, authority.as_ref(), around, Standing::Unconfirmed);
                assert_eq!(of(&around[0]), of(&around[4]));
            }
        }
    }
}
