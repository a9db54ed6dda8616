//! The versions on the feed whose signature does not count any more.
//!
//! It only tells. Nothing is unlisted, hidden or removed: that is for the owners and the administrator. Nor does it tell
//! what a client will say: clients on Linux refuse a revoked signer whatever the timestamp.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::wanted::Chains;
use crate::config::Config;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy;
use crate::signature::Purpose;
use crate::signature::revocation::{
    AnswerKind, ChainFacts, PathState, Reason, Standing, StandingFacts, Status, Unknown, standing,
};
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::store::signed_versions::SignedVersion;
use crate::store::{self, Store};

/// A version whose signature does not count.
#[derive(Debug, Clone, Serialize)]
pub struct Affected {
    /// Of which package.
    pub id: String,
    /// Which version.
    pub version: String,
    /// Whether search shows it.
    pub listed: bool,
    /// The signer's certificate.
    pub signer: Fingerprint,
    /// By when it was signed: the upper bound of its timestamp, or the time of the push when it has none.
    #[serde(with = "time::serde::rfc3339")]
    pub signed_by: OffsetDateTime,
    /// Why it does not count.
    pub why: String,
    /// Whether that is for good. A hold may be lifted, and an anchor may be added again.
    pub for_good: bool,
}

/// Lists them, by ID.
///
/// # Errors
/// What the store says.
pub fn affected(store: &Store, config: &Config, now: OffsetDateTime) -> Result<Vec<Affected>, store::Error> {
    let (versions, facts) = store.read(|r| {
        let statuses = r.revocation_statuses()?.into_iter().map(|status| (status.fingerprint, status)).collect();
        let policy = config.effective(r.policy()?);
        Ok::<_, store::Error>((r.signed_versions()?, Facts { chains: Chains::read(r, now)?, statuses, policy }))
    })?;
    Ok(versions.iter().filter_map(|version| facts.judge(version)).collect())
}

struct Facts {
    chains: Chains,
    statuses: BTreeMap<Fingerprint, StoredStatus>,
    policy: Policy,
}

/// A chain as it is now, signer first.
struct Path {
    statuses: Vec<Status>,
    state: PathState,
}

impl Facts {
    fn judge(&self, version: &SignedVersion) -> Option<Affected> {
        let signer = self.path(Purpose::Signing, &version.author);
        let authority = version.timestamp.map(|_| match &version.tsa {
            Some(tsa) => self.path(Purpose::Timestamping, tsa),
            None => Path { statuses: Vec::new(), state: PathState::Sound },
        });
        let signed_by = version.timestamp.unwrap_or(version.published_at);
        // What was found last time need not be kept: a status that is revoked for good stays so, and a hold lasts until its
        // issuer says otherwise.
        let found = standing(&StandingFacts {
            signer: signer.facts(),
            authority: authority.as_ref().map(Path::facts),
            made_by: signed_by,
            current: Standing::Unconfirmed,
        });
        let Standing::Void { why, for_good } = found else { return None };
        Some(Affected {
            id: version.package_id.to_string(),
            version: version.version.to_string(),
            listed: version.listed,
            signer: version.author,
            signed_by,
            why: why.to_string(),
            for_good,
        })
    }

    fn path(&self, purpose: Purpose, end: &Fingerprint) -> Path {
        let alone = std::slice::from_ref(end);
        let (certificates, state) = match self.chains.of(purpose, end) {
            // An anchor that signs by itself has no chain, and nobody says anything about it.
            Some([]) => (alone, PathState::Sound),
            Some(chain) => (chain, PathState::Sound),
            // With this policy the registration was the anchor.
            None if purpose == Purpose::Signing && self.policy.accept_untrusted_roots => (alone, PathState::Sound),
            None if self.chains.is_unproven(end) => (alone, PathState::Broken),
            // Its certificate was not kept: nothing can be said about its chain.
            None => (alone, PathState::Sound),
        };
        Path { statuses: certificates.iter().map(|certificate| self.status(certificate)).collect(), state }
    }

    fn status(&self, certificate: &Fingerprint) -> Status {
        self.statuses.get(certificate).map_or(Status::Unknown(Unknown::NoAnswer), as_status)
    }
}

impl Path {
    fn facts(&self) -> ChainFacts<'_> {
        const NOTHING: &Status = &Status::Unknown(Unknown::NoAnswer);
        let (leaf, issuers) = self.statuses.split_first().unwrap_or((NOTHING, &[]));
        ChainFacts { leaf, issuers, path: self.state }
    }
}

/// What is stored, as an answer would have said it.
fn as_status(stored: &StoredStatus) -> Status {
    let this_update = stored.this_update.unwrap_or(stored.checked_at);
    let (next_update, told_by) = (stored.next_update, AnswerKind::Crl);
    match (stored.status, stored.revoked_at) {
        (StatusWord::Revoked, Some(at)) => {
            let reason = if stored.hold { Reason::CertificateHold } else { Reason::Unspecified };
            Status::Revoked { at, reason, in_date: true, this_update, next_update, told_by }
        }
        (StatusWord::Good, _) => Status::Good { this_update, next_update, told_by },
        _ => Status::Unknown(Unknown::NoAnswer),
    }
}
