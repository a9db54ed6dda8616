//! Mail on its way out: one connection to the server of the settings, letter after letter.
//!
//! This is the only module that names lettre. It knows no account and no database: what is sent to whom, when and how often, is
//! `feed::mailing`'s. The server was chosen by whoever runs this one, so it may stand in any network; TLS is checked against
//! the roots of the system.
//!
//! What a server answers may repeat an address, a link or a password. So none of its words get into an [`enum@Error`] while it
//! is signed in to, and otherwise only those that can't be any of these: errors end up in logs and on pages.

mod answer;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self};
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::config::{Mail, MailLogin, MailTls};
use crate::domain::email_address::EmailAddress;
use answer::harmless;

/// The longest wait for the server: to connect, and for each of its answers.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Longest subject in characters; the rest is cut.
pub const MAX_SUBJECT: usize = 100;

/// Something to send. Plain text in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: EmailAddress,
    /// One line. Whatever would end it becomes a blank.
    pub subject: String,
    /// The text, with `\n` between its lines.
    pub text: Zeroizing<String>,
    /// What makes it known when it arrives twice: the left half of its Message-ID.
    pub id: String,
}

/// Why a letter was not sent.
#[derive(Debug, Error)]
pub enum Error {
    /// The password can't be read.
    #[error("`mail.password_file`: `{path}`: {source}")]
    PasswordFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is none in the file.
    #[error("`mail.password_file`: the first line of `{0}` is empty; write the password there")]
    NoPassword(PathBuf),
    /// No connection, or one that broke.
    #[error("the connection to the mail server `{server}` failed: {why}")]
    Connection {
        /// Host and port.
        server: String,
        /// What the system or TLS says.
        why: String,
    },
    /// It would have to be sent in clear.
    #[error(
        "the mail server `{0}` offers no STARTTLS, so nothing is sent to it; use `smtps://` if it speaks TLS at once"
    )]
    NoStartTls(String),
    /// It wants nobody to sign in, or in no way that is known here.
    #[error("the mail server `{0}` offers no way to sign in with a password; remove `mail.user` if it needs none")]
    NoLogin(String),
    /// User or password are wrong.
    #[error(
        "the mail server `{server}` does not accept `mail.user` with the password in `mail.password_file` ({code})"
    )]
    Login {
        /// Host and port.
        server: String,
        /// Its answer (RFC 4954, section 6).
        code: u16,
    },
    /// It takes no mail now.
    #[error("the mail server `{server}` takes no mail: {said}")]
    Closed {
        /// Host and port.
        server: String,
        /// Its answer, as far as it is harmless.
        said: String,
    },
    /// It does not take this letter.
    #[error("the mail server did not take a message: {0}")]
    Letter(String),
}

impl Error {
    /// Whether it is about one letter, so that others may go through.
    #[must_use]
    pub const fn is_about_the_letter(&self) -> bool {
        matches!(self, Self::Letter(_))
    }
}

/// A connection to the mail server, signed in.
pub struct Connection {
    mail: Mail,
    feed: String,
    smtp: SmtpConnection,
}

impl Connection {
    /// Connects and signs in. `feed` is the host of the public URL: the server is greeted with it, and letters are from it.
    ///
    /// # Errors
    /// The server can't be reached, is not the one that its certificate must be for, or refuses to be signed in to.
    pub fn open(mail: &Mail, feed: &str) -> Result<Self, Error> {
        let password = mail.login.as_ref().map(password).transpose()?;
        let host = mail.host.trim_start_matches('[').trim_end_matches(']');
        let server = || format!("{}:{}", mail.host, mail.port);
        let failed = |error: smtp::Error| connecting(server(), &error);
        let hello = ClientId::Domain(feed.to_owned());
        let tls = TlsParameters::new_rustls(host.to_owned()).map_err(failed)?;
        let at_once = (mail.tls == MailTls::AtOnce).then_some(&tls);
        let mut smtp =
            SmtpConnection::connect((host, mail.port), Some(PATIENCE), &hello, at_once, None).map_err(failed)?;
        if mail.tls == MailTls::StartTls {
            if !smtp.can_starttls() {
                smtp.abort();
                return Err(Error::NoStartTls(server()));
            }
            smtp.starttls(&tls, &hello).map_err(failed)?;
        }
        if let (Some(login), Some(password)) = (&mail.login, password) {
            let credentials = Credentials::new(login.user.clone(), password.to_string());
            let signed_in = smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            signed_in.map_err(|error| signing_in(server(), &error))?;
        }
        Ok(Self { mail: mail.clone(), feed: feed.to_owned(), smtp })
    }

    /// Sends a letter; what the server answered, as far as it is harmless. After an error the connection is good for nothing.
    ///
    /// # Errors
    /// The server does not take it, or the connection broke: then it may have been taken.
    pub fn send(&mut self, letter: &Letter, now: OffsetDateTime) -> Result<String, Error> {
        let message = message(&self.mail, &self.feed, letter, now)?;
        let answered = self.smtp.send(message.envelope(), &message.formatted());
        let answer = answered.map_err(|error| match error.status() {
            Some(code) => Error::Letter(said(code.into(), &error)),
            None => connecting(format!("{}:{}", self.mail.host, self.mail.port), &error),
        })?;
        let text = answer.message().collect::<Vec<_>>().join(" ");
        Ok(format!("{} {}", u16::from(answer.code()), harmless(&text)).trim_end().to_owned())
    }
}

impl Drop for Connection {
    /// Says goodbye. Nothing depends on it.
    fn drop(&mut self) {
        if !self.smtp.has_broken() {
            let _ = self.smtp.quit();
        }
    }
}

