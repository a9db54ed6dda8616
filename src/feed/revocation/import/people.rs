//! Whom a file is by, and about whom it speaks: of the certificates that are known here.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{Covered, ImportError, Imported};
use crate::domain::fingerprint::Fingerprint;
use crate::feed::revocation::matter::Matter;
use crate::feed::revocation::parsed::Parsed;
use crate::signature::Certificate;
use crate::signature::revocation::{Status, Unknown};

/// Everybody who is known here.
pub(super) struct People<'a> {
    /// Registered and seen.
    certificates: &'a [Certificate],
    /// These, and the anchors.
    issuers: Vec<&'a Certificate>,
}

impl<'a> People<'a> {
    /// Those that matter, and the anchors.
    pub fn new(matter: &'a Matter) -> Self {
        let certificates = matter.certificates.as_slice();
        let anchors = [&matter.anchors.signing, &matter.anchors.timestamping].into_iter();
        let issuers = certificates.iter().chain(anchors.flat_map(|list| list.certificates())).collect();
        Self { certificates, issuers }
    }

    /// The certificates with those who issued them.
    fn issued(&self) -> impl Iterator<Item = (&'a Certificate, &'a Certificate)> {
        self.certificates.iter().flat_map(|certificate| {
            let named = self.issuers.iter().copied().filter(|issuer| certificate.issuer().matches(issuer.subject()));
            named.filter(|issuer| certificate.is_signed_by(issuer)).map(move |issuer| (certificate, issuer))
        })
    }
}

/// What an answer says of itself, and about whom.
///
/// # Errors
/// Nobody who is known here made it, or it is about nobody who is.
pub(super) fn describe(parsed: &Parsed, people: &People<'_>, now: OffsetDateTime) -> Result<Imported, ImportError> {
    let mut covers: Vec<Covered> = Vec::new();
    let (mut issuer_name, mut why_not) = (None, Unknown::NoAnswer);
    for (certificate, issuer) in people.issued() {
        let status = parsed.about(certificate, issuer, now);
        if let Status::Unknown(why) = status {
            why_not = why_not.max(why);
            continue;
        }
        if covers.iter().any(|one| one.fingerprint == certificate.fingerprint()) {
            continue;
        }
        issuer_name = Some(issuer.subject().to_string());
        covers.push(Covered {
            fingerprint: certificate.fingerprint(),
            subject: certificate.subject().to_string(),
            revoked: status.is_revoked(),
        });
    }
    match parsed {
        Parsed::Crl(crl) => {
            let issuer = people.issuers.iter().find(|issuer| crl.is_of(issuer));
            let issuer = issuer.ok_or_else(|| ImportError::UnknownIssuer { issuer: crl.issuer().to_string() })?;
            Ok(Imported {
                kind: "CRL",
                issuer: issuer.subject().to_string(),
                this_update: crl.this_update(),
                next_update: crl.next_update(),
                entries: crl.len(),
                covers,
                newly_revoked: 0,
            })
        }
        Parsed::Ocsp(response) => Ok(Imported {
            kind: "OCSP",
            issuer: issuer_name.ok_or(match why_not {
                Unknown::NoAnswer => ImportError::NothingKnown,
                why => ImportError::DoesNotCount(why),
            })?,
            this_update: response.this_update().unwrap_or_else(|| response.produced_at()),
            next_update: response.next_update(),
            entries: response.len(),
            covers,
            newly_revoked: 0,
        }),
    }
}

/// By that whose place an answer takes: a list, of its issuer's key with its scope; a response, of the certificates that it
/// speaks of.
pub(super) fn place(parsed: &Parsed, people: &People<'_>, imported: &Imported) -> [u8; 32] {
    let mut hash = Sha256::new();
    match parsed {
        Parsed::Crl(crl) => {
            let issuer = people.issuers.iter().find(|issuer| crl.is_of(issuer));
            hash.update(issuer.map(|issuer| issuer.spki()).unwrap_or_default());
            hash.update(crl.scope_octets());
        }
        Parsed::Ocsp(_) => {
            let covered: BTreeSet<Fingerprint> = imported.covers.iter().map(|covered| covered.fingerprint).collect();
            covered.iter().for_each(|fingerprint| hash.update(fingerprint.as_bytes()));
        }
    }
    hash.finalize().into()
}
