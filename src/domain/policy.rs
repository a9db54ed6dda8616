//! The settings of a server that administrators change while it runs.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::allowed_hosts::{AllowedHosts, InvalidAllowedHosts};
use super::pattern::Pattern;
use super::web_url::WebUrl;

/// What happens when the push rule refuses. Signatures that are *invalid* are refused in every stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// The push is refused.
    #[default]
    Enforce,
    /// The push is accepted with a warning that the client shows.
    Warn,
    /// The push is accepted and counted.
    Report,
}

/// What happens to a push when the feed's own signature gets no timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnTimestamp {
    /// The push fails, and may be tried again.
    #[default]
    Required,
    /// The package goes in without one, and the person who pushed is told.
    BestEffort,
}

/// Whom the server makes enrol a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// Nobody: but what is guarded by one stays out of reach without.
    Optional,
    /// Server administrators: without one they administer nothing.
    #[default]
    Administrators,
    /// Everybody: without one an account only reads.
    Everyone,
}

/// Every setting with its value. The field names are the keys of `assay policy set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What the push rule's refusals do.
    pub enforcement: Enforcement,
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
/// The largest value of `session_hours`: ninety days.
pub const MAX_SESSION_HOURS: u32 = 90 * 24;

impl Default for Policy {
    fn default() -> Self {
        Self {
            enforcement: Enforcement::Enforce,
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

/// Why a setting can't be set.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidSetting {
    /// There is no such key.
    #[error("there is no setting `{0}`; the settings are {known}", known = Policy::KEYS.join(", "))]
    Key(String),
    /// The value is of another kind.
    #[error("`{value}` is no value for `{key}`: {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would do.
        expected: String,
    },
}

impl Policy {
    /// The keys, in the order in which they are shown.
    pub const KEYS: [&'static str; 16] = [
        "enforcement",
        "timestamp_required",
        "accept_untrusted_roots",
        "anonymous_read",
        "second_factor",
        "second_factor_minutes",
        "session_idle_minutes",
        "session_hours",
        "unicode_ids",
        "foreign_ids",
        "package_size_limit",
        "revocation_hosts",
        "timestamp_authority",
        "own_timestamp",
        "private_timestamp_authority",
        "all_repository_signed",
    ];

    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// An unknown key or a value of another kind; nothing is changed then.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), InvalidSetting> {
        let known = Self::KEYS.into_iter().find(|known| *known == key);
        let key = known.ok_or_else(|| InvalidSetting::Key(key.chars().take(40).collect()))?;
        let setting = Setting { key, value };
        match key {
            "enforcement" => self.enforcement = setting.parsed("`enforce`, `warn` or `report`")?,
            "timestamp_required" => self.timestamp_required = setting.switch()?,
            "accept_untrusted_roots" => self.accept_untrusted_roots = setting.switch()?,
            "anonymous_read" => self.anonymous_read = setting.switch()?,
            "second_factor" => self.second_factor = setting.parsed("`optional`, `administrators` or `everyone`")?,
            "second_factor_minutes" => self.second_factor_minutes = setting.within(1..=MAX_SECOND_FACTOR_MINUTES)?,
            "session_idle_minutes" => self.session_idle_minutes = setting.within(5..=MAX_SESSION_HOURS * 60)?,
            "session_hours" => self.session_hours = setting.within(1..=MAX_SESSION_HOURS)?,
            "unicode_ids" => self.unicode_ids = setting.switch()?,
            "foreign_ids" => self.foreign_ids = setting.patterns()?,
            "package_size_limit" => self.package_size_limit = setting.size()?,
            "revocation_hosts" => self.revocation_hosts = setting.hosts()?,
            "timestamp_authority" => self.timestamp_authority = setting.url()?,
            "own_timestamp" => self.own_timestamp = setting.parsed("`required` or `best-effort`")?,
            "private_timestamp_authority" => self.private_timestamp_authority = setting.switch()?,
            _ => self.all_repository_signed = setting.switch()?,
        }
        Ok(())
    }

