//! What was written in a place: the file, or environment and flags. The names are the keys of `assay.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use super::Error;
use super::mail::MailSettings;
use super::passwords::PasswordSettings;

/// What was written: each value may be absent. Unknown keys are refused.
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
    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Option<Vec<String>>,
    /// The work of a password hash.
    #[serde(default)]
    pub passwords: PasswordSettings,
    /// How mail is sent.
    #[serde(default)]
    pub mail: MailSettings,
    /// Policy that is locked.
    #[serde(default)]
    pub policy: BTreeMap<String, toml::Value>,
    /// Which keys of `policy` the environment or a flag says; the others are the file's.
    #[serde(skip)]
    pub policy_from_command_line: BTreeSet<String>,
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
        toml::from_str(&text).map_err(|error| Error::Toml { path: path.to_owned(), message: said(&error, &text) })
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
            trusted_proxies: above.trusted_proxies.or(self.trusted_proxies),
            passwords: self.passwords.overridden_by(&above.passwords),
            mail: self.mail.overridden_by(above.mail),
            policy: self.policy,
            policy_from_command_line: self.policy_from_command_line,
        }
    }

    /// Each setting with its value as text, `None` where it is not set. No secret is among them: they are in files.
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
            ("trusted_proxies".to_owned(), self.trusted_proxies.as_ref().map(|proxies| proxies.join(","))),
        ];
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        values.extend(
            [
                ("passwords.memory_kib", number(self.passwords.memory_kib)),
                ("passwords.passes", number(self.passwords.passes)),
                ("passwords.lanes", number(self.passwords.lanes)),
                ("mail.server", self.mail.server.clone()),
                ("mail.user", self.mail.user.clone()),
                ("mail.password_file", path(&self.mail.password_file)),
                ("mail.from", self.mail.from.clone()),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        let policy = self.policy.iter().map(|(key, value)| (format!("policy.{key}"), Some(policy_text(value))));
        values.extend(policy);
        values
    }
}

/// What is wrong, with the line and its key. Not the line itself, as the parser shows it: somebody may have written a password
/// where none belongs, and errors end up in logs.
fn said(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let number = before.matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default();
    let key = line.split_once('=').map(|(key, _)| format!(", `{}`", key.trim())).unwrap_or_default();
    format!("line {}{key}: {}", number + 1, error.message())
}

/// A policy value as `assay policy set` takes it.
pub(super) fn policy_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(policy_text).collect::<Vec<_>>().join(","),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(switch) => switch.to_string(),
        // Of a kind that no setting has: the setting refuses it by its name.
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    const ALL: &str = r#"
        listen = "a"
        public_url = "b"
        tls_cert = "c"
        tls_key = "d"
        plain_http = true
        key_passphrase_file = "e"
        trusted_proxies = ["f", "g"]
        passwords = { memory_kib = 1, passes = 2, lanes = 3 }
        mail = { server = "h", user = "i", password_file = "j", from = "k" }
        policy = { foreign_ids = ["l", "m"] }
    "#;

    #[test]
    fn every_setting_is_shown_with_its_value() {
        let shown: Vec<String> =
            settings(ALL).values().iter().map(|(key, value)| format!("{key}={}", value.as_ref().unwrap())).collect();
        assert_eq!(
            shown.join(" "),
            "listen=a public_url=b tls_cert=c tls_key=d plain_http=true key_passphrase_file=e trusted_proxies=f,g \
             passwords.memory_kib=1 passwords.passes=2 passwords.lanes=3 mail.server=h mail.user=i \
             mail.password_file=j mail.from=k policy.foreign_ids=l,m"
        );
    }

    #[test]
    fn each_setting_is_overridden_by_itself() {
        let set = settings(ALL);
        assert_eq!(set.clone().overridden_by(Settings::default()), set);
        let mut overridden = Settings::default().overridden_by(set.clone());
        assert_eq!(
            std::mem::take(&mut overridden.policy_from_command_line),
            BTreeSet::from(["foreign_ids".to_owned()])
        );
        assert_eq!(overridden, set);
        let above = settings("passwords.lanes = 4\nmail.from = \"z\"\ntrusted_proxies = []");
        let both = set.overridden_by(above);
        assert_eq!((both.passwords.passes, both.passwords.lanes), (Some(2), Some(4)));
        assert_eq!((both.mail.user.as_deref(), both.mail.from.as_deref()), (Some("i"), Some("z")));
        assert_eq!(both.trusted_proxies, Some(Vec::new()));
    }

    #[test]
    fn keys_that_do_not_exist_are_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, expected) in [
            ("listne = \"a\"", "line 1, `listne`: unknown field `listne`"),
            ("\n[mail]\npassword = \"hunter2\"\n", "line 3, `password`: unknown field `password`"),
            ("mail = { password = \"hunter2\" }", "line 1, `mail`: unknown field `password`"),
            ("[mail]\nserver = \"smtps://a:hunter2@b\nuser = \"c\"", "line 2, `server`: invalid"),
            ("[passwords]\nmemory = 1", "line 2, `memory`: unknown field `memory`"),
            ("[passwords]\nmemory_kib = -1", "line 2, `memory_kib`: invalid value"),
            ("trusted_proxies = \"10.0.0.1\"", "line 1, `trusted_proxies`: invalid type"),
        ] {
            fs::write(&file, text).unwrap();
            let error = Settings::from_file(file.path()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
