//! Answers from files: for networks from which no issuer can be reached.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;

use super::REVOCATIONS;
use super::cache::Cache;
use super::check::NewAnswer;
use super::parsed::Parsed;
use super::request::{Failure, Received};
use super::settle::settle_all;
use super::wanted::parse_all;
use crate::domain::fingerprint::Fingerprint;
use crate::feed::trust;
use crate::signature::Certificate;
use crate::signature::revocation::{InvalidAnswer, MAX_CRL_SIZE, Status};
use crate::store::revocation_answers::{AnswerKind, Question};
use crate::store::{self, Reads, Store};

/// Octets of a file: a list in PEM is a third larger than in DER.
pub const MAX_IMPORT: usize = MAX_CRL_SIZE / 2 * 3;

/// Why a file is not imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Too large.
    #[error("the file has more than {MAX_IMPORT} bytes")]
    TooLarge,
    /// It is no answer.
    #[error("this is neither a CRL nor an OCSP response: {crl}; {ocsp}")]
    Neither {
        /// Why it is no list.
        crl: InvalidAnswer,
        /// Why it is no response.
        ocsp: InvalidAnswer,
    },
    /// A list that can't be used.
    #[error(transparent)]
    Crl(InvalidAnswer),
    /// Nobody who is known here signed the list.
    #[error(
        "the list of `{issuer}` is signed by no certificate that is known here; push a package signed with one of its certificates, or add it with `assay trust add`"
    )]
    UnknownIssuer {
        /// Who made it, as it says itself.
        issuer: String,
    },
    /// The response is about none of the certificates that are known here, or not signed for them.
    #[error("the response says nothing about a certificate that is known here")]
    NothingKnown,
    /// A newer one is there, or there is no room.
    #[error("{0}")]
    NotKept(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A certificate that an answer speaks of.
#[derive(Debug, Clone, Serialize)]
pub struct Covered {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Whether it is revoked, by this answer alone.
    pub revoked: bool,
}

/// What was imported.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// `CRL` or `OCSP`.
    pub kind: &'static str,
    /// Who made it.
    pub issuer: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub this_update: OffsetDateTime,
    /// Until when it counts.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// How many certificates it lists, known here or not.
    pub entries: usize,
    /// The certificates known here that it speaks of.
    pub covers: Vec<Covered>,
    /// How many certificates turned out to be revoked by it.
    pub newly_revoked: usize,
}

/// Takes over the answer in `bytes`, which come from the file `name`.
///
/// # Errors
/// A file that is no answer, or one by nobody who is known here: it could be about anybody.
pub fn import(
    store: &Store,
    cache: &Cache,
    name: &str,
    bytes: &[u8],
    actor: &str,
    now: OffsetDateTime,
) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_IMPORT {
        return Err(ImportError::TooLarge);
    }
    let (kind, parsed) = read(bytes)?;
    let people = store.read(People::read)?;
    let mut imported = describe(&parsed, &people, now)?;
    // The form in the database is DER, whatever the file was.
    let received = Received {
        bytes: match &parsed {
            Parsed::Crl(crl) => crl.as_der().to_vec(),
            Parsed::Ocsp(_) => bytes.to_vec(),
        },
        this_update: imported.this_update,
        next_update: imported.next_update,
    };
    let question = Question { kind, url: String::new(), about: Some(place(&parsed, &people, &imported)) };
    let before = store.read(|r| r.revocation_answer(&question))?.and_then(|stored| stored.answer);
    if let Some(before) = before.filter(|before| received.this_update < before.this_update) {
        return Err(ImportError::NotKept(Failure::Older { at_hand: before.this_update }.to_string()));
    }
    let sha256 = Sha256::digest(&received.bytes).into();
    let new = NewAnswer { question: &question, received: &received, sha256, source: name, next_try: None };
    new.store(store, now)?.map_err(|failure| ImportError::NotKept(failure.to_string()))?;
    imported.newly_revoked = settle_all(store, cache, actor, now)?;
    let detail = format!(
        "{} of {}, {} entries, of {}",
        imported.kind,
        imported.issuer,
        imported.entries,
        imported.this_update.date()
    );
    store.write(|w| {
        w.advance(REVOCATIONS, now)?;
        w.audit(now, actor, "revocation.import", name, &detail)
    })?;
    Ok(imported)
}

fn read(bytes: &[u8]) -> Result<(AnswerKind, Parsed), ImportError> {
    let crl = match Parsed::read(AnswerKind::Crl, bytes) {
        Ok(parsed) => return Ok((AnswerKind::Crl, parsed)),
        Err(error) => error,
    };
    match (Parsed::read(AnswerKind::Ocsp, bytes), &crl) {
        (Ok(parsed), _) => Ok((AnswerKind::Ocsp, parsed)),
        (Err(ocsp), InvalidAnswer::CrlStructure { .. }) => Err(ImportError::Neither { crl, ocsp }),
        // It is a list, but one that can't be used.
        (Err(_), _) => Err(ImportError::Crl(crl)),
    }
}

/// Everybody who is known here.
struct People {
    /// Registered and seen.
    certificates: Vec<Certificate>,
    /// These, and the anchors.
    issuers: Vec<Certificate>,
}

impl People {
    fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        let mut certificates_here = parse_all(&reads.registered_ders()?);
        certificates_here.extend(parse_all(&reads.seen_certificates()?));
        let mut once = BTreeSet::new();
        certificates_here.retain(|certificate| once.insert(certificate.fingerprint()));
        let anchors = trust::anchors(reads)?;
        let lists = [anchors.signing, anchors.timestamping];
        let mut issuers = certificates_here.clone();
        issuers.extend(lists.iter().flat_map(|list| list.certificates().iter().cloned()));
        Ok(Self { certificates: certificates_here, issuers })
    }

    /// The certificates with those who issued them.
    fn issued(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates.iter().flat_map(|certificate| {
            let named = self.issuers.iter().filter(|issuer| certificate.issuer().matches(issuer.subject()));
            named.filter(|issuer| certificate.is_signed_by(issuer)).map(move |issuer| (certificate, issuer))
        })
    }
}

fn describe(parsed: &Parsed, people: &People, now: OffsetDateTime) -> Result<Imported, ImportError> {
    let mut covers: Vec<Covered> = Vec::new();
    let mut issuer_name = None;
    for (certificate, issuer) in people.issued() {
        let status = parsed.about(certificate, issuer, now);
        if matches!(status, Status::Unknown(_)) || covers.iter().any(|one| one.fingerprint == certificate.fingerprint())
        {
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
            issuer: issuer_name.ok_or(ImportError::NothingKnown)?,
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
fn place(parsed: &Parsed, people: &People, imported: &Imported) -> [u8; 32] {
    let mut hash = Sha256::new();
    match parsed {
        Parsed::Crl(crl) => {
            let issuer = people.issuers.iter().find(|issuer| crl.is_of(issuer));
            hash.update(issuer.map(Certificate::spki).unwrap_or_default());
            hash.update(crl.scope_text());
        }
        Parsed::Ocsp(_) => {
            let covered: BTreeSet<Fingerprint> = imported.covers.iter().map(|covered| covered.fingerprint).collect();
            covered.iter().for_each(|fingerprint| hash.update(fingerprint.as_bytes()));
        }
    }
    hash.finalize().into()
}
