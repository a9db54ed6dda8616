//! `assay prefix`: package IDs that only some accounts may create.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read};
use crate::domain::account::AccountName;
use crate::domain::reserved_prefix::{Reservation, ReservedPrefix};
use crate::feed::authority::Actor;
use crate::feed::reserved_prefixes;

#[derive(Debug, Subcommand)]
pub(super) enum Prefix {
    /// Reserve new package IDs for an account; several accounts may hold the same
    Reserve {
        /// For whom
        #[arg(long, value_name = "NAME")]
        account: AccountName,
        /// A whole package ID, or how IDs begin and then `*`: `Contoso.*`
        pattern: ReservedPrefix,
    },
    /// Take a reservation back; IDs that were created under it stay with their owners
    Release {
        /// Who holds it
        #[arg(long, value_name = "NAME")]
        account: AccountName,
        /// What is reserved
        pattern: ReservedPrefix,
    },
    /// List all reservations
    List,
}

impl Prefix {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        match self {
            Self::Reserve { account, pattern } => {
                let (_, store) = open(data)?;
                reserved_prefixes::reserve(&store, &pattern, &account, &Actor::CommandLine, now)?;
                output
                    .print(&pattern, |pattern| format!("new package IDs like {pattern} are reserved for {account}"))?;
            }
            Self::Release { account, pattern } => {
                let (_, store) = open(data)?;
                reserved_prefixes::release(&store, &pattern, &account, &Actor::CommandLine, now)?;
                output.print(&pattern, |pattern| format!("{pattern} is not reserved for {account} any more"))?;
            }
            Self::List => {
                let (_, store) = open_to_read(data)?;
                let rows = store.read(|r| r.reservations())?;
                let cells = |row: &Reservation| [row.pattern.to_string(), row.holder.to_string()];
                let empty = "no prefix is reserved: whoever may push may create any package ID";
                output.table(&rows, ["PATTERN", "ACCOUNT"], cells, empty)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
