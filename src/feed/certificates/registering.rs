//! Registering certificates from files: each file has its own verdict, and one that is wrong does not keep the others out.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::ground::{Ground, Stamp};
use super::uploaded::{read_chain, read_signer};
use super::{Effects, Error, NotRegistered, UploadedFile, existing, expect_few, only_for, told};
use crate::config::Config;
use crate::domain::account::{Account, AccountName};
use crate::domain::certificate::{MAX_REGISTRATIONS, each_once, same_patterns};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::domain::visible::visible;
use crate::feed::authority::{Actor, Authorized, authorize};
use crate::feed::revocation::{CERTIFICATES, Cache, seen};
use crate::signature::{Certificate, ChainState};
use crate::store::certificates::NewCertificate;
use crate::store::{self, Store, Writes};

/// How often a registration starts over when what it was judged by changes.
const ATTEMPTS: usize = 3;

/// One certificate that is to be registered.
#[derive(Debug)]
pub struct NewRegistration<'a> {
    /// Who signs with it.
    pub account: &'a AccountName,
    /// The file that should be a certificate.
    pub file: &'a [u8],
    /// For which package IDs it counts; empty means all.
    pub patterns: Vec<Pattern>,
}

/// Several, with what they have in common.
#[derive(Debug)]
pub struct NewRegistrations<'a> {
    /// Who signs with them.
    pub account: &'a AccountName,
    /// The files that should be certificates, one in each.
    pub files: &'a [UploadedFile<'a>],
    /// Files with certificates above them, which complete their chains.
    pub chain: &'a [UploadedFile<'a>],
    /// For which package IDs they count; empty means all.
    pub patterns: &'a [Pattern],
}

/// A certificate that is registered now.
#[derive(Debug)]
pub struct Registered {
    /// Which.
    pub certificate: Certificate,
    /// How far its chain leads. A file holds only the certificate itself, so with an intermediate authority that is open until
    /// it is chosen too, or a push has shown it.
    pub chain: ChainState,
    /// What happened.
    pub outcome: Outcome,
}

/// What happened to a certificate that is registered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not registered before.
    New,
    /// It had been removed, and counts again.
    Enabled,
    /// It was registered in the same way already: nothing happened.
    Already,
}

/// What became of one file.
#[derive(Debug)]
pub struct FileVerdict {
    /// Its name, to show.
    pub name: String,
    /// The certificate, or why it was not registered.
    pub result: Result<Registered, NotRegistered>,
}

/// What became of all files.
#[derive(Debug)]
pub struct Report {
    /// In their order.
    pub verdicts: Vec<FileVerdict>,
    /// What it does to the account's packages.
    pub effects: Effects,
}

