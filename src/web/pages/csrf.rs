//! The token that every form carries, so that no other site can post in somebody's name.
//!
//! It is made of the secret in the visitor's own cookie, so it needs no row and can't be made by anybody else.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, Render, html};
use subtle::ConstantTimeEq;

/// The name of the hidden field. In a form with files it is the first field, and checked before a file is read.
pub(in crate::web) const FIELD: &str = "csrf";

/// The token of one visitor. Rendered, it is the hidden field.
#[derive(Clone)]
pub(in crate::web) struct CsrfToken(String);

impl CsrfToken {
    /// The token of the visitor whose cookie holds `secret`.
    pub fn of(secret: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"assay csrf 1")))
    }

    /// Whether `posted` is this token, in constant time.
    pub fn is(&self, posted: &str) -> bool {
        self.0.as_bytes().ct_eq(posted.as_bytes()).into()
    }
}

impl Render for CsrfToken {
    fn render(&self) -> Markup {
        html! { input type="hidden" name=(FIELD) value=(self.0); }
    }
}

#[cfg(test)]
impl CsrfToken {
    /// What the hidden field sends.
    pub fn rendered_value(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_worth_something_for_its_own_cookie_only() {
        let token = CsrfToken::of("one cookie");
        let field = token.render().into_string();
        let value = field.split("value=\"").nth(1).unwrap().trim_end_matches("\">");
        assert!(token.is(value));
        assert!(!CsrfToken::of("another cookie").is(value));
        assert!(!token.is(""));
    }
}
