//! The catalogue: which status and which words each refusal of a push, unlist or relist gets.
//!
//! The reason phrase is all that the person at the other end may ever see, so each one says what is wrong. It comes from
//! a fixed list, because it must be short ASCII and must not carry what a package wrote.

use actix_web::http::StatusCode;

use crate::archive;
use crate::domain::push_rule::Refused;
use crate::feed::push::{Error, NotPushed, Unheeded};
use crate::feed::{documents, timestamping, unlist};
use crate::nupkg;
use crate::signature::{Issue, Problem, Refusal, Rule, repository};
use crate::store;
use crate::web::answer::Answer;
use crate::web::spool::{STORAGE_FULL, disk_answer};

const RESERVED: &str = "package ID is reserved";
const REMOVED: &str = "version was removed; an administrator can free the number";
const CAN_NOT_SIGN: Answer = Answer::new(StatusCode::FORBIDDEN, "server cannot sign packages; ask its administrator");

/// A failure that is ours.
pub(in crate::web::api) fn internal() -> Answer {
    Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
}

/// What a push is answered that was refused, and explained: the phrase must not contradict the lines that stand beside it.
pub(super) fn of_explained(refused: &NotPushed) -> Answer {
    let answer = of_push(&refused.error);
    match (&*refused.error, refused.unheeded) {
        (Error::Rule(rule), Some(why)) => Answer { reason: of_unheeded(rule, why).unwrap_or(answer.reason), ..answer },
        _ => answer,
    }
}

/// What a refused push is answered.
pub(in crate::web::api) fn of_push(error: &Error) -> Answer {
    let answer = match error {
        Error::Package(nupkg::Error::Io(source))
        | Error::Archive(archive::Error::Io(source))
        | Error::Original(archive::InverseError::Io(source))
        | Error::Io(source) => return disk_answer(source),
        Error::Package(source) => Answer::new(StatusCode::BAD_REQUEST, of_package(source)),
        Error::Archive(_) | Error::Original(_) => Answer::new(StatusCode::BAD_REQUEST, "package archive is not valid"),
        Error::Signature(refusal) => return of_signature(refusal),
        Error::KeyGone(_) => Answer::new(StatusCode::FORBIDDEN, "API key is invalid, expired or revoked"),
        Error::Denied(_) => Answer::new(StatusCode::FORBIDDEN, "API key may not push this package"),
        Error::Refused(_) | Error::Account(_) | Error::Disabled(_) => {
            Answer::new(StatusCode::FORBIDDEN, "account may not push this package")
        }
        Error::Reserved(_) => Answer::new(StatusCode::FORBIDDEN, RESERVED),
        Error::Rule(refused) => return of_rule(refused),
        Error::Exists { .. } => Answer::new(StatusCode::CONFLICT, "version exists already"),
        Error::Removed { .. } => Answer::new(StatusCode::CONFLICT, REMOVED),
        Error::NoKey => CAN_NOT_SIGN,
        Error::Unsettled => {
            Answer::new(StatusCode::SERVICE_UNAVAILABLE, "owners or certificates are changing; try again")
        }
        Error::Signing(source) => return of_signing(source),
        Error::Timestamp(source) => of_timestamp(source),
        Error::Documents(documents::Error::Store(source)) | Error::Store(source) => return of_store(source),
        Error::Documents(source) => return failed(source),
    };
    answer.detail(error.to_string())
}

/// What a refused unlist or relist is answered.
pub(super) fn of_unlist(error: &unlist::Error) -> Answer {
    let answer = match error {
        unlist::Error::Unknown(..) => Answer::new(StatusCode::NOT_FOUND, "version is not on this feed"),
        unlist::Error::KeyGone(_) => Answer::new(StatusCode::FORBIDDEN, "API key is invalid, expired or revoked"),
        unlist::Error::Denied(_) => Answer::new(StatusCode::FORBIDDEN, "API key may not change this package"),
        unlist::Error::Documents(documents::Error::Store(source)) | unlist::Error::Store(source) => {
            return of_store(source);
        }
        unlist::Error::Documents(source) => return failed(source),
    };
    answer.detail(error.to_string())
}

