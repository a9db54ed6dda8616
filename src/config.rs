//! Settings of the process: file, environment and flags, in that order of rising precedence.
//!
//! [`Settings`] is what was written somewhere, [`Config`] is what it means. The environment and the flags come through
//! the command line parser; the file is `assay.toml` in the data folder. Policy set here wins over what administrators
//! set while the server runs, and is *locked*.

mod mail;
mod passwords;
mod settings;
mod trusted_proxies;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;
use url::Url;

use crate::domain::policy::{self, InvalidSetting, Policy, Setting};
use crate::password::{InvalidParameters, Parameters};
pub use mail::{InvalidMail, Mail, MailLogin, MailSettings, MailTls};
pub use passwords::PasswordSettings;
pub use settings::Settings;
use settings::policy_text;
pub use trusted_proxies::{InvalidProxies, MAX_TRUSTED_PROXIES, TrustedProxies};

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
    /// A proxy that is none.
    #[error("`trusted_proxies`: {0}")]
    TrustedProxies(#[from] InvalidProxies),
    /// The work of a password hash.
    #[error("`passwords`: {0}")]
    Passwords(#[from] InvalidParameters),
    /// Mail.
    #[error(transparent)]
    Mail(#[from] InvalidMail),
    /// A policy key or value.
    #[error("`policy`: {0}")]
    Policy(#[from] InvalidSetting),
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
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// The work of a password hash.
    pub passwords: Parameters,
    /// How mail is sent; `None`: not at all.
    pub mail: Option<Mail>,
    /// Policy that wins over the database's.
    pub locked_policy: Vec<Locked>,
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
            trusted_proxies: trusted_proxies(settings, plain)?,
            passwords: settings.passwords.parameters()?,
            mail: settings.mail.mail()?,
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

/// Whose word about clients is taken. By default those of this machine where somebody else must speak TLS, or else nobody's.
fn trusted_proxies(settings: &Settings, plain: bool) -> Result<TrustedProxies, InvalidProxies> {
    match &settings.trusted_proxies {
        Some(listed) => TrustedProxies::listed(listed.iter().map(String::as_str)),
        None if plain => Ok(TrustedProxies::loopback()),
        None => Ok(TrustedProxies::default()),
    }
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
            ("trusted_proxies = [\"proxy.example\"]", "`trusted_proxies`: `proxy.example`"),
            ("[passwords]\nmemory_kib = 100", "`passwords`: `memory_kib`: `100`"),
            ("[passwords]\npasses = 11", "`passwords`: `passes`: `11`"),
            ("[passwords]\nlanes = 0", "`passwords`: `lanes`: `0`"),
            ("[mail]\nserver = \"mail.example\"", "`mail.server`"),
            ("[mail]\nserver = \"smtps://mail.example\"", "`mail.from`"),
            ("[policy]\nanonymous = true", "anonymous"),
            ("[policy]\nenforcement = \"no\"", "enforcement"),
        ] {
            let error = Config::new(&settings(text)).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
    }

    #[test]
    fn proxies_of_this_machine_are_believed_where_one_must_speak_tls_unless_others_are_listed() {
        let trusted = |text: &str| Config::new(&settings(text)).unwrap().trusted_proxies;
        assert_eq!(trusted(""), TrustedProxies::default());
        assert_eq!(trusted("plain_http = true"), TrustedProxies::loopback());
        assert_eq!(trusted("plain_http = true\ntrusted_proxies = []"), TrustedProxies::default());
        let listed = trusted("plain_http = true\ntrusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\"]");
        assert_eq!(listed.to_string(), "10.0.0.0/8,127.0.0.1/32");
    }

    #[test]
    fn the_work_of_a_hash_is_as_usual_where_nothing_else_is_said() {
        let passwords = |text: &str| Config::new(&settings(text)).unwrap().passwords;
        assert_eq!(passwords(""), Parameters::default());
        assert_eq!(passwords("[passwords]\npasses = 3"), Parameters::new(19_456, 3, 1).unwrap());
    }

    #[test]
    fn a_policy_list_in_the_file_is_what_the_command_line_writes_with_commas() {
        let config = Config::new(&settings("[policy]\nforeign_ids = [\"Serilog\", \"NUnit*\"]")).unwrap();
        assert!(config.effective(Policy::default()).is_foreign("nunit.framework"));
    }
}
