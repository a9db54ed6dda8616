//! Where one goes after a form: the page that one came from.
//!
//! It travels through addresses and hidden fields that anybody may have made, so there is one way in: [`ReturnTo::parse`].

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use super::posted::Posted;

/// The name of the field, and of the parameter in an address.
const FIELD: &str = "return_to";
/// The longest that is kept, in bytes: an address bar's worth.
const MAX_RETURN_TO: usize = 500;

/// A path below the public URL with its query, without a slash at its beginning: it leads to no other host. The default is the
/// start page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(in crate::web) struct ReturnTo(String);

/// The query of a page that leads on. What leads elsewhere counts as the start page.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    /// Where to.
    #[serde(default)]
    pub return_to: ReturnTo,
}

impl ReturnTo {
    /// The page of that address; `None` for whatever could lead to another host or out of the public URL.
    pub fn parse(address: &str) -> Option<Self> {
        // No colon: a scheme needs one. No backslash: browsers take it for a slash.
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%?=&+,*".contains(&byte);
        let fits = address.len() <= MAX_RETURN_TO && address.bytes().all(harmless);
        let below = !address.starts_with('/') && !address.contains("//");
        (fits && below && !address.split(['/', '?']).any(leads_up)).then(|| Self(address.to_owned()))
    }

    /// What a form brings along; `None` when that leads elsewhere. Without the field it is the start page.
    pub fn of(posted: &Posted) -> Option<Self> {
        Self::parse(posted.text(FIELD))
    }

    /// The address, to be redirected or linked to.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// The same but for the start page, which nobody comes back to on purpose.
    pub fn unless_start(&self) -> Option<&str> {
        Some(self.address()).filter(|address| !address.is_empty())
    }

    /// The address of a page that leads on to here. The start page is where it leads to anyway.
    pub fn after(&self, page: &str) -> String {
        match self.unless_start() {
            Some(address) => format!("{page}?{FIELD}={}", utf8_percent_encode(address, NON_ALPHANUMERIC)),
            None => page.to_owned(),
        }
    }

    /// The hidden field by which a form brings it along.
    pub fn field(&self) -> Markup {
        html! { input type="hidden" name=(FIELD) value=(self.0); }
    }
}

impl From<String> for ReturnTo {
    fn from(address: String) -> Self {
        Self::parse(&address).unwrap_or_default()
    }
}

/// Whether browsers go up at this part of a path. They do for encoded dots too (URL Standard, "double-dot URL path segment").
fn leads_up(part: &str) -> bool {
    percent_decode_str(part).eq(*b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(address: &str) -> ReturnTo {
        ReturnTo::parse(address).unwrap()
    }

    #[test]
    fn one_is_sent_back_to_this_server_and_nowhere_else() {
        for address in [
            "",
            "account/keys",
            "packages/Contoso.Core/manage",
            "admin/audit?actor=ann&page=2",
            "packages?q=Contoso.*",
            "packages/%C3%9Cber/manage",
        ] {
            assert_eq!(to(address).address(), address);
        }
        for address in [
            "/evil.example",
            "//evil.example",
            "https://evil.example",
            "a//b",
            "\\evil",
            "../up",
            "a/../b",
            "a/%2e%2E/b",
            ".%2e/b",
            "a\r\nb",
            "a\"><script>",
            "javascript:x",
            &"a".repeat(MAX_RETURN_TO + 1),
        ] {
            assert_eq!(ReturnTo::parse(address), None, "{address}");
            assert_eq!(ReturnTo::from(address.to_owned()), ReturnTo::default(), "{address}");
        }
    }

    #[test]
    fn what_a_page_hands_on_comes_back_as_it_was() {
        let asked = to("packages?q=Contoso.*&page=2");
        let address = asked.after("sign-in");
        assert_eq!(address, "sign-in?return_to=packages%3Fq%3DContoso%2E%2A%26page%3D2");
        let query = address.split_once('?').unwrap().1;
        let parsed = actix_web::web::Query::<Asked>::from_query(query).unwrap().into_inner();
        assert_eq!(parsed.return_to, asked);
        assert_eq!(
            asked.field().into_string(),
            "<input type=\"hidden\" name=\"return_to\" value=\"packages?q=Contoso.*&amp;page=2\">"
        );
    }

    #[test]
    fn the_start_page_is_left_out_and_may_be_replaced() {
        assert_eq!(to("").after("sign-in"), "sign-in");
        assert_eq!((to("").unless_start(), to("account/keys").unless_start()), (None, Some("account/keys")));
        let nothing = actix_web::web::Query::<Asked>::from_query("").unwrap();
        assert_eq!(nothing.return_to.address(), "");
    }
}
