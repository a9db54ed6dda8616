//! What an accepted package teaches: the certificates of its chains and of those who stamped it, so that they can be asked
//! about later.

use time::OffsetDateTime;

use super::CERTIFICATES;
use crate::domain::fingerprint::Fingerprint;
use crate::signature::{Certificate, Signed, SignerFacts, VerifiedPackage};
use crate::store::seen_certificates::SeenCertificate;
use crate::store::{self, Writes};

/// The certificate of the authority that timestamped the author's signature.
pub(crate) fn tsa(verified: &VerifiedPackage) -> Option<Fingerprint> {
    let timestamp = author(verified)?.timestamps.first()?;
    Some(timestamp.certificate.fingerprint())
}

/// The trust anchor that the author's chain ended in; `None` where a registration stood in its place.
pub(crate) fn signing_anchor(verified: &VerifiedPackage) -> Option<Fingerprint> {
    author(verified)?.chain.last().map(Certificate::fingerprint)
}

/// The trust anchor that the chain of the author's timestamp ended in.
pub(crate) fn timestamping_anchor(verified: &VerifiedPackage) -> Option<Fingerprint> {
    let signer = verified.report().signer.as_ref().filter(|_| matches!(verified.signed(), Signed::ByAuthor(_)))?;
    let timestamp = signer.timestamps.first().filter(|timestamp| timestamp.trusted)?;
    timestamp.chain.last().map(Certificate::fingerprint)
}

/// Remembers the certificates below the anchors in the chains of an author's signature and of its timestamp.
///
/// # Errors
/// What the store says.
pub(crate) fn remember(
    w: &mut Writes<'_>,
    verified: &VerifiedPackage,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let Some(signer) = author(verified) else { return Ok(()) };
    remember_chain(w, &signer.chain, now)?;
    signer.timestamps.first().map_or(Ok(()), |timestamp| remember_chain(w, &timestamp.chain, now))
}

/// Remembers the certificates of a chain but the last one. An accepted package's chains end at anchors, which are kept in
/// lists of their own.
///
/// # Errors
/// What the store says.
pub(crate) fn remember_chain(
    w: &mut Writes<'_>,
    chain: &[Certificate],
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    for certificate in chain.split_last().map(|(_, below)| below).unwrap_or_default() {
        let seen = SeenCertificate {
            fingerprint: certificate.fingerprint(),
            der: certificate.as_der().to_vec(),
            subject: certificate.subject().to_string(),
        };
        if w.see_certificate(&seen, now)? {
            w.advance(CERTIFICATES, now)?;
        }
    }
    Ok(())
}

fn author(verified: &VerifiedPackage) -> Option<&SignerFacts> {
    match verified.signed() {
        Signed::ByAuthor(_) => verified.report().signer.as_ref().filter(|signer| signer.trusted),
        Signed::Unsigned | Signed::RepositoryOnly => None,
    }
}
