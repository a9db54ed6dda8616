//! Whether the signature of a version that is already on the feed still counts, now that more is known.
//!
//! One rule for all: **a signature counts if it was made before its signer was revoked, as proven by a timestamp that
//! itself counts.** The time of a revocation is what decides for the signer alone. An issuer that is revoked vouches for
//! nobody, before or after; an authority that is revoked proves no time. That a certificate has ended says nothing: proving
//! that a signature is older is what timestamps are for. It is the rule that nuget.org follows for the packages that it
//! serves.
//!
//! That answers are final, and that a hold outlasts silence, is for whoever keeps them: what is passed here is the last word
//! about each certificate.
//!
//! It only says what counts. It takes no version off a feed, and it is not the rule for a push, which is stricter: whoever
//! is revoked pushes nothing, and an unknown signature has no standing to lose.

use std::fmt;

use time::OffsetDateTime;

use crate::signature::shown::shown;

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
}

/// What is known about a chain.
#[derive(Debug, Clone, Copy)]
pub struct ChainFacts<'a> {
    /// The first certificate; `None` while it is not known to be revoked.
    pub leaf: Option<KnownRevocation>,
    /// Those that issued it, without the root, about which nobody says anything.
    pub issuers: &'a [Option<KnownRevocation>],
    /// Whether it leads to no anchor any more, or breaks another rule. Certificates that have ended break none.
    pub broken: bool,
}

/// That a certificate is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRevocation {
    /// From when on.
    pub at: OffsetDateTime,
    /// Whether it is a hold, which its issuer may take back.
    pub hold: bool,
}

/// Whether a signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It counts, as far as is known.
    Counts,
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

/// Decides whether a signature counts.
#[must_use]
pub fn standing(facts: &StandingFacts<'_>) -> Standing {
    // What is for good comes first, so that the lifting of a hold cannot hide it.
    let found = void_reasons(facts);
    match found.iter().find(|(_, for_good)| *for_good).or(found.first()).copied() {
        Some((why, for_good)) => Standing::Void { why, for_good },
        None => Standing::Counts,
    }
}

/// Everything that speaks against the signature, and whether it does for good.
fn void_reasons(facts: &StandingFacts<'_>) -> Vec<(VoidReason, bool)> {
    let mut found = Vec::new();
    let mut add = |revoked: &Option<KnownRevocation>, why: VoidReason| {
        if let Some(KnownRevocation { hold, .. }) = revoked {
            found.push((why, !hold));
        }
    };
    if let Some(KnownRevocation { at, .. }) = facts.signer.leaf
        && at <= facts.made_by
    {
        add(&facts.signer.leaf, VoidReason::SignerRevoked { at });
    }
    facts.signer.issuers.iter().for_each(|issuer| add(issuer, VoidReason::IssuerRevoked));
    if let Some(authority) = &facts.authority {
        add(&authority.leaf, VoidReason::AuthorityRevoked);
        authority.issuers.iter().for_each(|issuer| add(issuer, VoidReason::AuthorityIssuerRevoked));
    }
    if facts.signer.broken {
        found.push((VoidReason::PathBroken, false));
    }
    if facts.authority.is_some_and(|authority| authority.broken) {
        found.push((VoidReason::AuthorityPathBroken, false));
    }
    found
}

/// As the rest of a sentence that begins with "the signature does not count:".
impl fmt::Display for VoidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignerRevoked { at } => {
                return write!(
                    f,
                    "its signer was revoked at {}, and no timestamp proves that it was made before",
                    shown(*at)
                );
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

    const MADE_BY: OffsetDateTime = datetime!(2024-06-01 12:00 UTC);
    const BEFORE: OffsetDateTime = datetime!(2024-06-01 11:59 UTC);
    const AFTER: OffsetDateTime = datetime!(2024-06-01 12:00:01 UTC);

    const fn revoked(at: OffsetDateTime) -> Option<KnownRevocation> {
        Some(KnownRevocation { at, hold: false })
    }

    const fn on_hold(at: OffsetDateTime) -> Option<KnownRevocation> {
        Some(KnownRevocation { at, hold: true })
    }

    fn signers() -> [(&'static str, Option<KnownRevocation>); 7] {
        [
            ("not revoked", None),
            ("revoked before", revoked(BEFORE)),
            ("revoked then", revoked(MADE_BY)),
            ("revoked after", revoked(AFTER)),
            ("hold before", on_hold(BEFORE)),
            ("hold then", on_hold(MADE_BY)),
            ("hold after", on_hold(AFTER)),
        ]
    }

    fn authorities() -> [(&'static str, Option<Option<KnownRevocation>>); 4] {
        [
            ("none", None),
            ("not revoked", Some(None)),
            ("revoked after", Some(revoked(AFTER))),
            ("hold after", Some(on_hold(AFTER))),
        ]
    }

    /// What may be said about the rest: the issuer of the signer and whether its chain is broken, then of the authority.
    type Around = (&'static str, Option<KnownRevocation>, bool, Option<KnownRevocation>, bool);

    fn around() -> [Around; 7] {
        let late = datetime!(2030-01-01 0:00 UTC);
        [
            ("fine", None, false, None, false),
            ("issuer revoked", revoked(late), false, None, false),
            ("issuer on hold", on_hold(late), false, None, false),
            ("broken", None, true, None, false),
            ("authority's issuer revoked", None, false, revoked(late), false),
            ("authority's issuer on hold", None, false, on_hold(late), false),
            ("authority broken", None, false, None, true),
        ]
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
            Standing::Counts => "counts".to_owned(),
        }
    }

    #[test]
    fn the_whole_table_of_standings() {
        let mut table = vec!["signer | authority | around: standing".to_owned()];
        for (what, issuer, broken, authority_issuer, authority_broken) in around() {
            for (authority_is, authority) in authorities() {
                for (signer_is, signer) in signers() {
                    let above_authority = [authority_issuer];
                    let found = standing(&StandingFacts {
                        signer: ChainFacts { leaf: signer, issuers: &[issuer], broken },
                        authority: authority.map(|leaf| ChainFacts {
                            leaf,
                            issuers: &above_authority,
                            broken: authority_broken,
                        }),
                        made_by: MADE_BY,
                    });
                    table.push(format!("{signer_is} | {authority_is} | {what}: {}", short(found)));
                }
            }
        }
        insta::assert_snapshot!("standings", table.join("\n"));
    }
}
