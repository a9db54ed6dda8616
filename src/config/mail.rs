//! `[mail]`: the server through which mail is sent, if any. Everything works without.

use std::path::PathBuf;

use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

use crate::domain::email_address::EmailAddress;

/// The port of a server that speaks TLS from the first byte (RFC 8314, section 7.3).
const SUBMISSIONS_PORT: u16 = 465;
/// The port of a server that begins in clear (RFC 6409).
const SUBMISSION_PORT: u16 = 587;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// `smtps://HOST` or `smtp://HOST`, with a port or without.
    pub server: Option<String>,
    /// Who the server is signed in to as.
    pub user: Option<String>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
    /// The address that mail is from.
    pub from: Option<String>,
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The server's name, which its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When TLS begins.
    pub tls: MailTls,
    /// Who the server is signed in to as; `None`: nobody.
    pub login: Option<MailLogin>,
    /// The address that mail is from.
    pub from: EmailAddress,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// With the connection: `smtps://`.
    AtOnce,
    /// By STARTTLS, without which the connection is given up: `smtp://`.
    StartTls,
    /// Never: `smtp://` to a relay on this machine. Nobody else sees what passes, and its certificate is seldom more than a
    /// placeholder.
    Never,
}

/// Who signs in, and where the password is. It is read when mail is sent, so it can be replaced while the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLogin {
    /// The user's name.
    pub user: String,
    /// The file; the password is its first line.
    pub password_file: PathBuf,
}

/// Why no mail can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMail {
    /// Not a server.
    #[error("`mail.server`: `{0}` must be `smtps://HOST` or, with STARTTLS, `smtp://HOST`, and may end with `:PORT`")]
    Server(String),
    /// A URL with a user or a password, which is not repeated.
    #[error("`mail.server` must not hold a user name or password; set `mail.user` and `mail.password_file`")]
    Secret,
    /// A part is missing.
    #[error("`mail.{0}` is missing; mail needs `mail.server` and `mail.from`")]
    Missing(&'static str),
    /// Half a pair.
    #[error("`mail.user` and `mail.password_file` belong together; one of them is missing")]
    HalfLogin,
    /// A user name that no protocol could carry.
    #[error("`mail.user` must not be empty or have line breaks")]
    User,
    /// Not an address.
    #[error("`mail.from`: `{0}` is not an address such as `assay@example.org`")]
    From(String),
}

impl MailSettings {
    /// These settings, with `above` winning where it says something.
    #[must_use]
    pub fn overridden_by(self, above: Self) -> Self {
        Self {
            server: above.server.or(self.server),
            user: above.user.or(self.user),
            password_file: above.password_file.or(self.password_file),
            from: above.from.or(self.from),
        }
    }

    /// What they mean; `None` when nothing is set.
    ///
    /// # Errors
    /// The first setting that means nothing, by its key.
    pub fn mail(&self) -> Result<Option<Mail>, InvalidMail> {
        if *self == Self::default() {
            return Ok(None);
        }
        let (host, port, tls) = server(self.server.as_deref().ok_or(InvalidMail::Missing("server"))?)?;
        let login = match (&self.user, &self.password_file) {
            (Some(user), Some(_)) if user.is_empty() || user.chars().any(char::is_control) => {
                return Err(InvalidMail::User);
            }
            (Some(user), Some(file)) => Some(MailLogin { user: user.clone(), password_file: file.clone() }),
            (None, None) => None,
            _ => return Err(InvalidMail::HalfLogin),
        };
        let from = self.from.as_deref().ok_or(InvalidMail::Missing("from"))?;
        let from = from.parse().map_err(|_| InvalidMail::From(shown(from)))?;
        Ok(Some(Mail { host, port, tls, login, from }))
    }
}

fn server(text: &str) -> Result<(String, u16, MailTls), InvalidMail> {
    // Whatever it is: what stands before an `@` may be a password, and errors end up in logs.
    if text.contains('@') {
        return Err(InvalidMail::Secret);
    }
    let invalid = || InvalidMail::Server(shown(text));
    let url = Url::parse(text).map_err(|_| invalid())?;
    let (tls, usual) = match url.scheme() {
        "smtps" => (MailTls::AtOnce, SUBMISSIONS_PORT),
        "smtp" => (MailTls::StartTls, SUBMISSION_PORT),
        _ => return Err(invalid()),
    };
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|_| bare).and_then(|host| Host::parse(host).ok()).ok_or_else(invalid)?;
    let tls = if tls == MailTls::StartTls && is_this_machine(&host) { MailTls::Never } else { tls };
    let port = url.port().unwrap_or(usual);
    if port == 0 { Err(invalid()) } else { Ok((host.to_string(), port, tls)) }
}

