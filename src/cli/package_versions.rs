//! `assay package list`, `unlist`, `relist`, `hide`, `show`, `remove` and `free`: the versions of a package, and taking them off
//! the feed.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;
use url::Url;

use super::{Failure, Output, open, open_to_read};
use crate::app::App;
use crate::config::{Config, Settings};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::domain::withdrawal::Reason;
use crate::feed::authority::Actor;
use crate::feed::{documents, withdrawals};
use crate::store::packages::StoredVersion;
use crate::store::withdrawals::Withdrawn;
use crate::store::{self, Reads};

#[derive(Debug, Args)]
pub(super) struct OfPackage {
    /// The package ID
    #[arg(value_parser = PackageId::parse_unicode)]
    id: PackageId,
}

#[derive(Debug, Args)]
pub(super) struct OfVersion {
    /// The package ID
    #[arg(value_parser = PackageId::parse_unicode)]
    id: PackageId,
    /// The version
    // Not by the name of the flag that shows the program's own.
    #[arg(id = "number", value_name = "VERSION")]
    version: NuGetVersion,
}

#[derive(Debug, Args)]
pub(super) struct Hiding {
    #[command(flatten)]
    of: OfVersion,
    /// Why; the owners read it, and it is kept
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

#[derive(Debug, Args)]
pub(super) struct Removing {
    #[command(flatten)]
    of: OfVersion,
    /// Why; the owners read it, and it is kept
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
}

/// A version of a package, or the number of one that was removed.
#[derive(Serialize)]
struct Row {
    version: String,
    /// `listed`, `unlisted`, `hidden` or `removed`.
    state: &'static str,
    downloads: Option<u64>,
    #[serde(with = "time::serde::rfc3339::option")]
    published_at: Option<OffsetDateTime>,
    /// Who hid or removed it, when and why.
    withdrawn: Option<Withdrawn>,
}

/// A version with what it has become.
#[derive(Serialize)]
struct Done {
    id: String,
    version: String,
    state: &'static str,
}

impl OfPackage {
    pub fn list(&self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (_, store) = open_to_read(data)?;
        let rows = store.read(|r| rows(r, &self.id))?;
        let rows = rows.ok_or_else(|| withdrawals::Error::UnknownPackage(self.id.clone()))?;
        output.table(
            &rows,
            ["VERSION", "STATE", "PUBLISHED", "DOWNLOADS", "WITHDRAWN"],
            cells,
            "it has no versions",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn rows(reads: &Reads<'_>, id: &PackageId) -> Result<Option<Vec<Row>>, store::Error> {
    let Some(package) = reads.registration(id)? else { return Ok(None) };
    let mut rows = Vec::new();
    for stored in reads.versions_with_hidden(package.id)? {
        let hidden = reads.hidden_version(stored.id)?;
        rows.push((stored.version.clone(), Row::of(&stored, hidden)));
    }
    for number in reads.removed_numbers(package.id)? {
        let withdrawn = reads.removed_version(package.id, &number)?;
        let version = number.full();
        rows.push((number, Row { version, state: "removed", downloads: None, published_at: None, withdrawn }));
    }
    rows.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(Some(rows.into_iter().map(|(_, row)| row).collect()))
}

impl Row {
    fn of(stored: &StoredVersion, hidden: Option<Withdrawn>) -> Self {
        let state = match (&hidden, stored.listed) {
            (Some(_), _) => "hidden",
            (None, true) => "listed",
            (None, false) => "unlisted",
        };
        Self {
            version: stored.version.full(),
            state,
            downloads: Some(stored.downloads),
            published_at: Some(stored.published_at),
            withdrawn: hidden,
        }
    }
}

fn cells(row: &Row) -> [String; 5] {
    let day = |at: OffsetDateTime| at.date().to_string();
    let withdrawn = row.withdrawn.as_ref().map(|it| {
        let why = if it.reason.is_empty() { String::new() } else { format!(": {}", it.reason) };
        format!("{} by {}{why}", day(it.at), it.by)
    });
    [
        row.version.clone(),
        row.state.to_owned(),
        row.published_at.map(day).unwrap_or_default(),
        row.downloads.map(|count| count.to_string()).unwrap_or_default(),
        withdrawn.unwrap_or_default(),
    ]
}

impl OfVersion {
    pub fn set_listed(&self, listed: bool, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (state, said) =
            if listed { ("listed", "is listed") } else { ("unlisted", "is unlisted; whoever names it still gets it") };
        self.change(data, output, (state, said), |app, now| {
            withdrawals::set_listed(app, &Actor::CommandLine, &self.id, &self.version, listed, now)
        })
    }

    pub fn show(&self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        self.change(data, output, ("shown", "is shown"), |app, now| {
            withdrawals::show(app, &Actor::CommandLine, &self.id, &self.version, now)
        })
    }

    pub fn free(&self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        self.change(data, output, ("free", "can be pushed"), |app, now| {
            withdrawals::free(app, &Actor::CommandLine, &self.id, &self.version, now)
        })
    }

    /// Opens the feed as it is, changes it, and says so.
    fn change(
        &self,
        data: &Path,
        output: &Output,
        (state, said): (&'static str, &str),
        change: impl FnOnce(&App, OffsetDateTime) -> Result<(), withdrawals::Error>,
    ) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        let (folder, store) = open(data)?;
        let home = store.read(documents::last_home)?;
        let unknown = || withdrawals::Error::UnknownPackage(self.id.clone());
        // Without a first start nothing was ever pushed.
        let home = Url::parse(&home.ok_or_else(unknown)?)?;
        let config = Config::new(&Settings::from_file(&folder.settings())?)?;
        change(&App::open_beside_server(config, folder, &home, now)?, now)?;
        let done = Done { id: self.id.to_string(), version: self.version.full(), state };
        output.print(&done, |done| format!("{} {} {said}", done.id, done.version))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Hiding {
    pub fn run(&self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let OfVersion { id, version } = &self.of;
        self.of.change(data, output, ("hidden", "is hidden; nobody gets it until it is shown again"), |app, now| {
            withdrawals::hide(app, &Actor::CommandLine, id, version, &self.reason, now)
        })
    }
}

impl Removing {
    pub fn run(&self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let OfVersion { id, version } = &self.of;
        self.of.change(data, output, ("removed", "is removed for good, and its number is taken"), |app, now| {
            withdrawals::remove(app, &Actor::CommandLine, id, version, self.reason.as_ref(), now)
        })
    }
}
