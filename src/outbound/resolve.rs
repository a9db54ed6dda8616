//! From a host to the addresses that a connection may go to.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use url::Host;

use super::address::special_range;
use super::error::Error;
use super::target::Target;

/// Most addresses that are tried. A name with more of them is odd, and each costs time.
pub(super) const MAX_ADDRESSES: usize = 16;

/// How names become addresses: the system's way, or that of a test.
pub(super) type Lookup = fn(&str) -> io::Result<Vec<IpAddr>>;

/// Asks the system: hosts file, DNS.
pub(super) fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

/// Resolves the host of `target` once, and keeps the addresses that it may have.
pub(super) fn resolve(target: &Target, lookup: Lookup, until: Instant) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = match target.host() {
        Host::Ipv4(address) => vec![IpAddr::V4(*address)],
        Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        Host::Domain(name) => in_time(name, lookup, until)?,
    };
    let allowed = allowed(target, &found)?;
    Ok(allowed.into_iter().map(|address| SocketAddr::new(address, target.port())).collect())
}

/// Why there is no address.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// The resolver was too slow.
    Timeout,
    /// It said no, or what it said is not allowed.
    Refused(Error),
}

impl From<Error> for Unresolved {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Those of `found` that `target` may be reached at.
///
/// A name can have public and other addresses at once, the latter to get a server to connect to its neighbours. They are
/// left out, and the connection goes to what is left.
fn allowed(target: &Target, found: &[IpAddr]) -> Result<Vec<IpAddr>, Error> {
    let host = || target.host().to_string();
    let Some(first) = found.first() else {
        return Err(Error::Name { host: host(), reason: "it has none".to_owned() });
    };
    let mut allowed: Vec<IpAddr> = found.to_vec();
    if !target.may_be_inside() {
        allowed.retain(|address| special_range(*address).is_none());
    }
    allowed.truncate(MAX_ADDRESSES);
    match special_range(*first) {
        Some(range) if allowed.is_empty() => Err(Error::Inside { host: host(), address: *first, range }),
        _ => Ok(allowed),
    }
}

/// The system's resolver knows no deadline: it gets a thread of its own, which is left behind when it is too slow.
fn in_time(name: &str, lookup: Lookup, until: Instant) -> Result<Vec<IpAddr>, Unresolved> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let owned = name.to_owned();
    let asked = thread::Builder::new().name("resolve".to_owned()).spawn(move || sender.send(lookup(&owned)));
    let unknown = |reason: String| Error::Name { host: name.to_owned(), reason };
    asked.map_err(|error| unknown(error.to_string()))?;
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    match receiver.recv_timeout(left) {
        Ok(answer) => Ok(answer.map_err(|error| unknown(error.to_string()))?),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Unresolved::Timeout),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(unknown("the resolver stopped".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allowed_hosts::AllowedHosts;

    fn resolved(inside: &str, lookup: Lookup) -> Result<Vec<SocketAddr>, Error> {
        let target = Target::listed("http://crl.example/", &inside.parse::<AllowedHosts>().unwrap()).unwrap();
        match resolve(&target, lookup, Instant::now() + Duration::from_secs(5)) {
            Ok(addresses) => Ok(addresses),
            Err(Unresolved::Refused(error)) => Err(error),
            Err(Unresolved::Timeout) => panic!("in time"),
        }
    }

    fn addresses(texts: &[&str]) -> io::Result<Vec<IpAddr>> {
        Ok(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn of_a_mixed_answer_only_the_public_addresses_are_left() {
        let mixed: Lookup = |_| addresses(&["10.0.0.1", "93.184.215.14", "::1", "::ffff:127.0.0.1", "2606:4700::1111"]);
        let kept = resolved("", mixed).unwrap();
        assert_eq!(kept, ["93.184.215.14:80".parse().unwrap(), "[2606:4700::1111]:80".parse().unwrap()]);
        assert_eq!(resolved("crl.example", mixed).unwrap().len(), 5);
        assert_eq!(resolved("other.example", mixed).unwrap().len(), 2);
    }

    #[test]
    fn a_name_with_no_public_address_is_refused_with_its_first() {
        let error = resolved("", |_| addresses(&["169.254.169.254", "127.0.0.1"])).unwrap_err().to_string();
        assert!(error.contains("169.254.169.254 (link-local)"), "{error}");
        assert!(resolved("crl.example", |_| addresses(&["127.0.0.1"])).is_ok());
    }

    #[test]
    fn a_name_without_an_address_is_an_error_and_many_are_cut() {
        assert!(matches!(resolved("", |_| Ok(Vec::new())), Err(Error::Name { .. })));
        assert!(matches!(resolved("", |_| Err(io::ErrorKind::NotFound.into())), Err(Error::Name { .. })));
        let many: Lookup = |_| Ok(vec!["93.184.215.14".parse().unwrap(); 100]);
        assert_eq!(resolved("", many).unwrap().len(), MAX_ADDRESSES);
    }

    #[test]
    fn a_slow_resolver_is_left_behind() {
        let slow: Lookup = |_| {
            thread::sleep(Duration::from_secs(5));
            addresses(&["93.184.215.14"])
        };
        let target = Target::listed("http://crl.example/", &AllowedHosts::default()).unwrap();
        let begin = Instant::now();
        let answer = resolve(&target, slow, begin + Duration::from_millis(50));
        assert!(matches!(answer, Err(Unresolved::Timeout)));
        assert!(begin.elapsed() < Duration::from_secs(2));
    }
}
