//! `assay verify`: what is inside packages, and whether they would be accepted. Needs no server and no data folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::in_order::in_order;
use super::output::without_controls;
use super::{Failure, Output};

mod answer;
mod client;
mod ground;
mod inspection;
mod lines;
mod nuget_config;
mod tally;

use answer::Answer;
use client::Client;
use ground::Ground;
use inspection::{Inspection, Judgement};
use tally::Tally;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The packages
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    ground: Ground,
    #[command(flatten)]
    client: Client,
    /// By which rules: a push to this server, `dotnet nuget verify`, or restore in its two modes
    #[arg(long, value_name = "POLICY", value_delimiter = ',', default_values = ["push", "verify"])]
    policy: Vec<Kind>,
    /// One line for each package
    #[arg(long)]
    brief: bool,
    /// As of which time (RFC 3339), for certificates and timestamps; what is known about revocation counts in any case
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<OffsetDateTime>,
    /// Judge a push as one of other people's packages
    #[arg(long)]
    foreign: bool,
}

/// By which rules a package is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Push,
    Verify,
    Accept,
    Require,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "a time such as `2026-11-25T10:00:00Z`".to_owned())
}

impl Verify {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let judgement = self.judgement(data)?;
        let (mut refused, mut tally) = (0, Tally::default());
        let print = |inspection: Inspection| {
            refused += usize::from(!inspection.is_accepted());
            tally.count(&inspection);
            let lines = || if self.brief { lines::brief(&inspection) } else { lines::of(&inspection) };
            output.print(&Answer::new(&inspection), |_| lines())
        };
        in_order(&self.files, |file| judgement.inspect(file), print)?;
        for (url, why) in judgement.evidence.failures() {
            eprintln!("note: no answer about revocation from {url}: {}", without_controls(&why));
        }
        if self.files.len() > 1 && !output.json {
            output.print(&(), |()| tally.line())?;
        }
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn judgement(&self, data: &Path) -> Result<Judgement, Failure> {
        let evidence = self.ground.stand(data)?;
        let client = self.client.read(self.ground.revocation_mode())?;
        let rules = |kind: &Kind| match kind {
            Kind::Push => Ok(("push", evidence.push(self.foreign).into())),
            Kind::Verify => Ok(("verify", client.verify().into())),
            Kind::Accept => Ok(("accept", client.accept().into())),
            Kind::Require => Ok(("require", client.require().into())),
        };
        let mut kinds = self.policy.clone();
        let mut seen = Vec::new();
        kinds.retain(|kind| {
            !seen.contains(kind) && {
                seen.push(*kind);
                true
            }
        });
        let policies = kinds.iter().map(rules).collect::<Result<_, Failure>>()?;
        let now = self.at.unwrap_or_else(OffsetDateTime::now_utc);
        Ok(Judgement { policies, evidence, now })
    }
}
