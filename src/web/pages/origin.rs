//! From where a request comes, as the browser says: whether from our own pages, and from which.

use actix_web::http::header::{HOST, HeaderMap, REFERER};
use url::Url;

use super::return_to::ReturnTo;

/// Whether an origin is that of `public`, the public URL, or that of the host that the request itself was sent to.
pub(super) fn is_own(origin: &str, headers: &HeaderMap, public: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    if Url::parse(public).is_ok_and(|public| public.origin() == origin.origin()) {
        return true;
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    host.is_some_and(|host| {
        origin.as_str().split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/') == host)
    })
}

/// The page of ours that the browser shows while it asks: with the form that is sent, or the link that is followed. `home` is the
/// path of the public URL, with a slash at its end. Nothing may depend on it: anybody can leave the header out, or make one up.
pub(super) fn page_before(headers: &HeaderMap, public: &str, home: &str) -> Option<ReturnTo> {
    let before = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    if !is_own(&before.origin().ascii_serialization(), headers, public) {
        return None;
    }
    let query = before.query().map(|query| format!("?{query}")).unwrap_or_default();
    ReturnTo::parse(&format!("{}{query}", before.path().strip_prefix(home)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_before_is_one_of_our_own_or_none() {
        let before = |referer: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "127.0.0.1:5080".parse().unwrap());
            headers.insert(REFERER, referer.parse().unwrap());
            page_before(&headers, "https://feed.example/x/", "/x/").map(|page| page.address().to_owned())
        };
        for (referer, expected) in [
            ("https://feed.example/x/account/keys/new?like=7", Some("account/keys/new?like=7")),
            ("https://feed.example/x/", Some("")),
            ("http://127.0.0.1:5080/x/account", Some("account")),
            ("https://feed.example/account", None),
            ("https://evil.example/x/account", None),
            ("https://feed.example:444/x/account", None),
            ("https://feed.example/x//evil.example", None),
            ("account", None),
            ("", None),
        ] {
            assert_eq!(before(referer).as_deref(), expected, "{referer}");
        }
        assert!(page_before(&HeaderMap::new(), "https://feed.example/", "/").is_none());
    }
}
