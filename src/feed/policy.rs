//! Changing the server's policy.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use crate::config::{Config, Source};
use crate::domain::permission::Action;
use crate::domain::policy::{InvalidSetting, Policy, Setting, Warning};
use crate::store::{self, Store};

/// Why a setting is not set.
#[derive(Debug, Error)]
pub enum Error {
    /// No such setting, or no value for it.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The setting needs a trial, which this is not.
    #[error(
        "`{0}` is set by a trial: by `assay repository-certificate timestamping set URL`, or the form for timestamps on the page of the policy"
    )]
    NeedsTrial(&'static Setting),
    /// The settings of the server win over what is set while it runs.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The same for pages, on which settings are known by their titles.
    #[must_use]
    pub fn by_title(&self) -> String {
        match self {
            Self::Setting(invalid) => invalid.by_title(),
            Self::Locked(locked) => locked.by_title(),
            Self::NeedsTrial(_) | Self::Refused(_) | Self::Store(_) => self.to_string(),
        }
    }
}

/// A setting that is locked.
#[derive(Debug, Error)]
#[error("`{setting}` is locked by {source}: change it there, and start the server anew", source = by)]
pub struct Locked {
    /// Which.
    pub setting: &'static Setting,
    /// Where.
    pub by: Source,
}

impl Locked {
    /// The same for pages, on which settings are known by their titles.
    #[must_use]
    pub fn by_title(&self) -> String {
        format!("“{}” is locked by {}: change it there, and start the server anew", self.setting.title, self.by)
    }
}

/// Refuses to change what is locked.
///
/// # Errors
/// [`Locked`].
pub fn expect_unlocked(config: &Config, setting: &'static Setting) -> Result<(), Locked> {
    config.lock(setting).map_or(Ok(()), |by| Err(Locked { setting, by }))
}

/// A change of one setting.
#[derive(Debug, Clone)]
pub struct Change {
    /// The policy as it was, and as it is.
    before: Policy,
    after: Policy,
    setting: &'static Setting,
}

/// Whether somebody has read what a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// They have, or it is theirs to know.
    Given,
    /// Not yet: a change that must be warned of is not made.
    NotYet,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The setting has its new value.
    Made(Change),
    /// Nothing is changed: this must be said first.
    Asks(Change, Warning),
}

impl Change {
    fn of(before: Policy, config: &Config, setting: &'static Setting, value: &str) -> Result<Self, Error> {
        if setting.tried {
            return Err(Error::NeedsTrial(setting));
        }
        expect_unlocked(config, setting)?;
        let mut after = before.clone();
        setting.set(&mut after, value)?;
        Ok(Self { before, after, setting })
    }

    /// What must be said before it is made.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        self.setting.warning(&self.before, &self.after)
    }

    /// Whether nothing is changed by it.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }

    /// The value as it was.
    #[must_use]
    pub fn from(&self) -> String {
        self.setting.value(&self.before)
    }

    /// The value as it is.
    #[must_use]
    pub fn to(&self) -> String {
        self.setting.value(&self.after)
    }
}

/// Sets one setting, unless what it means must be said first. That is judged by the policy that it would change.
///
/// # Errors
/// [`Error::Setting`] says what would do, [`Error::NeedsTrial`] and [`Error::Locked`] which other way there is.
pub fn set(
    store: &Store,
    config: &Config,
    setting: &'static Setting,
    value: &str,
    consent: Consent,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Outcome, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let change = Change::of(w.policy()?, config, setting, value)?;
        if let Some(warning) = change.warning().filter(|_| consent == Consent::NotYet) {
            return Ok(Outcome::Asks(change, warning));
        }
        if !change.is_none() {
            w.set_policy(setting.key, &change.to())?;
            let detail = format!("from {} to {}", quoted(&change.from()), quoted(&change.to()));
            by.audit(w, now, "policy.set", setting.key, &detail)?;
        }
        Ok(Outcome::Made(change))
    })
}

fn quoted(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::domain::policy::setting;
    use crate::feed::authority::Actor::CommandLine;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, store)
    }

    fn config(policy: &str) -> Config {
        Config::new(&toml::from_str::<Settings>(&format!("[policy]\n{policy}")).unwrap()).unwrap()
    }

    #[test]
    fn a_change_is_on_the_record_with_what_was_before_and_no_change_is_not() {
        let (_folder, store) = store();
        let (config, stage) = (config(""), setting("enforcement").unwrap());
        let made = || match set(&store, &config, stage, "warn", Consent::Given, &CommandLine, NOW).unwrap() {
            Outcome::Made(change) => change,
            Outcome::Asks(..) => panic!("asked again"),
        };
        let change = made();
        assert!(change.warning().unwrap().loosens && !change.is_none());
        assert!(made().is_none());
        let records = store.read(|r| r.audit_records(10)).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(
            (records[0].subject.as_str(), records[0].detail.as_str()),
            ("enforcement", "from `enforce` to `warn`")
        );
    }

    #[test]
    fn without_consent_a_change_that_lets_more_in_only_asks() {
        let (_folder, store) = store();
        let (config, stage) = (config(""), setting("enforcement").unwrap());
        let set = |value| set(&store, &config, stage, value, Consent::NotYet, &CommandLine, NOW).unwrap();
        assert!(matches!(set("warn"), Outcome::Asks(_, Warning { loosens: true, .. })));
        assert_eq!(store.read(|r| r.policy()).unwrap(), Policy::default());
        assert!(store.read(|r| r.audit_records(1)).unwrap().is_empty());
        assert!(matches!(set("enforce"), Outcome::Made(_)));
    }

    #[test]
    fn what_is_locked_or_needs_a_trial_is_not_set() {
        let (_folder, store) = store();
        let config = config("anonymous_read = false");
        let refused = |key, value| {
            set(&store, &config, setting(key).unwrap(), value, Consent::Given, &CommandLine, NOW).unwrap_err()
        };
        let locked = refused("anonymous_read", "true");
        assert!(matches!(locked, Error::Locked(_)) && locked.to_string().contains("assay.toml"), "{locked}");
        assert!(locked.by_title().starts_with("“Everybody may read” is locked by "), "{}", locked.by_title());
        assert!(matches!(refused("timestamp_authority", "http://tsa.example"), Error::NeedsTrial(_)));
        assert!(matches!(refused("private_timestamp_authority", "true"), Error::NeedsTrial(_)));
        assert!(matches!(refused("enforcement", "off"), Error::Setting(_)));
        assert_eq!(store.read(|r| r.policy()).unwrap(), Policy::default());
        assert!(store.read(|r| r.audit_records(1)).unwrap().is_empty());
    }
}
