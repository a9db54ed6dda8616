//! `assay policy`: what administrators decide while the server runs.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read};
use crate::config::Settings;
use crate::feed::authority::Actor;
use crate::feed::policy;

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Show every setting
    Show,
    /// Change a setting
    Set {
        /// Which one
        key: String,
        /// Its new value
        value: String,
    },
}

#[derive(Serialize)]
struct Shown {
    key: &'static str,
    value: String,
    locked: bool,
}

impl Policy {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let reads = matches!(self, Self::Show);
        let (folder, store) = if reads { open_to_read(data)? } else { open(data)? };
        let config = crate::config::Config::new(&Settings::from_file(&folder.settings())?)?;
        let is_locked = |key: &str| config.locked_policy.iter().any(|(locked, _)| locked == key);
        if let Self::Set { key, value } = self {
            if is_locked(&key) {
                return Err(format!("`{key}` is locked by `{}`", folder.settings().display()).into());
            }
            policy::set(&store, &key, &value, &Actor::CommandLine, OffsetDateTime::now_utc())?;
        }
        let values = config.effective(store.read(|r| r.policy())?).values();
        let rows: Vec<Shown> =
            values.into_iter().map(|(key, value)| Shown { key, value, locked: is_locked(key) }).collect();
        let locked = |row: &Shown| if row.locked { "locked by assay.toml".to_owned() } else { String::new() };
        output.table(
            &rows,
            ["SETTING", "VALUE", ""],
            |row| [row.key.to_owned(), row.value.clone(), locked(row)],
            "",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
