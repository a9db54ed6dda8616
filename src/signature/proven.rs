//! Chains of certificates that are at hand without a package: registered ones, and those that packages brought.
//!
//! A package is judged by the chain that its users' clients see: the first fitting issuer, whether it signed or not. Here whoever
//! only has an authority's name must not stand in the way of the authority, or its namesakes would keep the server from
//! asking about the certificates that it issued. So only those count that did sign, and all of them are tried.
//!
//! **Not checked:** the stricter rules of a push, times and revocation. A chain here says whom a certificate may be asked
//! about, and nothing about what is signed with it.

use time::OffsetDateTime;

use super::anchors::{Anchors, TrustAnchors};
use super::certificate::Certificate;
use super::chain::{Chain, End, MAX_CHAIN, Usage};

/// Signatures that are verified for one chain. Authorities have a few certificates of one name; each costs a check.
const MAX_CHECKS: usize = 64;

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
    let mut way = Vec::new();
    let mut checks = MAX_CHECKS;
    if !leads_to_anchor(certificate, set, anchors, &mut way, &mut checks) {
        return None;
    }
    let between: Vec<Certificate> = way.into_iter().cloned().collect();
    let chain = Chain::build(certificate, &between, anchors, now, usage);
    (chain.end == End::Anchor && chain.problems.is_empty()).then_some(chain.certificates)
}

/// Looks for issuers that signed, up to one that an anchor signed; they are in `way` then.
fn leads_to_anchor<'a>(
    certificate: &Certificate,
    set: &'a [Certificate],
    anchors: &Anchors,
    way: &mut Vec<&'a Certificate>,
    checks: &mut usize,
) -> bool {
    if anchors.contains(&certificate.fingerprint()) {
        return true;
    }
    let mut signed_by = |issuer: &Certificate| {
        *checks = checks.saturating_sub(1);
        *checks > 0 && issuer.subject().matches(certificate.issuer()) && certificate.is_signed_by(issuer)
    };
    if anchors.named(certificate.issuer()).any(&mut signed_by) {
        return true;
    }
    let namesakes = set.iter().filter(|candidate| candidate.subject().matches(certificate.issuer()));
    let issuers: Vec<&Certificate> = namesakes.filter(|candidate| signed_by(candidate)).collect();
    for issuer in issuers {
        if way.len() >= MAX_CHAIN || way.iter().any(|used| used.fingerprint() == issuer.fingerprint()) {
            continue;
        }
        way.push(issuer);
        if leads_to_anchor(issuer, set, anchors, way, checks) {
            return true;
        }
        way.pop();
    }
    false
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

    #[test]
    fn whoever_only_has_an_authoritys_name_does_not_stand_in_its_way() {
        let (leaf, between) = (golden("leaf-3072"), golden("code-int-a1"));
        // The same name and key identifier over another key: the octets of the modulus are changed.
        let mut der = between.as_der().to_vec();
        let key = between.spki();
        let at = der.windows(key.len()).position(|window| window == key).unwrap() + key.len() / 2;
        der[at] ^= 0x55;
        let impostor = Certificate::from_der(&der).unwrap();
        assert!(impostor.subject() == between.subject() && impostor.spki() != between.spki());
        for set in [[impostor.clone(), between.clone()], [between.clone(), impostor.clone()]] {
            let chain = proven_chain(&leaf, Purpose::Signing, &set, &anchors(), NOW).unwrap();
            assert!(chain.contains(&between) && !chain.contains(&impostor));
        }
        assert_eq!(proven_chain(&leaf, Purpose::Signing, &[impostor], &anchors(), NOW), None);
    }

    #[test]
    fn the_search_for_an_authority_has_an_end() {
        let (leaf, between) = (golden("leaf-3072"), golden("code-int-a1"));
        let mut der = between.as_der().to_vec();
        let key = between.spki();
        let at = der.windows(key.len()).position(|window| window == key).unwrap() + key.len() / 2;
        der[at] ^= 0x55;
        let impostors = |count| vec![Certificate::from_der(&der).unwrap(); count];
        let found = |count| {
            let set = [impostors(count), vec![between.clone()]].concat();
            proven_chain(&leaf, Purpose::Signing, &set, &anchors(), NOW).is_some()
        };
        assert!(found(MAX_CHECKS / 2) && !found(MAX_CHECKS));
    }
}
