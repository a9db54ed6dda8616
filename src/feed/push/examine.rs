//! What a push and a dry run have in common: the facts, the verification, the decision.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use super::error::Stopped;
use super::facts::Facts;
use super::verdict::{self, Verdict};
use super::{Error, Push};
use crate::archive::{self, Archive};
use crate::feed::revocation::Known;
use crate::signature::{self, Evidence, VerifiedPackage};

/// A package whose signature was verified, with everything that this rests on.
pub(super) struct Examined {
    pub facts: Facts,
    pub known: Arc<Known>,
    pub archive: Archive,
    pub source: BufReader<File>,
    pub verified: VerifiedPackage,
}

impl Push<'_> {
    /// Reads the facts and verifies the package by them; `None` when it was pushed a moment ago.
    ///
    /// # Errors
    /// Who may not push, a version that exists, a signature that is wrong.
    pub(super) fn examine(&self) -> Result<Option<Examined>, Error> {
        let facts = self.app.store.read(|r| Facts::read(r, self))?;
        // The answers are taken after the facts: a revocation that comes between is in them, and one that comes later moves
        // a number that is among the facts. Not in the same snapshot, as making them anew takes a while.
        let known = self.app.answers.known(&self.app.store)?;
        if facts.is_same_push(self)? {
            return Ok(None);
        }
        let mut source = BufReader::with_capacity(64 * 1024, self.received.file.reopen()?);
        let archive = Archive::read(&mut source, &archive::Limits::DEFAULT)?;
        let evidence = Evidence { anchors: &facts.anchors, answers: &known.answers, now: self.now };
        let verified = signature::verify_for_push(&mut source, &archive, &facts.options(), evidence)?
            .map_err(|refusal| Error::Signature(Box::new(refusal)))?;
        Ok(Some(Examined { facts, known, archive, source, verified }))
    }
}

impl Examined {
    /// Decides. A server without its signing key refuses here, and so in a dry run too.
    ///
    /// # Errors
    /// [`Error::Rule`] and [`Error::NoKey`].
    pub fn judge(&self) -> Result<Verdict, Error> {
        let verdict = verdict::judge(&self.facts, &self.verified)?;
        self.facts.signer()?;
        Ok(verdict)
    }

    /// That a push stopped here, with what is known about its signature.
    pub fn stopped(&self, error: Error) -> Stopped {
        Stopped { error, report: Some(Box::new(self.verified.report().clone())) }
    }
}
