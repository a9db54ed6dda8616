//! Proxies that are believed when they say whom they pass on: `trusted_proxies`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// Most entries. Each request that comes through a proxy looks through them.
pub const MAX_TRUSTED_PROXIES: usize = 64;

/// Addresses and networks of proxies. Empty: nobody is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    bits: u32,
}

/// Why a text is no list of proxies.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidProxies {
    /// Something else: a name, an IPv4 address written as IPv6.
    #[error("`{0}` is not an address or network such as `127.0.0.1`, `10.0.0.0/8` or `fd00::/8`")]
    Network(String),
    /// An address inside of the network instead of its first one: one of the two is not meant.
    #[error("`{written}` is not the first address of a network; write `{meant}`, or the address without `/`")]
    Inside {
        /// As it was written.
        written: String,
        /// The network that it lies in.
        meant: String,
    },
    /// All addresses there are.
    #[error("`{0}` is everybody: then every client could claim any address; name the proxies")]
    Everybody(String),
    /// More than [`MAX_TRUSTED_PROXIES`].
    #[error("there are more than {MAX_TRUSTED_PROXIES} entries")]
    TooMany,
}

impl TrustedProxies {
    /// Those of this machine.
    #[must_use]
    pub fn loopback() -> Self {
        let network = |first, bits| Network { first, bits };
        Self(vec![network(Ipv4Addr::new(127, 0, 0, 0).into(), 8), network(Ipv6Addr::LOCALHOST.into(), Ipv6Addr::BITS)])
    }

    /// The listed ones.
    ///
    /// # Errors
    /// The first entry that is none.
    pub fn listed<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidProxies> {
        let entries = entries.into_iter().take(MAX_TRUSTED_PROXIES + 1).map(|entry| entry.trim().parse());
        let networks: Vec<Network> = entries.collect::<Result<_, _>>()?;
        if networks.len() > MAX_TRUSTED_PROXIES { Err(InvalidProxies::TooMany) } else { Ok(Self(networks)) }
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| first_of(address, network.bits) == Some(network.first))
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written: Vec<String> = self.0.iter().map(Network::to_string).collect();
        f.write_str(&written.join(","))
    }
}

impl FromStr for Network {
    type Err = InvalidProxies;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
        let invalid = || InvalidProxies::Network(shown());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
        let digits = |bits: &&str| bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            Some(bits) => Some(bits).filter(digits).and_then(|bits| bits.parse().ok()).ok_or_else(invalid)?,
            None => most,
        };
        // Addresses are compared as IPv4 where they are.
        let first = first_of(address, bits).filter(|_| address == address.to_canonical()).ok_or_else(invalid)?;
        if bits == 0 {
            return Err(InvalidProxies::Everybody(shown()));
        }
        let network = Self { first, bits };
        if first == address {
            Ok(network)
        } else {
            Err(InvalidProxies::Inside { written: shown(), meant: network.to_string() })
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// The first address that has the first `bits` bits of `address`; `None` if it does not have so many.
fn first_of(address: IpAddr, bits: u32) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let others = Ipv4Addr::BITS.checked_sub(bits)?;
            Some(IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & u32::MAX.checked_shl(others).unwrap_or(0))))
        }
        IpAddr::V6(address) => {
            let others = Ipv6Addr::BITS.checked_sub(bits)?;
            Some(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(others).unwrap_or(0))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contain(list: &[&str], address: &str) -> bool {
        TrustedProxies::listed(list.iter().copied()).unwrap().contain(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_itself_and_a_network_all_that_begins_like_it() {
        assert!(contain(&["10.0.0.0/8"], "10.255.0.1") && !contain(&["10.0.0.0/8"], "11.0.0.0"));
        assert!(contain(&["192.0.2.7"], "192.0.2.7") && !contain(&["192.0.2.7"], "192.0.2.6"));
        assert!(contain(&["192.0.2.6/31"], "192.0.2.7") && !contain(&["192.0.2.6/31"], "192.0.2.8"));
        assert!(contain(&["fd00::/8", "::1"], "fdff::1") && contain(&["fd00::/8", "::1"], "::1"));
        assert!(!contain(&["::1"], "::2") && !contain(&[], "127.0.0.1"));
    }

    #[test]
    fn ipv4_in_the_clothes_of_ipv6_is_ipv4() {
        assert!(contain(&["10.0.0.0/8"], "::ffff:10.1.2.3") && !contain(&["::/1"], "10.1.2.3"));
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        let loopback = TrustedProxies::loopback();
        for (address, is) in
            [("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("10.0.0.1", false), ("::2", false)]
        {
            assert_eq!(loopback.contain(address.parse().unwrap()), is, "{address}");
        }
        assert_eq!(loopback.to_string(), "127.0.0.0/8,::1/128");
    }

    #[test]
    fn what_is_no_network_is_refused_by_name() {
        for text in [
            "",
            "proxy.example",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "::1/129",
            "10.0.0.1:80",
            "[::1]",
            "::ffff:10.0.0.0",
            "::ffff:10.0.0.0/104",
            "*",
        ] {
            let error = TrustedProxies::listed([text]).unwrap_err();
            assert_eq!(error, InvalidProxies::Network(text.to_owned()));
        }
        assert_eq!(
            TrustedProxies::listed(["10.1.2.3/8"]).unwrap_err().to_string(),
            "`10.1.2.3/8` is not the first address of a network; write `10.0.0.0/8`, or the address without `/`"
        );
        for text in ["0.0.0.0/0", "::/0"] {
            assert_eq!(TrustedProxies::listed([text]).unwrap_err(), InvalidProxies::Everybody(text.to_owned()));
        }
    }

    #[test]
    fn a_list_has_64_entries_at_most() {
        assert!(TrustedProxies::listed(["::1"; MAX_TRUSTED_PROXIES]).is_ok());
        assert_eq!(TrustedProxies::listed(["::1"; MAX_TRUSTED_PROXIES + 1]), Err(InvalidProxies::TooMany));
    }
}
