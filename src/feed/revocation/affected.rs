//! The versions on the feed whose signature does not count any more.
//!
//! It only tells. Nothing is unlisted, hidden or removed: that is for the owners and the administrator. Nor does it tell
//! what a client will say: clients on Linux refuse a revoked signer whatever the timestamp.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::wanted::{Chains, Rows};
use crate::config::Config;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy;
use crate::signature::Purpose;
use crate::signature::revocation::{ChainFacts, KnownRevocation, Standing, StandingFacts, standing};
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
    let (versions, rows, statuses, policy) = store.read(|r| {
        Ok::<_, store::Error>((r.signed_versions()?, Rows::read(r)?, r.revocation_statuses()?, r.policy()?))
    })?;
    let revoked = statuses.into_iter().filter_map(|status| {
        let at = status.revoked_at?;
        Some((status.fingerprint, KnownRevocation { at, hold: status.hold }))
    });
    let facts = Facts { chains: rows.chains(now), revoked: revoked.collect(), policy: config.effective(policy) };
    Ok(versions.iter().filter_map(|version| facts.judge(version)).collect())
}

struct Facts {
    chains: Chains,
    revoked: BTreeMap<Fingerprint, KnownRevocation>,
    policy: Policy,
}

/// A chain as it is now.
struct Path {
    leaf: Option<KnownRevocation>,
    issuers: Vec<Option<KnownRevocation>>,
    broken: bool,
}

impl Facts {
    fn judge(&self, version: &SignedVersion) -> Option<Affected> {
        let signer = self.path(Purpose::Signing, &version.author);
        let authority = version.timestamp.map(|_| match &version.tsa {
            Some(tsa) => self.path(Purpose::Timestamping, tsa),
            None => Path { leaf: None, issuers: Vec::new(), broken: false },
        });
        let signed_by = version.timestamp.unwrap_or(version.published_at);
        // What was found last time need not be kept: a status that is revoked for good stays so, and a hold lasts until its
        // issuer says otherwise.
        let found = standing(&StandingFacts {
            signer: signer.facts(),
            authority: authority.as_ref().map(Path::facts),
            made_by: signed_by,
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
        let chain = self.chains.of(purpose, end);
        // An anchor that signs by itself has an empty chain, and nobody says anything about it.
        let issuers = chain.and_then(|chain| chain.split_first()).map(|(_, above)| above).unwrap_or_default();
        // With this policy the registration was the anchor.
        let registered = purpose == Purpose::Signing && self.policy.accept_untrusted_roots;
        Path {
            leaf: self.revoked.get(end).copied(),
            issuers: issuers.iter().map(|issuer| self.revoked.get(issuer).copied()).collect(),
            // When its certificate was not kept, nothing can be said about its chain.
            broken: chain.is_none() && !registered && self.chains.is_unproven(end),
        }
    }
}

impl Path {
    fn facts(&self) -> ChainFacts<'_> {
        ChainFacts { leaf: self.leaf, issuers: &self.issuers, broken: self.broken }
    }
}
