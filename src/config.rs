//! Settings of the process: file, environment and flags, in that order of rising precedence.
//!
//! [`Settings`] is what was written somewhere, [`Config`] is what it means. The environment and the flags come through
//! the command line parser; the file is `assay.toml` in the data folder. Policy set here wins over what administrators
//! set while the server runs, and is *locked*.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::domain::policy::{self, InvalidSetting, Policy, Setting};

/// Where the server listens unless told otherwise: this machine only, https.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8443";

/// Why the settings can't be used.
#[derive(Debug, Error)]
pub enum Error {
    /// The file can't be read.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, or has a key that does not exist.
    #[error("`{path}`: {message}")]
    Toml {
        /// Which file.
        path: PathBuf,
        /// What the parser says, with the line.
        message: String,
    },
    /// An address that is none.
    #[error("`listen`: `{0}` is not an address and port such as `127.0.0.1:8443`")]
    Listen(String),
    /// A URL that can't be the base of a feed.
    #[error("`public_url`: `{0}` must be an http or https URL without query, fragment and user name")]
    PublicUrl(String),
    /// Half a pair.
    #[error("`tls_cert` and `tls_key` belong together; one of them is missing")]
    HalfPair,
    /// TLS and no TLS at once.
    #[error("`plain_http` and `tls_cert` exclude each other")]
    PlainAndTls,
    /// A policy key or value.
    #[error("`policy`: {0}")]
    Policy(#[from] InvalidSetting),
}

/// What was written: each value may be absent. The names are the keys of `assay.toml`; unknown keys are refused.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address and port.
    pub listen: Option<String>,
    /// The URL by which clients reach the feed.
    pub public_url: Option<String>,
    /// A PEM file with the TLS certificate and its chain.
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with its key.
    pub tls_key: Option<PathBuf>,
    /// Serve http without TLS.
    pub plain_http: Option<bool>,
    /// A file with the passphrase that opens the secrets in the database, instead of `assay.key`.
    pub key_passphrase_file: Option<PathBuf>,
    /// Policy that is locked.
    #[serde(default)]
    pub policy: BTreeMap<String, toml::Value>,
    /// Which keys of `policy` the environment or a flag says; the others are the file's.
    #[serde(skip)]
    pub policy_from_command_line: BTreeSet<String>,
}

/// Where a locked value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `assay.toml`.
    File,
    /// The environment or a flag.
    CommandLine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "`assay.toml`",
            Self::CommandLine => "an environment variable or a flag of `assay serve`",
        })
    }
}

/// A setting of the policy that can't be changed while the server runs.
#[derive(Debug, Clone)]
pub struct Locked {
    /// Which.
    pub setting: &'static Setting,
    /// What it is locked to.
    pub value: String,
    /// Where.
    pub source: Source,
}

/// How connections are protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// By a certificate that the server makes for itself.
    SelfSigned,
    /// By the operator's.
    Files {
        /// Certificate and chain.
        cert: PathBuf,
        /// Key.
        key: PathBuf,
    },
    /// Not here: a proxy does it, or nobody.
    Plain,
}

/// What the settings mean.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// The URL by which clients reach the feed; `None` means the address that the server listens on.
    pub public_url: Option<Url>,
    /// How connections are protected.
    pub tls: Tls,
    /// A file with a passphrase instead of `assay.key`.
    pub key_passphrase_file: Option<PathBuf>,
    /// Policy that wins over the database's.
    pub locked_policy: Vec<Locked>,
}

impl Settings {
    /// Reads the file; an absent one is empty.
    ///
    /// # Errors
    /// What can't be read or understood.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::File { path: path.to_owned(), source }),
        };
        toml::from_str(&text).map_err(|error| Error::Toml { path: path.to_owned(), message: error.to_string() })
    }

    /// These settings, with `above` winning where it says something.
    #[must_use]
    pub fn overridden_by(mut self, above: Self) -> Self {
        self.policy_from_command_line.extend(above.policy.keys().cloned());
        self.policy.extend(above.policy);
        Self {
            listen: above.listen.or(self.listen),
            public_url: above.public_url.or(self.public_url),
            tls_cert: above.tls_cert.or(self.tls_cert),
            tls_key: above.tls_key.or(self.tls_key),
            plain_http: above.plain_http.or(self.plain_http),
            key_passphrase_file: above.key_passphrase_file.or(self.key_passphrase_file),
            policy: self.policy,
            policy_from_command_line: self.policy_from_command_line,
        }
    }

    /// Each setting with its value as text, `None` where it is not set.
    #[must_use]
    pub fn values(&self) -> Vec<(String, Option<String>)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let mut values = vec![
            ("listen".to_owned(), self.listen.clone()),
            ("public_url".to_owned(), self.public_url.clone()),
            ("tls_cert".to_owned(), path(&self.tls_cert)),
            ("tls_key".to_owned(), path(&self.tls_key)),
            ("plain_http".to_owned(), self.plain_http.map(|plain| plain.to_string())),
            ("key_passphrase_file".to_owned(), path(&self.key_passphrase_file)),
        ];
        let policy = self.policy.iter().map(|(key, value)| (format!("policy.{key}"), Some(policy_text(value))));
        values.extend(policy);
        values
    }
}

