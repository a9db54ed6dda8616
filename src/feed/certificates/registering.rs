//! Registering certificates from files: each file has its own verdict, and one that is wrong does not keep the others out.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::ground::{Ground, Judge, Stamp};
use super::plan::{self, Fit, Order, Plan, Results};
use super::uploaded::{read_chain, read_signer};
use super::{Effects, Error, NotRegistered, UploadedFile, existing, expect_few, settled};
use crate::config::Config;
use crate::domain::account::AccountName;
use crate::domain::certificate::each_once;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::Cache;
use crate::signature::{Certificate, ChainState};
use crate::store::Store;

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

/// What somebody should read who may have chosen the authority's certificate instead of the one that it issued.
pub const OF_AN_AUTHORITY: &str = "It is the certificate of an authority: it counts for packages that are signed with it itself, and for none that are signed with certificates that it issued.";

impl Registered {
    /// What is to be said of it besides its chain.
    #[must_use]
    pub fn remark(&self) -> Option<&'static str> {
        self.certificate.is_authority().then_some(OF_AN_AUTHORITY)
    }
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
    let files = [UploadedFile::whole("", new.file)];
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
    let files = read_files(new.files);
    let about: Vec<Fingerprint> =
        files.iter().filter_map(|file| Some(file.read.as_ref().ok()?.fingerprint())).collect();
    settled(|| {
        let ground = store.read(|r| {
            let account = existing(r, new.account)?;
            authorize(r, actor, Action::ManageCertificates, Some(&account), now)?;
            Ok::<_, Error>(Ground::read(r, config, &about)?)
        })?;
        // Everything slow comes before the transaction: reading the answers, parsing, building chains, and what follows of it.
        let known = answers.known(store)?;
        let judge = ground.judge(&chosen, &known, now);
        let mut files = read_files(new.files);
        let fits: Vec<Option<Fit>> = files.iter_mut().map(|file| fit(&judge, file)).collect();
        let plan = store.read(|r| Plan::read(r, config, &existing(r, new.account)?, &patterns, &fits, now))?;
        let done = store.write(|w| {
            let account = existing(w, new.account)?;
            let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
            let holds = Stamp::read(w, config, &about)? == ground.stamp && known.is_current(w)?;
            if !holds || !plan.foreseen.holds(w, config, &account)? {
                return Ok(false);
            }
            plan::carry_out(w, &plan, &Order { account: &account, patterns: &patterns, by: &by, now }, &fits)?;
            Ok::<_, Error>(true)
        })?;
        let Plan { results, foreseen } = plan;
        Ok(done.then(|| Report { verdicts: verdicts(files, fits, results), effects: foreseen.effects }))
    })
}

/// A file and what was read from it.
struct ReadFile {
    name: String,
    read: Result<Certificate, NotRegistered>,
}

/// What of a file could let a push through. Why it could not is left in the file.
fn fit(judge: &Judge<'_, '_>, file: &mut ReadFile) -> Option<Fit> {
    let certificate = file.read.as_ref().ok()?.clone();
    match judge.fit(&certificate) {
        Ok(chain) => Some(Fit { certificate, chain }),
        Err(why) => {
            file.read = Err(why);
            None
        }
    }
}

fn read_files(files: &[UploadedFile<'_>]) -> Vec<ReadFile> {
    let mut names: HashMap<Fingerprint, String> = HashMap::new();
    let read = |file: &UploadedFile<'_>| {
        let name = file.shown_name();
        let read =
            read_signer(file).and_then(|certificate| match names.insert(certificate.fingerprint(), name.clone()) {
                Some(first) => Err(NotRegistered::Twice(first)),
                None => Ok(certificate),
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
