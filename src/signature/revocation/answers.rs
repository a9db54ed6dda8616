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
use super::status::{Status, Unknown};
use crate::domain::answer_kind::AnswerKind;
use crate::domain::fingerprint::Fingerprint;
use crate::signature::algorithm::AlgorithmIdentifier;
use crate::signature::certificate::Certificate;

/// How far the clock of an issuer may be ahead of ours. An answer is often used seconds after it was made; without this,
/// a clock that is a little slow would find fresh answers not yet valid. What ends is not prolonged.
pub const CLOCK_SKEW: Duration = Duration::minutes(5);
/// How long an answer counts that does not say until when. RFC 5280, 5.1.2.5 demands the date of CRLs; without one
/// the .NET client keeps a list for three days, and so old an answer counts here.
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

    /// Adds that `certificate` is revoked or on hold since `at`, as an answer of `this_update` told that may not be at hand
    /// any more. That it counted then is for the keeper of the answers. A hold ends as any other does: by a newer word.
    pub fn add_known(
        &mut self,
        certificate: Fingerprint,
        at: OffsetDateTime,
        reason: Reason,
        this_update: OffsetDateTime,
    ) {
        let statement = Statement {
            says: Says::Revoked { at, reason },
            this_update,
            next_update: None,
            told_by: AnswerKind::Crl,
            in_date: false,
            has_begun: true,
            flaw: None,
        };
        self.known.insert(certificate, statement);
    }

    /// What is known at `now` about `certificate`, which `issuer` issued; that it did must have been checked.
    ///
    /// A CRL counts by RFC 5280, 6.3.3, a response by RFC 6960, 3.2. Answers of others, and answers about others, are no
    /// answers. An answer signed with SHA-1 or a short key may accuse, since erring on that side is safe, and cannot acquit:
    /// an issuer that signs what it is sent with SHA-1 can be brought to sign a collision with "good".
    #[must_use]
    pub fn about(&self, certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> Status {
        let view = View::Strict { now };
        let (mut statements, because) = self.crl_statements(certificate, issuer, view);
        let (responses, otherwise) = self.ocsp_statements(certificate, issuer, view);
        statements.extend(responses);
        if statements.iter().all(|statement| !statement.says.is_final()) {
            statements.extend(self.known.get(&certificate.fingerprint()));
        }
        weigh(&statements, because.max(otherwise))
    }

    /// What the .NET client on Linux makes of the same answers (seen with SDK 10.0.401).
    ///
    /// `at` is the time of its chain: the upper bound of the timestamp for a signer that has one, else `now`; always `now`
    /// for timestamping authorities. A list is in date for it until its next update is not after `at`, whenever it begins;
    /// a list for some reasons does not exist, a delta is a list like others, SHA-1 is an algorithm like others. It asks a
    /// responder only when no list says anything, and judges the response at `now`.
    #[must_use]
    pub fn about_for_client(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Status {
        let (crls, because) = self.crl_statements(certificate, issuer, View::Client { at });
        let by_lists = weigh(&crls, because);
        let Status::Unknown(because) = by_lists else {
            return by_lists;
        };
        let (responses, otherwise) = self.ocsp_statements(certificate, issuer, View::Client { at: now });
        weigh(&responses, because.max(otherwise))
    }

    fn crl_statements(&self, certificate: &Certificate, issuer: &Certificate, view: View) -> (Vec<Statement>, Unknown) {
        let is_issuer = certificate.issuer().matches(issuer.subject());
        let crls = is_issuer.then(|| self.crls.get(&certificate.issuer().lookup_key())).flatten();
        let crls = crls.into_iter().flatten();
        collect(crls.map(|crl| read_crl(crl, certificate, issuer, view)))
    }

    fn ocsp_statements(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        view: View,
    ) -> (Vec<Statement>, Unknown) {
        let serial = serial_number::value(certificate.serial_octets());
        let responses = self.responses.get(serial).into_iter().flatten();
        let singles = responses.flat_map(|response| {
            let about = response.singles().iter().filter(|single| single.is_about(certificate, issuer));
            about.map(move |single| (response, single))
        });
        collect(singles.map(|(response, single)| read_single(response, single, issuer, view)))
    }
}

/// By whose rules an answer is read, and when.
#[derive(Debug, Clone, Copy)]
enum View {
    Strict { now: OffsetDateTime },
    Client { at: OffsetDateTime },
}

/// The statements, and the gravest reason why others are none.
fn collect(findings: impl Iterator<Item = Finding>) -> (Vec<Statement>, Unknown) {
    let (mut statements, mut otherwise) = (Vec::new(), Unknown::NoAnswer);
    for finding in findings {
        match finding {
            Ok(statement) => statements.push(statement),
            Err(why) => otherwise = otherwise.max(why),
        }
    }
    (statements, otherwise)
}

fn read_crl(crl: &Crl, certificate: &Certificate, issuer: &Certificate, view: View) -> Finding {
    if !crl.is_of(issuer) {
        return Err(Unknown::NotGenuine);
    }
    let flaw = match (crl.coverage(certificate), view) {
        (Coverage::SomeReasons, View::Client { .. }) => return Err(Unknown::NotCovered),
        (Coverage::Outside | Coverage::SomeReasons, _) => Some(Unknown::NotCovered),
        (Coverage::Changes, View::Strict { .. }) => Some(Unknown::NotCovered),
        _ if !Crl::may_be_signed_by(issuer) => Some(Unknown::NotGenuine),
        (_, View::Strict { .. }) if !crl.is_in_order() => Some(Unknown::NotGenuine),
        (Coverage::Complete | Coverage::Changes, _) => view.weakness(issuer, crl.algorithm()),
    };
    let (this_update, next_update) = (crl.this_update(), crl.next_update());
    let says = match crl.entry(certificate) {
        None => Says::Good,
        Some(entry) if entry.reason == Reason::RemoveFromCrl => Says::TakenBack,
        Some(entry) => Says::Revoked {
            at: entry.invalid_since.map_or(entry.at, |since| since.min(entry.at)),
            reason: entry.reason,
        },
    };
    Ok(Statement {
        says,
        this_update,
        next_update,
        told_by: AnswerKind::Crl,
        in_date: view.is_in_date(this_update, next_update),
        has_begun: view.has_begun(this_update),
        flaw,
    })
}

fn read_single(response: &OcspResponse, single: &SingleResponse, issuer: &Certificate, view: View) -> Finding {
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
            (named, named.is_valid_at(view.time()))
        }
        Responder::Nobody => return Err(Unknown::NotGenuine),
    };
    let flaw = match view {
        View::Client { .. } if !is_valid_now || !single.is_named_with_sha1() => return Err(Unknown::NotGenuine),
        View::Client { .. } => None,
        View::Strict { .. } if response.is_unclear() => Some(Unknown::NotCovered),
        View::Strict { .. } => {
            view.weakness(issuer, response.algorithm()).or_else(|| view.weakness(signer, response.algorithm()))
        }
    };
    let (this_update, next_update) = (single.this_update, single.next_update);
    Ok(Statement {
        says: match single.status {
            SingleStatus::Good => Says::Good,
            SingleStatus::Revoked { reason: Reason::RemoveFromCrl, .. } => Says::TakenBack,
            SingleStatus::Revoked { at, reason } => Says::Revoked { at, reason },
            SingleStatus::Unknown => Says::NotKnown,
        },
        this_update,
        next_update,
        told_by: AnswerKind::Ocsp,
        in_date: is_valid_now && view.is_in_date(this_update, next_update) && view.has_begun(produced_at),
        has_begun: view.has_begun(this_update),
        flaw,
    })
}

