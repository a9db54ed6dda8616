//! Step three, verify: every fact about one signer, without deciding what follows from it.
//!
//! The signature value, the signer's certificate, the first timestamp, the chain, and the time that counts. All of it is
//! computed even where an earlier fact already refuses the package, so that a decision can name everything at once. What is
//! known about revocation is a fact for each certificate; where nothing is known, nothing here says that it is good.

use time::OffsetDateTime;

use super::anchors::Anchors;
use super::certificate::Certificate;
use super::chain::{Chain, End, Usage};
use super::chain_revocation::{Asking, Revocation};
use super::cms::SignatureCheck;
use super::evidence::Evidence;
use super::fault::Fault;
use super::issue::Code;
use super::oid;
use super::path::MIN_RSA_BITS;
use super::primary::Signer;
use super::problem::Problem;
use super::timestamp::{Timestamp, TimestampVerdict};

/// What is known about one signer.
#[derive(Debug, Clone)]
pub(crate) struct Examination {
    pub(crate) certificate: Certificate,
    pub(crate) value: SignatureCheck,
    /// Faults of the signer's certificate itself, with the client's codes.
    pub(crate) certificate_faults: Vec<(Code, Problem)>,
    pub(crate) chain: Chain,
    /// What is known about the revocation of that chain.
    pub(crate) revocation: Revocation,
    /// The first timestamp and what it is worth; `None` without one.
    pub(crate) timestamp: Option<ExaminedTimestamp>,
    pub(crate) timestamp_count: usize,
    /// The earliest and the latest time at which the signature may have been made: the bounds of a valid timestamp, else
    /// now.
    pub(crate) bounds: (OffsetDateTime, OffsetDateTime),
    /// Whether the bounds come from a timestamp.
    pub(crate) timestamped: bool,
}

/// What is known about one timestamp.
#[derive(Debug, Clone)]
pub(crate) struct ExaminedTimestamp {
    pub(crate) timestamp: Timestamp,
    pub(crate) verdict: TimestampVerdict,
    /// What is known about the revocation of the authority's chain.
    pub(crate) revocation: Revocation,
}

/// What an examination needs beside the signer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    /// The certificates of the SignedData.
    pub(crate) set: &'a [Certificate],
    pub(crate) evidence: Evidence<'a>,
    /// Who asks about revocation.
    pub(crate) asking: Asking,
    /// A certificate that counts as an anchor when its chain ends at an unknown root.
    pub(crate) own_anchor: Option<&'a Certificate>,
}

impl Examination {
    /// Examines `signer`, whose signature is over `message`. `stamped` is the signature value that a timestamp must have
    /// been made for, `None` when the client could not encode it again.
    ///
    /// `None` when the signer's certificate is missing.
    pub(crate) fn of(
        signer: &Signer<'_>,
        message: &[u8],
        stamped: Option<&[u8]>,
        at: Circumstances<'_>,
    ) -> Option<Self> {
        let certificate = signer.certificate.clone()?;
        let value = signer.info.check(&certificate, message);
        let timestamp = signer.timestamps.first().map(|timestamp| ExaminedTimestamp::of(timestamp, stamped, at));
        let valid = timestamp.as_ref().filter(|stamp| stamp.is_valid()).map(|stamp| &stamp.timestamp.info);
        let bounds = valid.map_or((at.evidence.now, at.evidence.now), |info| (info.lower, info.upper));
        let timestamped = valid.is_some();
        let build = |anchors: &Anchors| Chain::build(&certificate, at.set, anchors, bounds.1, Usage::CodeSigning);
        let mut chain = build(&at.evidence.anchors.signing);
        if let Some(own) = at.own_anchor
            && chain.end != End::Anchor
        {
            chain = build(&Anchors::from_iter([own.clone()]));
        }
        let certificate_faults = certificate_faults(&certificate, at.evidence.now);
        let revocation = Revocation::of(&chain, at.asking, bounds.1, at.evidence);
        Some(Self {
            certificate_faults,
            value,
            chain,
            revocation,
            timestamp,
            timestamp_count: signer.timestamps.len(),
            bounds,
            timestamped,
            certificate,
        })
    }

    /// What the client throws when it comes to a certificate of a chain that it cannot read. It looks at the timestamp
    /// first.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let of = |chain: &Chain, timestamp| chain.unreadable.map(|why| Fault { timestamp, ..Fault::new(3003, why) });
        let stamp = self.timestamp.as_ref().filter(|stamp| stamp.verdict.findings.is_empty());
        let comes_there = matches!(self.value, SignatureCheck::Valid | SignatureCheck::OtherKey)
            && self.certificate_faults.is_empty();
        stamp
            .and_then(|stamp| of(&stamp.verdict.chain, true))
            .or_else(|| comes_there.then(|| of(&self.chain, false)).flatten())
    }

    /// Whether the certificate was valid all the time between the bounds. The ends of the validity do not count, as for
    /// the client.
    pub(crate) fn is_in_validity(&self) -> bool {
        is_within(&self.certificate, self.bounds)
    }
}

/// Whether both bounds lie strictly inside the validity of a certificate.
pub(crate) fn is_within(certificate: &Certificate, (lower, upper): (OffsetDateTime, OffsetDateTime)) -> bool {
    upper < certificate.not_after() && lower > certificate.not_before()
}

impl ExaminedTimestamp {
    fn of(timestamp: &Timestamp, stamped: Option<&[u8]>, at: Circumstances<'_>) -> Self {
        let verdict = timestamp.verify(stamped, &at.evidence.anchors.timestamping, at.evidence.now);
        let revocation = Revocation::of(&verdict.chain, at.asking, at.evidence.now, at.evidence);
        Self { timestamp: timestamp.clone(), verdict, revocation }
    }

    /// Whether the client would use the timestamp.
    pub(crate) fn is_valid(&self) -> bool {
        let Self { verdict, revocation, .. } = self;
        verdict.findings.is_empty()
            && verdict.chain.end == End::Anchor
            && verdict.chain.problems.is_empty()
            && revocation.revoked().is_none()
    }
}

fn certificate_faults(certificate: &Certificate, now: OffsetDateTime) -> Vec<(Code, Problem)> {
    let fingerprint = certificate.fingerprint();
    let mut faults = Vec::new();
    if !certificate.signature_algorithm().is_sha2_with_rsa() {
        let found = certificate.signature_algorithm().name();
        faults.push((Code(3013), Problem::CertificateAlgorithm { certificate: fingerprint, found }));
    }
    if certificate.public_key().rsa_bits().is_none_or(|bits| bits < MIN_RSA_BITS) {
        faults.push((
            Code(3014),
            Problem::Key { certificate: fingerprint, found: certificate.public_key().description() },
        ));
    }
    if certificate.usages().is_ok_and(|usages| usages.is_some_and(|usages| usages.contains(&oid::LIFETIME_SIGNING))) {
        faults.push((Code(3015), Problem::LifetimeSigning { certificate: fingerprint }));
    }
    if certificate.has_readable_times() && certificate.not_before() > now {
        let not_before = certificate.not_before();
        faults.push((Code(3017), Problem::NotYetValid { certificate: fingerprint, not_before }));
    }
    faults
}
