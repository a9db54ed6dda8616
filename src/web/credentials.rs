//! What a request brings to prove who sends it, read from the headers alone.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::domain::api_key::ApiKey;

/// Longest `Authorization` value that is looked at: a name, a password and some room.
const MAX_AUTHORIZATION: usize = 2048;

/// The header that NuGet clients put a key into.
pub(super) const API_KEY_HEADER: &str = "X-NuGet-ApiKey";

/// A name and a secret of the Basic scheme (RFC 7617). The secret is wiped when dropped and never printed.
pub(super) struct Basic {
    /// May be empty or anything at all when the secret is a key.
    pub user: String,
    /// A password or a key.
    pub secret: Zeroizing<String>,
}

/// The key in `X-NuGet-ApiKey`: `None` without the header, `Some(None)` when it is no key of ours.
pub(super) fn api_key(headers: &HeaderMap) -> Option<Option<ApiKey>> {
    let value = headers.get(API_KEY_HEADER)?;
    Some(value.to_str().ok().and_then(|text| text.trim().parse().ok()))
}

/// The Basic credentials: `None` without any, or with what can't be read. The text is UTF-8, as the .NET client sends
/// it, or else Latin-1.
pub(super) fn basic(headers: &HeaderMap) -> Option<Basic> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") || value.len() > MAX_AUTHORIZATION {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_ascii()).ok()?);
    let text = Zeroizing::new(match std::str::from_utf8(&decoded) {
        Ok(text) => text.to_owned(),
        Err(_) => decoded.iter().map(|byte| char::from(*byte)).collect(),
    });
    let (user, secret) = text.split_once(':')?;
    Some(Basic { user: user.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(value: &[u8]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        basic(&headers).map(|basic| (basic.user, basic.secret.to_string()))
    }

    #[test]
    fn the_password_begins_after_the_first_colon() {
        assert_eq!(read(b"Basic Ym9iOnB3OjE="), Some(("bob".into(), "pw:1".into())));
        assert_eq!(read(b"basic OnRva2Vu"), Some((String::new(), "token".into())));
    }

    #[test]
    fn utf8_is_understood_and_latin1_too() {
        let encode = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
        assert_eq!(read(encode("ann:pässwörd".as_bytes()).as_bytes()).unwrap().1, "pässwörd");
        assert_eq!(read(encode(b"ann:p\xe4ss").as_bytes()).unwrap().1, "päss");
    }

    #[test]
    fn what_is_no_basic_is_nothing() {
        for value in ["Bearer abc", "Basic", "Basic !!!", "Basic Ym9i", "B", ""] {
            assert_eq!(read(value.as_bytes()), None, "`{value}`");
        }
        assert_eq!(read(format!("Basic {}", "A".repeat(3000)).as_bytes()), None);
    }
}
