//! The one function that explains a verdict. It decides nothing: the decision is an argument.

use super::Error;
use super::advice::{self, MAX_FAILED};
use super::ground::Ground;
use super::signature_facts;
use super::verdict::Verdict;
use crate::domain::account::AccountName;
use crate::domain::api_key::Denied;
use crate::domain::push_rule::{Accepted, Refused};
use crate::domain::required_signer::Signers;
use crate::domain::verdict::{
    CanChange, Explained, Failed, Found, MAX_NAMES, Named, Outcome, PackageNamed, RuleName, SignatureKind, VerdictKind,
    told,
};
use crate::nupkg::Nupkg;
use crate::signature::{Problem, Report};

/// What is explained.
pub(super) enum Case<'a> {
    /// The push rule has spoken, and lets it in.
    Decided(&'a Verdict),
    /// The same file was pushed a moment ago.
    Repeated,
    /// It is refused.
    Refused(&'a Error),
}

/// Explains a case; `None` for a refusal that says nothing about the package: a bad key, a failure of the server.
pub(super) fn explain(
    kind: VerdictKind,
    case: &Case<'_>,
    nupkg: Option<&Nupkg>,
    report: Option<&Report>,
    ground: &Ground,
) -> Option<Explained> {
    let mut failed = failed(case, ground)?;
    if let Some(certificate) = report.and_then(|report| report.signer.as_ref()?.certificate.as_ref()) {
        failed.iter_mut().for_each(|failed| signature_facts::name_in(&mut failed.message, certificate));
    }
    let outcome = match case {
        Case::Decided(Verdict::NotEnforced { .. }) => Outcome::NotEnforced,
        Case::Decided(_) | Case::Repeated => Outcome::Accepted,
        Case::Refused(_) => Outcome::Refused,
    };
    let package = nupkg.map(|nupkg| PackageNamed {
        id: told(nupkg.manifest.id.as_str()),
        version: told(&nupkg.manifest.version.to_string()),
    });
    let subject =
        package.as_ref().map_or_else(|| "The file".to_owned(), |named| format!("{} {}", named.id, named.version));
    let (rule, signers) = who_must_sign(case, nupkg, ground);
    Some(shortened(Explained {
        outcome,
        stage: ground.stage,
        sentence: told(&format!("{subject} {}: {}", verb(kind, outcome), reason(case, &failed))),
        new_id: ground.new_id,
        foreign: ground.foreign,
        signature: report.map_or(SignatureKind::NotJudged, signature_facts::kind),
        signer: report.and_then(|report| signature_facts::signer(report, registered_by(case))),
        timestamp: report.and_then(signature_facts::stamp),
        rules: rules(case, &failed, report, ground),
        rule: told(&rule),
        signers,
        register: registering_helps(case, ground),
        can_change: can_change(case, ground),
        next: advice::next(&failed, outcome),
        otherwise: refused_by_rule(case).map(|refused| advice::otherwise(refused, ground)).unwrap_or_default(),
        failed,
        package,
        warnings: nupkg.map(warnings).unwrap_or_default(),
    }))
}

fn failed(case: &Case<'_>, ground: &Ground) -> Option<Vec<Failed>> {
    match case {
        Case::Refused(error) => advice::of_error(error, ground),
        _ => Some(refused_by_rule(case).map(|refused| advice::of_rule(refused, ground)).into_iter().collect()),
    }
}

const fn verb(kind: VerdictKind, outcome: Outcome) -> &'static str {
    match (kind, outcome) {
        (VerdictKind::DryRun, Outcome::Accepted) => "would be accepted",
        (VerdictKind::DryRun, Outcome::NotEnforced) => "would be accepted, though the rule refuses it",
        (VerdictKind::DryRun, Outcome::Refused) => "would be refused",
        (_, Outcome::Accepted) => "was accepted",
        (_, Outcome::NotEnforced) => "was accepted, though the rule refuses it",
        (_, Outcome::Refused) => "was refused",
    }
}

fn reason(case: &Case<'_>, failed: &[Failed]) -> String {
    match (case, failed) {
        (_, [only]) => only.message.clone(),
        (_, [first, others @ ..]) => format!("{} (and {} more)", first.message, others.len()),
        (Case::Decided(Verdict::InOrder(Accepted::SignedBy(account))), []) => {
            format!("it is signed with an active certificate of {account}")
        }
        (Case::Decided(Verdict::InOrder(Accepted::Unsigned)), []) => "nobody has to sign it".to_owned(),
        (Case::Decided(Verdict::Foreign), []) => {
            "the ID is on the list of other people's packages, so only its own signature is asked about".to_owned()
        }
        (_, []) => "the same file was pushed a moment ago, and pushing it again changes nothing".to_owned(),
    }
}

fn registered_by(case: &Case<'_>) -> Option<AccountName> {
    match case {
        Case::Decided(Verdict::InOrder(Accepted::SignedBy(account))) => Some(account.clone()),
        _ => match refused_by_rule(case)? {
            Refused::SignedByAnotherOwner(it) => Some(it.owner.clone()),
            Refused::CertificateNotActive { owner, .. } => Some(owner.clone()),
            _ => None,
        },
    }
}

/// The rule about who must have signed, and whose certificates would do. Whoever may not push the package is told neither: it
/// says how many certificates the owners have and how many of them are good, which only a session with a second factor shows.
fn who_must_sign(case: &Case<'_>, nupkg: Option<&Nupkg>, ground: &Ground) -> (String, Vec<Signers>) {
    if nupkg.is_none() || stop(case) <= Step::Prefix {
        return (String::new(), Vec::new());
    }
    if ground.foreign {
        let foreign =
            "the ID is on the list of other people's packages: whoever signed, only the signature itself counts";
        return (foreign.to_owned(), Vec::new());
    }
    let rule = ground.rule();
    (rule.sentence(), rule.signers)
}

