//! What certificates are judged by, as it is stored, and how it is seen that they would be judged otherwise.

use time::OffsetDateTime;

use super::NotRegistered;
use crate::config::Config;
use crate::domain::fingerprint::Fingerprint;
use crate::feed::revocation::{CERTIFICATES, Known, parse_all};
use crate::feed::trust::{self, AnchorRows};
use crate::signature::{self, Certificate, ChainState, Evidence, Fitness, RegistrationProblem, TrustAnchors};
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Reads};

/// By what it is seen that a certificate would be judged otherwise.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    trust: Vec<u8>,
    certificates: Vec<u8>,
    accept_untrusted_roots: bool,
    statuses: Vec<Option<StoredStatus>>,
}

impl Stamp {
    pub fn read(reads: &Reads<'_>, config: &Config, about: &[Fingerprint]) -> Result<Self, store::Error> {
        let statuses = about.iter().map(|fingerprint| reads.revocation_status(fingerprint));
        Ok(Self {
            trust: trust::generation(reads)?,
            certificates: reads.meta(CERTIFICATES)?.unwrap_or_default(),
            accept_untrusted_roots: config.effective(reads.policy()?).accept_untrusted_roots,
            statuses: statuses.collect::<Result<_, _>>()?,
        })
    }
}

/// What certificates are judged by, as it is stored.
pub(super) struct Ground {
    pub stamp: Stamp,
    anchors: AnchorRows,
    /// A file holds the certificate alone; who issued it was learnt from packages, or not yet.
    seen: Vec<Vec<u8>>,
}

impl Ground {
    pub fn read(reads: &Reads<'_>, config: &Config, about: &[Fingerprint]) -> Result<Self, store::Error> {
        let stamp = Stamp::read(reads, config, about)?;
        Ok(Self { stamp, anchors: AnchorRows::read(reads)?, seen: reads.seen_certificates()? })
    }

    /// Parses it, with the certificates that were chosen as issuers besides.
    pub fn judge<'k>(&self, chosen: &[Certificate], known: &'k Known, now: OffsetDateTime) -> Judge<'_, 'k> {
        let issuers = chosen.iter().cloned().chain(parse_all(&self.seen)).collect();
        Judge { stamp: &self.stamp, anchors: self.anchors.parse(), issuers, known, now }
    }
}

/// Judges certificates.
pub(super) struct Judge<'g, 'k> {
    stamp: &'g Stamp,
    anchors: TrustAnchors,
    issuers: Vec<Certificate>,
    known: &'k Known,
    now: OffsetDateTime,
}

impl Judge<'_, '_> {
    /// Whether a certificate could let a push through; the answer is how far its chain leads.
    pub fn fit(&self, certificate: &Certificate) -> Result<ChainState, NotRegistered> {
        let fingerprint = certificate.fingerprint();
        let mut statuses = self.stamp.statuses.iter().flatten();
        let status = statuses.find(|it| it.fingerprint == fingerprint);
        if let Some((at, hold)) = status.and_then(|status| Some((status.revoked_at?, status.hold))) {
            let problem = RegistrationProblem::revoked_or_on_hold(certificate, at, hold);
            return Err(NotRegistered::Unfit(vec![problem]));
        }
        let evidence = Evidence { anchors: &self.anchors, answers: &self.known.answers, now: self.now };
        let Fitness { mut problems, chain } = signature::fitness(certificate, &self.issuers, evidence);
        if self.stamp.accept_untrusted_roots {
            problems.retain(|problem| !matches!(problem, RegistrationProblem::UnknownRoot { .. }));
        }
        if problems.is_empty() { Ok(chain) } else { Err(NotRegistered::Unfit(problems)) }
    }
}
