//! Hosts that the server may reach though they are inside: a list of names and addresses, some with a port.
//!
//! It compares what a URL says, and resolves nothing: a name that is not on the list is not allowed because its address
//! is.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;
use url::Host;

/// The ports of http and https.
pub const USUAL_PORTS: [u16; 2] = [80, 443];
/// Most hosts on a list. Each request into the network looks through it.
pub const MAX_HOSTS: usize = 256;

/// The hosts, in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<AllowedHost>);

/// `host` or `host:port`, in the normal form of the WHATWG URL standard.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHost {
    host: Host,
    /// The only port; those of http and https when there is none.
    port: Option<u16>,
}

/// Why a text is no list of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidAllowedHosts {
    /// An entry that is something else: a URL, a pattern, a network.
    #[error("`{0}` is not a host such as `pki.example` or `10.0.0.5:8080`")]
    Host(String),
    /// More than [`MAX_HOSTS`].
    #[error("the list has more than {MAX_HOSTS} hosts")]
    TooMany,
}

impl AllowedHosts {
    /// Whether `host` may be reached at `port`: at the ports of http and https for an entry without a port, else at that one.
    #[must_use]
    pub fn lists(&self, host: &Host, port: u16) -> bool {
        let fits = |allowed: &AllowedHost| allowed.port.map_or(USUAL_PORTS.contains(&port), |only| only == port);
        self.0.iter().any(|allowed| is_same(&allowed.host, host) && fits(allowed))
    }
}

/// Reads a list with commas; spaces around an entry and empty entries don't count.
impl FromStr for AllowedHosts {
    type Err = InvalidAllowedHosts;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let hosts: Vec<AllowedHost> = written.take(MAX_HOSTS + 1).map(str::parse).collect::<Result<_, _>>()?;
        if hosts.len() > MAX_HOSTS { Err(InvalidAllowedHosts::TooMany) } else { Ok(Self(hosts)) }
    }
}

impl FromStr for AllowedHost {
    type Err = InvalidAllowedHosts;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAllowedHosts::Host(text.chars().filter(|c| !c.is_control()).take(80).collect());
        // The colons of an IPv6 address stand in brackets, as in a URL.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            Some(port) if digits(port) => Some(port.parse().ok().filter(|port| *port != 0).ok_or_else(invalid)?),
            Some(_) => return Err(invalid()),
            None => None,
        };
        // A pattern looks like a name to the URL standard.
        if host.contains('*') {
            return Err(invalid());
        }
        Ok(Self { host: Host::parse(host).map_err(|_| invalid())?, port })
    }
}

impl Serialize for AllowedHosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for AllowedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, AllowedHost { host, port }) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            match port {
                Some(port) => write!(f, "{host}:{port}")?,
                None => write!(f, "{host}")?,
            }
        }
        Ok(())
    }
}

/// A name with a dot at its end is the same name.
fn is_same(one: &Host, other: &Host) -> bool {
    match (one, other) {
        (Host::Domain(one), Host::Domain(other)) => one.trim_end_matches('.') == other.trim_end_matches('.'),
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[test]
    fn a_list_is_read_and_written() {
        for (text, written) in [
            ("", ""),
            ("pki.corp", "pki.corp"),
            (" PKI.Corp , 10.0.0.5:8080 ,,[fd00::1]:81,[fd00::2]", "pki.corp,10.0.0.5:8080,[fd00::1]:81,[fd00::2]"),
        ] {
            let hosts: AllowedHosts = text.parse().unwrap();
            assert_eq!(hosts.to_string(), written);
            assert_eq!(written.parse::<AllowedHosts>().unwrap(), hosts);
        }
    }

    #[test]
    fn what_is_no_host_is_refused_by_name() {
        for text in [
            "http://pki.corp",
            "pki.corp/crl",
            "*.corp",
            "10.0.0.0/8",
            "pki.corp:",
            "pki.corp:0",
            "pki.corp:99999",
            "pki.corp:+80",
            "fd00::1",
            "[fd00::1",
            "a b",
            "user@pki.corp",
        ] {
            let error = text.parse::<AllowedHosts>().unwrap_err();
            assert_eq!(error, InvalidAllowedHosts::Host(text.to_owned()));
        }
        let many = vec!["a.example"; MAX_HOSTS + 1].join(",");
        assert_eq!(many.parse::<AllowedHosts>().unwrap_err(), InvalidAllowedHosts::TooMany);
        assert!(vec!["a.example"; MAX_HOSTS].join(",").parse::<AllowedHosts>().is_ok());
    }

    #[test]
    fn a_host_is_compared_by_its_name_and_not_by_its_end() {
        let hosts: AllowedHosts = "pki.corp,10.0.0.5".parse().unwrap();
        let lists = |name: &str| hosts.lists(&host(name), 80);
        assert!(lists("pki.corp") && lists("PKI.corp.") && lists("10.0.0.5") && lists("0x0a.5"));
        assert!(!lists("a.pki.corp") && !lists("corp") && !lists("xpki.corp") && !lists("10.0.0.50"));
    }

    #[test]
    fn an_entry_with_a_port_is_for_that_port_alone() {
        let hosts: AllowedHosts = "pki.corp,10.0.0.5:8080".parse().unwrap();
        let ports = |name: &str| [80, 443, 8080, 8081].map(|port| hosts.lists(&host(name), port));
        assert_eq!(ports("pki.corp"), [true, true, false, false]);
        assert_eq!(ports("10.0.0.5"), [false, false, true, false]);
    }
}
