//! From a signer's certificate to a trust anchor.
//!
//! A chain is built as the client builds it on Linux, that is as OpenSSL does: an anchor that could be the issuer comes
//! first, then the first fitting certificate of the set that is valid at the time; nothing is tried twice. So a package is
//! judged by the chain that its users' clients will see, also where another order of the certificates would have led to
//! an anchor. What the client checks in a chain is checked here; the stricter rules of RFC 5280 are in `path`.
//!
//! Revocation is not checked.

use time::OffsetDateTime;

use super::anchors::Anchors;
use super::certificate::Certificate;
use super::certificate_policies;
use super::chain_problem::ChainProblem;
use super::name_constraints;
use super::oid;
use super::public_key::PublicKey;
use crate::domain::visible::brief;

/// Certificates in a chain. Real ones have up to five; each costs a signature check.
pub(crate) const MAX_CHAIN: usize = 16;

/// A purpose that a whole chain must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    CodeSigning,
    TimeStamping,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// At a trust anchor.
    Anchor,
    /// At a self-issued certificate that is no anchor.
    Untrusted,
    /// Before a root: an issuer is missing.
    Missing,
}

/// A chain, signer first.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) end: End,
    /// What it must allow.
    pub(crate) usage: Usage,
    /// What the client finds wrong with it, apart from trust and time.
    pub(crate) problems: Vec<ChainProblem>,
    /// Why the client cannot read one of the certificates, and so throws.
    pub(crate) unreadable: Option<&'static str>,
    /// Whether it ends at an unknown root although a cross certificate for that root leads to an anchor.
    pub(crate) way_round: bool,
}

impl Chain {
    /// Builds and checks the chain of `leaf`, with the certificates of one SignedData as helpers, as seen at `at`.
    pub(crate) fn build(
        leaf: &Certificate,
        set: &[Certificate],
        anchors: &Anchors,
        at: OffsetDateTime,
        usage: Usage,
    ) -> Self {
        let (certificates, end) = collect(leaf, set, anchors, at);
        let mut problems = Vec::new();
        if end == End::Missing
            && let Some(last) = certificates.last()
        {
            problems.push(if certificates.len() >= MAX_CHAIN {
                ChainProblem::TooLong { limit: MAX_CHAIN }
            } else {
                ChainProblem::MissingIssuer {
                    certificate: last.fingerprint(),
                    issuer: brief(&last.issuer().to_string()),
                }
            });
        }
        check_signatures(&certificates, &mut problems);
        // An unknown root must at least have signed itself; an anchor is trusted as it is.
        if end == End::Untrusted
            && let Some(root) = certificates.last()
            && !root.is_signed_by(root)
        {
            problems.push(ChainProblem::BadSignature { certificate: root.fingerprint() });
        }
        for (depth, certificate) in certificates.iter().enumerate() {
            let is_anchor = end == End::Anchor && depth + 1 == certificates.len();
            check_certificate(certificate, depth, is_anchor, &certificates, usage, &mut problems);
        }
        name_constraints::check(&certificates, &mut problems);
        let way_round = end == End::Untrusted && has_way_round(&certificates, set, anchors, at);
        let unreadable = certificates.iter().find_map(|certificate| {
            let why = unreadable(certificate)?;
            problems.push(ChainProblem::Unreadable { certificate: certificate.fingerprint(), why });
            Some(why)
        });
        Self { certificates, end, usage, problems, unreadable, way_round }
    }

    /// The last certificate: the anchor or the unknown root.
    pub(crate) fn top(&self) -> Option<&Certificate> {
        self.certificates.last()
    }

    /// The certificates below the anchor.
    pub(crate) fn below_anchor(&self) -> &[Certificate] {
        match (self.end, self.certificates.split_last()) {
            (End::Anchor, Some((_, below))) => below,
            _ => &self.certificates,
        }
    }
}

