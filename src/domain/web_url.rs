//! A link that a package gives to the outside: project page, icon, licence.
//!
//! It only says that clients can read the address. It does not know whether anything answers there.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Longest link in bytes (<https://learn.microsoft.com/nuget/reference/nuspec>).
pub const MAX_LENGTH: usize = 4000;

/// An absolute http or https URL without credentials, in the normal form of the WHATWG URL standard, ASCII only.
///
/// Stricter than that standard about host names: the official client builds a .NET `Uri` out of an icon address while
/// it reads a page of the registration, and one that it can't read spoils the whole page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUrl(String);

impl WebUrl {
    /// Reads a link.
    ///
    /// # Errors
    /// [`InvalidWebUrl`] names the broken rule.
    pub fn parse(text: &str) -> Result<Self, InvalidWebUrl> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(InvalidWebUrl::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidWebUrl::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidWebUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidWebUrl::Credentials);
        }
        if !url.host().is_some_and(|host| is_plain(&host)) {
            return Err(InvalidWebUrl::Host);
        }
        if url.as_str().len() > MAX_LENGTH {
            return Err(InvalidWebUrl::TooLong);
        }
        Ok(Self(url.into()))
    }

    /// The link, fit for HTML attributes and JSON after the usual escaping.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a link that may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebUrl {
    /// More than [`MAX_LENGTH`] bytes, before or after percent-encoding.
    #[error("is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Relative, or no URL at all.
    #[error("is not an absolute URL")]
    NotAbsolute,
    /// Neither http nor https; `javascript:` links of hostile packages end here.
    #[error("is neither http nor https")]
    Scheme,
    /// `user:password@`.
    #[error("carries credentials")]
    Credentials,
    /// A host that is no IP address and no DNS name.
    #[error("has a host name that clients can't read")]
    Host,
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WebUrl {
    type Error = InvalidWebUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<WebUrl> for String {
    fn from(url: WebUrl) -> Self {
        url.0
    }
}

fn is_plain(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else {
        return true;
    };
    name.len() <= 253
        && name.strip_suffix('.').unwrap_or(name).split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_absolute_web_links_in_normal_form() {
        for (text, normal) in [
            (" https://example.org ", "https://example.org/"),
            ("HTTP://Example.org/a b", "http://example.org/a%20b"),
            ("https://example.org/\u{e9}", "https://example.org/%C3%A9"),
            ("https://[::1]:8/x?y#z", "https://[::1]:8/x?y#z"),
            ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example/"),
        ] {
            let url = WebUrl::parse(text).unwrap();
            assert_eq!(url.as_str(), normal);
            assert_eq!(WebUrl::parse(url.as_str()).unwrap(), url);
        }
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        let long = format!("https://example.org/{}", "a".repeat(4000));
        for (text, error) in [
            ("", InvalidWebUrl::NotAbsolute),
            ("http://", InvalidWebUrl::NotAbsolute),
            ("//example.org/", InvalidWebUrl::NotAbsolute),
            ("icon.png", InvalidWebUrl::NotAbsolute),
            ("https://example.org:99999/", InvalidWebUrl::NotAbsolute),
            ("javascript:alert(1)", InvalidWebUrl::Scheme),
            ("file:///etc/passwd", InvalidWebUrl::Scheme),
            ("C:\\icon.png", InvalidWebUrl::Scheme),
            ("https://user:secret@example.org/", InvalidWebUrl::Credentials),
            ("https://a..b/", InvalidWebUrl::Host),
            ("https://-a.example/", InvalidWebUrl::Host),
            (&long, InvalidWebUrl::TooLong),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap_err(), error, "{text}");
        }
    }
}
