//! An answer of either form.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::domain::answer_kind::AnswerKind;
use crate::signature::Certificate;
use crate::signature::revocation::{Answers, Crl, InvalidAnswer, OcspResponse, Status};

/// An answer that could be read.
#[derive(Debug, Clone)]
pub(super) enum Parsed {
    Crl(Arc<Crl>),
    Ocsp(Arc<OcspResponse>),
}

impl Parsed {
    /// Reads an answer of one form.
    ///
    /// # Errors
    /// Why it can't be used for any certificate.
    pub fn read(kind: AnswerKind, bytes: &[u8]) -> Result<Self, InvalidAnswer> {
        Ok(match kind {
            AnswerKind::Crl => Self::Crl(Arc::new(Crl::parse(bytes)?)),
            AnswerKind::Ocsp => Self::Ocsp(Arc::new(OcspResponse::parse(bytes)?)),
        })
    }

    /// Adds it to others.
    pub fn add_to(&self, answers: &mut Answers) {
        match self {
            Self::Crl(crl) => answers.add_crl(Arc::clone(crl)),
            Self::Ocsp(response) => answers.add_ocsp(Arc::clone(response)),
        }
    }

    /// What it says by itself.
    pub fn about(&self, certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> Status {
        let mut alone = Answers::default();
        self.add_to(&mut alone);
        alone.about(certificate, issuer, now)
    }
}