/// Registers one certificate, as [`register_all`] does.
///
/// # Errors
/// A file that is no certificate, or a certificate that could never let a push through.
pub fn register(
    store: &Store,
    config: &Config,
    answers: &Cache,
    new: &NewRegistration<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Registered, Error> {
    let files = [UploadedFile { name: "", bytes: new.file }];
    let all = NewRegistrations { account: new.account, files: &files, chain: &[], patterns: &new.patterns };
    let report = register_all(store, config, answers, &all, actor, now)?;
    let verdict = report.verdicts.into_iter().next().ok_or(Error::Unsettled)?;
    Ok(verdict.result?)
}

/// Registers certificates for an account, or enables removed registrations again. `answers` are those of the server, or a
/// cache of their own for a command.
///
/// # Errors
/// What concerns all files; nothing was registered then.
pub fn register_all(
    store: &Store,
    config: &Config,
    answers: &Cache,
    new: &NewRegistrations<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Report, Error> {
    expect_few(new.patterns)?;
    let patterns = each_once(new.patterns);
    let chosen = read_chain(new.chain)?;
    let mut files = read_files(new.files);
    let about: Vec<Fingerprint> =
        files.iter().filter_map(|file| Some(file.read.as_ref().ok()?.fingerprint())).collect();
    for _ in 0..ATTEMPTS {
        let ground = store.read(|r| {
            let account = existing(r, new.account)?;
            authorize(r, actor, Action::ManageCertificates, Some(&account), now)?;
            Ok::<_, Error>(Ground::read(r, config, &about)?)
        })?;
        // Everything slow comes before the transaction: reading the answers, parsing and building chains.
        let known = answers.known(store)?;
        let judge = ground.judge(&chosen, &known, now);
        let fit = |file: &mut ReadFile| {
            let certificate = file.read.as_ref().ok()?.clone();
            match judge.fit(&certificate) {
                Ok(chain) => Some(Fit { certificate, chain }),
                Err(why) => {
                    file.read = Err(why);
                    None
                }
            }
        };
        let fits: Vec<Option<Fit>> = files.iter_mut().map(fit).collect();
        let done = store.write(|w| {
            let account = existing(w, new.account)?;
            let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
            if Stamp::read(w, config, &about)? != ground.stamp || !known.is_current(w)? {
                return Ok(None);
            }
            let order = Order { account: &account, patterns: &patterns, by: &by, now };
            Ok::<_, Error>(Some(write_all(&order, w, &fits)?))
        })?;
        match done {
            Some((results, effects)) => return Ok(Report { verdicts: verdicts(files, fits, results), effects }),
            // What was refused is judged again, too.
            None => files = read_files(new.files),
        }
    }
    Err(Error::Unsettled)
}

/// A file and what was read from it.
struct ReadFile {
    name: String,
    read: Result<Certificate, NotRegistered>,
}

/// A certificate that could let a push through.
struct Fit {
    certificate: Certificate,
    chain: ChainState,
}

/// What became of each file, in their order; `None` for one that was refused before.
type Results = Vec<Option<Result<Outcome, NotRegistered>>>;

fn read_files(files: &[UploadedFile<'_>]) -> Vec<ReadFile> {
    let mut names: HashMap<Fingerprint, String> = HashMap::new();
    let read = |file: &UploadedFile<'_>| {
        let name = file.shown_name();
        let read = read_signer(file.bytes).and_then(|certificate| {
            match names.insert(certificate.fingerprint(), name.clone()) {
                Some(first) => Err(NotRegistered::Twice(first)),
                None => Ok(certificate),
            }
        });
        ReadFile { name, read }
    };
    files.iter().map(read).collect()
}

fn verdicts(files: Vec<ReadFile>, fits: Vec<Option<Fit>>, results: Results) -> Vec<FileVerdict> {
    let all = files.into_iter().zip(fits).zip(results);
    let verdict = |((file, fit), result): ((ReadFile, Option<Fit>), Option<_>)| {
        let result = match (file.read, fit, result) {
            (_, Some(Fit { certificate, chain }), Some(Ok(outcome))) => Ok(Registered { certificate, chain, outcome }),
            (_, _, Some(Err(why))) | (Err(why), ..) => Err(why),
            (Ok(certificate), ..) => {
                Ok(Registered { certificate, chain: ChainState::Broken, outcome: Outcome::Already })
            }
        };
        FileVerdict { name: file.name, result }
    };
    all.map(verdict).collect()
}

/// Who registers for whom.
struct Order<'a> {
    account: &'a Account,
    patterns: &'a [Pattern],
    by: &'a Authorized,
    now: OffsetDateTime,
}

fn write_all(order: &Order<'_>, w: &mut Writes<'_>, fits: &[Option<Fit>]) -> Result<(Results, Effects), store::Error> {
    let before = w.registered_certificates(order.account.id, order.now)?;
    let (mut count, mut new, mut results) = (before.len(), Vec::new(), Vec::new());
    for fit in fits {
        let Some(fit) = fit else {
            results.push(None);
            continue;
        };
        let result = write_one(order, w, fit, count)?;
        if matches!(result, Ok(Outcome::New | Outcome::Enabled)) {
            count += 1;
            new.push(&fit.certificate);
        }
        results.push(Some(result));
    }
    if new.is_empty() {
        return Ok((results, Effects::default()));
    }
    w.advance(CERTIFICATES, order.now)?;
    let after = w.registered_certificates(order.account.id, order.now)?;
    let effects = Effects::between(w, order.account, &before, &after, order.now)?;
    let what = if new.len() == 1 { "a certificate".to_owned() } else { format!("{} certificates", new.len()) };
    let done = format!("{} registered {what} of {}", order.by.name(), order.account.name);
    effects.follow(w, order.by, &done, order.now)?;
    let subjects: Vec<String> = new.iter().map(|it| visible(&it.subject().to_string())).collect();
    told::account(w, order.account, order.by, &format!("{done}: {}.", subjects.join("; ")), order.now)?;
    Ok((results, effects))
}

fn write_one(
    order: &Order<'_>,
    w: &mut Writes<'_>,
    Fit { certificate, chain }: &Fit,
    count: usize,
) -> Result<Result<Outcome, NotRegistered>, store::Error> {
    let fingerprint = certificate.fingerprint();
    let outcome = match w.certificate_registration(order.account.id, &fingerprint)? {
        Some((patterns, false)) if same_patterns(&patterns, order.patterns) => return Ok(Ok(Outcome::Already)),
        Some((patterns, false)) => return Ok(Err(NotRegistered::OtherPatterns(patterns))),
        _ if count >= MAX_REGISTRATIONS => return Ok(Err(NotRegistered::TooMany)),
        Some((_, true)) => Outcome::Enabled,
        None => Outcome::New,
    };
    w.register_certificate(order.account.id, &row(certificate), order.patterns.to_vec(), order.now)?;
    // Who issued it is worth remembering only where an anchor vouches for it. What nobody vouches for would be kept for
    // whoever uploads it.
    if let ChainState::Proven(chain) = chain {
        seen::remember_chain(w, chain.get(1..).unwrap_or_default(), order.now)?;
    }
    let again = if outcome == Outcome::Enabled { "; it had been removed" } else { "" };
    let detail = format!("{fingerprint} {}{}{again}", certificate.subject(), only_for(order.patterns));
    order.by.audit(w, order.now, "certificate.register", order.account.name.as_str(), &detail)?;
    Ok(Ok(outcome))
}

fn row(certificate: &Certificate) -> NewCertificate {
    NewCertificate {
        fingerprint: certificate.fingerprint(),
        der: certificate.as_der().to_vec(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}
