//! The settings of a server that administrators change while it runs.

mod choices;
mod setting;
mod settings;
mod stages;

use serde::Serialize;

use super::allowed_hosts::AllowedHosts;
use super::pattern::Pattern;
use super::web_url::WebUrl;

pub use choices::{Enforcement, OwnTimestamp, SecondFactor};
pub use setting::{Group, InvalidSetting, Kind, MAX_VALUE, Setting, Warning};
pub use settings::SETTINGS;
pub use stages::StagedPattern;

/// Every setting with its value. The field names are the keys of `assay policy set`; what each does is told by
/// [`SETTINGS`], which a test compares with the fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What the push rule's refusals do.
    pub enforcement: Enforcement,
    /// The same for some package IDs: see [`stage_of`](Self::stage_of).
    pub enforcement_patterns: Vec<StagedPattern>,
    /// An author signature needs a valid timestamp. Off: the time of the push counts instead.
    pub timestamp_required: bool,
    /// A chain to an unknown root is accepted for certificates that an owner registered.
    pub accept_untrusted_roots: bool,
    /// Packages can be read without credentials.
    pub anonymous_read: bool,
    /// Who must enrol a second factor.
    pub second_factor: SecondFactor,
    /// For how many minutes after a code a session counts as a second-factor session.
    pub second_factor_minutes: u32,
    /// After how many minutes without a request a session ends.
    pub session_idle_minutes: u32,
    /// After how many hours a session ends whatever happens.
    pub session_hours: u32,
    /// New package IDs may have letters outside ASCII.
    pub unicode_ids: bool,
    /// ID patterns of other people's packages: judged by their signature alone, whoever signed.
    pub foreign_ids: Vec<Pattern>,
    /// The largest package in bytes.
    pub package_size_limit: u64,
    /// Hosts inside the own network that revocation answers may be fetched from: `host` or `host:port`. All others are
    /// reached at public addresses and ports 80 and 443 only.
    pub revocation_hosts: AllowedHosts,
    /// Where timestamps for the feed's own signatures come from; `None`: they have none.
    pub timestamp_authority: Option<WebUrl>,
    /// What happens when that authority gives no timestamp.
    pub own_timestamp: OwnTimestamp,
    /// The chain of that authority may end at a root that is no trust anchor for timestamping. Clients that don't know
    /// the root refuse such a signature, where they would only warn about one without a timestamp.
    pub private_timestamp_authority: bool,
    /// The RepositorySignatures document may promise that every package is signed.
    pub all_repository_signed: bool,
}

/// The default of `package_size_limit`: nuget.org's own limit, 250 MiB.
pub const DEFAULT_PACKAGE_SIZE_LIMIT: u64 = 250 * 1024 * 1024;
/// The largest value of `package_size_limit`: what an archive without Zip64 can hold.
pub const MAX_PACKAGE_SIZE_LIMIT: u64 = u32::MAX as u64 - 1;

/// The largest value of `second_factor_minutes`: a working day.
pub const MAX_SECOND_FACTOR_MINUTES: u32 = 12 * 60;
/// The least value of `session_idle_minutes`: long enough to read a page.
pub const MIN_SESSION_IDLE_MINUTES: u32 = 5;
/// The largest value of `session_hours`: ninety days.
pub const MAX_SESSION_HOURS: u32 = 90 * 24;

impl Default for Policy {
    fn default() -> Self {
        Self {
            enforcement: Enforcement::Enforce,
            enforcement_patterns: Vec::new(),
            timestamp_required: true,
            accept_untrusted_roots: false,
            anonymous_read: false,
            second_factor: SecondFactor::Administrators,
            second_factor_minutes: 60,
            session_idle_minutes: 12 * 60,
            session_hours: 14 * 24,
            unicode_ids: false,
            foreign_ids: Vec::new(),
            package_size_limit: DEFAULT_PACKAGE_SIZE_LIMIT,
            revocation_hosts: AllowedHosts::default(),
            timestamp_authority: None,
            own_timestamp: OwnTimestamp::Required,
            private_timestamp_authority: false,
            all_repository_signed: false,
        }
    }
}

impl Policy {
    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// An unknown key or a value of another kind; nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), InvalidSetting> {
        setting(key)?.set(self, value)
    }

    /// Each setting with its value as `set` takes it.
    pub fn values(&self) -> impl Iterator<Item = (&'static Setting, String)> {
        SETTINGS.iter().map(|setting| (setting, setting.value(self)))
    }

    /// Whether packages with this ID are other people's.
    #[must_use]
    pub fn is_foreign(&self, id: &str) -> bool {
        self.foreign_ids.iter().any(|pattern| pattern.matches(id))
    }
}

/// The setting of that key.
///
/// # Errors
/// [`InvalidSetting::Key`].
pub fn setting(key: &str) -> Result<&'static Setting, InvalidSetting> {
    let known = SETTINGS.iter().find(|setting| setting.key == key);
    known.ok_or_else(|| InvalidSetting::Key(key.chars().take(40).collect()))
}

