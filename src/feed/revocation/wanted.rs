//! Whom to ask about: the certificates whose revocation matters here.
//!
//! These are the signers and timestamping authorities of the versions on the feed, the authorities that stamp for the feed
//! itself, the registered certificates, and the authorities above them, as far as their chains end in a trust anchor. Only a proven chain is worth a request: what a
//! stranger's certificate names as its list must not move the server to go there. An anchor is trusted for what it is, so
//! nobody is asked about it, as the client does not check roots either.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use crate::domain::fingerprint::Fingerprint;
use crate::feed::trust;
use crate::signature::{Certificate, Purpose, TrustAnchors, proven_chain};
use crate::store::{self, Reads};

/// A certificate with the one that issued it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// About whom to ask.
    pub certificate: Certificate,
    /// Who issued it, and so whose word counts.
    pub issuer: Certificate,
}

/// The chains that matter here.
#[derive(Debug, Default)]
pub struct Chains {
    /// Each certificate below an anchor, once, by its fingerprint.
    pub wanted: BTreeMap<Fingerprint, Wanted>,
    /// Certificates that matter although nobody can be asked: their chains end in no anchor.
    pub unproven: Vec<Certificate>,
    /// The chains of the end certificates, the anchor left out.
    chains: BTreeMap<(Purpose, Fingerprint), Vec<Fingerprint>>,
}

/// What a chain is built from.
#[derive(Debug)]
struct Rows {
    anchors: TrustAnchors,
    /// All certificates that are known, registered and seen.
    known: Vec<Certificate>,
    signers: BTreeSet<Fingerprint>,
    authorities: BTreeSet<Fingerprint>,
}

impl Chains {
    /// Builds them from what the database has at this moment.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(reads: &Reads<'_>, now: OffsetDateTime) -> Result<Self, store::Error> {
        Ok(Self::build(&Rows::read(reads)?, now))
    }

    fn build(rows: &Rows, now: OffsetDateTime) -> Self {
        let mut chains = Self::default();
        let by_fingerprint: BTreeMap<Fingerprint, &Certificate> =
            rows.known.iter().map(|certificate| (certificate.fingerprint(), certificate)).collect();
        let ends = rows.signers.iter().map(|signer| (Purpose::Signing, signer));
        let ends = ends.chain(rows.authorities.iter().map(|authority| (Purpose::Timestamping, authority)));
        for (purpose, end) in ends {
            // A certificate that is an anchor itself is not among the known ones.
            let Some(certificate) = by_fingerprint.get(end) else { continue };
            match proven_chain(certificate, purpose, &rows.known, &rows.anchors, now) {
                Some(chain) => chains.add((purpose, *end), &chain),
                None => chains.unproven.push((*certificate).clone()),
            }
        }
        chains
    }

    fn add(&mut self, end: (Purpose, Fingerprint), chain: &[Certificate]) {
        for pair in chain.windows(2) {
            if let [certificate, issuer] = pair {
                let wanted = Wanted { certificate: certificate.clone(), issuer: issuer.clone() };
                self.wanted.entry(certificate.fingerprint()).or_insert(wanted);
            }
        }
        let below = chain.split_last().map(|(_, below)| below).unwrap_or_default();
        self.chains.insert(end, below.iter().map(Certificate::fingerprint).collect());
    }

    /// The chain of a certificate that signs or timestamps, itself first, the anchor left out; `None` when it does not
    /// end in one.
    #[must_use]
    pub fn of(&self, purpose: Purpose, end: &Fingerprint) -> Option<&[Fingerprint]> {
        self.chains.get(&(purpose, *end)).map(Vec::as_slice)
    }

    /// Whether a certificate is known, and its chain does not end in an anchor.
    #[must_use]
    pub fn is_unproven(&self, end: &Fingerprint) -> bool {
        self.unproven.iter().any(|certificate| certificate.fingerprint() == *end)
    }
}

impl Rows {
    fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        let registered = parse_all(&reads.registered_ders()?);
        let (signers, authorities) = reads.signing_fingerprints()?;
        let mut signers: BTreeSet<Fingerprint> = signers.into_iter().collect();
        signers.extend(registered.iter().map(Certificate::fingerprint));
        let seen = parse_all(&reads.seen_certificates()?);
        let mut authorities: BTreeSet<Fingerprint> = authorities.into_iter().collect();
        // Whoever stamps for the feed itself stands in no version's row.
        let stamps = seen.iter().filter(|certificate| certificate.is_for_timestamping());
        authorities.extend(stamps.map(Certificate::fingerprint));
        let mut known = registered;
        known.extend(seen);
        Ok(Self { anchors: trust::anchors(reads)?, known, signers, authorities })
    }
}

/// Certificates from rows. Only what parsed was stored; what a later version can't parse any more is left out.
pub(crate) fn parse_all(ders: &[Vec<u8>]) -> Vec<Certificate> {
    ders.iter().filter_map(|der| Certificate::from_der(der).ok()).collect()
}