/// Every rule with what it found. A rule after the one that stopped the push was not asked.
fn rules(case: &Case<'_>, failed: &[Failed], report: Option<&Report>, ground: &Ground) -> Vec<Named> {
    let stop = stop(case);
    let found = |rule: RuleName| {
        if failed.iter().any(|failed| failed.rule == rule) {
            Found::Failed
        } else if step(rule) > stop {
            Found::NotJudged
        } else {
            quiet(rule, report, ground)
        }
    };
    RuleName::ALL.into_iter().map(|rule| Named { rule, found: found(rule) }).collect()
}

/// What a rule found that was asked and is not broken.
fn quiet(rule: RuleName, report: Option<&Report>, ground: &Ground) -> Found {
    let signer = report.and_then(|report| report.signer.as_ref());
    match rule {
        RuleName::ReservedPrefix if !ground.new_id => Found::NotNeeded,
        RuleName::PushRule if ground.foreign => Found::NotNeeded,
        RuleName::FeedSignature if !ground.signs => Found::NotNeeded,
        _ if step(rule) == Step::Signature => match (report.map(signature_facts::kind), signer) {
            (None, _) => Found::NotJudged,
            (Some(_), _) if !rule.is_about_the_signature() => Found::Passed,
            (Some(SignatureKind::None), _) => Found::NotNeeded,
            (Some(_), None) => Found::NotJudged,
            (Some(_), Some(signer)) if rule == RuleName::Timestamp && signer.timestamps.is_empty() => Found::NotNeeded,
            (Some(_), Some(_)) => Found::Passed,
        },
        _ => Found::Passed,
    }
}

/// The steps of a push, in which the rules are asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Read,
    Right,
    Prefix,
    Version,
    Signature,
    PushRule,
    Feed,
}

const fn step(rule: RuleName) -> Step {
    match rule {
        RuleName::Package => Step::Read,
        RuleName::RightToPush => Step::Right,
        RuleName::ReservedPrefix => Step::Prefix,
        RuleName::Version => Step::Version,
        RuleName::PushRule => Step::PushRule,
        RuleName::FeedSignature => Step::Feed,
        _ => Step::Signature,
    }
}

/// The last step that was asked.
const fn stop(case: &Case<'_>) -> Step {
    match case {
        Case::Decided(_) => Step::Feed,
        Case::Repeated | Case::Refused(Error::Exists { .. } | Error::Removed { .. }) => Step::Version,
        Case::Refused(error) => match error {
            Error::Package(_) => Step::Read,
            Error::Archive(_) | Error::Signature(_) => Step::Signature,
            Error::Denied(_) | Error::Account(_) | Error::Disabled(_) => Step::Right,
            Error::Reserved(_) => Step::Prefix,
            Error::Rule(_) => Step::PushRule,
            _ => Step::Feed,
        },
    }
}

/// Why the push rule refuses, whatever the stage makes of it.
const fn refused_by_rule<'a>(case: &Case<'a>) -> Option<&'a Refused> {
    match case {
        Case::Refused(Error::Rule(refused)) | Case::Decided(Verdict::NotEnforced { refused, .. }) => Some(refused),
        _ => None,
    }
}

/// Whether it would be accepted with nothing but the certificate registered.
fn registering_helps(case: &Case<'_>, ground: &Ground) -> bool {
    match case {
        Case::Refused(Error::Rule(_)) | Case::Decided(_) => {
            let refused = refused_by_rule(case);
            matches!(refused, Some(Refused::CertificateNotRegistered { .. } | Refused::NothingRegistered(_)))
        }
        Case::Refused(Error::Signature(refusal)) if ground.accept_untrusted_roots && !ground.foreign => {
            let unknown = |problem: &Problem| matches!(problem, Problem::UntrustedRoot { way_round: false, .. });
            refusal.issues().all(|issue| !issue.timestamp && unknown(&issue.problem))
        }
        _ => false,
    }
}

/// Who can do something about it, where it takes somebody's decision.
fn can_change(case: &Case<'_>, ground: &Ground) -> CanChange {
    let (owners, administrators) = match case {
        // Nothing but their own choice is in the way.
        _ if matches!(refused_by_rule(case), Some(Refused::SignedByAnotherOwner(_))) => (true, false),
        _ if refused_by_rule(case).is_some() => (true, true),
        Case::Refused(Error::Denied(Denied::Owner(_))) => (true, false),
        Case::Refused(Error::Signature(refusal)) => {
            let unknown = refusal.issues().any(|issue| matches!(issue.problem, Problem::UntrustedRoot { .. }));
            (registering_helps(case, ground), unknown)
        }
        Case::Refused(
            Error::Reserved(_)
            | Error::Removed { .. }
            | Error::NoKey
            | Error::Signing(_)
            | Error::Account(_)
            | Error::Disabled(_),
        ) => (false, true),
        _ => (false, false),
    };
    let owners = if owners { ground.owner_names() } else { Vec::new() };
    CanChange { owners, administrators: administrators && ground.has_administrator }
}

/// What reading the package found odd.
fn warnings(nupkg: &Nupkg) -> Vec<String> {
    nupkg.warnings.iter().take(MAX_FAILED).map(|warning| told(warning)).collect()
}

/// With lists that nobody can make longer than a page.
fn shortened(mut explained: Explained) -> Explained {
    explained.failed.truncate(MAX_FAILED);
    explained.signers.truncate(MAX_NAMES);
    explained.can_change.owners.truncate(MAX_NAMES);
    explained
}
