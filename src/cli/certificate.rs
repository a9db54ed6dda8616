//! `assay certificate`: the certificates that accounts sign with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::output::without_controls;
use super::{Failure, Output, open, open_to_read};
use crate::config::{Config, Settings};
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::feed::authority::Actor;
use crate::feed::certificates::NewRegistration;
use crate::feed::revocation::Cache;
use crate::feed::{accounts, certificates};
use crate::store::certificates::{ListedCertificate, Removal};

#[derive(Debug, Subcommand)]
pub(super) enum Certificate {
    /// Register a certificate for an account
    Add {
        /// Who signs with it
        #[arg(long)]
        account: AccountName,
        /// Limit it to package IDs such as `Contoso.*`; may be given several times
        #[arg(long, value_name = "GLOB")]
        pattern: Vec<Pattern>,
        /// The certificate, without its key (`.cer`, `.crt`, or PEM)
        file: PathBuf,
    },
    /// List registered certificates
    List {
        /// Only those of this account
        #[arg(long)]
        account: Option<AccountName>,
    },
    /// Remove a certificate: pushes signed with it fail from now on
    Remove {
        /// Whose
        #[arg(long)]
        account: AccountName,
        /// Its SHA-256
        fingerprint: Fingerprint,
    },
}

#[derive(Serialize)]
struct Added {
    account: AccountName,
    fingerprint: Fingerprint,
    subject: String,
    chain_proven: bool,
}

impl Certificate {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        match self {
            Self::Add { account, pattern, file } => {
                let bytes = read(&file)?;
                let (folder, store) = open(data)?;
                let config = Config::new(&Settings::from_file(&folder.settings())?)?;
                let new = NewRegistration { account: &account, file: &bytes, patterns: pattern };
                let registered =
                    certificates::register(&store, &config, &Cache::default(), &new, &Actor::CommandLine, now)
                        .map_err(|error| format!("`{}`: {error}", file.display()))?;
                let added = Added {
                    account,
                    fingerprint: registered.certificate.fingerprint(),
                    subject: registered.certificate.subject().to_string(),
                    chain_proven: registered.chain_proven,
                };
                output.print(&added, describe)?;
            }
            Self::List { account } => {
                let (_, store) = open_to_read(data)?;
                let account = account.map(|name| accounts::existing(&store, &name)).transpose()?;
                let rows = store.read(|r| r.listed_certificates(account.map(|account| account.id), now))?;
                let head = ["ACCOUNT", "SHA-256", "SUBJECT", "UNTIL", "STATUS", "VERSIONS", "IDS"];
                output.table(&rows, head, cells, "there are no registered certificates")?;
            }
            Self::Remove { account, fingerprint } => {
                let (_, store) = open(data)?;
                let text = match certificates::remove(&store, &account, &fingerprint, &Actor::CommandLine, now)? {
                    Removal::Deleted => "removed".to_owned(),
                    Removal::Disabled(versions) => {
                        format!("disabled; {versions} versions signed with it stay on the feed")
                    }
                };
                output.print(&text, Clone::clone)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a file that should be a certificate: never more than one byte beyond the limit.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(certificates::MAX_CERTIFICATE_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn describe(added: &Added) -> String {
    let chain = if added.chain_proven {
        ""
    } else {
        "\nits chain is not yet proven: the first push signed with it will show it"
    };
    let subject = without_controls(&added.subject);
    format!("registered for {}: {subject}\nSHA-256 {}{chain}", added.account, added.fingerprint)
}

fn cells(row: &ListedCertificate) -> [String; 7] {
    let patterns = row.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",");
    [
        row.account.to_string(),
        row.fingerprint.to_string(),
        row.subject.clone(),
        row.not_after.date().to_string(),
        row.status.to_owned(),
        row.versions.to_string(),
        if patterns.is_empty() { "*".to_owned() } else { patterns },
    ]
}
