//! A feed without a server for tests of operations: people who are signed in, with a code given a moment ago.

use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use url::Url;

use super::authority::{Actor, SessionActor};
use crate::app::App;
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::account::{Account, AccountKind, AccountName, Role};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::policy::Policy;
use crate::domain::session::SessionRules;
use crate::store;
use crate::store::certificates::NewCertificate;
use crate::store::registrations::Registration;
use crate::store::sessions::NewSession;

/// When everything happens.
pub const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

/// The feed. It does not sign, so it needs no key.
pub struct House {
    pub app: App,
    pub folder: TempDir,
}

/// The name `text`.
pub fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

/// The package ID `text`.
pub fn id(text: &str) -> PackageId {
    text.parse().unwrap()
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::create(folder.path()).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let app = App::open(config, data, &Url::parse("http://feed.example").unwrap(), NOW).unwrap();
        Self { app, folder }
    }

    fn write<T>(&self, op: impl FnOnce(&mut store::Writes<'_>) -> Result<T, store::Error>) -> T {
        self.app.store.write(op).unwrap()
    }

    /// A user in a second-factor session.
    pub fn person(&self, text: &str) -> Actor {
        self.user(text, false, true)
    }

    /// A server administrator in a second-factor session.
    pub fn administrator(&self, text: &str) -> Actor {
        self.user(text, true, true)
    }

    /// A user who has a second factor and has not given its code in this session.
    pub fn person_without_code(&self, text: &str) -> Actor {
        self.user(text, false, false)
    }

    fn user(&self, text: &str, administrator: bool, code_given: bool) -> Actor {
        let id = self.write(|w| {
            let account = w.create_account(&name(text), AccountKind::User, administrator, None, NOW)?;
            w.enrol(account, b"sealed", 0, NOW)?;
            w.add_session(
                &NewSession {
                    hash: *Fingerprint::of(text.as_bytes()).as_bytes(),
                    account,
                    complete: true,
                    password_at: NOW,
                    second_factor_at: code_given.then_some(NOW),
                    address: "192.0.2.1",
                    browser: "a test",
                    known: false,
                },
                NOW,
            )
        });
        Actor::Session(SessionActor {
            id,
            rules: SessionRules::from(&Policy::default()),
            address: "192.0.2.1".to_owned(),
        })
    }

    /// An organization with these members.
    pub fn organization(&self, text: &str, members: &[(&str, Role)]) -> Account {
        self.write(|w| {
            let organization = w.create_account(&name(text), AccountKind::Organization, false, None, NOW)?;
            for (member, role) in members {
                let member = w.account(&name(member))?.unwrap();
                w.set_role(organization, member.id, *role)?;
            }
            w.account_by_id(organization)
        })
    }

    /// A package ID with these owners.
    pub fn package(&self, text: &str, owners: &[&str]) -> Registration {
        self.write(|w| {
            let accounts = owners.iter().map(|owner| Ok(w.account(&name(owner))?.unwrap().id));
            let accounts: Vec<_> = accounts.collect::<Result<_, store::Error>>()?;
            let registration = w.create_registration(&id(text), accounts[0], NOW)?;
            accounts.iter().try_for_each(|account| w.add_owner(registration, *account))?;
            w.registration_by_row(registration)
        })
    }

    /// Registers a certificate for an account.
    pub fn certificate(&self, text: &str) {
        let certificate = NewCertificate {
            fingerprint: Fingerprint::of(text.as_bytes()),
            der: Vec::new(),
            subject: text.to_owned(),
            issuer: text.to_owned(),
            not_before: NOW,
            not_after: NOW,
        };
        self.write(|w| {
            let account = w.account(&name(text))?.unwrap();
            w.register_certificate(account.id, &certificate, Vec::new(), NOW)
        });
    }

    pub fn disable(&self, text: &str) {
        self.write(|w| {
            let account = w.account(&name(text))?.unwrap();
            w.set_disabled(account.id, true)
        });
    }

    pub fn account(&self, text: &str) -> Account {
        self.app.store.read(|r| r.account(&name(text))).unwrap().unwrap()
    }

    /// `ann administrator, bob collaborator`
    pub fn members(&self, organization: &str) -> String {
        let members = self.app.store.read(|r| r.members(self.account(organization).id)).unwrap();
        let shown = members.iter().map(|(member, role)| format!("{} {role:?}", member.name).to_lowercase());
        shown.collect::<Vec<_>>().join(", ")
    }

    /// `ann, bob`
    pub fn owners(&self, package: &str) -> String {
        let owners = self.app.store.read(|r| r.owners(r.registration(&id(package))?.unwrap().id)).unwrap();
        owners.iter().map(|(_, name)| name.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    }

    /// The newest notice of a user.
    pub fn told(&self, text: &str) -> String {
        let notices = self.app.store.read(|r| r.notices(self.account(text).id, 0, 1)).unwrap();
        notices.into_iter().next().map(|notice| notice.text).unwrap_or_default()
    }

    /// The newest line of the audit log: `actor action subject detail`.
    pub fn audited(&self) -> String {
        let newest = self.app.store.read(|r| r.audit_records(1)).unwrap().remove(0);
        format!("{} {} {} {}", newest.actor, newest.action, newest.subject, newest.detail).trim_end().to_owned()
    }

    /// How many lines the audit log has.
    pub fn audit_lines(&self) -> usize {
        self.app.store.read(|r| r.audit_records(1000)).unwrap().len()
    }
}
