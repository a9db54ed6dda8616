//! `assay key`: API keys.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{Failure, Output, open, open_to_read};
use crate::domain::account::AccountName;
use crate::domain::api_key::{ApiKeyId, Scopes};
use crate::domain::pattern::Pattern;
use crate::feed::authority::Actor;
use crate::feed::{accounts, api_keys};
use crate::store::api_keys::ListedKey;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Create an API key and print it: the only time that it is shown
    Create {
        /// Whose key it is
        #[arg(long)]
        account: AccountName,
        /// The organization that it acts for
        #[arg(long, value_name = "ORG")]
        owner: Option<AccountName>,
        /// What it may do: `push`, `push-version`, `unlist`, `read`, separated by commas
        #[arg(long, default_value = "push,unlist,read")]
        scope: Scopes,
        /// Limit it to package IDs such as `Contoso.*`; may be given several times
        #[arg(long, value_name = "GLOB")]
        pattern: Vec<Pattern>,
        /// How long it lasts, in days (`90d`), at most 366
        #[arg(long, default_value = "90d", value_parser = days)]
        expires: Duration,
    },
    /// List API keys; the keys themselves are not stored
    List {
        /// Only those of this account
        #[arg(long)]
        account: Option<AccountName>,
    },
    /// Revoke an API key for ever
    Revoke {
        /// Its number in the list
        number: i64,
    },
}

/// Longest life of a key in days: somebody has to think of it once a year.
const MAX_DAYS: i64 = 366;

fn days(text: &str) -> Result<Duration, String> {
    let days: Option<i64> = text.strip_suffix('d').and_then(|days| days.parse().ok());
    match days {
        Some(days) if (1..=MAX_DAYS).contains(&days) => Ok(Duration::days(days)),
        _ => Err(format!("a number of days from `1d` to `{MAX_DAYS}d`")),
    }
}

#[derive(Serialize)]
struct Created<'a> {
    key: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl Key {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        let reads = matches!(self, Self::List { .. });
        let (_, store) = if reads { open_to_read(data)? } else { open(data)? };
        match self {
            Self::Create { account, owner, scope, pattern, expires } => {
                let expires_at = now + expires;
                let wanted = api_keys::Wanted { account, owner, scopes: scope, patterns: pattern, expires_at };
                let key = api_keys::create(&store, &wanted, &Actor::CommandLine, now)?;
                output.print(&Created { key: key.reveal(), expires_at }, |created| created.key.to_owned())?;
            }
            Self::List { account } => {
                let account = account.map(|name| accounts::existing(&store, &name)).transpose()?;
                let rows = store.read(|r| r.keys(account.map(|account| account.id)))?;
                output.table(
                    &rows,
                    ["NUMBER", "KEY", "ACCOUNT", "ACTS FOR", "SCOPES", "IDS", "UNTIL"],
                    |row| cells(row, now),
                    "there are no keys",
                )?;
            }
            Self::Revoke { number } => {
                api_keys::revoke(&store, ApiKeyId(number), &Actor::CommandLine, now)?;
                output.print(&number, |number| format!("key {number} is revoked"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(row: &ListedKey, now: OffsetDateTime) -> [String; 7] {
    let patterns = row.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",");
    let until = match () {
        () if row.revoked => "revoked".to_owned(),
        () if row.expires_at <= now => "expired".to_owned(),
        () => row.expires_at.date().to_string(),
    };
    [
        row.id.to_string(),
        format!("{}...", row.hint),
        row.account.to_string(),
        row.owner.to_string(),
        row.scopes.to_string(),
        if patterns.is_empty() { "*".to_owned() } else { patterns },
        until,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lasts_whole_days_up_to_a_year() {
        assert_eq!(days("90d"), Ok(Duration::days(90)));
        for text in ["90", "0d", "367d", "d", "-1d", "9999999999999999999d"] {
            assert!(days(text).is_err(), "`{text}` was taken");
        }
    }
}