impl View {
    const fn time(self) -> OffsetDateTime {
        match self {
            Self::Strict { now } => now,
            Self::Client { at } => at,
        }
    }

    fn has_begun(self, this_update: OffsetDateTime) -> bool {
        match self {
            Self::Strict { now } => this_update.checked_sub(CLOCK_SKEW).is_none_or(|from| from <= now),
            Self::Client { .. } => true,
        }
    }

    fn is_in_date(self, this_update: OffsetDateTime, next_update: Option<OffsetDateTime>) -> bool {
        match self {
            Self::Strict { now } => {
                let until = next_update.or_else(|| this_update.checked_add(AGE_WITHOUT_NEXT_UPDATE));
                self.has_begun(this_update) && until.is_none_or(|until| now <= until)
            }
            // An equal time is over, for OpenSSL.
            Self::Client { at } => next_update.is_none_or(|until| at < until),
        }
    }

    /// Whether others than the holder of the key may have made a signature.
    fn weakness(self, signer: &Certificate, algorithm: &AlgorithmIdentifier) -> Option<Unknown> {
        let short = signer.public_key().rsa_bits().is_some_and(|bits| bits < STRONG_RSA_BITS);
        (matches!(self, Self::Strict { .. }) && (short || !algorithm.uses_sha2())).then_some(Unknown::Weak)
    }
}
