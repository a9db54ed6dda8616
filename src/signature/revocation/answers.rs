//! The answers at hand, and what they say about a certificate.

use std::collections::BTreeMap;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::crl::Crl;
use super::crl_scope::Coverage;
use super::ocsp::OcspResponse;
use super::reason::Reason;
use super::responder::Responder;
use super::serial_number;
use super::single_response::{SingleResponse, SingleStatus};
use super::statement::{Says, Statement, weigh};
use super::status::{AnswerKind, Status, Unknown};
use crate::domain::fingerprint::Fingerprint;
use crate::signature::algorithm::AlgorithmIdentifier;
use crate::signature::certificate::Certificate;
use crate::signature::public_key::PublicKey;

/// How far the clock of an issuer may be ahead of ours. An answer is often used seconds after it was made; without this,
/// a clock that is a little slow would find fresh answers not yet valid. What ends is not prolonged.
pub const CLOCK_SKEW: Duration = Duration::minutes(5);
/// How long an answer counts that does not say until when. RFC 5280, 5.1.2.5 demands the date of CRLs; without one the
/// .NET client looks again after three days, and so old an answer counts here.
pub const AGE_WITHOUT_NEXT_UPDATE: Duration = Duration::days(3);
/// Bits of an RSA key from which on a signature can acquit, as for certificates.
const STRONG_RSA_BITS: usize = 2048;

/// The statements that are at hand.
///
/// Asking is cheap: lists are found by the name of their issuer, entries by serial number, and each signature is verified
/// once. Cloning copies no answer.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// By the name of the issuer.
    crls: BTreeMap<Vec<u8>, Vec<Arc<Crl>>>,
    /// By the serial number asked about.
    responses: BTreeMap<Vec<u8>, Vec<Arc<OcspResponse>>>,
    /// What was told by answers that are not at hand any more, by the certificate that is revoked.
    known: BTreeMap<Fingerprint, Statement>,
}

static NONE: Answers = Answers { crls: BTreeMap::new(), responses: BTreeMap::new(), known: BTreeMap::new() };

/// Why an answer does not count, or what it states.
type Finding = Result<Statement, Unknown>;

impl Answers {
    /// No statements: everything is unknown.
    pub const NONE: &'static Self = &NONE;

    /// Without statements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list. Older ones of the same issuer stay: what they told is known.
    pub fn add_crl(&mut self, crl: impl Into<Arc<Crl>>) {
        let crl = crl.into();
        self.crls.entry(crl.issuer().lookup_key()).or_default().push(crl);
    }

    /// Adds a response, for all certificates that it is about.
    pub fn add_ocsp(&mut self, response: impl Into<Arc<OcspResponse>>) {
        let response = response.into();
        for single in response.singles() {
            let known = self.responses.entry(single.serial().to_vec()).or_default();
            if !known.last().is_some_and(|last| Arc::ptr_eq(last, &response)) {
                known.push(Arc::clone(&response));
            }
        }
    }

    /// Adds that `certificate` is revoked since `at`, as an answer of `this_update` told that is not at hand any more. That
    /// it counted then is for the keeper of the answers.
    pub fn add_known(&mut self, certificate: Fingerprint, at: OffsetDateTime, this_update: OffsetDateTime) {
        let statement = Statement {
            says: Says::Revoked { at, reason: Reason::Unspecified },
            this_update,
            next_update: None,
            told_by: AnswerKind::Crl,
            in_date: false,
            has_begun: true,
            complete: true,
            strong: true,
        };
        self.known.insert(certificate, statement);
    }

