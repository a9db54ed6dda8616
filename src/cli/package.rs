//! `assay package`: what is decided about a package ID and about its versions.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::package_rule::{Choose, Show};
use super::package_versions::{Hiding, OfPackage, OfVersion, Removing};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum Package {
    /// Show who must sign the packages of an ID, and what could be chosen
    Rule(Show),
    /// Choose who must sign the packages of one ID or several
    RequiredSigner(Choose),
    /// List the versions of a package, hidden ones and the numbers of removed ones too
    List(OfPackage),
    /// Let search show a version no longer; whoever names it still gets it
    Unlist(OfVersion),
    /// Let search show a version again
    Relist(OfVersion),
    /// Let nobody have a version, until it is shown again
    Hide(Hiding),
    /// Show a hidden version again
    Show(OfVersion),
    /// Remove a version for good; its number can't be pushed again
    Remove(Removing),
    /// Let the number of a removed version be pushed again
    Free(OfVersion),
}

impl Package {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Rule(show) => show.run(data, output),
            Self::RequiredSigner(choose) => choose.run(data, output),
            Self::List(package) => package.list(data, output),
            Self::Unlist(version) => version.set_listed(false, data, output),
            Self::Relist(version) => version.set_listed(true, data, output),
            Self::Hide(hiding) => hiding.run(data, output),
            Self::Show(version) => version.show(data, output),
            Self::Remove(removing) => removing.run(data, output),
            Self::Free(version) => version.free(data, output),
        }
    }
}
