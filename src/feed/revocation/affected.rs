//! The versions on the feed whose signature does not count any more.
//!
//! It only tells. Nothing is unlisted, hidden or removed: that is for the owners and the administrator. Nor does it tell
//! what a client will say: clients on Linux refuse a revoked signer whatever the timestamp.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::wanted::{Chains, Rows};
use super::{CERTIFICATES, REVOCATIONS};
use crate::config::Config;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Policy;
use crate::domain::void_signature::{Cause, Choice};
use crate::feed::trust;
use crate::signature::Purpose;
use crate::signature::revocation::{ChainFacts, KnownRevocation, Standing, StandingFacts, VoidReason, standing};
use crate::store::signed_versions::SignedVersion;
use crate::store::void_signatures::Voided;
use crate::store::{self, Reads, Store};

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
    /// What it comes from.
    pub cause: Cause,
    /// The certificate that is revoked, or whose chain leads nowhere.
    pub certificate: Fingerprint,
    /// Since when that one is revoked; `None` where it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// Why it does not count.
    pub why: String,
    /// Whether that is for good. A hold may be lifted, and an anchor may be added again.
    pub for_good: bool,
    /// What somebody chose to do about it; `None` while nobody did.
    pub decision: Option<Choice>,
}

/// Lists them, by ID.
///
/// # Errors
/// What the store says.
pub fn affected(store: &Store, config: &Config, now: OffsetDateTime) -> Result<Vec<Affected>, store::Error> {
    let (rows, decided) =
        store.read(|r| Ok::<_, store::Error>((GroundRows::read(r, config)?, r.all_void_signatures()?)))?;
    let ground = rows.build(now);
    let void = ground.versions.iter().filter_map(|version| Some((version, ground.judge(version)?)));
    let line = |(version, voided): (&SignedVersion, Voided)| Affected {
        id: version.package_id.to_string(),
        version: version.version.to_string(),
        listed: version.listed,
        signer: version.author,
        signed_by: made_by(version),
        cause: voided.cause,
        certificate: voided.certificate,
        since: voided.since,
        why: voided.why,
        for_good: voided.for_good,
        decision: decided.get(&version.id).and_then(|void| void.decided.as_ref()).map(|decided| decided.choice),
    };
    Ok(void.map(line).collect())
}

/// By what it is seen that signatures would be judged otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    trust: Vec<u8>,
    certificates: Vec<u8>,
    revocations: Vec<u8>,
    accept_untrusted_roots: bool,
}

impl Stamp {
    /// Reads it: cheap.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(reads: &Reads<'_>, config: &Config) -> Result<Self, store::Error> {
        Ok(Self {
            trust: trust::generation(reads)?,
            certificates: reads.meta(CERTIFICATES)?.unwrap_or_default(),
            revocations: reads.meta(REVOCATIONS)?.unwrap_or_default(),
            accept_untrusted_roots: config.effective(reads.policy()?).accept_untrusted_roots,
        })
    }

    /// Whether nothing is different but which certificates are registered or seen.
    pub fn is_but_for_certificates(&self, other: &Self) -> bool {
        Self { certificates: other.certificates.clone(), ..self.clone() } == *other
    }
}

/// What signatures are judged by, as it is stored. Building chains from it verifies signatures, so that begins when the
/// snapshot is closed.
pub(crate) struct GroundRows {
    versions: Vec<SignedVersion>,
    rows: Rows,
    revoked: BTreeMap<Fingerprint, KnownRevocation>,
    policy: Policy,
}

impl GroundRows {
    /// Reads them.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(reads: &Reads<'_>, config: &Config) -> Result<Self, store::Error> {
        let revoked = reads.revocation_statuses()?.into_iter().filter_map(|status| {
            let at = status.revoked_at?;
            Some((status.fingerprint, KnownRevocation { at, hold: status.hold }))
        });
        Ok(Self {
            versions: reads.signed_versions()?,
            rows: Rows::read(reads)?,
            revoked: revoked.collect(),
            policy: config.effective(reads.policy()?),
        })
    }

    /// Builds the chains.
    pub fn build(self, now: OffsetDateTime) -> Ground {
        let Self { versions, rows, revoked, policy } = self;
        Ground { versions, chains: rows.chains(now), revoked, policy }
    }
}

