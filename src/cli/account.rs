//! `assay account`: users and organizations.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use time::OffsetDateTime;

use super::{Failure, Output, open, open_to_read, password};
use crate::domain::account::{Account as Row, AccountKind, AccountName, Role};
use crate::feed::authority::Actor;
use crate::feed::organizations::{self, FirstAdministrator};
use crate::feed::{accounts, documents, first_administrator, one_time_links, second_factor};
use crate::store::Store;
use crate::store::account_facts::{AccountFacts, AccountFilter};
use crate::store::one_time_links::Purpose;

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Create a user or an organization
    Create {
        /// Its name: letters, digits, `-`, `_` and `.`
        name: AccountName,
        /// An organization instead of a user
        #[arg(long, conflicts_with_all = ["admin", "password_stdin"])]
        organization: bool,
        /// A server administrator
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts
    List,
    /// Disable an account: its keys die at once
    Disable {
        /// Its name
        name: AccountName,
    },
    /// Enable a disabled account
    Enable {
        /// Its name
        name: AccountName,
    },
    /// Make a user an administrator of the server
    MakeAdministrator {
        /// The user's name
        name: AccountName,
    },
    /// Make a user an administrator of the server no longer
    TakeAdministrator {
        /// The user's name
        name: AccountName,
    },
    /// Set a new password for a user
    ResetPassword {
        /// The user's name
        name: AccountName,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print a link by which the user chooses it, instead; it is good for 72 hours
        #[arg(long, conflicts_with = "password_stdin")]
        link: bool,
    },
    /// Remove a second factor that a user has lost
    ResetSecondFactor {
        /// The user's name
        name: AccountName,
        /// Print a link by which the user does it, with the password, instead; it is good for 72 hours
        #[arg(long)]
        link: bool,
    },
    /// Make a new link for the first administrator and print it; the earlier one is dead
    SetupLink,
    /// Make a user a member of an organization, or change the role
    AddMember {
        /// The organization
        organization: AccountName,
        /// The user
        user: AccountName,
        /// May manage members, certificates and service keys
        #[arg(long)]
        administrator: bool,
    },
    /// End a membership
    RemoveMember {
        /// The organization
        organization: AccountName,
        /// The user
        user: AccountName,
    },
}

impl Account {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        let reads = matches!(self, Self::List);
        let (folder, store) = if reads { open_to_read(data)? } else { open(data)? };
        match self {
            Self::Create { name, organization, admin, password_stdin } => {
                accounts::check_new(&store, &name)?;
                let account = if organization {
                    organizations::create(&store, &name, FirstAdministrator::Creator, &Actor::CommandLine, now)?
                } else {
                    let password = password::new_password(password_stdin, &name, &folder, &store)?;
                    accounts::create(&store, &name, admin, Some(&password), &Actor::CommandLine, now)?
                };
                if admin {
                    folder.remove_setup_link()?;
                }
                output.print(&account, |account| format!("created {}", describe(account)))?;
            }
            Self::List => {
                let all = AccountFilter::default();
                let rows = store.read(|r| r.account_facts(&all, 0, u32::MAX, now))?;
                output.table(
                    &rows,
                    ["NAME", "KIND", "STATE", "SECOND FACTOR", "KEYS", "LAST SIGN-IN"],
                    cells,
                    "there are no accounts; `assay account create NAME --admin` makes the first",
                )?;
            }
            Self::Disable { name } => set_disabled(&store, output, &name, true, now)?,
            Self::Enable { name } => set_disabled(&store, output, &name, false, now)?,
            Self::MakeAdministrator { name } => {
                accounts::set_administrator(&store, &name, true, &Actor::CommandLine, now)?;
                output.print(&name, |name| format!("{name} is an administrator of the server"))?;
            }
            Self::TakeAdministrator { name } => {
                accounts::set_administrator(&store, &name, false, &Actor::CommandLine, now)?;
                output.print(&name, |name| format!("{name} is no administrator of the server any more"))?;
            }
            Self::ResetPassword { name, link: true, .. } => print_link(&store, output, Purpose::Password, &name, now)?,
            Self::ResetSecondFactor { name, link: true } => {
                print_link(&store, output, Purpose::SecondFactor, &name, now)?;
            }
            Self::ResetSecondFactor { name, link: false } => {
                second_factor::reset(&store, &name, &Actor::CommandLine, now)?;
                output.print(&name, |name| format!("{name} has no second factor any more"))?;
            }
            Self::SetupLink => {
                let home = home(&store)?;
                let link = first_administrator::setup_link(&store, &Actor::CommandLine, now)?;
                folder.remove_setup_link()?;
                let link = link.ok_or("there is an administrator, who makes accounts for others on the pages; `assay account create NAME --admin` makes another one")?;
                output.print(&link.url(&home).as_str(), |url| (*url).to_owned())?;
            }
            Self::ResetPassword { name, password_stdin, link: false } => {
                accounts::existing(&store, &name)?;
                let password = password::new_password(password_stdin, &name, &folder, &store)?;
                accounts::set_password(&store, &password, &Actor::CommandLine, now)?;
                output.print(&name, |name| format!("the password of {name} is set"))?;
            }
            Self::AddMember { organization, user, administrator } => {
                let role = if administrator { Role::Administrator } else { Role::Collaborator };
                organizations::set_role(&store, &organization, &user, Some(role), &Actor::CommandLine, now)?;
                output.print(&user, |user| format!("{user} is a member of {organization}"))?;
            }
            Self::RemoveMember { organization, user } => {
                organizations::set_role(&store, &organization, &user, None, &Actor::CommandLine, now)?;
                output.print(&user, |user| format!("{user} is no member of {organization} any more"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints a link alone: it is shown this once.
fn print_link(
    store: &Store,
    output: &Output,
    purpose: Purpose,
    name: &AccountName,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let home = home(store)?;
    let link = one_time_links::create(store, purpose, name, &Actor::CommandLine, now)?;
    output.print(&link.url(&home).as_str(), |url| (*url).to_owned())
}

/// The public URL, which this command is not told.
fn home(store: &Store) -> Result<String, Failure> {
    let home = store.read(documents::last_home)?;
    home.ok_or_else(|| {
        "a link needs the server's address, which is known once it has run; start `assay serve` first".into()
    })
}

fn set_disabled(
    store: &Store,
    output: &Output,
    name: &AccountName,
    disabled: bool,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    accounts::set_disabled(store, name, disabled, &Actor::CommandLine, now)?;
    output.print(name, |name| format!("{name} is {}", if disabled { "disabled" } else { "enabled" }))
}

fn cells(row: &AccountFacts) -> [String; 6] {
    let factor = match row.account.kind {
        AccountKind::User if row.enrolled => "on",
        AccountKind::User => "none",
        AccountKind::Organization => "",
    };
    [
        row.account.name.to_string(),
        describe_kind(&row.account).to_owned(),
        state(&row.account).to_owned(),
        factor.to_owned(),
        row.keys.to_string(),
        row.last_sign_in_at.map(|at| at.date().to_string()).unwrap_or_default(),
    ]
}

fn describe_kind(account: &Row) -> &'static str {
    match (account.kind, account.administrator) {
        (AccountKind::Organization, _) => "organization",
        (AccountKind::User, true) => "administrator",
        (AccountKind::User, false) => "user",
    }
}

fn state(account: &Row) -> &'static str {
    if account.disabled { "disabled" } else { "enabled" }
}

fn describe(account: &Row) -> String {
    format!("{} {}", describe_kind(account), account.name)
}