/// What is wrong with a package that can't be read.
const fn of_package(error: &nupkg::Error) -> &'static str {
    use nupkg::Error as Package;
    use nupkg::NuspecError as Nuspec;
    match error {
        Package::Io(_) => "package could not be read",
        Package::NotZip { .. } => "package is not a ZIP archive",
        Package::TooManyEntries { .. } => "package has too many files",
        Package::LongPath { .. } | Package::Path { .. } => "package has a file with a bad name",
        Package::Duplicate { .. } => "package has a file twice",
        Package::Encrypted { .. } | Package::Compression { .. } => "package has a file that can not be unpacked",
        Package::EntryTooLarge { .. } | Package::TotalTooLarge { .. } | Package::Ratio { .. } => {
            "package unpacks to too much"
        }
        Package::Damaged { .. } => "package has a damaged file",
        Package::NoNuspec => "package has no nuspec",
        Package::SeveralNuspecs { .. } => "package has more than one nuspec",
        Package::Nuspec { problem: Nuspec::Xml(_), .. } => "nuspec is not well-formed XML",
        Package::Nuspec { problem: Nuspec::Id(_), .. } => "package ID is not valid",
        Package::Nuspec { problem: Nuspec::Version { .. }, .. } => "package version is not valid",
        Package::Nuspec { .. } => "nuspec is not valid",
        Package::MissingFile { .. } => "a file that the nuspec names is missing",
        Package::WrongKind { .. } => "a file that the nuspec names is of the wrong kind",
        Package::SymbolPackage => "symbol packages are not accepted here",
    }
}

/// Why the feed's own signature could not be made: the server's fault, or a package in which no signature would verify.
fn of_signing(error: &repository::Error) -> Answer {
    use repository::Error as Signing;
    match error {
        Signing::Io(source) => disk_answer(source),
        Signing::ServiceIndex { .. } | Signing::Owner | Signing::Signer(_) => {
            tracing::error!(error = error as &dyn std::error::Error, "the feed can't sign");
            CAN_NOT_SIGN.detail(error.to_string())
        }
        Signing::Archive(_)
        | Signing::Layout(_)
        | Signing::Entry(_)
        | Signing::Signature { .. }
        | Signing::Kind
        | Signing::Changed
        | Signing::Timestamp(_)
        | Signing::SelfCheck(_) => {
            Answer::new(StatusCode::BAD_REQUEST, "package could not be signed by the feed").detail(error.to_string())
        }
    }
}

/// Why the feed's signature got no timestamp. All of it can pass: the authority is not here.
fn of_timestamp(error: &timestamping::Error) -> Answer {
    tracing::error!(error = error as &dyn std::error::Error, "the feed's signature got no timestamp");
    let reason = match error {
        timestamping::Error::Outbound(_) => "timestamping authority of the feed can not be reached; try again",
        _ => "timestamping authority of the feed gave no valid timestamp; try again",
    };
    Answer::new(StatusCode::SERVICE_UNAVAILABLE, reason)
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Answer {
    tracing::error!(%error, "a push failed");
    internal()
}

fn of_store(error: &store::Error) -> Answer {
    match error {
        store::Error::Full(source) => {
            tracing::error!(error = %source, "the database could not be written");
            STORAGE_FULL
        }
        store::Error::Pool(_) | store::Error::Busy(_) => Answer::new(StatusCode::SERVICE_UNAVAILABLE, "server is busy"),
        _ => failed(error),
    }
}

/// Who had to sign.
fn of_rule(refused: &Refused) -> Answer {
    let reason = match refused {
        Refused::NoOwner => "package has no owner",
        Refused::SignatureRequired { .. } => {
            "NU3004 package is not signed, its owners require a registered author signature"
        }
        Refused::NothingRegistered(_) => "signed with a certificate that no owner has registered",
        Refused::CertificateNotRegistered { .. } => {
            "NU3034 signed with a certificate that is not registered for this package"
        }
        Refused::SignedByAnotherOwner(_) => "NU3034 signed by another owner than the required signer",
        Refused::CertificateNotActive { .. } => "signed with a registered certificate that is not active",
    };
    Answer::new(StatusCode::BAD_REQUEST, reason).detail(refused.to_string())
}

/// Who had to sign, where an owner has registered the certificate, or had.
const fn of_unheeded(refused: &Refused, why: Unheeded) -> Option<&'static str> {
    Some(match (refused, why) {
        (Refused::NothingRegistered(_), Unheeded::Removed(_)) => {
            "signed with a certificate whose registration was removed"
        }
        (Refused::NothingRegistered(_), Unheeded::OtherIds) => {
            "signed with a certificate that is registered for other package IDs"
        }
        (Refused::CertificateNotRegistered { .. }, Unheeded::Removed(_)) => {
            "NU3034 signed with a certificate whose registration was removed"
        }
        (Refused::CertificateNotRegistered { .. }, Unheeded::OtherIds) => {
            "NU3034 signed with a certificate that is registered for other package IDs"
        }
        _ => return None,
    })
}

