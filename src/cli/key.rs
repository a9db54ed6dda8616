//! `assay key`: API keys.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read};
use crate::domain::account::AccountName;
use crate::domain::api_key::{ApiKeyId, Dead, KeyLifetime, KeyName, Scopes};
use crate::domain::pattern::Pattern;
use crate::feed::api_keys::Holder;
use crate::feed::authority::Actor;
use crate::feed::{accounts, api_keys};
use crate::store::api_keys::ListedKey;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Create an API key and print it: the only time that it is shown
    Create {
        /// Whose key it is; with `--service` the organization
        #[arg(long)]
        account: AccountName,
        /// The organization that it acts for
        #[arg(long, value_name = "ORG", conflicts_with = "service")]
        owner: Option<AccountName>,
        /// Make a service key: one that belongs to the organization, and stays when members leave
        #[arg(long)]
        service: bool,
        /// What to call it in lists, such as `build server`
        #[arg(long, default_value = "", hide_default_value = true)]
        name: KeyName,
        /// What it may do: `push`, `push-version`, `unlist`, `read`, separated by commas
        #[arg(long, default_value = "push,unlist,read")]
        scope: Scopes,
        /// Limit it to package IDs such as `Contoso.*`; may be given several times
        #[arg(long, value_name = "GLOB")]
        pattern: Vec<Pattern>,
        /// How long it lasts, in days, at most `365d`
        #[arg(long, value_name = "DAYS", default_value = "90d")]
        expires: KeyLifetime,
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
            Self::Create { account, owner, service, name, scope, pattern, expires } => {
                let holder = if service { Holder::Organization(account) } else { Holder::User(account, owner) };
                let wanted = api_keys::Wanted { name, holder, scopes: scope, patterns: pattern, lasts: expires };
                let made = api_keys::create(&store, &wanted, &Actor::CommandLine, now)?;
                let created = Created { key: made.key.reveal(), expires_at: made.expires_at };
                output.print(&created, |created| created.key.to_owned())?;
            }
            Self::List { account } => {
                let account = account.map(|name| accounts::existing(&store, &name)).transpose()?;
                let rows = store.read(|r| r.keys(account.map(|account| account.id)))?;
                output.table(
                    &rows,
                    ["NUMBER", "NAME", "KEY", "ACCOUNT", "ACTS FOR", "SCOPES", "IDS", "MADE BY", "UNTIL", "LAST USED"],
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

fn cells(row: &ListedKey, now: OffsetDateTime) -> [String; 10] {
    let patterns = row.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(",");
    let until = match row.life.check(now) {
        Ok(()) => row.expires_at.date().to_string(),
        Err(Dead::Revoked) => "revoked".to_owned(),
        Err(Dead::Expired) => "expired".to_owned(),
        Err(dead @ (Dead::Unknown | Dead::HolderDisabled | Dead::OwnerDisabled | Dead::HolderLeft)) => {
            format!("dead: {dead}")
        }
    };
    let used = match row.last_used_at {
        Some(at) => format!("{} from {}", at.date(), row.last_used_from),
        None => "never".to_owned(),
    };
    [
        row.id.to_string(),
        row.name.to_string(),
        format!("{}...", row.hint),
        row.account.to_string(),
        row.owner.to_string(),
        row.scopes.to_string(),
        if patterns.is_empty() { "*".to_owned() } else { patterns },
        row.created_by.clone(),
        until,
        used,
    ]
}