/// A policy value as `assay policy set` takes it.
fn policy_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(policy_text).collect::<Vec<_>>().join(","),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(switch) => switch.to_string(),
        // Of a kind that no setting has: the setting refuses it by its name.
        other => format!("{other:?}"),
    }
}

impl Config {
    /// What `settings` mean.
    ///
    /// # Errors
    /// The first setting that means nothing, by its key.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let listen = settings.listen.as_deref().unwrap_or(DEFAULT_LISTEN);
        let plain = settings.plain_http.unwrap_or(false);
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(_), Some(_)) if plain => return Err(Error::PlainAndTls),
            (Some(cert), Some(key)) => Tls::Files { cert: cert.clone(), key: key.clone() },
            (None, None) if plain => Tls::Plain,
            (None, None) => Tls::SelfSigned,
            _ => return Err(Error::HalfPair),
        };
        Ok(Self {
            listen: listen.parse().map_err(|_| Error::Listen(listen.to_owned()))?,
            public_url: settings.public_url.as_deref().map(public_url).transpose()?,
            tls,
            key_passphrase_file: settings.key_passphrase_file.clone(),
            locked_policy: locked(settings)?,
        })
    }

    /// `policy` with what is locked.
    #[must_use]
    pub fn effective(&self, mut policy: Policy) -> Policy {
        for Locked { setting, value, .. } in &self.locked_policy {
            // `new` has tried every pair.
            let _ = setting.set(&mut policy, value);
        }
        policy
    }

    /// Where `setting` is locked, if it is.
    #[must_use]
    pub fn lock(&self, setting: &Setting) -> Option<Source> {
        self.locked_policy.iter().find(|locked| locked.setting == setting).map(|locked| locked.source)
    }
}

fn locked(settings: &Settings) -> Result<Vec<Locked>, InvalidSetting> {
    let mut probe = Policy::default();
    let lock = |(key, value): (&String, &toml::Value)| {
        let (setting, value) = (policy::setting(key)?, policy_text(value));
        setting.set(&mut probe, &value)?;
        let nearer = settings.policy_from_command_line.contains(key);
        Ok(Locked { setting, value, source: if nearer { Source::CommandLine } else { Source::File } })
    };
    settings.policy.iter().map(lock).collect()
}

/// The base URL of the feed, without a slash at its end so that paths can be appended.
fn public_url(text: &str) -> Result<Url, Error> {
    let wrong = || Error::PublicUrl(text.chars().filter(|c| !c.is_control()).take(200).collect());
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !plain {
        return Err(wrong());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn what_is_nearer_to_the_command_wins() {
        let file = settings(
            "listen = \"0.0.0.0:1\"\npublic_url = \"https://feed.example\"\n[policy]\nanonymous_read = false\nunicode_ids = true",
        );
        let flags = settings("listen = \"127.0.0.1:2\"\n[policy]\nanonymous_read = true");
        let config = Config::new(&file.overridden_by(flags)).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.public_url.as_ref().unwrap().as_str(), "https://feed.example/");
        assert!(config.effective(Policy::default()).anonymous_read);
        assert_eq!(config.lock(policy::setting("anonymous_read").unwrap()), Some(Source::CommandLine));
        assert_eq!(config.lock(policy::setting("unicode_ids").unwrap()), Some(Source::File));
        assert_eq!(config.lock(policy::setting("enforcement").unwrap()), None);
    }

    #[test]
    fn nothing_set_means_this_machine_with_a_certificate_of_its_own() {
        let config = Config::new(&Settings::default()).unwrap();
        assert_eq!((config.listen.to_string().as_str(), config.tls), (DEFAULT_LISTEN, Tls::SelfSigned));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (text, name) in [
            ("listen = \"here\"", "listen"),
            ("public_url = \"feed.example\"", "public_url"),
            ("public_url = \"https://a:b@feed.example/\"", "public_url"),
            ("public_url = \"ftp://feed.example/\"", "public_url"),
            ("tls_cert = \"a.pem\"", "tls_key"),
            ("plain_http = true\ntls_cert = \"a\"\ntls_key = \"b\"", "plain_http"),
            ("[policy]\nanonymous = true", "anonymous"),
            ("[policy]\nenforcement = \"no\"", "enforcement"),
        ] {
            let error = Config::new(&settings(text)).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
        assert!(toml::from_str::<Settings>("listne = \"a\"").unwrap_err().to_string().contains("listne"));
    }

    #[test]
    fn a_policy_list_in_the_file_is_what_the_command_line_writes_with_commas() {
        let config = Config::new(&settings("[policy]\nforeign_ids = [\"Serilog\", \"NUnit*\"]")).unwrap();
        assert!(config.effective(Policy::default()).is_foreign("nunit.framework"));
    }
}
