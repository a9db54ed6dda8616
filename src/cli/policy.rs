//! `assay policy`: what administrators decide while the server runs.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read};
use crate::config::{Config, Settings, Source};
use crate::domain::byte_size;
use crate::domain::policy::{self as settings, Kind, Setting};
use crate::feed::authority::Actor;
use crate::feed::policy::{self, Consent, Outcome};

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Show every setting
    Show,
    /// Change a setting
    Set {
        /// Which one
        key: String,
        /// Its new value; a size may have a unit: `250 MiB`
        value: String,
    },
}

#[derive(Serialize)]
struct Shown {
    key: &'static str,
    value: String,
    default: String,
    locked: bool,
    title: &'static str,
}

impl Shown {
    /// The value; a size also in a unit that can be grasped.
    fn in_words(&self) -> String {
        let size = settings::setting(self.key).is_ok_and(|setting| matches!(setting.kind, Kind::Size { .. }));
        let unit = self.value.parse().ok().filter(|_| size).map(byte_size::grasped);
        format!("{}{}", self.value, unit.unwrap_or_default())
    }
}

impl Policy {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let reads = matches!(self, Self::Show);
        let (folder, store) = if reads { open_to_read(data)? } else { open(data)? };
        let config = Config::new(&Settings::from_file(&folder.settings())?)?;
        if let Self::Set { key, value } = self {
            let setting = settings::setting(&key)?;
            let now = OffsetDateTime::now_utc();
            let set = policy::set(&store, &config, setting, &value, Consent::Given, &Actor::CommandLine, now)?;
            if let Outcome::Made(change) = set
                && let Some(warning) = change.warning()
            {
                eprintln!("warning: {}", warning.text);
            }
        }
        let policy = config.effective(store.read(|r| r.policy())?);
        let shown = |(setting, value): (&'static Setting, String)| Shown {
            key: setting.key,
            value,
            default: setting.value(&settings::Policy::default()),
            locked: config.lock(setting).is_some(),
            title: setting.title,
        };
        let rows: Vec<Shown> = policy.values().map(shown).collect();
        let locked = |row: &Shown| if row.locked { format!("locked by {}", Source::File) } else { String::new() };
        output.table(&rows, ["SETTING", "VALUE", ""], |row| [row.key.to_owned(), row.in_words(), locked(row)], "")?;
        Ok(ExitCode::SUCCESS)
    }
}
