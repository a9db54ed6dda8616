//! `assay verify`: what is inside packages, and whether they would be accepted. Needs no server and no data folder.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::trust;
use super::{Failure, Output};
use crate::archive::{self, Archive};
use crate::nupkg;
use crate::signature::{self, Evidence, Policy, PushOptions, TrustAnchors};

mod answer;
use answer::{Answer, PolicyAnswer};

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The packages
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Roots for signers (PEM or DER); may be given several times
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Roots for timestamping authorities
    #[arg(long, value_name = "FILE")]
    trust_timestamping: Vec<PathBuf>,
    /// By which rules: a push to this server, `dotnet nuget verify`, or restore
    #[arg(long, value_name = "POLICY", value_delimiter = ',', default_values = ["push", "verify"])]
    policy: Vec<Kind>,
    /// As of which time (RFC 3339); without it now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<OffsetDateTime>,
    /// Judge a push as one of other people's packages
    #[arg(long)]
    foreign: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Push,
    Verify,
    Accept,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "a time such as `2026-11-25T10:00:00Z`".to_owned())
}

impl Verify {
    pub fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let anchors = self.anchors()?;
        let now = self.at.unwrap_or_else(OffsetDateTime::now_utc);
        let mut all = true;
        for file in &self.files {
            let answer = self.judge(file, &anchors, now)?;
            all &= answer.accepted();
            output.print(&answer, Answer::lines)?;
        }
        Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn anchors(&self) -> Result<TrustAnchors, Failure> {
        let mut anchors = TrustAnchors::default();
        for (files, list) in
            [(&self.trust, &mut anchors.signing), (&self.trust_timestamping, &mut anchors.timestamping)]
        {
            for file in files {
                trust::read(file)?.into_iter().for_each(|certificate| list.add(certificate));
            }
        }
        Ok(anchors)
    }

    fn judge(&self, path: &Path, anchors: &TrustAnchors, now: OffsetDateTime) -> Result<Answer, Failure> {
        let file = File::open(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        let mut reader = BufReader::with_capacity(128 * 1024, file);
        let archive = match Archive::read(&mut reader, &archive::Limits::DEFAULT) {
            Ok(archive) => archive,
            Err(error) => {
                return Ok(Answer::unreadable(path, error.to_string(), self.policy.iter().map(|kind| kind.name())));
            }
        };
        let mut answer: Option<Answer> = None;
        for kind in &self.policy {
            let report =
                signature::judge(&mut reader, &archive, &self.rules(*kind), Evidence::without_answers(anchors, now))?;
            let verdict = PolicyAnswer::new(kind.name(), &report);
            let answer = answer.get_or_insert_with(|| Answer::new(path, &report, identity(&mut reader)));
            answer.policies.push(verdict);
        }
        answer.ok_or_else(|| "no policy was given".into())
    }

    fn rules(&self, kind: Kind) -> Policy {
        match kind {
            Kind::Push => Policy::Push(PushOptions { foreign: self.foreign, ..PushOptions::default() }),
            Kind::Verify => Policy::verify(),
            Kind::Accept => Policy::accept(),
        }
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Verify => "verify",
            Self::Accept => "accept",
        }
    }
}

/// ID and version, as the nuspec writes them.
fn identity(reader: &mut BufReader<File>) -> Result<String, nupkg::Error> {
    let limits = nupkg::Limits { unicode_ids: true, ..nupkg::Limits::default() };
    let nupkg = nupkg::read(reader, &limits)?;
    Ok(format!("{}.{}", nupkg.manifest.id, nupkg.manifest.version.normalized()))
}
