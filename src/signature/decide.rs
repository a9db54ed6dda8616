//! Step four, decide: which facts about one signer are errors under a policy, and which are only worth a warning.
//!
//! What one failure hides follows the client; a push hides nothing. What a countersignature makes up for is decided in
//! `trust`.

use time::OffsetDateTime;

use super::behaviour::Behaviour;
use super::certificate::Certificate;
use super::chain::{Chain, End};
use super::chain_revocation::{Revocation, Revoked, client_asks_about};
use super::client_policy::RevocationMode;
use super::cms::SignatureCheck;
use super::examine::Examination;
use super::fault::Fault;
use super::issue::{Code, Issue, Level, Part};
use super::opinion::{Opinion, Thrown};
use super::problem::Problem;
use crate::domain::visible::brief;

/// What was decided about one signer.
#[derive(Debug)]
pub(crate) struct Decision {
    part: Part,
    behaviour: Behaviour,
    issues: Vec<Issue>,
    refused: bool,
    /// The client looks no further.
    stopped: bool,
    /// Ends at an unknown root, and that refuses.
    pub(crate) untrusted: bool,
    /// Out of time, whether or not that refuses.
    pub(crate) expired: bool,
    /// When the signature may have been made; `None` when the client does not come to ask.
    pub(crate) made: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl Decision {
    /// Decides about the trust in one signer. The client throws when it comes to a certificate that it
    /// cannot read, or whose purposes it cannot read.
    pub(crate) fn of(
        examination: &Examination,
        part: Part,
        behaviour: Behaviour,
        root: RootRule,
    ) -> Result<Self, Thrown> {
        let behaviour = match root {
            RootRule::Known => behaviour,
            RootRule::MayBeUnknown => behaviour.with_untrusted_root_allowed(),
        };
        let mut decision = Self {
            part,
            behaviour,
            issues: Vec::new(),
            refused: false,
            stopped: false,
            untrusted: false,
            expired: false,
            made: Some(examination.bounds),
        };
        if let Some(fault) = examination.fault() {
            decision.throw(fault)?;
        }
        decision.judge_value(examination);
        if decision.goes_on() {
            decision.judge_certificate(examination)?;
        }
        if decision.goes_on() {
            decision.judge_chain(examination);
        }
        if decision.goes_on() && root == RootRule::Known {
            decision.judge_root(examination);
        }
        if decision.goes_on() {
            decision.judge_unknown_revocation(examination);
            decision.judge_validity(examination);
        }
        decision.judge_timestamp(examination);
        if decision.stopped {
            (decision.untrusted, decision.expired, decision.made) = (false, false, None);
        }
        Ok(decision)
    }

    pub(crate) const fn is_valid(&self) -> bool {
        !self.refused
    }

    pub(crate) fn into_opinion(self) -> Opinion {
        Opinion { valid: self.is_valid(), issues: self.issues }
    }

    /// Whether a valid countersignature would make the signature pass. The client asks only for trust and time then, and
    /// forgets whatever else was wrong with the chain. `proves_time`: the countersignature proves that the signature existed
    /// while its certificate was valid.
    pub(crate) const fn may_lean(&self, proves_time: bool) -> bool {
        (self.expired && proves_time) || (self.untrusted && !self.expired)
    }

    /// Takes back what a valid countersignature makes up for.
    pub(crate) fn lean_on(&mut self, proves_time: bool) {
        self.issues.retain(|issue| match issue.code {
            Some(Code(3018)) => !self.untrusted,
            Some(Code(3037)) => !(self.expired && proves_time),
            _ => true,
        });
        self.refused &= !self.may_lean(proves_time);
    }

    const fn goes_on(&self) -> bool {
        !self.stopped || self.behaviour.everything
    }

    fn judge_value(&mut self, examination: &Examination) {
        if matches!(examination.value, SignatureCheck::Valid | SignatureCheck::OtherKey) {
            return;
        }
        let signer = examination.certificate.fingerprint();
        let level = if self.behaviour.allow_illegal { Level::Warning } else { Level::Error };
        self.add(3012, level, Problem::BadSignature { signer });
        self.refused |= !self.behaviour.allow_illegal;
        self.stopped = true;
    }

    /// What the client throws takes the place of all that it found. A push hides nothing.
    fn throw(&mut self, fault: Fault) -> Result<(), Thrown> {
        let thrown = Thrown::fault(self.part, fault);
        if !self.behaviour.everything {
            return Err(thrown);
        }
        self.issues.append(&mut thrown.opinion(self.behaviour).issues);
        self.refused = true;
        Ok(())
    }

    fn judge_certificate(&mut self, examination: &Examination) -> Result<(), Thrown> {
        if examination.certificate.usages().is_err() {
            self.throw(Fault::new(3003, "the extended key usages of its certificate cannot be read"))?;
        }
        for (code, problem) in &examination.certificate_faults {
            self.add(code.0, self.level_of_fault(), problem.clone());
            self.refused = true;
            self.stopped = true;
        }
        Ok(())
    }

    fn judge_chain(&mut self, examination: &Examination) {
        for problem in &examination.chain.problems {
            self.add(3012, self.level_of_fault(), Problem::Chain(problem.clone()));
            self.refused = true;
        }
        let asked = self.behaviour.everything || client_asks_about(&examination.chain);
        if let Some(Revoked { certificate, at, hold }) = examination.revocation.revoked().filter(|_| asked) {
            self.add(3012, Level::Error, Problem::Revoked { certificate, at, hold });
            self.refused = true;
            self.stopped = true;
        }
    }

    fn judge_root(&mut self, examination: &Examination) {
        if let (End::Untrusted, Some(top)) = (examination.chain.end, examination.chain.top()) {
            let level = if self.behaviour.allow_untrusted { Level::Warning } else { Level::Error };
            self.add(3018, level, untrusted_root(top, &examination.chain, self.behaviour));
            self.add(3042, Level::Warning, Problem::UntrustedRootNote);
            self.untrusted = !self.behaviour.allow_untrusted;
            self.refused |= self.untrusted;
        }
    }

    fn judge_unknown_revocation(&mut self, examination: &Examination) {
        if self.behaviour.report_unknown_revocation && self.tells_unknown_of(&examination.chain) {
            self.add_unknown(3018, false, &examination.revocation);
        }
    }

    fn judge_validity(&mut self, examination: &Examination) {
        if examination.is_in_validity() {
            return;
        }
        let level = if self.behaviour.allow_untrusted { Level::Warning } else { Level::Error };
        let problem = Problem::OutsideValidity {
            certificate: examination.certificate.fingerprint(),
            not_before: examination.certificate.not_before(),
            not_after: examination.certificate.not_after(),
            at: examination.bounds.1,
            timestamped: examination.timestamped,
        };
        self.add(3037, level, problem);
        self.expired = true;
        self.refused |= !self.behaviour.allow_untrusted;
    }

    fn judge_timestamp(&mut self, examination: &Examination) {
        let Some(stamp) = &examination.timestamp else {
            self.add_of_timestamp(3027, Level::Warning, Problem::NoTimestamp);
            return;
        };
        let ignored = self.behaviour.allow_ignore_timestamp;
        let level = if ignored { Level::Warning } else { Level::Error };
        if !stamp.is_valid() && !ignored {
            self.refused = true;
            self.stopped = true;
        }
        for finding in &stamp.verdict.findings {
            self.add_of_timestamp(finding.code.0, finding.level.min(level), finding.problem.clone());
        }
        // The client builds no chain for a token that is wrong in itself.
        if !stamp.verdict.findings.is_empty() && !self.behaviour.everything {
            return;
        }
        let chain = &stamp.verdict.chain;
        for problem in &chain.problems {
            self.add_of_timestamp(3028, level, Problem::Chain(problem.clone()));
        }
        let level_of_trust = if self.behaviour.levels_tell_the_outcome { level } else { Level::Error };
        if let (End::Untrusted, Some(top)) = (chain.end, chain.top()) {
            self.add_of_timestamp(3028, level_of_trust, untrusted_root(top, chain, self.behaviour));
            self.add_of_timestamp(3042, Level::Warning, Problem::UntrustedRootNote);
        }
        if let Some(Revoked { certificate, at, hold }) = stamp.revocation.revoked() {
            self.add_of_timestamp(3028, level_of_trust, Problem::Revoked { certificate, at, hold });
        } else if !ignored && self.tells_unknown_of(chain) {
            self.add_unknown(3028, true, &stamp.revocation);
        }
    }

    /// Where the client refuses in any case, but says so in a warning while it allows what is illegal.
    const fn level_of_fault(&self) -> Level {
        if self.behaviour.allow_illegal && !self.behaviour.levels_tell_the_outcome {
            Level::Warning
        } else {
            Level::Error
        }
    }

    /// Whether the client would have asked about a chain, and would tell that it got no answer.
    fn tells_unknown_of(&self, chain: &Chain) -> bool {
        self.behaviour.revocation == RevocationMode::Online && client_asks_about(chain)
    }

    fn add_unknown(&mut self, code: u16, timestamp: bool, revocation: &Revocation) {
        for (certificate, why) in revocation.unknown() {
            let problem = Problem::RevocationUnknown { certificate, why };
            self.push(code, timestamp, Level::Warning, problem);
        }
    }

    fn add(&mut self, code: u16, level: Level, problem: Problem) {
        self.push(code, false, level, problem);
    }

    fn add_of_timestamp(&mut self, code: u16, level: Level, problem: Problem) {
        self.push(code, true, level, problem);
    }

    fn push(&mut self, code: u16, timestamp: bool, level: Level, problem: Problem) {
        self.issues.push(Issue { code: Some(Code(code)), rule: None, level, part: self.part, timestamp, problem });
    }
}

/// Whether a signer's root must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootRule {
    Known,
    /// The configuration names the signer's certificate as one whose root may be unknown. Nothing is told about it then.
    MayBeUnknown,
}

fn untrusted_root(top: &Certificate, chain: &Chain, behaviour: Behaviour) -> Problem {
    Problem::UntrustedRoot {
        subject: brief(&top.subject().to_string()),
        root: top.fingerprint(),
        der: top.as_der().to_vec(),
        way_round: chain.way_round,
        by_client: !behaviour.everything,
    }
}
