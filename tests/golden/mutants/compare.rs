//! One mutant, judged by both.

use std::collections::BTreeSet;
use std::io::Cursor;

use assay::archive::{Archive, Limits};
use assay::signature::repository::sign;
use assay::signature::{
    Evidence, Level, Policy, PushOptions, RepositoryAttributes, Signed, VerifiedPackage, judge, verify_for_push,
};
use time::OffsetDateTime;

use super::client::{Client, Said};
use super::exceptions;
use super::families::{Mutant, Source};
use crate::rewrite::apply;

/// What this server says under one policy.
#[derive(Debug, Clone)]
pub struct Ours {
    pub accepted: bool,
    /// No archive at all.
    pub unreadable: bool,
    pub codes: BTreeSet<String>,
    /// Names of this server's own rules that are broken.
    pub rules: BTreeSet<String>,
    pub messages: Vec<String>,
}

pub struct Difference {
    /// The exception that explains it.
    pub exception: Option<&'static str>,
    /// What differs, without the facts of the single package.
    pub group: String,
    pub details: String,
}

pub struct Outcome {
    /// The client's verify command accepts.
    pub verified: bool,
    /// A push is accepted under the mildest options.
    pub pushed: bool,
    pub differences: Vec<Difference>,
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn ours(bytes: &[u8], policy: &Policy, source: &Source) -> Ours {
    let mut reader = Cursor::new(bytes);
    let archive = match Archive::read(&mut reader, &Limits::DEFAULT) {
        Ok(archive) => archive,
        Err(error) => {
            return Ours {
                accepted: false,
                unreadable: true,
                codes: BTreeSet::new(),
                rules: BTreeSet::new(),
                messages: vec![error.to_string()],
            };
        }
    };
    let report = judge(&mut reader, &archive, policy, Evidence::without_answers(&source.anchors, now())).unwrap();
    let level = |level| if level == Level::Error { "error" } else { "warning" };
    Ours {
        accepted: report.accepted,
        unreadable: false,
        codes: report.issues.iter().filter_map(|i| Some(format!("{} {}", level(i.level), i.code?))).collect(),
        rules: report.issues.iter().filter_map(|issue| Some(issue.rule?.to_string())).collect(),
        messages: report.issues.iter().map(ToString::to_string).collect(),
    }
}

fn pushed(bytes: &[u8], source: &Source) -> Option<(Archive, VerifiedPackage)> {
    let mut reader = Cursor::new(bytes);
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
    let options = PushOptions { foreign: true, timestamp_required: false, ..PushOptions::default() };
    let verified = verify_for_push(&mut reader, &archive, &options, Evidence::without_answers(&source.anchors, now()))
        .unwrap()
        .ok()?;
    Some((archive, verified))
}

/// Judges all of them by both, and signs what a push accepts.
pub fn compare(client: &mut Client, mutants: &[Mutant], source: &Source) -> Vec<Outcome> {
    let bytes: Vec<&[u8]> = mutants.iter().map(|mutant| mutant.bytes.as_slice()).collect();
    let said = client.judge(&bytes);
    let mut outcomes = Vec::new();
    let mut signed = Vec::new();
    for (index, (mutant, said)) in mutants.iter().zip(&said).enumerate() {
        let mut differences = Vec::new();
        for ((name, policy), said) in client.policies.iter().zip(said) {
            differences.extend(difference(name, said, &ours(&mutant.bytes, policy, source)));
        }
        let pushed = pushed(&mutant.bytes, source);
        if let Some((archive, verified)) = &pushed {
            let by_author = matches!(verified.signed(), Signed::ByAuthor(_));
            let accepts = &said[usize::from(!by_author)];
            if !accepts.accepted {
                differences.push(Difference {
                    exception: None,
                    group: format!("PUSH ACCEPTS what the client refuses: {:?}", accepts.codes),
                    details: format!("{accepts:?}"),
                });
            }
            match sign_it(&mutant.bytes, archive, source) {
                Ok(bytes) => signed.push((index, bytes)),
                Err(error) => differences.push(Difference {
                    exception: None,
                    group: format!("pushed and not signed: {error}"),
                    details: String::new(),
                }),
            }
        }
        outcomes.push(Outcome { verified: said[0].accepted, pushed: pushed.is_some(), differences });
    }
    let bytes: Vec<&[u8]> = signed.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    for ((index, _), said) in signed.iter().zip(client.judge(&bytes)) {
        for (policy, said) in ["verify", "accept"].iter().zip(said).filter(|(_, said)| !said.accepted) {
            outcomes[*index].differences.push(Difference {
                exception: None,
                group: format!("SIGNED BY US and refused under {policy}: {:?}", said.codes),
                details: format!("{said:?}"),
            });
        }
    }
    outcomes
}

/// The package with the feed's mark, after the way back was tried.
fn sign_it(bytes: &[u8], archive: &Archive, source: &Source) -> Result<Vec<u8>, String> {
    let attributes = RepositoryAttributes {
        service_index: "https://feed.example/v3/index.json".into(),
        owners: vec!["alice".into()],
    };
    let rewrite =
        sign(&mut Cursor::new(bytes), archive, &source.feed, &attributes, now()).map_err(|error| error.to_string())?;
    let signed = apply(&rewrite, bytes);
    let back = rewrite.inverse(&mut Cursor::new(bytes)).map_err(|error| error.to_string())?;
    if apply(&back, &signed) == bytes { Ok(signed) } else { Err("the way back leads elsewhere".into()) }
}

fn difference(policy: &str, said: &Said, ours: &Ours) -> Option<Difference> {
    if said.accepted == ours.accepted && said.codes == ours.codes {
        return None;
    }
    let exception = exceptions::explained(policy, said, ours).map(|exception| exception.name);
    let verdict = |accepted: bool| if accepted { "accepts" } else { "refuses" };
    Some(Difference {
        exception,
        group: format!(
            "{policy}: client {} {:?}, we {} {:?} {:?}",
            verdict(said.accepted),
            said.codes,
            verdict(ours.accepted),
            ours.codes,
            ours.rules
        ),
        details: format!("thrown {:?}, we say {:?}", said.thrown, ours.messages),
    })
}
