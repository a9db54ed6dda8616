//! `assay certificate`: the certificates that accounts sign with.

mod printed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use time::OffsetDateTime;

use self::printed::{Added, Done, Shown};
use super::file::Beginning;
use super::{Failure, Output, file, open, open_to_read};
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::feed::accounts;
use crate::feed::audit::cells;
use crate::feed::authority::Actor;
use crate::feed::certificates::{self, Error, Issuers, Meant, NewRegistrations, NotRegistered, Sight, UploadedFile};
use crate::feed::revocation::Cache;
use crate::store::Store;

/// A file that is no certificate is read up to here, so that it can be named: packages and key stores are larger than certificates.
const MAX_READ: usize = 1024 * 1024;
/// Lines of the history that are shown unless another number is asked for.
const LINES: u32 = 100;

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
        /// A file with the certificates above it; may be given several times
        #[arg(long, value_name = "FILE")]
        chain: Vec<PathBuf>,
        /// The certificate, without its key (`.cer`, `.crt`, or PEM)
        file: PathBuf,
    },
    /// List registered certificates
    List {
        /// Only those of this account
        #[arg(long)]
        account: Option<AccountName>,
    },
    /// Show everything about a registered certificate
    Show {
        /// Whose
        #[arg(long)]
        account: AccountName,
        /// Its SHA-256
        #[arg(value_parser = Fingerprint::typed)]
        fingerprint: Fingerprint,
    },
    /// Change for which package IDs a certificate counts; without a pattern for all
    Limit {
        /// Whose
        #[arg(long)]
        account: AccountName,
        /// A pattern such as `Contoso.*`; may be given several times
        #[arg(long, value_name = "GLOB")]
        pattern: Vec<Pattern>,
        /// Do it also if packages without a signature are accepted by it
        #[arg(long)]
        accept_unsigned: bool,
        /// Its SHA-256
        #[arg(value_parser = Fingerprint::typed)]
        fingerprint: Fingerprint,
    },
    /// Remove a certificate: pushes signed with it fail from now on, unless another owner has registered it too
    Remove {
        /// Whose
        #[arg(long)]
        account: AccountName,
        /// Do it also if packages without a signature are accepted by it
        #[arg(long)]
        accept_unsigned: bool,
        /// Its SHA-256
        #[arg(value_parser = Fingerprint::typed)]
        fingerprint: Fingerprint,
    },
    /// Show what was done to the certificates of an account, by whom and when
    History {
        /// Whose
        #[arg(long)]
        account: AccountName,
        /// At most so many lines, the newest
        #[arg(long, default_value_t = LINES)]
        lines: u32,
    },
}

impl Certificate {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (now, actor) = (OffsetDateTime::now_utc(), Actor::CommandLine);
        match self {
            Self::Add { account, pattern, chain, file } => {
                let added = add(data, &account, &pattern, &chain, &file, now)?;
                output.print(&added, Added::lines)?;
            }
            Self::List { account } => {
                let (folder, store) = open_to_read(data)?;
                let account = account.map(|name| accounts::existing(&store, &name)).transpose()?;
                let (config, issuers) = (configured(&folder)?, Issuers::default());
                let sight = Sight { store: &store, config: &config, issuers: &issuers };
                let rows = certificates::all(sight, account.map(|account| account.id), now)?;
                output.table(&rows, printed::HEAD, printed::cells, "there are no registered certificates")?;
            }
            Self::Show { account, fingerprint } => {
                let (folder, store) = open_to_read(data)?;
                let (config, issuers) = (configured(&folder)?, Issuers::default());
                let sight = Sight { store: &store, config: &config, issuers: &issuers };
                let (_, details) = certificates::one(sight, &account, &fingerprint, &actor, now)?;
                output.print(&Shown::of(details), Shown::lines)?;
            }
            Self::Limit { account, pattern, accept_unsigned, fingerprint } => {
                let (config, store) = with_config(data)?;
                let meant = meant(accept_unsigned);
                let limited =
                    certificates::limit(&store, &config, &account, &fingerprint, &pattern, meant, &actor, now);
                output.print(&Done::limited(account, fingerprint, limited.map_err(explained)?), Done::lines)?;
            }
            Self::Remove { account, accept_unsigned, fingerprint } => {
                let (config, store) = with_config(data)?;
                let meant = meant(accept_unsigned);
                let removed = certificates::remove(&store, &config, &account, &fingerprint, meant, &actor, now);
                output.print(&Done::removed(account, fingerprint, removed.map_err(explained)?), Done::lines)?;
            }
            Self::History { account, lines } => {
                let (_, store) = open_to_read(data)?;
                let (_, records) = store.read(|r| certificates::history(r, &account, None, lines, &actor, now))?;
                let head = ["AT", "BY", "FROM", "ACTION", "SUBJECT", "DETAIL"];
                output.table(&records, head, cells, "nothing was done to its certificates yet")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn add(
    data: &Path,
    account: &AccountName,
    patterns: &[Pattern],
    chain: &[PathBuf],
    path: &Path,
    now: OffsetDateTime,
) -> Result<Added, Failure> {
    let file = FileRead::of(path)?;
    let above: Vec<FileRead> = chain.iter().map(|path| FileRead::of(path)).collect::<Result<_, Failure>>()?;
    let above: Vec<UploadedFile<'_>> = above.iter().map(FileRead::uploaded).collect();
    let files = [file.uploaded()];
    let (config, store) = with_config(data)?;
    let new = NewRegistrations { account, files: &files, chain: &above, patterns };
    let report = certificates::register_all(&store, &config, &Cache::default(), &new, &Actor::CommandLine, now)?;
    let verdict = report.verdicts.into_iter().next().ok_or("the file was not looked at")?;
    let registered = verdict.result.map_err(|why| not_registered(&file.name, &why))?;
    Ok(Added::of(account, &registered, patterns, &report.effects))
}

fn with_config(data: &Path) -> Result<(Config, Store), Failure> {
    let (folder, store) = open(data)?;
    Ok((configured(&folder)?, store))
}

fn configured(folder: &DataFolder) -> Result<Config, Failure> {
    Ok(Config::new(&Settings::from_file(&folder.settings())?)?)
}

fn not_registered(file: &str, why: &NotRegistered) -> String {
    let instead = match why {
        NotRegistered::OtherPatterns(_) => " (`assay certificate limit`)",
        _ => "",
    };
    format!("`{file}`: {why}{instead}")
}

fn meant(accept_unsigned: bool) -> Meant<'static> {
    if accept_unsigned { Meant::Whatever } else { Meant::Nothing }
}

fn explained(error: Error) -> Failure {
    match error {
        Error::OpensToUnsigned(_) => format!("{error}: repeat the command with `--accept-unsigned`").into(),
        other => other.into(),
    }
}

/// A file that should hold certificates, up to [`MAX_READ`]: of a larger one the beginning may tell what it is.
struct FileRead {
    name: String,
    beginning: Beginning,
}

impl FileRead {
    fn of(path: &Path) -> Result<Self, Failure> {
        Ok(Self { name: path.display().to_string(), beginning: file::read_beginning(path, MAX_READ)? })
    }

    fn uploaded(&self) -> UploadedFile<'_> {
        UploadedFile { name: &self.name, bytes: &self.beginning.bytes, size: self.beginning.size }
    }
}
