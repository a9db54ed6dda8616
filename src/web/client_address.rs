//! The address a request comes from, and what counts as one address when tries are slowed.
//!
//! Behind a proxy every request comes from the proxy, which says in `X-Forwarded-For` whom it passes on: it appends the address
//! that it sees to what the client sent. So the right end is what a proxy of ours wrote, and everything to the left of
//! the first address that is not one of ours may be made up. `Forwarded` (RFC 7239) is not read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;

use crate::config::TrustedProxies;

/// The header.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The bits of an IPv6 address that a provider gives to one customer at least (RFC 6177): the rest is theirs to change.
const IPV6_NETWORK_BITS: u32 = 64;

/// The client of `request`.
pub(in crate::web) fn of_request(request: &HttpRequest, trusted: &TrustedProxies) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip());
    let forwarded = request.headers().get_all(FORWARDED_FOR).map(|value| value.as_bytes());
    client_address(peer, forwarded, trusted)
}

/// Who is behind `peer`: the rightmost address in `forwarded`, the values of `X-Forwarded-For` in their order, that is not a
/// trusted proxy. `peer` itself if it is none of them, or if something that is no address stands there: a client that
/// writes garbage is slowed together with the proxy.
pub(in crate::web) fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl IntoIterator<Item = &'a [u8]>,
    trusted: &TrustedProxies,
) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contain(peer) {
        return peer;
    }
    let written = forwarded.into_iter().flat_map(|value| value.split(|byte| *byte == b','));
    let hops: Vec<&[u8]> = written.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        match address(hop) {
            None => return peer,
            Some(hop) if trusted.contain(hop) => client = hop,
            Some(hop) => return hop,
        }
    }
    // All of them are proxies of ours: the first one asks for itself.
    client
}

/// `address` as the throttle counts it: IPv4 by itself, IPv6 by its network. An IPv4 address in the clothes of IPv6 is itself.
pub(in crate::web) fn throttle_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (Ipv6Addr::BITS - IPV6_NETWORK_BITS))))
        }
        address => address,
    }
}

/// An address, as some proxies write it with a port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn trusted() -> TrustedProxies {
        TrustedProxies::listed(["10.0.0.0/24", "fd00::1"]).unwrap()
    }

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let values = forwarded.iter().map(|value| value.as_bytes());
        client_address(peer.parse().unwrap(), values, &trusted()).to_string()
    }

    #[test]
    fn the_client_is_the_last_one_that_no_proxy_of_ours_is() {
        for (peer, forwarded, expected) in [
            // Nobody is between.
            ("203.0.113.9", &[][..], "203.0.113.9"),
            (PROXY, &[], PROXY),
            (PROXY, &[""], PROXY),
            // One proxy, two in a row, one that speaks IPv6, one that repeats the header, one that writes ports.
            (PROXY, &["203.0.113.9"], "203.0.113.9"),
            (PROXY, &["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            (PROXY, &["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
            (PROXY, &["203.0.113.9:50123"], "203.0.113.9"),
            (PROXY, &["[2001:db8::7]:50123"], "2001:db8::7"),
            (PROXY, &["[2001:db8::7]"], "2001:db8::7"),
            (PROXY, &[" 203.0.113.9 ,, 10.0.0.2 ,"], "203.0.113.9"),
            // A check of health by a proxy itself.
            (PROXY, &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(client(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn nobody_can_pretend_to_be_somebody_else() {
        for (peer, forwarded, expected) in [
            // Without a proxy the header is the client's own word.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1, 10.0.0.1"], "203.0.113.9"),
            // With one, what the client sent stands to the left, in one header or two.
            (PROXY, &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (PROXY, &["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            (PROXY, &["198.51.100.1, 10.0.0.2, 203.0.113.9"], "203.0.113.9"),
            (PROXY, &["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
            (PROXY, &["'; DROP TABLE account; --, 203.0.113.9"], "203.0.113.9"),
            // Behind a proxy that appends nothing, garbage is worth nothing.
            (PROXY, &["unknown"], PROXY),
            (PROXY, &["_hidden"], PROXY),
            (PROXY, &["198.51.100.1, garbage"], PROXY),
            (PROXY, &["198.51.100.1, garbage, 10.0.0.2"], PROXY),
            (PROXY, &["198.51.100.1 203.0.113.9"], PROXY),
            (PROXY, &["fe80::1%eth0"], PROXY),
            (PROXY, &["203.0.113.999"], PROXY),
            (PROXY, &["0x0a.0.0.1"], PROXY),
        ] {
            assert_eq!(client(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
        let bytes = client_address(PROXY.parse().unwrap(), [&b"198.51.100.1, \xff\xfe"[..]], &trusted());
        assert_eq!(bytes.to_string(), PROXY);
    }

    #[test]
    fn a_request_is_read_with_all_of_its_headers_in_their_order() {
        let request = TestRequest::default()
            .peer_addr("10.0.0.1:40000".parse().unwrap())
            .append_header((FORWARDED_FOR, "198.51.100.1"))
            .append_header(("X-Forwarded-For", "203.0.113.9"))
            .append_header((FORWARDED_FOR, "10.0.0.2"))
            .to_http_request();
        assert_eq!(of_request(&request, &trusted()).to_string(), "203.0.113.9");
        assert_eq!(of_request(&request, &TrustedProxies::default()).to_string(), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_address_counts_with_its_neighbours_and_an_ipv4_address_alone() {
        let key = |address: &str| throttle_key(address.parse().unwrap()).to_string();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(key("2001:db8:1:3::1"), key("2001:db8:1:2::1"));
        assert_eq!((key("203.0.113.9"), key("::ffff:203.0.113.9")), ("203.0.113.9".into(), "203.0.113.9".into()));
    }
}
