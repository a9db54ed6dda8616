//! The command line. Each command does what the running server sees within a second: both work on the same file.
//!
//! Results go to standard output, errors to standard error; the exit code is 0, 1 for a failure, 2 for wrong usage.

mod account;
mod audit;
mod certificate;
mod config;
mod file;
mod in_order;
mod jobs;
mod key;
mod mail;
mod output;
mod package;
mod package_rule;
mod package_versions;
mod password;
mod policy;
mod prefix;
mod repository_certificate;
mod revocation;
mod serve;
mod signers;
mod timestamping;
mod trust;
mod verdict;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::data_folder::DataFolder;
use crate::store::Store;
use output::{Output, for_terminal};

/// What a command fails with: a sentence for the person who typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A private NuGet feed that tests who signed each package, stamps it and serves it
#[derive(Debug, Parser)]
#[command(name = "assay", version, propagate_version = true)]
struct Arguments {
    /// The data folder
    #[arg(long, global = true, env = "ASSAY_DATA", default_value = "./assay-data", value_name = "DIR")]
    data: PathBuf,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Manage users and organizations
    #[command(subcommand)]
    Account(account::Account),
    /// Manage API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Manage the certificates that accounts sign with
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    /// Manage the roots in which signatures and timestamps may end
    #[command(subcommand)]
    Trust(trust::Trust),
    /// Show and change the server's policy
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Reserve package IDs, so that only some accounts may create them
    #[command(subcommand)]
    Prefix(prefix::Prefix),
    /// Package IDs and their versions: who must sign; list, unlist, hide and remove versions, and free their numbers
    #[command(subcommand)]
    Package(package::Package),
    /// Show the feed's own signing certificates, and manage the timestamps on its signatures
    #[command(subcommand)]
    RepositoryCertificate(repository_certificate::RepositoryCertificate),
    /// What issuers say about certificates, and what follows from it
    #[command(subcommand)]
    Revocation(revocation::Revocation),
    /// Show what was decided about packages, and why
    #[command(subcommand)]
    Verdict(verdict::Verdict),
    /// Show who signed what
    Signers(signers::Signers),
    /// Show who changed who may do what
    Audit(audit::Audit),
    /// Find out whether mail can be sent
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Show how the last run of each background job ended
    Jobs(jobs::Jobs),
    /// Show where each setting comes from
    #[command(subcommand)]
    Config(config::Config),
    /// Tell what is inside packages and whether they would be accepted
    Verify(verify::Verify),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let Arguments { data, json, command } = Arguments::parse();
    let output = Output { json };
    let result = match command {
        Command::Serve(serve) => serve.run(&data).map(|()| ExitCode::SUCCESS),
        Command::Verify(verify) => verify.run(&data, &output),
        Command::Account(account) => account.run(&data, &output),
        Command::Key(key) => key.run(&data, &output),
        Command::Certificate(certificate) => certificate.run(&data, &output),
        Command::Trust(trust) => trust.run(&data, &output),
        Command::Policy(policy) => policy.run(&data, &output),
        Command::Prefix(prefix) => prefix.run(&data, &output),
        Command::Package(package) => package.run(&data, &output),
        Command::RepositoryCertificate(certificate) => certificate.run(&data, &output),
        Command::Revocation(revocation) => revocation.run(&data, &output),
        Command::Verdict(verdict) => verdict.run(&data, &output),
        Command::Signers(signers) => signers.run(&data, &output),
        Command::Audit(audit) => audit.run(&data, &output),
        Command::Mail(mail) => mail.run(&data, &output),
        Command::Jobs(jobs) => jobs.run(&data, &output),
        Command::Config(config) => config.run(&data, &output),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("error: {}", for_terminal(&failure.to_string()));
        ExitCode::FAILURE
    })
}

/// The folder and the database that a command works on, for one that only reads. A folder that was mistyped must not be made
/// and then told to be empty; an older file is left as it is, because an older server may be running on it.
fn open_to_read(data: &std::path::Path) -> Result<(DataFolder, Store), Failure> {
    let folder = DataFolder::open(data)?;
    if !folder.database().exists() {
        return Err(format!("there is no database in `{}`; is it the right --data?", data.display()).into());
    }
    let store = Store::open_to_read(&folder.database())?;
    Ok((folder, store))
}

/// The folder and the database that a command works on. Like `serve`, the first command makes them and brings them up to date.
fn open(data: &std::path::Path) -> Result<(DataFolder, Store), Failure> {
    let folder = DataFolder::create(data)?;
    let store = Store::open(&folder.database())?;
    Ok((folder, store))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_two_arguments_of_a_command_share_a_name() {
        Arguments::command().debug_assert();
    }
}