/// What signatures are judged by.
pub(crate) struct Ground {
    /// All author-signed versions.
    pub versions: Vec<SignedVersion>,
    chains: Chains,
    revoked: BTreeMap<Fingerprint, KnownRevocation>,
    policy: Policy,
}

/// A chain as it is now.
struct Path {
    end: Fingerprint,
    leaf: Option<KnownRevocation>,
    above: Vec<Fingerprint>,
    issuers: Vec<Option<KnownRevocation>>,
    broken: bool,
}

impl Ground {
    /// The same, were a certificate revoked for good since `at`, whatever is known about it.
    #[must_use]
    pub fn were_revoked(mut self, certificate: Fingerprint, at: OffsetDateTime) -> Self {
        self.revoked.insert(certificate, KnownRevocation { at, hold: false });
        self
    }

    /// Why the signature of a version does not count; `None` when it does, as far as is known.
    pub fn judge(&self, version: &SignedVersion) -> Option<Voided> {
        let signer = self.path(Purpose::Signing, &version.author);
        let authority = version.timestamp.and(version.tsa.as_ref()).map(|tsa| self.path(Purpose::Timestamping, tsa));
        // A timestamp whose authority was not kept proves its time: nothing can be said against it.
        let unnamed = ChainFacts { leaf: None, issuers: &[], broken: false };
        // What was found last time need not be kept: a status that is revoked for good stays so, and a hold lasts until its
        // issuer says otherwise.
        let found = standing(&StandingFacts {
            signer: signer.facts(),
            authority: version.timestamp.map(|_| authority.as_ref().map_or(unnamed, Path::facts)),
            made_by: made_by(version),
        });
        let Standing::Void { why, for_good } = found else { return None };
        let (cause, (certificate, since)) = match (why, &authority) {
            (VoidReason::SignerRevoked { at }, _) => (Cause::Signer, (signer.end, Some(at))),
            (VoidReason::IssuerRevoked, _) => (Cause::Issuer, signer.culprit(for_good)),
            (VoidReason::AuthorityRevoked, Some(path)) => (Cause::Authority, (path.end, path.leaf.map(|leaf| leaf.at))),
            (VoidReason::AuthorityIssuerRevoked, Some(path)) => (Cause::AuthorityIssuer, path.culprit(for_good)),
            (VoidReason::AuthorityPathBroken, Some(path)) => (Cause::AuthorityPath, (path.end, None)),
            (VoidReason::PathBroken, _) | (_, None) => (Cause::Path, (signer.end, None)),
        };
        Some(Voided { cause, certificate, since, why: why.to_string(), for_good })
    }

    fn path(&self, purpose: Purpose, end: &Fingerprint) -> Path {
        let chain = self.chains.of(purpose, end);
        // An anchor that signs by itself has an empty chain, and nobody says anything about it.
        let above = chain.and_then(|chain| chain.split_first()).map(|(_, above)| above).unwrap_or_default();
        // With this policy the registration was the anchor.
        let registered = purpose == Purpose::Signing && self.policy.accept_untrusted_roots;
        Path {
            end: *end,
            leaf: self.revoked.get(end).copied(),
            issuers: above.iter().map(|issuer| self.revoked.get(issuer).copied()).collect(),
            above: above.to_vec(),
            // When its certificate was not kept, nothing can be said about its chain.
            broken: chain.is_none() && !registered && self.chains.is_unproven(end),
        }
    }
}

impl Path {
    fn facts(&self) -> ChainFacts<'_> {
        ChainFacts { leaf: self.leaf, issuers: &self.issuers, broken: self.broken }
    }

    /// Which issuer is revoked, since when: for good, or on hold.
    fn culprit(&self, for_good: bool) -> (Fingerprint, Option<OffsetDateTime>) {
        let mut issuers = self.above.iter().zip(&self.issuers);
        let found =
            issuers.find_map(|(issuer, known)| known.filter(|known| known.hold != for_good).map(|it| (*issuer, it.at)));
        found.map_or((self.end, None), |(issuer, at)| (issuer, Some(at)))
    }
}

/// By when a version was signed.
pub(super) fn made_by(version: &SignedVersion) -> OffsetDateTime {
    version.timestamp.unwrap_or(version.published_at)
}
