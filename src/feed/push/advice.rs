//! What is wrong, by the name of its rule, and what to do about it.
//!
//! Messages and the first advice go onto the wire too, so what is written here is ASCII.

use super::Error;
use super::ground::{Ground, Unheeded};
use super::signature_facts;
use crate::archive;
use crate::domain::account::AccountName;
use crate::domain::api_key::Denied;
use crate::domain::certificate::CertificateStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::push_rule::{self, Refused, RequiredSigner};
use crate::domain::verdict::{Failed, MAX_NAMES, Outcome, RuleName, told};
use crate::nupkg;
use crate::signature::{Issue, Problem, repository};

/// Who runs the server. Never by name: see [`CanChange`](crate::domain::verdict::CanChange).
const ADMINISTRATOR: &str = "an administrator of this server";

/// The most reasons that an explanation has.
pub(super) const MAX_FAILED: usize = 12;

const SIGN_AGAIN: &str = "Sign the package again with `dotnet nuget sign`, as the last step before the push.";
const BUILD_AGAIN: &str =
    "Build the package again with `dotnet pack`, and let nothing change it but `dotnet nuget sign`.";
const PUSH_AGAIN: &str = "Push it again.";

/// What is wrong, for a refusal that says something about the package; `None` for a bad key and failures of the server.
pub(super) fn of_error(error: &Error, ground: &Ground) -> Option<Vec<Failed>> {
    let (rule, advice) = match error {
        Error::Signature(refusal) => {
            return Some(refusal.issues().take(MAX_FAILED).map(|issue| of_issue(issue, ground)).collect());
        }
        Error::Rule(refused) => return Some(vec![of_rule(refused, ground)]),
        Error::Package(nupkg::Error::Io(_))
        | Error::Archive(archive::Error::Io(_))
        | Error::Original(archive::InverseError::Io(_))
        | Error::Signing(repository::Error::Io(_))
        | Error::KeyGone(_)
        | Error::Refused(_)
        | Error::Timestamp(_)
        | Error::Unsettled
        | Error::Documents(_)
        | Error::Store(_)
        | Error::Io(_) => return None,
        Error::Package(_) => (RuleName::Package, BUILD_AGAIN.to_owned()),
        Error::Archive(_) | Error::Original(_) => (RuleName::Archive, BUILD_AGAIN.to_owned()),
        Error::Denied(denied) => (RuleName::RightToPush, of_right(denied, ground)),
        Error::Account(_) | Error::Disabled(_) => {
            (RuleName::RightToPush, format!("Push for another account, or ask {ADMINISTRATOR} to enable it."))
        }
        Error::Reserved(reserved) => (
            RuleName::ReservedPrefix,
            format!("Let {} push it first, or give it another ID.", any_of(&reserved.holders)),
        ),
        Error::Exists { .. } => (RuleName::Version, "Raise the version number, and build and push that.".to_owned()),
        Error::Removed { .. } => {
            (RuleName::Version, format!("Raise the version number, or ask {ADMINISTRATOR} to free this one."))
        }
        Error::NoKey => (RuleName::FeedSignature, format!("Tell {ADMINISTRATOR}.")),
        Error::Signing(_) => (RuleName::FeedSignature, BUILD_AGAIN.to_owned()),
    };
    Some(vec![Failed { rule, code: None, message: told(&error.to_string()), advice: told(&advice) }])
}

