//! Whether a certificate could ever let a push through: asked when an account registers it.
//!
//! A certificate file holds the certificate alone, so an intermediate authority may be missing: then the chain is open and
//! the first push proves it. What can be known at once is refused at once, so that nobody learns of it from a build.

use time::OffsetDateTime;

use super::certificate::Certificate;
use super::chain::{Chain, End, Usage};
use super::chain_problem::ChainProblem;
use super::evidence::Evidence;
use super::oid;
use super::path::{self, MIN_RSA_BITS};
use super::revocation::Status;
use super::shown::shown;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::visible::brief;

/// Why a certificate can't be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationProblem {
    /// Another key than RSA, or a short one.
    #[error("its key is {found}; package signatures need RSA of at least {MIN_RSA_BITS} bits (NU3014)")]
    Key {
        /// What it is.
        found: String,
    },
    /// Its own signature is not SHA-2 with RSA.
    #[error("it is signed with {found}; NuGet takes SHA-256, SHA-384 and SHA-512 with RSA (NU3013)")]
    Algorithm {
        /// What it is.
        found: String,
    },
    /// Its extended key usages leave code signing out.
    #[error(
        "its extended key usages do not include code signing (1.3.6.1.5.5.7.3.3): it is made for something else, such as TLS or timestamps; ask your certification authority for a code-signing certificate"
    )]
    Usage,
    /// It may sign only while it is valid, whatever the timestamp.
    #[error("it is a lifetime signing certificate, which NuGet refuses (NU3015)")]
    LifetimeSigning,
    /// It has ended.
    #[error("it expired at {}", shown(*.not_after))]
    Expired {
        /// When.
        not_after: OffsetDateTime,
    },
    /// Its chain breaks a rule.
    #[error("its chain is not valid: {0}")]
    Chain(ChainProblem),
    /// It, or an authority above it, is known to be revoked.
    #[error("`{subject}` ({fingerprint}) in its chain is known to be revoked since {} (NU3012); get a new certificate", shown(*.at))]
    Revoked {
        /// The subject of the revoked certificate.
        subject: String,
        /// Its SHA-256.
        fingerprint: Fingerprint,
        /// From when on.
        at: OffsetDateTime,
    },
    /// Its issuer, or that of an authority above it, has put it on hold, and may lift that.
    #[error("`{subject}` ({fingerprint}) in its chain is on hold since {} (NU3012); wait until its issuer lifts the hold, or sign with another certificate", shown(*.at))]
    OnHold {
        /// The subject of the certificate that is on hold.
        subject: String,
        /// Its SHA-256.
        fingerprint: Fingerprint,
        /// From when on.
        at: OffsetDateTime,
    },
    /// Its chain is complete and ends in a root that is no trust anchor.
    #[error(
        "its chain ends in the root `{subject}` ({fingerprint}), which is no trust anchor here; an administrator can add it on the page Trust (`/admin/trust`) or with `assay trust add`; of a self-signed certificate that is the certificate itself"
    )]
    UnknownRoot {
        /// The root's subject.
        subject: String,
        /// The root's SHA-256.
        fingerprint: Fingerprint,
    },
}

/// How far the chain of a certificate leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainState {
    /// Up to a trust anchor: the certificates, signer first and anchor last.
    Proven(Vec<Certificate>),
    /// Not yet to an end: the certificate of this issuer is not known here. The first package that brings it shows it.
    Open {
        /// The name of the issuer that is missing.
        issuer: String,
    },
    /// To a root that is no trust anchor.
    Untrusted {
        /// The root's subject.
        root: String,
    },
    /// Something in it is wrong.
    Broken,
}

impl ChainState {
    /// Whether it ends in a trust anchor.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        matches!(self, Self::Proven(_))
    }
}

/// What is known about a certificate before anything is signed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitness {
    /// Everything that refuses it.
    pub problems: Vec<RegistrationProblem>,
    /// How far its chain leads. Whether it and the authorities above it are in time is among the problems.
    pub chain: ChainState,
}

/// Judges a certificate against the trust anchors for signers and the answers about revocation that are at hand. `set` are
/// certificates that may complete its chain: nobody vouches for them but the signatures in the chain.
#[must_use]
pub fn fitness(certificate: &Certificate, set: &[Certificate], evidence: Evidence<'_>) -> Fitness {
    let now = evidence.now;
    let mut problems = own_problems(certificate, now);
    let chain = Chain::build(certificate, set, &evidence.anchors.signing, now, Usage::CodeSigning);
    let of_chain = chain.problems.iter().cloned().chain(path::check(&chain, now));
    // A missing issuer is no fault yet; a wrong usage has been told in better words.
    let told =
        |problem: &ChainProblem| matches!(problem, ChainProblem::MissingIssuer { .. } | ChainProblem::Usage { .. });
    problems.extend(of_chain.filter(|problem| !told(problem)).map(RegistrationProblem::Chain));
    if chain.end == End::Anchor && chain.problems.is_empty() {
        problems.extend(revoked(&chain.certificates, evidence));
    }
    if chain.end == End::Untrusted
        && let Some(root) = chain.top()
    {
        let (subject, fingerprint) = (brief(&root.subject().to_string()), root.fingerprint());
        problems.push(RegistrationProblem::UnknownRoot { subject, fingerprint });
    }
    Fitness { problems, chain: state(chain) }
}

