//! Where a request goes: a URL that was judged before anything is resolved.
//!
//! Pure. What its name resolves to is judged later, by `resolve`.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

use crate::domain::allowed_hosts::{AllowedHosts, USUAL_PORTS};

/// Longest URL in bytes. Those of certificates have some dozens; an OCSP request in a GET adds about a hundred.
const MAX_LENGTH: usize = 2048;

/// A URL that may be asked, in the normal form of the WHATWG URL standard, without a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    url: Url,
    host: Host,
    port: u16,
    may_be_inside: bool,
    configured: bool,
}

/// Why a URL may not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTarget {
    /// More than 2048 bytes.
    #[error("the URL is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// No absolute URL with a host.
    #[error("`{url}` is not an absolute URL with a host")]
    NotAbsolute {
        /// The URL.
        url: String,
    },
    /// ldap, file and all others.
    #[error("`{url}` is neither http nor https")]
    Scheme {
        /// The URL.
        url: String,
    },
    /// `user:password@`. The URL is not shown: it has a secret.
    #[error("the URL carries credentials")]
    Credentials,
    /// A port that is neither 80 nor 443.
    #[error("port {port} of `{host}` is neither 80 nor 443; `revocation_hosts` can allow `{host}:{port}`")]
    Port {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
}

impl Target {
    /// A URL that a stranger wrote. Ports other than 80 and 443, and later addresses that are not public, are for the hosts
    /// of `inside` only.
    ///
    /// # Errors
    /// [`InvalidTarget`] names the broken rule.
    pub fn listed(url: &str, inside: &AllowedHosts) -> Result<Self, InvalidTarget> {
        let mut target = Self::read(url)?;
        target.may_be_inside = inside.lists(&target.host, target.port);
        if !USUAL_PORTS.contains(&target.port) && !target.may_be_inside {
            return Err(InvalidTarget::Port { host: target.host.to_string(), port: target.port });
        }
        Ok(target)
    }

    /// A URL that an administrator wrote: its host and port count as allowed by name. Everything else is as for
    /// [`listed`](Self::listed).
    ///
    /// # Errors
    /// [`InvalidTarget`] names the broken rule.
    pub fn configured(url: &str) -> Result<Self, InvalidTarget> {
        Ok(Self { may_be_inside: true, configured: true, ..Self::read(url)? })
    }

    /// The URL in its normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether its addresses may be others than public ones.
    #[must_use]
    pub fn may_be_inside(&self) -> bool {
        self.may_be_inside
    }

    /// Whether an administrator wrote the URL.
    pub(super) fn is_configured(&self) -> bool {
        self.configured
    }

    /// Whether the connection is protected by TLS.
    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    fn read(text: &str) -> Result<Self, InvalidTarget> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidTarget::TooLong);
        }
        let shown = || text.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(200).collect::<String>();
        let mut url = Url::parse(text).map_err(|_| InvalidTarget::NotAbsolute { url: shown() })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::Credentials);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidTarget::Scheme { url: shown() });
        }
        let (Some(host), Some(port)) = (url.host().map(|host| host.to_owned()), url.port_or_known_default()) else {
            return Err(InvalidTarget::NotAbsolute { url: shown() });
        };
        url.set_fragment(None);
        if url.as_str().len() > MAX_LENGTH {
            return Err(InvalidTarget::TooLong);
        }
        Ok(Self { url, host, port, may_be_inside: false, configured: false })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> AllowedHosts {
        text.parse().unwrap()
    }

    #[test]
    fn takes_urls_in_their_normal_form() {
        for (text, url, port) in [
            ("http://crl.example/a.crl", "http://crl.example/a.crl", 80),
            ("HTTPS://CRL.Example:443/a b#part", "https://crl.example/a%20b", 443),
            ("https://crl.example:80/", "https://crl.example:80/", 80),
            ("http:\\\\crl.example\\a", "http://crl.example/a", 80),
            ("http://2130706433/", "http://127.0.0.1/", 80),
            ("http://0x7f.1/", "http://127.0.0.1/", 80),
            ("http://[::1]/", "http://[::1]/", 80),
        ] {
            let target = Target::listed(text, &AllowedHosts::default()).unwrap();
            assert_eq!((target.as_str(), target.port(), target.may_be_inside()), (url, port, false), "{text}");
        }
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        let long = format!("http://crl.example/{}", "a".repeat(MAX_LENGTH));
        for (text, message) in [
            ("", "`` is not an absolute URL with a host"),
            ("crl.example/a", "`crl.example/a` is not an absolute URL with a host"),
            ("http://", "`http://` is not an absolute URL with a host"),
            ("ldap://crl.example/cn=a", "`ldap://crl.example/cn=a` is neither http nor https"),
            ("file:///etc/passwd", "`file:///etc/passwd` is neither http nor https"),
            ("gopher://crl.example/", "`gopher://crl.example/` is neither http nor https"),
            ("http://user@crl.example/", "the URL carries credentials"),
            ("http://:secret@crl.example/", "the URL carries credentials"),
            (
                "http://crl.example:6379/",
                "port 6379 of `crl.example` is neither 80 nor 443; `revocation_hosts` can allow `crl.example:6379`",
            ),
            (&long, "the URL is longer than 2048 characters"),
        ] {
            assert_eq!(Target::listed(text, &AllowedHosts::default()).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn a_listed_host_may_be_inside_and_a_listed_port_is_for_its_host_alone() {
        let inside = hosts("pki.corp:8080,ca.corp");
        for (url, expected) in [
            ("http://pki.corp/", Some(false)),
            ("http://pki.corp:8080/", Some(true)),
            ("http://PKI.corp.:8080/", Some(true)),
            ("http://pki.corp:8081/", None),
            ("http://ca.corp/", Some(true)),
            ("http://ca.corp:8080/", None),
            ("http://other.corp:8080/", None),
            ("http://pki.corp.evil.example/", Some(false)),
        ] {
            let target = Target::listed(url, &inside).ok();
            assert_eq!(target.map(|target| target.may_be_inside()), expected, "{url}");
        }
    }

    #[test]
    fn a_configured_url_lists_its_own_host_and_port() {
        let target = Target::configured("http://tsa.corp:318/tsr").unwrap();
        assert!(target.may_be_inside() && target.port() == 318);
        assert_eq!(Target::configured("http://a:b@tsa.corp/").unwrap_err(), InvalidTarget::Credentials);
        assert!(matches!(Target::configured("ftp://tsa.corp/"), Err(InvalidTarget::Scheme { .. })));
    }
}
