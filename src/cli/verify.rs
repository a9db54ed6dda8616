//! `assay verify`: what is inside packages, and whether they would be accepted. Needs no server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::in_order::in_order;
use super::trust;
use super::{Failure, Output};
use crate::signature::{Policy, PushOptions, TrustAnchors};

mod answer;
mod inspection;
mod lines;
use answer::Answer;
use inspection::{Inspection, Judgement};

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The packages
    #[arg(required = true, value_name = "FILE")]
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
        let judgement = self.judgement()?;
        let mut refused = 0;
        let print = |inspection: Inspection| {
            refused += usize::from(!inspection.is_accepted());
            output.print(&Answer::new(&inspection), |_| lines::of(&inspection))
        };
        in_order(&self.files, |file| judgement.inspect(file), print)?;
        if self.files.len() > 1 && !output.json {
            let accepted = self.files.len() - refused;
            println!("{accepted} of {} packages are accepted, {refused} are refused", self.files.len());
        }
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn judgement(&self) -> Result<Judgement, Failure> {
        let policies = self.policy.iter().map(|kind| (kind.name(), self.rules(*kind))).collect();
        let now = self.at.unwrap_or_else(OffsetDateTime::now_utc);
        Ok(Judgement { policies, anchors: self.anchors()?, now })
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
