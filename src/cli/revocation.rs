//! `assay revocation`: what issuers say about the certificates of signers and timestamping authorities.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::output::without_controls;
use super::{Failure, Output, open, open_to_read};
use crate::config::{Config, Settings};
use crate::feed::revocation::{self, Affected, Asked, Cache, Check, Imported, ListedStatus, MAX_IMPORT, Which};
use crate::outbound::Outbound;
use crate::store::audit::COMMAND_LINE;

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
    /// List the versions on the feed whose signature does not count any more
    Affected,
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
            Self::Affected => affected(data, output),
        }
    }
}

fn list(data: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let (_, store) = open_to_read(data)?;
    let rows = revocation::list(&store, OffsetDateTime::now_utc())?;
    let head = ["SHA-256", "SUBJECT", "STATUS", "FROM", "LEARNT", "NEXT CHECK"];
    output.table(
        &rows,
        head,
        cells,
        "there are no certificates to ask about: nothing signed is on the feed, and none is registered",
    )?;
    Ok(ExitCode::SUCCESS)
}

fn cells(row: &ListedStatus) -> [String; 6] {
    let status = match (row.revoked_at, row.reason.as_str()) {
        (Some(at), reason) => format!("{} since {} ({reason})", row.status, at.date()),
        (None, "") => row.status.to_owned(),
        (None, reason) => format!("{} ({reason})", row.status),
    };
    // What failed last says more than that nothing is known.
    let from = if row.source.is_empty() { row.failures.join("; ") } else { row.source.clone() };
    let time = |at: Option<OffsetDateTime>| at.map(|at| format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute()));
    [
        row.fingerprint.to_string(),
        row.subject.clone(),
        status,
        if from.is_empty() { "-".to_owned() } else { from },
        time(row.learnt_at).unwrap_or_else(|| "-".to_owned()),
        time(row.next_check).unwrap_or_else(|| "-".to_owned()),
    ]
}

fn import(data: &Path, output: &Output, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let read = files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, Failure>>()?;
    let (_, store) = open(data)?;
    let cache = Cache::default();
    for (file, bytes) in read {
        let name =
            file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
        let imported = revocation::import(&store, &cache, &name, &bytes, COMMAND_LINE, OffsetDateTime::now_utc())
            .map_err(|error| format!("`{}`: {error}", file.display()))?;
        output.print(&Taken { file: file.display().to_string(), imported }, describe)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a file that should be an answer: never more than one byte beyond the limit.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let named = |error: std::io::Error| format!("`{}`: {error}", path.display());
    let file = std::fs::File::open(path).map_err(named)?;
    let mut bytes = Vec::new();
    file.take(u64::try_from(MAX_IMPORT)?.saturating_add(1)).read_to_end(&mut bytes).map_err(named)?;
    Ok(bytes)
}

fn describe(taken: &Taken) -> String {
    let Imported { kind, issuer, this_update, next_update, entries, covers, newly_revoked } = &taken.imported;
    let until = next_update.map(|until| format!(", next on {}", until.date())).unwrap_or_default();
    let what =
        if *kind == "CRL" { format!("{entries} revoked certificates") } else { format!("{entries} certificates") };
    let (file, issuer) = (without_controls(&taken.file), without_controls(issuer));
    let mut lines = vec![format!("{file}: {kind} of {issuer}, of {}{until}, {what}", this_update.date())];
    for covered in covers {
        let word = if covered.revoked { "REVOKED" } else { "good" };
        lines.push(format!("  {word}  {}  {}", covered.fingerprint, without_controls(&covered.subject)));
    }
    if covers.is_empty() {
        lines.push("  it speaks of no certificate that is known here yet".to_owned());
    }
    if *newly_revoked > 0 {
        lines.push(format!(
            "{newly_revoked} certificates are revoked now; `assay revocation affected` lists what they signed"
        ));
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
        actor: COMMAND_LINE,
        stopped: &|| false,
    };
    let (mut failed, mut printed, mut asked) = (0usize, Ok(()), 0usize);
    // Each line comes when its answer has come: that is the progress.
    check.round(Which::All, &mut |one| {
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

fn affected(data: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let (folder, store) = open_to_read(data)?;
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let rows = revocation::affected(&store, &config, OffsetDateTime::now_utc())?;
    let head = ["ID", "VERSION", "LISTED", "SIGNED BY", "SIGNER", "WHY"];
    output.table(&rows, head, affected_cells, "every signature on the feed still counts, as far as is known")?;
    Ok(ExitCode::SUCCESS)
}

fn affected_cells(row: &Affected) -> [String; 6] {
    [
        row.id.clone(),
        row.version.clone(),
        if row.listed { "yes" } else { "no" }.to_owned(),
        row.signed_by.date().to_string(),
        row.signer.to_string(),
        if row.for_good { row.why.clone() } else { format!("{} (for now)", row.why) },
    ]
}