fn password(login: &MailLogin) -> Result<Zeroizing<String>, Error> {
    let path = &login.password_file;
    let text = fs::read_to_string(path).map_err(|source| Error::PasswordFile { path: path.clone(), source })?;
    let text = Zeroizing::new(text);
    match text.lines().next().unwrap_or_default() {
        "" => Err(Error::NoPassword(path.clone())),
        first => Ok(Zeroizing::new(first.to_owned())),
    }
}

/// What went wrong before there was a letter.
fn connecting(server: String, error: &smtp::Error) -> Error {
    match error.status() {
        Some(code) => Error::Closed { server, said: said(code.into(), error) },
        None if error.is_timeout() => {
            Error::Connection { server, why: format!("no answer within {} seconds", PATIENCE.as_secs()) }
        }
        // Not what the server said: of an answer that is none, lettre repeats nothing.
        None => Error::Connection { server, why: source(error) },
    }
}

fn signing_in(server: String, error: &smtp::Error) -> Error {
    match error.status() {
        Some(code) => Error::Login { server, code: code.into() },
        None if error.is_client() => Error::NoLogin(server),
        None => connecting(server, error),
    }
}

fn said(code: u16, error: &smtp::Error) -> String {
    format!("{code} {}", harmless(&source(error))).trim_end().to_owned()
}

/// What the innermost error says.
fn source(error: &smtp::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// `Auto-Submitted` (RFC 3834, section 5): nobody's vacation notice needs to answer.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn message(mail: &Mail, feed: &str, letter: &Letter, now: OffsetDateTime) -> Result<Message, Error> {
    // What can't be written never will be: the server would refuse it as well.
    let unwritable = |error: &dyn std::error::Error| Error::Letter(format!("it can't be written: {error}"));
    let address = |address: &EmailAddress| address.as_str().parse().map_err(|error| unwritable(&error));
    let builder: MessageBuilder = Message::builder()
        .from(Mailbox::new(Some(format!("Assay at {feed}")), address(&mail.from)?))
        .to(Mailbox::new(None, address(&letter.to)?))
        .subject(one_line(&letter.subject))
        .date(now.into())
        .message_id(Some(format!("<{}@{feed}>", one_line(&letter.id))))
        .header(AutoSubmitted)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN);
    builder.body(letter.text.to_string()).map_err(|error| unwritable(&error))
}

/// The text on one line of at most [`MAX_SUBJECT`] characters, so that nothing in it can be another header.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().take(MAX_SUBJECT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            host: "mail.example".to_owned(),
            port: 465,
            tls: MailTls::AtOnce,
            login: None,
            from: "assay@feed.example".parse().unwrap(),
        }
    }

    fn written(letter: &Letter) -> String {
        let message = message(&mail(), "feed.example", letter, OffsetDateTime::UNIX_EPOCH).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    fn letter(subject: &str, text: &str) -> Letter {
        let to = "ann@example.com".parse().unwrap();
        Letter { to, subject: subject.to_owned(), text: Zeroizing::new(text.to_owned()), id: "1.a".to_owned() }
    }

    #[test]
    fn a_letter_is_plain_text_from_the_feed() {
        insta::assert_snapshot!(written(&letter("feed.example: a key ends", "Hello ann,\n\nthe key `ci` ends.\n")));
    }

    #[test]
    fn nothing_in_a_letter_becomes_a_header_or_a_recipient() {
        for evil in
            ["a\r\nBcc: x@example.com", "a\nBcc: x@example.com", "a\rBcc: x", "a\u{85}Bcc: x", "ä\r\n\r\nBcc: x"]
        {
            let mut letter = letter(evil, "text\r\n.\r\nMAIL FROM:<x@example.com>\r\nBcc: y@example.com");
            letter.id = evil.to_owned();
            let written = written(&letter);
            let (head, _) = written.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> =
                head.split("\r\n").filter(|line| !line.starts_with(' ')).filter_map(|l| l.split(':').next()).collect();
            assert_eq!(names.len(), 9, "{head}");
            assert!(!names.contains(&"Bcc"), "{head}");
        }
    }

    #[test]
    fn text_beyond_ascii_and_long_lines_pass_any_server() {
        let written = written(&letter("feed.example: größer", &format!("Grüße\n{}\n", "long ".repeat(500))));
        assert!(written.is_ascii() && written.lines().all(|line| line.len() <= 78), "{written}");
        assert!(written.contains("charset=utf-8") && written.contains("=?utf-8?"), "{written}");
    }

    #[test]
    fn every_address_that_can_be_confirmed_can_be_written_to() {
        for address in ["build@intranet", "Ann.O'Hara+nuget@mail.contoso.example", "a@b.co", "a=b@c", "x@1.example"] {
            let mut letter = letter("a", "b");
            letter.to = address.parse().unwrap();
            assert!(written(&letter).contains(&format!("To: {address}\r\n")), "{address}");
        }
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let login = MailLogin { user: "ann".to_owned(), password_file: file.path().to_owned() };
        for (text, expected) in
            [("secret", Some("secret")), ("se cret \nmore\n", Some("se cret ")), ("", None), ("\n", None)]
        {
            fs::write(&file, text).unwrap();
            assert_eq!(password(&login).ok().as_deref().map(String::as_str), expected, "{text:?}");
        }
        fs::remove_file(&file).unwrap();
        assert!(password(&login).unwrap_err().to_string().starts_with("`mail.password_file`: `/"));
    }
}