/// By what is written, not by what a name resolves to: that others may decide.
fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(server: &str) -> Result<Option<Mail>, InvalidMail> {
        MailSettings { server: Some(server.into()), from: Some("assay@example.org".into()), ..Default::default() }
            .mail()
    }

    #[test]
    fn the_scheme_says_when_tls_begins_and_the_port_may_be_left_out() {
        for (server, host, port, tls) in [
            ("smtps://mail.example", "mail.example", 465, MailTls::AtOnce),
            ("smtp://Mail.Example/", "mail.example", 587, MailTls::StartTls),
            ("smtps://mail.example:2465", "mail.example", 2465, MailTls::AtOnce),
            ("smtp://10.0.0.5:25", "10.0.0.5", 25, MailTls::StartTls),
            ("smtps://[fd00::1]:465", "[fd00::1]", 465, MailTls::AtOnce),
            ("smtp://localhost", "localhost", 587, MailTls::Never),
            ("smtp://127.0.0.1:25", "127.0.0.1", 25, MailTls::Never),
            ("smtp://[::1]:25", "[::1]", 25, MailTls::Never),
            ("smtps://localhost", "localhost", 465, MailTls::AtOnce),
            ("smtp://localhost.example", "localhost.example", 587, MailTls::StartTls),
            ("smtp://0.0.0.0:25", "0.0.0.0", 25, MailTls::StartTls),
        ] {
            let mail = mail(server).unwrap().unwrap();
            assert_eq!((mail.host.as_str(), mail.port, mail.tls, mail.login), (host, port, tls, None), "{server}");
        }
    }

    #[test]
    fn nothing_set_means_no_mail() {
        assert_eq!(MailSettings::default().mail(), Ok(None));
    }

    #[test]
    fn a_server_that_is_none_is_refused() {
        for server in [
            "",
            "mail.example",
            "mail.example:465",
            "https://mail.example",
            "smtp://",
            "smtps://mail.example/path",
            "smtps://mail.example?tls=no",
            "smtps://mail.example:0",
            "smtps://mail.example:99999",
            "smtps://a b",
        ] {
            assert_eq!(mail(server), Err(InvalidMail::Server(server.to_owned())));
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for server in ["smtps://ann:hunter2@mail.example", "smtp://hunter2@mail.example:x", "hunter2@"] {
            let error = mail(server).unwrap_err();
            assert_eq!(error, InvalidMail::Secret);
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let set = |server: bool, user: bool, file: bool, from: bool| {
            let settings = MailSettings {
                server: server.then(|| "smtps://mail.example".into()),
                user: user.then(|| "ann".into()),
                password_file: file.then(|| "mail.password".into()),
                from: from.then(|| "assay@example.org".into()),
            };
            settings.mail().map(|mail| mail.and_then(|mail| mail.login))
        };
        assert_eq!(set(false, true, true, true), Err(InvalidMail::Missing("server")));
        assert_eq!(set(true, true, true, false), Err(InvalidMail::Missing("from")));
        assert_eq!(set(true, true, false, true), Err(InvalidMail::HalfLogin));
        assert_eq!(set(true, false, true, true), Err(InvalidMail::HalfLogin));
        let login = MailLogin { user: "ann".into(), password_file: "mail.password".into() };
        assert_eq!(set(true, true, true, true), Ok(Some(login)));
        let user = MailSettings { user: Some("a\r\nb".into()), password_file: Some("f".into()), ..Default::default() };
        let user = MailSettings { server: Some("smtps://mail.example".into()), ..user };
        assert_eq!(user.mail(), Err(InvalidMail::User));
    }

    #[test]
    fn the_sender_is_a_bare_address() {
        let from = |text: &str| {
            let server = Some("smtps://mail.example".into());
            MailSettings { server, from: Some(text.into()), ..Default::default() }.mail().map(drop)
        };
        assert_eq!(from("assay@example.org"), Ok(()));
        for text in ["", "assay", "Assay <a@example.org>"] {
            assert_eq!(from(text), Err(InvalidMail::From(text.to_owned())));
        }
        assert_eq!(from("a@b\r\nBcc: c@d"), Err(InvalidMail::From("a@bBcc: c@d".into())));
    }
}