/// Why the push rule refuses.
pub(super) fn of_rule(refused: &Refused, ground: &Ground) -> Failed {
    let code = match refused {
        Refused::SignatureRequired { .. } => Some("NU3004"),
        Refused::CertificateNotRegistered { .. } | Refused::SignedByAnotherOwner(_) => Some("NU3034"),
        Refused::NoOwner | Refused::NothingRegistered(_) | Refused::CertificateNotActive { .. } => None,
    };
    let advice = match refused {
        Refused::NoOwner => format!("Ask {ADMINISTRATOR} to add an owner."),
        Refused::SignatureRequired { .. } if none_active(ground) => {
            format!("Have {} register a certificate that is active, and sign with it.", those_who_count(ground))
        }
        Refused::SignatureRequired { .. } => format!(
            "Sign it with `dotnet nuget sign` and a registered certificate of {}, with a timestamp.",
            those_who_count(ground)
        ),
        Refused::NothingRegistered(_) | Refused::CertificateNotRegistered { .. } => not_registered(ground),
        Refused::SignedByAnotherOwner(it) => format!(
            "Have {} sign it, or have {} let {} sign too: on the package's page `Manage`, under `Required signer`.",
            any_of(&it.signers),
            any_of(&ground.owner_names()),
            it.owner
        ),
        Refused::CertificateNotActive { owner, status, .. } => not_active(owner, *status, ground),
    };
    let message = match (refused, &ground.unheeded) {
        (
            Refused::NothingRegistered(fingerprint) | Refused::CertificateNotRegistered { fingerprint, .. },
            Some((owner, why)),
        ) => unheeded(fingerprint, owner, *why),
        (Refused::CertificateNotActive { fingerprint, owner, status: CertificateStatus::Revoked }, _) => {
            match ground.held_since {
                Some(at) => format!("the certificate {fingerprint} of {owner} is on hold since {}", at.date()),
                None => refused.to_string(),
            }
        }
        _ => refused.to_string(),
    };
    Failed { rule: RuleName::PushRule, code: code.map(str::to_owned), message: told(&message), advice: told(&advice) }
}

fn not_registered(ground: &Ground) -> String {
    let those = those_who_could_register(ground);
    match &ground.unheeded {
        None => format!("Have {those} register this certificate, or sign with one that is registered."),
        Some((_, Unheeded::Removed(_))) => {
            format!("Have {those} register this certificate again, or sign with one that is registered.")
        }
        Some((owner, Unheeded::OtherIds)) => format!(
            "Have {owner} let it count for this package ID too, under `Certificates`, or sign with another one that is registered."
        ),
    }
}

fn unheeded(fingerprint: &Fingerprint, owner: &AccountName, why: Unheeded) -> String {
    match why {
        Unheeded::Removed(at) => {
            format!("the registration of the certificate {fingerprint} was removed by {owner} on {}", at.date())
        }
        Unheeded::OtherIds => {
            format!("{owner} has registered the certificate {fingerprint}, but for other package IDs only")
        }
    }
}

fn not_active(owner: &AccountName, status: CertificateStatus, ground: &Ground) -> String {
    match status {
        CertificateStatus::Expired => {
            format!("Sign with the certificate that came after it, once {owner} has registered that one.")
        }
        CertificateStatus::Revoked if ground.held_since.is_some() => {
            format!("Wait until its issuer lifts the hold, or sign with another certificate of {owner}.")
        }
        CertificateStatus::Revoked => {
            format!(
                "Sign with another certificate of {owner}: this one is revoked, and registering it anew changes nothing."
            )
        }
        CertificateStatus::NotYetValid => "Wait until it is valid, or sign with a certificate that is.".to_owned(),
        CertificateStatus::AccountDisabled => {
            format!("Sign with a certificate of another owner, or ask {ADMINISTRATOR} to enable {owner}.")
        }
        CertificateStatus::Active => SIGN_AGAIN.to_owned(),
    }
}

fn of_right(denied: &Denied, ground: &Ground) -> String {
    match denied {
        Denied::Scope(scope) => format!("Push with an API key that has the scope `{scope}`."),
        Denied::Pattern(_) => "Push with an API key that is for this package ID.".to_owned(),
        Denied::Owner(_) => {
            format!(
                "Ask {} to add {} as an owner, or push for an account that is one.",
                any_of(&ground.owner_names()),
                ground.owner_name
            )
        }
    }
}

