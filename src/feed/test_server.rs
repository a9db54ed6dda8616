//! An application for tests of operations: a data folder that vanishes, people with passwords, sessions as pages open them.

use time::{Duration, OffsetDateTime};
use url::Url;

use super::accounts;
use super::authority::{Actor, SessionActor};
use super::second_factor;
use super::sign_in::{self, Arrival, Opened, TestedPassword};
use crate::app::App;
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::account::{Account, AccountName};
use crate::domain::policy::Policy;
use crate::domain::secret_token::SecretToken;
use crate::domain::session::SessionRules;
use crate::domain::totp::{STEP_SECONDS, TotpSecret};
use crate::password::{NewPassword, Parameters};
use crate::store::sessions::Session;

/// When these tests begin: late enough for one-time codes, which have no steps before 1970.
pub(crate) const NOW: OffsetDateTime = time::macros::datetime!(2026-11-28 16:20 UTC);
pub(crate) const PASSWORD: &str = "four words picked at random";
pub(crate) const HERE: Arrival<'static> = Arrival { address: "192.0.2.1", browser: "a browser", known: false };

pub(crate) struct TestServer {
    pub app: App,
    _folder: tempfile::TempDir,
}

impl TestServer {
    /// Without https, so that no key has to be made.
    pub fn new() -> Self {
        Self::with(&Settings::default())
    }

    /// One that sends mail.
    pub fn with_mail() -> Self {
        Self::with(&toml::from_str("[mail]\nserver = \"smtps://mail.example\"\nfrom = \"assay@feed.example\"").unwrap())
    }

    fn with(settings: &Settings) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(&parent.path().join("data")).unwrap();
        let config = Config::new(settings).unwrap();
        let app = App::open(config, folder, &Url::parse("http://feed.example").unwrap(), NOW).unwrap();
        Self { app, _folder: parent }
    }

    /// The application for a server of its own, and the folder that goes away with it.
    pub fn into_parts(self) -> (App, tempfile::TempDir) {
        (self.app, self._folder)
    }

    pub fn user(&self, name: &str) -> Account {
        self.create(name, false)
    }

    pub fn administrator(&self, name: &str) -> Account {
        self.create(name, true)
    }

    fn create(&self, name: &str, administrator: bool) -> Account {
        let (store, password) = (&self.app.store, new_password(name, PASSWORD));
        accounts::create(store, password.account(), administrator, Some(&password), &Actor::CommandLine, NOW).unwrap()
    }

    /// What the web says of a right password.
    pub fn tested(&self, name: &AccountName) -> TestedPassword {
        let (_, hash) = self.app.store.read(|r| r.password_hash(name)).unwrap().unwrap();
        TestedPassword { account: name.clone(), hash }
    }

    pub fn sign_in(&self, account: &Account, now: OffsetDateTime) -> Opened {
        sign_in::with_password(&self.app, &self.tested(&account.name), HERE, now).unwrap()
    }

    pub fn session(&self, token: &SecretToken) -> Option<Session> {
        self.app.store.read(|r| r.session_of_cookie(&token.hash())).unwrap()
    }

    pub fn actor_of(&self, token: &SecretToken) -> SessionActor {
        SessionActor { id: self.session(token).unwrap().id, rules: rules(), address: HERE.address.to_owned() }
    }

    /// A complete session, as operations know it.
    pub fn actor(&self, account: &Account, now: OffsetDateTime) -> Actor {
        Actor::Session(self.actor_of(&self.sign_in(account, now).token))
    }

    /// Enrols a second factor at `now`. The phone, and the recovery codes in clear.
    pub fn enrol(&self, account: &Account, now: OffsetDateTime) -> (TotpSecret, Vec<String>) {
        let actor = self.actor(account, now);
        let secret = second_factor::begin(&self.app, &actor, &self.tested(&account.name), now).unwrap();
        let codes = second_factor::finish(&self.app, &actor, account, &code(&secret, now), now).unwrap();
        (secret, codes.iter().map(|code| code.reveal().to_string()).collect())
    }

    pub fn audited(&self) -> Vec<(String, String)> {
        let records = self.app.store.read(|r| r.audit_records(10)).unwrap();
        records.into_iter().map(|record| (record.action, record.detail)).collect()
    }

    pub fn told(&self, account: &Account) -> Vec<String> {
        let notices = self.app.store.read(|r| r.notices(account.id, 0, 10)).unwrap();
        notices.into_iter().map(|notice| notice.text).collect()
    }
}

/// A password as the web hands it to operations.
pub(crate) fn new_password(account: &str, plain: &str) -> NewPassword {
    NewPassword::hashed(plain, &account.parse().unwrap(), None, &Parameters::default()).unwrap()
}

pub(crate) fn rules() -> SessionRules {
    SessionRules::from(&Policy::default())
}

/// The code that a phone shows at `at`.
pub(crate) fn code(secret: &TotpSecret, at: OffsetDateTime) -> String {
    let totp = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(*secret.as_bytes()));
    totp.build_noncompliant().generate(u64::try_from(at.unix_timestamp()).unwrap()).to_string()
}

/// So many codes later.
pub(crate) fn steps(count: i64) -> Duration {
    Duration::seconds(count * STEP_SECONDS)
}
