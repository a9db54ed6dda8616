//! `assay repository-certificate timestamping`: who stamps the feed's own signatures.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Failure, Output, open, open_to_read};
use crate::config::{Config, Settings};
use crate::feed::authority::Actor;
use crate::feed::timestamping;
use crate::outbound::Outbound;

#[derive(Debug, Subcommand)]
pub(super) enum Timestamping {
    /// Stamp the feed's signatures from now on, if a trial succeeds
    Set {
        /// The timestamping authority (RFC 3161)
        url: String,
        /// Take an authority whose root clients don't know
        #[arg(long)]
        private_tsa: bool,
    },
    /// Show who stamps
    Show,
    /// Stamp no more
    Remove,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trial {
    authority: String,
    time: String,
    certificate: String,
    root: String,
    root_fingerprint: String,
    trusted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    authority: Option<String>,
    own_timestamp: String,
    private: bool,
}

impl Timestamping {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (folder, store) = if matches!(self, Self::Show) { open_to_read(data)? } else { open(data)? };
        let config = Config::new(&Settings::from_file(&folder.settings())?)?;
        let now = OffsetDateTime::now_utc();
        match self {
            Self::Set { url, private_tsa } => {
                let token = timestamping::set(
                    &store,
                    &config,
                    &Outbound::default(),
                    &url,
                    private_tsa,
                    &Actor::CommandLine,
                    now,
                )?;
                let trial = Trial {
                    authority: url,
                    time: token.time().format(&Rfc3339)?,
                    certificate: token.certificate().subject().to_string(),
                    root: token.root().subject().to_string(),
                    root_fingerprint: token.root().fingerprint().to_string(),
                    trusted: token.is_trusted(),
                };
                output.print(&trial, told)?;
            }
            Self::Show => {
                let policy = config.effective(store.read(|r| r.policy())?);
                let shown = Shown {
                    authority: policy.timestamp_authority.as_ref().map(ToString::to_string),
                    own_timestamp: policy.own_timestamp.to_string(),
                    private: policy.private_timestamp_authority,
                };
                output.print(&shown, |shown| match &shown.authority {
                    Some(authority) if shown.private => {
                        format!("{authority} ({})\nwarning: {}", shown.own_timestamp, timestamping::PRIVATE_WARNING)
                    }
                    Some(authority) => format!("{authority} ({})", shown.own_timestamp),
                    None => "the feed's signatures get no timestamps".to_owned(),
                })?;
            }
            Self::Remove => {
                timestamping::remove(&store, &config, &Actor::CommandLine, now)?;
                output.print(&true, |_| "the feed's signatures get no timestamps from now on".to_owned())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn told(trial: &Trial) -> String {
    let Trial { authority, time, certificate, root, root_fingerprint, trusted } = trial;
    let mut text = format!(
        "the feed's signatures get timestamps from {authority}\ntrial: {time} by {certificate}\n\
         root:  {root} (SHA-256 {root_fingerprint})"
    );
    if *trusted {
        text.push_str(
            "\nnote:  clients must trust this root as well: it should be one of `timestampctl.pem` of their .NET SDK",
        );
    } else {
        text.push_str("\nwarning: ");
        text.push_str(timestamping::PRIVATE_WARNING);
    }
    text
}