fn of_issue(issue: &Issue, ground: &Ground) -> Failed {
    let rule = signature_facts::rule(issue);
    let advice = match (&issue.problem, rule) {
        (Problem::UntrustedRoot { way_round: true, .. }, _) => {
            "Sign again without the certificate that is named, so that the chain leads to the trusted root.".to_owned()
        }
        (Problem::UntrustedRoot { .. }, RuleName::Timestamp) => format!(
            "Sign with a timestamp of an authority that this feed trusts, or ask {ADMINISTRATOR} to trust its root."
        ),
        (Problem::UntrustedRoot { .. }, _) if ground.accept_untrusted_roots && !ground.foreign => format!(
            "Have {} register this certificate: that makes up for the unknown root here.",
            those_who_could_register(ground)
        ),
        (Problem::UntrustedRoot { .. }, _) => format!(
            "Ask {ADMINISTRATOR} to trust the root, after comparing its fingerprint; or sign with a certificate of another authority."
        ),
        (_, RuleName::Archive | RuleName::Manifest) => BUILD_AGAIN.to_owned(),
        (_, RuleName::Algorithm) => {
            "Sign with an RSA certificate of at least 2048 bits that was itself signed with SHA-2.".to_owned()
        }
        (_, RuleName::Path) => {
            "Sign with a certificate that may sign code, and with its whole chain in the signature.".to_owned()
        }
        (_, RuleName::ValidNow) => "Sign with a certificate that is valid now.".to_owned(),
        (Problem::Revoked { hold: true, .. }, _) if issue.timestamp => {
            "Sign again with a timestamp of another authority, or wait until the hold on this one is lifted.".to_owned()
        }
        (Problem::Revoked { hold: true, .. }, _) => {
            "Wait until its issuer lifts the hold, or sign with another certificate.".to_owned()
        }
        (_, RuleName::Revocation) if issue.timestamp => "Sign again with a timestamp of another authority.".to_owned(),
        (_, RuleName::Revocation) => "Sign with another certificate: this one is revoked.".to_owned(),
        (_, RuleName::Timestamp) => {
            "Sign it again with exactly one timestamp: `dotnet nuget sign ... --timestamper URL`.".to_owned()
        }
        _ => SIGN_AGAIN.to_owned(),
    };
    Failed {
        rule,
        code: issue.code.map(|code| code.to_string()),
        message: told(&issue.message()),
        advice: told(&advice),
    }
}

/// What to do next, in order: each advice once, and then the push, unless it is on the feed or would be the same again.
pub(super) fn next(failed: &[Failed], outcome: Outcome) -> Vec<String> {
    let mut next: Vec<String> = Vec::new();
    for failed in failed {
        if !next.contains(&failed.advice) {
            next.push(failed.advice.clone());
        }
    }
    let another = failed.iter().any(|failed| failed.rule == RuleName::Version);
    if outcome == Outcome::Refused && !another {
        next.push(PUSH_AGAIN.to_owned());
    }
    next
}

/// What owners and administrators could do instead about who must sign.
pub(super) fn otherwise(refused: &Refused, ground: &Ground) -> Vec<String> {
    let foreign = format!("{ADMINISTRATOR} can list the ID as foreign: then only the signature itself counts");
    match refused {
        Refused::SignatureRequired { .. } => {
            let unsigned = RequiredSigner::NoSignatureNeeded;
            let offered = push_rule::allowed_choice(&ground.owners, &unsigned) == unsigned && !ground.new_id;
            let owners = any_of(&ground.owner_names());
            let choose =
                format!("If nobody should have to sign it: {owners} can choose `No signature needed` for this ID.");
            let foreign = format!("If it is other people's package: {foreign}, if there is one.");
            offered.then_some(choose).into_iter().chain([foreign]).collect()
        }
        Refused::NothingRegistered(_) | Refused::CertificateNotRegistered { .. } => vec![format!(
            "If it is other people's package: {} can register its author's certificate for this ID alone, or {foreign}.",
            those_who_could_register(ground)
        )],
        Refused::CertificateNotActive { status: CertificateStatus::Expired, .. } => {
            vec![format!("If it is other people's package: {foreign}, and may have expired since its timestamp.")]
        }
        Refused::NoOwner | Refused::SignedByAnotherOwner(_) | Refused::CertificateNotActive { .. } => Vec::new(),
    }
}

/// The owners whose certificates count, or could.
fn those_who_count(ground: &Ground) -> String {
    any_of(&ground.rule().signers.into_iter().map(|signers| signers.account).collect::<Vec<_>>())
}

fn none_active(ground: &Ground) -> bool {
    ground.rule().active == 0
}

/// The owners whose registration would be heeded: all of them, unless one was chosen.
fn those_who_could_register(ground: &Ground) -> String {
    match push_rule::allowed_choice(&ground.owners, &ground.choice) {
        RequiredSigner::OneOwner(owner) => owner.to_string(),
        RequiredSigner::AnyOwner | RequiredSigner::NoSignatureNeeded => any_of(&ground.owner_names()),
    }
}

fn any_of(names: &[AccountName]) -> String {
    match names {
        [] => "an owner".to_owned(),
        few if few.len() <= MAX_NAMES / 4 => push_rule::any_of(few),
        many => list(many),
    }
}

fn list(names: &[AccountName]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_NAMES / 4).map(AccountName::as_str).collect();
    let more = names.len() - shown.len();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}