/// Whose signature is wrong, or whose archive: the first problem names the verdict, all are told.
fn of_signature(refusal: &Refusal) -> Answer {
    let named = refusal.issues().find(|issue| issue.code.is_some());
    let phrase = match named {
        Some(issue) if is_on_hold(issue) => on_hold(issue.timestamp),
        Some(issue) if is_revoked(issue) => revoked(issue.timestamp),
        Some(issue) => reason(issue.code.map(|code| code.to_string()).as_deref()),
        None => of_server_rule(refusal.issues().find_map(|issue| issue.rule)),
    };
    let mut answer = Answer::new(StatusCode::BAD_REQUEST, phrase);
    for issue in refusal.issues() {
        answer = answer.detail(issue.message());
    }
    answer
}

const fn is_revoked(issue: &Issue) -> bool {
    matches!(issue.problem, Problem::Revoked { .. })
}

const fn is_on_hold(issue: &Issue) -> bool {
    matches!(issue.problem, Problem::Revoked { hold: true, .. })
}

/// That a certificate is revoked: NuGet's code has many causes, and this one the person must know.
const fn revoked(timestamp: bool) -> &'static str {
    if timestamp {
        "NU3028 timestamp has a revoked certificate in its chain"
    } else {
        "NU3012 signature has a revoked certificate in its chain"
    }
}

/// The same of a hold, which may be lifted.
const fn on_hold(timestamp: bool) -> &'static str {
    if timestamp {
        "NU3028 timestamp has a certificate on hold in its chain"
    } else {
        "NU3012 signature has a certificate on hold in its chain"
    }
}

/// The verdict on a signature that breaks none of NuGet's rules, but one of this server's.
fn of_server_rule(rule: Option<Rule>) -> &'static str {
    match rule {
        Some(Rule::Kind) => "package signature is not of a kind that this feed takes",
        Some(Rule::Timestamp) => "package signature needs exactly one valid timestamp",
        Some(Rule::ValidNow) => "signing certificate is not valid any more",
        Some(Rule::Path) => "signing certificate has a chain that breaks RFC 5280",
        Some(Rule::Algorithm) => "package signature has an algorithm that this feed does not take",
        Some(Rule::Archive) => "package archive breaks a rule of this feed",
        Some(Rule::Manifest) => "package has not exactly one nuspec",
        Some(Rule::Limit) => "package signature is too large",
        None => reason(None),
    }
}

