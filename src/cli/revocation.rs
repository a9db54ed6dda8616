//! `assay revocation`: what issuers say about the certificates of signers and timestamping authorities.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::output::{minute, without_controls};
use super::{Failure, Output, file, open, open_to_read};
use crate::config::{Config, Settings};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::withdrawal::Reason;
use crate::feed::authority::Actor;
use crate::feed::revocation::{
    self, Affected, Asked, Cache, Check, Imported, Learnt, ListedStatus, MAX_IMPORT, NewMark,
};
use crate::outbound::Outbound;
use crate::store::Store;
use crate::store::audit::By;

#[derive(Debug, Subcommand)]
pub(super) enum Revocation {
    /// List the certificates that matter here with what is known about them
    List,
    /// Take over CRLs (DER or PEM) or OCSP responses from files, for networks that reach no issuer
    Import {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Ask all issuers now; exit code 1 when a request failed
    Check,
    /// Mark a certificate as revoked, for networks that no list of its issuer reaches
    Mark {
        /// Its SHA-256 fingerprint
        fingerprint: Fingerprint,
        /// Since when it is revoked: a day (UTC, `2026-11-28`), or a time such as `2026-11-28T10:00:00Z`
        #[arg(long, value_parser = moment, value_name = "DATE")]
        since: OffsetDateTime,
        /// Why; shown to its owners
        #[arg(long)]
        reason: Option<Reason>,
    },
    /// Take a mark back; what its issuer says stays
    Unmark {
        /// Its SHA-256 fingerprint
        fingerprint: Fingerprint,
    },
    /// List the versions on the feed whose signature does not count any more
    Affected {
        /// End with 1 when there are any
        #[arg(long)]
        exit_code: bool,
    },
}

/// A file that was imported.
#[derive(Serialize)]
struct Taken {
    file: String,
    #[serde(flatten)]
    imported: Imported,
}

/// A request that was made.
#[derive(Serialize)]
struct Request {
    kind: String,
    url: String,
    certificates: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Revocation {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::List => list(data, output),
            Self::Import { files } => import(data, output, &files),
            Self::Check => check(data, output),
            Self::Mark { fingerprint, since, reason } => mark(data, output, NewMark { fingerprint, since, reason }),
            Self::Unmark { fingerprint } => unmark(data, output, &fingerprint),
            Self::Affected { exit_code } => affected(data, output, exit_code),
        }
    }
}

