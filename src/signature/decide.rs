//! Step four, decide: which facts are errors under a policy, and which are only worth a warning.
//!
//! The order of the checks and what one failure hides follow the client; a push hides nothing.

use super::algorithm::Digest;
use super::attributes::Commitment;
use super::certificate::Certificate;
use super::chain::{Chain, End};
use super::chain_problem::ChainProblem;
use super::cms::{SignatureCheck, SignerInfo};
use super::examine::{Examination, is_within};
use super::issue::{Code, Issue, Level, Part, Rule};
use super::oid;
use super::path;
use super::policy::{Behaviour, PushOptions};
use super::primary::PrimarySignature;
use super::problem::Problem;

/// What was decided about one signer.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) issues: Vec<Issue>,
    /// A fault that nothing heals.
    pub(crate) refused: bool,
    /// Ends at an unknown root, and that refuses.
    pub(crate) untrusted: bool,
    /// Out of time, and that refuses.
    pub(crate) out_of_time: bool,
}

impl Decision {
    pub(crate) const fn is_valid(&self) -> bool {
        !self.refused && !self.untrusted && !self.out_of_time
    }

    fn add(&mut self, part: Part, timestamp: bool, code: u16, level: Level, problem: Problem) {
        self.issues.push(Issue { code: Some(Code(code)), rule: None, level, part, timestamp, problem });
    }

    /// Decides about the trust in one signer.
    pub(crate) fn of(examination: &Examination, part: Part, behaviour: Behaviour) -> Self {
        let mut decision = Self::default();
        decision.judge_timestamp(examination, part, behaviour);
        let illegal = if behaviour.allow_illegal { Level::Warning } else { Level::Error };
        if !matches!(examination.value, SignatureCheck::Valid | SignatureCheck::OtherKey) {
            let signer = examination.certificate.fingerprint();
            decision.add(part, false, 3012, illegal, Problem::BadSignature { signer });
            decision.refused |= !behaviour.allow_illegal;
            if !behaviour.everything {
                return decision;
            }
        }
        for (code, problem) in &examination.certificate_faults {
            decision.add(part, false, code.0, illegal, problem.clone());
            decision.refused = true;
        }
        if !examination.certificate_faults.is_empty() && !behaviour.everything {
            return decision;
        }
        decision.judge_validity(examination, part, behaviour);
        decision.judge_chain(examination, part, behaviour);
        decision
    }

    fn judge_timestamp(&mut self, examination: &Examination, part: Part, behaviour: Behaviour) {
        let Some((_, verdict)) = &examination.timestamp else {
            self.add(part, true, 3027, Level::Warning, Problem::NoTimestamp);
            return;
        };
        let level = if behaviour.allow_ignore_timestamp { Level::Warning } else { Level::Error };
        for finding in &verdict.findings {
            self.issues.push(Issue {
                code: Some(finding.code),
                rule: None,
                level: finding.level.min(level),
                part,
                timestamp: true,
                problem: finding.problem.clone(),
            });
        }
        self.refused |= !verdict.is_valid() && !behaviour.allow_ignore_timestamp;
        // The client builds no chain for a token that is wrong in itself.
        if !verdict.findings.is_empty() && !behaviour.everything {
            return;
        }
        for problem in &verdict.chain.problems {
            self.add(part, true, 3028, level, Problem::Chain(problem.clone()));
        }
        if let (End::Untrusted, Some(top)) = (verdict.chain.end, verdict.chain.top()) {
            self.add(part, true, 3028, level, untrusted_root(top, &verdict.chain));
            self.add(part, true, 3042, Level::Warning, Problem::UntrustedRootNote);
        }
    }

    fn judge_validity(&mut self, examination: &Examination, part: Part, behaviour: Behaviour) {
        if examination.is_in_validity() {
            return;
        }
        let level = if behaviour.allow_untrusted { Level::Warning } else { Level::Error };
        let problem = Problem::OutsideValidity {
            certificate: examination.certificate.fingerprint(),
            not_before: examination.certificate.not_before(),
            not_after: examination.certificate.not_after(),
            at: examination.bounds.1,
            timestamped: examination.timestamped,
        };
        self.add(part, false, 3037, level, problem);
        self.out_of_time |= !behaviour.allow_untrusted;
    }