fn collect(leaf: &Certificate, set: &[Certificate], anchors: &Anchors, at: OffsetDateTime) -> (Vec<Certificate>, End) {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut current = leaf;
    loop {
        if anchors.contains(&current.fingerprint()) {
            chain.push(current.clone());
            return (chain, End::Anchor);
        }
        if is_self_signed(current) {
            // A self-signed issuer gives way to an anchor with its name and key: a root that was issued anew. A signer
            // does not: what is checked must be the certificate that signed.
            let twin = anchors.named(current.subject()).find(|anchor| anchor.spki() == current.spki());
            match twin {
                Some(twin) if chain.is_empty() => chain.extend([current.clone(), twin.clone()]),
                Some(twin) => chain.push(twin.clone()),
                None => chain.push(current.clone()),
            }
            return (chain, if twin.is_some() { End::Anchor } else { End::Untrusted });
        }
        chain.push(current.clone());
        if let Some(anchor) = best_issuer(current, anchors.named(current.issuer()), at) {
            chain.push(anchor.clone());
            return (chain, End::Anchor);
        }
        if chain.len() >= MAX_CHAIN {
            return (chain, End::Missing);
        }
        let unused =
            set.iter().filter(|candidate| !chain.iter().any(|used| used.fingerprint() == candidate.fingerprint()));
        match best_issuer(current, unused, at) {
            Some(issuer) => current = issuer,
            None => return (chain, End::Missing),
        }
    }
}

/// Whether the set holds another certificate for the key at the top that leads to an anchor.
fn has_way_round(chain: &[Certificate], set: &[Certificate], anchors: &Anchors, at: OffsetDateTime) -> bool {
    let Some(top) = chain.last() else {
        return false;
    };
    let twin = |other: &&Certificate| {
        other.spki() == top.spki() && other.subject().matches(top.subject()) && !is_self_signed(other)
    };
    set.iter().find(twin).is_some_and(|twin| collect(twin, set, anchors, at).1 == End::Anchor)
}

/// The first issuer that is valid at the time, else the one that stays valid longest.
fn best_issuer<'a>(
    certificate: &Certificate,
    candidates: impl Iterator<Item = &'a Certificate>,
    at: OffsetDateTime,
) -> Option<&'a Certificate> {
    let mut best: Option<&Certificate> = None;
    for candidate in candidates.filter(|candidate| may_have_issued(candidate, certificate)) {
        if candidate.is_valid_at(at) {
            return Some(candidate);
        }
        if best.is_none_or(|best| candidate.not_after() > best.not_after()) {
            best = Some(candidate);
        }
    }
    best
}

/// Whether names and key identifiers allow that `issuer` issued `certificate`. The signature is checked later.
fn may_have_issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    if !issuer.subject().matches(certificate.issuer())
        || !issuer.has_readable_extensions()
        || !certificate.has_readable_extensions()
        || !could_sign(issuer, certificate)
    {
        return false;
    }
    let Ok(Some(named)) = certificate.authority_key_identifier() else {
        return true;
    };
    named.fits(issuer)
}

/// Whether the algorithm of a certificate is one of its issuer's kind of key.
fn could_sign(issuer: &Certificate, certificate: &Certificate) -> bool {
    match issuer.public_key() {
        PublicKey::Rsa { .. } => certificate.signature_algorithm().signs_with_rsa(),
        PublicKey::RsaPss => certificate.signature_algorithm().id == oid::RSASSA_PSS,
        PublicKey::EllipticCurve { .. } => certificate.signature_algorithm().signs_with_curves(),
        PublicKey::Malformed | PublicKey::Other { .. } => false,
    }
}

/// What .NET reads of every certificate in a chain.
fn unreadable(certificate: &Certificate) -> Option<&'static str> {
    if !certificate.has_readable_times() {
        Some("a certificate in its chain has a validity that cannot be read")
    } else if certificate.extensions().iter().any(|extension| extension.id == oid::PROXY_CERT_INFO)
        && certificate.has_readable_extensions()
    {
        Some("a certificate in its chain is a proxy certificate")
    } else if !certificate_policies::are_readable(certificate) {
        Some("a certificate in its chain has policies that cannot be read")
    } else {
        None
    }
}

