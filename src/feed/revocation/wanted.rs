//! Whom to ask about: the certificates whose revocation matters here.
//!
//! These are the signers and timestamping authorities of the versions on the feed, the authorities that stamp for the feed
//! itself, the registered certificates, and the authorities above them, as far as their chains end in a trust anchor. Only a proven chain is worth a request: what a
//! stranger's certificate names as its list must not move the server to go there. An anchor is trusted for what it is, so
//! nobody is asked about it, as the client does not check roots either.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use crate::domain::answer_kind::AnswerKind;
use crate::domain::fingerprint::Fingerprint;
use crate::feed::trust::AnchorRows;
use crate::signature::{Certificate, Purpose, TrustAnchors, proven_chain};
use crate::store::revocation_answers::Question;
use crate::store::{self, Reads};

/// A certificate with the one that issued it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// About whom to ask.
    pub certificate: Certificate,
    /// Who issued it, and so whose word counts.
    pub issuer: Certificate,
}

/// The chains that matter here.
#[derive(Debug, Default)]
pub(super) struct Chains {
    /// Each certificate below an anchor, once, by its fingerprint.
    pub wanted: BTreeMap<Fingerprint, Wanted>,
    /// Certificates that matter although nobody can be asked: their chains end in no anchor.
    pub unproven: Vec<Certificate>,
    /// The chains of the end certificates, the anchor left out.
    chains: BTreeMap<(Purpose, Fingerprint), Vec<Fingerprint>>,
}

/// What chains are built from, as it is stored. Building them verifies signatures, so it begins when the snapshot is closed:
/// an open one keeps the write-ahead log from being cut back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rows {
    anchors: AnchorRows,
    registered: Vec<Vec<u8>>,
    seen: Vec<Vec<u8>>,
    signers: Vec<Fingerprint>,
    authorities: Vec<Fingerprint>,
}

impl Rows {
    /// Reads them.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        let (signers, authorities) = reads.signing_fingerprints()?;
        Ok(Self {
            anchors: AnchorRows::read(reads)?,
            registered: reads.registered_ders()?,
            seen: reads.seen_certificates()?,
            signers,
            authorities,
        })
    }

    /// Both lists of anchors.
    pub fn anchors(&self) -> TrustAnchors {
        self.anchors.parse()
    }

    /// All certificates that are known, registered and seen, each once.
    pub fn certificates(&self) -> Vec<Certificate> {
        let mut known = parse_all(&self.registered);
        known.extend(parse_all(&self.seen));
        let mut once = BTreeSet::new();
        known.retain(|certificate| once.insert(certificate.fingerprint()));
        known
    }

    /// The chains that matter.
    pub fn chains(&self, now: OffsetDateTime) -> Chains {
        let (anchors, known) = (self.anchors(), self.certificates());
        // Seen certificates came from proven chains. Whoever registers one is no issuer: with enough namesakes of an authority
        // an account could use up the budget of the search, and so keep the server from asking.
        let issuers = parse_all(&self.seen);
        let mut signers: BTreeSet<Fingerprint> = self.signers.iter().copied().collect();
        signers.extend(self.registered.iter().map(|der| Fingerprint::of(der)));
        let mut authorities: BTreeSet<Fingerprint> = self.authorities.iter().copied().collect();
        // Whoever stamps for the feed itself stands in no version's row.
        let stamps = known.iter().filter(|certificate| certificate.is_for_timestamping());
        authorities.extend(stamps.map(Certificate::fingerprint));
        let by_fingerprint: BTreeMap<Fingerprint, &Certificate> =
            known.iter().map(|certificate| (certificate.fingerprint(), certificate)).collect();
        let ends = signers.iter().map(|signer| (Purpose::Signing, signer));
        let ends = ends.chain(authorities.iter().map(|authority| (Purpose::Timestamping, authority)));
        let mut chains = Chains::default();
        for (purpose, end) in ends {
            // A certificate that is an anchor itself is not among the known ones.
            let Some(certificate) = by_fingerprint.get(end) else { continue };
            match proven_chain(certificate, purpose, &issuers, &anchors, now) {
                Some(chain) => chains.add((purpose, *end), &chain),
                None => chains.unproven.push((*certificate).clone()),
            }
        }
        chains
    }
}

impl Chains {
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
    pub fn of(&self, purpose: Purpose, end: &Fingerprint) -> Option<&[Fingerprint]> {
        self.chains.get(&(purpose, *end)).map(Vec::as_slice)
    }

    /// A certificate and those above it, in whatever chain it stands, the anchor left out.
    pub fn up_from(&self, certificate: &Fingerprint) -> BTreeSet<Fingerprint> {
        let from = |chain: &Vec<Fingerprint>| {
            let at = chain.iter().position(|one| one == certificate)?;
            chain.get(at..).map(<[Fingerprint]>::to_vec)
        };
        self.chains.values().filter_map(from).flatten().collect()
    }

    /// Whether a certificate is known, and its chain does not end in an anchor.
    pub fn is_unproven(&self, end: &Fingerprint) -> bool {
        self.unproven.iter().any(|certificate| certificate.fingerprint() == *end)
    }
}

impl Wanted {
    /// Whom to ask about it, in this order.
    pub fn questions(&self) -> impl Iterator<Item = Question> + use<> {
        questions_about(&self.certificate)
    }
}

/// Whom to ask about a certificate, in this order: it names them itself.
pub(super) fn questions_about(certificate: &Certificate) -> impl Iterator<Item = Question> + use<> {
    let about = Some(*certificate.fingerprint().as_bytes());
    let list = |url| Question { kind: AnswerKind::Crl, url, about: None };
    let ocsp = move |url| Question { kind: AnswerKind::Ocsp, url, about };
    certificate.crl_urls().into_iter().map(list).chain(certificate.ocsp_urls().into_iter().map(ocsp))
}

/// Certificates from rows. Only what parsed was stored; what a later version can't parse any more is left out.
pub(crate) fn parse_all(ders: &[Vec<u8>]) -> Vec<Certificate> {
    ders.iter().filter_map(|der| Certificate::from_der(der).ok()).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn golden(name: &str) -> Vec<u8> {
        let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    }

    #[test]
    fn however_many_register_an_authoritys_name_its_signers_are_asked_about() {
        let (leaf, between) = (golden("leaf-3072"), golden("code-int-a1"));
        let key = Certificate::from_der(&between).unwrap().public_key().clone();
        let crate::signature::PublicKey::Rsa { modulus, .. } = key else { panic!("{key:?}") };
        let at = between.windows(modulus.len()).position(|window| window == modulus).unwrap();
        let namesake = |number: usize| {
            let mut der = between.clone();
            der[at + 1 + number] ^= 0x55;
            der
        };
        let rows = Rows {
            anchors: AnchorRows { signing: vec![golden("code-root-a")], ..AnchorRows::default() },
            registered: (0..100).map(namesake).collect(),
            signers: vec![Fingerprint::of(&leaf)],
            seen: vec![leaf.clone(), between.clone()],
            authorities: Vec::new(),
        };
        let chains = rows.chains(NOW);
        assert!(chains.wanted.contains_key(&Fingerprint::of(&leaf)));
        assert!(chains.wanted.contains_key(&Fingerprint::of(&between)));
    }
}
