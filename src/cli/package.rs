//! `assay package`: what is decided about a package ID.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::package_rule::{Choose, Show};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum Package {
    /// Show who must sign the packages of an ID, and what could be chosen
    Rule(Show),
    /// Choose who must sign the packages of one ID or several
    RequiredSigner(Choose),
}

impl Package {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Rule(show) => show.run(data, output),
            Self::RequiredSigner(choose) => choose.run(data, output),
        }
    }
}