/// The verdict on a signature, by NuGet's code.
fn reason(code: Option<&str>) -> &'static str {
    match code {
        Some("NU3000") => "NU3000 package signature is not valid",
        Some("NU3003") => "NU3003 package signature can not be decoded",
        Some("NU3004") => "NU3004 package is not signed",
        Some("NU3005") => "NU3005 package signature file entry is not valid",
        Some("NU3006") => "NU3006 signed packages can not be Zip64",
        Some("NU3007") => "NU3007 package signature format version is not supported",
        Some("NU3008") => "NU3008 package was changed after it was signed",
        Some("NU3009") => "NU3009 package signature has not exactly one signer",
        Some("NU3010") => "NU3010 signing certificate is not in the package signature",
        Some("NU3011") => "NU3011 package signature attributes are not valid",
        Some("NU3012") => "NU3012 package signature or its certificate chain is not valid",
        Some("NU3013") => "NU3013 signing certificate has an unsupported signature algorithm",
        Some("NU3014") => "NU3014 signing certificate has a weak or unsupported key",
        Some("NU3015") => "NU3015 signing certificate is a lifetime certificate",
        Some("NU3017") => "NU3017 signing certificate is not yet valid",
        Some("NU3018") => "NU3018 signing certificate does not end in a trusted root",
        Some("NU3019") => "NU3019 timestamp belongs to another signature",
        Some("NU3020") => "NU3020 timestamp has no signing certificate",
        Some("NU3021") => "NU3021 timestamp is not valid",
        Some("NU3022") => "NU3022 timestamp certificate has an unsupported signature algorithm",
        Some("NU3023") => "NU3023 timestamp certificate has a weak or unsupported key",
        Some("NU3024") => "NU3024 timestamp has an unsupported digest algorithm",
        Some("NU3025") => "NU3025 timestamp certificate is not yet valid",
        Some("NU3027") => "NU3027 package signature has no timestamp",
        Some("NU3028") => "NU3028 timestamp does not end in a trusted root",
        Some("NU3030") => "NU3030 timestamp has an unsupported message imprint",
        Some("NU3031") => "NU3031 repository countersignature is not valid",
        Some("NU3032") => "NU3032 package has several repository countersignatures",
        Some("NU3033") => "NU3033 repository signature has a repository countersignature",
        Some("NU3036") => "NU3036 timestamp lies outside of its certificate's validity",
        Some("NU3037") => "NU3037 signing certificate was not valid when the package was signed",
        Some("NU3039") => "NU3039 package has too many files to be signed",
        Some(_) => "package signature is not valid",
        None => "package signature or archive breaks a rule of this feed",
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;

    #[test]
    fn every_phrase_is_short_ascii() {
        let codes = (3000..3050).map(|number| format!("NU{number}"));
        let rules = [
            Rule::Kind,
            Rule::Timestamp,
            Rule::ValidNow,
            Rule::Path,
            Rule::Algorithm,
            Rule::Archive,
            Rule::Manifest,
            Rule::Limit,
        ];
        let rules = rules.map(|rule| of_server_rule(Some(rule)));
        let others = [reason(None), revoked(true), revoked(false), on_hold(true), on_hold(false), RESERVED, REMOVED];
        for phrase in codes.map(|code| reason(Some(&code))).chain(rules).chain(others) {
            assert!(phrase.len() <= 100 && phrase.chars().all(|c| matches!(c, ' '..='~')), "{phrase}");
        }
    }

    #[test]
    fn the_phrase_does_not_say_that_no_owner_has_registered_what_one_has_removed_or_limited() {
        let certificate = Fingerprint::of(b"one");
        let phrase = |rule: &Refused, unheeded| {
            let error = Box::new(Error::Rule(rule.clone()));
            let phrase = of_explained(&NotPushed { error, verdict: None, unheeded }).reason;
            assert!(phrase.len() <= 100 && phrase.is_ascii(), "{phrase}");
            phrase
        };
        let removed = Some(Unheeded::Removed(OffsetDateTime::UNIX_EPOCH));
        let nothing = Refused::NothingRegistered(certificate);
        assert_eq!(phrase(&nothing, None), "signed with a certificate that no owner has registered");
        assert_eq!(phrase(&nothing, removed), "signed with a certificate whose registration was removed");
        let other_ids = "signed with a certificate that is registered for other package IDs";
        assert_eq!(phrase(&nothing, Some(Unheeded::OtherIds)), other_ids);
        let not_this = Refused::CertificateNotRegistered { fingerprint: certificate, signers: Vec::new() };
        assert!(phrase(&not_this, None).ends_with("that is not registered for this package"));
        assert_eq!(phrase(&not_this, removed), "NU3034 signed with a certificate whose registration was removed");
        assert_eq!(phrase(&not_this, Some(Unheeded::OtherIds)), format!("NU3034 {other_ids}"));
        assert_eq!(phrase(&Refused::NoOwner, removed), "package has no owner", "of that it does not speak");
    }
}
