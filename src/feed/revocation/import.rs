//! Answers from files: for networks from which no issuer can be reached.

mod people;

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;

use self::people::{People, describe, place};
use super::answer::NewAnswer;
use super::cache::{AtHand, Cache};
use super::parsed::Parsed;
use super::request::{Failure, Received};
use super::settle::{Change, Told, adds_nothing, settle};
use super::wanted::Rows;
use super::{MAX_TOTAL, REVOCATIONS};
use crate::domain::answer_kind::AnswerKind;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, Refused, authorize};
use crate::signature::known_otherwise;
use crate::signature::revocation::{InvalidAnswer, MAX_CRL_SIZE, Unknown};
use crate::store::revocation_answers::Question;
use crate::store::{self, Store, Writes};

/// Octets of a file: a list in PEM is a third larger than in DER.
pub const MAX_IMPORT: usize = MAX_CRL_SIZE / 2 * 3;
/// How often an import starts over when other answers come meanwhile.
const ATTEMPTS: usize = 5;

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
    /// Something known that is no answer.
    #[error("this file is {found}, and neither a CRL nor an OCSP response; {advice}")]
    Other {
        /// What it is, with its article.
        found: &'static str,
        /// What to do.
        advice: &'static str,
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
    /// The response is about none of the certificates that are known here.
    #[error("the response says nothing about a certificate that is known here")]
    NothingKnown,
    /// It is about one, and does not count.
    #[error("the response does not count for a certificate that is known here: {0}")]
    DoesNotCount(Unknown),
    /// A newer one is there, or there is no room.
    #[error("{0}")]
    NotKept(String),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
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

/// Takes over the answer in `bytes`, which come from the file `name`. What follows for versions is for the caller.
///
/// # Errors
/// A file that is no answer, or one by nobody who is known here: it could be about anybody.
pub(super) fn import(
    store: &Store,
    cache: &Cache,
    name: &str,
    bytes: &[u8],
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_IMPORT {
        return Err(ImportError::TooLarge);
    }
    let (kind, parsed) = read(bytes)?;
    let import = Import { store, cache, name, bytes, kind, parsed: &parsed, actor, now };
    for _ in 0..ATTEMPTS {
        if let Some(imported) = import.attempt()? {
            return Ok(imported);
        }
    }
    Err(ImportError::NotKept(Failure::Changed.to_string()))
}

/// A file that is imported.
struct Import<'a> {
    store: &'a Store,
    cache: &'a Cache,
    name: &'a str,
    bytes: &'a [u8],
    kind: AnswerKind,
    parsed: &'a Parsed,
    actor: &'a Actor,
    now: OffsetDateTime,
}

impl Import<'_> {
    /// Finds out what the answer changes, and then stores it, what follows from it and the audit record in one transaction.
    /// `None` when other answers came in between.
    fn attempt(&self) -> Result<Option<Imported>, ImportError> {
        let Self { store, cache, name, parsed, now, .. } = *self;
        let matter = cache.matters.of(store.read(Rows::read)?, now);
        let (people, chains) = (People::new(&matter), &matter.chains);
        let imported = describe(parsed, &people, now)?;
        let question = Question { kind: self.kind, url: String::new(), about: Some(place(parsed, &people, &imported)) };
        let (source, parsed) = (name.to_owned(), parsed.clone());
        let new = AtHand { question: question.clone(), source, answered_at: now, parsed, content: None };
        let known = cache.known(store)?;
        let after = known.with(new);
        let told: Vec<(Fingerprint, Told)> =
            chains.wanted.iter().map(|(certificate, wanted)| (*certificate, after.told(wanted, now))).collect();
        let received = self.received(&imported);
        let sha256 = Sha256::digest(&received.bytes).into();
        let (question, received, next_try, room) = (&question, &received, None, MAX_TOTAL);
        let answer = NewAnswer { question, received, sha256, source: name, next_try, room };
        let stored = answer.store(store, now, |w| match known.is_current(w)? {
            true => self.follow(w, &told, &imported),
            false => Ok(Err(Failure::Changed)),
        })?;
        match stored {
            Ok(newly_revoked) => Ok(Some(Imported { newly_revoked, ..imported })),
            Err(Failure::Changed) => Ok(None),
            Err(Failure::Refused(refused)) => Err(refused.into()),
            Err(failure) => Err(ImportError::NotKept(failure.to_string())),
        }
    }

    /// The form in the database is DER, whatever the file was.
    fn received(&self, imported: &Imported) -> Received {
        let bytes = match self.parsed {
            Parsed::Crl(crl) => crl.as_der().to_vec(),
            Parsed::Ocsp(_) => self.bytes.to_vec(),
        };
        Received { bytes, this_update: imported.this_update, next_update: imported.next_update }
    }

    /// Writes what follows from the answer. How many certificates turned out to be revoked.
    fn follow(
        &self,
        w: &mut Writes<'_>,
        told: &[(Fingerprint, Told)],
        imported: &Imported,
    ) -> Result<Result<usize, Failure>, store::Error> {
        let by = match authorize(w, self.actor, Action::ChangeServer, None, self.now) {
            Ok(by) => by,
            Err(Refused::Store(error)) => return Err(error),
            Err(refused) => return Ok(Err(Failure::Refused(refused))),
        };
        let mut revoked = 0;
        for (certificate, told) in told {
            if !adds_nothing(w, *certificate, told, self.now)? {
                let (_, change) = settle(w, *certificate, told, by.by(), self.now)?;
                revoked += usize::from(change == Change::Revoked);
            }
        }
        w.advance(REVOCATIONS, self.now)?;
        let Imported { kind, issuer, entries, this_update, .. } = imported;
        let detail = format!("{kind} of {issuer}, {entries} entries, of {}", this_update.date());
        by.audit(w, self.now, "revocation.import", self.name, &detail)?;
        Ok(Ok(revoked))
    }
}

fn read(bytes: &[u8]) -> Result<(AnswerKind, Parsed), ImportError> {
    if let Some((found, advice)) = known_otherwise(bytes) {
        return Err(ImportError::Other { found, advice });
    }
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

#[cfg(test)]
mod tests;