fn list(data: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let (_, store) = open_to_read(data)?;
    let rows = revocation::list(&store, OffsetDateTime::now_utc())?;
    output.print(&rows, |rows| match rows.as_slice() {
        [] => {
            "there are no certificates to ask about: nothing signed is on the feed, and none is registered".to_owned()
        }
        rows => rows.iter().map(listed).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A few lines for one certificate: a table would be wider than any terminal.
fn listed(row: &ListedStatus) -> String {
    let mut lines = vec![format!("{}  {}", row.learnt.status, without_controls(&row.subject))];
    let mut add = |what: &str, text: &str| lines.push(format!("  {what:<11}  {}", without_controls(text)));
    add("fingerprint", &row.fingerprint.to_string());
    match (row.learnt.revoked_at, row.learnt.reason.as_str()) {
        (Some(at), "") => add("since", &minute(at)),
        (Some(at), reason) => add("since", &format!("{} ({reason})", minute(at))),
        (None, "") => {}
        (None, reason) => add("why", reason),
    }
    if let Some(at) = row.learnt.learnt_at {
        add("learnt", &format!("{} from {}", minute(at), row.learnt.source));
    }
    if let Some(at) = row.learnt.next_check {
        add("next check", &minute(at));
    }
    row.learnt.failures.iter().for_each(|failure| add("failed", failure));
    lines.join("\n")
}

fn import(data: &Path, output: &Output, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let (folder, store) = open(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let cache = Cache::default();
    let mut failed = 0_usize;
    for file in files {
        let name =
            file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
        let imported = file::read(file, MAX_IMPORT).and_then(|bytes| {
            let now = OffsetDateTime::now_utc();
            revocation::import(&store, &config, &cache, &name, &bytes, &Actor::CommandLine, now)
                .map_err(|error| format!("`{}`: {error}", file.display()).into())
        });
        match imported {
            Ok(imported) => output.print(&Taken { file: file.display().to_string(), imported }, describe)?,
            // The others are told as well.
            Err(why) if files.len() > 1 => {
                failed += 1;
                eprintln!("error: {}", without_controls(&why.to_string()));
            }
            Err(why) => return Err(why),
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn describe(taken: &Taken) -> String {
    let Imported { kind, issuer, this_update, next_update, entries, covers, newly_revoked } = &taken.imported;
    let until = next_update.map(|until| format!(", next by {}", minute(until))).unwrap_or_default();
    let what = match (*kind, *entries) {
        ("CRL", 1) => "1 revoked certificate".to_owned(),
        ("CRL", entries) => format!("{entries} revoked certificates"),
        (_, 1) => "1 certificate".to_owned(),
        (_, entries) => format!("{entries} certificates"),
    };
    let (file, issuer) = (without_controls(&taken.file), without_controls(issuer));
    let mut lines = vec![format!("{file}: {kind} of {issuer}, of {}{until}, {what}", minute(*this_update))];
    for covered in covers {
        let word = if covered.revoked { "REVOKED" } else { "good" };
        lines.push(format!("  {word}  {}  {}", covered.fingerprint, without_controls(&covered.subject)));
    }
    if covers.is_empty() {
        lines.push("  it speaks of no certificate that is known here yet".to_owned());
    }
    if *newly_revoked > 0 {
        let are = if *newly_revoked == 1 { "certificate is" } else { "certificates are" };
        lines.push(format!("{newly_revoked} {are} revoked now; `assay revocation affected` lists what that concerns"));
    }
    lines.join("\n")
}

fn check(data: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let (folder, store) = open(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let (outbound, cache) = (Outbound::default(), Cache::default());
    let check = Check {
        store: &store,
        config: &config,
        outbound: &outbound,
        cache: &cache,
        clock: &OffsetDateTime::now_utc,
        by: &By::command_line(),
        stopped: &|| false,
        progress: &|_, _| (),
    };
    let (mut failed, mut printed, mut asked) = (0usize, Ok(()), 0usize);
    // Each line comes when its answer has come: that is the progress.
    revocation::ask_all(&check, &mut |one| {
        asked += 1;
        failed += usize::from(one.outcome.is_err());
        if printed.is_ok() {
            printed = output.print(&Request::new(one), Request::line);
        }
    })?;
    printed?;
    if asked == 0 && !output.json {
        println!("there is nobody to ask: no certificate with a proven chain names a list or a responder");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Request {
    fn new(asked: &Asked<'_>) -> Self {
        Self {
            kind: asked.question.kind.to_string(),
            url: asked.question.url.clone(),
            certificates: asked.subjects.clone(),
            bytes: asked.outcome.as_ref().ok().copied(),
            failure: asked.outcome.as_ref().err().cloned(),
        }
    }

    fn line(&self) -> String {
        let outcome = match (&self.failure, self.bytes) {
            (Some(failure), _) => format!("FAILED: {failure}"),
            (None, bytes) => format!("ok, {} bytes", bytes.unwrap_or_default()),
        };
        let certificates = without_controls(&self.certificates.join("; "));
        format!("{:<4}  {}  {}\n      for {certificates}", self.kind, self.url, without_controls(&outcome))
    }
}

/// What was marked, or is not marked any more.
#[derive(Serialize)]
struct Marked {
    fingerprint: Fingerprint,
    status: Option<Learnt>,
}

fn mark(data: &Path, output: &Output, new: NewMark) -> Result<ExitCode, Failure> {
    let (folder, store) = open(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    revocation::mark(&store, &config, &new, &Actor::CommandLine, OffsetDateTime::now_utc())?;
    print_marked(&store, output, new.fingerprint, |learnt| {
        let since = learnt.and_then(|learnt| learnt.revoked_at).map(minute).unwrap_or_default();
        format!("revoked since {since}; `assay revocation affected` lists what that concerns")
    })
}

fn unmark(data: &Path, output: &Output, fingerprint: &Fingerprint) -> Result<ExitCode, Failure> {
    let (folder, store) = open(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    revocation::unmark(&store, &config, fingerprint, &Actor::CommandLine, OffsetDateTime::now_utc())?;
    print_marked(&store, output, *fingerprint, |learnt| {
        let word = learnt.map_or_else(|| "unknown".to_owned(), |learnt| learnt.status.to_string());
        format!("not marked any more; without the mark it is: {word}")
    })
}

fn print_marked(
    store: &Store,
    output: &Output,
    fingerprint: Fingerprint,
    said: impl FnOnce(Option<&Learnt>) -> String,
) -> Result<ExitCode, Failure> {
    let status = store.read(|r| revocation::known_about(r, &fingerprint))?;
    output.print(&Marked { fingerprint, status }, |marked| said(marked.status.as_ref()))?;
    Ok(ExitCode::SUCCESS)
}

/// A day, from its beginning, or a time.
fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    match (day, OffsetDateTime::parse(text, &Rfc3339)) {
        (Ok(day), _) => Ok(day.midnight().assume_utc()),
        (_, Ok(time)) => Ok(time),
        _ => Err("a day such as `2026-11-28`, or a time such as `2026-11-28T10:00:00Z`".to_owned()),
    }
}

fn affected(data: &Path, output: &Output, exit_code: bool) -> Result<ExitCode, Failure> {
    let (folder, store) = open_to_read(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let rows = revocation::affected(&store, &config, OffsetDateTime::now_utc())?;
    let head = ["ID", "VERSION", "LISTED", "SIGNED NOT LATER THAN", "CERTIFICATE", "WHY", "DECISION"];
    output.table(&rows, head, affected_cells, "every signature on the feed still counts, as far as is known")?;
    Ok(if exit_code && !rows.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn affected_cells(row: &Affected) -> [String; 7] {
    [
        row.id.clone(),
        row.version.clone(),
        if row.listed { "yes" } else { "no" }.to_owned(),
        minute(row.signed_by),
        row.signer.to_string(),
        if row.for_good { row.why.clone() } else { format!("{} (for now)", row.why) },
        row.decision.map_or_else(String::new, |decision| decision.to_string()),
    ]
}
