//! The cookies: one that holds a visitor's secret, and one by which a browser is known again at the sign-in.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use crate::domain::account::AccountName;
use crate::domain::secret_token::SecretToken;
use crate::vault::random;
use crate::web::state::State;

/// How long a browser is known again.
const KNOWN_FOR: Duration = Duration::days(180);

/// What the cookies are called. With https they have the prefix `__Host-`, by which browsers refuse to let another host,
/// a path, or a page without TLS plant them (RFC 6265bis, section 4.1.3.2).
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Names {
    /// Holds the visitor's or the session's secret.
    pub visitor: &'static str,
    /// By which a browser is known again.
    pub known: &'static str,
    secure: bool,
}

impl Names {
    /// The names on this server.
    pub fn of(state: &State) -> Self {
        if state.app.urls.is_https() {
            Self { visitor: "__Host-assay", known: "__Host-assay-known", secure: true }
        } else {
            Self { visitor: "assay", known: "assay-known", secure: false }
        }
    }

    /// The secret that a request brings.
    pub fn read(self, request: &HttpRequest) -> Option<SecretToken> {
        request.cookie(self.visitor).and_then(|cookie| cookie.value().parse().ok())
    }

    /// Hands a secret to the browser, for as long as it runs.
    pub fn visitor_cookie(self, token: &SecretToken) -> Cookie<'static> {
        self.cookie(self.visitor, token.reveal().to_owned())
    }

    /// Lets the browser be known again for this account.
    pub fn known_cookie(self, state: &State, account: &AccountName) -> Option<Cookie<'static>> {
        let id = hex::encode(random::<16>().ok()?);
        let token = state.app.vault()?.token(&subject(&id, account));
        let mut cookie = self.cookie(self.known, format!("{id}.{token}"));
        cookie.set_max_age(KNOWN_FOR);
        Some(cookie)
    }

    /// Whether the browser has signed in to this account before. Only this server can make such a cookie.
    pub fn knows(self, request: &HttpRequest, state: &State, account: &AccountName) -> bool {
        let Some(cookie) = request.cookie(self.known) else { return false };
        let Some((id, token)) = cookie.value().split_once('.') else { return false };
        state.app.vault().is_some_and(|vault| vault.is_token(&subject(id, account), token))
    }

    fn cookie(self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build(name, value).path("/").http_only(true).secure(self.secure).same_site(SameSite::Lax).finish()
    }
}

fn subject(id: &str, account: &AccountName) -> String {
    format!("browser {id} {}", account.key())
}
