//! `assay config`: where each setting comes from.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::serve::Serve;
use super::{Failure, Output};
use crate::config::Settings;
use crate::data_folder::DataFolder;

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Show each setting, its value and where it comes from
    Show(Serve),
}

#[derive(Serialize)]
struct Shown {
    setting: String,
    value: Option<String>,
    source: &'static str,
}

impl Config {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let Self::Show(serve) = self;
        let file = Settings::from_file(&DataFolder::open(data)?.settings())?;
        let given = serve.settings();
        let effective = file.clone().overridden_by(given.clone());
        crate::config::Config::new(&effective)?;
        let said = |settings: &Settings, name: &str| {
            settings.values().iter().any(|(known, value)| known == name && value.is_some())
        };
        let shown = |(setting, value): (String, Option<String>)| {
            let source = match () {
                () if said(&given, &setting) => "environment or flag",
                () if said(&file, &setting) => "assay.toml",
                () => "default",
            };
            Shown { setting, value, source }
        };
        let rows: Vec<Shown> = effective.values().into_iter().map(shown).collect();
        let cells = |row: &Shown| {
            [row.setting.clone(), row.value.clone().unwrap_or_else(|| "-".to_owned()), row.source.to_owned()]
        };
        output.table(&rows, ["SETTING", "VALUE", "SOURCE"], cells, "")?;
        Ok(ExitCode::SUCCESS)
    }
}
