//! Chains of certificates that are at hand without a package: registered ones, and those that packages brought.
//!
//! **Not checked:** the stricter rules of a push, times and revocation. A chain here says whom a certificate may be asked
//! about, and nothing about what is signed with it.

use time::OffsetDateTime;

use super::anchors::TrustAnchors;
use super::certificate::Certificate;
use super::chain::{Chain, End, Usage};

/// What a certificate is used for, and so in which list of anchors its chain must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Signing packages.
    Signing,
    /// Timestamping.
    Timestamping,
}

/// The chain of `certificate` up to and with a trust anchor, with `set` as possible issuers; `None` when it does not end in
/// one, or when a signature, a constraint or a usage in it is wrong.
#[must_use]
pub fn proven_chain(
    certificate: &Certificate,
    purpose: Purpose,
    set: &[Certificate],
    anchors: &TrustAnchors,
    now: OffsetDateTime,
) -> Option<Vec<Certificate>> {
    let (anchors, usage) = match purpose {
        Purpose::Signing => (&anchors.signing, Usage::CodeSigning),
        Purpose::Timestamping => (&anchors.timestamping, Usage::TimeStamping),
    };
    let chain = Chain::build(certificate, set, anchors, now, usage);
    (chain.end == End::Anchor && chain.problems.is_empty()).then_some(chain.certificates)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::signature::certificate_file;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn golden(name: &str) -> Certificate {
        let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
        Certificate::from_der(&std::fs::read(path).unwrap()).unwrap()
    }

    fn anchors() -> TrustAnchors {
        let read = |name| {
            let path = format!("{}/tests/vectors/golden/trust/{name}", env!("CARGO_MANIFEST_DIR"));
            certificate_file::read_all(&std::fs::read(path).unwrap()).unwrap().into_iter().collect()
        };
        TrustAnchors { signing: read("code-signing-roots.pem"), timestamping: read("timestamping-roots.pem") }
    }

    #[test]
    fn a_chain_is_proven_with_the_authority_between_and_for_its_own_purpose_only() {
        let (leaf, between, tsa) = (golden("leaf-3072"), golden("code-int-a1"), golden("tsa"));
        let set = [golden("code-int-a2"), between.clone()];
        let chain = |certificate, purpose, set: &[Certificate]| {
            proven_chain(certificate, purpose, set, &anchors(), NOW).map(|chain| chain.len())
        };
        assert_eq!(chain(&leaf, Purpose::Signing, &[]), None);
        assert!(chain(&leaf, Purpose::Signing, &set).is_some_and(|length| length >= 3));
        assert_eq!(chain(&leaf, Purpose::Timestamping, &set), None);
        assert_eq!(chain(&tsa, Purpose::Timestamping, &[]), Some(2));
        assert_eq!(chain(&tsa, Purpose::Signing, &[]), None);
        assert_eq!(chain(&golden("stranger-self"), Purpose::Signing, &set), None);
    }
}