    fn judge_chain(&mut self, examination: &Examination, part: Part, behaviour: Behaviour) {
        let illegal = if behaviour.allow_illegal { Level::Warning } else { Level::Error };
        for problem in &examination.chain.problems {
            self.add(part, false, 3012, illegal, Problem::Chain(problem.clone()));
            self.refused = true;
        }
        if let (End::Untrusted, Some(top)) = (examination.chain.end, examination.chain.top()) {
            let level = if behaviour.allow_untrusted { Level::Warning } else { Level::Error };
            self.add(part, false, 3018, level, untrusted_root(top, &examination.chain));
            self.add(part, false, 3042, Level::Warning, Problem::UntrustedRootNote);
            self.untrusted |= !behaviour.allow_untrusted;
        }
    }

    /// Drops what a valid countersignature makes up for: an unknown root, and a certificate out of time when the
    /// countersignature proves that the signature existed while it was valid.
    pub(crate) fn lean_on(&mut self, primary: &Examination, countersignature: &Examination) {
        self.untrusted = false;
        let in_time = countersignature.timestamped && is_within(&primary.certificate, countersignature.bounds);
        self.out_of_time &= !in_time;
        self.issues.retain(|issue| match issue.code {
            Some(Code(3018)) => false,
            Some(Code(3037)) => !in_time,
            _ => true,
        });
    }

    /// Whether a countersignature could make up for what is wrong.
    pub(crate) const fn may_lean(&self) -> bool {
        !self.refused && (self.untrusted || self.out_of_time)
    }
}

fn untrusted_root(top: &Certificate, chain: &Chain) -> Problem {
    Problem::UntrustedRoot {
        subject: top.subject().to_string(),
        root: top.fingerprint(),
        der: top.as_der().to_vec(),
        way_round: chain.way_round,
    }
}

/// The rules of a push for an author's signature that the client does not have.
pub(crate) fn push_rules(
    signature: &PrimarySignature<'_>,
    examination: &Examination,
    options: &PushOptions,
    now: time::OffsetDateTime,
) -> Vec<Issue> {
    let part = signature.part();
    let mut issues = Vec::new();
    let mut refuse = |rule, timestamp, part, problem| {
        issues.push(Issue { code: None, rule: Some(rule), level: Level::Error, part, timestamp, problem });
    };
    if signature.commitment == Commitment::Unknown {
        refuse(Rule::Kind, false, part, Problem::UnknownKind);
    }
    if signature.countersigners.iter().any(|one| one.commitment != Commitment::Repository) {
        refuse(Rule::Kind, false, Part::Package, Problem::ForeignCountersignature);
    }
    let found = examination.timestamp_count;
    if found > 1 || (found == 0 && options.timestamp_required) {
        refuse(Rule::Timestamp, false, part, Problem::TimestampCount { found });
    }
    if !options.foreign && examination.certificate.not_after() < now {
        let certificate = examination.certificate.fingerprint();
        let not_after = examination.certificate.not_after();
        refuse(Rule::ValidNow, false, part, Problem::ExpiredNow { certificate, not_after });
    }
    if let Some(found) = unaccepted_algorithm(&signature.signer.info) {
        refuse(Rule::Algorithm, false, part, Problem::SignatureAlgorithm { found });
    }
    for problem in path::check(&examination.chain, examination.bounds.1) {
        refuse(Rule::Path, false, part, Problem::Chain(problem));
    }
    if let Some((timestamp, verdict)) = &examination.timestamp {
        // The client takes a certificate for any purpose; RFC 3161 (section 2.3) wants one for time stamping alone.
        if timestamp.certificate.usages() == Ok(None) {
            let problem =
                ChainProblem::Usage { certificate: timestamp.certificate.fingerprint(), purpose: "time stamping" };
            refuse(Rule::Timestamp, true, part, Problem::Chain(problem));
        }
        for problem in path::check(&verdict.chain, timestamp.info.time) {
            refuse(Rule::Path, true, part, Problem::Chain(problem));
        }
    }
    issues
}

/// The rule that a push breaks when only a countersignature, which will be removed, makes the client accept a package.
pub(crate) const fn not_alone(part: Part) -> Issue {
    Issue {
        code: None,
        rule: Some(Rule::Path),
        level: Level::Error,
        part,
        timestamp: false,
        problem: Problem::Chain(ChainProblem::NotAlone),
    }
}

/// The name of the signature algorithm unless it is PKCS #1 v1.5 with SHA-2.
fn unaccepted_algorithm(info: &SignerInfo<'_>) -> Option<String> {
    let digest = info.digest();
    let pkcs1 = info.signature_algorithm.id == oid::RSA || info.signature_algorithm.is_sha2_with_rsa();
    if pkcs1 && digest.is_some_and(Digest::is_sha2) {
        return None;
    }
    let digest = digest.map_or_else(|| oid::dotted(&info.digest_algorithm.id), |digest| digest.name().to_owned());
    Some(format!("{} and {digest}", info.signature_algorithm.name()))
}
