//! Which addresses are public.
//!
//! Pure. The ranges are those of the IANA special-purpose registries
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>,
//! RFC 6890 and its updates), multicast, and what is not assigned for global use. Ranges that the registries call globally
//! reachable (anycast of AS112, TURN and the like) are not public here either: no certificate authority lives there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type V4 = (Ipv4Addr, u32, &'static str);
type V6 = (Ipv6Addr, u32, &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32, name: &'static str) -> V4 {
    (Ipv4Addr::new(a, b, c, d), bits, name)
}

const fn v6(first: [u16; 4], bits: u32, name: &'static str) -> V6 {
    (Ipv6Addr::new(first[0], first[1], first[2], first[3], 0, 0, 0, 0), bits, name)
}

const SPECIAL_V4: [V4; 18] = [
    v4(0, 0, 0, 0, 8, "this network"),
    v4(10, 0, 0, 0, 8, "private"),
    v4(100, 64, 0, 0, 10, "shared (carrier NAT)"),
    v4(127, 0, 0, 0, 8, "loopback"),
    v4(169, 254, 0, 0, 16, "link-local"),
    v4(172, 16, 0, 0, 12, "private"),
    v4(192, 0, 0, 0, 24, "protocol assignments"),
    v4(192, 0, 2, 0, 24, "documentation"),
    v4(192, 31, 196, 0, 24, "AS112"),
    v4(192, 52, 193, 0, 24, "AMT"),
    v4(192, 88, 99, 0, 24, "6to4 relay"),
    v4(192, 168, 0, 0, 16, "private"),
    v4(192, 175, 48, 0, 24, "AS112"),
    v4(198, 18, 0, 0, 15, "benchmarking"),
    v4(198, 51, 100, 0, 24, "documentation"),
    v4(203, 0, 113, 0, 24, "documentation"),
    v4(224, 0, 0, 0, 4, "multicast"),
    v4(240, 0, 0, 0, 4, "reserved"),
];

/// All of the special ranges inside 2000::/3; outside of it there are names for some, and nothing is public.
const SPECIAL_V6: [V6; 14] = [
    v6([0x0064, 0xff9b, 1, 0], 48, "local NAT64"),
    v6([0x0100, 0, 0, 0], 64, "discard-only"),
    v6([0x0100, 0, 0, 1], 64, "dummy prefix"),
    v6([0x2001, 0, 0, 0], 32, "Teredo"),
    v6([0x2001, 0, 0, 0], 23, "protocol assignments"),
    v6([0x2001, 0x0db8, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0], 16, "6to4"),
    v6([0x2620, 0x004f, 0x8000, 0], 48, "AS112"),
    v6([0x3fff, 0, 0, 0], 20, "documentation"),
    v6([0x5f00, 0, 0, 0], 16, "segment routing"),
    v6([0xfc00, 0, 0, 0], 7, "unique local"),
    v6([0xfe80, 0, 0, 0], 10, "link-local"),
    v6([0xfec0, 0, 0, 0], 10, "site-local"),
    v6([0xff00, 0, 0, 0], 8, "multicast"),
];

/// What IPv6 addresses are given out from (RFC 4291, section 2.4, and the IANA IPv6 address space).
const GLOBAL_UNICAST: V6 = v6([0x2000, 0, 0, 0], 3, "");
/// IPv4 addresses in the clothes of IPv6: the socket connects to the IPv4 address (RFC 4291, section 2.5.5.2).
const MAPPED: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
/// IPv4 addresses that a translator turns back (RFC 6052, section 2.1).
const NAT64: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);

/// The name of the special-purpose range that `address` lies in; `None` for a public one.
///
/// An IPv4 address inside of an IPv6 one (mapped, or the well-known prefix of NAT64) is judged as itself. 6to4 and Teredo,
/// whose addresses carry others too, are never public.
pub(super) fn special_range(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => special_v4(inner),
            None => special_v6(address),
        },
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let inside = |(first, bits, _): &&V4| (address.to_bits() ^ first.to_bits()) >> (32 - bits) == 0;
    SPECIAL_V4.iter().find(inside).map(|(_, _, name)| *name)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_loopback() {
        return Some("loopback");
    }
    if address.is_unspecified() {
        return Some("unspecified");
    }
    let inside = |(first, bits, _): &&V6| (address.to_bits() ^ first.to_bits()) >> (128 - bits) == 0;
    let named = SPECIAL_V6.iter().find(inside).map(|(_, _, name)| *name);
    named.or_else(|| (!inside(&&GLOBAL_UNICAST)).then_some("unassigned"))
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = address.octets();
    let is_in = |prefix: Ipv6Addr| (address.to_bits() ^ prefix.to_bits()) >> 32 == 0;
    (is_in(MAPPED) || is_in(NAT64)).then(|| Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(address: &str) -> Option<&'static str> {
        special_range(address.parse().unwrap())
    }

    /// First and last address of every entry of the two registries (as of 2025), and of what is special besides.
    #[test]
    fn every_special_purpose_range_is_known_from_its_first_to_its_last_address() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.0.0", "192.0.0.7"),
            ("192.0.0.8", "192.0.0.8"),
            ("192.0.0.9", "192.0.0.10"),
            ("192.0.0.170", "192.0.0.171"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.31.196.0", "192.31.196.255"),
            ("192.52.193.0", "192.52.193.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("192.175.48.0", "192.175.48.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.254"),
            ("255.255.255.255", "255.255.255.255"),
            ("::", "::1"),
            ("::2", "::ffff"),
            ("::7f00:1", "::a9fe:a9fe"),
            ("::ffff:0:7f00:1", "::ffff:0:7f00:1"),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
            ("100::", "100::ffff:ffff:ffff:ffff"),
            ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:1::1", "2001:1::3"),
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"),
            ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff"),
            ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            assert!(range(first).is_some(), "{first}");
            assert!(range(last).is_some(), "{last}");
        }
    }

    #[test]
    fn an_ipv4_address_inside_of_an_ipv6_one_is_judged_as_itself() {
        for (first, _, _) in SPECIAL_V4 {
            let [a, b, c, d] = first.octets();
            let low = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
            for (what, address) in [
                ("mapped", Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, low[0], low[1])),
                ("compatible", Ipv6Addr::new(0, 0, 0, 0, 0, 0, low[0], low[1])),
                ("NAT64", Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, low[0], low[1])),
                ("6to4", Ipv6Addr::new(0x2002, low[0], low[1], 0, 0, 0, 0, 1)),
                ("Teredo", Ipv6Addr::new(0x2001, 0, low[0], low[1], 0, 0, 0, 0)),
            ] {
                assert!(special_range(address.into()).is_some(), "{what} {address}");
            }
        }
        assert_eq!(range("::ffff:169.254.169.254"), Some("link-local"));
        assert_eq!(range("64:ff9b::10.0.0.1"), Some("private"));
        assert_eq!(range("::ffff:8.8.8.8"), None);
        assert_eq!(range("64:ff9b::8.8.8.8"), None);
    }

    #[test]
    fn the_neighbours_of_the_ranges_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2003::",
            "2606:4700::1111",
            "3ffe:ffff::",
            "3fff:1000::",
        ] {
            assert_eq!(range(address), None, "{address}");
        }
    }
}
