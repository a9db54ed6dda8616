//! The rules of a push for an author's signature that the client does not have. Each has a name ([`Rule`]), so that a
//! difference from the client's verdict can always be told.

use time::OffsetDateTime;

use super::algorithm::Digest;
use super::attributes::Commitment;
use super::chain_problem::ChainProblem;
use super::cms::SignerInfo;
use super::evidence::Evidence;
use super::examine::Examination;
use super::issue::{Issue, Level, Part, Rule};
use super::oid;
use super::opinion::Opinion;
use super::path;
use super::policy::PushOptions;
use super::primary::PrimarySignature;
use super::problem::Problem;
use super::revocation::CLOCK_SKEW;

/// The rules that an author's signature breaks.
pub(crate) fn broken(
    signature: &PrimarySignature<'_>,
    examination: &Examination,
    options: &PushOptions,
    evidence: Evidence<'_>,
) -> Opinion {
    let mut rules = Rules { part: signature.part(), issues: Vec::new() };
    rules.kind(signature);
    rules.algorithm(&signature.signer.info);
    for problem in path::check(&examination.chain, examination.bounds.1) {
        rules.refuse(Rule::Path, Problem::Chain(problem));
    }
    rules.timestamp(examination, options, evidence.now);
    if !options.foreign && examination.certificate.not_after() < evidence.now {
        let certificate = examination.certificate.fingerprint();
        let not_after = examination.certificate.not_after();
        rules.refuse(Rule::ValidNow, Problem::ExpiredNow { certificate, not_after });
    }
    Opinion { valid: rules.issues.is_empty(), issues: rules.issues }
}

/// Leaves out what says a second time what another issue says.
pub(crate) fn told_once(opinion: Opinion) -> Opinion {
    let all = opinion.issues.clone();
    let issues = opinion.issues.into_iter().filter(|issue| !is_echo(issue, &all)).collect();
    Opinion { issues, valid: opinion.valid }
}

fn is_echo(issue: &Issue, all: &[Issue]) -> bool {
    match &issue.problem {
        // The note is for people who look for the root's PEM in the client's output.
        Problem::UntrustedRootNote => true,
        Problem::NoTimestamp => all
            .iter()
            .any(|other| other.part == issue.part && matches!(other.problem, Problem::TimestampCount { found: 0 })),
        // Without a timestamp the present counts, so being expired now is being out of time.
        Problem::ExpiredNow { certificate: expired, .. } => all.iter().any(|other| match &other.problem {
            Problem::OutsideValidity { certificate, timestamped: false, .. } => certificate == expired,
            _ => false,
        }),
        // The client says the same, with its code.
        Problem::Chain(_) => {
            issue.code.is_none() && all.iter().any(|other| other.code.is_some() && is_about_the_same(issue, other))
        }
        _ => false,
    }
}

fn is_about_the_same(left: &Issue, right: &Issue) -> bool {
    (left.part, left.timestamp, &left.problem) == (right.part, right.timestamp, &right.problem)
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

struct Rules {
    part: Part,
    issues: Vec<Issue>,
}

impl Rules {
    fn kind(&mut self, signature: &PrimarySignature<'_>) {
        if signature.commitment == Commitment::Unknown {
            self.refuse(Rule::Kind, Problem::UnknownKind);
        }
        if signature.countersigners.iter().any(|one| one.commitment != Commitment::Repository) {
            self.add(Rule::Kind, Part::Package, false, Problem::ForeignCountersignature);
        }
    }

    fn algorithm(&mut self, info: &SignerInfo<'_>) {
        if let Some(found) = unaccepted_algorithm(info) {
            self.refuse(Rule::Algorithm, Problem::SignatureAlgorithm { found });
        }
    }

    fn timestamp(&mut self, examination: &Examination, options: &PushOptions, now: OffsetDateTime) {
        let found = examination.timestamp_count;
        if found > 1 || (found == 0 && options.timestamp_required) {
            self.refuse(Rule::Timestamp, Problem::TimestampCount { found });
        }
        let Some(stamp) = &examination.timestamp else {
            return;
        };
        // The client takes a time that has not come; it would make a certificate that ends before it look ended in time.
        let time = stamp.timestamp.info.lower;
        if now.checked_add(CLOCK_SKEW).is_some_and(|latest| time > latest) {
            self.add(Rule::Timestamp, self.part, true, Problem::FutureTimestamp { time: stamp.timestamp.info.time });
        }
        // The client takes a certificate for any purpose; RFC 3161 (section 2.3) wants one that says time stamping.
        let authority = &stamp.timestamp.certificate;
        if authority.usages() == Ok(None) {
            let problem = ChainProblem::Usage { certificate: authority.fingerprint(), purpose: "time stamping" };
            self.add(Rule::Timestamp, self.part, true, Problem::Chain(problem));
        }
        for problem in path::check(&stamp.verdict.chain, stamp.timestamp.info.time) {
            self.add(Rule::Path, self.part, true, Problem::Chain(problem));
        }
    }

    fn refuse(&mut self, rule: Rule, problem: Problem) {
        self.add(rule, self.part, false, problem);
    }

    fn add(&mut self, rule: Rule, part: Part, timestamp: bool, problem: Problem) {
        self.issues.push(Issue { code: None, rule: Some(rule), level: Level::Error, part, timestamp, problem });
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