    /// What is known at `now` about `certificate`, which `issuer` issued; that it did must have been checked.
    ///
    /// A CRL counts by RFC 5280, 6.3.3, a response by RFC 6960, 3.2. Answers of others, and answers about others, are no
    /// answers. An answer signed with SHA-1 or a short key may accuse, since an issuer has no reason to make one and erring
    /// on that side is safe, and cannot acquit: an issuer that signs what it is sent with SHA-1 can be brought to sign a
    /// collision with "good".
    #[must_use]
    pub fn about(&self, certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> Status {
        if !certificate.issuer().matches(issuer.subject()) {
            return Status::Unknown(Unknown::NoAnswer);
        }
        let (mut statements, mut otherwise) = (Vec::new(), Unknown::NoAnswer);
        let crls = self.crls.get(&certificate.issuer().lookup_key()).into_iter().flatten();
        let serial = serial_number::value(certificate.serial_octets());
        let responses = self.responses.get(serial).into_iter().flatten();
        let findings = crls
            .map(|crl| read_crl(crl, certificate, issuer, now))
            .chain(responses.flat_map(|response| read_response(response, certificate, issuer, now)));
        for finding in findings {
            match finding {
                Ok(statement) => statements.push(statement),
                Err(why) => otherwise = otherwise.max(why),
            }
        }
        if statements.iter().all(|statement| !statement.says.is_final()) {
            statements.extend(self.known.get(&certificate.fingerprint()));
        }
        weigh(&statements, otherwise)
    }
}

fn read_crl(crl: &Crl, certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> Finding {
    if !crl.is_of(issuer) {
        return Err(Unknown::NotGenuine);
    }
    let coverage = crl.coverage(certificate);
    if coverage == Coverage::None {
        return Err(Unknown::NotCovered);
    }
    let (this_update, next_update) = (crl.this_update(), crl.next_update());
    let says = crl.entry(certificate).map_or(Says::Good, |entry| Says::Revoked {
        at: entry.invalid_since.map_or(entry.at, |since| since.min(entry.at)),
        reason: entry.reason,
    });
    Ok(Statement {
        says,
        this_update,
        next_update,
        told_by: AnswerKind::Crl,
        in_date: is_in_date(this_update, next_update, now),
        has_begun: has_begun(this_update, now),
        complete: coverage == Coverage::Complete,
        strong: is_strong(issuer.public_key(), crl.algorithm()),
    })
}

fn read_response(
    response: &OcspResponse,
    certificate: &Certificate,
    issuer: &Certificate,
    now: OffsetDateTime,
) -> Vec<Finding> {
    let about = response.singles().iter().filter(|single| single.is_about(certificate, issuer));
    about.map(|single| read_single(response, single, issuer, now)).collect()
}

fn read_single(response: &OcspResponse, single: &SingleResponse, issuer: &Certificate, now: OffsetDateTime) -> Finding {
    let produced_at = response.produced_at();
    let (signer, is_valid_now) = match response.responder(issuer) {
        Responder::Issuer => (issuer, true),
        Responder::Named(place) => {
            let named = response.certificate(place).ok_or(Unknown::NotGenuine)?;
            // A responder whose certificate had ended when it signed had no say. One whose certificate ended since told
            // the truth then, so a revocation stays known; for "good" it must be valid now.
            if !named.is_valid_at(produced_at) {
                return Err(Unknown::NotGenuine);
            }
            (named, named.is_valid_at(now))
        }
        Responder::Nobody => return Err(Unknown::NotGenuine),
    };
    let (this_update, next_update) = (single.this_update, single.next_update);
    Ok(Statement {
        says: match single.status {
            SingleStatus::Good => Says::Good,
            SingleStatus::Revoked { at, reason } => Says::Revoked { at, reason },
            SingleStatus::Unknown => Says::NotKnown,
        },
        this_update,
        next_update,
        told_by: AnswerKind::Ocsp,
        in_date: is_valid_now && is_in_date(this_update, next_update, now) && has_begun(produced_at, now),
        has_begun: has_begun(this_update, now),
        complete: true,
        strong: is_strong(issuer.public_key(), response.algorithm())
            && is_strong(signer.public_key(), response.algorithm()),
    })
}

fn has_begun(this_update: OffsetDateTime, now: OffsetDateTime) -> bool {
    this_update.checked_sub(CLOCK_SKEW).is_none_or(|from| from <= now)
}

fn is_in_date(this_update: OffsetDateTime, next_update: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    let until = next_update.or_else(|| this_update.checked_add(AGE_WITHOUT_NEXT_UPDATE));
    has_begun(this_update, now) && until.is_none_or(|until| now <= until)
}

/// Whether nobody but the holder of the key can have made a signature.
fn is_strong(key: &PublicKey, algorithm: &AlgorithmIdentifier) -> bool {
    algorithm.uses_sha2() && key.rsa_bits().is_none_or(|bits| bits >= STRONG_RSA_BITS)
}