    /// The value of each key as `set` takes it.
    #[must_use]
    pub fn values(&self) -> [(&'static str, String); 16] {
        let patterns: Vec<&str> = self.foreign_ids.iter().map(Pattern::as_str).collect();
        let values = [
            self.enforcement.to_string(),
            self.timestamp_required.to_string(),
            self.accept_untrusted_roots.to_string(),
            self.anonymous_read.to_string(),
            self.second_factor.to_string(),
            self.second_factor_minutes.to_string(),
            self.session_idle_minutes.to_string(),
            self.session_hours.to_string(),
            self.unicode_ids.to_string(),
            patterns.join(","),
            self.package_size_limit.to_string(),
            self.revocation_hosts.to_string(),
            self.timestamp_authority.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.own_timestamp.to_string(),
            self.private_timestamp_authority.to_string(),
            self.all_repository_signed.to_string(),
        ];
        let mut values = values.into_iter();
        Self::KEYS.map(|key| (key, values.next().unwrap_or_default()))
    }

    /// Whether packages with this ID are other people's.
    #[must_use]
    pub fn is_foreign(&self, id: &str) -> bool {
        self.foreign_ids.iter().any(|pattern| pattern.matches(id))
    }
}

/// A key with the text that it is to be set to.
struct Setting<'a> {
    key: &'static str,
    value: &'a str,
}

impl Setting<'_> {
    fn wrong(&self, expected: &str) -> InvalidSetting {
        let value = self.value.chars().filter(|c| !c.is_control()).take(80).collect();
        InvalidSetting::Value { key: self.key, value, expected: expected.to_owned() }
    }

    fn parsed<T: FromStr>(&self, expected: &str) -> Result<T, InvalidSetting> {
        self.value.parse().map_err(|_| self.wrong(expected))
    }

    fn switch(&self) -> Result<bool, InvalidSetting> {
        self.parsed("`true` or `false`")
    }

    fn patterns(&self) -> Result<Vec<Pattern>, InvalidSetting> {
        let written = self.value.split(',').map(str::trim).filter(|pattern| !pattern.is_empty());
        written.map(|pattern| pattern.parse::<Pattern>().map_err(|error| self.wrong(&error.to_string()))).collect()
    }

    fn url(&self) -> Result<Option<WebUrl>, InvalidSetting> {
        if self.value.trim().is_empty() {
            return Ok(None);
        }
        WebUrl::parse(self.value).map(Some).map_err(|error| self.wrong(&format!("it {error}")))
    }

    fn hosts(&self) -> Result<AllowedHosts, InvalidSetting> {
        self.value.parse().map_err(|error: InvalidAllowedHosts| self.wrong(&error.to_string()))
    }

    fn within(&self, range: RangeInclusive<u32>) -> Result<u32, InvalidSetting> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let number = self.parsed::<u32>(&expected)?;
        if range.contains(&number) { Ok(number) } else { Err(self.wrong(&expected)) }
    }

    fn size(&self) -> Result<u64, InvalidSetting> {
        let expected = "a number of bytes from 1 to 4294967294";
        let size = self.parsed::<u64>(expected)?;
        if (1..=MAX_PACKAGE_SIZE_LIMIT).contains(&size) { Ok(size) } else { Err(self.wrong(expected)) }
    }
}

impl FromStr for SecondFactor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "optional" => Ok(Self::Optional),
            "administrators" => Ok(Self::Administrators),
            "everyone" => Ok(Self::Everyone),
            _ => Err(()),
        }
    }
}

impl fmt::Display for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Optional => "optional",
            Self::Administrators => "administrators",
            Self::Everyone => "everyone",
        })
    }
}

impl FromStr for Enforcement {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "warn" => Ok(Self::Warn),
            "report" => Ok(Self::Report),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Report => "report",
        })
    }
}

impl FromStr for OwnTimestamp {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "required" => Ok(Self::Required),
            "best-effort" => Ok(Self::BestEffort),
            _ => Err(()),
        }
    }
}

impl fmt::Display for OwnTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "required",
            Self::BestEffort => "best-effort",
        })
    }
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
        for (key, value) in policy.values() {
            again.set(key, &value).unwrap();
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
    fn foreign_patterns_default_to_none() {
        assert!(!Policy::default().is_foreign("Anything"));
    }
}