fn is_self_signed(certificate: &Certificate) -> bool {
    certificate.is_self_issued() && may_have_issued(certificate, certificate)
}

fn check_signatures(chain: &[Certificate], problems: &mut Vec<ChainProblem>) {
    for pair in chain.windows(2) {
        if let [certificate, issuer] = pair
            && !certificate.is_signed_by(issuer)
        {
            problems.push(ChainProblem::BadSignature { certificate: certificate.fingerprint() });
        }
    }
}

fn check_certificate(
    certificate: &Certificate,
    depth: usize,
    is_anchor: bool,
    chain: &[Certificate],
    usage: Usage,
    problems: &mut Vec<ChainProblem>,
) {
    let fingerprint = certificate.fingerprint();
    let mut malformed = false;
    if !is_anchor {
        if !certificate.has_one_form() {
            problems.push(ChainProblem::MalformedCertificate { certificate: fingerprint });
        }
        check_extensions(certificate, problems);
    }
    if depth > 0 {
        match certificate.basic_constraints() {
            Ok(Some((is_ca, limit))) => {
                if !is_ca {
                    problems.push(ChainProblem::NotCa { certificate: fingerprint });
                }
                // Certificates that a CA issued to itself do not count (RFC 5280, 4.2.1.9).
                let below = chain.get(1..depth).unwrap_or_default().iter().filter(|ca| !ca.is_self_issued()).count();
                if let Some(limit) = limit
                    && u64::try_from(below).unwrap_or(u64::MAX) > limit
                {
                    problems.push(ChainProblem::PathLength { certificate: fingerprint, limit });
                }
            }
            Ok(None) if is_anchor => {}
            Ok(None) => problems.push(ChainProblem::NotCa { certificate: fingerprint }),
            Err(_) => malformed = true,
        }
        match certificate.may_sign_certificates() {
            Ok(Some(false)) => problems.push(ChainProblem::MayNotIssue { certificate: fingerprint }),
            Ok(_) => {}
            Err(_) => malformed = true,
        }
    }
    match certificate_policies::declared(certificate) {
        Ok(Some(usages)) if !usages.contains(&usage.oid()) => {
            problems.push(ChainProblem::Usage { certificate: fingerprint, purpose: usage.name() });
        }
        Ok(_) => {}
        Err(_) => malformed = true,
    }
    if malformed || !certificate.has_readable_extensions() {
        problems.push(ChainProblem::MalformedExtension { certificate: fingerprint });
    }
}

fn check_extensions(certificate: &Certificate, problems: &mut Vec<ChainProblem>) {
    for extension in certificate.extensions() {
        let id = extension.id.as_slice();
        if extension.critical && !is_known(id) {
            let extension = oid::dotted(id);
            problems.push(ChainProblem::CriticalExtension { certificate: certificate.fingerprint(), extension });
        }
    }
}

/// The extensions that are processed here, or that have no bearing on a signature (where to find CRLs, policies that
/// nobody asks for).
pub(crate) fn is_known(id: &[u8]) -> bool {
    matches!(
        id,
        oid::BASIC_CONSTRAINTS
            | oid::KEY_USAGE
            | oid::EXTENDED_KEY_USAGE
            | oid::NAME_CONSTRAINTS
            | oid::SUBJECT_ALT_NAME
            | oid::NETSCAPE_CERT_TYPE
            | oid::OCSP_NO_CHECK
            | oid::CERTIFICATE_POLICIES
            | oid::POLICY_MAPPINGS
            | oid::POLICY_CONSTRAINTS
            | oid::INHIBIT_ANY_POLICY
            | oid::CRL_DISTRIBUTION_POINTS
    )
}

impl Usage {
    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::CodeSigning => oid::CODE_SIGNING,
            Self::TimeStamping => oid::TIME_STAMPING,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CodeSigning => "code signing",
            Self::TimeStamping => "time stamping",
        }
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