/// All keys, for whoever mistyped one.
fn known_keys() -> String {
    SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_set_again() {
        let mut policy = Policy::default();
        policy.set("enforcement", "warn").unwrap();
        policy.set("foreign_ids", "Newtonsoft.*, Serilog").unwrap();
        policy.set("package_size_limit", "1000").unwrap();
        policy.set("revocation_hosts", "PKI.corp, 10.0.0.5:8080").unwrap();
        policy.set("timestamp_authority", "http://tsa.example/tsr").unwrap();
        policy.set("own_timestamp", "best-effort").unwrap();
        let mut again = Policy::default();
        for (setting, value) in policy.values() {
            setting.set(&mut again, &value).unwrap();
        }
        assert_eq!(again, policy);
        assert!(again.is_foreign("serilog") && !again.is_foreign("Serilog.Sinks"));
    }

    #[test]
    fn a_wrong_key_or_value_says_what_would_do_and_changes_nothing() {
        let mut policy = Policy::default();
        let key = policy.set("enforcment", "warn").unwrap_err().to_string();
        assert!(key.contains("`enforcment`") && key.contains("timestamp_required"), "{key}");
        for (key, value) in [
            ("enforcement", "off"),
            ("anonymous_read", "yes"),
            ("package_size_limit", "0"),
            ("foreign_ids", "a b"),
            ("revocation_hosts", "http://pki.corp"),
            ("timestamp_authority", "tsa.example"),
            ("timestamp_authority", "ldap://tsa.example"),
            ("own_timestamp", "optional"),
            ("second_factor", "none"),
            ("second_factor_minutes", "0"),
            ("session_idle_minutes", "4"),
            ("session_hours", "2161"),
        ] {
            let error = policy.set(key, value).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains(value), "{error}");
        }
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn every_field_has_its_setting_and_every_setting_its_field() {
        let fields = serde_json::to_value(Policy::default()).unwrap();
        let mut fields: Vec<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
        let mut keys: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
        assert_eq!(keys.iter().map(|key| setting(key).unwrap().key).collect::<Vec<_>>(), keys);
        keys.sort_unstable();
        fields.sort_unstable();
        assert_eq!(keys, fields);
        assert!(SETTINGS.iter().all(|setting| Group::ALL.contains(&setting.group)));
    }

    #[test]
    fn every_value_that_is_offered_is_taken_and_no_other() {
        for setting in SETTINGS {
            let offered: Vec<String> = match setting.kind {
                Kind::Switch { .. } => vec!["true".to_owned(), "false".to_owned()],
                Kind::Choice { options, .. } => options.iter().map(|(word, _)| (*word).to_owned()).collect(),
                Kind::Number { least, most, .. } | Kind::Size { least, most, .. } => {
                    vec![least.to_string(), most.to_string()]
                }
                Kind::List { example, .. } => vec![String::new(), example.to_owned()],
                Kind::Address { .. } => vec![String::new(), "http://tsa.example/".to_owned()],
            };
            for value in offered {
                let mut policy = Policy::default();
                setting.set(&mut policy, &value).unwrap();
                assert_eq!(setting.value(&policy), value, "{setting}");
            }
            let wrong = match setting.kind {
                Kind::Number { least, most, .. } | Kind::Size { least, most, .. } => {
                    vec![(least - 1).to_string(), (most + 1).to_string()]
                }
                _ => vec!["a b".to_owned(), "a".repeat(MAX_VALUE + 1)],
            };
            for value in wrong {
                let mut policy = Policy::default();
                assert!(setting.set(&mut policy, &value).is_err(), "{setting} took `{value}`");
                assert_eq!(policy, Policy::default(), "{setting}");
            }
        }
    }

    #[test]
    fn what_lets_more_in_says_so_before_and_what_lets_less_in_does_not() {
        let changed = |key: &str, value: &str| {
            let mut policy = Policy::default();
            policy.set(key, value).unwrap();
            policy
        };
        for (key, loose, word) in [
            ("enforcement", "warn", "Unsigned packages become acceptable"),
            ("enforcement", "report", "Unsigned packages become acceptable"),
            ("enforcement_patterns", "Contoso.*=warn", "Contoso.*=warn, unsigned packages become acceptable"),
            ("timestamp_required", "false", "without a timestamp become acceptable"),
            ("accept_untrusted_roots", "true", "become acceptable"),
            ("foreign_ids", "Serilog.*", "Serilog.*, unsigned packages become acceptable"),
            ("unicode_ids", "true", "look like those of others"),
            ("anonymous_read", "true", "without an account"),
            ("second_factor", "optional", "A password alone"),
            ("own_timestamp", "best-effort", "no timestamp"),
            ("revocation_hosts", "pki.corp", "pki.corp"),
        ] {
            let (setting, loose) = (setting(key).unwrap(), changed(key, loose));
            let warning = setting.warning(&Policy::default(), &loose).unwrap();
            assert!(warning.loosens && warning.text.contains(word), "{key}: {}", warning.text);
            assert!(setting.warning(&loose, &Policy::default()).is_none_or(|back| !back.loosens), "{key}");
            assert_eq!(setting.warning(&loose, &loose), None, "{key}");
        }
    }

    #[test]
    fn what_ends_sessions_says_so_before() {
        let strict = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy
        };
        for (key, after) in [
            ("second_factor", strict(|policy| policy.second_factor = SecondFactor::Everyone)),
            ("session_idle_minutes", strict(|policy| policy.session_idle_minutes = 5)),
            ("session_hours", strict(|policy| policy.session_hours = 1)),
        ] {
            let warning = setting(key).unwrap().warning(&Policy::default(), &after).unwrap();
            assert!(!warning.loosens, "{key}");
        }
    }

    #[test]
    fn foreign_patterns_default_to_none() {
        assert!(!Policy::default().is_foreign("Anything"));
    }
}