fn state(chain: Chain) -> ChainState {
    let missing = chain.problems.iter().find_map(|problem| match problem {
        ChainProblem::MissingIssuer { issuer, .. } => Some(issuer.clone()),
        _ => None,
    });
    let root = chain.top().map(|root| brief(&root.subject().to_string())).unwrap_or_default();
    match (chain.end, missing) {
        (End::Anchor, _) if chain.problems.is_empty() => ChainState::Proven(chain.certificates),
        (End::Missing, Some(issuer)) => ChainState::Open { issuer },
        (End::Untrusted, _) => ChainState::Untrusted { root },
        (End::Anchor | End::Missing, _) => ChainState::Broken,
    }
}

/// The certificates of a proven chain that are known to be revoked.
fn revoked(chain: &[Certificate], evidence: Evidence<'_>) -> Vec<RegistrationProblem> {
    let pairs = chain.windows(2).filter_map(|pair| match pair {
        [certificate, issuer] => Some((certificate, evidence.answers.about(certificate, issuer, evidence.now))),
        _ => None,
    });
    let revoked = pairs.filter_map(|(certificate, status)| match status {
        Status::Revoked { at, reason, .. } => {
            Some(RegistrationProblem::revoked_or_on_hold(certificate, at, reason.is_hold()))
        }
        Status::Good { .. } | Status::Unknown(_) => None,
    });
    revoked.collect()
}

impl RegistrationProblem {
    /// That `certificate` is revoked `at` that time, or on hold since then.
    #[must_use]
    pub fn revoked_or_on_hold(certificate: &Certificate, at: OffsetDateTime, hold: bool) -> Self {
        let (subject, fingerprint) = (brief(&certificate.subject().to_string()), certificate.fingerprint());
        if hold { Self::OnHold { subject, fingerprint, at } } else { Self::Revoked { subject, fingerprint, at } }
    }
}

/// What is wrong with the certificate itself.
fn own_problems(certificate: &Certificate, now: OffsetDateTime) -> Vec<RegistrationProblem> {
    let mut problems = Vec::new();
    if certificate.public_key().rsa_bits().is_none_or(|bits| bits < MIN_RSA_BITS) {
        problems.push(RegistrationProblem::Key { found: certificate.public_key().description() });
    }
    if !certificate.signature_algorithm().is_sha2_with_rsa() {
        problems.push(RegistrationProblem::Algorithm { found: certificate.signature_algorithm().name() });
    }
    if let Ok(Some(usages)) = certificate.usages() {
        if !usages.contains(&oid::CODE_SIGNING) {
            problems.push(RegistrationProblem::Usage);
        }
        if usages.contains(&oid::LIFETIME_SIGNING) {
            problems.push(RegistrationProblem::LifetimeSigning);
        }
    }
    if certificate.not_after() < now {
        problems.push(RegistrationProblem::Expired { not_after: certificate.not_after() });
    }
    problems
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::signature::{Anchors, TrustAnchors, certificate_file};

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn golden(name: &str) -> Certificate {
        let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
        Certificate::from_der(&std::fs::read(path).unwrap()).unwrap()
    }

    fn judged(name: &str) -> Fitness {
        judged_with(name, [])
    }

    fn judged_with<const N: usize>(name: &str, set: [&str; N]) -> Fitness {
        let path = format!("{}/tests/vectors/golden/trust/code-signing-roots.pem", env!("CARGO_MANIFEST_DIR"));
        let mut anchors = Anchors::new();
        for root in certificate_file::read_all(&std::fs::read(path).unwrap()).unwrap() {
            anchors.add(root);
        }
        let anchors = TrustAnchors { signing: anchors, ..TrustAnchors::default() };
        fitness(&golden(name), &set.map(golden), Evidence::without_answers(&anchors, NOW))
    }

    #[test]
    fn a_good_certificate_is_fit_and_proven_only_when_its_root_is_at_hand() {
        let proven = |chain: &[&str]| {
            let chain = chain.iter().map(|name| golden(name)).collect();
            Fitness { problems: vec![], chain: ChainState::Proven(chain) }
        };
        assert_eq!(judged("self-trusted"), proven(&["self-trusted"]));
        assert_eq!(judged("leaf-direct"), proven(&["leaf-direct", "code-root-b"]));
        // Issued by an intermediate authority, which the file does not hold.
        let open = judged("leaf-3072");
        assert!(
            open.problems.is_empty() && matches!(&open.chain, ChainState::Open { issuer } if issuer.contains("A1"))
        );
        // Packages have shown the authority.
        let shown = judged_with("leaf-3072", ["code-int-a2", "code-int-a1"]);
        assert_eq!(shown, proven(&["leaf-3072", "code-int-a1", "code-root-a"]));
    }

    #[test]
    fn what_is_wrong_with_a_chain_does_not_hide_how_far_it_leads() {
        assert!(judged_with("leaf-expired", ["code-int-a1"]).chain.is_proven());
        assert!(matches!(judged("stranger-self").chain, ChainState::Untrusted { .. }));
        assert_eq!(judged_with("under-false", ["ca-false", "code-int-a1"]).chain, ChainState::Broken);
    }

    #[test]
    fn each_unfit_certificate_is_told_why() {
        let first = |name| judged(name).problems.first().map(ToString::to_string).unwrap_or_default();
        let table: Vec<String> = [
            "rsa1024",
            "ecdsa",
            "sha1-signed",
            "wrong-eku",
            "wrong-eku-timestamping",
            "lifetime-eku",
            "leaf-expired",
            "stranger-self",
            "tsa",
            "repo-self",
        ]
        .iter()
        .map(|name| format!("{name}: {}", first(name)))
        .collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
